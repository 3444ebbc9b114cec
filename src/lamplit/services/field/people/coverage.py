"""Who covers what on any day, past or to come, and what nobody covers.

A home is covered on a day when somebody is responsible (包保) for it, for its building, or for the
grid cell in which the building stands.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlaceKind
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.place_views import require_household_sight
from lamplit.services.field.places.places import require_kind, resolve_place
from lamplit.store import coverage as store
from lamplit.store import places
from lamplit.store.coverage import Keeper, Kept, Spot
from lamplit.store.places import Place

AREAS = (PlaceKind.COMMUNITY, PlaceKind.GRID_CELL, PlaceKind.BUILDING)
MOST_COMMUNITIES = 50
"""So many communities of a district are summed in one go."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A building, or a home, and who covers it.

    `keepers` are responsible for all of it; `covered` of its `homes` have somebody, be it only
    for that one home.
    """

    place_id: str
    kind: PlaceKind
    code: str
    name_zh: str | None
    name_en: str | None
    homes: int
    covered: int
    keepers: list[Keeper]

    @property
    def is_open(self) -> bool:
        """Whether something of it has nobody."""
        return not self.keepers and (self.covered < self.homes or self.homes == 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """An area on a day, part by part. `people` counts those responsible in it or for all of it."""

    place: Place
    day: date
    parts: list[Cover]
    people: int

    @property
    def homes(self) -> int:
        """All homes in it."""
        return sum(part.homes for part in self.parts)

    @property
    def covered(self) -> int:
        """The homes that somebody covers."""
        return sum(part.covered for part in self.parts)

    @property
    def uncovered(self) -> list[Cover]:
        """The parts of which something has nobody, most such homes first."""
        gaps = [part for part in self.parts if part.is_open]
        return sorted(gaps, key=lambda part: (part.covered - part.homes, part.code))


def covers(
    office: Office, actor: Actor, place: str, day: date | None = None, *, homes: bool = False
) -> Coverage:
    """Who covers each building of a community, grid cell or building on `day` (today).

    `homes` goes down to every home. Of any other place but a district: who covers that place
    itself. What is done later never changes a past day's answer. Needs SEE_PEOPLE at the place, and
    for `homes` to be one of those who may see that homes are there.
    Raises LamplitError `place.wrong-kind` (for a district, see `coverage_by_community`),
    `store.not-found` or `door.not-allowed`.
    """
    with office.read(actor) as tx:
        area = resolve_place(tx.conn, place)
        require_kind(area, *(kind for kind in PlaceKind if kind != PlaceKind.DISTRICT))
        require(tx, Ability.SEE_PEOPLE, area.id)
        if homes:
            require_household_sight(tx, area.id)
        on = day or tx.today
        if area.kind not in AREAS:
            return _of_one(tx, area, on)
        return _of_areas(tx, [area], on, homes=homes)[0]


def uncovered(
    office: Office, actor: Actor, place: str, day: date | None = None, *, homes: bool = False
) -> list[Cover]:
    """What nobody covers in a place on a day, most homes first; as `covers`, and its errors."""
    return covers(office, actor, place, day, homes=homes).uncovered


def coverage_by_community(
    office: Office,
    actor: Actor,
    district: str,
    day: date | None = None,
    *,
    after: str = "",
    limit: int = 20,
) -> list[Coverage]:
    """The coverage of a district's communities, by code, after a code; `limit` is at most 50.

    Needs SEE_PEOPLE at the district. Raises LamplitError `place.wrong-kind`, `store.not-found` or
    `door.not-allowed`.
    """
    with office.read(actor) as tx:
        area = require_kind(resolve_place(tx.conn, district), PlaceKind.DISTRICT)
        require(tx, Ability.SEE_PEOPLE, area.id)
        count = min(limit, MOST_COMMUNITIES)
        page = places.communities_in(tx.conn, area.id, after=after, limit=count)
        return _of_areas(tx, page, day or tx.today, homes=False) if page else []


def _of_one(tx: Transaction, area: Place, day: date) -> Coverage:
    """Of a home, a station or a site: who covers the place itself."""
    keepers = store.keepers_above(tx.conn, area, day)
    homes = int(area.kind == PlaceKind.HOUSEHOLD)
    part = Cover(
        area.id, area.kind, area.code, area.name_zh, area.name_en,
        homes, homes if keepers else 0, keepers,
    )  # fmt: skip
    return Coverage(area, day, [part], len({k.person_id for k in keepers}))


def _of_areas(tx: Transaction, areas: list[Place], day: date, *, homes: bool) -> list[Coverage]:
    """The coverage of areas of one kind, in a fixed number of queries."""
    found = store.keepers(tx.conn, areas, day)
    at: defaultdict[str, list[Keeper]] = defaultdict(list)
    for kept in found:
        at[kept.place_id].append(kept.keeper)
    above: list[Keeper] = []
    if areas[0].kind != PlaceKind.COMMUNITY:
        above = list(store.keepers_above(tx.conn, areas[0], day))
        at[areas[0].id].extend(above)
    buildings = [*store.spots(tx.conn, areas, day), *_itself(tx, areas, day)]
    spots = store.homes(tx.conn, areas, day) if homes else buildings
    cells = {spot.id: spot.parent_id for spot in buildings}
    single = _single_homes(found)
    parts: defaultdict[str, list[Cover]] = defaultdict(list)
    for spot in spots:
        owner = areas[0].id if len(areas) == 1 else str(spot.community_id)
        parts[owner].append(_cover(spot, at, cells, single))
    people = {area.id: _people(found, area, len(areas) == 1, above) for area in areas}
    return [Coverage(area, day, parts[area.id], people[area.id]) for area in areas]


def _itself(tx: Transaction, areas: list[Place], day: date) -> list[Spot]:
    """A building that is asked for stands for itself."""
    first = areas[0]
    if first.kind != PlaceKind.BUILDING:
        return []
    count = len(store.homes(tx.conn, areas, day))
    spot = Spot(
        first.id,
        first.kind,
        first.code,
        first.name_zh,
        first.name_en,
        first.parent_id,
        first.community_id,
        None,
        count,
    )
    return [spot]


def _single_homes(found: list[Kept]) -> dict[str, int]:
    """How many homes of each building have somebody of their own."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for kept in found:
        if kept.kind == PlaceKind.HOUSEHOLD and kept.building_id:
            homes[kept.building_id].add(kept.place_id)
    return {building: len(ids) for building, ids in homes.items()}


def _cover(
    spot: Spot,
    at: dict[str, list[Keeper]],
    cells: dict[str, str | None],
    single: dict[str, int],
) -> Cover:
    """Who covers a spot: those at itself, at its building, at the cell or area above."""
    lies_in = [spot.id, spot.building_id, spot.parent_id, cells.get(spot.building_id or "")]
    keepers = {k.assignment_id: k for place_id in lies_in if place_id for k in at.get(place_id, ())}
    covered = spot.homes if keepers else min(single.get(spot.id, 0), spot.homes)
    return Cover(
        spot.id, spot.kind, spot.code, spot.name_zh, spot.name_en,
        spot.homes, covered, list(keepers.values()),
    )  # fmt: skip


def _people(found: list[Kept], area: Place, alone: bool, above: list[Keeper]) -> int:
    inside = {k.keeper.person_id for k in found if alone or k.community_id == area.id}
    return len(inside | {keeper.person_id for keeper in above})


def as_json(found: Coverage) -> dict[str, Any]:
    """The coverage as plain values."""
    return {
        "place": found.place.code,
        "kind": found.place.kind.value,
        "day": found.day.isoformat(),
        "homes": found.homes,
        "covered": found.covered,
        "people": found.people,
        "parts": [
            {
                "place": part.code,
                "kind": part.kind.value,
                "homes": part.homes,
                "covered": part.covered,
                "people": [{"person": k.code, "name": k.name} for k in part.keepers],
            }
            for part in found.parts
        ],
    }
