"""Looking through a campaign's doors stands in the log: once for some minutes, beforehand."""

from __future__ import annotations

import pytest
from campaign_world import ANSWERED, build
from sqlalchemy import select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.campaigns import doors
from lamplit.services.field.campaigns.front import front
from lamplit.services.field.homes.reveal import openings
from lamplit.services.field.office import Office
from lamplit.store import reveals
from lamplit.store.schema import campaign, event
from lamplit.web import sse


@pytest.fixture
def world(office):
    made = build(office, buildings=2, homes=4)
    for code in ("boss", "second"):
        made.person(code, Role.LEADER)
    made.person("privacy", Role.PRIVACY_OFFICER)
    made.round = made.campaign(parameters={"way": "every_door"})
    made.sweep(made.round, made.dark())
    return made


def look(world, who="boss", **asked):
    return doors.listed(world.office, world.person(who), "sweep", **asked)


def lines(world, kind=reveals.LIST_OPENED):
    with world.office.db.read() as conn:
        found = select(event).where(event.c.kind == kind).order_by(event.c.seq)
        return list(conn.execute(found))


def told(world, kind=reveals.LIST_OPENED):
    return [(row.place_id, row.data) for row in lines(world, kind)]


def test_a_line_says_who_looked_at_which_campaign_and_at_how_many_doors(world):
    page = look(world, limit=3)
    (line,) = lines(world)
    assert line.actor_id == world.people["boss"]
    assert (line.campaign_id, line.place_id) == (world.round.id, world.community)
    assert line.purpose == "epidemic_support"
    assert line.data == {"doors": 8}, "all of them: the rest is a cursor away"
    # The pages that follow belong to the same look.
    look(world, limit=3, after=page[-1].cursor)
    assert len(lines(world)) == 1


def test_polling_does_not_flood_and_nothing_is_seen_without_a_line(world, clock):
    b0 = world.buildings[0]
    # Part first: the whole is not in it. Then the whole, and every part is.
    look(world, building=b0, state="active")
    look(world, building=b0, state="active")
    assert told(world) == [(b0, {"doors": 4, "state": "active"})]
    look(world, building=b0)
    look(world, state="active")
    look(world)
    assert [data["doors"] for _, data in told(world)] == [4, 4, 8, 8]
    for asked in ({}, {"building": b0}, {"building": world.buildings[1]}, {"state": "done"}):
        look(world, **asked)
    assert len(lines(world)) == 4
    # Somebody else's look is not mine; and minutes later a look is a new one.
    look(world, "second")
    assert len(lines(world)) == 5
    clock.turn(minutes=11)
    look(world)
    assert len(lines(world)) == 6


def test_the_facade_of_a_campaign_is_a_look_of_its_own(world, office):
    look(world)
    for place in ("", world.buildings[0], ""):
        front(office, world.person("boss"), "sweep", place)
    assert told(world, reveals.FACADE_OPENED) == [(world.community, {"doors": 8})]
    front(office, world.person("second"), "sweep", world.buildings[1])
    front(office, world.person("second"), "sweep")
    assert told(world, reveals.FACADE_OPENED)[1:] == [
        (world.buildings[1], {"doors": 4}), (world.community, {"doors": 8}),
    ]  # fmt: skip


def test_no_line_no_doors(world, monkeypatch):
    def full(self, actor):
        raise OSError("disk full")

    monkeypatch.setattr(Office, "begin", full)
    for ask in (look, lambda w: front(w.office, w.person("boss"), "sweep")):
        with pytest.raises(OSError, match="disk full"):
            ask(world)


def test_who_is_refused_or_finds_an_expired_list_has_seen_nothing(world, office):
    with pytest.raises(LamplitError):
        look(world, "stranger")
    with office.db.begin() as conn:
        conn.execute(update(campaign).values(state="expired"))
    assert look(world) == []
    assert front(office, world.person("boss"), "sweep").buildings == ()
    assert lines(world) + lines(world, reveals.FACADE_OPENED) == []


def test_an_export_is_one_line_and_no_look(world, office):
    doors.export(office, world.person("boss"), "sweep", "csv", "en")
    assert lines(world) == []
    assert told(world, reveals.LIST_EXPORTED) == [(world.community, {"doors": 8, "suffix": "csv"})]


def test_the_privacy_officer_sees_looks_and_a_board_does_not(world, office):
    world.submit(world.person("boss"), world.tasks()[0].id, **ANSWERED)
    head = sse.begin_at(office, None)
    look(world, building=world.buildings[0])
    seen = openings(office, world.person("privacy"), kinds=reveals.MANY)
    assert [(row.kind, row.place_id, row.data["doors"]) for row in seen] == [
        ("list.opened", world.buildings[0], 4)
    ]
    assert sse.since(office, world.round.id, head) == []


def test_many_looks_do_not_keep_a_board_from_what_happens(world, office, monkeypatch):
    """A stream reads so many entries at a time; those it does not tell of must not fill them."""
    monkeypatch.setattr(sse, "BATCH", 2)
    head = sse.begin_at(office, None)
    for state in ("active", "done", "resolved"):
        look(world, state=state)
    world.submit(world.person("boss"), world.tasks()[0].id, **ANSWERED)
    kinds = [said["kind"] for _, said in sse.since(office, world.round.id, head)]
    assert kinds
    assert "list.opened" not in kinds
