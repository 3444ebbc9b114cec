"""What is counted of a campaign: each figure an aggregate that the database works out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from lamplit.domain.field import (
    OPEN_TASKS,
    PERFORMED_TASKS,
    EnrollmentState,
    FindingState,
    InboxState,
    Outcome,
    PlaceKind,
    TaskState,
)
from lamplit.store.schema import enrollment, finding, inbox, place, stock_move, submission, task

OPEN = [state.value for state in OPEN_TASKS]
PERFORMED = [state.value for state in PERFORMED_TASKS]
COUNTED = [EnrollmentState.ACTIVE.value, EnrollmentState.DONE.value]
"""The denominator: who left the list before anybody came, or withdrew, is not in it."""
UNSETTLED = [FindingState.OPEN.value, FindingState.IN_HAND.value]


@dataclass(slots=True)
class Enrolled:
    """Enrollments by state; of those that count (active or done), by outcome and by what was found.

    `touched`: tried at least once.
    """

    states: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    @property
    def enrolled(self) -> int:
        """The denominator of coverage."""
        return sum(self.states[state] for state in COUNTED)

    @property
    def done(self) -> int:
        """How many are done."""
        return self.states[EnrollmentState.DONE.value]

    @property
    def touched(self) -> int:
        """How many were tried at least once."""
        return sum(self.outcomes.values())

    @property
    def attempted(self) -> int:
        """How many were tried and nobody was met, nor said no."""
        return self.outcomes[Outcome.NO_ANSWER] + self.outcomes[Outcome.UNREACHABLE]


def enrolled(conn: Connection, campaign_id: str) -> Enrolled:
    """Enrollments by state, outcome and found."""
    counted = Enrolled()
    columns = (enrollment.c.state, enrollment.c.outcome, enrollment.c.found)
    wanted = (
        select(*columns, func.count().label("n"))
        .where(enrollment.c.campaign_id == campaign_id)
        .group_by(*columns)
    )
    for row in conn.execute(wanted):
        counted.states[row.state] += row.n
        if row.state in COUNTED and row.outcome:
            counted.outcomes[row.outcome] += row.n
            counted.found[row.found] += row.n
    return counted


def enrolled_by_area(
    conn: Connection, campaign_id: str, *, by_community: bool
) -> list[tuple[str, int, int]]:
    """(building or community, enrolled, done), by id."""
    area = enrollment.c.community_id if by_community else enrollment.c.building_id
    done = _sum(enrollment.c.state == EnrollmentState.DONE.value)
    wanted = (
        select(area, func.count(), done)
        .where(
            enrollment.c.campaign_id == campaign_id,
            enrollment.c.state.in_(COUNTED),
            area.is_not(None),
        )
        .group_by(area)
        .order_by(area)
    )
    return [(str(key), int(all_), int(some or 0)) for key, all_, some in conn.execute(wanted)]


def tasks(
    conn: Connection, campaign_id: str, now: datetime, day_start: datetime, day_end: datetime
) -> dict[str, int]:
    """Tasks by what a board asks: `tasks_due`, `tasks_done`, `tasks_on_time`, `tasks_overdue`,
    `tasks_over`, `tasks_today`, `tasks_today_done`, `tasks_unclaimed`, `follow_ups_open`,
    `follow_ups_overdue`.

    Due, and unclaimed: open ones whose window has begun by the end of the day. Over: performed, or
    open past their time. Today: those of the cadence whose window begins on this day.
    """
    mine = task.c.campaign_id == campaign_id
    free = or_(task.c.owner_id.is_(None), task.c.claimed_until < now)
    overdue = task.c.due_until < now
    begun = task.c.due_from <= day_end
    follow_up = task.c.origin != "cadence"
    open_ = select(
        _sum(begun).label("tasks_due"),
        _sum(overdue).label("tasks_overdue"),
        _sum(and_(free, begun)).label("tasks_unclaimed"),
        _sum(follow_up).label("follow_ups_open"),
        _sum(and_(overdue, follow_up)).label("follow_ups_overdue"),
    ).where(mine, task.c.state.in_(OPEN))
    done = select(
        func.count().label("tasks_done"),
        _sum(task.c.performed_at <= task.c.due_until).label("tasks_on_time"),
    ).where(mine, task.c.state.in_(PERFORMED))
    today = select(
        func.count().label("tasks_today"),
        _sum(task.c.state.in_(PERFORMED)).label("tasks_today_done"),
    ).where(
        mine, ~follow_up, task.c.state != TaskState.CANCELLED.value,
        task.c.due_from.between(day_start, day_end),
    )  # fmt: skip
    asked = (conn.execute(one).one()._mapping for one in (open_, done, today))
    found = {str(name): int(value or 0) for row in asked for name, value in row.items()}
    return found | {"tasks_over": found["tasks_done"] + found["tasks_overdue"]}


def tasks_due_by(conn: Connection, campaign_id: str, now: datetime) -> int:
    """How many tasks should have been performed by now, of those not cancelled."""
    states = [state.value for state in TaskState if state is not TaskState.CANCELLED]
    wanted = (
        select(func.count())
        .select_from(task)
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state.in_(states),
            task.c.due_until <= now,
        )
    )
    return int(conn.scalar(wanted) or 0)


def uncovered(
    conn: Connection, campaign_id: str, now: datetime, *, singly: bool = False
) -> list[Row[Any]]:
    """(place_id, open, free) of the buildings with tasks that nobody has, those with most first.

    `singly`: a place that lies in no building stands for itself; else all such are one, of None.
    """
    at = func.coalesce(task.c.building_id, task.c.place_id) if singly else task.c.building_id
    free = _sum(or_(task.c.owner_id.is_(None), task.c.claimed_until < now))
    wanted = (
        select(at.label("place_id"), func.count().label("open"), free.label("free"))
        .where(task.c.campaign_id == campaign_id, task.c.state.in_(OPEN))
        .group_by(at)
        .having(free > 0)
        .order_by(free.desc(), func.min(task.c.due_until), at)
    )
    return list(conn.execute(wanted))


def held_by_person(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """(owner_id, held) of the people who have open tasks."""
    wanted = (
        select(task.c.owner_id, func.count().label("held"))
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state.in_(OPEN),
            task.c.owner_id.is_not(None),
        )
        .group_by(task.c.owner_id)
    )
    return list(conn.execute(wanted))


def sent_by_person(conn: Connection, campaign_id: str, day_start: datetime) -> list[Row[Any]]:
    """(author_id, sent, today, last_at) of the people who submitted."""
    wanted = (
        select(
            submission.c.author_id,
            func.count().label("sent"),
            _sum(submission.c.received_at >= day_start).label("today"),
            func.max(submission.c.received_at).label("last_at"),
        )
        .where(submission.c.campaign_id == campaign_id)
        .group_by(submission.c.author_id)
    )
    return list(conn.execute(wanted))


def done_since(conn: Connection, campaign_id: str, since: datetime) -> int:
    """How many enrollments were done since a moment."""
    wanted = (
        select(func.count())
        .select_from(enrollment)
        .where(
            enrollment.c.campaign_id == campaign_id,
            enrollment.c.state == EnrollmentState.DONE.value,
            enrollment.c.done_at >= since,
        )
    )
    return int(conn.scalar(wanted) or 0)


def findings(conn: Connection, campaign_id: str, now: datetime) -> dict[str, int]:
    """Findings by what a board asks, by code (`finding:ill`) and by severity (`severity:major`).

    Those dismissed are left out.
    """
    late = _sum(and_(finding.c.state.in_(UNSETTLED), finding.c.due_at < now))
    columns = (finding.c.code, finding.c.severity, finding.c.state)
    wanted = (
        select(
            *columns,
            func.count().label("n"),
            func.sum(finding.c.points).label("points"),
            late.label("late"),
        )
        .where(
            finding.c.campaign_id == campaign_id,
            finding.c.state != FindingState.DISMISSED.value,
        )
        .group_by(*columns)
    )
    found: Counter[str] = Counter()
    for row in conn.execute(wanted):
        found["findings"] += row.n
        found["points"] += int(row.points or 0)
        found["findings_overdue"] += int(row.late or 0)
        found[f"finding:{row.code}"] += row.n
        found[f"severity:{row.severity}"] += row.n
        found["findings_open"] += row.n * (row.state in UNSETTLED)
        found["findings_verified"] += row.n * (row.state == FindingState.VERIFIED)
    return dict(found)


def stock(conn: Connection, campaign_id: str) -> dict[str, int]:
    """Stock of a campaign by item: `stock_in:`, `stock_out:` and `stock_left:`.

    In is what came from outside the books (nobody, or a donor), out what left them: also what a
    home was given. A move and its reversal cancel out.
    """
    giver, taker = place.alias(), place.alias()
    outside_from = _outside(stock_move.c.from_holder, giver)
    outside_to = _outside(stock_move.c.to_holder, taker)
    back = stock_move.c.reverses_id.is_not(None)
    wanted = (
        select(
            stock_move.c.item,
            func.sum(_through(outside_from, outside_to, back)).label("came"),
            func.sum(_through(outside_to, outside_from, back)).label("went"),
        )
        .select_from(
            stock_move.outerjoin(giver, _is(stock_move.c.from_holder, giver)).outerjoin(
                taker, _is(stock_move.c.to_holder, taker)
            )
        )
        .where(stock_move.c.campaign_id == campaign_id)
        .group_by(stock_move.c.item)
    )
    found: dict[str, int] = {}
    for row in conn.execute(wanted):
        came, went = int(row.came or 0), int(row.went or 0)
        found[f"stock_in:{row.item}"] = came
        found[f"stock_out:{row.item}"] = went
        found[f"stock_left:{row.item}"] = came - went
    return found


def _is(holder: Any, at: Any) -> Any:
    """Whether a holder is a place: the rest of `place:<id>` is its id."""
    return at.c.id == func.substr(holder, len("place:") + 1)


def _outside(holder: Any, at: Any) -> Any:
    home = func.coalesce(at.c.kind, "") == PlaceKind.HOUSEHOLD.value
    return or_(holder.is_(None), holder.startswith("donor:"), home)


def _through(gate: Any, other: Any, back: Any) -> Any:
    """What passed a gate, less what a reversal took back through it."""
    quantity = stock_move.c.quantity
    return case((and_(gate, ~back), quantity), (and_(other, back), -quantity), else_=0)


def quarantined(conn: Connection) -> int:
    """How many entries of the inbox wait to be settled."""
    wanted = (
        select(func.count())
        .select_from(inbox)
        .where(inbox.c.state == InboxState.QUARANTINED.value, inbox.c.settled_at.is_(None))
    )
    return int(conn.scalar(wanted) or 0)


def points_by(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """(organisation_id, findings, points) of a campaign, dismissed ones left out."""
    wanted = (
        select(
            finding.c.organisation_id,
            func.count().label("findings"),
            func.sum(finding.c.points).label("points"),
        )
        .where(
            finding.c.campaign_id == campaign_id,
            finding.c.state != FindingState.DISMISSED.value,
        )
        .group_by(finding.c.organisation_id)
        .order_by(finding.c.organisation_id)
    )
    return list(conn.execute(wanted))


def visits(conn: Connection, campaign_id: str) -> int:
    """How many submissions of a campaign stand: the knocks."""
    wanted = (
        select(func.count())
        .select_from(submission)
        .where(submission.c.campaign_id == campaign_id, submission.c.replaced_by.is_(None))
    )
    return int(conn.scalar(wanted) or 0)


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def names(conn: Connection, table: Any, ids: Sequence[str], column: str) -> dict[str, str]:
    """A column of some rows, by id."""
    if not ids:
        return {}
    rows = conn.execute(select(table.c.id, table.c[column]).where(table.c.id.in_(list(ids))))
    return {row[0]: row[1] for row in rows}
