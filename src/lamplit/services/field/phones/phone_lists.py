"""The two entity lists of a phone, as ODK Collect reads them: tasks.csv and households.csv.

A list says where to go and by when. It never says why: no state of a home, no evidence, no rank,
no reason of enrolment. A phone is lost more easily than a server, and a list of empty homes is what
a burglar would want; evidence is opened door by door, with a purpose, and each opening is logged.
Rows stand in the order of a walk, or of the plan, whose order is by stairwell and floor: not even
their order tells what the meters said of a home, but where a campaign's way is to go to those first
that the meters point to.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Row

from lamplit.domain.field import TaskState
from lamplit.domain.language import Language, Text
from lamplit.services.field.office import Office
from lamplit.services.field.phones.phone import Phone
from lamplit.services.field.phones.phone_doors import Carried, carried
from lamplit.store import phones
from lamplit.store.tasks import OPEN

ListName = Literal["tasks", "households"]
LISTS: tuple[ListName, ...] = ("tasks", "households")

TASK_COLUMNS = (
    "name", "label", "__version", "programme", "state", "mine", "due", "household", "building",
    "unit", "floor", "door", "note", "geometry", "turn",
)  # fmt: skip
HOME_COLUMNS = (
    "name", "label", "__version", "building", "unit", "floor", "door", "geometry",
)  # fmt: skip

UNIT = Text("unit {unit}", "{unit}单元")
DUE = Text("by {month}/{day}", "{month}月{day}日前")
FREE = Text("not taken", "待认领")
BETWEEN = " – "


@dataclass(frozen=True, slots=True)
class EntityList:
    """One list as it is downloaded."""

    name: ListName
    content: bytes
    rows: int

    @property
    def md5(self) -> str:
        """The hash by which a phone knows that it has it already."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


def lists_of(
    office: Office, phone: Phone, names: Collection[ListName] = LISTS
) -> dict[ListName, EntityList]:
    """Some of a phone's lists. Raises LamplitError `openrosa.deliver-only`."""
    phone.must_carry()
    with office.read(phone.actor) as tx:
        found = carried(office, tx, phone.person_id, homes="households" in names)
    made: dict[ListName, EntityList] = {}
    if "tasks" in names:
        tasks = [
            _task_row(office, row, phone) for row in (*_planned(found.own), *_walk(found.free))
        ]
        made["tasks"] = EntityList("tasks", _csv(TASK_COLUMNS, tasks), len(tasks))
    if "households" in names:
        homes = [_home_row(row, phone.language) for row in _walk(found.homes)]
        made["households"] = EntityList("households", _csv(HOME_COLUMNS, homes), len(homes))
    return made


def log_download(office: Office, phone: Phone, made: EntityList) -> None:
    """A line in the log that a list left the house: how many doors, not which."""
    with office.begin(phone.actor) as tx:
        tx.log(
            "phone.list_downloaded", "person", phone.person_id,
            list=made.name, rows=made.rows, md5=made.md5, token=phone.token_id,
        )  # fmt: skip


def deleted(
    office: Office, phone: Phone, name: ListName, ids: Sequence[str]
) -> list[tuple[str, bool]]:
    """For entities that a phone has and its list has not: whether the phone should drop them.

    True for what the store knows and this phone should not carry. What the store does not know yet
    (it is still on the way, or held back for an earlier change) is kept: False.
    """
    phone.must_carry()
    with office.read(phone.actor) as tx:
        found = carried(office, tx, phone.person_id, homes=name == "households")
        carries = _ids(found, name)
        known = (phones.known_tasks if name == "tasks" else phones.known_places)(tx.conn, ids)
        held = phones.changed_entities(tx.conn, name, ids)
    return [(one, one in known and one not in carries and one not in held) for one in ids]


def _ids(found: Carried, name: ListName) -> set[str]:
    if name == "tasks":
        return {row.id for row in (*found.own, *found.free)}
    return {row.place_id for row in found.homes}


def _task_row(office: Office, row: Row[Any], phone: Phone) -> tuple[object, ...]:
    mine = row.owner_id == phone.person_id
    due = office.local_day(row.due_until)
    label = [_address(row, phone.language), DUE.say(phone.language, month=due.month, day=due.day)]
    if not mine:
        label.append(FREE.say(phone.language))
    # A claim that ran out is told as free: who let it run out is nobody's business.
    state = row.state if mine else TaskState.REQUESTED.value
    return (
        row.id,
        " · ".join(label),
        row.version,
        row.programme,
        state,
        "yes" if mine else "no",
        due.isoformat(),
        row.place_id,
        _building(row, phone.language),
        row.unit,
        row.floor,
        row.door,
        row.note if mine else None,
        _geometry(row),
        row.turn if mine else None,
    )


def _home_row(row: Row[Any], language: Language) -> tuple[object, ...]:
    return (
        row.place_id,
        _address(row, language),
        row.place_version,
        _building(row, language),
        row.unit,
        row.floor,
        row.door,
        _geometry(row),
    )


def _address(row: Row[Any], language: Language) -> str:
    """Building, unit and door; for a place that is no home its name."""
    unit = row.unit
    if unit and str(unit).isdigit():
        unit = UNIT.say(language, unit=unit)
    parts = [_building(row, language), unit, row.door]
    if not row.door:
        parts = [_building(row, language), _named(row.name_zh, row.name_en, language)]
    said = BETWEEN.join(str(part) for part in parts if part)
    return said or str(row.code)


def _building(row: Row[Any], language: Language) -> str:
    return _named(row.building_zh, row.building_en, language) or str(row.building_code or "")


def _named(zh: str | None, en: str | None, language: Language) -> str:
    first, second = (zh, en) if language == "zh" else (en, zh)
    return first or second or ""


def _geometry(row: Row[Any]) -> str:
    lat, lon = row.lat, row.lon
    if lat is None or lon is None:
        lat, lon = row.building_lat, row.building_lon
    return "" if lat is None or lon is None else f"{lat} {lon} 0 0"


def _planned(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Open tasks that a plan put in order, in that order; then the others in the order of a walk.

    A plan's order is by stairwell, and by floor within one; where it has two rounds, in each.
    """
    first = [row for row in rows if row.turn is not None and row.state in OPEN]
    known = {row.id for row in first}
    first.sort(key=lambda row: (row.campaign_id, row.turn, row.due_until, row.id))
    return [*first, *_walk(row for row in rows if row.id not in known)]


def _walk(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """In the order of a walk: by building, unit, floor from the top, door."""
    return sorted(rows, key=_on_the_way)


def _on_the_way(row: Row[Any]) -> tuple[object, ...]:
    building = row.building_zh or row.building_en or row.building_code or row.code
    # The id last, so that the same rows are the same bytes whatever order they came in.
    return (
        _natural(building), _natural(row.unit), -(row.floor or 0), _natural(row.door),
        row.place_id, row._mapping.get("id") or "",
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _natural(text: str | None) -> tuple[int, str]:
    """Numbers by size, the rest by letters: 9 before 10."""
    digits = "".join(letter for letter in text or "" if letter.isascii() and letter.isdigit())
    return (int(digits[:12]) if digits else 0, text or "")


# Not made inert for spreadsheets (`lamplit.domain.cells`) as what people download is: Collect and
# the phone's pages read these lists as data and would show the apostrophe before a door's name, or
# not find the door by it. They are not offered for saving.
def _csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(_clean, rows))
    return out.getvalue().encode()


def _clean(row: tuple[object, ...]) -> tuple[object, ...]:
    """Cells of one line each, without control characters: Collect reads them, people as well."""
    if "".join(cell for cell in row if isinstance(cell, str)).isprintable():
        return row
    return tuple(
        "".join(letter if letter.isprintable() else " " for letter in cell)
        if isinstance(cell, str)
        else cell
        for cell in row
    )
