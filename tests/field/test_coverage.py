"""Who covers what on any day, past or to come, and what nobody covers."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest
from people_kit import Neighbourhood, neighbourhood
from sqlalchemy import event, insert

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.people.assignments import assign, hand_over, withdraw
from lamplit.services.field.people.coverage import coverage_by_community, covers, uncovered
from lamplit.services.field.people.people import list_people
from lamplit.store.schema import assignment, person, place

TODAY = date(2020, 2, 10)
DAYS = [TODAY + timedelta(days=n) for n in range(6)]


@pytest.fixture
def hood(office: Office) -> Neighbourhood:
    return neighbourhood(office)


def keep(hood: Neighbourhood, who: str, where: str, **more: date) -> str:
    made = assign(hood.office, CLI, person=who, place=where, role=Role.RESPONSIBLE, **more)
    return made.id


def who(hood: Neighbourhood, where: str, day: date, *, homes: bool = False) -> dict[str, list[str]]:
    found = covers(hood.office, CLI, where, day, homes=homes)
    return {part.code: [k.code for k in part.keepers] for part in found.parts}


def test_each_building_has_its_people_and_what_has_none_is_named(hood):
    keep(hood, "p1", "B1")
    found = covers(hood.office, hood.as_("lead"), "C1")
    assert [(p.code, p.homes, p.covered) for p in found.parts] == [("B1", 4, 4), ("B2", 4, 0)]
    assert (found.homes, found.covered, found.people) == (8, 4, 1)
    assert [p.code for p in found.uncovered] == ["B2"]


def test_a_person_for_one_home_covers_that_home_alone(hood):
    keep(hood, "p1", "B2-3")
    found = covers(hood.office, CLI, "C1")
    assert [(p.code, p.covered, p.is_open) for p in found.parts] == [
        ("B1", 0, True),
        ("B2", 1, True),
    ]
    open_homes = uncovered(hood.office, CLI, "C1", homes=True)
    assert len(open_homes) == 7
    assert "B2-3" not in {p.code for p in open_homes}


def test_a_home_is_covered_by_its_own_people_and_its_building_s(hood):
    keep(hood, "p1", "B1")
    keep(hood, "p2", "B1-2")
    assert who(hood, "B1", TODAY, homes=True) == {
        "B1-1": ["p1"],
        "B1-2": ["p2", "p1"],
        "B1-3": ["p1"],
        "B1-4": ["p1"],
    }
    assert who(hood, "B1", TODAY) == {"B1": ["p1"]}
    assert covers(hood.office, CLI, "B1").people == 2
    assert covers(hood.office, CLI, "B1-2").people == 2
    assert sorted(who(hood, "B1-2", TODAY)["B1-2"]) == ["p1", "p2"]


def test_a_grid_cell_s_people_cover_the_buildings_in_it(hood):
    community = hood.ids["C1"]
    hood.place("G1", PlaceKind.GRID_CELL, "C1", community_id=community)
    hood.building("B9", "C1", 2)
    with hood.office.begin(CLI) as tx:
        tx.conn.execute(place.update().where(place.c.code == "B9").values(parent_id=hood.ids["G1"]))
    keep(hood, "p3", "G1")
    assert who(hood, "C1", TODAY)["B9"] == ["p3"]
    assert who(hood, "G1", TODAY) == {"B9": ["p3"]}
    assert who(hood, "C1", TODAY, homes=True)["B9-1"] == ["p3"]
    assert who(hood, "B9", TODAY, homes=True) == {"B9-1": ["p3"], "B9-2": ["p3"]}
    assert covers(hood.office, CLI, "C1").covered == 2


def test_a_home_in_no_building_stands_on_its_own(hood):
    hood.place("lone", PlaceKind.HOUSEHOLD, "C1", community_id=hood.ids["C1"])
    assert who(hood, "C1", TODAY)["lone"] == []
    keep(hood, "p1", "lone")
    assert covers(hood.office, CLI, "C1").covered == 1


def test_any_day_past_or_to_come_is_answered(hood, clock):
    first = keep(hood, "p1", "B1")
    clock.turn(days=2)
    second = hand_over(hood.office, CLI, first, to="p2", day=DAYS[3])
    clock.turn(days=2)
    withdraw(hood.office, CLI, assignment_id=second.id, day=DAYS[5])
    by_day = [who(hood, "C1", day)["B1"] for day in DAYS]
    assert by_day == [["p1"], ["p1"], ["p1"], ["p2"], ["p2"], []]


def test_a_home_that_is_no_more_needs_nobody(hood):
    with hood.office.begin(CLI) as tx:
        tx.conn.execute(place.update().where(place.c.code == "B1-4").values(valid_to=DAYS[1]))
    assert [covers(hood.office, CLI, "B1", day).homes for day in DAYS[:2]] == [4, 3]


def test_a_district_is_answered_by_its_communities_a_page_at_a_time(hood):
    keep(hood, "p1", "B3")
    keep(hood, "p1", "B1-1")
    found = coverage_by_community(hood.office, CLI, "D")
    assert [(c.place.code, c.homes, c.covered, c.people) for c in found] == [
        ("C1", 8, 1, 1),
        ("C2", 2, 2, 1),
    ]
    (second,) = coverage_by_community(hood.office, CLI, "D", after="C1", limit=5)
    assert second.place.code == "C2"
    with pytest.raises(LamplitError, match=r"place\.wrong-kind"):
        covers(hood.office, CLI, "D")


def test_only_who_may_see_people_there_is_told(hood):
    for who_asks, where in (("p1", "C1"), ("lead", "C2")):
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            covers(hood.office, hood.as_(who_asks), where)
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        coverage_by_community(hood.office, hood.as_("lead"), "D")


def big_community(office: Office, homes: int, people: int) -> None:
    community, buildings = new_id(), [new_id() for _ in range(people)]
    rows = [{"id": community, "kind": "community", "code": "BIG"}]
    rows += [
        {"id": b, "kind": "building", "code": f"X{n}", "parent_id": community,
         "community_id": community, "building_id": None}
        for n, b in enumerate(buildings)
    ]  # fmt: skip
    rows += [
        {"id": new_id(), "kind": "household", "code": f"XH{n}",
         "parent_id": buildings[n % people], "building_id": buildings[n % people],
         "community_id": community}
        for n in range(homes)
    ]  # fmt: skip
    with office.begin(CLI) as tx:
        members = [
            {"id": new_id(), "code": f"m{n}", "name": f"M{n}", "created_at": tx.now}
            for n in range(people)
        ]
        tx.conn.execute(insert(place), rows[:1])
        tx.conn.execute(insert(place), rows[1 : people + 1])
        tx.conn.execute(insert(place), rows[people + 1 :])
        tx.conn.execute(insert(person), members)
        ties = [
            {"id": new_id(), "tie": "responsibility", "role": "responsible",
             "person_id": m["id"], "place_id": b, "starts": tx.today, "created_at": tx.now}
            for m, b in zip(members, buildings, strict=True)
        ]  # fmt: skip
        tx.conn.execute(insert(assignment), ties)


@pytest.mark.slow
def test_a_community_of_6000_homes_and_60_people_takes_under_200_ms(office):
    big_community(office, 6_000, 60)
    took = []
    for homes in (False, True, False, True):
        began = time.perf_counter()
        found = covers(office, CLI, "BIG", homes=homes)
        took.append(time.perf_counter() - began)
        assert (found.homes, found.covered, found.people) == (6_000, 6_000, 60)
    assert min(took[::2]) < 0.2
    assert min(took[1::2]) < 0.5


# PostgreSQL rightly scans small tables, so only SQLite's plans tell.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_question_reads_through_all_places(hood):
    """Of the plans of all statements, none scans the table of places."""
    keep(hood, "p1", "B1")
    asked: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(hood.office.db.engine, "before_cursor_execute", listen)
    covers(hood.office, CLI, "C1", homes=True)
    covers(hood.office, CLI, "B1")
    coverage_by_community(hood.office, CLI, "D")
    list_people(hood.office, CLI, place="C1")
    event.remove(hood.office.db.engine, "before_cursor_execute", listen)
    selects = [(s, p) for s, p in asked if s.lstrip().startswith(("SELECT", "WITH"))]
    assert len(selects) > 8
    with hood.office.db.read() as conn:
        plans = [
            step[3]
            for statement, parameters in selects
            for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert [step for step in plans if step.startswith("SCAN place")] == []
