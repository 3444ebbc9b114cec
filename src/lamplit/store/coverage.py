"""Who is responsible for what on a day: the rows that coverage is made of.

All questions go by a community, a grid cell or a building, never down the tree of a district.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from lamplit.domain.field import PlaceKind, Role
from lamplit.store.assignments import running_on
from lamplit.store.places import Place, valid_on
from lamplit.store.schema import assignment, person, place
from lamplit.store.tree import above


@dataclass(frozen=True, slots=True)
class Keeper:
    """A person who is responsible for a place, and since when; `ends` is exclusive."""

    assignment_id: str
    person_id: str
    code: str
    name: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of which coverage speaks. `homes` is 1 for a household."""

    id: str
    kind: PlaceKind
    code: str
    name_zh: str | None
    name_en: str | None
    parent_id: str | None
    community_id: str | None
    building_id: str | None
    homes: int = 1

    def __post_init__(self) -> None:
        """Columns come as text."""
        object.__setattr__(self, "kind", PlaceKind(self.kind))


@dataclass(frozen=True, slots=True)
class Kept:
    """A keeper and the place that they are responsible for."""

    place_id: str
    kind: str
    building_id: str | None
    community_id: str | None
    keeper: Keeper


_SPOT = tuple(place.c[name] for name in list(Spot.__dataclass_fields__)[:-1])


def spots(conn: Connection, areas: Sequence[Place], day: date) -> list[Spot]:
    """The buildings in some areas with their homes, and the homes that stand in no building."""
    wanted = select(*_SPOT).where(
        within(areas),
        valid_on(day),
        or_(
            place.c.kind == PlaceKind.BUILDING.value,
            and_(place.c.kind == PlaceKind.HOUSEHOLD.value, place.c.building_id.is_(None)),
        ),
    )
    homes = _homes_by_building(conn, areas, day)
    found = [Spot(*row) for row in conn.execute(wanted.order_by(place.c.kind, place.c.code))]
    return [
        replace(spot, homes=homes.get(spot.id, 0)) if spot.kind == PlaceKind.BUILDING else spot
        for spot in found
    ]


def homes(conn: Connection, areas: Sequence[Place], day: date) -> list[Spot]:
    """Every home in some areas."""
    wanted = select(*_SPOT).where(
        within(areas), valid_on(day), place.c.kind == PlaceKind.HOUSEHOLD.value
    )
    order = (place.c.building_id, place.c.floor, place.c.code)
    return [Spot(*row) for row in conn.execute(wanted.order_by(*order))]


def keepers(conn: Connection, areas: Sequence[Place], day: date) -> list[Kept]:
    """All who are responsible on a day for something in some areas."""
    return _keepers(conn, within(areas), day)


def keepers_above(conn: Connection, area: Place, day: date) -> list[Keeper]:
    """All who are responsible on a day for a place, or for one in which it lies."""
    return [kept.keeper for kept in _keepers(conn, place.c.id.in_(above(area.id)), day)]


def within(areas: Sequence[Place]) -> ColumnElement[bool]:
    """The condition that a place lies in one of some areas, all of one kind."""
    ids = [area.id for area in areas]
    kind = areas[0].kind
    if kind == PlaceKind.COMMUNITY:
        return place.c.community_id.in_(ids)
    if kind == PlaceKind.GRID_CELL:
        buildings = select(place.c.id).where(place.c.parent_id.in_(ids))
        return or_(place.c.parent_id.in_(ids), place.c.building_id.in_(buildings))
    return place.c.building_id.in_(ids)


def _homes_by_building(conn: Connection, areas: Sequence[Place], day: date) -> dict[str, int]:
    wanted = (
        select(place.c.building_id, func.count())
        .where(
            within(areas),
            place.c.kind == PlaceKind.HOUSEHOLD.value,
            place.c.building_id.is_not(None),
            valid_on(day),
        )
        .group_by(place.c.building_id)
    )
    return {str(row[0]): int(row[1]) for row in conn.execute(wanted)}


def _keepers(conn: Connection, where: ColumnElement[bool], day: date) -> list[Kept]:
    a = assignment.c
    wanted = (
        select(
            place.c.id,
            place.c.kind,
            place.c.building_id,
            place.c.community_id,
            a.id,
            person.c.id,
            person.c.code,
            person.c.name,
            a.starts,
            a.ends,
        )
        .join(assignment, a.place_id == place.c.id)
        .join(person, person.c.id == a.person_id)
        .where(where, a.role == Role.RESPONSIBLE.value, running_on(day))
        .order_by(a.starts, person.c.code)
    )
    return [
        Kept(row[0], row[1], row[2], row[3], Keeper(*row[4:]))
        for row in map(tuple, conn.execute(wanted))
    ]
