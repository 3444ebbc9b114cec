"""A campaign of every door that says "those that the meters point to first" is planned so."""

from __future__ import annotations

import csv
import io

import pytest
from campaign_world import QUICK, build
from campaign_world import planned as made

from lamplit.domain.field import Reason, Role
from lamplit.services.field.campaigns import enrol
from lamplit.services.field.office import CLI
from lamplit.services.field.phones import phone_lists
from lamplit.services.field.phones.phone import Phone
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.apply import apply
from lamplit.services.field.plans.facts import Asked


@pytest.fixture
def world(office):
    made = build(office, buildings=3, homes=6)
    for code in ("v1", "v2"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    return made


def swept(world, way, evening):
    campaign = world.campaign(parameters={"way": way})
    world.sweep(campaign, evening)
    return campaign


def planned(world, asked=QUICK):
    return plans.show(world.office, world.person("boss"), "sweep", made(world, asked).id)


def lists(view):
    """Everybody's doors in order."""
    return {
        one.code: [stop.place_id for b in one.buildings for stop in b.stops] for one in view.lists
    }


def first_come(row, flagged):
    """Whether a list goes to all its flagged doors before any other."""
    marks = [place not in flagged for place in row]
    return marks == sorted(marks)


def test_the_doors_that_the_meters_point_to_come_first_on_every_phone(world, office):
    flagged = {block[h] for block in world.homes for h in (1, 4)}
    swept(world, "flagged_first", world.dark(*flagged))
    view = planned(world)
    assert [one.doors for one in view.rounds] == [6, 12]
    rows = lists(view)
    assert sorted(p for row in rows.values() for p in row) == sorted(world.doors)
    assert all(first_come(row, flagged) for row in rows.values())
    stops = [s for one in view.lists for b in one.buildings for s in b.stops]
    assert view.rounds[0].tried == max(s.arrives for s in stops if s.place_id in flagged)
    assert any("6 doors" in said.en for said in view.says)
    apply(office, world.person("boss"), "sweep", view.plan.id)
    for code, row in rows.items():
        phone = Phone("t", world.people[code], "en")
        content = phone_lists.lists_of(office, phone)["tasks"].content.decode()
        told = [r["household"] for r in csv.DictReader(io.StringIO(content)) if r["mine"] == "yes"]
        assert told == row


def test_who_leads_may_have_each_stairwell_gone_to_once(world):
    flagged = {block[h] for block in world.homes for h in (1, 4)}
    swept(world, "flagged_first", world.dark(*flagged))
    view = planned(world, Asked(seconds=0.0, seek_help=False, rounds=False))
    assert [one.doors for one in view.rounds] == [18]
    for row in lists(view).values():
        blocks = [next(b for b in range(3) if place in world.homes[b]) for place in row]
        assert len([b for b, at in enumerate(blocks) if b == 0 or blocks[b - 1] != at]) <= 3


@pytest.mark.parametrize("way", ["every_door", "guided"])
def test_where_all_doors_have_one_reason_there_is_one_round(world, way):
    """What chance drew among the guided stands among the rest: its round would tell it."""
    swept(world, way, world.dark(*world.doors[:17]))
    assert len(planned(world).rounds) == 1


def test_a_door_to_which_the_meters_point_tomorrow_is_of_the_first_round_then(world):
    campaign = swept(world, "flagged_first", world.dark(world.doors[0]))
    asked = world.doors[2]
    world.sweep(campaign, world.dark(*world.doors[:2]))
    reasons = {p: row.reason for p, row in world.enrollments().items()}
    assert {p for p, why in reasons.items() if why == Reason.SIGNAL} == set(world.doors[:2])
    assert [one.doors for one in planned(world).rounds] == [2, 16]
    assert reasons[asked] == Reason.EVERY_DOOR


def test_who_asked_stays_one_who_asked_whatever_the_meters_say(world, office):
    campaign = world.campaign(parameters={"way": "flagged_first"})
    asked = world.doors[0]
    enrol.enrol_places(office, CLI, campaign.id, [asked], reason=Reason.REQUEST)
    for evening in (world.evening(), world.dark(asked), world.evening()):
        world.sweep(campaign, evening)
        assert world.enrollments()[asked].reason == Reason.REQUEST
    assert planned(world).rounds[0].doors == 1
