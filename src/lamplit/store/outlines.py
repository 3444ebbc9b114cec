"""Outlines of places, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from lamplit.store.places import LOOKED_UP
from lamplit.store.schema import place, place_outline


def of(conn: Connection, place_ids: Sequence[str]) -> dict[str, str]:
    """The outlines (GeoJSON geometries as text) of those of some places that have one."""
    found: dict[str, str] = {}
    for at in range(0, len(place_ids), LOOKED_UP):
        some = place_ids[at : at + LOOKED_UP]
        wanted = select(place_outline).where(place_outline.c.place_id.in_(some))
        found.update((row.place_id, row.geometry) for row in conn.execute(wanted))
    return found


def put(conn: Connection, outlines: Mapping[str, str]) -> None:
    """Give places their outlines, in the place of those they had."""
    rows = [{"place_id": one, "geometry": text} for one, text in outlines.items()]
    ids = list(outlines)
    for at in range(0, len(ids), LOOKED_UP):
        some = ids[at : at + LOOKED_UP]
        conn.execute(delete(place_outline).where(place_outline.c.place_id.in_(some)))
        conn.execute(insert(place_outline), rows[at : at + LOOKED_UP])


def move(conn: Connection, points: Mapping[str, tuple[float, float]]) -> None:
    """Put places at (longitude, latitude)."""
    for place_id, (lon, lat) in points.items():
        conn.execute(
            update(place).where(place.c.id == place_id)
            .values(lon=lon, lat=lat, version=place.c.version + 1)
        )  # fmt: skip
