"""The command line's front door: builds the app, and turns every failure into one clear message.

Nothing here, nor in any command's module, imports an engine before a command runs.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import tomllib
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lamplit import __version__
from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import home as problems

if TYPE_CHECKING:
    import typer

COMMANDS = (
    "init",
    "registry",
    "ingest",
    "lake",
    "engines",
    "town",
    "nightly",
    "sweep",
    "states",
    "areas",
    "explain",
    "facade",
    "what-if",
    "score",
    "programme",
    "demo",
    "places",
    "people",
    "coverage",
    "campaign",
    "task",
    "stock",
    "inbox",
    "labels",
    "account",
    "phone",
    "serve",
    "store",
    "doctor",
    "backup",
    "log",
)
"""The commands, in the order in which one meets them; each is a module beside this one."""


def main() -> None:
    """The entry point of `lamplit`. Always raises SystemExit."""
    raise SystemExit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code; problems are printed on stderr.

    0 done, 1 a problem with a code (or a fault in lamplit), 2 wrong usage, 3 nothing usable in
    the input or a part of it refused, 130 interrupted.
    """
    from lamplit.cli import journal

    adopt_language(arguments)
    code = _run(arguments)
    journal.end(code)
    return code


def _run(arguments: Sequence[str]) -> int:
    from lamplit.cli import journal

    try:
        app = build()
        journal.begin(arguments, app)
        app(args=list(arguments), prog_name="lamplit")
    except SystemExit as end:
        return _code_of(end)
    except KeyboardInterrupt:
        return _interrupted()
    except LamplitError as error:
        return _failed(error, arguments)
    except BrokenPipeError:
        # The reader has gone (`lamplit sweep | head`): nothing is left to say, nor to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as fault:
        problem = known_fault(fault)
        return _failed(problem, arguments) if problem else _crashed(fault)
    return 0


@cache
def build() -> typer.Typer:
    """The Typer app with every command in it."""
    import typer

    from lamplit.cli.text import tr

    app = typer.Typer(
        name="lamplit",
        help=tr(
            "Reads a city's electricity meters and finds the doors worth knocking on.",
            "读取一座城市的电表，找出值得敲开的门。",
        ),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def show_version(wanted: bool) -> None:
        if wanted:
            typer.echo(f"lamplit {__version__}")
            raise typer.Exit

    version_help = tr("Show the version and stop.", "显示版本号后退出。")

    @app.callback()
    def options(
        version: bool = typer.Option(
            False, "--version", help=version_help, callback=show_version, is_eager=True
        ),
    ) -> None:
        pass

    for name in COMMANDS:
        importlib.import_module(f"lamplit.cli.{name.replace('-', '_')}").register(app)
    return app


def adopt_language(arguments: Sequence[str]) -> None:
    """Let the home's `language` setting speak, unless LAMPLIT_LANG already does.

    Help texts are made when the commands are imported, so this comes before them and reads the
    settings on its own; a home that can't be read is left for its command to complain of.
    """
    if os.environ.get("LAMPLIT_LANG"):
        return
    try:
        settings = tomllib.loads((_home_in(arguments) / "lamplit.toml").read_text("utf-8-sig"))
    except (OSError, ValueError):
        return
    if settings.get("language") in ("en", "zh"):
        os.environ["LAMPLIT_LANG"] = settings["language"]


def _home_in(arguments: Sequence[str]) -> Path:
    for at, argument in enumerate(arguments):
        if argument == "--home" and at + 1 < len(arguments):
            return Path(arguments[at + 1])
        if argument.startswith("--home="):
            return Path(argument.removeprefix("--home="))
    return Path(os.environ.get("LAMPLIT_HOME") or "lamplit-home")


def known_fault(fault: Exception) -> LamplitError | None:
    """The catalogued problem behind a fault of the system or of an engine; None if unknown.

    Engines report a full disk as an error of their own, so the text is looked at as well.
    """
    where = str(getattr(fault, "filename", None) or "")
    problem: Problem | None = None
    if isinstance(fault, OSError):
        problem = {
            errno.ENOSPC: problems.DISK_FULL,
            errno.EDQUOT: problems.DISK_FULL,
            errno.EACCES: problems.NO_PERMISSION,
            errno.EPERM: problems.NO_PERMISSION,
            errno.EROFS: problems.NO_PERMISSION,
            errno.ENOENT: problems.NO_SUCH_FILE,
        }.get(fault.errno or 0)
    if problem is None and "No space left on device" in str(fault):
        problem = problems.DISK_FULL
    if problem is None and (
        isinstance(fault, MemoryError) or type(fault).__name__ == "OutOfMemoryException"
    ):
        problem = problems.OUT_OF_MEMORY
    if problem is None:
        return None
    reason = getattr(fault, "strerror", None) or str(fault).partition("\n")[0]
    return LamplitError(problem, where=where, reason=reason)


def _code_of(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if end.code == 130:
        return _interrupted()
    return end.code if isinstance(end.code, int) else 1


def _interrupted() -> int:
    from lamplit.cli.text import tr

    sys.stderr.write(tr("\nStopped.\n", "\n已停止。\n"))
    return 130


def _failed(error: LamplitError, arguments: Sequence[str]) -> int:
    from lamplit.cli import journal
    from lamplit.cli.common import debugging, print_error

    if debugging():
        traceback.print_exception(error)
    journal.problem(error)
    print_error(error, as_json="--json" in arguments)
    return 1


def _crashed(fault: Exception) -> int:
    """Say in short that lamplit itself is at fault, and how to report it."""
    from lamplit.cli import journal
    from lamplit.cli.common import debugging, note
    from lamplit.cli.text import tr

    if debugging():
        traceback.print_exception(fault)
    journal.tell("fault", level="error", fault=type(fault).__name__)
    note(
        tr(
            f"A fault in lamplit, not in your files: {type(fault).__name__}: {fault}\n"
            f"  → Run it again with LAMPLIT_DEBUG=1 and report the traceback, with "
            f"`lamplit --version`, to the project; leave out readings and names.",
            f"lamplit 自身出错，并非您的文件有误：{type(fault).__name__}: {fault}\n"
            f"  → 请设 LAMPLIT_DEBUG=1 重新运行，并将回溯信息和 `lamplit --version` 的输出"
            f"报告给项目；请勿附上读数和姓名。",
        )
    )
    return 1
