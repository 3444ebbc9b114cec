"""Tasks from a pack's calendar: what is due today is made today, and nothing years ahead.

A task's slot is its window's name, with the attempt after a stroke from the second on
(`visit`, `visit/2`, `daily:2020-02-14`); one enrollment never has two tasks of a slot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from lamplit.domain.field import (
    OPEN_TASKS,
    PERFORMED_TASKS,
    CampaignState,
    EnrollmentState,
    FindingState,
    Found,
    Outcome,
    PlaceKind,
    TaskState,
)
from lamplit.programmes.calendar import Enrolled, History, Signal, Visit, Window, due_windows
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.services.field.packs import pack_of
from lamplit.store import bulk
from lamplit.store import campaigns as campaigns_store
from lamplit.store import enrollments as enrollments_store
from lamplit.store import tasks as tasks_store
from lamplit.store.schema import task

FURTHEST = timedelta(days=1)
"""How far ahead of today tasks may be made: tomorrow's, so that phones can be filled overnight."""
RECURRING = ("daily:", "weekly:", "monthly:", "signal:")
MISSED = "missed"


@dataclass(slots=True)
class Rolled:
    """What a roll did: tasks made, and missed ones closed that can't be entered any more."""

    through: date
    made: int = 0
    missed: int = 0
    by_campaign: dict[str, int] = field(default_factory=dict)


def roll(
    office: Office, actor: Actor = SYSTEM, through: date | None = None, *, campaign: str = ""
) -> Rolled:
    """Make the tasks that are due up to a local day (default: today) in open campaigns.

    Running it again makes nothing twice. `through` is cut to tomorrow at the latest, and windows
    end with the campaign. Missed windows that can still be filled in are made, too, with their own
    dates; recurring ones that no longer can are cancelled with the reason `missed`.
    `campaign`: the id of one only. Raises what `pack_of` raises.
    """
    with office.begin(actor) as tx:
        last = min(through or tx.today, tx.today + FURTHEST)
        rolled = Rolled(last)
        for one in campaigns_store.in_state(tx.conn, CampaignState.OPEN):
            if campaign in ("", one.id):
                _roll_campaign(office, tx, one, rolled)
        return rolled


def _roll_campaign(office: Office, tx: Transaction, one: Row[Any], rolled: Rolled) -> None:
    pack = pack_of(office, one.programme)
    last_day = office.local_day(one.deadline)
    if rolled.through < one.starts or (not recurs(pack) and rolled.through > last_day):
        return
    campaigns_store.lock(tx.conn, one.id)
    active = enrollments_store.rows(tx.conn, one.id, EnrollmentState.ACTIVE)
    made = make_tasks(office, tx, pack, one, active, rolled.through)
    missed = _close_missed(tx, pack, one, office.zone)
    rolled.made += made
    rolled.missed += missed
    rolled.by_campaign[one.code] = made
    if made or missed:
        tx.log(
            "campaign.rolled", "campaign", one.id, campaign_id=one.id,
            through=rolled.through.isoformat(), made=made, missed=missed,
        )  # fmt: skip


def recurs(pack: Pack) -> bool:
    """Whether a pack has a rhythm beyond a single visit."""
    return any(cadence.every != "once" for cadence in pack.cadence)


def make_tasks(
    office: Office,
    tx: Transaction,
    pack: Pack,
    campaign: Row[Any],
    active: Sequence[Row[Any]],
    day: date,
) -> int:
    """Make the tasks of enrollments that are due on a day; gives how many."""
    histories = histories_of(tx.conn, active)
    same: dict[Any, list[Window]] = {}
    rows: list[dict[str, Any]] = []
    there = tasks_store.slots(tx.conn, campaign.id)
    kinds = enrollments_store.kinds(tx.conn, campaign.id)
    for one in active:
        history = histories.get(one.id)
        kind = PlaceKind(kinds[one.place_id])
        # Those enrolled on one day with nothing done yet have the same windows.
        alike = (kind, one.from_day, one.until_day) if history is None else one.id
        if alike not in same:
            enrolled = enrolled_of(kind, one.from_day, one.until_day, campaign, office.zone)
            same[alike] = due_windows(pack, enrolled, day, history)
        rows += window_rows(tx, one, same[alike], there.get(one.id, {}))
    bulk.add_new(tx.conn, task, rows)
    return len(rows)


def window_rows(
    tx: Transaction, enrollment: Any, windows: Iterable[Window], slots: dict[str, str]
) -> list[dict[str, Any]]:
    """The task rows for windows that have none; `slots` are the states of those there by slot.

    A further attempt waits for an open one of the same window to be performed.
    """
    rows = []
    for window in windows:
        slot = slot_of(window, slots)
        tries = {s: state for s, state in slots.items() if base_of(s) == window.slot}
        if slot in tries or any(TaskState(state) in OPEN_TASKS for state in tries.values()):
            continue
        rows.append(task_row(tx.now, enrollment, slot, "cadence", window.opens, window.due))
    return rows


def task_row(
    now: datetime,
    enrollment: Any,
    slot: str,
    origin: str,
    due_from: datetime,
    due_until: datetime,
    **more: Any,
) -> dict[str, Any]:
    """A new task, requested of anybody."""
    made = {
        "id": new_id(),
        "enrollment_id": enrollment.id,
        "campaign_id": enrollment.campaign_id,
        "place_id": enrollment.place_id,
        "building_id": enrollment.building_id,
        "slot": slot,
        "origin": origin,
        "finding_id": None,
        "due_from": due_from,
        "due_until": due_until,
        "state": TaskState.REQUESTED.value,
        "rank": enrollment.rank,
        "for_role": None,
        "reason": None,
        "owner_id": None,
        "turn": None,
        "created_at": now,
        "changed_at": now,
    }
    return made | more


def slot_of(window: Window, slots: dict[str, str]) -> str:
    """The slot of a window's task, given the states of the tasks there are by slot.

    A further attempt is numbered after the last that was performed, and not by the visits: two may
    have gone for one task.
    """
    if window.attempt == 1:
        return window.slot
    performed = (
        attempt_of(slot)
        for slot, state in slots.items()
        if base_of(slot) == window.slot and TaskState(state) in PERFORMED_TASKS
    )
    return f"{window.slot}/{max(performed, default=window.attempt - 1) + 1}"


def base_of(slot: str) -> str:
    """The window's name in a slot: `visit` of `visit/2`."""
    return slot.partition("/")[0]


def attempt_of(slot: str) -> int:
    """Which attempt a slot is for: 2 of `visit/2`, 1 of `visit`."""
    number = slot.partition("/")[2]
    return int(number) if number.isdigit() else 1


def enrolled_of(
    kind: PlaceKind, from_day: date, until_day: date | None, campaign: Any, zone: ZoneInfo
) -> Enrolled:
    """An enrollment as the calendar sees it; its first day begins at midnight."""
    until = datetime.combine(until_day, time(), tzinfo=zone) if until_day else None
    return Enrolled(
        kind, datetime.combine(from_day, time(), tzinfo=zone), zone, campaign.deadline, until
    )


def first_day(pack: Pack, starts: date, now: datetime, zone: ZoneInfo) -> date:
    """The first day of an enrollment made now: tomorrow, where nobody may knock any more today."""
    local = now.astimezone(zone)
    over = all(local.time() > cadence.closes for cadence in pack.cadence)
    return max(starts, local.date() + timedelta(days=1 if over else 0))


def histories_of(conn: Connection, active: Sequence[Row[Any]]) -> dict[str, History]:
    """The history of those enrollments in which something has happened, by enrollment."""
    tried = [one for one in active if one.attempts or (one.signal or {}).get("events")]
    if not tried:
        return {}
    visits = enrollments_store.visits(conn, [one.id for one in tried if one.attempts])
    findings = enrollments_store.finding_states(conn, [one.id for one in tried if one.attempts])
    return {
        one.id: History(
            tuple(visits.get(one.id, ())),
            signals_of(one.signal),
            tuple(FindingState(state) for state in findings.get(one.id, ())),
        )
        for one in tried
    }


def signals_of(signal: dict[str, Any] | None) -> tuple[Signal, ...]:
    """The events that a place's signal has had while enrolled."""
    events = (signal or {}).get("events") or []
    return tuple(Signal(e["event"], datetime.fromisoformat(e["at"])) for e in events)


def visit_of(row: Any, slot: str | None, at: datetime) -> Visit:
    """A submission as the calendar sees it."""
    outcome, found = row["outcome"], row["found"]
    return Visit(at, base_of(slot or "extra"), Outcome(outcome), Found(found or Found.UNKNOWN))


def _close_missed(tx: Transaction, pack: Pack, one: Row[Any], zone: ZoneInfo) -> int:
    """Cancel recurring tasks that can't be entered any more; one done on paper can still come."""
    by_days: dict[str, int] = defaultdict(int)
    for cadence in pack.cadence:
        prefix = f"{cadence.every}:"
        by_days[prefix] = max(by_days[prefix], cadence.enterable_days)
    closed = 0
    for prefix, days in by_days.items():
        if prefix in RECURRING:
            midnight = datetime.combine(tx.today - timedelta(days=days), time(), tzinfo=zone)
            closed += tasks_store.cancel_due_before(
                tx.conn, one.id, prefix, midnight, MISSED, tx.now
            )
    return closed
