"""What a phone carries: a person's areas, the campaigns there, their doors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    or_,
    select,
    union,
)

from lamplit.domain.field import (
    OPEN_TASKS,
    PERFORMED_TASKS,
    CampaignState,
    PlaceKind,
    TaskState,
)
from lamplit.store.schema import assignment, campaign, entity_change, person, place, task
from lamplit.store.tasks import unowned
from lamplit.store.tree import DEEPEST, above_any

_building = place.alias("building")
_OPEN = tuple(state.value for state in OPEN_TASKS)
_PERFORMED = tuple(state.value for state in PERFORMED_TASKS)
_DOORS = tuple(
    kind.value
    for kind in PlaceKind
    if kind not in (PlaceKind.DISTRICT, PlaceKind.COMMUNITY, PlaceKind.GRID_CELL)
)


def languages(conn: Connection, person_id: str) -> list[str]:
    """The languages of a person, the one that they like best first."""
    return conn.scalar(select(person.c.languages).where(person.c.id == person_id)) or []


def running(conn: Connection, person_id: str, day: date) -> list[tuple[str, str]]:
    """A person's ties on a day, as (place id, role)."""
    found = select(assignment.c.place_id, assignment.c.role).where(
        assignment.c.person_id == person_id,
        assignment.c.starts <= day,
        or_(assignment.c.ends.is_(None), assignment.c.ends > day),
    )
    return [(row.place_id, row.role) for row in conn.execute(found.distinct())]


def last_end(conn: Connection, person_id: str, roles: Collection[str], day: date) -> date | None:
    """The day on which the last of a person's ended ties of some roles ended."""
    found = select(assignment.c.ends).where(
        assignment.c.person_id == person_id,
        assignment.c.role.in_(roles),
        assignment.c.ends <= day,
    )
    return conn.scalar(found.order_by(assignment.c.ends.desc()).limit(1))


def areas(conn: Connection, place_ids: Collection[str]) -> set[str]:
    """The ids of places and of what under them no place's own columns name as its area.

    That is the districts and communities of a district, and the buildings of a grid cell: what
    stands in a community or a building says so itself, and is never walked.
    """
    if not place_ids:
        return set()
    start = select(place.c.id, place.c.kind, (place.c.version * 0).label("depth")).where(
        place.c.id.in_(place_ids)
    )
    walk = start.cte("areas", recursive=True)
    step = (
        select(place.c.id, place.c.kind, walk.c.depth + 1)
        .join(walk, place.c.parent_id == walk.c.id)
        .where(
            walk.c.depth < DEEPEST,
            or_(
                and_(
                    walk.c.kind == PlaceKind.DISTRICT.value,
                    place.c.kind.in_((PlaceKind.DISTRICT.value, PlaceKind.COMMUNITY.value)),
                ),
                and_(
                    walk.c.kind == PlaceKind.GRID_CELL.value,
                    place.c.kind == PlaceKind.BUILDING.value,
                ),
            ),
        )
    )
    return set(conn.scalars(select(walk.union(step).c.id)))


def open_campaigns(
    conn: Connection, held: Collection[str], inside: Collection[str]
) -> list[Row[Any]]:
    """The open campaigns that meet some places (`held`, with their `areas` in `inside`).

    Rows of id and programme. A campaign meets a place that lies in its own, and one it lies in.
    """
    if not held:
        return []
    outside = campaign.c.place_id.in_(above_any(held))
    found = (
        select(campaign.c.id, campaign.c.programme)
        .join(place, place.c.id == campaign.c.place_id)
        .where(campaign.c.state == CampaignState.OPEN.value, or_(outside, _in(inside)))
    )
    return list(conn.execute(found.order_by(campaign.c.id)))


def own_tasks(
    conn: Connection, person_id: str, *, until: datetime, performed_since: datetime
) -> list[Row[Any]]:
    """A person's tasks in open campaigns: open ones that begin by `until`, late ones among them,
    and those performed lately.
    """
    found = (
        _doors()
        .where(
            task.c.owner_id == person_id,
            campaign.c.state == CampaignState.OPEN.value,
            or_(
                and_(task.c.state.in_(_OPEN), task.c.due_from <= until),
                and_(task.c.state.in_(_PERFORMED), task.c.changed_at >= performed_since),
            ),
        )
        .order_by(task.c.due_until, task.c.id)
    )
    return list(conn.execute(found).all())


def claimable(
    conn: Connection,
    inside: Collection[str],
    campaigns: Collection[str],
    for_any: Collection[str],
    role: str,
    *,
    now: datetime,
    until: datetime,
    most: int,
) -> list[Row[Any]]:
    """Tasks that nobody holds, in some areas and campaigns: the first `most` by rank.

    Those for whoever may claim (in the campaigns `for_any`), and those for `role` by name.
    """
    free = and_(
        task.c.campaign_id.in_(campaigns),
        task.c.due_from <= until,
        or_(
            and_(task.c.state == TaskState.REQUESTED.value, unowned()),
            # A claim that ran out is nobody's; it is taken back when somebody else wants it.
            and_(task.c.state == TaskState.ACCEPTED.value, task.c.claimed_until < now),
        ),
        or_(
            and_(task.c.for_role.is_(None), task.c.campaign_id.in_(for_any)),
            task.c.for_role == role,
        ),
    )
    states = (TaskState.REQUESTED.value, TaskState.ACCEPTED.value)
    first = (
        select(task.c.id)
        .where(task.c.id.in_(tasks_in(inside, free, states)))
        .order_by(task.c.rank.is_(None), task.c.rank, task.c.due_until, task.c.id)
        .limit(most)
    )
    return list(conn.execute(_doors().where(task.c.id.in_(first))).all())


def tasks_in(
    inside: Collection[str], wanted: ColumnElement[bool], states: Collection[str]
) -> CompoundSelect[Any]:
    """The ids of the tasks in some areas (see `areas`) that fit a condition, as a sub-query.

    Two walks of an index, one of the buildings there and one of what stands in none. `states`: the
    tasks' own, told again so that the first walk's index is taken.
    """
    buildings = select(place.c.id).where(
        place.c.kind == PlaceKind.BUILDING.value,
        or_(place.c.id.in_(inside), place.c.community_id.in_(inside)),
    )
    alone = union(
        select(place.c.id).where(place.c.id.in_(inside)),
        select(place.c.id).where(place.c.parent_id.in_(inside), place.c.kind.in_(_DOORS)),
    )
    return union(
        select(task.c.id).where(
            wanted, task.c.state.in_(states), task.c.building_id.in_(buildings)
        ),
        select(task.c.id).where(wanted, task.c.place_id.in_(alone)),
    )


def homes(conn: Connection, place_ids: Collection[str]) -> list[Row[Any]]:
    """The households among some places."""
    if not place_ids:
        return []
    found = _places(select(*_PLACE)).where(
        place.c.id.in_(place_ids), place.c.kind == PlaceKind.HOUSEHOLD.value
    )
    return list(conn.execute(found).all())


def known_tasks(conn: Connection, ids: Iterable[str]) -> set[str]:
    """Which of some ids are tasks."""
    return set(conn.scalars(select(task.c.id).where(task.c.id.in_(list(ids)))))


def known_places(conn: Connection, ids: Iterable[str]) -> set[str]:
    """Which of some ids are places."""
    return set(conn.scalars(select(place.c.id).where(place.c.id.in_(list(ids)))))


def changed_entities(conn: Connection, list_name: str, ids: Iterable[str]) -> set[str]:
    """Which of some ids phones have sent changes of, that are held back as yet."""
    found = select(entity_change.c.entity_id).where(
        entity_change.c.list_name == list_name,
        entity_change.c.entity_id.in_(list(ids)),
        entity_change.c.state != "applied",
    )
    return set(conn.scalars(found))


_PLACE = (
    place.c.id.label("place_id"),
    place.c.version.label("place_version"),
    place.c.kind,
    place.c.code,
    place.c.parent_id,
    place.c.community_id,
    place.c.building_id,
    place.c.name_zh,
    place.c.name_en,
    place.c.unit,
    place.c.floor,
    place.c.door,
    place.c.lat,
    place.c.lon,
    _building.c.name_zh.label("building_zh"),
    _building.c.name_en.label("building_en"),
    _building.c.code.label("building_code"),
    _building.c.lat.label("building_lat"),
    _building.c.lon.label("building_lon"),
)


def _places(wanted: Select[Any]) -> Select[Any]:
    return wanted.outerjoin(_building, _building.c.id == place.c.building_id)


def _doors() -> Select[Any]:
    wanted = (
        select(
            task.c.id,
            task.c.version,
            task.c.state,
            task.c.owner_id,
            task.c.campaign_id,
            task.c.due_until,
            task.c.note,
            task.c.turn,
            campaign.c.programme,
            *_PLACE,
        )
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .join(place, place.c.id == task.c.place_id)
    )
    return _places(wanted)


def _in(inside: Collection[str]) -> Any:
    return or_(
        place.c.id.in_(inside),
        place.c.parent_id.in_(inside),
        place.c.building_id.in_(inside),
        place.c.community_id.in_(inside),
    )
