"""What an enrollment, its tasks and its findings come to, from all that was submitted.

Worked out anew from the whole set of submissions that stand, ordered by when they were made, so
that it comes out alike in whichever order they arrive, and however often. So do corrections: of
what was corrected the trace is kept, whether it came before or after what corrects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lamplit.domain.field import (
    OPEN_TASKS,
    EnrollmentState,
    FindingState,
    Found,
    Outcome,
    TaskState,
)
from lamplit.programmes.calendar import Enrolled, History, Visit, is_done
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import Reading
from lamplit.services.field.campaigns.cadence import base_of, signals_of
from lamplit.store.enrollments import performed_at

STRENGTH = {TaskState.FAILED: 1, TaskState.NOT_EXECUTABLE: 2, TaskState.COMPLETED: 3}
"""Of several visits under one task the strongest says what became of it."""
DONE = "done"
CORRECTED = "corrected"

Row = dict[str, Any]


@dataclass(slots=True)
class Case:
    """One enrollment with all that hangs on it; rows are plain and may be changed.

    `visits` are submissions without answers, replaced ones too; `readings` what the pack reads in
    those that were looked at, by submission.
    """

    enrollment: Row
    campaign: Any
    pack: Pack
    enrolled: Enrolled
    tasks: dict[str, Row] = field(default_factory=dict)
    visits: dict[str, Row] = field(default_factory=dict)
    findings: dict[str, Row] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def standing(self) -> list[Row]:
        """The submissions that stand, in the order in which they were made."""
        rows = (row for row in self.visits.values() if not row["replaced_by"])
        return sorted(rows, key=lambda row: (when(row), row["instance_id"]))


def when(visit: Row) -> datetime:
    """When a submission was made."""
    return performed_at(visit["ended_at"], visit["received_at"])


def task_state(outcome: str, found: str) -> TaskState:
    """What a visit makes of its task."""
    if outcome in (Outcome.REACHED, Outcome.REFUSED):
        return TaskState.COMPLETED
    if outcome == Outcome.UNREACHABLE and found == Found.NOT_A_HOME:
        return TaskState.NOT_EXECUTABLE
    return TaskState.FAILED


def settle(case: Case, now: datetime) -> None:
    """Bring tasks, findings and the enrollment of a case in line with its submissions."""
    standing = case.standing()
    for row in case.tasks.values():
        _settle_task(row, [v for v in standing if v["task_id"] == row["id"]], case, now)
    _settle_findings(case, standing)
    _settle_enrollment(case, standing, now)


def _settle_task(row: Row, visits: Sequence[Row], case: Case, now: datetime) -> None:
    if not visits:
        undone = case.visits.get(row["submission_id"] or "")
        if undone is not None and undone["replaced_by"]:
            # What was corrected was no visit to this task at all: whoever had it has it still.
            before = TaskState.ACCEPTED if row["owner_id"] else TaskState.REQUESTED
            row.update(
                state=before.value, performed_at=None, performed_by=None, submission_id=None,
                changed_at=now,
            )  # fmt: skip
        return
    deciding = max(visits, key=lambda v: STRENGTH[task_state(v["outcome"], v["found"])])
    state = task_state(deciding["outcome"], deciding["found"]).value
    if row["state"] == state and row["submission_id"] == deciding["id"]:
        return
    row.update(
        state=state, performed_at=when(deciding), performed_by=deciding["author_id"],
        submission_id=deciding["id"], reason=None, changed_at=now,
    )  # fmt: skip


def _settle_findings(case: Case, standing: Sequence[Row]) -> None:
    """Findings of corrected submissions are dismissed; those that a later visit settles, resolved.

    What people decided themselves (resolved, verified, dismissed) is left alone.
    """
    for row in case.findings.values():
        source = case.visits.get(row["submission_id"])
        closer = _closer(row, case)
        if row["state"] not in (FindingState.OPEN, FindingState.IN_HAND) and closer is None:
            continue
        if source is not None and source["replaced_by"]:
            row.update(
                state=FindingState.DISMISSED.value, note=CORRECTED, closed_at=when(source),
                closed_by=None,
            )  # fmt: skip
            continue
        closing = next(
            (
                visit
                for visit in standing
                if when(visit) > row["opened_at"]
                and visit["id"] in case.readings
                and row["code"] in case.readings[visit["id"]].closes
            ),
            None,
        )
        if closing is not None:
            row.update(
                state=FindingState.RESOLVED.value,
                closed_at=when(closing),
                closed_by=closing["author_id"],
            )
        elif closer is not None and closer["replaced_by"]:
            row.update(state=FindingState.OPEN.value, closed_at=None, closed_by=None)


def _closer(row: Row, case: Case) -> Row | None:
    """The visit that resolved a finding; None where it is not resolved, or a person said so."""
    if row["state"] != FindingState.RESOLVED:
        return None
    mark = (row["closed_at"], row["closed_by"])
    return next((v for v in case.visits.values() if (when(v), v["author_id"]) == mark), None)


def _settle_enrollment(case: Case, standing: Sequence[Row], now: datetime) -> None:
    row = case.enrollment
    row["attempts"] = len(standing)
    row["outcome"] = _outcome(standing)
    row["found"] = _found(standing)
    if row["state"] == EnrollmentState.WITHDRAWN:
        return
    if not standing:
        if row["state"] == EnrollmentState.DONE:
            row.update(state=EnrollmentState.ACTIVE.value, done_at=None, done_why=None)
        return
    history = History(
        tuple(visit_of(case, visit) for visit in standing),
        signals_of(row["signal"]),
        tuple(FindingState(f["state"]) for f in case.findings.values()),
    )
    # The end of the campaign is for its close to see, not for whoever submits last.
    done = is_done(case.pack, case.enrolled, history, min(now, when(standing[-1])))
    if done is None:
        row.update(state=EnrollmentState.ACTIVE.value, done_at=None, done_why=None)
        return
    row.update(state=EnrollmentState.DONE.value, done_at=when(standing[-1]), done_why=done.code)
    for task in case.tasks.values():
        if task["origin"] == "cadence" and TaskState(task["state"]) in OPEN_TASKS:
            task.update(state=TaskState.CANCELLED.value, reason=DONE, changed_at=now)


def visit_of(case: Case, visit: Row) -> Visit:
    """A submission as the calendar sees it."""
    task = case.tasks.get(visit["task_id"] or "")
    slot = base_of(task["slot"]) if task else "extra"
    return Visit(when(visit), slot, Outcome(visit["outcome"]), Found(visit["found"]))


def _outcome(standing: Iterable[Row]) -> str | None:
    """Reached once is reached; else refused; else how it went the last time."""
    said = [visit["outcome"] for visit in standing]
    for strong in (Outcome.REACHED, Outcome.REFUSED):
        if strong in said:
            return strong.value
    return said[-1] if said else None


def _found(standing: Iterable[Row]) -> str | None:
    """The last that is known of the home."""
    said = [visit["found"] for visit in standing]
    known = [found for found in said if found != Found.UNKNOWN]
    return known[-1] if known else (said[-1] if said else None)
