"""`lamplit programme`: the packs that campaigns run, listed, shown, checked and begun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    REFUSED,
    HomeOption,
    JsonOption,
    note,
    print_error,
    print_json,
    stdout,
)
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.domain.errors import LamplitError
    from lamplit.programmes.pack import Pack

NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help=tr("A programme, or its folder.", "方案名或其文件夹。")),
]
NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help=tr("Programmes or folders; all where left out.", "方案名或文件夹；省略则全部检查。"),
    ),
]
FolderArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help=tr("A new folder; its name is the programme's.", "新文件夹，名称即方案名。"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `programme list`, `show`, `check`, `new` and `schema` to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr(
            "What campaigns run: whom to visit, when, what to ask, what follows.",
            "行动所运行的方案：走访谁、何时、问什么、后续如何。",
        ),
    )
    _register_looking(group)
    _register_writing(group)
    app.add_typer(group, name="programme")


def _register_looking(group: typer.Typer) -> None:
    @group.command(
        "list",
        help=tr(
            "The programmes there are: the shipped ones and those in programmes/ of the home.",
            "现有方案：随附方案及主目录 programmes/ 中的方案。",
        ),
    )
    def list_(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
        packs = [_find(name, home) for name in _folders(home)]
        if as_json:
            print_json([_plain(pack) for pack in packs])
            return
        width = max(len(pack.name) for pack in packs)
        for pack in packs:
            mark = "" if _is_shipped(pack) else tr("  (of the home)", "（主目录）")
            title = pack.title.say(LANGUAGE)
            stdout().print(f"{pack.name:<{width}}  {pack.version}  {title}{mark}", markup=False)

    @group.command("show", help=tr("One programme in plain words.", "用通俗文字介绍一个方案。"))
    def show(
        name: NameArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
    ) -> None:
        from lamplit.programmes.telling import told

        pack = _find(name, home)
        if as_json:
            print_json(_plain(pack))
        else:
            stdout().print(told(pack, LANGUAGE), markup=False)

    @group.command(
        "schema",
        help=tr(
            "The JSON Schema of pack.yaml, for editors.", "pack.yaml 的 JSON Schema，供编辑器使用。"
        ),
    )
    def schema_(
        scenario: Annotated[
            bool, typer.Option("--scenario", help=tr("That of a scenario.", "情景文件的。"))
        ] = False,
    ) -> None:
        from lamplit.programmes import schema

        print_json(schema.schema(schema.SCENARIO if scenario else schema.PACK))


def _register_writing(group: typer.Typer) -> None:
    @group.command(
        "check",
        help=tr(
            "Check packs: keys, texts, form, rules, and that their scenarios hold.",
            "检查方案：键、文本、表单、规则，以及情景是否成立。",
        ),
    )
    def check(
        names: NamesArgument = None, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
    ) -> None:
        found = {name: _examined(name, home) for name in names or list(_folders(home))}
        if as_json:
            print_json({name: [_entry(c) for c in wrong] for name, wrong in found.items()})
        for name, wrong in found.items():
            _say(name, wrong, as_json)
        if any(found.values()):
            raise typer.Exit(REFUSED)

    @group.command(
        "new",
        help=tr("Write a small working programme to start from.", "生成一个可用的小方案作为起点。"),
    )
    def new(folder: FolderArgument, as_json: JsonOption = False) -> None:
        from lamplit.programmes.new import write_new

        written = [str(path) for path in write_new(folder)]
        if as_json:
            print_json(written)
            return
        for path in written:
            stdout().print(path, markup=False)
        note(
            tr(
                f"Now change it, and look with `lamplit programme check {folder}`.",
                f"请按需修改，并用 `lamplit programme check {folder}` 检查。",
            )
        )


def _say(name: str, wrong: list[LamplitError], as_json: bool) -> None:
    if as_json:
        return
    for complaint in wrong:
        print_error(complaint, as_json=False)
    if wrong:
        note(tr(f"{name}: {len(wrong)} to correct", f"{name}：{len(wrong)} 处待改正"))
    else:
        stdout().print(tr(f"{name}: sound", f"{name}：通过"), markup=False)


def _own(home: Path) -> tuple[Path, ...]:
    """Where an operator's own programmes lie; a home that isn't there yet has none."""
    return (home / "programmes",)


def _folders(home: Path) -> dict[str, Path]:
    from lamplit.programmes.load import folders

    return folders(_own(home))


def _is_folder(name: str) -> bool:
    return "/" in name or "\\" in name or (Path(name) / "pack.yaml").is_file()


def _find(name: str, home: Path) -> Pack:
    from lamplit.programmes.load import find, load

    return load(Path(name)) if _is_folder(name) else find(name, _own(home))


def _examined(name: str, home: Path) -> list[LamplitError]:
    """Every complaint of one programme, its scenarios' too where the rest is sound."""
    from lamplit.programmes.load import examine, find
    from lamplit.programmes.scenarios import run_all

    known = _folders(home)
    if not _is_folder(name) and name not in known:
        find(name, _own(home))  # raises, with the names that there are
    examined = examine(Path(name) if _is_folder(name) else known[name])
    wrong = list(examined.complaints)
    if not wrong and examined.pack is not None:
        wrong = run_all(examined.pack)
    return wrong


def _is_shipped(pack: Pack) -> bool:
    from lamplit.programmes.load import SHIPPED

    return pack.folder.is_relative_to(SHIPPED.resolve())


def _entry(error: LamplitError) -> dict[str, str]:
    return {
        "code": error.code,
        "where": error.where,
        "says": error.problem.says.say(LANGUAGE, **error.fields),
        "remedy": error.remedy(LANGUAGE),
    }


def _plain(pack: Pack) -> dict[str, Any]:
    from lamplit.programmes.telling import plain

    return {**plain(pack), "folder": str(pack.folder), "shipped": _is_shipped(pack)}
