"""`lamplit backup`: a whole, checked copy of the home while the server runs."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, FAILED, HomeOption, JsonOption, note, print_json
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.backup import BackedUp

Target = Annotated[
    Path,
    typer.Argument(metavar="DIR", help=tr("The folder to make of it.", "要新建的备份目录。")),
]


WithLake = Annotated[
    bool,
    typer.Option(
        "--with-lake",
        help=tr(
            "Where readings and nights lie at an address, fetch them too: the copy is then a home "
            "in a folder by itself.",
            "若读数与夜间状态存放在网络地址，也一并取回：副本即为可独立运行的主目录。",
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `backup` to the app."""

    @app.command(
        "backup",
        help=tr(
            "Copy the home whole and check the copy, while the server runs; exit 1 where the copy "
            "has damage that the home has.",
            "在服务运行时完整备份主目录并核对副本；主目录已有损坏时退出码为 1。",
        ),
    )
    def backup(
        target: Target,
        with_lake: WithLake = False,
        as_json: JsonOption = False,
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from lamplit.cli.common import open_home
        from lamplit.services.backup import backup as make

        here, label = open_home(home), tr("Fetching readings and nights", "取回读数与夜间状态")
        far = with_lake and here.config.lake
        with progress(label) if far else nullcontext() as bar:
            done = make(here, target, with_lake=with_lake, progress=bar)
        if as_json:
            print_json(_as_json(done))
        else:
            _print(done)
        if done.problems:
            raise typer.Exit(FAILED)


def _as_json(done: BackedUp) -> dict[str, object]:
    told = {f.name: getattr(done, f.name) for f in dataclasses.fields(done)}
    told["head"] = f"{done.entries}:{done.head}" if done.head else None
    told["problems"] = [
        {"code": e.code, "where": e.where, "says": e.says(LANGUAGE), "remedy": e.remedy(LANGUAGE)}
        for e in done.problems
    ]
    return told


def _print(done: BackedUp) -> None:
    size = f"{done.bytes / 1e6:,.1f} MB"
    sys.stdout.write(f"{done.path}\n")
    note(
        tr(
            f"{done.files:,} files, {size}, {done.photos:,} of them photos.",
            f"共 {done.files:,} 个文件，{size}，其中照片 {done.photos:,} 张。",
        )
    )
    if done.head:
        note(
            tr(
                f"The log's end, to be kept elsewhere: {done.entries}:{done.head}",
                f"日志末尾，请另行留存：{done.entries}:{done.head}",
            )
        )
    if done.store == "postgresql":
        note(
            tr(
                "The store is in PostgreSQL and not in this copy: keep a pg_dump that was taken "
                "before it.",
                "数据库在 PostgreSQL 中，不在此副本内：请同时保留在此之前生成的 pg_dump。",
            )
        )
    if done.lake:
        note(
            tr(
                f"Readings and nights are at {done.lake} and not in this copy: fetch them with "
                "--with-lake, or let the store keep what is removed there for as long as copies "
                "are kept.",
                f"读数与夜间状态存放在 {done.lake}，不在此副本内：可用 --with-lake 一并取回，"
                "或让该存储保留被删除的对象，保留期与副本相同。",
            )
        )
    if done.fetched:
        note(
            tr(
                f"{done.fetched:,} files of readings and nights were fetched; `lake` is taken out "
                "of the copy's lamplit.toml.",
                f"已取回读数与夜间状态 {done.fetched:,} 个文件；"
                "副本的 lamplit.toml 中已停用 `lake`。",
            )
        )
    for error in done.problems:
        note(f"[{error.code}] {error.says(LANGUAGE)}\n→ {error.remedy(LANGUAGE)}")
