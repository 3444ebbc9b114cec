"""Progress bars with an estimate of what is left; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lamplit.cli.common import stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Report(Protocol):
    """What a service is handed to say how far it is: `report(done, total, label)`."""

    def __call__(self, done: float, total: float | None = None, label: str | None = None) -> None:
        """Set the amount done, and if known the total and what is being done."""


@contextmanager
def progress(label: str, total: float | None = None, *, keep: bool = False) -> Iterator[Report]:
    """A progress bar on stderr for the length of the `with`, giving the function that moves it.

    Nothing is printed when stderr is not a terminal. `keep` leaves the finished bar standing.
    """
    if not sys.stderr.isatty():
        yield _silent
        return
    with _bar(keep) as bar:
        task = bar.add_task(label, total=total)
        yield _mover(bar, task)


def _silent(done: float, total: float | None = None, label: str | None = None) -> None:
    """Say nothing."""


def _mover(bar: Progress, task: TaskID) -> Report:
    def report(done: float, total: float | None = None, label: str | None = None) -> None:
        bar.update(task, completed=done, total=total, description=label)

    return report


def _bar(keep: bool) -> Progress:
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        console=stderr(),
        transient=not keep,
    )
