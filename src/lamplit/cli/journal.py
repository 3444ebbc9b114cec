"""What commands did as lines of JSON, for those that a timer starts: `LAMPLIT_LOG=FILE`.

The keys are those of the server's log (`event`, `level`, `timestamp`). Each line names its command
and its `run`, so that two runs at once can be told apart. It holds times, sums and codes of the
whole home, and names files; nothing of any one home, and of the command line only the command.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

    from lamplit.domain.errors import LamplitError
    from lamplit.services.ingest.result import IngestReport

VARIABLE = "LAMPLIT_LOG"
PLACES = ("engine.", "home.", "ingest.", "lake.", "night.", "registry.", "source.")
"""Problems whose `where` is a file or a folder."""


@dataclass(slots=True)
class Journal:
    """The lines of one run of a command, to `file` (None: stderr)."""

    file: Path | None
    command: str
    began: float
    busy: float
    broken: bool = False

    def tell(self, event: str, level: str, fields: Mapping[str, Any]) -> None:
        """Add a line. A log that can't be written stops nothing; it is told of once."""
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        head = {"event": event, "command": self.command, "run": os.getpid()}
        line = json.dumps(
            head | dict(fields) | {"level": level, "timestamp": at},
            ensure_ascii=False, default=str,
        )  # fmt: skip
        try:
            if self.file is None:
                sys.stderr.write(f"{line}\n")
                return
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")
        except OSError as fault:
            if not self.broken:
                sys.stderr.write(f"{VARIABLE}: {fault}\n")
            self.broken = True


_kept: list[Journal] = []
"""The journal of the command at work, where one is kept."""


def begin(arguments: Sequence[str], app: typer.Typer) -> None:
    """Open a journal, where the environment asks for one, and note what begins."""
    _kept.clear()
    wanted = os.environ.get(VARIABLE, "")
    if not wanted:
        return
    file = None if wanted == "-" else Path(wanted)
    _kept.append(Journal(file, _command(arguments, app), time.monotonic(), time.process_time()))
    tell("began")


def tell(event: str, *, level: str = "info", **fields: Any) -> None:
    """Note something that the command at work did."""
    for journal in _kept:
        journal.tell(event, level, fields)


def problem(error: LamplitError) -> None:
    """Note a problem by its code; and where, if that is a file."""
    where = {"where": error.where} if error.where and error.code.startswith(PLACES) else {}
    tell("problem", level="error", code=error.code, **where)


def files(report: IngestReport) -> None:
    """Note what became of each file of an ingest."""
    for file in report.files:
        tell(
            "file",
            level="error" if file.error else "info",
            file=file.name, layout=file.layout, batch=file.batch or None,
            already_in_batch=file.seen_before or None, **asdict(file.rows),
            meters=file.meters, day_min=file.day_min, day_max=file.day_max, reasons=file.reasons,
            code=file.error.code if file.error else None,
        )  # fmt: skip


def end(code: int) -> None:
    """Note how the command ended, and close the journal."""
    for journal in _kept:
        from lamplit.services.metrics import peak_memory

        tell(
            "ended",
            level={0: "info", 3: "warning"}.get(code, "error"),
            code=code,
            seconds=round(time.monotonic() - journal.began, 3),
            cpu_seconds=round(time.process_time() - journal.busy, 3),
            peak_memory_bytes=peak_memory(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN),
        )
    _kept.clear()


def _command(arguments: Sequence[str], app: typer.Typer) -> str:
    """The words of a command line that name its command."""
    import typer.main

    group: Any = typer.main.get_command(app)
    words: list[str] = []
    for word in arguments:
        group = getattr(group, "commands", {}).get(word)
        if group is None:
            break
        words.append(word)
    return " ".join(words)
