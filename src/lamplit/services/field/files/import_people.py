"""Files of organisations and of people."""

from __future__ import annotations

import re

from lamplit.domain.hours import read_hours
from lamplit.domain.language import Text
from lamplit.domain.problems import imports as problems
from lamplit.domain.spoken import spoken_codes, words_of
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
from lamplit.services.field.files.placing import Finder
from lamplit.services.field.files.sheet import BadRowError, Row, Table, read_each
from lamplit.services.field.office import Transaction, new_id
from lamplit.services.registry import RowFault
from lamplit.store import people as store
from lamplit.store.schema import organisation, person

ORGANISATION_LAYOUT = Layout(
    columns={
        "code": ("organisation", "organization", "org code", "组织编号", "单位编号", "支部编号",
                 "编号"),
        "kind": ("type", "类别", "类型", "组织类别"),
        "name_zh": ("name", "名称", "组织名称", "单位名称", "支部名称"),
        "name_en": ("english name", "英文名称"),
        "parent": ("parent code", "belongs to", "上级", "上级组织", "上级编号", "所属组织"),
    },
    needed=("code",),
    codes=("code", "parent"),
    texts={
        "code": Text("Code", "组织编号"),
        "kind": Text("Kind", "类别"),
        "name_zh": Text("Name", "名称"),
        "name_en": Text("English name", "英文名称"),
        "parent": Text("Belongs to (its code)", "上级（编号）"),
    },
    near={
        "code": ("代码", "号", "id", "number", "no", "nr"),
        "name_zh": ("全称", "简称", "名"),
        "parent": ("主管", "隶属", "above"),
    },
    values={
        "kind": {
            "company": Text("Company", "公司"),
            "branch": Text("Branch", "支部"),
            "office": Text("Office", "街道"),
            "association": Text("Association", "协会"),
        }
    },
)  # fmt: skip

ORGANISATION_KINDS = {
    "company": ("company", "公司", "企业", "单位"),
    "branch": ("branch", "支部", "党支部", "分公司", "班组", "部门"),
    "office": ("office", "街道", "办事处", "居委会", "机关"),
    "association": ("association", "协会", "商会", "志愿队"),
}

PEOPLE_LAYOUT = Layout(
    columns={
        "code": ("person", "staff no", "employee id", "member no", "工号", "人员编号", "员工编号",
                 "编号"),
        "name": ("full name", "姓名", "名字"),
        "phone": ("telephone", "mobile", "电话", "手机", "手机号", "联系电话"),
        "organisation": ("organization", "branch", "company", "所属组织", "单位", "支部",
                         "所在单位"),
        "home": ("home place", "lives at", "居住地", "住址编号", "户号", "居住地编号", "居住社区"),
        "languages": ("language", "语言", "方言"),
        "skills": ("skill", "技能", "特长"),
        "hours": ("available", "availability", "可用时间", "服务时间", "空闲时间"),
    },
    needed=("code", "name"),
    codes=("code", "organisation", "home", "phone"),
    texts={
        "code": Text("Staff number", "工号"),
        "name": Text("Name", "姓名"),
        "phone": Text("Telephone", "电话"),
        "organisation": Text("Organisation (its code)", "单位（编号）"),
        "home": Text("Home (a place's code)", "居住地（编号）"),
        "languages": Text("Languages", "语言"),
        "skills": Text("Skills", "技能"),
        "hours": Text("Free hours", "可用时间"),
    },
    near={
        "code": ("号", "id", "number", "no", "nr"),
        "name": ("名", "family name", "surname"),
        "phone": ("电话", "手机", "phone", "cell", "telefon"),
        "organisation": ("支部", "单位", "部门", "department", "unit"),
        "home": ("住址", "居住", "address"),
        "hours": ("时间", "hours"),
        "skills": ("特长", "技能"),
    },
)  # fmt: skip

_PHONE = re.compile(r"\+?\d{5,15}")


def _plan_organisations(tx: Transaction, table: Table) -> Planned:
    """Organisations by code; a blank parent stands at the top."""
    there = {one.code: one for one in store.organisations(tx.conn)}
    kinds: dict[str, str | None] = {}

    def read(row: Row) -> tuple[str, ...]:
        kinds[row["code"]] = _word(row, "kind", ORGANISATION_KINDS)
        return (row["code"],)

    keyed, faults = read_each(table, read)
    found = {key[0]: row for key, row in keyed.items()}
    faults += _without_parents(found, set(there), table)
    ids = {code: one.id for code, one in there.items()}
    ids |= {code: new_id() for code in found if code not in ids}
    above: dict[str, str | None] = {one.id: one.parent_id for one in there.values()}
    if "parent" in table.columns:
        above |= {ids[code]: ids.get(row["parent"]) for code, row in found.items()}
    names = {one: code for code, one in ids.items()}
    planned = Planned(faults=faults)
    for code, row in found.items():
        ring = ring_from(ids[code], above)
        if ring:
            shown = " → ".join(names[one] for one in ring)
            planned.faults.append(RowFault(row.number, "parent", problems.RING, shown))
            continue
        values: Values = {"code": code}
        values |= {n: row[n] or None for n in ("name_zh", "name_en") if n in table.columns}
        if "parent" in table.columns:
            values["parent_id"] = above[ids[code]]
        before = there.get(code)
        kind = kinds[code]
        if kind or before is None:
            values["kind"] = kind or ("branch" if above.get(ids[code]) else "company")
        settle(planned, row.number, code, ids[code], values, before)
    planned.steps = parents_first(planned.steps, above)
    return planned


def _without_parents(found: dict[str, Row], there: set[str], table: Table) -> list[RowFault]:
    """Take out, again and again, the rows whose parent is nowhere; gives why."""
    faults: list[RowFault] = []
    while "parent" in table.columns:
        lost = [
            code
            for code, row in found.items()
            if row["parent"] and row["parent"] not in there and row["parent"] not in found
        ]
        for code in lost:
            row = found.pop(code)
            problem = problems.UNKNOWN_PARENT
            faults.append(RowFault(row.number, "parent", problem, row["parent"]))
        if not lost:
            break
    return faults


def _plan_people(tx: Transaction, table: Table) -> Planned:
    """People by code; what a file has no column for stays as it is."""
    orgs = {one.code: one.id for one in store.organisations(tx.conn)}
    homes = Finder(tx.conn, [row["home"] for row in table.rows])
    read: dict[str, Values] = {}

    def read_row(row: Row) -> tuple[str, ...]:
        values = _person(row, table.columns, orgs, homes)
        read.setdefault(row["code"], values)
        return (row["code"],)

    found, faults = read_each(table, read_row)
    there = store.by_codes(tx.conn, [key[0] for key in found])
    planned = Planned(faults=faults)
    for (code,), row in found.items():
        settle(planned, row.number, code, new_id(), read[code], there.get(code))
    return planned


def _person(row: Row, columns: frozenset[str], orgs: dict[str, str], homes: Finder) -> Values:
    """The columns of a person that the file has. Raises BadRowError."""
    values: Values = {"code": row["code"], "name": row["name"]}
    if "phone" in columns:
        values["phone"] = _phone(row)
    if "organisation" in columns:
        values["organisation_id"] = orgs.get(row["organisation"])
        if row["organisation"] and values["organisation_id"] is None:
            value = row["organisation"]
            raise BadRowError("organisation", problems.UNKNOWN_ORGANISATION, value)
    if "home" in columns:
        values["home_place_id"] = homes.find(row, "home").id if row["home"] else None
    if "languages" in columns:
        values["languages"] = spoken_codes(words_of(row["languages"])) or None
    if "skills" in columns:
        values["skills"] = sorted(set(words_of(row["skills"]))) or None
    if "hours" in columns:
        try:
            values["hours"] = read_hours(row["hours"]) if row["hours"] else None
        except ValueError:
            raise BadRowError("hours", problems.BAD_HOURS, row["hours"]) from None
    return values


def _phone(row: Row) -> str | None:
    plain = re.sub(r"[\s()（）.－-]", "", row["phone"])
    if plain and not _PHONE.fullmatch(plain):
        raise BadRowError("phone", problems.BAD_PHONE, row["phone"])
    return plain or None


def _word(row: Row, column: str, words: dict[str, tuple[str, ...]]) -> str | None:
    """The stored word for a cell in either language, None where blank. Raises BadRowError."""
    text = row[column].lower()
    if not text:
        return None
    for word, said in words.items():
        if text in said:
            return word
    raise BadRowError(column, problems.BAD_KIND, row[column])


def _write_people(tx: Transaction, planned: Planned) -> None:
    for step in planned.steps:
        if step.what == "add":
            step.values["created_at"] = tx.now
    write_steps(tx, person, planned)


ORGANISATIONS = Importer(
    organisation,
    ORGANISATION_LAYOUT,
    _plan_organisations,
    lambda tx, planned: write_steps(tx, organisation, planned),
)
PEOPLE = Importer(person, PEOPLE_LAYOUT, _plan_people, _write_people)
