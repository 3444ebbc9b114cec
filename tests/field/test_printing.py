"""Paper for a campaign: whose doors, in which order, who may, and what the log has of it."""

from __future__ import annotations

import pytest
from people_world import build
from sqlalchemy import insert, select, update

from lamplit.domain.errors import LamplitError
from lamplit.services.field.campaigns import doors, printing
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, enrollment, event, place_code, task


@pytest.fixture
def world(office):
    made = build(office)
    with office.db.begin() as conn:
        conn.execute(insert(place_code), [
            {"code": "METER-1", "kind": "meter", "place_id": made.places["home"]},
            {"code": "DOOR-1", "kind": "door", "place_id": made.places["home"]},
            {"code": "GATE-B1", "kind": "gate", "place_id": made.places["b1"]},
        ])  # fmt: skip
        for name in ("home1", "home5", "home15"):
            conn.execute(
                update(task).where(task.c.id == made.tasks[name])
                .values(owner_id=made.people["volunteer"], state="accepted")
            )  # fmt: skip
    return made


@pytest.fixture
def drawn(monkeypatch) -> list:
    """What the pages were drawn from."""
    seen: list = []
    monkeypatch.setattr(printing, "walk_list_pdf", lambda wanted, _: seen.append(wanted) or b"")
    monkeypatch.setattr(printing, "wall_chart_pdf", lambda wanted, *_: seen.append(wanted) or b"")
    return seen


def exports(world) -> list:
    with world.office.db.read() as conn:
        return conn.execute(select(event).where(event.c.kind == "list.exported")).all()


def walk(world, who: str, **more) -> None:
    actor = CLI if who == "cli" else world.actor(who)
    printing.walk_list(world.office, actor, "SWEEP", "en", **more)


def test_a_building_is_walked_from_the_top_down(world, drawn):
    walk(world, "leader", building=world.places["b1"])
    (found,) = drawn
    assert found.who == "b1"
    assert [int(d.floor) for d in found.doors] == [3, 3, 2, 2, 2, 2, 1, 1, 1, 1]
    assert {d.building_code for d in found.doors} == {"GATE-B1"}
    assert [d.code for d in found.doors if d.code] == ["DOOR-1"]


def test_a_plan_goes_before_the_order_of_floors(world, drawn):
    with world.office.db.begin() as conn:
        for turn, name in enumerate(("home15", "home1")):
            conn.execute(update(task).where(task.c.id == world.tasks[name]).values(turn=turn))
    walk(world, "volunteer")
    assert [d.door for d in drawn[0].doors] == ["404", "102", "202"]


def test_ones_own_list_needs_no_name(world, drawn):
    walk(world, "volunteer")
    assert drawn[0].who == "人 volunteer"
    assert len(drawn[0].doors) == 3
    with pytest.raises(LamplitError, match=r"printing\.for-whom"):
        walk(world, "cli")


def test_anothers_list_is_for_who_sees_people_there(world, drawn):
    walk(world, "leader", person="P-volunteer")
    assert len(drawn[0].doors) == 3
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        walk(world, "owner", person="P-volunteer")


def test_who_has_one_building_prints_its_doors_only(world, drawn):
    walk(world, "owner", building=world.places["b2"])
    walk(world, "owner", building=world.places["b1"])
    assert [len(one.doors) for one in drawn] == [0, 10]


@pytest.mark.parametrize("who", ["other_leader", "withdrawn", "outsider", "privacy", "operator"])
def test_nobody_else_prints_anything(world, drawn, who):
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        walk(world, who, building=world.places["b1"])
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        printing.wall_chart(world.office, world.actor(who), "SWEEP", "en")
    assert exports(world) == []
    assert drawn == []


def test_each_print_is_logged_and_says_who_when_and_what_for(world, drawn):
    walk(world, "leader", building=world.places["b1"])
    printing.wall_chart(world.office, world.actor("leader"), "SWEEP", "zh")
    logged = exports(world)
    assert [(e.data["shape"], e.data["doors"]) for e in logged] == [
        ("walk-list", 10), ("wall-chart", 20),
    ]  # fmt: skip
    assert {(e.actor_id, e.purpose) for e in logged} == {
        (world.people["leader"], drawn[0].mark.purpose)
    }
    assert drawn[0].mark.who == "P-leader"
    assert f"{drawn[0].mark.when:%Y-%m-%d %H:%M}" == "2020-02-10 08:00"


def test_signals_and_chance_leave_no_trace_on_paper(world, drawn):
    walk(world, "leader", building=world.places["b1"])
    with world.office.db.begin() as conn:
        conn.execute(
            update(enrollment).where(enrollment.c.place_id == world.places["home4"])
            .values(random_pick=True, signal=None, evidence=None, rank=None)
        )  # fmt: skip
        conn.execute(update(task).values(rank=None))
    walk(world, "leader", building=world.places["b1"])
    assert drawn[0].doors == drawn[1].doors


def test_the_wall_chart_counts_floors_and_names_no_door(world, drawn):
    with world.office.db.begin() as conn:
        conn.execute(
            update(enrollment).where(enrollment.c.place_id == world.places["home"])
            .values(state="done")
        )  # fmt: skip
    printing.wall_chart(world.office, world.actor("leader"), "SWEEP", "en")
    chart = drawn[0]
    first = next(one for one in chart.buildings if one.name == "b1")
    assert {floor: len(some) for floor, some in first.floors.items()} == {1: 4, 2: 4, 3: 2}
    assert sum(done for some in first.floors.values() for done in some) == 1


def test_a_gate_without_a_code_is_given_one_that_stays(world, drawn):
    for _ in range(2):
        printing.wall_chart(world.office, world.actor("leader"), "SWEEP", "en")
    assert drawn[0].gate == drawn[1].gate
    with world.office.db.read() as conn:
        made = conn.execute(
            select(place_code).where(place_code.c.place_id == world.places["c1"])
        ).one()
    assert (made.kind, made.code) == ("gate", drawn[0].gate)


def test_a_campaign_that_is_not_open_prints_nothing(world, drawn):
    with world.office.db.begin() as conn:
        conn.execute(update(campaign).where(campaign.c.code == "SWEEP").values(state="closed"))
    with pytest.raises(LamplitError, match=r"campaign\.not-in-state"):
        walk(world, "leader", building=world.places["b1"])


def test_the_real_thing_is_a_pdf(world):
    body = printing.walk_list(
        world.office, world.actor("leader"), "SWEEP", "zh", building=world.places["b1"]
    )
    assert body.startswith(b"%PDF-")
    assert printing.wall_chart(world.office, CLI, "SWEEP", "en").startswith(b"%PDF-")


def test_the_doors_of_one_building_are_listed_for_who_has_that_building_only(world):
    """Both conditions walk down the tree of places; they once could not stand in one query."""
    actor = world.actor("owner")
    listed = doors.listed(world.office, actor, "SWEEP", building=world.places["b1"])
    assert len(listed) == 10
