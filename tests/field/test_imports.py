"""Files of places, organisations, people and their ties: planned, then applied, all or nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from people_kit import Neighbourhood, neighbourhood
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role
from lamplit.services.field.files.imports import ImportPlan, Kind, apply_import, plan_import
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.people.assignments import assign
from lamplit.services.field.people.checkin import check_in
from lamplit.services.field.people.coverage import covers
from lamplit.services.field.people.people import list_people, resolve_organisation, show_person
from lamplit.services.field.places.places import resolve_place
from lamplit.store import log
from lamplit.store.places import Place
from lamplit.store.schema import assignment, organisation, person, place

PLACES = """类别,编号,上级,名称,总层数,电梯
地区,D,,长江区,,
社区,C1,D,灯火社区,,
网格,G1,C1,第一网格,,
楼栋,B1,G1,一号楼,18,有
户,H1,B1,,,
户,H2,B1,,,
"""


def plan(office: Office, kind: Kind, text: str, actor=CLI, name: str = "file.csv") -> ImportPlan:
    file = office.home.path / name
    file.write_bytes(text.encode("utf-8"))
    return plan_import(office, actor, kind, file)


def do(office: Office, kind: Kind, text: str, **more: bool) -> ImportPlan:
    planned = plan(office, kind, text)
    apply_import(office, CLI, planned, **more)
    return planned


def faults(planned: ImportPlan) -> list[tuple[int, str, str]]:
    return [(f.row, f.column, f.problem.code.removeprefix("import.")) for f in planned.faults]


def get(office: Office, code: str) -> Place:
    with office.db.read() as conn:
        return resolve_place(conn, code)


def count(office: Office, table) -> int:
    with office.db.read() as conn:
        return len(conn.execute(select(table.c.id)).all())


def test_places_nest_as_the_file_says_whatever_the_order_of_rows(office):
    header, *rows = PLACES.splitlines()
    planned = do(office, Kind.PLACES, "\n".join([header, *reversed(rows)]))
    assert (planned.planned.added, planned.bad) == (6, 0)
    home, building = get(office, "H1"), get(office, "B1")
    assert (home.parent_id, home.building_id) == (building.id, building.id)
    assert home.community_id == building.community_id == get(office, "C1").id
    assert (building.floors, building.has_lift, building.name_zh) == (18, True, "一号楼")


def test_a_plan_writes_nothing(office):
    planned = plan(office, Kind.PLACES, PLACES)
    assert planned.planned.added == 6
    assert count(office, place) == 0


def test_importing_twice_changes_nothing(office):
    do(office, Kind.PLACES, PLACES)
    again = do(office, Kind.PLACES, PLACES)
    assert (again.planned.added, again.planned.changed, again.planned.unchanged) == (0, 0, 6)
    assert get(office, "B1").version == 1


def test_a_column_that_a_file_lacks_stays_and_a_blank_cell_empties(office):
    do(office, Kind.PLACES, PLACES)
    do(office, Kind.PLACES, "kind,code,floors\nbuilding,B1,\n")
    building = get(office, "B1")
    assert (building.floors, building.name_zh, building.version) == (None, "一号楼", 2)
    assert building.parent_id == get(office, "G1").id


def test_what_stands_in_a_building_moves_along_with_it(office):
    do(office, Kind.PLACES, PLACES + "社区,C2,D,,,\n")
    do(office, Kind.PLACES, "kind,code,parent\nbuilding,B1,C2\n")
    assert get(office, "H1").community_id == get(office, "C2").id
    do(office, Kind.PLACES, "kind,code,parent\ngrid cell,G1,C1\nbuilding,B1,G1\n")
    do(office, Kind.PLACES, "kind,code,parent\ngrid cell,G1,C2\n")
    assert {get(office, c).community_id for c in ("B1", "H1", "G1")} == {get(office, "C2").id}


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ("castle,X,\n", [(2, "kind", "bad-kind")]),
        (",X,\n", [(2, "kind", "blank")]),
        ("building,B1,nowhere\n", [(2, "parent", "unknown-parent")]),
        ("household,H,D\ndistrict,D,\n", [(2, "parent", "wrong-parent")]),
        ("district,A,B\ndistrict,B,A\n", [(2, "parent", "ring"), (3, "parent", "ring")]),
        ("district,A,A\n", [(2, "parent", "ring")]),
        ("district,A,\ndistrict,A,\n", [(3, "code", "duplicate")]),
        (
            "building,B,C\nhousehold,H,B\ncommunity,C,no\n",
            [(2, "parent", "unknown-parent"), (3, "parent", "unknown-parent"),
             (4, "parent", "unknown-parent")],
        ),
        ("district,3.3E+11,\n", [(2, "code", "registry.rounded-id")]),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_its_column(office, rows, wanted):
    planned = plan(office, Kind.PLACES, "kind,code,parent\n" + rows)
    assert faults(planned) == wanted
    assert all(f.problem.remedy.zh for f in planned.faults)


def test_a_ring_through_the_store_is_refused(office):
    do(office, Kind.PLACES, "kind,code,parent\ndistrict,A,\ndistrict,B,A\ndistrict,C,B\n")
    assert faults(plan(office, Kind.PLACES, "kind,code,parent\ndistrict,A,C\n")) == [
        (2, "parent", "ring")
    ]


def test_numbers_dates_and_floors_are_read_and_checked(office):
    text = "kind,code,lat,lon,floor,valid_from,valid_to\npump station,P,{}\n"
    good = text.format("30.6,114.3,B1,2020年1月1日,2021/1/1")
    do(office, Kind.PLACES, good)
    station = get(office, "P")
    assert (station.lat, station.floor, str(station.valid_to)) == (30.6, -1, "2021-01-01")
    for cells, column in (
        ("91,,,,", "lat"),
        (",x,,,", "lon"),
        (",,attic,,", "floor"),
        (",,,01/02/2020,", "valid_from"),
        (",,,2020-01-02,2020-01-02", "valid_to"),
    ):
        assert [f[1] for f in faults(plan(office, Kind.PLACES, text.format(cells)))] == [column]


def test_bad_rows_stop_all_and_wait_in_quarantine_without_live_formulas(office):
    text = PLACES + '楼栋,B9,"=HYPERLINK(""http://x"",""y"")",,,\n'
    with pytest.raises(LamplitError, match=r"registry\.bad-rows") as told:
        do(office, Kind.PLACES, text)
    assert count(office, place) == 0
    with Path(told.value.fields["quarantine"]).open(encoding="utf-8-sig") as stream:
        (row,) = csv.DictReader(stream)
    assert row["value"].startswith("'=HYPERLINK")
    assert row["cure_zh"]
    planned = do(office, Kind.PLACES, text, skip_bad=True)
    assert (count(office, place), planned.bad, planned.rows) == (6, 1, 7)


def test_a_file_of_another_encoding_with_a_mark_and_control_characters_is_read(office):
    for encoding in ("gb18030", "utf-8-sig", "utf-16"):
        file = office.home.path / f"{encoding}.csv"
        file.write_bytes(PLACES.replace("一号楼", "一\x00号\x07楼").encode(encoding))
        apply_import(office, CLI, plan_import(office, CLI, Kind.PLACES, file))
    assert get(office, "B1").name_zh == "一号楼"
    assert get(office, "B1").version == 1


def test_a_workbook_is_read(office):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["地点清单"])
    for line in PLACES.splitlines():
        book.active.append(line.split(","))
    file = office.home.path / "places.xlsx"
    book.save(file)
    assert plan_import(office, CLI, Kind.PLACES, file).planned.added == 6


def test_sql_and_paths_in_names_are_text(office):
    name = "'; DROP TABLE place; --"
    do(office, Kind.PLACES, f'kind,code,name\ndistrict,../../etc,"{name}"\n')
    assert get(office, "../../etc").name_zh == name


ORGS = "组织编号,类别,名称,上级\nCO,公司,电力公司,\nBR,支部,第一支部,CO\nBR2,,第二支部,CO\n"


def test_organisations_form_a_tree(office):
    do(office, Kind.ORGANISATIONS, ORGS)
    with office.db.read() as conn:
        top, branch = (resolve_organisation(conn, code) for code in ("CO", "BR2"))
    assert (top.kind, branch.kind, branch.parent_id) == ("company", "branch", top.id)
    again = do(office, Kind.ORGANISATIONS, ORGS)
    assert again.planned.unchanged == 3


def test_what_stands_in_a_refused_district_is_refused_too(office):
    rows = ("district,D1,D2", "district,D2,D1", "community,C1,D1", "building,B1,C1", "district,D3,")
    text = "\n".join(["kind,code,parent", *rows])
    planned = do(office, Kind.PLACES, text, skip_bad=True)
    assert faults(planned)[2:] == [(4, "parent", "unknown-parent"), (5, "parent", "unknown-parent")]
    assert count(office, place) == 1


def test_a_ring_of_organisations_is_refused_and_named(office):
    do(office, Kind.ORGANISATIONS, ORGS)
    planned = plan(office, Kind.ORGANISATIONS, "code,parent\nCO,BR\n")
    assert faults(planned) == [(2, "parent", "ring")]
    assert planned.faults[0].value == "CO → BR → CO"
    planned = plan(office, Kind.ORGANISATIONS, "code,parent\nX,Y\nZ,X\n")
    assert [f[2] for f in faults(planned)] == ["unknown-parent", "unknown-parent"]
    planned = plan(office, Kind.ORGANISATIONS, "code,kind\nX,guild\n")
    assert faults(planned) == [(2, "kind", "bad-kind")]


PEOPLE = """工号,姓名,手机号,单位,居住地,语言,技能,可用时间
001,王芳,138-0000-0001,BR,B1-1,普通话；粤语,护理；驾驶,周一至周五 18:00-21:00；周末 9:00-12:00
002,李强,,CO,,,,
"""


def test_people_come_with_where_they_belong_live_and_can_help(office):
    neighbourhood(office)
    do(office, Kind.PEOPLE, PEOPLE)
    seen = show_person(office, CLI, "001")
    who = seen.person
    assert (who.name, who.phone, who.languages, who.skills) == (
        "王芳", "13800000001", ["zh", "yue"], ["护理", "驾驶"],
    )  # fmt: skip
    assert who.hours is not None
    assert who.hours["fri"] == [["18:00", "21:00"]]
    assert who.hours["sun"] == [["09:00", "12:00"]]
    assert seen.organisation is not None
    assert seen.organisation.code == "BR"
    assert who.home_place_id == get(office, "B1-1").id
    assert do(office, Kind.PEOPLE, PEOPLE).planned.unchanged == 2


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("1,,,,,", ("name", "blank")),
        ("1,A,12,,,", ("phone", "bad-phone")),
        ("1,A,=1+1,,,", ("phone", "bad-phone")),
        ("1,A,,NO,,", ("organisation", "unknown-organisation")),
        ("1,A,,,nowhere,", ("home", "unknown-place")),
        ("1,A,,,,whenever", ("hours", "bad-hours")),
        ("1,A,,,,mon 21:00-18:00", ("hours", "bad-hours")),
    ],
)
def test_a_bad_cell_of_a_person_is_named(office, row, wanted):
    text = f"code,name,phone,organisation,home,hours\n{row}\n"
    assert faults(plan(office, Kind.PEOPLE, text)) == [(2, *wanted)]


def test_people_of_one_code_twice_are_refused(office):
    planned = plan(office, Kind.PEOPLE, "code,name\n1,A\n1,B\n")
    assert faults(planned) == [(3, "code", "duplicate")]


def test_pairings_let_members_check_in(office):
    hood = neighbourhood(office)
    text = "单位,社区\nCO,C1\nBR,C2\n"
    assert do(office, Kind.PAIRINGS, text).planned.added == 2
    assert do(office, Kind.PAIRINGS, text).planned.unchanged == 2
    for code in ("C1", "C2"):
        assert check_in(office, hood.as_("p1"), person="p1", community=code).new
    planned = plan(office, Kind.PAIRINGS, "organisation,community\nNO,C1\nCO,B1\nCO,X\n")
    assert [f[2] for f in faults(planned)] == [
        "unknown-organisation",
        "wrong-place",
        "unknown-place",
    ]


def test_duties_come_from_a_file(office):
    neighbourhood(office)
    text = (
        "人员,地点,岗位,结束日期\np1,B1,包保,\np2,C1,哨长,2020-03-01\np3,building:B2,responsible,\n"
    )
    assert do(office, Kind.DUTIES, text).planned.added == 3
    assert do(office, Kind.DUTIES, text).planned.unchanged == 3
    found = covers(office, CLI, "C1")
    assert [[k.code for k in p.keepers] for p in found.parts] == [["p1"], ["p3"]]
    rows = "person,place,role,ends\np9,B1,leader,\np1,B1,king,\np1,C1,包保,\np1,X,leader,\n"
    planned = plan(office, Kind.DUTIES, rows + "p1,C1,leader,2020-02-10\np1,C1,paired,\n")
    assert [f[2] for f in faults(planned)] == [
        "unknown-person", "bad-role", "wrong-place", "unknown-place", "past-end", "bad-role",
    ]  # fmt: skip


def test_what_others_changed_meanwhile_stops_the_import(office):
    planned = plan(office, Kind.ORGANISATIONS, ORGS)
    do(office, Kind.ORGANISATIONS, "code,name\nCO,other\n")
    with pytest.raises(LamplitError, match=r"store\.changed-meanwhile"):
        apply_import(office, CLI, planned)


def test_an_import_is_one_entry_of_the_log_with_the_file_s_hash(office):
    do(office, Kind.PEOPLE, "code,name\n1,A\n2,B\n")
    with office.db.read() as conn:
        (entry,) = log.entries(conn)
    assert (entry.kind, len(entry.subject_id)) == ("people.imported", 64)
    assert entry.data == {"name": "file.csv", "added": 2, "changed": 0, "refused": 0}


def test_an_import_needs_the_ability_at_what_it_touches(office):
    hood: Neighbourhood = neighbourhood(office)
    people = "code,name\n9,N\n"
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        plan(office, Kind.PEOPLE, people, hood.as_("lead"))
    assign(office, CLI, person="p1", place="C1", role=Role.OPERATOR)
    operator = hood.as_("p1")
    assert plan(office, Kind.PEOPLE, people, operator).planned.added == 1
    inside = "kind,code,parent\nbuilding,B8,C1\n"
    assert plan(office, Kind.PLACES, inside, operator).planned.added == 1
    for text in ("kind,code,parent\nbuilding,B8,C2\n", "kind,code\ndistrict,D2\n"):
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            plan(office, Kind.PLACES, text, operator)
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        plan(office, Kind.DUTIES, "person,place,role\np2,B3,leader\n", operator)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name\nA\n", "import.no-column"),
        ("code,name\n", "registry.no-rows"),
        ("code,编号,name\n1,2,A\n", "registry.same-column-twice"),
        ("", "registry.empty-file"),
    ],
)
def test_a_file_that_can_t_be_used_says_why(office, text, code):
    with pytest.raises(LamplitError, match=code):
        plan(office, Kind.PEOPLE, text)


def test_a_column_can_be_named_by_hand(office):
    file = office.home.path / "odd.csv"
    file.write_text("who,name\n1,A\n", "utf-8")
    planned = plan_import(office, CLI, Kind.PEOPLE, file, {"who": "code"})
    assert planned.planned.added == 1
    with pytest.raises(LamplitError, match=r"registry\.bad-map"):
        plan_import(office, CLI, Kind.PEOPLE, file, {"nobody": "code"})


def test_people_are_listed_by_organisation_and_by_where_they_help(office):
    hood = neighbourhood(office)
    hood.person("solo", None)
    assign(office, CLI, person="p2", place="B2-1", role=Role.RESPONSIBLE)
    assert [p.code for p in list_people(office, CLI, organisation="CO")] == [
        "lead", "p1", "p2", "p3",
    ]  # fmt: skip
    assert [p.code for p in list_people(office, hood.as_("lead"), place="C1")] == ["lead", "p2"]
    assert [p.code for p in list_people(office, CLI, place="D", text="p")] == ["p2"]
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        list_people(office, hood.as_("p2"), place="C1")


def test_a_person_is_seen_by_themselves_and_their_leader(office):
    hood = neighbourhood(office)
    assign(office, CLI, person="p2", place="B2", role=Role.RESPONSIBLE)
    assign(office, CLI, person="p3", place="B3", role=Role.RESPONSIBLE)
    for who in ("lead", "p2"):
        assert show_person(office, hood.as_(who), "p2").assignments[0].role == Role.RESPONSIBLE
    assert show_person(office, hood.as_("lead"), "p1").assignments == []
    for who, whom in (("p1", "p2"), ("lead", "p3"), ("p2", "p1")):
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            show_person(office, hood.as_(who), whom)


def test_every_kind_of_place_can_be_imported(office):
    do(office, Kind.PLACES, PLACES)
    for kind in PlaceKind:
        do(office, Kind.PLACES, f"kind,code\n{kind.value},new-{kind.value}\n")
    assert count(office, place) == 6 + len(PlaceKind)
    assert count(office, organisation) == count(office, person) == count(office, assignment) == 0
