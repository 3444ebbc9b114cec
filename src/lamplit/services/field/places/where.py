"""Where a place is, as a line on a screen says it: building, unit, floor, door, or its name.

Communities number their buildings alike, so a list that has several names them as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from lamplit.domain.language import Text
from lamplit.store.bulk import parts
from lamplit.store.schema import place


@dataclass(frozen=True, slots=True)
class Where:
    """A place's line. `name` is the place's own (a home has none), `building` its building's and
    `community` its community's; None where it is that itself, or has none.
    """

    place_id: str
    code: str
    kind: str
    name: Text | None
    building_id: str | None
    building: Text | None
    unit: str | None
    floor: int | None
    door: str | None
    community: Text | None


def where_of(conn: Connection, place_ids: Iterable[str]) -> dict[str, Where]:
    """The lines of some places, by id; in a few look-ups however many there are."""
    block, town = place.alias("block"), place.alias("town")
    found: dict[str, Where] = {}
    for some in parts(sorted(set(place_ids))):
        wanted = (
            select(
                place,
                block.c.code.label("block_code"),
                block.c.name_zh.label("block_zh"),
                block.c.name_en.label("block_en"),
                town.c.code.label("town_code"),
                town.c.name_zh.label("town_zh"),
                town.c.name_en.label("town_en"),
            )
            .outerjoin(block, block.c.id == place.c.building_id)
            .outerjoin(town, town.c.id == place.c.community_id)
            .where(place.c.id.in_(some))
        )
        for row in conn.execute(wanted):
            building = community = None
            if row.building_id and row.building_id != row.id:
                building = _both(row.block_zh, row.block_en, row.block_code)
            if row.town_code and row.community_id != row.id:
                community = _both(row.town_zh, row.town_en, row.town_code)
            name = _both(row.name_zh, row.name_en, "") if row.name_zh or row.name_en else None
            found[row.id] = Where(
                row.id, row.code, row.kind, name, row.building_id, building, row.unit, row.floor,
                row.door, community,
            )  # fmt: skip
    return found


def _both(zh: str | None, en: str | None, code: str) -> Text:
    return Text(en or zh or code, zh or en or code)
