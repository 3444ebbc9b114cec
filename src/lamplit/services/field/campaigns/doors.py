"""A campaign's doors as a list: place, task, outcome. The evidence is behind `reveal`."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import CampaignState
from lamplit.domain.language import Language, Text
from lamplit.domain.problems import door as problems
from lamplit.outbound.tables import TableStyle, write_table
from lamplit.outbound.watermark import Watermark
from lamplit.services.field import door
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.store import accounts, reveals
from lamplit.store.schema import enrollment, place, task
from lamplit.store.tree import under, under_any

MOST_EXPORTED = 200_000
LAST = 1 << 30
"""The rank of what has none."""
HEADINGS = {
    "code": Text("household", "户号"),
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
    """One enrolled place and its latest task; nothing of signal, chance or evidence."""

    enrollment_id: str
    order: int
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
    version: int


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
    """The doors of a campaign that one may see, by rank; `after`: [order, enrollment id].

    Those under the places where one has SEE_DOORS. A campaign whose list expired has none. Raises
    LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        row, inside = seen(tx, campaign)
        if row.state == CampaignState.EXPIRED:
            return []
        page = select(enrollment.c.id).where(enrollment.c.campaign_id == row.id)
        if inside is not None:
            page = page.where(enrollment.c.place_id.in_(inside))
        if building:
            at = resolve_place(tx.conn, building)
            page = page.where(enrollment.c.place_id.in_(under(at.id)))
        if state:
            page = page.where(enrollment.c.state == state)
        if after is not None:
            page = page.where(_beyond(after))
        # The page first, then what belongs to it: a campaign has a hundred thousand tasks.
        page = page.order_by(_ORDER, enrollment.c.id).limit(limit)
        return [_door(one) for one in tx.conn.execute(_query(page))]


def export(office: Office, actor: Actor, campaign: str, kind: str, language: Language) -> bytes:
    """The doors as a CSV or Excel file with who, when and for what on it; logged beforehand.

    Raises as `listed`.
    """
    rows = listed(office, actor, campaign, limit=MOST_EXPORTED)
    with office.begin(actor) as tx:
        found, _ = seen(tx, campaign)
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
        table = _table(rows)
        if kind == "csv":
            # A CSV has no second sheet to say whose it is, so every row does.
            line = pa.array([mark.line(language)] * len(rows), pa.string())
            table = table.append_column("watermark", line)
        write_table(table, file, style)
        return file.read_bytes()


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
        raise LamplitError(problems.NOT_ALLOWED, ability=Ability.SEE_DOORS.value)
    return row, inside


def _query(page: Select[Any]) -> Select[Any]:
    # The latest task of each enrollment: the one that is due last.
    latest = (
        select(
            task.c.enrollment_id,
            task.c.id,
            task.c.state,
            task.c.owner_id,
            task.c.due_until,
            func.row_number()
            .over(partition_by=task.c.enrollment_id, order_by=(task.c.due_until.desc(), task.c.id))
            .label("turn"),
        )
        .where(task.c.enrollment_id.in_(page))
        .subquery()
    )
    block = place.alias("block")
    return (
        select(
            enrollment,
            place.c.code,
            block.c.code.label("building"),
            place.c.unit,
            place.c.floor,
            place.c.door,
            latest.c.id.label("task_id"),
            latest.c.state.label("task_state"),
            latest.c.owner_id,
            latest.c.due_until,
            _ORDER.label("sequence"),
        )
        .join(place, place.c.id == enrollment.c.place_id)
        .outerjoin(block, block.c.id == enrollment.c.building_id)
        .outerjoin(
            latest,
            and_(latest.c.enrollment_id == enrollment.c.id, latest.c.turn.is_not_distinct_from(1)),
        )
        .where(enrollment.c.id.in_(page))
        .order_by(_ORDER, enrollment.c.id)
    )


_ORDER = func.coalesce(enrollment.c.rank, LAST)


def _beyond(after: list[Any]) -> ColumnElement[bool]:
    rank, last = (int(after[0]), str(after[1])) if _is_key(after) else (-1, "")
    same: ColumnElement[bool] = _ORDER.is_not_distinct_from(rank)
    return or_(rank < _ORDER, and_(same, enrollment.c.id > last))


def _is_key(after: list[Any]) -> bool:
    return len(after) == 2 and type(after[0]) is int and abs(after[0]) <= LAST


def _door(row: Row[Any]) -> Door:
    return Door(
        row.id, row.sequence, row.place_id, row.code, row.building_id, row.building, row.unit,
        row.floor, row.door, row.state, row.outcome, row.attempts, row.from_day, row.done_at,
        row.task_id, row.task_state, row.owner_id, row.due_until, row.version,
    )  # fmt: skip


def _table(rows: list[Door]) -> pa.Table:
    return pa.table(
        {
            "code": pa.array([row.code for row in rows], pa.string()),
            "building": pa.array([row.building for row in rows], pa.string()),
            "unit": pa.array([row.unit for row in rows], pa.string()),
            "floor": pa.array([row.floor for row in rows], pa.int32()),
            "door": pa.array([row.door for row in rows], pa.string()),
            "state": pa.array([row.state for row in rows], pa.string()),
            "outcome": pa.array([row.outcome for row in rows], pa.string()),
            "attempts": pa.array([row.attempts for row in rows], pa.int32()),
            "task": pa.array([row.task_state for row in rows], pa.string()),
            "until": pa.array(
                [row.due_until.isoformat() if row.due_until else None for row in rows], pa.string()
            ),
        }
    )
