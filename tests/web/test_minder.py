"""What a server does by itself, round by round: nobody has to run a command for it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from campaign_world import ANSWERED, TODAY, build, form, send
from sqlalchemy import select, update
from structlog.testing import capture_logs

from lamplit.domain.field import InboxState, Role
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.people.assignments import hand_over
from lamplit.services.field.submissions import inbox as deliveries
from lamplit.services.field.tasks import assign
from lamplit.store.schema import assignment, campaign, inbox
from lamplit.web import minder


class Rounds(threading.Event):
    """Ends the minding after so many rounds; `between` is done before each but the first."""

    def __init__(self, many: int = 1, between=lambda: None) -> None:
        super().__init__()
        self.left, self.between = many, between

    def wait(self, timeout=None):
        assert timeout == minder.EVERY_SECONDS
        self.left -= 1
        if self.left:
            self.between()
        return self.left == 0


@pytest.fixture
def world(office: Office):
    """Somebody is responsible for a building of ten homes, in a campaign of daily care."""
    made = build(office, buildings=2, homes=10)
    made.person("care", Role.RESPONSIBLE, made.buildings[0])
    made.sweep(made.campaign("care", "building_care", deadline=TODAY + timedelta(30)), None)
    return made


def slots(world) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in world.tasks():
        found[one.slot] = found.get(one.slot, 0) + 1
    return found


def test_each_morning_has_its_tasks_though_nobody_works_a_night(world, office, clock):
    minder.mind(office, Rounds(3, lambda: clock.turn(days=1)))
    assert slots(world) == {f"daily:2020-02-{day}": 10 for day in (10, 11, 12)}


def test_a_hand_over_for_tomorrow_moves_the_tasks_tomorrow(world, office, clock):
    world.person("next")
    assign.assign(office, CLI, "care", task_ids=[one.id for one in world.tasks()])
    with office.db.read() as conn:
        mine = conn.scalar(
            select(assignment.c.id).where(assignment.c.person_id == world.people["care"])
        )
    hand_over(office, CLI, mine, to="next", day=TODAY + timedelta(1))
    minder.mind(office, Rounds())
    assert {t.owner_id for t in world.tasks()} == {world.people["care"]}
    clock.turn(days=1)
    minder.mind(office, Rounds())
    assert {t.owner_id for t in world.tasks(slot="daily:2020-02-10")} == {world.people["next"]}


def test_what_a_crash_left_waiting_is_worked_in_within_a_minute(world, office, clock, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "_worked", lambda *_: {})
        left = send(office, world.person("care"), form(world.tasks()[0].id, **ANSWERED))
    assert left.state is InboxState.RECEIVED
    clock.turn(minutes=1)
    minder.mind(office, Rounds())
    with office.db.read() as conn:
        assert conn.scalar(select(inbox.c.state)) != InboxState.RECEIVED


def test_a_step_that_fails_keeps_no_other_back_and_is_tried_again(world, office, monkeypatch):
    done: list[str] = []

    def fails(_: Office) -> None:
        done.append("fails")
        raise OSError("the disk is full")

    def morning(_: Office) -> None:
        done.append("morning")
        if done.count("morning") == 1:
            raise OSError("the disk is full")

    def tidies(_: Office) -> None:
        done.append("tidies")

    monkeypatch.setattr(minder, "ROUND", (fails,))
    monkeypatch.setattr(minder, "morning", morning)
    monkeypatch.setattr(minder, "TIDY", (tidies,))
    with capture_logs() as lines:
        minder.mind(office, Rounds(3))
    assert done == ["fails", "morning", "tidies", "fails", "morning", "fails"]
    assert [(one["event"], one["step"], one["fault"]) for one in lines] == [
        ("minder", "fails", "OSError"), ("minder", "morning", "OSError"),
        ("minder", "fails", "OSError"), ("minder", "fails", "OSError"),
    ]  # fmt: skip


def test_a_campaign_whose_programme_is_gone_keeps_no_other_from_its_day(world, office, clock):
    gone = world.campaign("a", "living_alone", deadline=TODAY + timedelta(30), starts=TODAY)
    with office.db.begin() as conn:
        conn.execute(
            update(campaign).where(campaign.c.id == gone.id)
            .values(programme="withdrawn", starts=TODAY + timedelta(1))
        )  # fmt: skip
    clock.turn(days=1)
    with capture_logs() as lines:
        minder.mind(office, Rounds())
    assert slots(world)["daily:2020-02-11"] == 10
    assert [one["fault"] for one in lines] == ["programme.unknown"]
