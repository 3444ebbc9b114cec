"""Files of pairings (结对) and of duties: roles and responsibilities (岗位, 包保)."""

from __future__ import annotations

from lamplit.domain.abilities import Ability
from lamplit.domain.field import ROLE_TEXT, ROLES_OF, PlaceKind, Role, Tie
from lamplit.domain.language import Text
from lamplit.domain.problems import imports as problems
from lamplit.services.field.door import require
from lamplit.services.field.files.columns import Layout
from lamplit.services.field.files.importing import Importer, Planned, Step, Values
from lamplit.services.field.files.placing import Finder
from lamplit.services.field.files.sheet import BadRowError, Row, Table, read_date, read_each
from lamplit.services.field.office import Transaction
from lamplit.services.field.people.assignments import RESPONSIBLE_FOR, add, new_tie, tie_of
from lamplit.services.field.people.checkin import pair_in
from lamplit.store import assignments as store
from lamplit.store import people
from lamplit.store.schema import assignment

_GIVEN = (*ROLES_OF[Tie.ROLE], *ROLES_OF[Tie.RESPONSIBILITY])

PAIRING_LAYOUT = Layout(
    columns={
        "organisation": ("organization", "branch", "company", "组织", "单位", "支部", "组织编号"),
        "community": ("place", "paired community", "社区", "结对社区", "社区编号"),
        "note": ("remark", "备注"),
    },
    needed=("organisation", "community"),
    codes=("organisation", "community"),
    texts={
        "organisation": Text("Organisation (its code)", "单位（编号）"),
        "community": Text("Community (its code)", "社区（编号）"),
        "note": Text("Note", "备注"),
    },
    near={
        "organisation": ("支部", "单位", "组织", "公司", "office"),
        "community": ("社区", "小区", "neighbourhood", "estate"),
        "note": ("说明", "note", "comment"),
    },
)

DUTY_LAYOUT = Layout(
    columns={
        "person": ("code", "staff no", "工号", "人员", "人员编号", "姓名编号"),
        "place": ("building", "household", "地点", "地点编号", "楼栋", "户号"),
        "role": ("duty", "岗位", "职责", "角色"),
        "ends": ("until", "to", "结束日期", "截止日期"),
        "note": ("remark", "备注"),
    },
    needed=("person", "place", "role"),
    codes=("person", "place"),
    texts={
        "person": Text("Person (staff number)", "人员（工号）"),
        "place": Text("Place (its code)", "地点（编号）"),
        "role": Text("Role", "岗位"),
        "ends": Text("Until", "结束日期"),
        "note": Text("Note", "备注"),
    },
    near={
        "person": ("工号", "人员", "负责人", "member", "who"),
        "place": ("地点", "楼", "户", "where", "site"),
        "role": ("岗", "职", "角色", "function"),
        "ends": ("截止", "结束", "end"),
        "note": ("说明", "note", "comment"),
    },
    values={"role": {role.value: ROLE_TEXT[role] for role in _GIVEN}},
)

ROLE_WORDS = {
    word: role for role in _GIVEN for word in (role.value, ROLE_TEXT[role].en, ROLE_TEXT[role].zh)
} | {"包保": Role.RESPONSIBLE, "包保人": Role.RESPONSIBLE}


def _plan_pairings(tx: Transaction, table: Table) -> Planned:
    """Pairings that stand already are left as they are; the others begin today."""
    orgs = {one.code: one.id for one in people.organisations(tx.conn)}
    finder = Finder(tx.conn, [row["community"] for row in table.rows])
    ids: dict[tuple[str, ...], tuple[str, str]] = {}

    def read(row: Row) -> tuple[str, ...]:
        belongs = orgs.get(row["organisation"])
        if belongs is None:
            value = row["organisation"]
            raise BadRowError("organisation", problems.UNKNOWN_ORGANISATION, value)
        where = finder.find(row, "community", PlaceKind.COMMUNITY)
        key = (row["organisation"], where.code)
        ids[key] = (belongs, where.id)
        return key

    found, faults = read_each(table, read)
    standing = store.pairings_on(tx.conn, tx.today)
    planned = Planned(faults=faults)
    for key, row in found.items():
        if ids[key] in standing:
            planned.unchanged += 1
            continue
        belongs, where = ids[key]
        require(tx, Ability.ASSIGN, where)
        values: Values = {"organisation": belongs, "place": where, "note": row["note"] or None}
        planned.steps.append(Step(row.number, "add", " – ".join(key), where, values))
    return planned


def _write_pairings(tx: Transaction, planned: Planned) -> None:
    for step in planned.steps:
        values = step.values
        pair_in(tx, values["organisation"], values["place"], values["note"])


def _plan_duties(tx: Transaction, table: Table) -> Planned:
    """Duties that the person has already are left as they are; the others begin today."""
    members = people.by_codes(tx.conn, sorted({row["person"] for row in table.rows}))
    finder = Finder(tx.conn, [row["place"] for row in table.rows])
    read_values: dict[tuple[str, ...], Values] = {}

    def read(row: Row) -> tuple[str, ...]:
        values = _duty(tx, row, members, finder)
        key = (row["person"], values["place"], values["role"].value)
        read_values.setdefault(key, values)
        return key

    found, faults = read_each(table, read)
    planned = Planned(faults=faults)
    for key, row in found.items():
        values = read_values[key]
        require(tx, Ability.ASSIGN, values["place"])
        made = new_tie(
            tx,
            values["person"],
            values["place"],
            values["role"],
            starts=tx.today,
            ends=values["ends"],
            note=values["note"],
        )
        if store.clashing(tx.conn, made):
            planned.unchanged += 1
        else:
            code = f"{row['person']} – {row['place']} – {values['role'].value}"
            planned.steps.append(Step(row.number, "add", code, made.id, {"made": made}))
    return planned


def _duty(tx: Transaction, row: Row, members: dict[str, people.Person], finder: Finder) -> Values:
    """One duty. Raises BadRowError."""
    member = members.get(row["person"])
    if member is None:
        raise BadRowError("person", problems.UNKNOWN_PERSON, row["person"])
    role = ROLE_WORDS.get(row["role"].lower())
    if role is None:
        raise BadRowError("role", problems.BAD_ROLE, row["role"])
    kinds = RESPONSIBLE_FOR if tie_of(role) == Tie.RESPONSIBILITY else ()
    where = finder.find(row, "place", *kinds)
    ends = read_date(row, "ends")
    if ends is not None and ends <= tx.today:
        raise BadRowError("ends", problems.PAST_END, row["ends"])
    return {
        "person": member.id,
        "place": where.id,
        "role": role,
        "ends": ends,
        "note": row["note"] or None,
    }


def _write_duties(tx: Transaction, planned: Planned) -> None:
    for step in planned.steps:
        add(tx, step.values["made"])


PAIRINGS = Importer(assignment, PAIRING_LAYOUT, _plan_pairings, _write_pairings)
DUTIES = Importer(assignment, DUTY_LAYOUT, _plan_duties, _write_duties)
