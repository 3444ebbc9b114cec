"""`lamplit doctor`: whether a home is in good order, and what to do where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, FAILED, HomeOption, JsonOption
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.doctor.examine import Check

Deep = Annotated[
    bool,
    typer.Option(
        "--deep",
        help=tr("Also read every file of the lake.", "同时读取湖中每个文件。"),
    ),
]
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def register(app: typer.Typer) -> None:
    """Add `doctor` to the app."""

    @app.command(
        "doctor",
        help=tr(
            "Check versions, space, permissions, clock, store, lake, days and nights; exit 1 where "
            "something is wrong.",
            "检查版本、空间、权限、时钟、数据库、湖、日期与夜间计算；有问题时退出码为 1。",
        ),
    )
    def doctor(
        deep: Deep = False, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
    ) -> None:
        from datetime import UTC, datetime

        from lamplit.cli.common import open_home, print_json
        from lamplit.services.doctor.examine import examine

        found = examine(open_home(home), datetime.now(UTC), deep=deep)
        if as_json:
            print_json([_as_json(check) for check in found])
        else:
            _print(found)
        if any(check.problems for check in found):
            raise typer.Exit(FAILED)


def _as_json(check: Check) -> dict[str, Any]:
    said = {
        kind: [
            {"code": e.code, "where": e.where, "says": e.says(LANGUAGE),
             "remedy": e.remedy(LANGUAGE)}
            for e in errors
        ]
        for kind, errors in (("problems", check.problems), ("warnings", check.warnings))
    }  # fmt: skip
    return {"check": check.name, "level": check.level, **said, "facts": check.facts}


def _print(found: list[Check]) -> None:
    from rich.text import Text

    from lamplit.cli.common import stdout
    from lamplit.services.doctor.examine import CHECKS

    console = stdout()
    words = {"ok": tr("ok", "正常"), "warning": tr("warning", "提醒"),
             "problem": tr("problem", "问题")}  # fmt: skip
    for check in found:
        line = Text(f"{words[check.level]:<8} ", style=STYLES[check.level])
        line.append(CHECKS[check.name][0].say(LANGUAGE), style="not bold default")
        console.print(line)
        for error in (*check.problems, *check.warnings):
            console.print(f"           [{error.code}] {error.says(LANGUAGE)}", markup=False)
            console.print(f"           → {error.remedy(LANGUAGE)}", markup=False)
