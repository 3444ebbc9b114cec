"""Places: found by id or code, listed, and written in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from lamplit.domain.field import PlaceKind
from lamplit.store.schema import place, place_code

LOOKED_UP = 2_000
"""So many codes go into one look-up; SQLite takes 32,766 at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `valid_to` is the first day on which it is no more.

    `languages` and `skills` are what it asks of who goes to its doors: one of these, all of those.
    """

    id: str
    kind: PlaceKind
    code: str
    parent_id: str | None = None
    community_id: str | None = None
    building_id: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    unit: str | None = None
    floor: int | None = None
    door: str | None = None
    floors: int | None = None
    has_lift: bool | None = None
    lat: float | None = None
    lon: float | None = None
    languages: list[str] | None = None
    skills: list[str] | None = None
    attrs: dict[str, Any] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    version: int = 1

    def __post_init__(self) -> None:
        """Columns come as text."""
        object.__setattr__(self, "kind", PlaceKind(self.kind))


COLUMNS = tuple(place.c[name] for name in Place.__dataclass_fields__)


def by_id(conn: Connection, place_id: str) -> Place | None:
    """The place with an id."""
    return next(_places(conn, select(*COLUMNS).where(place.c.id == place_id)), None)


def by_ids(conn: Connection, place_ids: Sequence[str]) -> dict[str, Place]:
    """The places with some ids."""
    found: dict[str, Place] = {}
    for at in range(0, len(place_ids), LOOKED_UP):
        wanted = select(*COLUMNS).where(place.c.id.in_(place_ids[at : at + LOOKED_UP]))
        found.update((one.id, one) for one in _places(conn, wanted))
    return found


def by_code(conn: Connection, code: str, kind: PlaceKind | None = None) -> list[Place]:
    """The places of any kind, or of one, with a code."""
    # With the kinds spelt out the index (kind, code) serves.
    kinds = [kind.value] if kind else [k.value for k in PlaceKind]
    wanted = select(*COLUMNS).where(place.c.kind.in_(kinds), place.c.code == code)
    return list(_places(conn, wanted))


def by_codes(conn: Connection, kind: PlaceKind, codes: Sequence[str]) -> dict[str, Place]:
    """The places of a kind with some codes, by code."""
    found: dict[str, Place] = {}
    for at in range(0, len(codes), LOOKED_UP):
        wanted = select(*COLUMNS).where(
            place.c.kind == kind.value, place.c.code.in_(codes[at : at + LOOKED_UP])
        )
        found.update((one.code, one) for one in _places(conn, wanted))
    return found


def by_scan(conn: Connection, scanned: str) -> Place | None:
    """The place whose door, gate or meter bears a code that was not revoked."""
    wanted = (
        select(*COLUMNS)
        .join(place_code, place_code.c.place_id == place.c.id)
        .where(place_code.c.code == scanned, place_code.c.revoked_at.is_(None))
    )
    return next(_places(conn, wanted), None)


def children(
    conn: Connection, parent_id: str | None, *, after: str = "", limit: int = 200
) -> list[Place]:
    """The places right under one (under none: the topmost), by code, after a code."""
    wanted = (
        select(*COLUMNS)
        .where(place.c.parent_id == parent_id, place.c.code > after)
        .order_by(place.c.code, place.c.kind)
        .limit(limit)
    )
    return list(_places(conn, wanted))


def of_kind(
    conn: Connection,
    kind: PlaceKind,
    *,
    community_id: str | None = None,
    after: str = "",
    limit: int = 200,
) -> list[Place]:
    """The places of a kind, in a community or in all, by code, after a code."""
    wanted = select(*COLUMNS).where(place.c.kind == kind.value, place.c.code > after)
    if community_id:
        wanted = wanted.where(place.c.community_id == community_id)
    return list(_places(conn, wanted.order_by(place.c.code).limit(limit)))


def communities_in(
    conn: Connection, district_id: str, *, after: str = "", limit: int = 200
) -> list[Place]:
    """The communities under a district at any depth, by code, after a code."""
    wanted = select(*COLUMNS).where(
        place.c.id.in_(communities_under(district_id)),
        place.c.kind == PlaceKind.COMMUNITY.value,
        place.c.code > after,
    )
    return list(_places(conn, wanted.order_by(place.c.code).limit(limit)))


def communities_under(place_id: str) -> Select[tuple[Any]]:
    """The ids of a place, and of the districts and communities under it, as a sub-query.

    Stops at communities: what stands in them, millions of homes, is not read.
    """
    start = select(place.c.id, place.c.kind).where(place.c.id == place_id)
    walk = start.cte("areas", recursive=True)
    step = (
        select(place.c.id, place.c.kind)
        .join(walk, place.c.parent_id == walk.c.id)
        .where(
            walk.c.kind == PlaceKind.DISTRICT,
            place.c.kind.in_([PlaceKind.DISTRICT.value, PlaceKind.COMMUNITY.value]),
        )
    )
    return select(walk.union(step).c.id)


def inside(area: Place) -> ColumnElement[bool]:
    """The condition that a place is `area`, or lies in it, by the denormalised columns.

    For joins that begin elsewhere, with assignments or tasks: the tree is not walked down.
    """
    if area.kind == PlaceKind.DISTRICT:
        areas = communities_under(area.id)
        return or_(
            place.c.id.in_(areas), place.c.community_id.in_(areas), place.c.parent_id.in_(areas)
        )
    owner = {
        PlaceKind.COMMUNITY: place.c.community_id,
        PlaceKind.BUILDING: place.c.building_id,
    }.get(area.kind, place.c.parent_id)
    itself = or_(place.c.id == area.id, owner == area.id)
    if area.kind == PlaceKind.GRID_CELL:
        buildings = select(place.c.id).where(place.c.parent_id == area.id)
        itself = or_(itself, place.c.building_id.in_(buildings))
    return itself


def counts_inside(conn: Connection, area: Place) -> dict[str, int]:
    """How many places of each kind lie in one, at any depth."""
    wanted = (
        select(place.c.kind, func.count())
        .where(inside(area), place.c.id != area.id)
        .group_by(place.c.kind)
    )
    return {str(kind): int(number) for kind, number in conn.execute(wanted)}


def homes_inside(conn: Connection, area: Place, *, most: int) -> int:
    """How many homes lie in a place; counting stops at `most`."""
    home = place.c.kind == PlaceKind.HOUSEHOLD.value
    some = select(place.c.id).where(inside(area), home).limit(most).subquery()
    return int(conn.scalar(select(func.count()).select_from(some)) or 0)


def search(
    conn: Connection, text: str, areas: Sequence[Place] | None, *, limit: int
) -> list[Place]:
    """Places in some areas (in all for None) with a text in their name or code, the largest first.

    Households by their whole code only: they have no name, and there are millions.
    """
    named = [kind.value for kind in PlaceKind if kind is not PlaceKind.HOUSEHOLD]
    said = or_(*(place.c[name].icontains(text, autoescape=True)
                 for name in ("code", "name_zh", "name_en")))  # fmt: skip
    exact = and_(place.c.kind == PlaceKind.HOUSEHOLD.value, place.c.code == text)
    wanted = select(*COLUMNS).where(or_(and_(place.c.kind.in_(named), said), exact))
    if areas is not None:
        wanted = wanted.where(or_(*(inside(area) for area in areas)))
    size = case({kind.value: at for at, kind in enumerate(PlaceKind)}, value=place.c.kind)
    order = (place.c.code != text, size, place.c.code)
    return list(_places(conn, wanted.order_by(*order).limit(limit)))


def valid_on(day: date) -> ColumnElement[bool]:
    """The condition that a place is there on a day."""
    return and_(
        or_(place.c.valid_from.is_(None), place.c.valid_from <= day),
        or_(place.c.valid_to.is_(None), place.c.valid_to > day),
    )


def _places(conn: Connection, wanted: Select[Any]) -> Iterator[Place]:
    for row in conn.execute(wanted):
        yield Place(*row)
