"""What happened over the city: events by community and kind, and the homes for analysts.

Whoever may not see single homes gets whole weeks, Monday to Sunday, and no sums over time: two
spans that differ by a day would give that day away. A community's week is told when 15 homes or
more are in it; that of all communities together when those not told hold 15 together. So whichever
place is asked about, the answers fit together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import door as problems
from lamplit.domain.words import HomeEvent
from lamplit.services.field import door
from lamplit.services.field.homes.home_states import communities_under
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.where import Where, where_of
from lamplit.services.film import Happening, Reel, reel_of, span_of
from lamplit.store import places, reveals
from lamplit.store.places import Place

ALL = ""
"""The community of a sum over all of them."""


@dataclass(frozen=True, slots=True)
class Count:
    """Homes to which something happened from `first` to `last`; None: held back."""

    community: str
    kind: str
    first: date
    last: date
    homes: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a place: by day for who may ANALYSE there, else by week."""

    place_id: str
    first: date
    last: date
    by: str
    counts: list[Count]


@dataclass(frozen=True, slots=True)
class HomeHappening:
    """One event of one home: the night that told of it, and since when."""

    order: int
    place_id: str | None
    community: str | None
    day: date
    kind: str
    since: date
    where: Where | None = None


def counts(
    office: Office, actor: Actor, wanted: str, first: date | None = None, last: date | None = None
) -> Counts:
    """Events by community and kind, by default of the last 60 nights.

    Needs SEE_AREA. Raises LamplitError `door.not-allowed`, `store.not-found`, those of `span_of`.
    """
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        door.require(tx, Ability.SEE_AREA, found.id)
        single = door.may(tx, Ability.ANALYSE, found.id)
        codes = communities_under(tx.conn, found)
    since, until = span_of(office.home, first, last)
    reel = reel_of(office.home, tuple(codes), since, until)
    made = _by_day(reel) if single else by_week(reel, codes)
    return Counts(found.id, since, until, "day" if single else "week", made)


def homes(
    office: Office,
    actor: Actor,
    wanted: str,
    *,
    purpose: str,
    first: date | None = None,
    last: date | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[HomeHappening]:
    """The events one by one, in order of night; those beyond number `after`. Logged.

    Needs ANALYSE. Raises as `counts`, and `door.purpose-needed`.
    """
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        door.require(tx, Ability.ANALYSE, found.id)
        codes = communities_under(tx.conn, found)
    if not purpose.strip():
        raise LamplitError(problems.PURPOSE_NEEDED)
    since, until = span_of(office.home, first, last)
    reel = reel_of(office.home, tuple(codes), since, until)
    some = sorted(reel.events, key=lambda one: (one.day, one.home))[after : after + limit]
    _note(office, actor, found, purpose, (since, until), len(some))
    with office.read(actor) as tx:
        names = [reel.households[one.home] for one in some]
        known = places.by_codes(tx.conn, PlaceKind.HOUSEHOLD, names)
        lines = where_of(tx.conn, [one.id for one in known.values()])
    return [
        HomeHappening(
            after + number, here.id if (here := known.get(name)) else None,
            reel.communities[one.home], one.day, one.kind.word, one.since,
            lines.get(here.id) if here else None,
        )
        for number, (one, name) in enumerate(zip(some, names, strict=True), 1)
    ]  # fmt: skip


def by_week(reel: Reel, codes: Iterable[str]) -> list[Count]:
    """Whole weeks under the rule, of each community and of all together."""
    found = []
    monday = reel.first + timedelta(-reel.first.weekday() % 7)
    while (sunday := monday + timedelta(6)) <= reel.last:
        inside = [one for one in reel.events if monday <= one.day <= sunday]
        for kind in _KINDS:
            counted = _homes(reel, [one for one in inside if one.kind is kind])
            shown = {code: counted.get(code, 0) for code in codes}
            told = {c: n if n >= LEAST_HOMES else None for c, n in shown.items()}
            hidden = sum(n for c, n in shown.items() if told[c] is None)
            if len(shown) > 1:
                whole = sum(shown.values())
                safe = whole >= LEAST_HOMES and (hidden >= LEAST_HOMES or None not in told.values())
                told[ALL] = whole if safe else None
            found += [Count(c, kind.word, monday, sunday, n) for c, n in sorted(told.items())]
        monday += timedelta(7)
    return found


_KINDS = (HomeEvent.WENT_DARK, HomeEvent.RETURNED, HomeEvent.FROZEN_HIGH)


def _by_day(reel: Reel) -> list[Count]:
    """Every day on which something happened, exactly."""
    days: dict[tuple[date, HomeEvent], list[Happening]] = defaultdict(list)
    for one in reel.events:
        days[one.day, one.kind].append(one)
    return [
        Count(code, kind.word, day, day, homes)
        for (day, kind), some in sorted(days.items())
        for code, homes in sorted(_homes(reel, some).items())
    ]


def _homes(reel: Reel, some: Iterable[Happening]) -> dict[str, int]:
    """Homes by community: one to which it happened twice counts once."""
    inside: dict[str, set[int]] = defaultdict(set)
    for one in some:
        inside[reel.communities[one.home] or ALL].add(one.home)
    return {code: len(members) for code, members in inside.items()}


def _note(
    office: Office, actor: Actor, found: Place, purpose: str, span: tuple[date, date], count: int
) -> None:
    with office.begin(actor) as tx:
        tx.log(
            reveals.LIST_OPENED, "place", found.id, place_id=found.id, purpose=purpose,
            first=span[0].isoformat(), last=span[1].isoformat(), homes=count, shape="events",
        )  # fmt: skip
