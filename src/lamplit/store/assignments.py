"""Assignments: dated ties of a person (or an organisation) to a place. Never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select

from lamplit.domain.field import EndReason, PlaceKind, Role, Tie
from lamplit.store.people import organisations_above
from lamplit.store.places import Place, communities_under, inside
from lamplit.store.schema import assignment, person, place
from lamplit.store.tree import above


@dataclass(frozen=True, slots=True)
class Assignment:
    """One tie, on the days from `starts` to before `ends` (None: open)."""

    id: str
    tie: Tie
    role: Role
    person_id: str | None
    organisation_id: str | None
    place_id: str
    campaign_id: str | None
    starts: date
    ends: date | None
    end_reason: EndReason | None
    predecessor_id: str | None
    note: str | None
    created_at: datetime
    created_by: str | None
    version: int = 1

    def __post_init__(self) -> None:
        """Columns come as text."""
        object.__setattr__(self, "tie", Tie(self.tie))
        object.__setattr__(self, "role", Role(self.role))
        if self.end_reason is not None:
            object.__setattr__(self, "end_reason", EndReason(self.end_reason))

    def runs_on(self, day: date) -> bool:
        """Whether it runs on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)


COLUMNS = tuple(assignment.c[name] for name in Assignment.__dataclass_fields__)


def by_id(conn: Connection, assignment_id: str) -> Assignment | None:
    """The assignment with an id."""
    return next(_found(conn, select(*COLUMNS).where(assignment.c.id == assignment_id)), None)


def add(conn: Connection, made: Assignment) -> None:
    """Write a new one."""
    conn.execute(insert(assignment).values(_values(made)))


def of_person(conn: Connection, person_id: str) -> list[Assignment]:
    """All of a person, past, present and to come, in the order in which they start."""
    wanted = select(*COLUMNS).where(assignment.c.person_id == person_id)
    return list(_found(conn, wanted.order_by(assignment.c.starts, assignment.c.created_at)))


def not_ended(conn: Connection, person_id: str, today: date) -> list[Assignment]:
    """Those of a person that run today or are yet to run, be it to an end that is set."""
    wanted = select(*COLUMNS).where(assignment.c.person_id == person_id, alive(today))
    return list(_found(conn, wanted.order_by(assignment.c.id)))


def last_place(conn: Connection, person_id: str | None) -> str | None:
    """Where the tie of a person is that began last; None for nobody, or without a tie."""
    wanted = select(assignment.c.place_id).where(assignment.c.person_id == person_id)
    return conn.scalar(wanted.order_by(assignment.c.starts.desc(), assignment.c.id).limit(1))


def people_in(area: Place, day: date) -> Select[tuple[Any]]:
    """The ids of the people with a tie on a day at a place or inside it, as a sub-query of a query
    over people.

    Of a district they are asked one by one, in the order of the page: its places are hundreds of
    thousands, while many of the people have a tie there. Of what is smaller the places come first.
    """
    found = (
        select(assignment.c.person_id)
        .join(place, place.c.id == assignment.c.place_id)
        .where(inside(area), running_on(day), assignment.c.person_id.is_not(None))
    )
    if area.kind == PlaceKind.DISTRICT:
        return found.where(assignment.c.person_id == person.c.id).correlate(person)
    return found


def running_on(day: date) -> ColumnElement[bool]:
    """The condition that an assignment runs on a day."""
    return and_(
        assignment.c.starts <= day, or_(assignment.c.ends.is_(None), assignment.c.ends > day)
    )


def alive(today: date) -> ColumnElement[bool]:
    """The condition that an assignment has a day from today on."""
    return and_(
        or_(assignment.c.ends.is_(None), assignment.c.ends > today),
        or_(assignment.c.ends.is_(None), assignment.c.ends > assignment.c.starts),
    )


def clashing(conn: Connection, made: Assignment) -> Assignment | None:
    """An equal assignment (same holder, place, tie, role, campaign) that shares a day with it."""
    a = assignment.c
    wanted = select(*COLUMNS).where(
        a.person_id == made.person_id
        if made.person_id
        else a.organisation_id == made.organisation_id,
        a.place_id == made.place_id,
        a.tie == made.tie.value,
        a.role == made.role.value,
        func.coalesce(a.campaign_id, "") == (made.campaign_id or ""),
        or_(a.ends.is_(None), and_(a.ends > made.starts, a.ends > a.starts)),
    )
    if made.ends is not None:
        wanted = wanted.where(a.starts < made.ends)
    return next(_found(conn, wanted), None)


def is_covered(conn: Connection, place_id: str, day: date) -> bool:
    """Whether anybody is responsible on a day for a place, or for one in which it lies."""
    wanted = select(assignment.c.id).where(
        assignment.c.place_id.in_(above(place_id)),
        assignment.c.role == Role.RESPONSIBLE.value,
        running_on(day),
    )
    return conn.scalar(wanted.limit(1)) is not None


def operators_over(conn: Connection, place_id: str, first: date, until: date | None) -> set[str]:
    """The people who are operators of a place, or of one in which it lies, on every day from
    `first` to before `until` (None: without an end).
    """
    a = assignment.c
    long = a.ends.is_(None) if until is None else or_(a.ends.is_(None), a.ends >= until)
    wanted = select(a.person_id).where(
        a.place_id.in_(above(place_id)),
        a.role == Role.OPERATOR.value,
        a.person_id.is_not(None),
        running_on(first),
        long,
    )
    return set(conn.scalars(wanted))


@dataclass(frozen=True, slots=True)
class Span:
    """One check-in, from a day to before another."""

    person_id: str
    role: str
    starts: date
    ends: date | None


def checkin_spans(conn: Connection, area_id: str, until: date) -> list[Span]:
    """The check-ins in a community or under a district that began up to a day.

    They come by person and start; those that ended on their first day never counted.
    """
    a = assignment.c
    wanted = (
        select(a.person_id, a.role, a.starts, a.ends)
        .where(
            a.place_id.in_(communities_under(area_id)),
            a.tie == Tie.CHECK_IN.value,
            a.starts <= until,
            or_(a.ends.is_(None), a.ends > a.starts),
        )
        .order_by(a.person_id, a.starts)
    )
    return [Span(*row) for row in conn.execute(wanted)]


def paired_with(conn: Connection, organisation_id: str, day: date) -> list[str]:
    """The communities paired on a day with an organisation, or with one that it belongs to."""
    wanted = select(assignment.c.place_id).where(
        assignment.c.organisation_id.in_(organisations_above(organisation_id)),
        assignment.c.tie == Tie.PAIRING.value,
        running_on(day),
    )
    return list(conn.scalars(wanted.distinct()))


def pairings_on(conn: Connection, day: date) -> set[tuple[str, str]]:
    """All pairings that run on a day, as organisation and community."""
    wanted = select(assignment.c.organisation_id, assignment.c.place_id).where(
        assignment.c.tie == Tie.PAIRING.value,
        assignment.c.organisation_id.is_not(None),
        running_on(day),
    )
    return {(row[0], row[1]) for row in conn.execute(wanted)}


def latest_like(conn: Connection, made: Assignment) -> str | None:
    """The id of the last equal one before it, for going on after an end."""
    a = assignment.c
    return conn.scalar(
        select(a.id)
        .where(
            a.person_id == made.person_id,
            a.place_id == made.place_id,
            a.tie == made.tie.value,
            a.role == made.role.value,
        )
        .order_by(a.starts.desc(), a.created_at.desc(), a.id)
        .limit(1)
    )


def chain(conn: Connection, assignment_id: str) -> list[Assignment]:
    """All that went before an assignment, itself, and all that came after, oldest first."""
    before = _chain_up(assignment_id)
    after = _chain_down(assignment_id)
    wanted = select(*COLUMNS).where(or_(assignment.c.id.in_(before), assignment.c.id.in_(after)))
    found = list(_found(conn, wanted))
    depth = _depths(found)
    return sorted(found, key=lambda one: (depth[one.id], one.starts, one.created_at, one.id))


def _depths(found: list[Assignment]) -> dict[str, int]:
    """How many predecessors each has among those found."""
    before = {one.id: one.predecessor_id for one in found}
    depths: dict[str, int] = {}
    for start, predecessor in before.items():
        at, steps = predecessor, 0
        while at in before and steps <= len(before):
            at, steps = before[at], steps + 1
        depths[start] = steps
    return depths


def _chain_up(assignment_id: str) -> Select[tuple[Any]]:
    start = select(assignment.c.id, assignment.c.predecessor_id).where(
        assignment.c.id == assignment_id
    )
    walk = start.cte("went_before", recursive=True)
    step = select(assignment.c.id, assignment.c.predecessor_id).join(
        walk, assignment.c.id == walk.c.predecessor_id
    )
    return select(walk.union(step).c.id)


def _chain_down(assignment_id: str) -> Select[tuple[Any]]:
    start = select(assignment.c.id).where(assignment.c.id == assignment_id)
    walk = start.cte("came_after", recursive=True)
    step = select(assignment.c.id).join(walk, assignment.c.predecessor_id == walk.c.id)
    return select(walk.union(step).c.id)


def _values(made: Assignment) -> dict[str, Any]:
    values = {name: getattr(made, name) for name in Assignment.__dataclass_fields__}
    reason = made.end_reason
    return values | {
        "tie": made.tie.value,
        "role": made.role.value,
        "end_reason": reason.value if reason else None,
    }


def _found(conn: Connection, wanted: Select[Any]) -> Iterator[Assignment]:
    for row in conn.execute(wanted):
        yield Assignment(*row)
