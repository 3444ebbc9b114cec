"""What submissions lead to: findings, follow-up tasks, stock that moves, the next attempt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from lamplit.domain.field import (
    OPEN_TASKS,
    CampaignState,
    EnrollmentState,
    FindingState,
    TaskState,
)
from lamplit.programmes.calendar import History, Window, due_windows
from lamplit.programmes.rules import FollowUp, Move, Raised
from lamplit.services.field.campaigns.cadence import (
    attempt_of,
    base_of,
    slot_of,
    task_row,
    window_rows,
)
from lamplit.services.field.office import Office, Transaction, new_id
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.services.field.submissions.casefile import Batch
from lamplit.services.field.submissions.fold import CORRECTED, DONE, Case, visit_of, when
from lamplit.store import stock
from lamplit.store.schema import organisation

Row = dict[str, Any]


class Enrolled:
    """An enrollment's row with attributes, as `task_row` takes it."""

    def __init__(self, row: Row) -> None:
        self.__dict__.update(row)


def apply(tx: Transaction, batch: Batch, case: Case, made: Row, flags: list[str]) -> None:
    """Let a new submission have its effects; of one that is corrected already, the trace of them.

    So the books say the same in whichever order the two come: what was raised and taken back.
    """
    corrected = bool(made["replaced_by"])
    reading = case.readings[made["id"]]
    by_code: dict[str, str] = {}
    for raised in reading.findings:
        row = _finding(tx, case, made, raised)
        by_code[raised.code] = row["id"]
        case.findings[row["id"]] = row
        batch.new_findings.append(row)
    for follow_up in reading.follow_ups:
        row = _follow_up(tx, case, made, follow_up, by_code)
        if corrected:
            row |= {"state": TaskState.CANCELLED.value, "reason": CORRECTED}
        batch.new_tasks.append(row)
    for move in reading.moves:
        row = _move(case, made, move)
        if row["from_holder"] == row["to_holder"]:
            continue
        if not corrected and _short(tx, batch, row):
            flags.append("stock_short")
        batch.moves.append(row)
        if corrected:
            taken = SimpleNamespace(**row)
            batch.moves.append(stock.reversal(taken, new_id(), tx.now, None, CORRECTED))


def undo_replaced(tx: Transaction, batch: Batch, case: Case) -> None:
    """Take back what a submission led to that is corrected now: its tasks and its stock moves.

    Its findings are dismissed by `fold.settle`.
    """
    for visit in case.visits.values():
        before = batch.before.get(visit["id"])
        if before is None or before["replaced_by"] or not visit["replaced_by"]:
            continue
        for row in case.tasks.values():
            mine = row["slot"].startswith("followup:") and row["slot"].endswith(
                f":{visit['instance_id']}"
            )
            if mine and TaskState(row["state"]) in OPEN_TASKS:
                row.update(state=TaskState.CANCELLED.value, reason=CORRECTED, changed_at=tx.now)
        for move in stock.of_submission(tx.conn, visit["id"]):
            if move.reverses_id is None and not stock.is_reversed(tx.conn, move.id):
                batch.moves.append(stock.reversal(move, new_id(), tx.now, None, CORRECTED))


def next_attempt(office: Office, tx: Transaction, batch: Batch, case: Case) -> None:
    """Make the next attempt's task, where the pack wants another and nothing stands open.

    Where something was corrected, the attempts that were offered for it are brought in line.
    """
    row = case.enrollment
    if row["state"] != EnrollmentState.ACTIVE or case.campaign.state != CampaignState.OPEN:
        return
    visits = tuple(visit_of(case, visit) for visit in case.standing())
    states = tuple(FindingState(f["state"]) for f in case.findings.values())
    corrected = any(visit["replaced_by"] for visit in case.visits.values())
    windows = due_windows(
        case.pack, case.enrolled, tx.today, History(visits, (), states), ahead=corrected
    )
    slots = {task["slot"]: task["state"] for task in case.tasks.values()}
    due = {slot_of(window, slots): window for window in windows}
    _bring_back(case, due, tx.now)
    if corrected:
        _withdraw_attempts(case, due, tx.now)
    slots = {task["slot"]: task["state"] for task in case.tasks.values()}
    made = window_rows(tx, Enrolled(row), windows, slots)
    for again in made:
        again.update(_kept_in_plan(tx, case, again["slot"]))
    batch.new_tasks += made


def _kept_in_plan(tx: Transaction, case: Case, slot: str) -> Row:
    """Whose the next attempt is: of the one whose list the last stood on by a plan, if they may.

    A plan counts on people to come back to doors where nobody opened.
    """
    before = (base_of(slot), attempt_of(slot) - 1)
    tried = {(base_of(one["slot"]), attempt_of(one["slot"])): one for one in case.tasks.values()}
    last = tried.get(before)
    if last is None or last["turn"] is None or last["owner_id"] is None:
        return {}
    place_id = case.enrollment["place_id"]
    authors = Authors.of(tx, [last["owner_id"]], [place_id])
    if authors.standing(last["owner_id"], place_id) is not Standing.ENTITLED:
        return {}
    mine = {"owner_id": last["owner_id"], "turn": last["turn"]}
    return {**mine, "state": TaskState.ACCEPTED.value}


def _bring_back(case: Case, due: Mapping[str, Window], now: datetime) -> None:
    """Bring back tasks of windows that are due again, which were cancelled when all seemed done."""
    for row in case.tasks.values():
        window = due.get(row["slot"])
        if window is None or row["origin"] != "cadence":
            continue
        was = TaskState(row["state"])
        back = was is TaskState.CANCELLED and row["reason"] in (DONE, CORRECTED)
        if back:
            owned = TaskState.ACCEPTED if row["owner_id"] else TaskState.REQUESTED
            row.update(state=owned.value, reason=None, changed_at=now)
        if back or (was in OPEN_TASKS and window.attempt > 1):
            # The rest before the next try counts from what stands now.
            row.update(due_from=window.opens, due_until=window.due)


def _withdraw_attempts(case: Case, due: Mapping[str, Window], now: datetime) -> None:
    """Cancel the offer of a further attempt that followed from what was corrected."""
    for row in case.tasks.values():
        further = row["origin"] == "cadence" and attempt_of(row["slot"]) > 1
        if further and TaskState(row["state"]) in OPEN_TASKS and row["slot"] not in due:
            row.update(state=TaskState.CANCELLED.value, reason=CORRECTED, changed_at=now)


def _finding(tx: Transaction, case: Case, made: Row, raised: Raised) -> Row:
    at = when(made)
    due = at + timedelta(hours=raised.due_hours) if raised.due_hours is not None else None
    return {
        "id": new_id(),
        "submission_id": made["id"],
        "campaign_id": made["campaign_id"],
        "place_id": made["place_id"],
        "code": raised.code,
        "code_list": case.pack.code_list,
        "points": raised.points,
        "severity": raised.severity.value,
        "state": FindingState.OPEN.value,
        "note": None,
        "organisation_id": _organisation(tx, raised.unit),
        "opened_at": at,
        "due_at": due,
        "closed_at": None,
        "closed_by": None,
        "version": 1,
    }


def _organisation(tx: Transaction, unit: str) -> str | None:
    """The organisation that an answer names by code or id; None where it names none known here."""
    if not unit:
        return None
    known = select(organisation.c.id).where(
        (organisation.c.code == unit) | (organisation.c.id == unit)
    )
    return tx.conn.scalar(known)


def _follow_up(
    tx: Transaction, case: Case, made: Row, asked: FollowUp, by_code: dict[str, str]
) -> Row:
    at = when(made)
    return task_row(
        tx.now,
        Enrolled(case.enrollment),
        f"followup:{asked.code}:{made['instance_id']}",
        "finding" if asked.finding else "answer",
        at + timedelta(hours=asked.after_hours),
        at + timedelta(hours=asked.within_hours),
        finding_id=by_code.get(asked.finding),
        for_role=asked.role.value,
    )


def _move(case: Case, made: Row, move: Move) -> Row:
    holders = {
        "outside": None,
        "store": f"place:{made['place_id']}",
        "subject": f"place:{made['place_id']}",
        "carrier": f"person:{made['author_id']}" if made["author_id"] else None,
    }
    return {
        "id": new_id(),
        "campaign_id": made["campaign_id"],
        "item": move.item,
        "quantity": move.quantity,
        "from_holder": holders[move.source],
        "to_holder": holders[move.target],
        "submission_id": made["id"],
        "reverses_id": None,
        "note": None,
        "moved_at": when(made),
        "author_id": made["author_id"],
    }


def _short(tx: Transaction, batch: Batch, row: Row) -> bool:
    """Whether the giver's books hold less than was given; what was given is kept all the same."""
    giver = row["from_holder"]
    if giver is None:
        return False
    left = stock.balance(tx.conn, row["item"], giver)
    for other in batch.moves:
        if other["item"] == row["item"]:
            left += other["quantity"] * (
                (other["to_holder"] == giver) - (other["from_holder"] == giver)
            )
    return bool(left < row["quantity"])
