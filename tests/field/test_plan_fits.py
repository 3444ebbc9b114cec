"""A plan in force says when it no longer fits, and to plan again is a leader's to decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from campaign_world import ANSWERED, build, planned
from sqlalchemy import select

from lamplit.domain.field import Reason, Role
from lamplit.services.field.campaigns import board, campaigns, enrol
from lamplit.services.field.office import CLI
from lamplit.services.field.people.assignments import assign as tie
from lamplit.services.field.people.assignments import withdraw
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.apply import apply
from lamplit.services.field.tasks import tasks
from lamplit.store.schema import event, place


@pytest.fixture
def world(office):
    """Fifteen of eighteen doors on the lists of three people, by a plan in force."""
    made = build(office, buildings=3, homes=6)
    for code in ("v1", "v2", "v3"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.campaign(parameters={"way": "guided"})
    enrolled(made, [home for block in made.homes for home in block[:5]])
    put_in_force(made)
    return made


def enrolled(world, homes):
    enrol.enrol_places(world.office, CLI, "sweep", homes, reason=Reason.REQUEST)


def put_in_force(world):
    return apply(world.office, world.person("boss"), "sweep", planned(world).id)


def fit(world, who="boss"):
    return board.board(world.office, world.person(who), "sweep").plan


def doors_of(world, code):
    return [row for row in world.tasks() if row.owner_id == world.people[code]]


def test_a_plan_just_applied_fits_and_there_is_none_before(world, office):
    assert fit(world).fits
    assert fit(world).says.en == "The plan in force fits."
    assert (fit(world).gone, fit(world).new, fit(world).back, fit(world).late) == ([], 0, 0, 0)
    other = world.campaign("other", parameters={"way": "every_door"})
    world.sweep(other, world.evening())
    assert board.board(office, world.person("boss"), "other").plan is None


def test_who_withdrew_is_named_with_the_doors_that_wait_for_somebody(world, office):
    count = len(doors_of(world, "v1"))
    assert count > 1
    withdraw(office, CLI, person="v1")
    found = fit(world)
    assert not found.fits
    assert [(one.name, one.doors) for one in found.gone] == [("v1", count)]
    assert found.says.en == f"This plan no longer fits: 1 person left ({count} doors)."
    assert found.says.zh == f"方案已不合适：1 人已离开（{count} 户）。"


def test_where_a_campaign_goes_to_no_homes_its_places_are_counted(office):
    made = build(office, buildings=1, homes=1)
    sites = [{"id": f"s{n}", "kind": "work_site", "code": f"S{n}", "name_en": f"Site {n}",
              "parent_id": made.community, "community_id": made.community,
              "attrs": {"registered": True}} for n in range(3)]  # fmt: skip
    with office.db.begin() as conn:
        conn.execute(place.insert(), sites)
    made.person("i1", Role.INSPECTOR)
    made.person("boss", Role.LEADER)
    made.sweep(made.campaign("sweep", "worksite_safety", purpose="safety_audit"), None)
    applied = planned(made)
    apply(office, made.person("boss"), "sweep", applied.id)
    [mine] = plans.show(office, CLI, "sweep", applied.id).lists
    named = [stop.name.en for stretch in mine.buildings for stop in stretch.stops]
    assert sorted(named) == ["Site 0", "Site 1", "Site 2"]
    withdraw(office, CLI, person="i1")
    assert fit(made).says.en == "This plan no longer fits: 1 person left (3 places)."
    assert fit(made).says.zh == "方案已不合适：1 人已离开（3 处）。"


def test_who_has_no_days_left_is_gone_on_the_day_on_which_they_end(world, office, clock):
    tomorrow = office.local_day(clock()) + timedelta(days=1)
    withdraw(office, CLI, person="v2", day=tomorrow)
    assert fit(world).gone == []
    clock.turn(days=1)
    assert [one.name for one in fit(world).gone] == ["v2"]


def test_doors_that_the_evening_adds_are_new_until_somebody_has_them(world, office):
    late = [block[5] for block in world.homes]
    enrolled(world, late)
    found = fit(world)
    assert (found.fits, found.new) == (False, 3)
    assert found.says.en == "This plan no longer fits: 3 doors new."
    new = next(row for row in world.tasks() if row.place_id == late[0])
    tasks.claim(office, world.person("v3"), new.id)
    assert fit(world).new == 2


def test_doors_given_back_wait_for_somebody_too(world, office):
    one = doors_of(world, "v1")[0]
    tasks.release(office, world.person("v1"), one.id)
    assert (fit(world).back, fit(world).fits) == (1, False)


def test_doors_that_should_have_been_tried_by_now_are_late(world, clock):
    clock.turn(hours=3)
    plan = plans.listed(world.office, world.person("boss"), "sweep")
    force = next(one for one in plan if one.state == "applied")
    view = plans.show(world.office, world.person("boss"), "sweep", force.id)
    stops = [s for one in view.lists for b in one.buildings for s in b.stops]
    last = max(s.arrives for s in stops)
    clock.turn(seconds=(last - clock()).total_seconds())
    early = sum(s.arrives < clock() - timedelta(hours=2) for s in stops)
    assert fit(world).due == early
    clock.turn(hours=3)
    found = fit(world)
    assert (found.due, found.late, found.fits) == (15, 15, False)
    assert found.says.en == "This plan no longer fits: 15 of 15 doors late."
    assert found.says.zh == "方案已不合适：应走 15 户中有 15 户未走。"
    for stop in stops[:13]:
        one = next(row for row in world.tasks() if row.id == stop.task_id)
        owner = next(code for code, p in world.people.items() if p == one.owner_id)
        world.submit(world.person(owner), one.id, **ANSWERED)
    assert fit(world) == found, "a form alone has nothing counted anew within the minute"
    clock.turn(minutes=1)
    assert (fit(world).late, fit(world).fits) == (2, True), "two doors late are luck"


def test_whoever_leads_not_is_not_told(world):
    assert fit(world, "v1") is None


def test_nothing_changes_hands_until_a_leader_plans_again(world, office, clock):
    clock.turn(minutes=5)
    withdraw(office, CLI, person="v1")
    enrolled(world, [world.homes[0][5]])
    before = {row.id: row.owner_id for row in world.tasks()}
    stay = {task: owner for task, owner in before.items() if owner}
    assert not fit(world).fits
    boss = world.person("boss")
    head = planned(world)
    found = fit(world)
    assert (found.fits, found.proposal) == (False, head.id)
    assert {row.id: row.owner_id for row in world.tasks()} == before
    preview = plans.show(office, boss, "sweep", head.id).preview
    assert preview.receivers + preview.unchanged == 2
    apply(office, boss, "sweep", head.id)
    after = {row.id: row.owner_id for row in world.tasks()}
    assert all(after[task] == owner for task, owner in stay.items()), "nobody else is disturbed"
    assert None not in after.values()
    assert (fit(world).fits, fit(world).proposal) == (True, None)


def test_the_list_of_plans_says_it_of_the_one_in_force_alone(world, office):
    put_in_force(world)
    withdraw(office, CLI, person="v1")
    heads = plans.listed(office, world.person("boss"), "sweep")
    assert [one.state for one in heads if one.fit] == ["applied"]
    campaigns.close(office, CLI, "sweep")
    assert not [one for one in plans.listed(office, CLI, "sweep") if one.fit]


def test_a_board_hears_of_a_withdrawal_and_of_new_doors(world, office):
    """Its stream carries every entry of the log that is of the campaign."""

    sweep = campaigns.status(office, CLI, "sweep").id

    def heard():
        with office.db.read() as conn:
            of = select(event.c.kind).where(event.c.campaign_id == sweep)
            return list(conn.scalars(of.order_by(event.c.seq)))

    count = len(heard())
    withdraw(office, CLI, person="v1")
    assert len(heard()) > count
    count = len(heard())
    enrolled(world, [world.homes[0][5]])
    assert len(heard()) > count


def test_who_comes_back_to_the_place_has_their_doors_again(world, office):
    count = len(doors_of(world, "v1"))
    withdraw(office, CLI, person="v1")
    tie(office, CLI, person="v1", place="C1", role=Role.VOLUNTEER)
    found = fit(world)
    assert (found.gone, found.back) == ([], count)
