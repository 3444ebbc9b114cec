"""Where a campaign's buildings stand, and people's homes among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from lamplit.domain.field import PlaceKind
from lamplit.planning.model import Building
from lamplit.planning.travel import metres
from lamplit.services.field.office import Transaction
from lamplit.store import places
from lamplit.store.places import Place

APART = 60.0
"""Metres between buildings whose position nobody has entered: they stand in a row, by code."""
LIFT_FROM = 7
"""Floors from which a building is taken to have a lift, where nobody has said."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The buildings; a place outside any building stands for itself."""

    buildings: tuple[Building, ...]
    unplaced: int
    homes: Mapping[str, str]
    codes: Mapping[str, str] = field(default_factory=dict)

    def building_of(self, row: Any) -> str:
        """The building of a door's row."""
        return str(row.building_id or row.place_id)

    def home_of(self, place_id: str | None) -> str | None:
        """The building in which somebody lives, if it is known where that is."""
        return self.homes.get(place_id) if place_id else None

    def called(self, row: Any) -> str:
        """The code of a door's building."""
        return self.codes.get(self.building_of(row), str(row.code))


def ground_of(tx: Transaction, rows: Sequence[Any], homes: Sequence[str | None]) -> Ground:
    """The ground of some doors (rows of `store.plans.doors`) and people's home places."""
    ids = dict.fromkeys(str(row.building_id or row.place_id) for row in rows)
    floors: dict[str, int] = {}
    for row in rows:
        one = str(row.building_id or row.place_id)
        floors[one] = max(floors.get(one, 1), row.floor or 1)
    known = places.by_ids(tx.conn, list(ids))
    live = places.by_ids(tx.conn, sorted({home for home in homes if home}))
    at = {home: _block(place) for home, place in live.items()}
    more = places.by_ids(tx.conn, sorted({b for b in at.values() if b and b not in known}))
    outside = {p.id: p for p in more.values() if p.lat is not None and p.lon is not None}
    everything = {**known, **outside}
    spots, unplaced = _spots(everything)
    buildings = tuple(
        _building(everything[one], spots[one], floors.get(one, 1))
        for one in sorted(everything, key=lambda b: (everything[b].code, b))
    )
    lives = {home: block for home, block in at.items() if block in everything}
    return Ground(buildings, unplaced, lives, {p.id: p.code for p in everything.values()})


def _block(home: Place) -> str:
    """The building of a home place; another kind of place stands for itself."""
    return home.building_id or home.id


def _building(place: Place, spot: tuple[float, float], seen: int) -> Building:
    floors = max(place.floors or 1, seen)
    high = place.kind == PlaceKind.BUILDING and floors >= LIFT_FROM
    has_lift = high if place.has_lift is None else place.has_lift
    return Building(place.id, spot[0], spot[1], floors, has_lift)


def _spots(known: Mapping[str, Place]) -> tuple[dict[str, tuple[float, float]], int]:
    """Metres east and north of the middle, by building; and how many are not on the map."""
    placed = [(p.lat, p.lon) for p in known.values() if p.lat is not None and p.lon is not None]
    lat0, lon0 = (fmean(a for a, _ in placed), fmean(b for _, b in placed)) if placed else (0, 0)
    spots: dict[str, tuple[float, float]] = {}
    row = 0
    for place in sorted(known.values(), key=lambda p: (p.code, p.id)):
        if place.lat is not None and place.lon is not None:
            spots[place.id] = metres(place.lat, place.lon, lat0=lat0, lon0=lon0)
        else:
            spots[place.id] = (APART * row, 0.0)
            row += 1
    return spots, row
