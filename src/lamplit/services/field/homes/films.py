"""A community's film: every window over some nights for who may ANALYSE there, and logged then.

Others get what is told of its buildings (see `told`): counts that stand until 15 homes changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from sqlalchemy import Row, func, select

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlaceKind
from lamplit.domain.words import HomeState
from lamplit.services.field import door
from lamplit.services.field.homes import told
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import require_kind, resolve_place
from lamplit.services.film import CARRIED_OVER, Happening, Reel, mark_of, reel_of, span_of
from lamplit.store import reveals
from lamplit.store.places import Place
from lamplit.store.schema import place

KEPT = 32
SIGNS = "012340abcd"
"""The sign of each number of a reel: a state's own number, or a letter (a dark … d lived in) where
the day did not count and the state was carried over it."""
LEGEND = {SIGNS[state]: state.word for state in HomeState} | {
    SIGNS[CARRIED_OVER + state]: state.word for state in HomeState if state
}

Household = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Film:
    """The answer as JSON bytes, and the ETag that names it."""

    body: bytes
    tag: str


class _Shelf:
    """Films that were asked for lately: they change only with a night, an import or a place."""

    def __init__(self) -> None:
        self.films: OrderedDict[tuple[Any, ...], Film] = OrderedDict()
        self.lock = Lock()

    def get(self, key: tuple[Any, ...]) -> Film | None:
        """The film of a key, if it is still here."""
        with self.lock:
            found = self.films.get(key)
            if found is not None:
                self.films.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], film: Film) -> None:
        """Keep a film; the one that was asked for longest ago goes."""
        with self.lock:
            self.films[key] = film
            while len(self.films) > KEPT:
                self.films.popitem(last=False)


_SHELF = _Shelf()


def film(
    office: Office, actor: Actor, wanted: str, first: date | None = None, last: date | None = None
) -> Film:
    """A community's nights, by default the last 60, 120 at most. Needs SEE_AREA.

    Raises LamplitError `door.not-allowed`, `place.wrong-kind`, `store.not-found`,
    `night.long-film`, and those of the night's states.
    """
    with office.read(actor) as tx:
        found = require_kind(resolve_place(tx.conn, wanted), PlaceKind.COMMUNITY)
        door.require(tx, Ability.SEE_AREA, found.id)
        single = door.may(tx, Ability.ANALYSE, found.id)
        stamp = _stamp(tx, found)
    since, until = span_of(office.home, first, last)
    if single:
        with office.begin(actor) as tx:
            tx.log(
                reveals.FACADE_OPENED, "place", found.id, place_id=found.id,
                first=since.isoformat(), last=until.isoformat(),
            )  # fmt: skip
    home = office.home
    key = (str(home.path), found.id, single, since, until, mark_of(home), stamp)
    kept = _SHELF.get(key)
    if kept is not None:
        return kept
    made = _made(office, actor, found, (since, until), single=single)
    body = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
    tag = hashlib.sha256(repr(key).encode() + body).hexdigest()[:24]
    shown = Film(body, f'W/"{tag}"')
    _SHELF.put(key, shown)
    return shown


def told_on(
    office: Office, found: Place, members: told.Members, day: date
) -> dict[str, told.Showing | None]:
    """What stands of each building of a community on a day, for those who may not see homes."""
    shown = told.showings(office.home, found.id, found.code, members).buildings
    return {building: told.standing(shown.get(building, []), day) for building in members}


def _stamp(tx: Transaction, found: Place) -> tuple[int, int]:
    counted = select(func.count(), func.coalesce(func.sum(place.c.version), 0))
    row = tx.conn.execute(counted.where(place.c.community_id == found.id)).one()
    return int(row[0]), int(row[1])


def _made(
    office: Office, actor: Actor, found: Place, span: tuple[date, date], *, single: bool
) -> dict[str, Any]:
    buildings, homes = _places(office, actor, found)
    first, last = span
    made: dict[str, Any] = {
        "place_id": found.id, "first": first.isoformat(), "last": last.isoformat(),
        "single_homes": single, "signs": LEGEND,
    }  # fmt: skip
    if single:
        reel = reel_of(office.home, (found.code,), first, last)
        shown = _windows(reel, homes)
        return made | {
            "buildings": [
                _building(row, len(homes[row.id])) | {"households": shown[row.id]}
                for row in buildings
            ]
        }
    members = {b: [row.code for row in rows] for b, rows in homes.items()}
    said = told.showings(office.home, found.id, found.code, members)
    assert said.since is not None  # a night was looked at, or `span_of` had said that there is none
    return made | {
        "told_since": said.since.isoformat(),
        "buildings": [
            _building(row, len(homes[row.id]))
            | {"showings": _showings(said.buildings.get(row.id, []), first, last)}
            for row in buildings
        ],
    }


def _places(
    office: Office, actor: Actor, found: Place
) -> tuple[list[Row[Any]], dict[str, list[Row[Any]]]]:
    """(buildings with homes, by code; the households of each, by unit, floor and door)."""
    c = place.c
    wanted = select(
        c.id, c.kind, c.code, c.building_id, c.unit, c.floor, c.door, c.floors, c.name_zh, c.name_en
    ).where(c.community_id == found.id)
    with office.read(actor) as tx:
        rows: list[Row[Any]] = list(tx.conn.execute(wanted))
    homes: dict[str, list[Row[Any]]] = {}
    for row in rows:
        if row.kind == PlaceKind.HOUSEHOLD.value and row.building_id:
            homes.setdefault(row.building_id, []).append(row)
    for inside in homes.values():
        inside.sort(key=lambda one: (one.unit or "", one.floor or 0, one.door or "", one.code))
    buildings = [
        row for row in rows if row.kind == PlaceKind.BUILDING.value and row.id in homes
    ]  # fmt: skip
    return sorted(buildings, key=lambda one: str(one.code)), homes


def _building(row: Row[Any], homes: int) -> dict[str, Any]:
    return {
        "place_id": row.id, "code": row.code, "name_zh": row.name_zh, "name_en": row.name_en,
        "floors": row.floors, "homes": homes,
    }  # fmt: skip


def _windows(reel: Reel, homes: dict[str, list[Row[Any]]]) -> dict[str, list[Household]]:
    at = {household: number for number, household in enumerate(reel.households)}
    signs = str.maketrans({chr(number): sign for number, sign in enumerate(SIGNS)})
    strips = [bytes(line).decode("latin-1").translate(signs) for line in reel.states]
    happened: dict[int, list[Happening]] = {}
    for event in reel.events:
        happened.setdefault(event.home, []).append(event)
    unknown = SIGNS[0] * reel.nights

    def window(row: Row[Any]) -> Household:
        number = at.get(row.code, -1)
        return {
            "place_id": row.id, "unit": row.unit, "floor": row.floor, "door": row.door,
            "states": strips[number] if number >= 0 else unknown,
            "events": [_event(one) for one in happened.get(number, ())],
        }  # fmt: skip

    return {building: [window(row) for row in rows] for building, rows in homes.items()}


def _event(one: Happening) -> dict[str, str]:
    return {"day": one.day.isoformat(), "kind": one.kind.word, "since": one.since.isoformat()}


def _showings(showings: list[told.Showing], first: date, last: date) -> list[dict[str, Any]]:
    """Those that stand on some night of the span."""
    before = [one for one in showings if one.day <= first][-1:]
    inside = [one for one in showings if first < one.day <= last]
    return [
        {"day": one.day.isoformat(), "homes": one.homes, "counts": one.counts}
        for one in before + inside
    ]
