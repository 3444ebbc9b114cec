"""The course of a campaign: how much was done by when, against how much should have been.

What a leader's chart draws. One visit a place: done enrollments against an even pace over the
knocking hours, as the board's `expected`. One that recurs: tasks performed against tasks due.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.programmes.pack import Pack
from lamplit.services.field.campaigns.board import expected_by_now, knocking_spans
from lamplit.services.field.campaigns.cadence import recurs
from lamplit.services.field.campaigns.campaigns import get
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.packs import pack_of
from lamplit.store import counts
from lamplit.store import course as store

LADDER = tuple(timedelta(minutes=m) for m in (15, 30, 60, 180, 360, 720, 1440, 10080, 40320))
MOST_POINTS = 200
"""More points than these no screen shows apart."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment and how much stood then, since the beginning."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Course:
    """Done and expected over time; `total` is where both should meet. `of_tasks`: it recurs."""

    starts: datetime
    deadline: datetime
    now: datetime
    total: int
    of_tasks: bool
    done: list[Point]
    expected: list[Point]


def course(office: Office, actor: Actor, campaign: str) -> Course:
    """The course of a campaign, by code or id. Needs `see_doors` at its place.

    At most MOST_POINTS points each. Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, campaign)
        require(tx, Ability.SEE_DOORS, row.place_id)
        pack = pack_of(office, row.programme)
        begun = _begun(row, office.zone)
        until = min(tx.now, row.closed_at or tx.now)
        step = _step(min(begun, until), max(until, row.deadline))
        again = recurs(pack)
        if again:
            total = counts.tasks_due_by(tx.conn, row.id, row.deadline)
            done = store.performed(tx.conn, row.id, step)
            expected = _summed(store.due(tx.conn, row.id, step), begun)
        else:
            total = counts.enrolled(tx.conn, row.id).enrolled
            done = store.done(tx.conn, row.id, step)
            expected = list(_even(pack, row, total, begun, office.zone))
        shown = _summed(done, begun)
        shown.append(Point(until, shown[-1].count))
        return Course(begun, row.deadline, tx.now, total, again, shown, expected)


def _begun(row: Row[Any], zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(row.starts, time(), tzinfo=zone)
    opened: datetime = row.opened_at or row.created_at
    return max(opened, midnight)


def _step(begun: datetime, end: datetime) -> timedelta:
    """The finest step that keeps a line under MOST_POINTS points."""
    return next((s for s in LADDER if (end - begun) / s <= MOST_POINTS), LADDER[-1])


def _summed(buckets: Iterable[tuple[datetime, int]], begun: datetime) -> list[Point]:
    """Counts by bucket as a running sum from the beginning on."""
    points, count = [Point(begun, 0)], 0
    for at, number in buckets:
        count += number
        points.append(Point(max(at, begun), count))
    return points


def _even(
    pack: Pack, row: Row[Any], total: int, begun: datetime, zone: ZoneInfo
) -> Iterable[Point]:
    """The even pace: straight within the hours in which one may knock, flat between them."""
    yield Point(begun, 0)
    for since, until in knocking_spans(pack, begun, row.deadline, zone):
        for moment in (since, until):
            yield Point(moment, expected_by_now(pack, row, total, 0, moment, zone))
    yield Point(row.deadline, total)
