"""The one door to a home: who may open it, by which step, for what, and that it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from people_world import PURPOSE, WHO, World, build
from refusals import refused
from sqlalchemy import insert, select, update

from lamplit.domain.field import Step
from lamplit.domain.language import Text
from lamplit.services.field.homes import reveal as door
from lamplit.services.field.homes.reveal import Colour
from lamplit.services.field.office import CLI, Actor
from lamplit.services.field.privacy import audit, person_data
from lamplit.store import log
from lamplit.store.schema import campaign, event, place_code


@pytest.fixture
def world(office) -> World:
    return build(office)


def opened(world: World, who: str, step: Step = Step.EVIDENCE, **other: str):
    asked = {
        "place_id": world.places["home"], "campaign_id": world.campaigns["sweep"],
        "purpose": PURPOSE, **other,
    }  # fmt: skip
    return door.reveal(world.office, world.actor(who), step=step, **asked)


def logged(world: World, kind: str) -> list:
    with world.office.db.read() as conn:
        return list(conn.execute(select(event).where(event.c.kind == kind)))


MAY = {"owner", "volunteer", "leader", "analyst"}


@pytest.mark.parametrize("who", WHO)
def test_only_who_is_assigned_over_the_home_today_opens_it(world, who):
    if who in MAY:
        assert opened(world, who).evidence == Text("No use for 9 days.", "连续 9 天无用电。")
    else:
        refused("door.not-allowed", opened, world, who)
    entries = logged(world, "home.opened" if who in MAY else "home.refused")
    assert [(e.actor_id, e.place_id) for e in entries] == [
        (world.people[who], world.places["home"])
    ]


@pytest.mark.parametrize("who", WHO)
def test_the_curve_opens_to_analysts_only(world, who):
    code = "door.nothing-known" if who == "analyst" else "door.not-allowed"
    refused(code, opened, world, who, Step.CURVE)


def test_the_evidence_comes_with_what_speaks_against_it(world):
    found = opened(world, "owner")
    assert found.against == Text("The collector was silent on one day.", "采集器有一天失联。")
    assert found.signal is not None
    assert found.signal["probability"] == 0.93
    assert (found.colour, found.curve) == (None, None)


def test_a_home_opens_only_in_an_open_campaign_that_has_it(world):
    refused("door.not-enrolled", opened, world, "owner", campaign_id=world.campaigns["old"])
    refused("door.not-enrolled", opened, world, "owner", campaign_id="no such campaign")
    refused("door.not-enrolled", opened, world, "leader", place_id=world.places["b1"])


def test_a_home_opens_only_for_a_purpose_of_the_campaign(world):
    refused("door.wrong-purpose", opened, world, "owner", purpose="curiosity")
    with world.office.db.begin() as conn:
        conn.execute(
            update(campaign).values(parameters={"purposes": ["follow-up"], "random_share": 0})
        )
    assert opened(world, "owner", purpose="follow-up").evidence
    assert [e.purpose for e in logged(world, "home.opened")] == ["follow-up"]


def test_nothing_is_told_that_is_not_in_the_log_first(world, monkeypatch):
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(log, "append", broken)
    told = []
    monkeypatch.setattr(door, "_told", lambda *a: told.append(a))
    with pytest.raises(OSError, match="the disk is full"):
        opened(world, "owner")
    assert told == []


def test_every_step_is_limited_by_the_hour(world, clock, monkeypatch):
    few = door.throttle.Limit("few", 3, door.HOUR, door.HOUR)
    monkeypatch.setitem(door.LIMITS, Step.EVIDENCE, few)
    for _ in range(3):
        opened(world, "owner")
    refused("accounts.too-many-tries", opened, world, "owner")
    opened(world, "leader")
    clock.turn(hours=1, seconds=1)
    opened(world, "owner")


@pytest.fixture
def posted(world) -> World:
    rows = [
        {"code": "DOOR-1", "kind": "door", "place_id": world.places["home"]},
        {"code": "METER-1", "kind": "meter", "place_id": world.places["home"]},
        {"code": "GATE-1", "kind": "gate", "place_id": world.places["c1"]},
        {"code": "OLD-1", "kind": "door", "place_id": world.places["home"],
         "revoked_at": world.office.clock()},
    ]  # fmt: skip
    with world.office.db.begin() as conn:
        for row in rows:
            conn.execute(insert(place_code).values(**row))
    return world


@pytest.mark.parametrize("code", ["DOOR-1", "METER-1"])
def test_a_scan_answers_with_one_colour_and_nothing_else(posted, code):
    found = door.scan(posted.office, posted.actor("volunteer"), code)
    assert found.colour is Colour.DARK
    assert (found.evidence, found.against, found.signal, found.curve) == (None, None, None, None)
    assert [e.data["step"] for e in logged(posted, "home.opened")] == ["colour"]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("volunteer", "NOBODY"),
        ("volunteer", "OLD-1"),
        ("volunteer", "GATE-1"),
        ("colleague", "DOOR-1"),
        ("withdrawn", "DOOR-1"),
        ("outsider", "DOOR-1"),
    ],
)
def test_a_scan_that_may_not_be_is_always_answered_alike(posted, who, code):
    refused("door.not-enrolled", door.scan, posted.office, posted.actor(who), code)


def test_scans_are_limited_also_where_they_are_refused(posted, monkeypatch):
    few = door.throttle.Limit("few", 3, door.HOUR, door.HOUR)
    monkeypatch.setitem(door.LIMITS, Step.COLOUR, few)
    for at in range(3):
        refused("door.not-enrolled", door.scan, posted.office, posted.actor("outsider"), f"G{at}")
    refused("accounts.too-many-tries", door.scan, posted.office, posted.actor("outsider"), "G")


def test_the_privacy_officer_sees_who_opened_what_and_why(world):
    opened(world, "owner")
    refused("door.not-allowed", opened, world, "colleague")
    seen = door.openings(world.office, world.actor("privacy"))
    assert [(row.kind, row.actor_id, row.purpose) for row in seen] == [
        ("home.refused", world.people["colleague"], None),
        ("home.opened", world.people["owner"], PURPOSE),
    ]
    assert seen[0].data["why"] == "door.not-allowed"
    older = door.openings(world.office, world.actor("privacy"), before=seen[0].seq)
    assert [row.seq for row in older] == [seen[1].seq]


@pytest.mark.parametrize(
    ("at", "count"), [("C1", 1), ("B1", 1), ("HOME", 1), ("id", 1), ("B2", 0), ("nowhere", 0)]
)
def test_an_auditor_asks_by_a_place_s_code_or_id_and_for_all_that_lies_in_it(world, at, count):
    opened(world, "owner")
    named = world.places["home"] if at == "id" else at
    found = door.openings(world.office, world.actor("privacy"), place=named)
    assert [row.place_id for row in found] == [world.places["home"]] * count


@pytest.mark.parametrize("who", sorted(set(WHO) - {"privacy"}))
def test_others_see_their_own_openings_only(world, who):
    opened(world, "owner")
    refused("door.not-allowed", door.openings, world.office, world.actor(who))
    me = world.actor(who)
    mine = door.openings(world.office, me, person_id=me.person_id)
    assert len(mine) == (1 if who == "owner" else 0)


def named(world: World, who: str) -> list[tuple[str, str | None]]:
    """What somebody's own openings say: the kind of each, and which home, if it is named."""
    me = world.actor(who)
    rows = door.openings(world.office, me, person_id=me.person_id)
    known = audit.named_mine(world.office, me, rows).places
    homes = [known.get(row.place_id) for row in rows]
    return [(row.kind, one.code if one else None) for row, one in zip(rows, homes, strict=True)]


def test_one_s_own_openings_name_the_home_but_not_where_one_was_refused(world):
    opened(world, "owner")
    refused("door.not-allowed", opened, world, "colleague")
    assert named(world, "owner") == [("home.opened", "HOME")]
    assert named(world, "colleague") == [("home.refused", None)]
    # Another's openings are not named to who asks after them so.
    theirs = door.openings(world.office, world.actor("privacy"))
    assert audit.named_mine(world.office, world.actor("leader"), theirs).places == {}


def test_one_s_own_openings_forget_the_home_with_the_campaign_s_list(world):
    opened(world, "owner")
    past = world.office.clock() - timedelta(seconds=1)
    with world.office.db.begin() as conn:
        conn.execute(update(campaign).values(list_expires_at=past))
    assert named(world, "owner") == [("home.opened", None)]
    assert person_data.export(world.office, world.actor("owner"))["homes_opened"] == []


def test_one_s_own_data_says_where_the_homes_are_that_one_opened(world):
    opened(world, "owner")
    refused("door.not-allowed", opened, world, "colleague")
    (told,) = person_data.export(world.office, world.actor("owner"))["homes_opened"]
    assert told["home"]["code"] == "HOME"
    assert told["home"]["community"]["zh"]
    assert person_data.export(world.office, world.actor("colleague"))["homes_opened"] == []
    theirs = person_data.export(world.office, world.actor("privacy"), world.people["owner"])
    assert "homes_opened" not in theirs


def test_nobody_in_particular_opens_nothing(world):
    asked = (world.places["home"], Step.EVIDENCE, world.campaigns["sweep"], PURPOSE)
    refused("door.not-allowed", door.reveal, world.office, Actor(None, "api"), *asked)
    assert door.reveal(world.office, CLI, *asked).evidence
