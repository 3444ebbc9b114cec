"""The homes of an area with how each stands in one campaign: the rows of a leader's façade."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from lamplit.domain.field import EnrollmentState, PlaceKind
from lamplit.store.coverage import within
from lamplit.store.places import Place, valid_on
from lamplit.store.schema import enrollment, person, place, task
from lamplit.store.tasks import OPEN


def buildings(conn: Connection, area: Place, day: date) -> Sequence[Any]:
    """(id, code, names, floors, parent_id) of the buildings in an area, itself if it is one."""
    kind = and_(place.c.kind == PlaceKind.BUILDING.value, valid_on(day))
    itself = place.c.id == area.id
    wanted = select(
        place.c.id, place.c.code, place.c.name_zh, place.c.name_en, place.c.floors,
        place.c.parent_id,
    ).where(kind, itself if area.kind is PlaceKind.BUILDING else within([area]))  # fmt: skip
    return conn.execute(wanted.order_by(place.c.code)).all()


def homes(conn: Connection, area: Place, day: date) -> Sequence[Any]:
    """Every home in an area in the order of a walk, with its address."""
    wanted = (
        select(
            place.c.id, place.c.building_id, place.c.parent_id, place.c.unit, place.c.floor,
            place.c.door,
        )
        .where(within([area]), valid_on(day), place.c.kind == PlaceKind.HOUSEHOLD.value)
        .order_by(place.c.building_id, place.c.unit, place.c.floor, place.c.door, place.c.id)
    )  # fmt: skip
    return conn.execute(wanted).all()


def standing(conn: Connection, campaign_id: str, blocks: Collection[str]) -> dict[str, Any]:
    """How the enrolled places in some buildings (and in none) stand in a campaign, by place.

    What left the list or was withdrawn is not in it.
    """
    e = enrollment.c
    wanted = select(e.place_id, e.state, e.outcome, e.attempts).where(
        e.campaign_id == campaign_id,
        e.state.in_((EnrollmentState.ACTIVE.value, EnrollmentState.DONE.value)),
        _in(e.building_id, blocks),
    )
    return {row[0]: row for row in conn.execute(wanted).all()}


def latest_tasks(conn: Connection, campaign_id: str, blocks: Collection[str]) -> dict[str, Any]:
    """The task that is due last of each place in some buildings (and in none), by place."""
    t = task.c
    wanted = (
        select(t.place_id, t.state, t.owner_id, t.claimed_until)
        .where(t.campaign_id == campaign_id, _in(t.building_id, blocks))
        # A further attempt is often due with the one before: the one that is open comes last.
        .order_by(t.due_until, t.state.in_(OPEN), t.id.desc())
    )
    # Joined here and not there: a planner without statistics joins these by nested loops.
    return {row[0]: row for row in conn.execute(wanted).all()}


def _in(building_id: Any, blocks: Collection[str]) -> ColumnElement[bool]:
    return or_(building_id.in_(list(blocks)), building_id.is_(None))


def names(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The names of some people by id."""
    rows = conn.execute(select(person.c.id, person.c.name).where(person.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}
