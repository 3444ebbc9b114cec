"""My finished: what a person did themselves, with receipts, as long as it may be told where."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from campaign_world import ANSWERED, NOBODY, TODAY, build, form, send
from sqlalchemy import update

from lamplit.domain.field import Found, Outcome, Role
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.office import CLI
from lamplit.services.field.people.assignments import withdraw
from lamplit.services.field.privacy import expiry
from lamplit.services.field.tasks import tasks
from lamplit.services.field.tasks.finished import finished
from lamplit.store.schema import place


@pytest.fixture
def world(office):
    made = build(office, buildings=2, homes=6)
    for code in ("v1", "v2"):
        made.person(code, Role.VOLUNTEER)
    made.round = made.campaign(parameters={"way": "every_door"})
    made.sweep(made.round, made.dark())
    return made


def visit(world, who, at, **answers):
    one = world.tasks(place_id=world.doors[at], state="requested")[0]
    return send(
        world.office, world.person(who), form(one.id, instance=f"uuid:{who}-{at}", **answers)
    )


def test_it_is_ones_own_newest_first_with_receipts(world, office, clock):
    visit(world, "v1", 0, **ANSWERED)
    clock.turn(minutes=5)
    visit(world, "v2", 1, **ANSWERED)
    visit(world, "v1", 2, **NOBODY)
    mine = finished(office, world.person("v1"))
    assert [one.instance_id for one in mine] == ["uuid:v1-2", "uuid:v1-0"]
    first = mine[1]
    assert (first.what, first.outcome, first.found) == (
        "submission", Outcome.REACHED, Found.LIVED_IN,
    )  # fmt: skip
    assert (first.place.id, first.building.id) == (world.doors[0], world.buildings[0])
    assert (first.campaign, first.title.zh, first.corrected) == ("sweep", "上门摸排", False)
    assert [one.instance_id for one in finished(office, world.person("v2"))] == ["uuid:v2-1"]
    assert finished(office, CLI) == []


def test_a_place_is_an_address_and_no_more(world, office):
    with office.db.begin() as conn:
        conn.execute(update(place).values(attrs={"lives_alone": True}))
    visit(world, "v1", 0, **ANSWERED)
    assert finished(office, world.person("v1"))[0].place.attrs is None


def test_what_waits_and_what_could_not_be_done_is_there_too(world, office, clock):
    task = world.tasks(place_id=world.doors[3])[0]
    tasks.claim(office, world.person("v1"), task.id)
    tasks.not_executable(office, world.person("v1"), task.id, reason="no such door")
    clock.turn(minutes=1)
    send(office, world.person("v1"), form("no such task", instance="uuid:lost", **ANSWERED))
    waits, done = finished(office, world.person("v1"))
    assert (waits.what, waits.instance_id, waits.state, waits.problem) == (
        "waiting", "uuid:lost", "quarantined", "submit.no-task",
    )  # fmt: skip
    assert (done.what, done.task_id, done.reason) == ("not_executable", task.id, "no such door")
    assert done.place.id == world.doors[3]


def test_a_corrected_one_says_so(world, office, clock):
    visit(world, "v1", 0, **NOBODY)
    clock.turn(minutes=1)
    again = form(world.tasks(place_id=world.doors[0])[0].id, replaces="uuid:v1-0", **ANSWERED)
    send(office, world.person("v1"), again)
    later, earlier = finished(office, world.person("v1"))
    assert (earlier.corrected, later.corrected, later.flags) == (True, False, ("corrected",))


def test_pages_hold_everything_once_in_order(world, office, clock):
    for at in range(6):
        visit(world, "v1", at, **ANSWERED)
        if at % 2:
            clock.turn(minutes=1)
    everything = finished(office, world.person("v1"))
    assert len(everything) == 6
    paged, before = [], None
    while page := finished(office, world.person("v1"), before=before, limit=2):
        paged += page
        before = (page[-1].at, page[-1].id)
    assert paged == everything


def test_it_stays_after_withdrawal_and_forgets_the_place_when_the_list_expires(
    world, office, clock
):
    visit(world, "v1", 0, **ANSWERED)
    withdraw(office, CLI, person="v1")
    assert finished(office, world.person("v1"))[0].place.id == world.doors[0]
    campaigns.close(office, CLI, world.round.id)
    clock.turn(days=14)
    # Past its time, tidied up or not.
    for _ in range(2):
        told = finished(office, world.person("v1"))[0]
        assert (told.instance_id, told.outcome) == ("uuid:v1-0", Outcome.REACHED)
        assert (told.place, told.building, told.forgotten) == (None, None, True)
        assert expiry.expire(office) or told.forgotten
    assert office.local_day(clock.now) == TODAY + timedelta(14) == date(2020, 2, 24)
