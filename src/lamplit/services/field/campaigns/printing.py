"""Paper for a campaign: walk lists and wall charts, each print in the log.

On them is what the doors' list tells (place, and on the chart whether it is done), in an order that
says nothing of signals: as a plan put it, else building by building.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EnrollmentState
from lamplit.domain.language import Language, Text
from lamplit.domain.problems import printing as problems
from lamplit.outbound.paper import Size
from lamplit.outbound.walk_list import WalkDoor, WalkList, walk_list_pdf
from lamplit.outbound.wall_chart import ChartBuilding, WallChart, wall_chart_pdf
from lamplit.outbound.watermark import Watermark
from lamplit.services.field import door
from lamplit.services.field.campaigns import doors
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.people.people import resolve_person
from lamplit.services.field.places import signs
from lamplit.services.field.places.places import name_of, resolve_place
from lamplit.store import accounts, gates, places, reveals
from lamplit.store import tasks as task_store
from lamplit.store.places import Place
from lamplit.store.schema import enrollment, place, place_code, task
from lamplit.store.tree import under

HOME_CODES = ("meter", "door")
"""Of a home's codes the last of these is printed that it has."""
LOW = -(1 << 20)
SHOWN = {EnrollmentState.ACTIVE.value: False, EnrollmentState.DONE.value: True}


def walk_list(
    office: Office,
    actor: Actor,
    campaign: str,
    language: Language,
    *,
    person: str = "",
    building: str = "",
) -> bytes:
    """The open doors of a person (oneself, if nobody is named) or of a building, as PDF.

    Needs SEE_DOORS; another person's list SEE_PEOPLE as well. Raises LamplitError
    `door.not-allowed`, `campaign.not-in-state`, `printing.for-whom`, `store.not-found`.
    """
    with office.begin(actor) as tx:
        row, inside = doors.seen(tx, campaign)
        require_open(row)
        which: list[ColumnElement[bool]] = []
        if inside is not None:
            which.append(task.c.place_id.in_(inside))
        who: Text
        if building:
            at = resolve_place(tx.conn, building)
            which.append(task.c.place_id.in_(under(at.id)))
            who = name_of(at)
        else:
            whose = _person(tx, row, person)
            which.append(task.c.owner_id == whose.id)
            who = Text(whose.name, whose.name)
        found = _walked(tx, row.id, which)
        mark = _mark(office, tx, row)
        _note(tx, row, "walk-list", len(found))
        at_place = places.by_id(tx.conn, row.place_id)
        made = _doors(tx, found, language)
    return walk_list_pdf(
        WalkList(
            Text(row.name_en, row.name_zh), name_of(at_place) if at_place else Text("", ""),
            who.say(language), row.deadline and row.deadline.astimezone(office.zone), made, mark,
        ),
        language,
    )  # fmt: skip


def wall_chart(
    office: Office,
    actor: Actor,
    campaign: str,
    language: Language,
    *,
    size: Size = "a3-landscape",
) -> bytes:
    """The campaign's doors by building and floor, as PDF; no door is named on it.

    Needs SEE_DOORS. A place without a gate's code is given one. Raises LamplitError
    `door.not-allowed`, `campaign.not-in-state`, `store.not-found`.
    """
    with office.begin(actor) as tx:
        row, inside = doors.seen(tx, campaign)
        require_open(row)
        query = (
            select(enrollment.c.state, enrollment.c.building_id, place.c.floor)
            .join(place, place.c.id == enrollment.c.place_id)
            .where(enrollment.c.campaign_id == row.id, enrollment.c.state.in_(SHOWN))
        )
        if inside is not None:
            query = query.where(enrollment.c.place_id.in_(inside))
        floors: dict[str, dict[int | None, list[bool]]] = defaultdict(lambda: defaultdict(list))
        for one in tx.conn.execute(query):
            floors[one.building_id or ""][one.floor].append(SHOWN[one.state])
        known = places.by_ids(tx.conn, [block for block in floors if block])
        mark = _mark(office, tx, row)
        _note(tx, row, "wall-chart", sum(len(d) for f in floors.values() for d in f.values()))
        at = places.by_id(tx.conn, row.place_id)
        gate = signs.code_of_gate(tx, row.place_id)
    blocks = sorted(floors, key=lambda block: _natural(known[block].code if block else "￿"))
    return wall_chart_pdf(
        WallChart(
            Text(row.name_en, row.name_zh), name_of(at) if at else Text("", ""),
            row.deadline and row.deadline.astimezone(office.zone), gate,
            [
                ChartBuilding(name_of(known[b]).say(language) if b else "–", dict(floors[b]))
                for b in blocks
            ],
            mark,
        ),
        language, size,
    )  # fmt: skip


def _person(tx: Transaction, row: Row[Any], wanted: str) -> Any:
    if not wanted:
        if tx.actor.person_id is None:
            raise LamplitError(problems.NOBODY)
        return resolve_person(tx.conn, tx.actor.person_id)
    found = resolve_person(tx.conn, wanted)
    if found.id != tx.actor.person_id:
        door.require(tx, Ability.SEE_PEOPLE, row.place_id)
    return found


def _walked(tx: Transaction, campaign_id: str, which: list[ColumnElement[bool]]) -> list[Row[Any]]:
    """Each door with an open task once, in the order in which to walk."""
    c = place.c
    query = (
        select(c.id, c.code, c.building_id, c.unit, c.floor, c.door, task.c.turn)
        .join(task, task.c.place_id == c.id)
        .where(task.c.campaign_id == campaign_id, task.c.state.in_(task_store.OPEN), *which)
    )
    rows: dict[str, Row[Any]] = {}
    read: list[Row[Any]] = list(tx.conn.execute(query))
    for one in read:
        before = rows.get(one.id)
        if before is None or (one.turn is not None and before.turn is None):
            rows[one.id] = one
    blocks = places.by_ids(tx.conn, sorted({r.building_id for r in rows.values() if r.building_id}))

    def key(one: Row[Any]) -> tuple[Any, ...]:
        block = blocks[one.building_id].code if one.building_id in blocks else ""
        top_down = -(LOW if one.floor is None else one.floor)
        planned = (0, one.turn) if one.turn is not None else (1, 0)
        return (*planned, _natural(block), one.unit or "", top_down, _natural(one.door or one.code))

    return sorted(rows.values(), key=key)


def _doors(tx: Transaction, rows: list[Row[Any]], language: Language) -> list[WalkDoor]:
    blocks = places.by_ids(tx.conn, sorted({r.building_id for r in rows if r.building_id}))
    codes = _codes(tx, [row.id for row in rows] + list(blocks))

    def of(row: Row[Any]) -> WalkDoor:
        block: Place | None = blocks.get(row.building_id or "")
        own = codes.get(row.id, {})
        return WalkDoor(
            name_of(block).say(language) if block else "–",
            codes.get(block.id, {}).get(gates.GATE) if block else None,
            row.unit or "", "" if row.floor is None else str(row.floor), row.door or row.code,
            next((own[kind] for kind in reversed(HOME_CODES) if kind in own), None),
        )  # fmt: skip

    return [of(row) for row in rows]


def _codes(tx: Transaction, place_ids: list[str]) -> dict[str, dict[str, str]]:
    """Place → kind → a code that it bears."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    c = place_code.c
    for at in range(0, len(place_ids), places.LOOKED_UP):
        some = place_ids[at : at + places.LOOKED_UP]
        query = select(c.place_id, c.kind, c.code).where(
            c.place_id.in_(some), c.revoked_at.is_(None)
        )
        for one in tx.conn.execute(query.order_by(c.code)):
            found[one.place_id].setdefault(one.kind, one.code)
    return found


def _mark(office: Office, tx: Transaction, row: Row[Any]) -> Watermark:
    who = accounts.person_of(tx.conn, tx.actor.person_id or "")
    return Watermark(who.code if who else tx.actor.via, tx.now.astimezone(office.zone), row.purpose)


def _note(tx: Transaction, row: Row[Any], shape: str, count: int) -> None:
    tx.log(
        reveals.LIST_EXPORTED, "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
        purpose=row.purpose, doors=count, shape=shape,
    )  # fmt: skip


def _natural(code: str) -> tuple[tuple[int, str], ...]:
    """Numbers in a code in the order of their size: B2 before B10."""
    parts: list[tuple[int, str]] = []
    digits = ""
    for sign in code + "\0":
        if sign.isdecimal():
            digits += sign
            continue
        if digits:
            parts.append((int(digits), ""))
            digits = ""
        parts.append((-1, sign))
    return tuple(parts)
