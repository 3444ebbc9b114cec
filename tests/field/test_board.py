"""The leader's board: done against expected-by-now, an honest forecast, what nobody has first."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from campaign_world import ANSWERED, ILL, NOBODY, TODAY, build
from openpyxl import load_workbook
from rich.console import Console

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import FindingState, PlaceKind, Role
from lamplit.domain.language import Text
from lamplit.outbound.board import BoardHead, FigureLine, PlaceLine, WorkerLine, board_view
from lamplit.services.field.campaigns import board, cadence, doors
from lamplit.services.field.campaigns.board import after_hours, knocking_hours
from lamplit.services.field.campaigns.course import course
from lamplit.services.field.office import CLI
from lamplit.services.field.packs import pack_of
from lamplit.services.field.tasks import assign, findings
from lamplit.store.schema import place, task

CARE_FORM = "lamplit_building_care"
NO_NEED = {"difficulty": "none", "came_back": "no"}


@pytest.fixture
def world(office):
    made = build(office, buildings=4, homes=20)
    for code in ("v1", "v2"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    campaign = made.campaign(parameters={"way": "every_door"})
    made.sweep(campaign, made.evening())
    return made


def test_it_counts_what_was_sent(world, office, clock):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1-B0")
    clock.turn(hours=2)
    said = [ANSWERED] * 3 + [ILL, NOBODY]
    for one, answers in zip(world.tasks(owner_id=world.people["v1"]), said, strict=False):
        world.submit(world.person("v1"), one.id, **answers)
    clock.turn(hours=1)
    found = board.board(office, world.person("boss"), "sweep")
    counts = found.counts
    assert (found.enrolled, found.done) == (80, 4)
    assert (counts["reached"], counts["attempted"], counts["untouched"]) == (4, 1, 75)
    assert (counts["tasks_done"], counts["findings_open"], counts["severity:critical"]) == (5, 2, 1)
    assert counts["follow_ups_open"] == 2
    figures = {f.code: f for f in found.figures}
    assert (figures["coverage"].value, figures["coverage"].share) == (4, 4 / 80)
    [one] = [w for w in found.people if w.name == "v1"]
    assert (one.held, one.sent, one.today) == (15, 5, 5)
    assert one.age(found.at) == timedelta(hours=1)


def test_asked_today_counts_today_s_homes_and_no_other_day_s(world, office, clock):
    care = world.person("care", Role.RESPONSIBLE, world.buildings[1])
    made = world.campaign("care", "building_care", deadline=TODAY + timedelta(9))
    world.sweep(made, None)

    def ask(count: int) -> tuple[int, int | None]:
        day = f"daily:{office.local_day(clock.now)}"
        for one in world.tasks(campaign_id=made.id, slot=day)[:count]:
            world.submit(care, one.id, form_id=CARE_FORM, contact="met", health="well", **NO_NEED)
        figures = {f.code: f for f in board.board(office, CLI, "care").figures}
        return figures["today"].value, figures["today"].out_of

    clock.turn(hours=2)
    assert ask(20) == (20, 20)
    clock.turn(days=1)
    cadence.roll(office)
    assert ask(3) == (3, 20)


def test_buildings_that_nobody_has_come_first(world, office):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1-B2")
    found = board.board(office, CLI, "sweep").uncovered
    assert [(u.free, u.open) for u in found] == [(20, 20)] * 3
    assert "Block 2" not in {u.name.en for u in found}


def test_places_in_no_building_are_named_one_by_one_the_soonest_due_first(world, office, clock):
    sites = [{"id": f"s{n}", "kind": "work_site", "code": f"S{n}", "name_en": f"Site {n}",
              "parent_id": world.community, "community_id": world.community,
              "attrs": {"registered": True}} for n in range(25)]  # fmt: skip
    with office.db.begin() as conn:
        conn.execute(place.insert(), sites)
    made = world.campaign("sites", "worksite_safety", purpose="safety_audit")
    assert made.subjects == (PlaceKind.WORK_SITE,)
    world.sweep(made, None)
    soon = clock.now + timedelta(minutes=5)
    with office.db.begin() as conn:
        conn.execute(task.update().where(task.c.place_id == "s7").values(due_until=soon))
    now = board.board(office, CLI, "sites")
    assert (now.uncovered[0].place_id, now.uncovered[0].name.en) == ("s7", "Site 7")
    assert {(one.free, one.open) for one in now.uncovered} == {(1, 1)}
    # Only the first are named, but all are counted.
    assert (len(now.uncovered), now.free) == (20, 25)
    world.person("i1", Role.INSPECTOR)
    assert assign.assign(office, CLI, "i1", campaign="sites", place="S7").count == 1
    now = board.board(office, CLI, "sites")
    assert "s7" not in {one.place_id for one in now.uncovered}
    assert now.free == 24


def test_a_place_is_listed_by_its_name_with_what_is_to_be_done_and_a_home_without_one(
    world, office
):
    with office.db.begin() as conn:
        site = {"id": "s", "kind": "work_site", "code": "S", "name_zh": "东门", "parent_id":
                world.community, "attrs": {"registered": True}}  # fmt: skip
        conn.execute(place.insert().values(**site))
        conn.execute(place.update().where(place.c.kind == "household").values(name_zh="王家"))
    world.sweep(world.campaign("sites", "worksite_safety", purpose="safety_audit"), None)
    [one] = doors.listed(office, CLI, "sites")
    assert one.name == Text("东门", "东门")
    assert one.title == Text("Audit the site", "督察作业现场")
    assert {it.name for it in doors.listed(office, CLI, "sweep")} == {None}


def exported(office, campaign, kind, language):
    body = doors.export(office, CLI, campaign, kind, language)
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    heads, *rows = load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_a_sheet_says_in_its_readers_words_how_each_door_stands_and_a_csv_in_codes(world, office):
    world.submit(world.person("v1"), world.tasks()[0].id, **ANSWERED)
    sheet = exported(office, "sweep", "xlsx", "zh")
    assert {(row["状态"], row["任务"], row["结果"]) for row in sheet} == {
        ("进行中", "待认领", None), ("已办结", "已完成", "已见面"),
    }  # fmt: skip
    assert {row["截止"] for row in sheet} == {"2020-02-12 20:30"}, "by the clock of Wuhan"
    assert len({row["户号"] for row in sheet}) == len(sheet) == 80
    table = exported(office, "sweep", "csv", "zh")
    assert {(row["state"], row["task"], row["outcome"]) for row in table} == {
        ("active", "requested", ""), ("done", "completed", "reached"),
    }  # fmt: skip
    assert {row["until"] for row in table} == {"2020-02-12T12:30:00+00:00"}


def test_an_export_of_places_has_their_names_and_no_columns_of_homes(world, office):
    with office.db.begin() as conn:
        site = {"id": "s", "kind": "work_site", "code": "S", "name_zh": "东门", "name_en": "East",
                "parent_id": world.community, "attrs": {"registered": True}}  # fmt: skip
        conn.execute(place.insert().values(**site))
    world.sweep(world.campaign("sites", "worksite_safety", purpose="safety_audit"), None)
    [row] = exported(office, "sites", "xlsx", "zh")
    assert (row["编号"], row["名称"]) == ("S", "东门")
    [row] = exported(office, "sites", "csv", "en")
    assert (row["code"], row["name"]) == ("S", "East")
    assert not {"household", "building", "unit", "floor", "door"} & set(row)


def test_expected_by_now_goes_with_the_hours_in_which_one_may_knock(world, office, clock):
    assert board.board(office, CLI, "sweep").expected == 0
    clock.turn(hours=12.5)  # 20:30: the first of three days is over
    assert board.board(office, CLI, "sweep").expected == round(80 / 3)
    clock.turn(hours=11)  # a night in which nobody knocks
    assert board.board(office, CLI, "sweep").expected == round(80 / 3)
    clock.turn(days=5)
    assert board.board(office, CLI, "sweep").expected == 80


def test_the_forecast_holds_the_pace_to_the_end(world, office, clock):
    assert board.board(office, CLI, "sweep").forecast is None
    for number, one in enumerate(world.tasks()[:40]):
        clock.now = datetime(2020, 2, 10, 0, 30, tzinfo=UTC) + timedelta(minutes=6 * number)
        world.submit(world.person("v1"), one.id, **ANSWERED)
    clock.now = datetime(2020, 2, 10, 4, 30, tzinfo=UTC)
    forecast = board.board(office, CLI, "sweep").forecast
    assert forecast.per_hour == pytest.approx(10)
    assert forecast.at == clock.now + timedelta(hours=4)
    assert clock.now < forecast.early < forecast.at < forecast.late
    assert forecast.in_time


def test_knocking_hours_leave_the_night_out(office):
    pack = pack_of(office, "household_sweep")
    start = datetime(2020, 2, 10, 10, tzinfo=UTC)  # 18:00 in Wuhan; doors until 20:30
    later = after_hours(pack, start, 4.5, office.zone)
    assert later.astimezone(office.zone).strftime("%d %H:%M") == "11 10:30"
    assert knocking_hours(pack, start, later, office.zone) == pytest.approx(4.5)


def test_only_who_sees_the_doors_sees_the_board(world, office):
    for who in (world.person("x"), world.person("home", Role.HOME)):
        with pytest.raises(LamplitError) as caught:
            board.board(office, who, "sweep")
        assert caught.value.code == "door.not-allowed"
    assert board.board(office, world.person("v2"), "sweep").people == []


def test_a_finding_is_verified_by_another_than_resolved_it(world, office):
    world.submit(world.person("v1"), world.tasks()[0].id, **ILL)
    ill = next(f for f in findings.findings(office, CLI, "sweep") if f.code == "ill")
    boss = world.person("boss")
    for to in (FindingState.IN_HAND, FindingState.RESOLVED):
        findings.move(office, boss, ill.id, to)

    def refused(who, to, **more):
        with pytest.raises(LamplitError) as caught:
            findings.move(office, who, ill.id, to, **more)
        return caught.value.code

    assert refused(boss, FindingState.VERIFIED) == "finding.own-work"
    assert refused(world.person("v2"), FindingState.VERIFIED) == "task.role"
    assert refused(boss, FindingState.DISMISSED) == "task.reason"
    world.person("boss2", Role.LEADER)
    done = findings.move(office, world.person("boss2"), ill.id, FindingState.VERIFIED)
    assert done.state is FindingState.VERIFIED
    assert refused(boss, FindingState.OPEN) == "finding.move"


HEAD = BoardHead(
    "sweep", Text("Household sweep", "住户摸排"), Text("open", "进行中"), Text("why", "目的"),
    80, 20, 40, "2020-02-12 23:59", timedelta(hours=30), Text("At this pace.", "按目前进度。"),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("plain", [False, True])
def test_the_board_fits_eighty_columns(language, plain):
    console = Console(width=80, record=True, file=io.StringIO())
    view = board_view(
        HEAD,
        [FigureLine(Text("Done", "办结率"), 20, 0.25), FigureLine(Text("Ill", "生病"), 3, None)],
        [PlaceLine(Text("Block 1", "一号楼"), 12, 20)],
        [WorkerLine("Wang", 3, 20, 5, timedelta(hours=9)), WorkerLine("Li", 1, 0, 0, None)],
        [Text("3 wait", "3 份待处理")],
        language,
        plain=plain,
    )
    console.print(view)
    told = console.export_text()
    assert max(map(len, told.splitlines())) <= 80
    for said in ("25%", "12 / 20", "Wang") + (("9 h ago",) if language == "en" else ("9 小时前",)):
        assert said in told
    assert told.isascii() or not plain or language == "zh"


def test_the_course_ends_where_the_board_stands(world, office, clock):
    assign.assign(office, CLI, "v1", campaign="sweep", place="C1-B0")
    for hours, part in ((2, slice(0, 3)), (1, slice(3, 5))):
        clock.turn(hours=hours)
        for one in world.tasks(owner_id=world.people["v1"])[part]:
            world.submit(world.person("v1"), one.id, **ANSWERED)
    clock.turn(hours=1)
    stands = board.board(office, world.person("boss"), "sweep")
    found = course(office, world.person("boss"), "sweep")
    assert (found.total, found.of_tasks) == (stands.enrolled, False)
    assert found.done[-1].count == stands.done
    assert found.done[-1].at == found.now
    at = [point.at for point in found.done]
    assert at == sorted(at)
    assert [p.count for p in found.expected] == sorted(p.count for p in found.expected)
    assert (found.expected[0].count, found.expected[-1].count) == (0, found.total)
    assert found.expected[-1].at == found.deadline
    before = [p.count for p in found.expected if p.at <= found.now]
    assert before[-1] <= stands.expected
    assert len(found.done) <= 202
    with pytest.raises(LamplitError) as met:
        course(office, world.person("outsider"), "sweep")
    assert met.value.code == "door.not-allowed"
