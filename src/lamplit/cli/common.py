"""What every command shares: the options, the two streams, the messages."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from rich.console import Console

    from lamplit.domain.errors import LamplitError
    from lamplit.services.home import Home

DEFAULT_HOME = Path("lamplit-home")

DONE, FAILED, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; a problem with a code; wrong usage; nothing usable or partly refused."""

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="LAMPLIT_HOME",
        metavar="DIR",
        help=tr("The home folder.", "主目录。"),
        show_default=True,
    ),
]

JsonOption = Annotated[
    bool,
    typer.Option("--json", help=tr("Answer in JSON on stdout.", "以 JSON 输出到标准输出。")),
]

CommunityOption = Annotated[
    str, typer.Option("--community", metavar="C", help=tr("One community only.", "仅某一社区。"))
]


class Engine(StrEnum):
    """What runs the city's work."""

    DUCKDB = "duckdb"
    SPARK = "spark"


EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        help=tr("duckdb or spark (default: as lamplit.toml says).",
                "duckdb 或 spark（默认：按 lamplit.toml）。"),
        show_default=False,
    ),
]  # fmt: skip

MasterOption = Annotated[
    str | None,
    typer.Option(
        "--master",
        metavar="URL",
        help=tr("Spark's master, such as spark://host:7077 or local[2]; asks for Spark.",
                "Spark 主节点，如 spark://host:7077 或 local[2]；即要求使用 Spark。"),
    ),
]  # fmt: skip


def open_home(path: Path, engine: Engine | None = None, master: str | None = None) -> Home:
    """The home at `path`, opened, with another engine or master than its own where one is given.

    Raises LamplitError `home.not-found` and its kin.
    """
    from lamplit.services.home import Home

    home = Home.open(path)
    return home.with_engine(engine.value if engine else None, master)


def stdout() -> Console:
    """A console for answers."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def stderr() -> Console:
    """A console for notes, tables meant for people, and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def note(message: str) -> None:
    """Tell the reader something on stderr, as plain text (no markup is read in it)."""
    stderr().print(message, markup=False)


def print_json(answer: Any) -> None:
    """Print an answer as JSON on stdout; dates and paths become text, Chinese stays Chinese."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, default=str) + "\n")


def print_error(error: LamplitError, *, as_json: bool) -> None:
    """Print a problem once on stderr: code, what, where, remedy."""
    if as_json:
        entry = {
            "code": error.code,
            "where": error.where,
            "says": error.problem.says.say(LANGUAGE, **error.fields),
            "remedy": error.remedy(LANGUAGE),
        }
        sys.stderr.write(json.dumps({"error": entry}, ensure_ascii=False, default=str) + "\n")
        return
    from rich.text import Text

    line = Text()
    line.append(tr("Error", "错误"), style="bold red")
    line.append(f" [{error.code}] ", style="red")
    line.append(error.says(LANGUAGE))
    remedy = Text("  → ", style="bold")
    remedy.append(error.remedy(LANGUAGE), style="not bold")
    console = stderr()
    console.print(line)
    console.print(remedy)


def debugging() -> bool:
    """True when LAMPLIT_DEBUG asks for tracebacks."""
    return os.environ.get("LAMPLIT_DEBUG", "") not in ("", "0")
