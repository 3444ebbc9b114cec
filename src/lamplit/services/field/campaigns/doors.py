"""A campaign's doors as a list: place, task, outcome. The evidence is behind `reveal`.

By rank; where people knock before they are told (see `ways`), in the order of a walk for all but
analysts, without the rank, and without the doors that left the list: both follow the meters, and
what chance drew would show by not following them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from lamplit.domain.abilities import Ability
from lamplit.domain.field import (
    ENROLLMENT_TEXT,
    OUTCOME_TEXT,
    TASK_TEXT,
    CampaignState,
    EnrollmentState,
    PlaceKind,
)
from lamplit.domain.language import Language, Text
from lamplit.outbound.tables import TableStyle, write_table
from lamplit.outbound.watermark import Watermark
from lamplit.programmes.pack import Pack
from lamplit.services.field import door
from lamplit.services.field.campaigns import campaigns, looks
from lamplit.services.field.campaigns.ways import knock_first
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_or_none, to_homes
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.tasks.tasklist import title_of
from lamplit.store import accounts, enrollments, reveals, tasks
from lamplit.store.schema import enrollment, place, task
from lamplit.store.tree import under, under_any

MOST_EXPORTED = 200_000
LAST = 1 << 30
"""The rank of what has none."""
LOWEST = -1_000
"""The floor of what has none."""
HEADINGS = {
    "code": Text("code", "编号"),
    "household": Text("household", "户号"),
    "name": Text("name", "名称"),
    "building": Text("building", "楼栋"),
    "unit": Text("unit", "单元"),
    "floor": Text("floor", "楼层"),
    "door": Text("door", "门牌"),
    "state": Text("state", "状态"),
    "outcome": Text("outcome", "结果"),
    "attempts": Text("attempts", "上门次数"),
    "task": Text("task", "任务"),
    "until": Text("until", "截止"),
    "watermark": Text("watermark", "水印"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """One enrolled place and its latest task; nothing of signal or evidence.

    `order` is its rank, None where that must not be told. `random_pick` is for analysts, and None
    for all others. `owner_id` is for those who may see people, and for the owner. `name` is that of
    a place that is no home; `title` says what the task asks for.
    """

    enrollment_id: str
    order: int | None
    place_id: str
    code: str
    building_id: str | None
    building: str | None
    unit: str | None
    floor: int | None
    door: str | None
    state: str
    outcome: str | None
    attempts: int
    from_day: date
    done_at: datetime | None
    task_id: str | None
    task_state: str | None
    owner_id: str | None
    due_until: datetime | None
    random_pick: bool | None
    version: int
    name: Text | None = None
    title: Text | None = None

    @property
    def cursor(self) -> list[Any]:
        """Where a list goes on after this door."""
        if self.order is not None:
            return [self.order, self.enrollment_id]
        walk = (self.building, self.unit, self.floor, self.door, self.enrollment_id)
        return [blank if said is None else said for said, blank in zip(walk, _NOTHING, strict=True)]


@dataclass(frozen=True, slots=True)
class _Sight:
    """What who asks may see: the places (None: all of the campaign's), and what of each door."""

    campaign: Row[Any]
    inside: Select[Any] | None
    ranks: bool
    chance: bool
    people: bool
    pack: Pack | None


def listed(
    office: Office,
    actor: Actor,
    campaign: str,
    *,
    building: str | None = None,
    state: str | None = None,
    after: list[Any] | None = None,
    limit: int = 200,
) -> list[Door]:
    """The doors of a campaign that one may see; `after`: the `cursor` of the last one seen.

    Those under the places where one has SEE_DOORS. A campaign whose list expired has none. Logged
    beforehand (see `looks`). Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        sight = _sight(office, tx, campaign)
        wanted, look = _wanted(tx, sight, building, state)
        found = _doors(tx, sight, wanted, after, limit)
        # The line says how many there are in all, not on this page: the rest is a cursor away.
        due = sight.campaign.state != CampaignState.EXPIRED and looks.due(tx, look)
        count = tx.conn.scalar(select(func.count()).select_from(wanted.subquery())) if due else 0
    if due:
        looks.log(office, actor, look, count or 0)
    return found


def export(office: Office, actor: Actor, campaign: str, kind: str, language: Language) -> bytes:
    """The doors as a CSV or Excel file with who, when and for what on it; logged beforehand.

    Raises as `listed`.
    """
    with office.read(actor) as tx:
        sight = _sight(office, tx, campaign)
        rows = _doors(tx, sight, _page(sight), None, MOST_EXPORTED)
    found = sight.campaign
    with office.begin(actor) as tx:
        who = accounts.person_of(tx.conn, actor.person_id or "")
        mark = Watermark(
            who.code if who else actor.via, tx.now.astimezone(office.zone), found.purpose
        )
        tx.log(
            reveals.LIST_EXPORTED, "campaign", found.id, place_id=found.place_id,
            campaign_id=found.id, purpose=found.purpose, doors=len(rows), suffix=kind,
        )  # fmt: skip
    style = TableStyle(language, HEADINGS, both_languages=False, watermark=mark)
    with tempfile.TemporaryDirectory(dir=office.home.tmp_dir) as folder:
        file = Path(folder) / f"doors.{kind}"
        zone = None if kind == "csv" else office.zone
        table = _table(rows, language, zone, homes=to_homes(office, found.programme))
        if kind == "csv":
            # A CSV has no second sheet to say whose it is, so every row does.
            line = pa.array([mark.line(language)] * len(rows), pa.string())
            table = table.append_column("watermark", line)
        write_table(table, file, style)
        return file.read_bytes()


def _sight(office: Office, tx: Transaction, campaign: str) -> _Sight:
    row, inside = seen(tx, campaign)
    analyst = door.may(tx, Ability.ANALYSE, row.place_id)
    return _Sight(
        row, inside, analyst or not knock_first(office, row), analyst,
        door.may(tx, Ability.SEE_PEOPLE, row.place_id), pack_or_none(office, row.programme),
    )  # fmt: skip


def seen(tx: Transaction, campaign: str) -> tuple[Row[Any], Select[Any] | None]:
    """The campaign, and the places whose doors who asks may see; None for all of it."""
    row = campaigns.get(tx.conn, campaign)
    if door.may(tx, Ability.SEE_DOORS, row.place_id):
        return row, None
    person = tx.actor.person_id
    held = door.places_with(tx.conn, person, Ability.SEE_DOORS, tx.today) if person else []
    inside = under_any(held)
    any_of = select(enrollment.c.id).where(
        enrollment.c.campaign_id == row.id, enrollment.c.place_id.in_(inside)
    )
    if not held or tx.conn.execute(any_of.limit(1)).first() is None:
        raise door.not_allowed(Ability.SEE_DOORS)
    return row, inside


def _wanted(
    tx: Transaction, sight: _Sight, building: str | None, state: str | None
) -> tuple[Select[Any], looks.Look]:
    """The ids of the enrollments that are asked for, and what the log is to say of it."""
    page, at = _page(sight), sight.campaign.place_id
    if building:
        at = resolve_place(tx.conn, building).id
        page = page.where(enrollment.c.place_id.in_(under(at)))
    if state:
        page = page.where(enrollment.c.state == state)
    return page, looks.Look(reveals.LIST_OPENED, sight.campaign, at, state or None)


def _doors(
    tx: Transaction, sight: _Sight, page: Select[Any], after: list[Any] | None, limit: int
) -> list[Door]:
    """So many doors of a page's, after the one with that cursor."""
    if sight.campaign.state == CampaignState.EXPIRED:
        return []
    if after is not None:
        page = page.where(_beyond(after) if sight.ranks else _further(after))
    # The page first, then what belongs to it: a campaign has a hundred thousand tasks.
    order = (_ORDER, enrollment.c.id) if sight.ranks else _WALK
    rows = tx.conn.execute(_query(page.order_by(*order).limit(limit)).order_by(*order))
    return [_door(one, sight, tx.actor.person_id) for one in rows]


def _page(sight: _Sight) -> Select[Any]:
    """The ids of the enrollments that one may see."""
    page = select(enrollment.c.id).where(enrollment.c.campaign_id == sight.campaign.id)
    if sight.inside is not None:
        page = page.where(enrollment.c.place_id.in_(sight.inside))
    if not sight.ranks:
        page = (
            page.where(enrollment.c.state != EnrollmentState.RESOLVED.value)
            .join(place, place.c.id == enrollment.c.place_id)
            .outerjoin(_BLOCK, _BLOCK.c.id == enrollment.c.building_id)
        )
    return page.correlate(None)


def _query(page: Select[Any]) -> Select[Any]:
    # The latest task of each enrollment: the one that is due last, an open one before others.
    latest = (
        select(
            task.c.enrollment_id,
            task.c.id,
            task.c.state,
            task.c.slot,
            task.c.owner_id,
            task.c.due_until,
            func.row_number()
            .over(partition_by=task.c.enrollment_id, order_by=_LATEST)
            .label("turn"),
        )
        .where(task.c.enrollment_id.in_(page))
        .subquery()
    )
    return (
        select(
            *enrollments.SLIM,
            place.c.kind,
            place.c.code,
            place.c.name_zh,
            place.c.name_en,
            _BLOCK.c.code.label("building"),
            place.c.unit,
            place.c.floor,
            place.c.door,
            latest.c.id.label("task_id"),
            latest.c.state.label("task_state"),
            latest.c.slot,
            latest.c.owner_id,
            latest.c.due_until,
            _ORDER.label("sequence"),
        )
        .join(place, place.c.id == enrollment.c.place_id)
        .outerjoin(_BLOCK, _BLOCK.c.id == enrollment.c.building_id)
        .outerjoin(
            latest,
            and_(latest.c.enrollment_id == enrollment.c.id, latest.c.turn.is_not_distinct_from(1)),
        )
        .where(enrollment.c.id.in_(page))
    )


_LATEST = (task.c.due_until.desc(), task.c.state.in_(tasks.OPEN).desc(), task.c.id)
_BLOCK = place.alias("block")
_NOTHING: tuple[Any, ...] = ("", "", LOWEST, "", "")
"""What stands in the order of a walk for what a door has not: building, unit, floor, door, id."""
_WALK = (
    func.coalesce(_BLOCK.c.code, ""),
    func.coalesce(place.c.unit, ""),
    func.coalesce(place.c.floor, LOWEST),
    func.coalesce(place.c.door, ""),
    enrollment.c.id,
)
_ORDER = func.coalesce(enrollment.c.rank, LAST)


def _beyond(after: list[Any]) -> ColumnElement[bool]:
    rank, last = (int(after[0]), str(after[1])) if _is_key(after) else (-1, "")
    same: ColumnElement[bool] = _ORDER.is_not_distinct_from(rank)
    return or_(rank < _ORDER, and_(same, enrollment.c.id > last))


def _is_key(after: list[Any]) -> bool:
    return len(after) == 2 and type(after[0]) is int and abs(after[0]) <= LAST


def _further(after: list[Any]) -> ColumnElement[bool]:
    """The condition that a door comes later on the walk than the one that a cursor names."""
    fits = len(after) == len(_NOTHING) and all(
        type(said) is type(blank) for said, blank in zip(after, _NOTHING, strict=True)
    )
    if not fits or abs(after[2]) > LAST:
        return true()
    return tuple_(*_WALK) > tuple_(*map(literal, after))


def _door(row: Row[Any], sight: _Sight, me: str | None) -> Door:
    order = row.sequence if sight.ranks else None
    owner = row.owner_id if sight.people or row.owner_id == me else None
    named = row.kind != PlaceKind.HOUSEHOLD
    return Door(
        row.id, order, row.place_id, row.code, row.building_id, row.building, row.unit,
        row.floor, row.door, row.state, row.outcome, row.attempts, row.from_day, row.done_at,
        row.task_id, row.task_state, owner, row.due_until,
        row.random_pick if sight.chance else None, row.version,
        Text.either(row.name_en, row.name_zh) if named else None,
        title_of(sight.pack, row.slot) if sight.pack and row.slot else None,
    )  # fmt: skip


def _table(rows: list[Door], language: Language, zone: ZoneInfo | None, *, homes: bool) -> pa.Table:
    """With a `zone` words for people, by its clock; without one the API's codes and instants."""

    def texts(values: Iterable[str | None]) -> pa.Array:
        return pa.array(list(values), pa.string())

    def words(table: Mapping[Any, Text], codes: Iterable[str | None]) -> pa.Array:
        said = {str(key): text.say(language) for key, text in table.items()} if zone else {}
        return texts(code and said.get(code, code) for code in codes)

    def clock(at: datetime | None) -> str | None:
        if at is None:
            return None
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if zone else at.isoformat()

    where = (
        {
            "household": texts(row.code for row in rows),
            "building": texts(row.building for row in rows),
            "unit": texts(row.unit for row in rows),
            "floor": pa.array([row.floor for row in rows], pa.int32()),
            "door": texts(row.door for row in rows),
        }
        if homes
        else {
            "code": texts(row.code for row in rows),
            "name": texts(row.name.say(language) if row.name else None for row in rows),
        }
    )
    return pa.table(
        where
        | {
            "state": words(ENROLLMENT_TEXT, (row.state for row in rows)),
            "outcome": words(OUTCOME_TEXT, (row.outcome for row in rows)),
            "attempts": pa.array([row.attempts for row in rows], pa.int32()),
            "task": words(TASK_TEXT, (row.task_state for row in rows)),
            "until": texts(clock(row.due_until) for row in rows),
        }
    )
