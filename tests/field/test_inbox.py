"""The inbox: XML bombs, tricks with names, crashes between bytes and meaning, quarantine."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from datetime import timedelta

import pytest
from campaign_world import ANSWERED, ILL, NOBODY, RETURNED, TOLD_EMPTY, build, form, send
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState, Role
from lamplit.services.field.office import CLI
from lamplit.services.field.submissions import entities, forms, inbox, media, quarantine
from lamplit.store import submissions
from lamplit.store.schema import attachment, enrollment, entity_change, event, finding, task
from lamplit.store.schema import inbox as inbox_table

XML = (
    '<data xmlns:orx="http://openrosa.org/xforms" xmlns:e="http://www.opendatakit.org/xforms/entities"'
    ' id="lamplit_household_sweep" version="2026.1">'
    "<task>{task}</task><door>no_answer</door><group><remark>好 &amp; gut</remark></group>"
    "<orx:meta><orx:instanceID>{instance}</orx:instanceID>{entity}</orx:meta></data>"
)


@pytest.fixture
def world(office):
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    campaign = made.campaign(parameters={"random_share": 0})
    made.sweep(campaign, made.dark(*made.doors[:4]))
    return made


def post(office, actor, body, **more):
    return inbox.receive(
        office, actor, transport="openrosa", content_type="text/xml", body=body, **more
    )


def xml(task_id, instance="", entity=""):
    instance = instance or f"uuid:{uuid.uuid4()}"
    return XML.format(task=task_id, instance=instance, entity=entity).encode()


def test_an_xform_is_worked_in(world, office):
    wanted = world.tasks()[0]
    receipt = post(office, world.person("v1"), xml(wanted.id))
    assert (receipt.state, receipt.outcome) == (InboxState.PROCESSED, "no_answer")
    with office.db.read() as conn:
        kept = submissions.find(conn, receipt.submission_id)
    assert kept.answers["group/remark"] == "好 & gut"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<data",
        b'<!DOCTYPE d [<!ENTITY a "b">]><data><meta><instanceID>x</instanceID></meta></data>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE d [<!ENTITY a "b">]><data/>'.encode(
            "utf-16"
        ),
        b"<data>" + b"<a>" * 200 + b"</a>" * 200 + b"</data>",
        b"<data>" + b"<a/>" * 30_000 + b"</data>",
        b"<data><task>1</task></data>",
    ],
)
def test_what_is_no_submission_is_kept_and_named(world, office, body):
    receipt = post(office, world.person("v1"), body)
    assert (receipt.state, receipt.problem) == (InboxState.QUARANTINED, "submit.unreadable")
    [entry] = quarantine.waiting(office, CLI)
    assert quarantine.look(office, CLI, entry.id) == body


def test_what_is_too_large_is_refused_before_it_is_kept(world, office):
    with pytest.raises(LamplitError) as caught:
        post(office, world.person("v1"), b"x" * (forms.MOST_BYTES + 1))
    assert caught.value.code == "submit.too-large"


def test_what_a_crash_left_is_worked_in_later(world, office, clock, monkeypatch):
    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    wanted = world.tasks()[0]
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "work_in", dies)
        with pytest.raises(KeyboardInterrupt):
            send(office, world.person("v1"), form(wanted.id, **ANSWERED))
    assert world.tasks(id=wanted.id)[0].state == "requested"
    assert inbox.process_pending(office) == []
    clock.turn(minutes=1)
    [receipt] = inbox.process_pending(office)
    assert receipt.outcome == "reached"
    assert world.tasks(id=wanted.id)[0].state == "completed"
    assert inbox.process_pending(office) == []


def test_sent_again_after_a_crash_it_is_worked_in_at_once(world, office, monkeypatch):
    wanted = world.tasks()[0]
    said = form(wanted.id, **ANSWERED)
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "_worked", lambda *_: {})
        assert send(office, world.person("v1"), said).state is InboxState.RECEIVED
    again = send(office, world.person("v1"), said)
    assert (again.state, again.duplicate) == (InboxState.PROCESSED, True)


def test_one_that_breaks_the_rules_does_not_take_the_others_with_it(world, office, monkeypatch):
    wanted = world.tasks()
    real = inbox.work_in

    def trips(office, tx, ids, **how):
        done = real(office, tx, ids, **how)
        if any(one.outcome == "no_answer" for one in done.values()) and not how.get("fault"):
            raise ZeroDivisionError
        return done

    monkeypatch.setattr(inbox, "work_in", trips)
    bodies = [form(wanted[0].id, **NOBODY), form(wanted[1].id, **ANSWERED)]
    rows = [
        inbox._Delivery(
            {
                "id": str(uuid.uuid4()), "received_at": office.clock(), "transport": "api",
                "person_id": world.people["v1"], "token_id": None, "device_id": None,
                "instance_id": one["instance_id"], "sha256": uuid.uuid4().hex,
                "content_type": "application/json", "body": json.dumps(one).encode(),
                "state": "received",
            },
            (),
        )
        for one in bodies
    ]  # fmt: skip
    receipts = inbox._take_in(office, rows)
    assert [r.problem for r in receipts] == ["submit.fault", None]
    assert [world.tasks(id=t.id)[0].state for t in wanted[:2]] == ["requested", "completed"]


def test_attachments_are_kept_by_hash_whatever_their_names(world, office):
    said = form(world.tasks()[0].id, **ANSWERED)
    names = ("../../etc/passwd", "c:\\windows\\x.jpg", "photo.jpg", "..", "\0")
    files = [media.Attachment(name, "image/jpeg", b"same") for name in names]
    send(office, world.person("v1"), said, attachments=files[:2])
    big = media.Attachment("large.jpg", "image/jpeg", io.BytesIO(b"z" * 3_000_000))
    again = send(office, world.person("v1"), said, attachments=[*files[2:], big])
    assert again.duplicate
    with office.db.read() as conn:
        rows = list(conn.execute(select(attachment).order_by(attachment.c.name)))
    assert {r.name for r in rows} == {"passwd", "x.jpg", "photo.jpg", "attachment", "large.jpg"}
    inside = {p.name for p in office.media_dir.rglob("*") if p.is_file()}
    assert inside == {r.sha256 for r in rows}
    assert len(inside) == 2


def test_a_stranger_is_worked_in_when_a_leader_vouches(world, office):
    wanted = world.tasks()[0]
    kept = send(office, world.person("stranger"), form(wanted.id, **ANSWERED))
    receipt = quarantine.retry(office, world.person("boss", Role.LEADER), kept.inbox_id)
    assert receipt.problem is None
    assert world.tasks(id=wanted.id)[0].performed_by == world.people["stranger"]
    with office.db.read() as conn:
        kinds = conn.scalars(select(event.c.kind).where(event.c.subject_kind == "inbox")).all()
    assert "inbox.retried" in kinds


def test_what_is_discarded_is_kept(world, office):
    kept = send(office, world.person("v1"), b"{}")
    quarantine.discard(office, CLI, kept.inbox_id, reason="a test")
    assert quarantine.waiting(office, CLI) == []
    assert [e.id for e in quarantine.waiting(office, CLI, settled=True)] == [kept.inbox_id]
    with office.db.read() as conn:
        assert conn.scalar(select(inbox_table.c.body)) == b"{}"


def test_a_form_of_no_known_programme_waits(world, office):
    said = form(world.tasks()[0].id, form_id="lamplit_unknown", **ANSWERED)
    assert send(office, world.person("v1"), said).problem == "submit.unknown-form"


# --- entities ------------------------------------------------------------------------------------


def entity(task_id, base, trunk, branch):
    return (
        f'<e:entity dataset="tasks" id="{task_id}" update="1" baseVersion="{base}" '
        f'trunkVersion="{trunk}" branchId="{branch}"><e:label>x</e:label></e:entity>'
    )


def changes(office, task_id):
    with office.db.read() as conn:
        wanted = select(entity_change).where(entity_change.c.entity_id == task_id)
        return {r.base_version: (r.state, r.version_after) for r in conn.execute(wanted)}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_offline_updates_apply_in_the_order_of_their_branch(world, office, order):
    wanted, branch = world.tasks()[0].id, str(uuid.uuid4())
    bodies = [xml(wanted, entity=entity(wanted, 1 + n, 1, branch)) for n in range(3)]
    flags = [post(office, world.person("v1"), bodies[n]).flags for n in order]
    found = changes(office, wanted)
    assert {state for state, _ in found.values()} == {"applied"}
    assert [found[base][1] for base in (1, 2, 3)] == sorted(v for _, v in found.values())
    assert any("entity_held" in f for f in flags) == (order != (0, 1, 2))


def test_two_phones_on_one_entity_are_a_conflict(world, office):
    wanted = world.tasks()[0].id
    first = xml(wanted, entity=entity(wanted, 1, 1, uuid.uuid4()))
    second = xml(wanted, entity=entity(wanted, 1, 1, uuid.uuid4()))
    assert "entity_conflict" not in post(office, world.person("v1"), first).flags
    assert "entity_conflict" in post(office, world.person("v1"), second).flags


def test_what_is_held_too_long_is_applied_and_flagged(world, office, clock):
    wanted = world.tasks()[0].id
    post(office, world.person("v1"), xml(wanted, entity=entity(wanted, 3, 1, uuid.uuid4())))
    assert changes(office, wanted) == {3: ("held", None)}
    clock.turn(hours=49)
    assert entities.force_held(office) == 1
    assert changes(office, wanted)[3][0] == "conflict"
    assert entities.force_held(office) == 0


# --- every order ---------------------------------------------------------------------------------


def outcome(office, world):
    """Everything that must come out alike: tasks performed, enrollments, findings, follow-ups.

    What was raised and taken back leaves its trace only where it was raised: those are left out.
    """
    with office.db.read() as conn:
        tasks = conn.execute(
            select(task.c.place_id, task.c.slot, task.c.state, task.c.performed_at)
            .where(task.c.state.in_(("completed", "failed", "not_executable")))
        ).all()  # fmt: skip
        raised = conn.execute(
            select(task.c.place_id, task.c.slot, task.c.state).where(
                task.c.origin == "finding", task.c.state != "cancelled"
            )
        ).all()
        enrolled = conn.execute(
            select(
                enrollment.c.place_id, enrollment.c.state, enrollment.c.outcome,
                enrollment.c.found, enrollment.c.attempts, enrollment.c.done_at,
                enrollment.c.done_why,
            )
        ).all()  # fmt: skip
        found = conn.execute(
            select(finding.c.place_id, finding.c.code, finding.c.state).where(
                finding.c.state != "dismissed"
            )
        ).all()
    place = {door: n for n, door in enumerate(world.doors)}
    return [
        sorted((place[row[0]], *(str(v) for v in row[1:])) for row in rows if row[0] in place)
        for rows in (tasks, raised, enrolled, found)
    ]


@settings(max_examples=6, derandomize=True, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(range(7)), twice=st.sets(st.integers(0, 6)))
def test_in_every_order_and_however_often_it_ends_the_same(office, order, twice):
    ends = []
    for code, sequence in (("A", range(7)), ("B", [*order, *twice])):
        world = build(office, 1, 3, f"{code}{uuid.uuid4().hex[:6]}")
        who = world.person(f"v{world.community}", Role.VOLUNTEER)
        campaign = world.campaign(world.community[:8], parameters={"random_share": 0})
        world.sweep(campaign, world.dark(*world.doors))
        ids = [t.id for t in world.tasks(campaign_id=campaign.id)]
        at = office.clock() - timedelta(hours=3)
        said = [
            (0, NOBODY, 0, ""), (0, ILL, 10, ""), (0, ANSWERED, 20, "i1"), (1, NOBODY, 5, ""),
            (1, NOBODY, 25, ""), (2, RETURNED, 30, ""), (2, TOLD_EMPTY, 40, "i5"),
        ]  # fmt: skip
        bodies = [
            form(
                ids[home], instance=f"{code}{world.community}:i{n}",
                ended=at + timedelta(minutes=minutes),
                replaces=f"{code}{world.community}:{old}" if old else None, **answers,
            )
            for n, (home, answers, minutes, old) in enumerate(said)
        ]  # fmt: skip
        for n in sequence:
            send(office, who, bodies[n])
        ends.append(
            [
                [tuple(str(v).replace(f"{code}{world.community}", "") for v in row) for row in rows]
                for rows in outcome(office, world)
            ]
        )
    assert ends[0] == ends[1]
