"""Findings, and what was set aside, speak of homes: that somebody read them stands in the log."""

from __future__ import annotations

import pytest
from campaign_world import ILL, build
from sqlalchemy import select

from lamplit.domain.field import FindingState, InboxState, Role
from lamplit.services.field.homes.reveal import openings
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.submissions import inbox, quarantine
from lamplit.services.field.tasks.findings import findings
from lamplit.store import reveals
from lamplit.store.schema import event
from lamplit.web import sse


@pytest.fixture
def world(office):
    """Two homes with what they need: two findings each."""
    made = build(office, buildings=2, homes=4)
    for code in ("boss", "second"):
        made.person(code, Role.LEADER)
    made.person("privacy", Role.PRIVACY_OFFICER)
    made.person("v1", Role.VOLUNTEER)
    made.round = made.campaign(parameters={"way": "every_door"})
    made.sweep(made.round, made.dark())
    for wanted in made.tasks()[:2]:
        made.submit(made.person("v1"), wanted.id, **ILL)
    return made


def lines(world, kind=reveals.FINDINGS_OPENED):
    with world.office.db.read() as conn:
        return list(conn.execute(select(event).where(event.c.kind == kind).order_by(event.c.seq)))


def read(world, who="boss", *states):
    return findings(world.office, world.person(who), "sweep", *states)


def test_reading_findings_is_a_line_that_says_where_and_of_how_many_places(world):
    found = read(world)
    (line,) = lines(world)
    assert line.actor_id == world.people["boss"]
    assert (line.campaign_id, line.place_id) == (world.round.id, world.community)
    assert line.purpose == "epidemic_support"
    assert line.data == {"doors": len({one.place_id for one in found})} == {"doors": 2}


def test_one_line_stands_for_ten_minutes_and_for_what_it_covers(world, clock):
    two = (FindingState.OPEN, FindingState.IN_HAND)
    read(world, "boss", *two)
    read(world, "boss", FindingState.OPEN)
    read(world, "boss", *reversed(two))
    assert [line.data for line in lines(world)] == [{"doors": 2, "state": "in_hand,open"}]
    read(world, "boss", FindingState.RESOLVED)
    read(world)
    read(world, "boss", FindingState.RESOLVED)
    assert [line.data["doors"] for line in lines(world)] == [2, 0, 2]
    read(world, "second")
    assert len(lines(world)) == 4
    clock.turn(minutes=11)
    read(world)
    assert len(lines(world)) == 5


def test_a_volunteer_s_line_counts_what_they_see_and_no_line_means_no_findings(world, monkeypatch):
    world.person("v2", Role.VOLUNTEER)
    assert len(read(world, "v1")) == 4
    assert read(world, "v2") == []
    assert [line.data["doors"] for line in lines(world)] == [2, 0]

    def full(self, actor):
        raise OSError("disk full")

    monkeypatch.setattr(Office, "begin", full)
    with pytest.raises(OSError, match="disk full"):
        read(world)


def test_reading_what_was_set_aside_is_a_line_for_ten_minutes(world, office, clock):
    kept = inbox.receive(
        office, world.person("v1"), transport="api", content_type="application/json", body=b"{}"
    )
    assert kept.state is InboxState.QUARANTINED
    for _ in range(2):
        assert quarantine.look(office, world.person("boss"), kept.inbox_id) == b"{}"
    assert [(one.actor_id, one.place_id) for one in lines(world, reveals.INBOX_OPENED)] == [
        (world.people["boss"], world.community)
    ]
    quarantine.look(office, world.person("second"), kept.inbox_id)
    clock.turn(minutes=11)
    quarantine.look(office, world.person("boss"), kept.inbox_id)
    assert len(lines(world, reveals.INBOX_OPENED)) == 3


def test_the_privacy_officer_sees_both_and_a_board_is_told_of_neither(world, office):
    head = sse.begin_at(office, None)
    read(world)
    mine = inbox.receive(
        office, world.person("v1"), transport="api", content_type="application/json", body=b"{}"
    )
    nobodys = inbox.receive(
        office, CLI, transport="feedback", content_type="application/json", body=b"[]"
    )
    for one in (mine, nobodys):
        quarantine.look(office, world.person("boss"), one.inbox_id)
    seen = openings(office, world.person("privacy"), kinds=reveals.MANY)
    assert [(row.kind, row.place_id) for row in seen] == [
        ("inbox.opened", None),
        ("inbox.opened", world.community),
        ("findings.opened", world.community),
    ]
    assert sse.since(office, world.round.id, head) == []
