"""Who may go to which of a campaign's doors, and in which hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.hours import DAYS
from lamplit.domain.problems import plans as problems
from lamplit.planning.model import DAY, Span
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Transaction
from lamplit.services.field.people.people import resolve_person
from lamplit.services.field.submissions.authors import PERFORMERS
from lamplit.store import plans as store
from lamplit.store.tree import parents_above

WORKDAY = ((9 * 60.0, 12 * 60.0), (14 * 60.0, 18 * 60.0))
"""The hours of whoever has named none, each day."""


@dataclass(slots=True)
class Member:
    """Somebody who may go: their store row, the places of their ties, the day after the last."""

    row: Any
    places: set[str] = field(default_factory=set)
    until: date | None = None
    roles: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Team:
    """The members by id, in the order of their codes, and who of them covers each door.

    `parents`: of each door and of every place above it.
    """

    members: Mapping[str, Member]
    covers: Mapping[str, frozenset[str]]
    parents: Mapping[str, str | None]


def team_of(
    tx: Transaction,
    pack: Pack,
    campaign: Any,
    doors: Sequence[Any],
    people: Sequence[str],
    without: Sequence[str],
) -> Team:
    """The team for some doors (rows of `store.plans.doors`).

    `people` (codes or ids) are those and no others; else all whose role may claim there, and those
    who have doors already. `without` are left out. Raises LamplitError `plan.nobody`,
    `plan.not-there`, `store.not-found`.
    """
    known = _members(store.team(tx.conn, campaign.place_id, PERFORMERS, tx.today))
    parents = parents_above(tx.conn, {row.place_id for row in doors})
    covers = _covers(known, {row.place_id for row in doors}, parents)
    able = frozenset().union(*covers.values()) if covers else frozenset()
    out = {resolve_person(tx.conn, one).id for one in without}
    if people:
        wanted = set()
        for one in people:
            found = resolve_person(tx.conn, one)
            if found.id not in able:
                raise LamplitError(problems.NOT_THERE, person=found.name)
            wanted.add(found.id)
    else:
        claiming = {role.value for role in pack.roles.claim or pack.roles.perform}
        owners = {row.owner_id for row in doors}
        wanted = {p for p in able if known[p].roles & claiming or p in owners}
    chosen = {p: member for p, member in known.items() if p in wanted - out}
    if not chosen:
        raise LamplitError(problems.NOBODY, campaign=campaign.code)
    mine = frozenset(chosen)
    return Team(chosen, {door: who & mine for door, who in covers.items()}, parents)


def _members(ties: Iterable[Any]) -> dict[str, Member]:
    found: dict[str, Member] = {}
    last: dict[str, list[date | None]] = defaultdict(list)
    for row in ties:
        member = found.setdefault(row.person_id, Member(row))
        member.places.add(row.place_id)
        member.roles.add(row.role)
        last[row.person_id].append(row.ends)
    for person, ends in last.items():
        known = [day for day in ends if day is not None]
        found[person].until = max(known) if len(known) == len(ends) else None
    return found


def _covers(
    known: Mapping[str, Member], doors: set[str], parents: Mapping[str, str | None]
) -> dict[str, frozenset[str]]:
    """Who covers each door: a tie at its place or at one above it."""
    ties: dict[str, set[str]] = defaultdict(set)
    for person, member in known.items():
        for place_id in member.places:
            ties[place_id].add(person)
    found: dict[str, frozenset[str]] = {}

    def at(place_id: str, depth: int = 0) -> frozenset[str]:
        if place_id not in found:
            up = parents.get(place_id)
            over = at(up, depth + 1) if up and depth < 20 else frozenset()
            found[place_id] = over | ties.get(place_id, set())
        return found[place_id]

    return {door: at(door) for door in doors}


def spans_of(
    hours: Mapping[str, Sequence[Sequence[str]]] | None,
    opens: time,
    closes: time,
    first: date,
    last: date,
) -> tuple[Span, ...]:
    """A person's hours from day to day within those in which one may knock, in minutes.

    `hours` as the store keeps them; None takes `WORKDAY`.
    """
    low, high = _minute(opens), _minute(closes)
    found = []
    for day in range((last - first).days + 1):
        name = DAYS[(first + timedelta(days=day)).weekday()]
        if hours is None:
            spans: Iterable[tuple[float, float]] = WORKDAY
        else:
            spans = sorted((_of(a), _of(b)) for a, b in hours.get(name, ()))
        before = 0.0
        for begin, close in spans:
            start, end = max(begin, low, before), min(close, high)
            if end > start:
                found.append(Span(day * DAY + start, day * DAY + end))
                before = end
    return tuple(found)


def _of(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) * 60.0 + int(minute)


def _minute(at: time) -> float:
    return at.hour * 60.0 + at.minute
