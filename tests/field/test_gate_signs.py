"""The sign at a gate: made at its first print, renewed by who assigns there, the old one ended."""

from __future__ import annotations

import threading

import pytest
from people_world import World, build
from refusals import refused
from sqlalchemy import insert, select, update

from lamplit.domain.field import Role
from lamplit.services.field.campaigns import printing
from lamplit.services.field.office import CLI
from lamplit.services.field.people.checkin import check_in
from lamplit.services.field.places import signs
from lamplit.services.field.privacy import feedback
from lamplit.store import schema
from lamplit.store.schema import assignment, event, place_code


@pytest.fixture
def world(office) -> World:
    return build(office)


def logged(world: World, kind: str) -> list:
    with world.office.db.read() as conn:
        return list(conn.execute(select(event).where(event.c.kind == kind)))


def at_gate(world: World, said: str) -> str:
    """The code of the place at which who scans this stands."""
    return signs.by_gate(world.office, world.actor("outsider"), said).code


def test_a_sign_is_made_once_and_stands(world):
    leader = world.actor("leader")
    assert signs.sign(world.office, leader, "C1").code is None
    made = signs.issue(world.office, leader, "C1")
    assert made.code and made.scan == f"lamplit:gate:{made.code}"
    assert made.renewed_at is None
    assert signs.issue(world.office, leader, "C1") == made
    assert signs.sign(world.office, leader, "C1") == made
    assert at_gate(world, made.scan) == at_gate(world, made.code) == "C1"
    (entry,) = logged(world, "place.gate-made")
    assert (entry.place_id, entry.actor_id) == (world.places["c1"], leader.person_id)


def test_the_wall_chart_bears_the_code_of_the_sign(world, monkeypatch):
    seen = []
    monkeypatch.setattr(printing, "wall_chart_pdf", lambda wanted, *_: seen.append(wanted) or b"")
    made = signs.issue(world.office, world.actor("leader"), "C1")
    printing.wall_chart(world.office, world.actor("leader"), "SWEEP", "en")
    assert seen[0].gate == made.code
    # After a renewal the next chart bears the new one.
    again = signs.renew(world.office, world.actor("leader"), "C1", replaces=made.code)
    printing.wall_chart(world.office, world.actor("leader"), "SWEEP", "en")
    assert seen[1].gate == again.code


def test_a_renewed_sign_ends_and_the_new_one_counts(world, clock):
    leader = world.actor("leader")
    old = signs.issue(world.office, leader, "C1")
    clock.turn(days=1)
    new = signs.renew(world.office, leader, "C1", replaces=old.code)
    assert new.code not in (None, old.code)
    assert new.renewed_at == clock.now
    assert at_gate(world, new.scan) == "C1"
    for said in (old.scan, old.code):
        told = refused("checkin.sign-ended", at_gate, world, said)
        assert "renewed" in told.says("en") and "更换" in told.says("zh")
    (entry,) = logged(world, "place.gate-renewed")
    assert (entry.place_id, entry.actor_id) == (world.places["c1"], leader.person_id)
    # Whoever reads the log can't print a sign from it.
    assert new.code not in str(entry) and old.code not in str(entry)


def test_who_asks_twice_does_not_end_the_sign_just_printed(world):
    leader = world.actor("leader")
    refused("store.changed-meanwhile", signs.renew, world.office, leader, "C1", replaces="G-1")
    old = signs.issue(world.office, leader, "C1")
    new = signs.renew(world.office, leader, "C1", replaces=old.code)
    refused("store.changed-meanwhile", signs.renew, world.office, leader, "C1", replaces=old.code)
    assert signs.sign(world.office, leader, "C1") == new


def test_two_who_renew_at_once_make_one_sign(world):
    leader = world.actor("leader")
    old = signs.issue(world.office, leader, "C1")
    ready, told = threading.Barrier(2), []

    def act() -> None:
        ready.wait()
        try:
            told.append(signs.renew(world.office, leader, "C1", replaces=old.code).code)
        except Exception as fault:  # told below
            told.append(str(fault))

    both = [threading.Thread(target=act) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with world.office.db.read() as conn:
        standing = conn.scalars(select(place_code.c.code).where(place_code.c.revoked_at.is_(None)))
        assert [one for one in told if one.startswith("G-")] == list(standing)
    assert any("store.changed-meanwhile" in one for one in told)


def test_an_older_sign_with_the_community_s_code_goes_on_until_the_first_renewal(world):
    leader = world.actor("leader")
    assert at_gate(world, "lamplit:gate:C1") == "C1"
    made = signs.issue(world.office, leader, "C1")
    assert at_gate(world, "lamplit:gate:C1") == at_gate(world, "C1") == "C1"
    signs.renew(world.office, leader, "C1", replaces=made.code)
    refused("checkin.sign-ended", at_gate, world, "lamplit:gate:C1")
    refused("checkin.sign-ended", at_gate, world, "C1")
    # Another community's go on.
    assert at_gate(world, "lamplit:gate:C2") == "C2"


def test_a_building_s_gate_checks_in_to_its_community_and_is_renewed_by_itself(world):
    leader = world.actor("leader")
    building = signs.issue(world.office, leader, "B1")
    assert at_gate(world, building.scan) == "C1"
    whole = signs.issue(world.office, leader, "C1")
    signs.renew(world.office, leader, "B1", replaces=building.code)
    refused("checkin.sign-ended", at_gate, world, building.scan)
    assert at_gate(world, whole.scan) == at_gate(world, "C1") == "C1"


def test_a_home_has_no_sign_and_its_code_checks_nobody_in(world):
    with world.office.db.begin() as conn:
        for kind, code in (("door", "DOOR-1"), ("meter", "METER-1")):
            row = {"code": code, "kind": kind, "place_id": world.places["home"]}
            conn.execute(insert(place_code).values(row))
    for code in ("DOOR-1", "METER-1", "HOME", "NO SUCH", ""):
        refused("checkin.no-sign", at_gate, world, code)
    with world.office.db.begin() as conn:
        # Not even that there was such a door is told.
        conn.execute(update(place_code).values(revoked_at=world.office.clock()))
    refused("checkin.no-sign", at_gate, world, "DOOR-1")
    for act in (signs.sign, signs.issue):
        refused("place.wrong-kind", act, world.office, world.actor("leader"), "HOME")


@pytest.mark.parametrize(
    "who", ["owner", "volunteer", "other_leader", "analyst", "privacy", "withdrawn", "outsider"]
)
def test_only_who_assigns_there_sees_makes_or_renews_it(world, who):
    made = signs.issue(world.office, world.actor("leader"), "C1")
    actor = world.actor(who)
    refused("door.not-allowed", signs.sign, world.office, actor, "C1")
    refused("door.not-allowed", signs.issue, world.office, actor, "C1")
    refused("door.not-allowed", signs.renew, world.office, actor, "C1", replaces=made.code)
    assert signs.sign(world.office, CLI, "C1") == made
    assert logged(world, "place.gate-renewed") == []


def test_a_check_in_takes_the_sign_that_stands_and_no_other(world):
    old = signs.issue(world.office, world.actor("leader"), "C1")
    there = signs.issue(world.office, world.actor("other_leader"), "C2")
    new = signs.renew(world.office, world.actor("leader"), "C1", replaces=old.code)

    def come(gate: str):
        return check_in(
            world.office, world.actor("outsider"), person="P-outsider", community="C1",
            to=Role.HOME, gate=gate,
        )  # fmt: skip

    refused("checkin.sign-ended", come, old.scan)
    told = refused("checkin.other-sign", come, there.scan)
    assert "c2" in told.says("en") and "c1" in told.says("en")
    refused("checkin.no-sign", come, "G-000000000000")
    with world.office.db.read() as conn:
        assert conn.execute(select(assignment).where(assignment.c.tie == "check_in")).all() == []
    assert come(new.scan).new


def test_a_resident_s_word_before_an_ended_sign_still_reaches_its_leader(world):
    old = signs.issue(world.office, world.actor("leader"), "C1")
    signs.renew(world.office, world.actor("leader"), "C1", replaces=old.code)
    for said in (old.code, old.scan, "C1", "lamplit:gate:C1"):
        feedback.send(world.office, "The lift is broken.", place=said)
    with world.office.db.read() as conn:
        about = list(conn.scalars(select(schema.feedback.c.place_id)))
    assert about == [world.places["c1"]] * 4
