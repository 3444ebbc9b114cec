"""Files headed otherwise: guessed, put right by somebody, and known the next time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import imports as import_problems
from lamplit.domain.problems import registry as sheet_problems
from lamplit.services.field.files import registry_columns
from lamplit.services.field.files.columns import Said
from lamplit.services.field.files.headings import Headings, look
from lamplit.services.field.files.imports import (
    IMPORTERS,
    ImportPlan,
    Kind,
    apply_import,
    plan_import,
)
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.store import headings as store

BASE = """类别,编号,上级,名称,总层数,电梯
地区,D,,长江区,,
社区,C1,D,灯火社区,,
社区,C2,D,江畔社区,,
楼栋,B1,C1,一号楼,6,无
"""

THEIRS = """楼号,楼名,所在小区,层数,备注
B1,一号楼,C2,7,靠江
B2,二号楼,C1,18,
"""
SAID = {"楼号": "code", "楼名": "name_zh", "所在小区": "parent", "层数": "floors"}


def file_of(office: Office, text: str, name: str = "file.csv") -> Path:
    file = office.home.path / name
    file.write_bytes(text.encode())
    return file


def plan(office: Office, kind: Kind, text: str, *said) -> ImportPlan:
    return plan_import(office, CLI, kind, file_of(office, text), *said)


def looked(office: Office, kind: Kind, text: str) -> Headings:
    with office.db.read() as conn:
        kept = store.kept(conn, kind.value)
    return look(file_of(office, text), IMPORTERS[kind].layout, Said(kept=kept))


def taken(found: Headings) -> dict[str, tuple[str | None, str | None]]:
    return {one.name: (one.heading, one.how) for one in found.columns if one.heading}


@pytest.fixture
def there(office):
    apply_import(office, CLI, plan(office, Kind.PLACES, BASE))
    return office


def told(planned: ImportPlan) -> dict[str, list[tuple[str, str, str]]]:
    def zh(text):
        return text.zh if text else "–"

    return {
        step.code: [(one.column, zh(one.was), zh(one.now)) for one in step.changes]
        for step in planned.told
    }


def test_a_file_headed_as_ours_needs_nobody_to_look(office):
    found = looked(office, Kind.PLACES, BASE)
    assert found.settled
    assert taken(found)["has_lift"] == ("电梯", "named")


def test_headings_of_others_are_guessed_and_somebody_has_to_look(office):
    found = looked(office, Kind.PLACES, THEIRS)
    assert not found.settled
    assert taken(found) == {
        "code": ("楼号", "guessed"),
        "name_zh": ("楼名", "guessed"),
        "parent": ("所在小区", "guessed"),
        "floors": ("层数", "named"),
    }
    assert found.headings[0].samples == ["B1", "B2"]
    kind = next(one for one in found.columns if one.name == "kind")
    # 楼号 numbers buildings, so each row may be one.
    assert (kind.needed, kind.heading, kind.value) == (True, None, "building")
    assert kind.values["community"].zh == "社区"


def test_headings_of_other_languages_are_guessed_by_their_parts(office):
    found = looked(office, Kind.PLACES, "Haus-Nr;Etagen\n12;4\n")
    assert taken(found) == {"code": ("Haus-Nr", "guessed"), "floors": ("Etagen", "guessed")}


def test_a_short_word_inside_another_is_no_guess(office):
    found = looked(office, Kind.PLACES, "kind,code,noise\nbuilding,B1,loud\n")
    assert taken(found) == {"kind": ("kind", "named"), "code": ("code", "named")}
    assert found.settled


def test_a_file_that_names_its_code_otherwise_is_refused_unless_told(there):
    with pytest.raises(LamplitError, match=r"import\.no-column"):
        plan(there, Kind.PLACES, THEIRS)
    planned = plan(there, Kind.PLACES, THEIRS, SAID, {"kind": "building"})
    assert (planned.planned.added, planned.planned.changed, planned.bad) == (1, 1, 0)
    assert planned.table.ignored == ["备注"]


def test_a_plan_says_what_was_and_what_will_be(there):
    planned = plan(there, Kind.PLACES, THEIRS, SAID, {"kind": "building"})
    assert told(planned) == {
        # The community that follows from the new parent is not told beside it.
        "building:B1": [("floors", "6", "7"), ("parent", "C1", "C2")],
        "building:B2": [],
    }
    assert planned.told[1].name.zh == "二号楼"
    lift = plan(there, Kind.PLACES, "kind,code,has_lift,valid_from\n楼栋,B1,有,2026-03-01\n")
    assert told(lift)["building:B1"] == [
        ("valid_from", "–", "2026-03-01"),
        ("has_lift", "否", "是"),
    ]


def test_a_person_s_telephone_and_home_are_not_told(there):
    members = "工号,姓名,电话,居住地,技能\nP1,陈静,13800000001,B1,急救\n"
    apply_import(there, CLI, plan(there, Kind.PEOPLE, members))
    planned = plan(
        there, Kind.PEOPLE, members.replace("0001", "0002").replace("B1,急救", "C1,电工")
    )
    [step] = planned.told
    assert {one.column: one.held for one in step.changes} == {
        "phone": True, "home": True, "skills": False,
    }  # fmt: skip
    assert told(planned)["P1"] == [
        ("phone", "–", "–"),
        ("home", "–", "–"),
        ("skills", "急救", "电工"),
    ]


def test_what_was_said_is_known_the_next_time_and_only_if_it_was_done(there):
    said = (SAID, {"kind": "building"})
    plan(there, Kind.PLACES, THEIRS, *said)
    with pytest.raises(LamplitError, match=r"import\.no-column"):
        plan(there, Kind.PLACES, THEIRS, {}, {"kind": "building"})
    apply_import(there, CLI, plan(there, Kind.PLACES, THEIRS, *said))
    assert resolve_of(there, "B2").floors == 18
    again = plan(there, Kind.PLACES, THEIRS.replace("7,靠江", "8,靠江"), {}, {"kind": "building"})
    assert told(again) == {"building:B1": [("floors", "7", "8")]}
    found = looked(there, Kind.PLACES, THEIRS)
    assert taken(found)["code"] == ("楼号", "kept")
    # Another kind of file may mean something else by it.
    assert "kept" not in {how for _, how in taken(looked(there, Kind.DUTIES, THEIRS)).values()}


def resolve_of(office: Office, code: str):
    with office.db.read() as conn:
        return resolve_place(conn, code)


def test_a_heading_that_would_be_taken_can_be_left_aside_and_stays_so(there):
    text = "kind,code,名称\nbuilding,B1,垃圾\n"
    planned = plan(there, Kind.PLACES, text + "building,B3,\n", {"名称": ""})
    assert planned.table.ignored == ["名称"]
    apply_import(there, CLI, planned)
    assert resolve_of(there, "B1").name_zh == "一号楼"
    assert plan(there, Kind.PLACES, text).planned.steps == []
    renamed = plan(there, Kind.PLACES, text, {"名称": "name_zh"})
    assert told(renamed) == {"building:B1": [("name_zh", "一号楼", "垃圾")]}


def test_a_heading_of_ours_wins_over_one_that_was_kept(there):
    apply_import(there, CLI, plan(there, Kind.PLACES, THEIRS, SAID, {"kind": "building"}))
    planned = plan(there, Kind.PLACES, "kind,code,楼号,floors\nbuilding,B1,nonsense,9\n")
    assert told(planned) == {"building:B1": [("floors", "7", "9")]}


def test_two_headings_for_one_column_are_refused_and_looked_at(there):
    text = "kind,编号,代码\nbuilding,B1,B9\n"
    with pytest.raises(LamplitError, match=r"registry\.same-column-twice"):
        plan(there, Kind.PLACES, text)
    with pytest.raises(LamplitError, match=r"registry\.same-column-twice"):
        plan(there, Kind.PLACES, text, {"编号": "code", "代码": "code"})
    assert not looked(there, Kind.PLACES, text).settled
    assert plan(there, Kind.PLACES, text, {"代码": "code"}).planned.added == 1


@pytest.mark.parametrize(
    ("columns", "fixed"),
    [({"nowhere": "code"}, {}), ({"编号": "colour"}, {}), ({}, {"colour": "blue"})],
)
def test_what_is_said_of_columns_that_are_not_there_is_refused(there, columns, fixed):
    with pytest.raises(LamplitError, match=r"registry\.bad-map"):
        plan(there, Kind.PLACES, BASE, columns, fixed)


def test_what_stands_in_every_row_is_read_as_a_cell_would_be(there):
    planned = plan(
        there,
        Kind.PLACES,
        "code\nB7\nB8\n",
        {},
        {"kind": "楼栋", "parent": "C1", "valid_from": "2026-05-01"},
    )
    apply_import(there, CLI, planned)
    assert resolve_of(there, "B8").valid_from == date(2026, 5, 1)
    bad = plan(there, Kind.PLACES, "code\nB7\n", {}, {"kind": "castle"})
    assert [fault.problem.code for fault in bad.faults] == ["import.bad-kind"]


def test_every_column_has_a_name_for_people():
    for kind, importer in IMPORTERS.items():
        assert set(importer.layout.texts) == set(importer.layout.columns), kind
    assert set(registry_columns.LAYOUT.texts) == set(registry_columns.LAYOUT.columns)


def test_a_registry_headed_otherwise_is_guessed_and_what_is_not_meant_is_left_aside(office):
    file = file_of(office, "电能表资产,用电客户号,楼幢编码,层数\nM1,H1,B1,6\n")
    found = look(file, registry_columns.LAYOUT, Said())
    assert not found.settled
    assert taken(found) == {
        "meter_id": ("电能表资产", "guessed"),
        "household_id": ("用电客户号", "guessed"),
        "building_id": ("楼幢编码", "guessed"),
        "floor": ("层数", "named"),
    }
    headers = [one.heading for one in found.headings]
    said = Said({"电能表资产": "meter_id", "层数": ""}, {"community_id": "C1"})
    assert registry_columns.meanings(str(file), headers, said) == {
        "电能表资产": "meter_id",
        "层数": "",
    }


def test_at_a_page_no_problem_of_an_import_speaks_of_a_command_s_options():
    for module in (import_problems, sheet_problems):
        for problem in vars(module).values():
            if isinstance(problem, Problem):
                for text in (problem.says, problem.page_remedy):
                    said = text.en + text.zh
                    assert "--" not in said and "docs/" not in said, problem.code
