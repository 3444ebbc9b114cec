"""Homes that were found in the field: made once, in every order, where one may, for a leader."""

from __future__ import annotations

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from campaign_world import NOBODY, World, build, form, send
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.campaigns import enrol
from lamplit.services.field.office import CLI
from lamplit.services.field.phones import phone_doors
from lamplit.services.field.places import found_homes
from lamplit.services.field.submissions import entities, inbox
from lamplit.store.schema import entity_change, event, place

NEW = "5b6c1f3e-0a0d-4f6b-9a51-3c2a0e1d7f88"


@pytest.fixture
def world(office) -> World:
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    made.sweep(made.campaign(parameters={"random_share": 0}), made.dark(*made.doors[:4]))
    return made


def new_door(**data: str) -> dict[str, str]:
    return {"unit": "2", "floor": "3", "door": "302"} | data


def said(
    entity: str, *, create: bool = False, base: int | None = None, branch: str | None = None,
    trunk: int | None = None, list_name: str = "households", label: str = "", **data: str,
) -> dict[str, object]:  # fmt: skip
    return {
        "list": list_name, "id": entity, "create": create, "update": not create, "label": label,
        "base_version": base, "trunk_version": trunk, "branch_id": branch, "data": data,
    }  # fmt: skip


def found_at(world: World, *changes: dict[str, object], who: str = "v1", **more) -> inbox.Receipt:
    """Sent with a visit of the first task."""
    body = form(world.tasks()[0].id, entities=list(changes), **more, **NOBODY)
    return send(world.office, world.person(who), body)


def home_of(office, entity: str):
    with office.db.read() as conn:
        return conn.execute(select(place).where(place.c.id == entity)).one_or_none()


def states(office, entity: str) -> list[str]:
    with office.db.read() as conn:
        wanted = select(entity_change.c.state).where(entity_change.c.entity_id == entity)
        return list(conn.scalars(wanted))


def test_a_home_that_was_found_stands_in_its_building_and_waits_for_a_leader(world, office):
    new = str(uuid.uuid4())
    receipt = found_at(world, said(new, create=True, label="1-302", **new_door()))
    assert "home_found" in receipt.flags
    made = home_of(office, new)
    at = world.tasks()[0].building_id
    assert (made.kind, made.parent_id, made.building_id, made.community_id) == (
        "household", at, at, world.community,
    )  # fmt: skip
    assert (made.unit, made.floor, made.door, made.name_zh) == ("2", 3, "302", "1-302")
    assert [one.id for one in found_homes.waiting(office, CLI, world.community)] == [new]
    with office.db.read() as conn:
        logged = conn.execute(select(event).where(event.c.kind == "place.found")).one()
    assert (logged.actor_id, logged.place_id) == (world.people["v1"], new)


def test_a_building_that_the_form_names_is_taken_where_its_author_covers_it(world, office):
    mine, theirs = str(uuid.uuid4()), str(uuid.uuid4())
    other = build(office, 1, 1, "C9")
    flags = found_at(
        world,
        said(mine, create=True, building="C1-B1", **new_door()),
        said(theirs, create=True, building="C9-B0", **new_door()),
    ).flags
    assert home_of(office, mine).building_id == world.buildings[1]
    assert home_of(office, theirs) is None
    assert {"home_found", "entity_kept"} <= set(flags)
    assert states(office, theirs) == ["kept"]
    assert found_homes.waiting(office, CLI, other.community) == []


@pytest.mark.parametrize(
    ("entity", "list_name"),
    [(NEW, "tasks"), (NEW, "trees"), ("not-a-uuid", "households")],
)
def test_what_else_a_phone_creates_is_kept_and_makes_nothing(world, office, entity, list_name):
    receipt = found_at(world, said(entity, create=True, list_name=list_name, label="x"))
    assert receipt.state == "processed"
    assert "entity_kept" in receipt.flags
    assert (home_of(office, entity), states(office, entity)) == (None, ["kept"])


def test_one_who_withdrew_may_still_hand_in_what_they_found(world, office, clock):
    world.person("former", Role.VOLUNTEER, ends=clock.now.date())
    new = str(uuid.uuid4())
    assert "home_found" in found_at(world, said(new, create=True, **new_door()), who="former").flags
    assert home_of(office, new) is not None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("branch", [None, "b"])
def test_create_and_two_updates_come_to_the_same_door_in_every_order(world, office, order, branch):
    new = str(uuid.uuid4())
    branch = str(uuid.uuid4()) if branch else None
    changes = [
        said(new, create=True, label="first", **new_door()),
        said(new, base=1, branch=branch, label="second", floor="4"),
        said(new, base=2, branch=branch, label="third", door="402"),
    ]
    for n in order:
        found_at(world, changes[n])
    made = home_of(office, new)
    assert (made.unit, made.building_id) == ("2", world.tasks()[0].building_id)
    # Without a branch nothing tells which update came first: the later arrival is on top.
    last = "third" if branch or order.index(2) > order.index(1) else "second"
    assert (made.floor, made.door, made.name_en) == (4, "402", last)
    assert made.version == 3
    assert set(states(office, new)) <= {"applied", "conflict"}
    assert len(found_homes.waiting(office, CLI, world.community)) == 1


def test_the_same_form_sent_many_times_at_once_makes_one_home(world, office):
    new = str(uuid.uuid4())
    entity = said(new, create=True, **new_door())
    body = form(world.tasks()[0].id, entities=[entity], **NOBODY)
    who = world.person("v1")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: send(office, who, body), range(8)))
    assert states(office, new) == ["applied"]
    assert home_of(office, new).version == 1


def test_two_who_find_the_same_door_make_one_home_and_a_conflict(world, office):
    world.person("v2", Role.VOLUNTEER)
    ids = [str(uuid.uuid4()), str(uuid.uuid4())]
    flags = [
        found_at(world, said(one, create=True, **new_door()), who=who).flags
        for one, who in zip(ids, ("v1", "v2"), strict=True)
    ]
    assert "home_found" in flags[0]
    assert "entity_conflict" in flags[1]
    assert [home_of(office, one) is not None for one in ids] == [True, False]


def test_a_door_that_the_registry_has_is_no_new_one(world, office):
    new = str(uuid.uuid4())
    flags = found_at(world, said(new, create=True, unit="", door="001")).flags
    assert "entity_conflict" in flags
    assert home_of(office, new) is None


def test_an_id_that_is_a_place_already_is_a_conflict_and_changes_nothing(world, office):
    there = world.doors[5]
    before = home_of(office, there)
    assert "entity_conflict" in found_at(world, said(there, create=True, **new_door())).flags
    after = home_of(office, there)
    assert (after.code, after.door, after.unit) == (before.code, before.door, before.unit)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_correction_of_the_form_corrects_the_door_whichever_came_first(world, office, order):
    new = str(uuid.uuid4())
    sent = [
        ("uuid:first", None, said(new, create=True, **new_door())),
        ("uuid:second", "uuid:first", said(new, create=True, **new_door(door="303"))),
    ]
    for n in order:
        instance, replaces, change = sent[n]
        found_at(world, change, instance=instance, replaces=replaces)
    assert home_of(office, new).door == "303"
    assert len(found_homes.waiting(office, CLI, world.community)) == 1


def test_until_a_leader_confirms_it_no_rule_enrolls_it(world, office):
    new = str(uuid.uuid4())
    found_at(world, said(new, create=True, **new_door()))
    every = world.campaign("every", parameters={"way": "every_door"})
    world.sweep(every, world.evening())
    assert new not in world.enrollments(campaign_id=every.id)
    boss = world.person("boss", Role.LEADER)
    confirmed = found_homes.confirm(office, boss, new)
    assert confirmed.attrs["found"]["state"] == "confirmed"
    world.sweep(every, world.evening())
    assert new in world.enrollments(campaign_id=every.id)
    assert found_homes.waiting(office, boss, world.community) == []
    # What a leader has confirmed no phone changes any more.
    found_at(world, said(new, base=2, door="999"))
    assert home_of(office, new).door == "302"


def test_a_home_that_is_not_there_ends_and_so_does_what_was_to_be_done(world, office):
    new = str(uuid.uuid4())
    found_at(world, said(new, create=True, **new_door()))
    campaign = world.campaign("asked")
    enrol.enrol_places(office, CLI, campaign.id, [new])
    boss = world.person("boss", Role.LEADER)
    gone = found_homes.dismiss(office, boss, new, reason="a cupboard")
    assert gone.valid_to == office.local_day(office.clock())
    assert [t.state for t in world.tasks(place_id=new)] == ["cancelled"]
    assert world.enrollments(campaign_id=campaign.id)[new].state == "withdrawn"
    for act in (found_homes.confirm, lambda *a: found_homes.dismiss(*a, reason="again")):
        with pytest.raises(LamplitError, match=r"place\.not-waiting"):
            act(office, boss, new)


def test_only_who_leads_there_settles_what_was_found(world, office):
    new = str(uuid.uuid4())
    found_at(world, said(new, create=True, **new_door()))
    other = build(office, 1, 1, "C9")
    elsewhere = other.person("x9", Role.LEADER)
    for actor in (world.person("v1"), elsewhere, world.person("nobody")):
        for act in (
            lambda a: found_homes.confirm(office, a, new),
            lambda a: found_homes.dismiss(office, a, new, reason="x"),
            lambda a: found_homes.waiting(office, a, world.community),
        ):
            with pytest.raises(LamplitError, match=r"door\.not-allowed"):
                act(actor)


def test_the_phone_keeps_the_home_that_it_found_while_its_owner_covers_it(world, office):
    new = str(uuid.uuid4())
    found_at(world, said(new, create=True, **new_door()))
    world.person("v2", Role.VOLUNTEER)
    for who, carries in (("v1", True), ("v2", False)):
        with office.read(world.person(who)) as tx:
            homes = phone_doors.carried(office, tx, world.people[who]).homes
        assert (new in {row.place_id for row in homes}) is carries


def test_an_update_that_was_held_too_long_shows_at_the_home(world, office, clock):
    new = str(uuid.uuid4())
    found_at(world, said(new, create=True, **new_door()))
    found_at(world, said(new, base=3, branch=str(uuid.uuid4()), trunk=1, door="777"))
    assert home_of(office, new).door == "302"
    clock.turn(hours=49)
    assert entities.force_held(office) == 1
    assert home_of(office, new).door == "777"
