"""Each evening the office does by itself what nobody decides: and does it once."""

from __future__ import annotations

from datetime import date, timedelta

import campaign_world
import pytest
from people_kit import neighbourhood
from sqlalchemy import select
from test_assignments import open_task, owner_of

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role, TaskState
from lamplit.domain.problems import store as store_problems
from lamplit.services.field.campaigns import enrol, evening
from lamplit.services.field.campaigns.evening import begin_the_day, close_the_day, take_effect
from lamplit.services.field.office import CLI
from lamplit.services.field.people.assignments import assign, go_on, hand_over, withdraw
from lamplit.store.schema import campaign

TODAY = date(2020, 2, 10)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def hood(office):
    return neighbourhood(office)


def test_a_planned_hand_over_moves_the_tasks_when_its_day_has_come(hood, clock):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    hand_over(hood.office, CLI, made.id, to="p2", day=TOMORROW)
    assert take_effect(hood.office) == 0
    clock.turn(days=1)
    assert take_effect(hood.office) == 1
    assert owner_of(hood, door) == "p2"


def test_a_hand_over_takes_effect_once(hood, clock):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    hand_over(hood.office, CLI, made.id, to="p2", day=TOMORROW)
    clock.turn(days=1)
    take_effect(hood.office)
    assign(hood.office, CLI, person="p1", place="B1", role=Role.VOLUNTEER)
    door = open_task(hood, "B1-1", "p1")
    assert take_effect(hood.office) == 0
    assert owner_of(hood, door) == "p1"


def test_what_took_effect_at_once_is_not_done_again_in_the_evening(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    hand_over(hood.office, CLI, made.id, to="p2")
    assert take_effect(hood.office) == 0


def test_tasks_that_were_to_stay_stay(hood, clock):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    hand_over(hood.office, CLI, made.id, to="p2", day=TOMORROW, with_tasks=False)
    clock.turn(days=1)
    assert take_effect(hood.office) == 0
    assert owner_of(hood, door) == "p1"


def test_who_goes_on_as_a_volunteer_keeps_the_tasks(hood, clock):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    withdraw(hood.office, CLI, person="p1", day=TOMORROW)
    clock.turn(days=1)
    go_on(hood.office, CLI, made.id)
    take_effect(hood.office)
    assert owner_of(hood, door) == "p1"


def test_an_open_campaign_follows_the_nights_once_it_was_swept(office, clock, monkeypatch):
    world = campaign_world.build(office)
    first, second = world.doors[:2]
    sweep = world.campaign(parameters={"random_share": 0})
    world.sweep(sweep, world.dark(first))
    clock.turn(days=1)
    night = world.dark(second, day=TOMORROW)
    monkeypatch.setattr(enrol, "read_evening", lambda *_: night)
    report = close_the_day(office, TOMORROW)
    assert [one.added for one in report.swept] == [1]
    (gone,) = world.tasks(place_id=first)
    assert gone.state == TaskState.CANCELLED
    assert close_the_day(office, TOMORROW).swept == []


def test_a_campaign_that_was_never_swept_waits_for_its_leader(office):
    world = campaign_world.build(office)
    world.campaign()
    assert close_the_day(office, TODAY).swept == []


@pytest.mark.parametrize("turn", [begin_the_day, close_the_day])
def test_who_is_responsible_is_followed_once_a_day_without_any_night(turn, office, clock):
    world = campaign_world.build(office)
    world.person("first", Role.RESPONSIBLE, world.buildings[1])
    care = world.campaign(
        "care", "building_care", deadline=TODAY + timedelta(30),
        parameters={"way": "responsibility"},
    )  # fmt: skip
    assert turn(office).swept == []  # Its leader has not begun it.
    assert world.sweep(care, None).added == 4
    world.person("second", Role.RESPONSIBLE, world.buildings[0])
    assert turn(office).swept == []
    clock.turn(days=1)
    report = turn(office)
    assert [one.added for one in report.swept] == [4]
    assert len(world.tasks(slot=f"daily:{TOMORROW}")) == 8
    assert turn(office).swept == []


def test_one_campaign_that_can_t_be_swept_keeps_no_other_back(office, clock, monkeypatch):
    world = campaign_world.build(office)
    for code in ("one", "two"):
        world.sweep(world.campaign(code), world.dark(world.doors[0]))
    clock.turn(days=1)
    with office.db.read() as conn:
        bad = conn.scalar(select(campaign.c.id).where(campaign.c.code == "one"))

    def sweeping(of, actor, wanted, as_of):
        if wanted == bad:
            raise LamplitError(store_problems.NOT_FOUND, what="night", wanted=as_of)
        return enrol.open_sweep(of, actor, wanted, evening=world.dark(day=TOMORROW))

    monkeypatch.setattr(evening, "open_sweep", sweeping)
    report = close_the_day(office, TOMORROW)
    assert set(report.failed) == {"one"}
    assert len(report.swept) == 1
