"""What each run of the nights came to, whoever began it: a line at its start and one at its end.

`state/runs.jsonl` is written by the night itself, so that a timer's runs are known as well as those
that a page asked for. It holds times and sums of the whole home, nothing of any one. A run with no
second line is at work still, or was cut off.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import JobState
from lamplit.services.home import Home, write_atomically
from lamplit.services.lock import is_writing

if TYPE_CHECKING:
    from lamplit.services.night.advance import NightReport

NAME = "runs.jsonl"
KEPT = 400
"""Runs that are remembered: a year of nights, and some."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the nights. `job`: the id of the job that asked for it, None at a command line.

    `seconds` is how long it took; it and the counts are None while it is at work, and where it
    came to no end of its own. `problem` is as `LamplitError.kept` gives it.
    """

    id: str
    began_at: datetime
    job: str | None = None
    state: JobState = JobState.RUNNING
    ended_at: datetime | None = None
    seconds: float | None = None
    through: date | None = None
    nights: int | None = None
    homes: int | None = None
    reworked_homes: int | None = None
    reworked_from: date | None = None
    problem: dict[str, Any] | None = None


class Noted:
    """What a run has to say at its end: its report, once there is one."""

    report: NightReport | None = None


@contextmanager
def noted(home: Home, job: str | None) -> Iterator[Noted]:
    """Note that a run begins, and at the end of the `with` what it came to, however it ends.

    For who holds the home for writing. A note that can't be written stops no night.
    """
    at, began, said = datetime.now(UTC).isoformat(), time.monotonic(), Noted()
    run = f"{at}-{os.getpid()}"  # one writer at a time: no two begin together
    _append(home, {"run": run, "began": at, "job": job}, trim=True)
    end: dict[str, Any] = {"run": run, "state": JobState.CANCELLED.value}
    try:
        yield said
        report = said.report
        end["state"] = JobState.DONE.value
        if report is not None:
            end |= {
                "through": _iso(report.through), "nights": report.nights, "homes": report.homes,
                "reworked_homes": report.reworked_homes,
                "reworked_from": _iso(report.reworked_from),
            }  # fmt: skip
    except LamplitError as fault:
        end |= {"state": JobState.FAILED.value, "problem": fault.kept()}
        raise
    except Exception:
        end["state"] = JobState.FAILED.value
        raise
    finally:
        seconds = round(time.monotonic() - began, 3)
        _append(home, end | {"ended": datetime.now(UTC).isoformat(), "seconds": seconds})


def runs(home: Home) -> list[Run]:
    """The runs that are remembered, the newest first.

    One without an end is at work if somebody holds the home for the night; else it was cut off,
    and is told as failed.
    """
    found: dict[str, dict[str, Any]] = {}
    for line in _lines(home):
        found.setdefault(str(line["run"]), {}).update(line)
    told = [_run(one) for one in found.values() if "began" in one]
    open_ = [at for at, one in enumerate(told) if one.state is JobState.RUNNING]
    at_work = is_writing(home.path, "nightly")
    for at in open_ if not at_work else open_[:-1]:
        told[at] = Run(told[at].id, told[at].began_at, told[at].job, JobState.FAILED)
    return sorted(told, key=lambda one: (one.began_at, one.id), reverse=True)


def _run(told: dict[str, Any]) -> Run:
    return Run(
        str(told["run"]), datetime.fromisoformat(told["began"]), told.get("job"),
        JobState(told.get("state", JobState.RUNNING.value)),
        datetime.fromisoformat(told["ended"]) if told.get("ended") else None, told.get("seconds"),
        _day(told.get("through")), told.get("nights"), told.get("homes"),
        told.get("reworked_homes"), _day(told.get("reworked_from")), told.get("problem"),
    )  # fmt: skip


def _append(home: Home, line: dict[str, Any], *, trim: bool = False) -> None:
    path = home.state_dir / NAME
    with contextlib.suppress(OSError):
        if trim and path.exists():
            lines = path.read_text("utf-8").splitlines()
            if len(lines) > 2 * KEPT:
                write_atomically(path, "\n".join(lines[-2 * KEPT :]) + "\n")
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines(home: Home) -> Iterator[dict[str, Any]]:
    """The lines that can be read: a machine that lost its power may have left half of one."""
    try:
        text = (home.state_dir / NAME).read_text("utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict) and "run" in said:
                yield said


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None
