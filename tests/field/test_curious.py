"""What a curious colleague, an ex-volunteer and somebody with an account alone learn: nothing more
than they need. Each test is a leak that was found by reading all routes as one of them.
"""

from __future__ import annotations

import pytest
from campaign_world import ANSWERED, ILL, build, form, send
from sqlalchemy import update

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.campaigns import campaigns, doors
from lamplit.services.field.office import CLI
from lamplit.services.field.people import checkin, coverage, people
from lamplit.services.field.people.assignments import withdraw
from lamplit.services.field.places import place_views
from lamplit.services.field.submissions import quarantine
from lamplit.services.field.tasks import findings, stock, tasklist, tasks
from lamplit.store.schema import person, place


@pytest.fixture
def world(office):
    made = build(office, buildings=2, homes=4)
    for code in ("v1", "v2"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.round = made.campaign(parameters={"way": "every_door"})
    made.sweep(made.round, made.dark())
    return made


def refused(act, *args, **kwargs):
    with pytest.raises(LamplitError) as caught:
        act(*args, **kwargs)
    return caught.value.code


def test_who_is_ill_is_told_to_who_leads_who_found_it_and_who_helps(world, office):
    world.submit(world.person("v1"), world.tasks()[0].id, **ILL)

    def seen(code, role=None):
        return {f.code for f in findings.findings(office, world.person(code, role), "sweep")}

    assert "ill" in seen("boss")
    assert "ill" in seen("v1")
    assert seen("v2") == set()
    assert "ill" in seen("lead", Role.BUILDING_LEAD)
    assert refused(findings.scores, office, world.person("v2"), "sweep", by="place") == (
        "door.not-allowed"
    )
    assert findings.scores(office, world.person("boss"), "sweep", by="place")
    # Whoever has something to do there must know what for.
    follow_up = next(t for t in world.tasks() if t.slot.startswith("followup:bring_supplies"))
    world.person("v2", Role.SHOPPER)
    tasks.claim(office, world.person("v2"), follow_up.id)
    assert "ill" in seen("v2")


def test_what_a_household_agreed_to_is_no_part_of_its_address(world, office):
    with office.db.begin() as conn:
        conn.execute(update(place).values(attrs={"lives_alone": True, "consent": True}))
    who, home = world.person("v1"), world.doors[0]
    assert place_views.show_place(office, who, home).attrs is None
    shown = place_views.children(office, who, world.buildings[0])
    assert {one.attrs is None for one in shown} == {True}
    listed = tasklist.tasks_of(office, who).claimable
    assert {one.place.attrs is None for one in listed} == {True}
    # What is kept of a building is no secret, and who brings homes in keeps them.
    assert place_views.show_place(office, who, world.buildings[0]).attrs
    assert place_views.show_place(office, CLI, home).attrs


def test_who_let_a_claim_run_out_is_nobodys_business(world, office, clock):
    tasks.claim(office, world.person("v1"), world.tasks()[0].id)
    clock.turn(hours=5)
    free = tasklist.tasks_of(office, world.person("v2")).claimable
    assert len(free) == len(world.doors)
    assert {(one.task.owner_id, one.task.claimed_until) for one in free} == {(None, None)}
    assert {one.task.state.value for one in free} == {"requested"}


def test_events_are_counted_by_those_who_may_see_doors(world, office):
    member = world.person("m", Role.PAIRED)
    assert campaigns.status(office, member, "sweep").code == "sweep"
    assert refused(campaigns.watched, office, member, "sweep") == "door.not-allowed"
    assert campaigns.watched(office, world.person("v1"), "sweep") == world.round.id


def test_stock_of_another_community_is_not_in_the_books_that_are_shown(world, office):
    there = build(office, buildings=1, homes=1, code="C2")
    lead, other = world.person("g1", Role.GROCERY_LEAD), there.person("g2", Role.GROCERY_LEAD)
    stock.receive(office, CLI, item="mask", quantity=50, to="C1", donor="Mill")
    stock.receive(office, CLI, item="mask", quantity=9, to="C2", donor="Mill")
    stock.transfer(office, other, item="mask", quantity=4, giver="C2", to="person:g2")
    stock.transfer(office, lead, item="mask", quantity=3, giver="C1", to="person:v1")
    assert stock.balances(office, lead) == {
        ("mask", f"place:{world.community}"): 47,
        ("mask", f"person:{world.people['v1']}"): 3,
        ("mask", "donor:Mill"): -50,
    }
    assert {m.quantity for m in stock.ledger(office, lead)} == {50, 3}
    assert {m.quantity for m in stock.ledger(office, other)} == {9, 4}
    assert {one.name for one in stock.holders(office, other)} == {"C2", "g2", "Mill"}
    assert sum(stock.balances(office, CLI).values()) == 0
    # Nor is anything booked for people who serve elsewhere.
    asked = {"item": "mask", "quantity": 1, "giver": "person:g2"}
    assert refused(stock.give, office, lead, **asked) == "door.not-allowed"
    assert stock.give(office, other, **asked).quantity == 1


def test_what_could_not_be_read_is_looked_at_by_who_leads_its_author(world, office):
    there = build(office, buildings=1, homes=1, code="C2")
    boss, other = world.person("boss"), there.person("boss2", Role.LEADER)
    send(office, world.person("v1"), form("none", instance="uuid:lost", **ANSWERED))
    [one] = quarantine.waiting(office, boss)
    assert quarantine.waiting(office, other) == []
    for act in (quarantine.look, quarantine.retry):
        assert refused(act, office, other, one.id) == "door.not-allowed"
    assert refused(quarantine.discard, office, other, one.id, reason="x") == "door.not-allowed"
    # Also after the author has gone.
    withdraw(office, CLI, person="v1")
    assert quarantine.waiting(office, other) == []
    assert b"uuid:lost" in quarantine.look(office, boss, one.id)
    # Whose author never had a tie anywhere is for any who leads.
    send(office, world.person("stranger"), form("none", instance="uuid:odd", **ANSWERED))
    assert [row.instance_id for row in quarantine.waiting(office, other)] == ["uuid:odd"]
    assert len(quarantine.waiting(office, CLI)) == 2


def test_where_a_colleague_lives_is_not_in_the_list_of_people(world, office):
    with office.db.begin() as conn:
        conn.execute(
            update(person)
            .where(person.c.code == "v1")
            .values(home_place_id=world.doors[0], phone="138", attrs={"note": "divorced"})
        )
    boss = world.person("boss")

    def known(found):
        return found.home_place_id, found.phone, found.attrs

    at = next(p for p in people.list_people(office, boss, place="C1") if p.code == "v1")
    assert known(at) == (None, "138", None)
    somewhere = next(p for p in people.list_people(office, boss) if p.code == "v1")
    assert known(somewhere) == (None, None, None)
    assert known(people.show_person(office, boss, "v1").person) == (None, "138", None)
    mine = people.show_person(office, world.person("v1"), "v1").person
    assert known(mine) == (world.doors[0], "138", {"note": "divorced"})
    brings_in = world.person("op", Role.OPERATOR)
    assert known(people.show_person(office, brings_in, "v1").person)[0] == world.doors[0]


def test_no_codes_of_people_can_be_tried_out(world, office):
    outsider = world.person("nobody")
    assert world.person("v1")
    for code in ("v1", "no-such-person"):
        assert refused(people.show_person, office, outsider, code) == "door.not-allowed"
        asked = {"person": code, "community": "C1"}
        assert refused(checkin.check_in, office, outsider, **asked) == "door.not-allowed"
    assert refused(people.show_person, office, world.person("boss"), "none") == "store.not-found"


def test_homes_are_listed_for_those_who_may_see_that_they_are_there(world, office):
    officer = world.person("po", Role.PRIVACY_OFFICER)
    assert coverage.covers(office, officer, "C1").homes == len(world.doors)
    assert refused(coverage.covers, office, officer, "C1", homes=True) == "door.not-allowed"
    assert len(coverage.covers(office, world.person("boss"), "C1", homes=True).parts) == 8


def test_who_has_withdrawn_gets_no_task_back_by_undoing(world, office):
    who, task = world.person("v1"), world.tasks()[0]
    tasks.claim(office, who, task.id)
    tasks.release(office, who, task.id)
    withdraw(office, CLI, person="v1")
    assert refused(tasks.undo, office, who, task.id) == "door.not-allowed"
    assert world.tasks()[0].owner_id is None


def test_doors_name_owners_to_those_who_may_see_people(world, office):
    tasks.claim(office, world.person("v1"), world.tasks()[0].id)
    for code, sees in (("v1", True), ("v2", False), ("boss", True)):
        owners = {one.owner_id for one in doors.listed(office, world.person(code), "sweep")}
        assert (world.people["v1"] in owners) is sees
