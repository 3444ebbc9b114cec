"""What-if for analysts: counts before and after by community, and the doors that would move.

Counts alone keep the 15/15 rule, also between before and after: with a threshold tuned finely
enough a change by one home would tell how much that home uses. The doors that move are a list of
homes, so they need a purpose and are logged as a list that was opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES, release
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import door as problems
from lamplit.services.field import door
from lamplit.services.field.campaigns import looks
from lamplit.services.field.homes import told
from lamplit.services.field.homes.home_states import communities_under
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.where import Where, where_of
from lamplit.services.what_if import NIGHTS, Area, Move, Playable, Tally, WhatIf, playable, what_if
from lamplit.store import places, reveals

MOST_DOORS = 500
ASKED = "what-if.asked"
Counts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Side:
    """Homes by state, doors on the list and events over the nights; None: held back."""

    states: Counts
    doors: int | None
    events: Counts


@dataclass(frozen=True, slots=True)
class Row:
    """One community. `after` and `moved` are None where under 15 homes would change state."""

    community: str
    place_id: str | None
    name_zh: str | None
    name_en: str | None
    homes: int
    before: Side
    after: Side | None
    moved: int | None


@dataclass(frozen=True, slots=True)
class MovedDoor:
    """A home whose state or place on the list would be another."""

    place_id: str
    community: str | None
    unit: str | None
    floor: int | None
    door: str | None
    before: str
    after: str
    listed_before: bool
    listed_after: bool
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A threshold as it is in force, and as it was tried."""

    now: float
    tried: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be. `homes` of `of` were worked; `doors`: at most MOST_DOORS of `doors_moved`."""

    day: date
    first: date
    homes: int
    of: int
    sampled: bool
    thresholds: dict[str, Change]
    whole: Row
    communities: list[Row]
    doors: list[MovedDoor] | None
    doors_moved: int | None


def thresholds(office: Office, actor: Actor) -> list[Playable]:
    """The thresholds that may be tried out. Needs ANALYSE anywhere."""
    with office.read(actor) as tx:
        door.require_anywhere(tx, Ability.ANALYSE)
    return playable(office.home)


def ask(
    office: Office,
    actor: Actor,
    changes: Mapping[str, float],
    *,
    place: str | None = None,
    day: date | None = None,
    nights: int = NIGHTS,
    doors: bool = False,
    purpose: str = "",
) -> Answer:
    """What the states and the list would be with other thresholds; nothing is kept of it.

    Needs ANALYSE at the place, or anywhere without one. `doors` needs a purpose. Logged: doors each
    time, counts alone once in some minutes (see `looks`), with the thresholds of the first try.
    Raises LamplitError `door.not-allowed`, `door.purpose-needed`, and the errors of `what_if`.
    """
    with office.read(actor) as tx:
        at, codes = scope(tx, place)
        if doors and not purpose.strip():
            raise LamplitError(problems.PURPOSE_NEEDED)
        named = places.by_codes(tx.conn, PlaceKind.COMMUNITY, codes or [])
    wanted = None if codes is None else tuple(codes)
    found = what_if(office.home, changes, communities=wanted, day=day, nights=nights)
    about = at or "all"
    with office.begin(actor) as tx:
        # A slider asks each time it rests.
        if doors or not looks.lately(tx, ASKED, about):
            tx.log(
                reveals.LIST_OPENED if doors else ASKED, "place" if at else "thresholds", about,
                place_id=at, purpose=purpose or None, as_of=found.day.isoformat(),
                thresholds=dict(changes),
                homes=min(len(found.moves), MOST_DOORS) if doors else None,
            )  # fmt: skip
        moved = _doors(tx.conn, found.moves) if doors else None
    shown = _exact(found) if doors else _held(found)
    return Answer(
        found.day, found.first, found.homes, found.of, found.sampled,
        {name: Change(now, tried) for name, (now, tried) in found.changes.items()},
        _row(found.whole, None, *shown[""]),
        [_row(one, named.get(one.code), *shown[one.code]) for one in found.areas if one.code],
        moved, len(found.moves) if doors else None,
    )  # fmt: skip


def scope(tx: Transaction, place: str | None) -> tuple[str | None, list[str] | None]:
    """(the place's id, the codes of the communities in which one may ANALYSE); all is (None, None).

    Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    if place:
        found = resolve_place(tx.conn, place)
        door.require(tx, Ability.ANALYSE, found.id)
        return found.id, communities_under(tx.conn, found)
    held = door.require_anywhere(tx, Ability.ANALYSE)
    if not held:
        return None, None
    codes = {
        code
        for one in places.by_ids(tx.conn, held).values()
        for code in communities_under(tx.conn, one)
    }
    return held[0] if len(held) == 1 else None, sorted(codes)


Shown = dict[str, tuple[Side, Side | None, int | None]]
"""Community → (before, after, moved); "" for all together."""


def _exact(found: WhatIf) -> Shown:
    areas = [*found.areas, found.whole] if found.areas else [found.whole]
    return {one.code: (_side(one.before), _side(one.after), one.moved) for one in areas}


def _side(tally: Tally) -> Side:
    return Side(
        {state.word: homes for state, homes in tally.states.items()},
        tally.doors,
        {event.word: homes for event, homes in tally.events.items()},
    )


def _held(found: WhatIf) -> Shown:
    """Under the 15/15 rule, community by community and between before and after."""
    areas = {one.code: one for one in found.areas}
    before = _sides({code: one.before for code, one in areas.items()})
    fresh = told.fresh_of({code: one.moved for code, one in areas.items()})
    after = _sides({code: areas[code].after for code in fresh})
    shown: Shown = {
        code: (before[code], after.get(code), one.moved if code in after else None)
        for code, one in areas.items()
    }
    whole = found.whole
    enough = whole.moved >= LEAST_HOMES
    total = (_sides({"": getattr(whole, side)})[""] for side in ("before", "after"))
    first, second = total
    return shown | {"": (first, second if enough else None, whole.moved if enough else None)}


def _sides(tallies: Mapping[str, Tally]) -> dict[str, Side]:
    """Each community's counts, None where the rule or subtracting from all forbids them."""
    states = told.release(
        {code: {s.word: n for s, n in one.states.items()} for code, one in tallies.items()}
    )
    listed = release({code: one.doors for code, one in tallies.items()})
    kinds = {event for one in tallies.values() for event in one.events}
    events = {
        kind: release({code: one.events[kind] for code, one in tallies.items()}) for kind in kinds
    }
    return {
        code: Side(
            states[code], listed[code],
            {kind.word: events[kind][code] for kind in sorted(kinds)},
        )
        for code in tallies
    }  # fmt: skip


def _row(
    area: Area, named: places.Place | None, before: Side, after: Side | None, moved: int | None
) -> Row:
    return Row(
        area.code, named.id if named else None, named.name_zh if named else None,
        named.name_en if named else None, area.before.homes, before, after, moved,
    )  # fmt: skip


def _doors(conn: Connection, moves: list[Move]) -> list[MovedDoor]:
    some = moves[:MOST_DOORS]
    at = places.by_codes(conn, PlaceKind.HOUSEHOLD, [one.household for one in some])
    lines = where_of(conn, [one.id for one in at.values()])
    return [
        MovedDoor(
            here.id, one.community, here.unit, here.floor, here.door, one.before.word,
            one.after.word, one.listed_before, one.listed_after, lines.get(here.id),
        )
        for one in some
        if (here := at.get(one.household)) is not None
    ]  # fmt: skip
