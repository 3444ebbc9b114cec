"""The leader's board: what is done against what should be, what nobody has, and when it will end.

Expected by now: a campaign with one visit a place should go evenly over the hours between its start
and its deadline in which one may knock; one that recurs should have done each task by its due time.
Forecast: the pace of the last PACE_HOURS such hours held to the end; its band is that pace with
twice the uncertainty of a count (Poisson: n ± 2√n), so about 95 % if the pace holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState
from lamplit.domain.language import Text
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import FigureValue, figures
from lamplit.services.field.campaigns.cadence import recurs
from lamplit.services.field.campaigns.campaigns import Campaign, get, shown
from lamplit.services.field.door import may, require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.plans.fit import Fit, fit_of
from lamplit.store import counts
from lamplit.store.schema import person, place

PACE_HOURS = 12.0
"""Knocking hours that the pace is taken from: about one day."""
LEAST_DONE = 10
"""Fewer than so many done are no pace."""
FURTHEST_DAYS = 366
MOST_UNCOVERED = 20
"""So many places that nobody has are named."""


@dataclass(frozen=True, slots=True)
class BoardForecast:
    """When all will be done at the present pace, and within which band; None: not in a year.

    `per_hour`: enrollments done per hour in which one may knock.
    """

    per_hour: float
    at: datetime | None
    early: datetime | None
    late: datetime | None
    in_time: bool


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A building with open tasks that nobody has or, of a programme that goes to no homes, a place
    in no building. `place_id` is None for all homes without one.
    """

    place_id: str | None
    name: Text
    open: int
    free: int


@dataclass(frozen=True, slots=True)
class Worker:
    """One person in a campaign: tasks in hand, submissions, and when the last of them came."""

    person_id: str | None
    name: str
    held: int
    sent: int
    today: int
    last_at: datetime | None

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the last submission came."""
        return now - self.last_at if self.last_at else None


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign's board. `counts` holds every count that a pack's figures may name.

    `people` is empty for those who may not see people; `quarantine` counts the whole inbox. Of a
    campaign that `recurs`, `expected` counts tasks, else enrollments. `uncovered` names the first
    places of those that nobody has, `free` counts the tasks in all of them. `plan` says whether the
    plan in force still fits, to who leads there; None where there is none.
    """

    campaign: Campaign
    at: datetime
    enrolled: int
    done: int
    expected: int
    figures: tuple[FigureValue, ...]
    counts: dict[str, int]
    forecast: BoardForecast | None
    uncovered: list[Uncovered]
    free: int
    people: list[Worker]
    quarantine: int
    recurs: bool
    purpose: Text = field(default_factory=lambda: Text("", ""))
    plan: Fit | None = None


def board(office: Office, actor: Actor, campaign: str) -> Board:
    """The board of a campaign, by code or id. Needs `see_doors` at its place, and `see_people`
    for its people. Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, campaign)
        require(tx, Ability.SEE_DOORS, row.place_id)
        pack = pack_of(office, row.programme)
        there = counts.enrolled(tx.conn, row.id)
        sent = counts.sent_by_person(tx.conn, row.id, _midnight(tx.today, office.zone))
        counted = _counts(office, tx, row, there, sent)
        due = counts.tasks_due_by(tx.conn, row.id, tx.now) if recurs(pack) else 0
        expected = expected_by_now(pack, row, there.enrolled, due, tx.now, office.zone)
        counted["expected_by_now"] = expected
        singly = not pack.to_homes
        free = counts.uncovered(tx.conn, row.id, tx.now, singly=singly)
        workers = []
        if may(tx, Ability.SEE_PEOPLE, row.place_id):
            workers = _people(tx, row, sent)
        purpose = next((p.text for p in pack.purposes if p.code == row.purpose), Text("", ""))
        return Board(
            shown(office, row),
            tx.now,
            there.enrolled,
            there.done,
            expected,
            figures(pack, counted),
            counted,
            _forecast(office, tx, pack, row, there),
            _uncovered(tx, free[:MOST_UNCOVERED]),
            sum(int(one.free) for one in free),
            workers,
            counts.quarantined(tx.conn),
            recurs(pack),
            purpose,
            fit_of(office, tx, row) if may(tx, Ability.LEAD, row.place_id) else None,
        )


def _counts(
    office: Office,
    tx: Transaction,
    row: Row[Any],
    there: counts.Enrolled,
    sent: list[Row[Any]],
) -> dict[str, int]:
    day_end = datetime.combine(tx.today, time(23, 59, 59), tzinfo=office.zone)
    found = {
        "enrolled": there.enrolled,
        "done": there.done,
        "open": there.enrolled - there.done,
        "reached": there.outcomes["reached"],
        "attempted": there.attempted,
        "untouched": there.enrolled - there.touched,
    }
    found |= {f"outcome:{word}": number for word, number in there.outcomes.items()}
    found |= {f"found:{word}": number for word, number in there.found.items()}
    tasks = counts.tasks(tx.conn, row.id, tx.now, _midnight(tx.today, office.zone), day_end)
    found |= tasks
    found |= counts.findings(tx.conn, row.id, tx.now)
    found |= counts.stock(tx.conn, row.id)
    found["uncovered"] = tasks["tasks_unclaimed"]
    found["submissions"] = sum(int(one.sent) for one in sent)
    found["people_active"] = sum(1 for one in sent if one.today and one.author_id)
    return found


def expected_by_now(
    pack: Pack,
    row: Any,
    enrolled: int,
    due: int,
    now: datetime,
    zone: ZoneInfo,
) -> int:
    """How much should be done by now (see the module); `due`: tasks of one that recurs."""
    if recurs(pack):
        return due
    begun = max(row.opened_at or row.created_at, _midnight(row.starts, zone))
    whole = knocking_hours(pack, begun, row.deadline, zone)
    if whole == 0:
        return enrolled if now >= row.deadline else 0
    share = knocking_hours(pack, begun, min(now, row.deadline), zone) / whole
    return round(enrolled * min(share, 1.0))


def knocking_hours(pack: Pack, start: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Hours between two instants in which one may knock, by the pack's local times."""
    return sum(
        (until - since).total_seconds() / 3600
        for since, until in knocking_spans(pack, start, end, zone)
    )


def after_hours(pack: Pack, start: datetime, hours: float, zone: ZoneInfo) -> datetime | None:
    """The instant at which so many knocking hours have passed; None if not within a year."""
    left = hours
    for since, until in knocking_spans(pack, start, start + timedelta(days=FURTHEST_DAYS), zone):
        span = (until - since).total_seconds() / 3600
        if span >= left:
            return since + timedelta(hours=left)
        left -= span
    return None


def knocking_spans(
    pack: Pack, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches between two instants in which one may knock, day by day."""
    opens = min(cadence.opens for cadence in pack.cadence)
    closes = max(cadence.closes for cadence in pack.cadence)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        since = max(start, datetime.combine(day, opens, tzinfo=zone))
        until = min(end, datetime.combine(day, closes, tzinfo=zone))
        if since < until:
            yield since, until
        day += timedelta(days=1)


def _forecast(
    office: Office, tx: Transaction, pack: Pack, row: Row[Any], there: counts.Enrolled
) -> BoardForecast | None:
    left = there.enrolled - there.done
    if recurs(pack) or row.state != CampaignState.OPEN or left == 0:
        return None
    begun = max(row.opened_at or row.created_at, _midnight(row.starts, office.zone))
    since = begun
    for back in range(1, 15):  # the shortest run of days that holds so many hours
        since = max(begun, tx.now - timedelta(days=back) / 2)
        if knocking_hours(pack, since, tx.now, office.zone) >= PACE_HOURS or since == begun:
            break
    hours = knocking_hours(pack, since, tx.now, office.zone)
    number = counts.done_since(tx.conn, row.id, since)
    if number < LEAST_DONE or hours == 0:
        return None

    def finish(pace: float) -> datetime | None:
        return after_hours(pack, tx.now, left / pace, office.zone) if pace > 0 else None

    spread = 2 * sqrt(number)
    at = finish(number / hours)
    return BoardForecast(
        number / hours,
        at,
        finish((number + spread) / hours),
        finish((number - spread) / hours),
        at is not None and at <= row.deadline,
    )


def _uncovered(tx: Transaction, rows: list[Row[Any]]) -> list[Uncovered]:
    ids = [row.place_id for row in rows if row.place_id]
    english = counts.names(tx.conn, place, ids, "name_en")
    chinese = counts.names(tx.conn, place, ids, "name_zh")
    codes = counts.names(tx.conn, place, ids, "code")
    return [
        Uncovered(
            row.place_id,
            Text(
                english.get(row.place_id or "") or codes.get(row.place_id or "", "–"),
                chinese.get(row.place_id or "") or codes.get(row.place_id or "", "–"),
            ),
            int(row.open),
            int(row.free),
        )
        for row in rows
    ]


def _people(tx: Transaction, row: Row[Any], rows: list[Row[Any]]) -> list[Worker]:
    held = {one.owner_id: int(one.held) for one in counts.held_by_person(tx.conn, row.id)}
    sent = {one.author_id: one for one in rows}
    ids = sorted({one for one in (*held, *sent) if one})
    names = counts.names(tx.conn, person, ids, "name")
    workers = []
    for one in ids:
        said = sent.get(one)
        workers.append(
            Worker(
                one,
                names.get(one, "–"),
                held.get(one, 0),
                int(said.sent) if said else 0,
                int(said.today or 0) if said else 0,
                said.last_at if said else None,
            )
        )
    return sorted(workers, key=lambda w: (-w.sent, -w.held, w.name))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
