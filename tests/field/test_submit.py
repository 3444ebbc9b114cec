"""Submissions: durable first, each worked in once, whatever the order in which they come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from campaign_world import ANSWERED, ILL, NOBODY, RETURNED, build, form, send
from sqlalchemy import func, select

from lamplit.domain.field import InboxState, Role
from lamplit.store.schema import finding, inbox, submission, task


@pytest.fixture
def world(office):
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    return made


@pytest.fixture
def swept(world):
    campaign = world.campaign(parameters={"random_share": 0})
    world.sweep(campaign, world.dark(*world.doors[:3]))
    return world


def count(office, table, **where):
    wanted = select(func.count()).select_from(table)
    for name, value in where.items():
        wanted = wanted.where(table.c[name] == value)
    with office.db.read() as conn:
        return conn.scalar(wanted)


def test_a_visit_completes_its_task_and_its_enrollment(swept, office):
    first = swept.tasks()[0]
    receipt = swept.submit(swept.person("v1"), first.id, **RETURNED)
    assert (receipt.state, receipt.status, receipt.outcome) == (
        InboxState.PROCESSED, 201, "reached",
    )  # fmt: skip
    done = swept.tasks(id=first.id)[0]
    assert (done.state, done.performed_by) == ("completed", swept.people["v1"])
    enrolled = swept.enrollments()[first.place_id]
    assert (enrolled.state, enrolled.done_why, enrolled.found) == ("done", "reached", "returned")


def test_the_same_bytes_twice_are_one_submission(swept, office):
    body = form(swept.tasks()[0].id, **ANSWERED)
    first = send(office, swept.person("v1"), body)
    again = send(office, swept.person("v1"), body)
    assert not first.duplicate
    assert again.duplicate
    assert again.submission_id == first.submission_id
    assert count(office, submission) == 1


def test_other_bytes_under_the_same_instance_are_kept_apart_and_answered_as_received(swept, office):
    first = swept.tasks()[0]
    send(office, swept.person("v1"), form(first.id, instance="uuid:one", **NOBODY))
    other = send(office, swept.person("v1"), form(first.id, instance="uuid:one", **ANSWERED))
    assert (other.state, other.status, other.problem) == (
        InboxState.QUARANTINED, 202, "submit.conflict",
    )  # fmt: skip
    assert swept.tasks(id=first.id)[0].state == "failed"


def test_sixteen_at_once_with_the_same_submission_make_one(swept, office):
    body = form(swept.tasks()[0].id, **ILL)
    who = swept.person("v1")
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(lambda _: send(office, who, body), range(16)))
    assert {r.state for r in receipts} == {InboxState.PROCESSED}
    assert len({r.submission_id for r in receipts}) == 1
    assert sum(not r.duplicate for r in receipts) == 1
    assert (count(office, submission), count(office, inbox), count(office, finding)) == (1, 1, 2)


def test_bytes_that_cannot_be_read_are_kept_and_answered_as_received(swept, office):
    receipt = send(office, swept.person("v1"), b'{"instance_id": "uuid:x", "answers":')
    assert (receipt.state, receipt.problem) == (InboxState.QUARANTINED, "submit.unreadable")
    assert count(office, inbox, state="quarantined") == 1


def test_findings_raise_follow_up_tasks(swept, office):
    first = swept.tasks()[0]
    receipt = swept.submit(swept.person("v1"), first.id, **ILL)
    raised = swept.tasks(enrollment_id=first.enrollment_id, origin="finding")
    assert {(t.slot.split(":")[1], t.for_role) for t in raised} == {
        ("call_help", "leader"), ("bring_supplies", "shopper"),
    }  # fmt: skip
    urgent = next(t for t in raised if t.for_role == "leader")
    assert urgent.due_until - receipt.received_at == timedelta(hours=2)


def test_nobody_at_home_asks_for_another_attempt(swept, office, clock):
    first = swept.tasks()[0]
    swept.submit(swept.person("v1"), first.id, **NOBODY)
    both = swept.tasks(enrollment_id=first.enrollment_id)
    assert [(t.slot, t.state) for t in both] == [("visit", "failed"), ("visit/2", "requested")]
    assert both[1].due_from - clock.now == timedelta(hours=3)
    assert both[1].due_until == first.due_until


def test_late_work_of_one_who_withdrew_is_taken_and_flagged(swept, office, clock):
    former = swept.person("v2", Role.VOLUNTEER, ends=clock.now.date())
    receipt = swept.submit(former, swept.tasks()[0].id, **ANSWERED)
    assert receipt.state is InboxState.PROCESSED
    assert "after_withdrawal" in receipt.flags


def test_one_who_never_had_a_role_there_is_not_believed(swept, office):
    receipt = swept.submit(swept.person("nobody"), swept.tasks()[0].id, **ANSWERED)
    assert (receipt.state, receipt.problem) == (InboxState.QUARANTINED, "submit.stranger")
    assert swept.tasks()[0].state == "requested"


def test_a_phone_ahead_of_time_is_flagged_and_not_believed(swept, office, clock):
    first = swept.tasks()[0]
    receipt = send(
        office, swept.person("v1"), form(first.id, ended=clock.now + timedelta(days=2), **ANSWERED)
    )
    assert "clock_skew" in receipt.flags
    assert swept.tasks(id=first.id)[0].performed_at == clock.now


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_correction_supersedes_whichever_comes_first(swept, office, clock, order):
    first = swept.tasks()[0]
    at = clock.now - timedelta(hours=1)
    wrong = form(first.id, instance="uuid:wrong", ended=at, **ILL)
    right = form(
        first.id, instance="uuid:right", ended=at + timedelta(minutes=5), replaces="uuid:wrong",
        **NOBODY,
    )  # fmt: skip
    for which in order:
        assert send(office, swept.person("v1"), (wrong, right)[which]).state == "processed"
    assert swept.tasks(id=first.id)[0].state == "failed"
    assert swept.enrollments()[first.place_id].state == "active"
    assert count(office, finding, state="open") == 0
    with office.db.read() as conn:
        open_follow_ups = conn.scalar(
            select(func.count()).where(task.c.origin == "finding", task.c.state == "requested")
        )
    assert open_follow_ups == 0
