"""Files of places of every kind: what nests in what, and where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select, update

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.field import PARENTS, PLACE_TEXT, PlaceKind
from lamplit.domain.language import Text
from lamplit.domain.problems import imports as problems
from lamplit.domain.problems import registry as sheet_problems
from lamplit.domain.spoken import spoken_codes, words_of
from lamplit.meters.registry_values import read_flag, read_floor
from lamplit.services.field import door
from lamplit.services.field.door import require
from lamplit.services.field.files.columns import Layout
from lamplit.services.field.files.importing import (
    Importer,
    Planned,
    Values,
    parents_first,
    ring_from,
    settle,
    write_steps,
)
from lamplit.services.field.files.placing import Finder, kind_of, split_kind
from lamplit.services.field.files.sheet import (
    BadRowError,
    Row,
    Table,
    read_date,
    read_each,
    read_number,
)
from lamplit.services.field.office import Transaction, new_id
from lamplit.services.field.places import asks
from lamplit.services.field.places.sync import door_code
from lamplit.services.registry import RowFault
from lamplit.store import place_sync, tree
from lamplit.store import places as store
from lamplit.store.places import Place
from lamplit.store.schema import place

LAYOUT = Layout(
    columns={
        "kind": ("type", "place kind", "类别", "类型", "地点类别", "地点类型"),
        "code": ("place", "id", "编号", "地点编号", "代码"),
        "parent": ("parent code", "in", "lies in", "上级", "上级编号", "所属", "所属地点"),
        "name_zh": ("name", "名称", "地点名称"),
        "name_en": ("english name", "英文名称"),
        "unit": ("entrance", "stair", "单元", "单元号"),
        "floor": ("storey", "level", "楼层", "所在楼层"),
        "door": ("door no", "flat", "room", "门牌", "门牌号", "房号", "室号"),
        "floors": ("storeys", "number of floors", "总层数", "层数"),
        "has_lift": ("lift", "elevator", "电梯", "有电梯", "是否有电梯"),
        "lat": ("latitude", "纬度"),
        "lon": ("longitude", "lng", "经度"),
        "languages": ("language", "spoken there", "语言", "沟通语言", "方言"),
        "skills": ("skill", "asks for", "技能", "所需技能"),
        "valid_from": ("from", "since", "生效日期", "开始日期", "启用日期"),
        "valid_to": ("to", "until", "失效日期", "结束日期", "停用日期"),
    },
    needed=("kind", "code"),
    codes=("code", "parent"),
    texts={
        "kind": Text("Kind", "类别"),
        "code": Text("Code", "编号"),
        "parent": Text("Lies in (its code)", "上级（编号）"),
        "name_zh": Text("Name", "名称"),
        "name_en": Text("English name", "英文名称"),
        "unit": Text("Entrance", "单元"),
        "floor": Text("Floor", "楼层"),
        "door": Text("Door", "门牌"),
        "floors": Text("Number of floors", "总层数"),
        "has_lift": Text("Has a lift", "有电梯"),
        "lat": Text("Latitude", "纬度"),
        "lon": Text("Longitude", "经度"),
        "languages": Text("Languages spoken there", "当地所用语言"),
        "skills": Text("Skills asked for", "所需技能"),
        "valid_from": Text("From", "生效日期"),
        "valid_to": Text("Until", "失效日期"),
    },
    near={
        "code": (
            "楼号", "栋号", "幢号", "楼栋", "户号", "号", "number", "no", "nr", "haus", "house",
        ),
        "parent": ("社区", "小区", "网格", "community", "district", "estate", "quarter"),
        "name_zh": ("楼名", "名"),
        "floors": ("层数", "高度", "etagen", "geschosse"),
        "has_lift": ("lift", "aufzug"),
        "door": ("室", "房", "apartment"),
    },
    values={"kind": {kind.value: PLACE_TEXT[kind] for kind in PlaceKind}},
)  # fmt: skip

Key = tuple[str, str]
"""Kind and code."""


@dataclass(slots=True)
class _Work:
    """A file's rows by kind and code, what is there already, and who stands where."""

    rows: dict[Key, Row]
    faults: list[RowFault]
    there: dict[Key, Place]
    finder: Finder
    standing: dict[str, Place]
    ids: dict[Key, str] = field(default_factory=dict)
    parents: dict[Key, Key | Place | None] = field(default_factory=dict)

    def refuse(self, key: Key, column: str, problem: Problem, value: str) -> None:
        """Take a row out."""
        self.faults.append(RowFault(self.rows.pop(key).number, column, problem, value))


def plan(tx: Transaction, table: Table) -> Planned:
    """Places by kind and code, their parents among the file's rows or in the store.

    A file without a column of parents leaves each where it is; a blank parent stands at the top.
    """
    read: dict[Key, Values] = {}

    def read_row(row: Row) -> tuple[str, ...]:
        kind = kind_of(row["kind"])
        if kind is None:
            raise BadRowError("kind", problems.BAD_KIND, row["kind"])
        key = (kind.value, row["code"])
        values = _values(row, table.columns)
        read.setdefault(key, values)
        return key

    found, faults = read_each(table, read_row)
    rows = {(key[0], key[1]): row for key, row in found.items()}
    there = _there(tx, rows)
    named = [row["parent"] for row in rows.values()]
    standing = store.by_ids(tx.conn, sorted({p.parent_id for p in there.values() if p.parent_id}))
    work = _Work(rows, faults, there, Finder(tx.conn, named), standing)
    work.ids = {key: there[key].id if key in there else new_id() for key in rows}
    _find_parents(work, "parent" in table.columns)
    _refuse_rings(tx, work)
    _require_import(tx, work)
    _refuse_asks_of_homes(tx, work, read)
    _refuse_orphans(work)
    planned = Planned(faults=work.faults)
    for key, row in work.rows.items():
        values = {"kind": key[0], "code": key[1], **read[key], **_position(work, key)}
        settle(planned, row.number, ":".join(key), work.ids[key], values, there.get(key))
    above = {work.ids[key]: _parent_id(work, key) for key in work.rows}
    planned.steps = parents_first(planned.steps, above)
    return planned


def write(tx: Transaction, planned: Planned) -> None:
    """Write the places; new doors and gates get a code, what stands in a moved one moves along."""
    write_steps(tx, place, planned)
    for kind, word in ((PlaceKind.HOUSEHOLD, "door"), (PlaceKind.BUILDING, "gate")):
        new = [s.id for s in planned.steps if s.what == "add" and s.values["kind"] == kind.value]
        place_sync.add_codes(tx.conn, word, {door_code(): one for one in new})
    for step in planned.steps:
        if step.what == "change":
            _move_along(tx, PlaceKind(step.values["kind"]), step.id, step.values["community_id"])


def _values(row: Row, columns: frozenset[str]) -> Values:
    """The plain columns that the file has. Raises BadRowError."""
    read: Values = {n: row[n] or None for n in ("name_zh", "name_en", "unit", "door")}
    floors = read_number(row, "floors", 1, 200)
    read |= {
        "floors": int(floors) if floors is not None else None,
        "lat": read_number(row, "lat", -90, 90),
        "lon": read_number(row, "lon", -180, 180),
        "valid_from": read_date(row, "valid_from"),
        "valid_to": read_date(row, "valid_to"),
        "languages": spoken_codes(words_of(row["languages"])) or None,
        "skills": sorted(set(words_of(row["skills"]))) or None,
    }
    try:
        read["floor"] = read_floor(row["floor"]) if row["floor"] else None
    except ValueError:
        raise BadRowError("floor", sheet_problems.BAD_FLOOR, row["floor"]) from None
    try:
        read["has_lift"] = read_flag(row["has_lift"]) if row["has_lift"] else None
    except ValueError:
        raise BadRowError("has_lift", sheet_problems.NOT_YES_OR_NO, row["has_lift"]) from None
    starts, ends = read["valid_from"], read["valid_to"]
    if starts and ends and ends <= starts:
        raise BadRowError("valid_to", sheet_problems.ENDS_BEFORE_START, str(ends))
    return {name: value for name, value in read.items() if name in columns}


def _there(tx: Transaction, rows: dict[Key, Row]) -> dict[Key, Place]:
    found: dict[Key, Place] = {}
    for kind in {kind for kind, _ in rows}:
        codes = [code for k, code in rows if k == kind]
        some = store.by_codes(tx.conn, PlaceKind(kind), codes)
        found |= {(kind, code): one for code, one in some.items()}
    return found


def _find_parents(work: _Work, given: bool) -> None:
    """Where each row stands; rows whose parent is nowhere are refused, and then their children."""
    refused = True
    while refused:
        refused = False
        for key, row in list(work.rows.items()):
            try:
                work.parents[key] = _parent_of(work, key, row, given)
            except BadRowError as bad:
                work.refuse(key, bad.column, bad.problem, bad.value)
                refused = True


def _parent_of(work: _Work, key: Key, row: Row, given: bool) -> Key | Place | None:
    before = work.there.get(key)
    text = row["parent"]
    if not given:
        return work.standing.get(before.parent_id or "") if before else None
    if not text:
        return None
    kind, code = split_kind(text)
    allowed = PARENTS[PlaceKind(key[0])]
    stored = work.finder.matches(text)
    in_file = [k for k in PlaceKind if (k.value, code) in work.rows and kind in (None, k)]
    kinds = {*in_file, *(one.kind for one in stored)}
    fit = [k for k in allowed if k in kinds]
    if not kinds:
        raise BadRowError("parent", problems.UNKNOWN_PARENT, text)
    if not fit:
        raise BadRowError("parent", problems.WRONG_PARENT, f"{min(kinds).value}:{code}")
    if len(fit) > 1:
        raise BadRowError("parent", problems.AMBIGUOUS_PLACE, text)
    if fit[0] in in_file:
        return (fit[0].value, code)
    return next(one for one in stored if one.kind == fit[0])


def _parent_id(work: _Work, key: Key) -> str | None:
    found = work.parents[key]
    return work.ids[found] if isinstance(found, tuple) else found.id if found else None


def _refuse_rings(tx: Transaction, work: _Work) -> None:
    """Districts nest in districts, so only they can come round to themselves."""
    districts = {key for key in work.rows if key[0] == PlaceKind.DISTRICT}
    above = {work.ids[key]: _parent_id(work, key) for key in districts}
    for found in [one for one in work.parents.values() if isinstance(one, Place)]:
        if found.kind == PlaceKind.DISTRICT:
            lineage = store.by_ids(tx.conn, list(tx.conn.scalars(tree.above(found.id))))
            for one in lineage.values():
                above.setdefault(one.id, one.parent_id)
    names = {work.ids[key]: key[1] for key in districts}
    for key in districts:
        ring = ring_from(work.ids[key], above)
        if ring:
            work.refuse(key, "parent", problems.RING, " → ".join(names.get(i, "…") for i in ring))


def _position(work: _Work, key: Key) -> Values:
    """The parent, and the denormalised community and building."""
    community, building = _areas(work, work.parents[key])
    return {
        "parent_id": _parent_id(work, key),
        "community_id": community,
        "building_id": building,
    }


def _areas(work: _Work, above: Key | Place | None) -> tuple[str | None, str | None]:
    """The community and the building that a place lies in, from its parent upwards."""
    if above is None:
        return None, None
    if isinstance(above, Place):
        kind, own, community, building = (
            above.kind, above.id, above.community_id, above.building_id,
        )  # fmt: skip
    else:
        kind, own = PlaceKind(above[0]), work.ids[above]
        community, building = _areas(work, work.parents.get(above))
    if kind == PlaceKind.COMMUNITY:
        community = own
    if kind == PlaceKind.BUILDING:
        building = own
    return community, building


def _require_import(tx: Transaction, work: _Work) -> None:
    """IMPORT is needed wherever rows change something or hang something on; at the top, trust."""
    if tx.actor.trusted:
        return
    held = {one.id for one in work.parents.values() if isinstance(one, Place)}
    held |= {one.id for one in work.there.values()}
    for place_id in sorted(held):
        require(tx, Ability.IMPORT, place_id)
    if any(above is None and key not in work.there for key, above in work.parents.items()):
        raise door.not_allowed(Ability.IMPORT)


def _refuse_asks_of_homes(tx: Transaction, work: _Work, read: dict[Key, Values]) -> None:
    """What is asked of who goes somewhere is said of many homes together, never of one or a few."""
    coming: Counter[str | None] = Counter()
    for key in work.rows:
        if key[0] == PlaceKind.HOUSEHOLD and key not in work.there:
            coming.update(_areas(work, work.parents[key]))
    for key in list(work.rows):
        asked = next((n for n in ("languages", "skills") if read[key].get(n)), None)
        if asked is None:
            continue
        inside = asks.homes_in(tx.conn, work.there[key]) if key in work.there else 0
        try:
            asks.check(PlaceKind(key[0]), inside + coming[work.ids[key]])
        except LamplitError as refused:
            homes = str(refused.fields.get("value", ""))
            work.refuse(key, asked, refused.problem, homes)


def _refuse_orphans(work: _Work) -> None:
    """Rows whose parent is a row that was refused after they had found it."""
    while lost := [
        (key, above)
        for key in work.rows
        if isinstance(above := work.parents[key], tuple)
        and above not in work.rows
        and above not in work.there
    ]:
        for key, above in lost:
            work.refuse(key, "parent", problems.UNKNOWN_PARENT, above[1])


def _move_along(tx: Transaction, kind: PlaceKind, place_id: str, community: str | None) -> None:
    """Tell what stands in a building or grid cell which community that is in now."""
    if kind == PlaceKind.BUILDING:
        inside = place.c.building_id == place_id
    elif kind == PlaceKind.GRID_CELL:
        buildings = select(place.c.id).where(place.c.parent_id == place_id)
        inside = (place.c.parent_id == place_id) | place.c.building_id.in_(buildings)
    else:
        return
    moved = place.c.community_id.is_distinct_from(community)
    values = {"community_id": community, "version": place.c.version + 1}
    tx.conn.execute(update(place).where(inside, moved).values(**values))


IMPORTER = Importer(place, LAYOUT, plan, write)
