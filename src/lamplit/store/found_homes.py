"""Homes found in the field: places that a phone's form created, until a leader has looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from lamplit.domain.field import PlaceKind
from lamplit.store.places import COLUMNS, Place, inside
from lamplit.store.schema import entity_change, place, submission

CODE = "field-"
"""The beginning of their codes, until the registry knows them by one of its own."""
WAITING, CONFIRMED, DISMISSED = "waiting", "confirmed", "dismissed"


def state_of(attrs: dict[str, Any] | None) -> str | None:
    """How a place found in the field stands; None for any other place."""
    found = (attrs or {}).get("found")
    return found.get("state") if isinstance(found, dict) else None


def waiting(
    conn: Connection, area: Place | None, *, after: str = "", limit: int = 100
) -> list[Place]:
    """The homes in an area (everywhere for None) that wait for a leader, by code, after a code."""
    wanted = select(*COLUMNS).where(
        place.c.id.in_(_created()), place.c.code > after, place.c.code.startswith(CODE)
    )
    if area is not None:
        wanted = wanted.where(inside(area))
    found: list[Place] = []
    for row in conn.execute(wanted.order_by(place.c.code)):
        one = Place(*row)
        if state_of(one.attrs) == WAITING:
            found.append(one)
        if len(found) == limit:
            break
    return found


def of_author(conn: Connection, person_id: str, since: datetime) -> set[str]:
    """The homes that a person's submissions created since a moment."""
    mine = (
        select(entity_change.c.entity_id)
        .join(submission, submission.c.instance_id == entity_change.c.instance_id)
        .where(
            entity_change.c.list_name == "households",
            entity_change.c.action == "create",
            submission.c.author_id == person_id,
            submission.c.received_at >= since,
        )
    )
    return set(conn.scalars(select(place.c.id).where(place.c.id.in_(mine))))


def lock(conn: Connection, place_id: str) -> Row[Any] | None:
    """A place, held until the transaction ends."""
    return conn.execute(select(place).where(place.c.id == place_id).with_for_update()).one_or_none()


def building(conn: Connection, wanted: str) -> Row[Any] | None:
    """The building with an id or code, held, so that two who find one door there take turns."""
    return conn.execute(
        select(place)
        .where(
            (place.c.id == wanted) | (place.c.code == wanted),
            place.c.kind == PlaceKind.BUILDING.value,
        )
        .with_for_update()
    ).one_or_none()


def same_door(conn: Connection, building_id: str, said: dict[str, Any]) -> str | None:
    """The home that stands at the same door of a building, or bears the same name; None where none
    does.
    """
    door = said.get("door")
    alike = (
        (place.c.door == door) & (func.coalesce(place.c.unit, "") == (said.get("unit") or ""))
        if door
        else (place.c.name_en == said.get("name_en"))
    )
    wanted = select(place.c.id).where(
        place.c.building_id == building_id,
        place.c.kind == PlaceKind.HOUSEHOLD.value,
        place.c.valid_to.is_(None),
        alike,
    )
    return conn.scalar(wanted.limit(1))


def add(conn: Connection, row: dict[str, Any]) -> None:
    """Write a new home."""
    conn.execute(insert(place).values(**row))


def change(conn: Connection, place_id: str, **values: Any) -> None:
    """Change a home that this transaction holds; its version is the caller's to raise."""
    conn.execute(update(place).where(place.c.id == place_id).values(**values))


def _created() -> Select[Any]:
    return select(entity_change.c.entity_id).where(
        entity_change.c.list_name == "households", entity_change.c.action == "create"
    )
