"""A campaign's façade: each door by what people did and who has it, and nothing of the meters."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from campaign_world import ANSWERED, NO_WAY, NOBODY, build
from refusals import refused
from sqlalchemy import update

from lamplit.domain.field import Role
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.campaigns.front import DoorStatus, FrontDoor, front
from lamplit.services.field.office import CLI
from lamplit.services.field.tasks import assign, tasks
from lamplit.store.schema import campaign


@pytest.fixture
def world(office):
    made = build(office, buildings=2, homes=6)
    made.person("v1", Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.person("keeper", Role.RESPONSIBLE, made.buildings[0])
    made.person("friend", Role.RESPONSIBLE, made.homes[0][1])
    made.round = made.campaign(parameters={"random_share": 0})
    # All of the first building, none of the second.
    made.sweep(made.round, made.dark(*made.homes[0]))
    return made


def doors(found) -> dict[str, FrontDoor]:
    return {
        door.place_id: door
        for building in found.buildings
        for unit in building.units
        for floor in unit.floors
        for door in floor.doors
    }


def task_at(world, door):
    return world.tasks(place_id=door)[0].id


def test_every_door_is_there_with_how_it_stands(world, office, clock):
    inside = world.homes[0]
    tasks.claim(office, world.person("v1"), task_at(world, inside[1]))
    world.submit(world.person("v1"), task_at(world, inside[2]), **NOBODY)
    world.submit(world.person("v1"), task_at(world, inside[3]), **ANSWERED)
    assign.assign(office, CLI, "v1", task_ids=[task_at(world, inside[4])])
    tasks.not_executable(office, world.person("v1"), task_at(world, inside[4]), reason="walled up")
    world.submit(world.person("v1"), task_at(world, inside[5]), **NO_WAY)
    found = front(office, world.person("boss"), world.round.id)
    there = doors(found)
    assert set(there) == set(world.doors)
    said = [there[door].status.value for door in inside]
    assert said[:4] == ["to_visit", "claimed", "visited", "done"]
    assert said[4] == "unreachable"
    # There was no way in, but another attempt is due.
    assert (said[5], there[inside[5]].outcome) == ("visited", "unreachable")
    assert {there[door].status for door in world.homes[1]} == {DoorStatus.NOT_ENROLLED}
    assert found.counts[DoorStatus.NOT_ENROLLED] == 6
    assert sum(found.counts.values()) == 12
    assert [b.name_en for b in found.buildings] == ["Block 0", "Block 1"]
    assert [f.floor for f in found.buildings[0].units[0].floors] == list(range(6))
    # A claim that ran out is nobody's.
    clock.turn(hours=5)
    again = doors(front(office, world.person("boss"), world.round.id))[inside[1]]
    assert (again.status, again.owner) == (DoorStatus.TO_VISIT, None)


def test_it_says_who_has_a_door_and_who_is_responsible(world, office):
    inside = world.homes[0]
    tasks.claim(office, world.person("v1"), task_at(world, inside[1]))
    found = front(office, world.person("boss"), world.round.id)
    there, names = doors(found), [one.name for one in found.people]
    assert names[there[inside[1]].owner] == "v1"
    assert sorted(names[n] for n in there[inside[1]].covered_by) == ["friend", "keeper"]
    assert [names[n] for n in there[inside[0]].covered_by] == ["keeper"]
    assert (there[inside[0]].covered, there[world.homes[1][0]].covered) == (True, False)


def test_names_are_for_those_who_may_see_people_and_ones_own_is_no_secret(world, office):
    tasks.claim(office, world.person("v1"), task_at(world, world.homes[0][1]))
    found = front(office, world.person("v1"), world.round.id)
    assert [one.name for one in found.people] == ["v1"]
    there = doors(found)
    assert there[world.homes[0][1]].owner == 0
    assert there[world.homes[0][0]].covered
    assert there[world.homes[0][0]].covered_by == ()
    # Somebody else's name isn't told.
    keeper = front(office, world.person("keeper"), world.round.id, world.buildings[0])
    assert [one.name for one in keeper.people] == ["keeper"]


def test_it_opens_where_one_may_see_doors_and_no_further(world, office):
    ask = (world.round.id,)
    refused("door.not-allowed", front, office, world.person("member", Role.PAIRED), *ask)
    refused("door.not-allowed", front, office, world.person("keeper"), *ask)
    refused("door.not-allowed", front, office, world.person("keeper"), *ask, world.buildings[1])
    mine = front(office, world.person("keeper"), *ask, world.buildings[0])
    assert set(doors(mine)) == set(world.homes[0])
    refused("place.wrong-kind", front, office, world.person("boss"), *ask, world.homes[0][0])
    refused("store.not-found", front, office, world.person("boss"), "none")


def test_a_door_that_left_the_list_looks_like_one_that_was_never_on_it(world, office, clock):
    clock.turn(days=1)
    world.sweep(world.round, world.dark(*world.homes[0][1:]))
    assert world.enrollments()[world.homes[0][0]].state == "resolved"
    there = doors(front(office, world.person("boss"), world.round.id))
    gone, never = (asdict(there[d]) for d in (world.homes[0][0], world.homes[1][0]))
    for name in ("status", "outcome", "owner"):
        assert gone[name] == never[name]


def test_nothing_in_it_speaks_of_meters_and_an_expired_list_is_empty(world, office):
    told = {f.name for f in fields(FrontDoor)}
    assert told == {"place_id", "door", "status", "outcome", "owner", "covered", "covered_by"}
    campaigns.close(office, CLI, world.round.id)
    assert len(doors(front(office, world.person("boss"), world.round.id))) == 12
    with office.db.begin() as conn:
        conn.execute(update(campaign).values(state="expired"))
    assert front(office, world.person("boss"), world.round.id).buildings == ()
