"""Nothing that a phone sent is kept for ever, worked in or not; what goes is logged and counted."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from campaign_world import ANSWERED, TOLD_EMPTY, build, form, send
from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.office import CLI
from lamplit.services.field.privacy import expiry
from lamplit.services.field.submissions import media, quarantine
from lamplit.store import log
from lamplit.store.schema import attachment, entity_change, event, inbox, place, submission

ROOT = Path(__file__).resolve().parents[2]
PHOTO = media.Attachment("door.jpg", "image/jpeg", b"photo")


@pytest.fixture
def world(office):
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    made.sweep(made.campaign(parameters={"random_share": 0}), made.dark(*made.doors[:4]))
    return made


def stranger(world, instance="", photo=PHOTO):
    """Somebody without a role in the campaign: it is set aside, and the campaign is known."""
    said = form(world.tasks()[0].id, instance=instance, **ANSWERED)
    kept = send(world.office, world.person("stranger"), said, attachments=[photo])
    assert kept.problem == "submit.stranger"
    return kept.inbox_id


def unreadable(world):
    """What says nothing of any campaign."""
    return send(world.office, world.person("v1"), b"{}").inbox_id


def bytes_of(office, inbox_id) -> bytes:
    with office.db.read() as conn:
        return conn.scalars(select(inbox.c.body).where(inbox.c.id == inbox_id)).one()


def photos(office) -> list[Path]:
    return [file for file in office.media_dir.rglob("*") if file.is_file()]


def told(office, kind) -> list[dict]:
    with office.db.read() as conn:
        assert not [one for one in log.verify(conn) if isinstance(one, log.Break)]
        return list(conn.scalars(select(event.c.data).where(event.c.kind == kind)))


def test_what_was_set_aside_of_a_campaign_goes_with_its_answers(world, office, clock):
    aside = stranger(world)
    clock.turn(days=200)
    assert expiry.expire(office) == []  # The campaign goes on: nobody loses what waits in it.
    [shown] = quarantine.waiting(office, CLI)
    assert shown.goes_at is None
    campaigns.close(office, CLI, "sweep")
    [shown] = quarantine.waiting(office, CLI)
    assert shown.goes_at == clock() + timedelta(days=180)
    clock.turn(days=179)
    assert {one.set_aside for one in expiry.expire(office)} == {0}
    assert bytes_of(office, aside)
    clock.turn(days=1)
    done = expiry.expire(office)
    assert [(one.set_aside, one.unsettled) for one in done if one.code] == [(1, 1)]
    assert sum(one.photos for one in done) == 1
    assert bytes_of(office, aside) == b""
    assert photos(office) == []
    assert told(office, "submission.expired")[0]["unsettled"] == 1
    assert expiry.expire(office) == []


def test_what_says_of_no_campaign_waits_for_a_stated_time(world, office, clock):
    aside = unreadable(world)
    [shown] = quarantine.waiting(office, CLI)
    assert shown.goes_at == clock() + quarantine.UNSETTLED_KEPT
    clock.turn(days=180)
    assert expiry.expire(office) == []
    clock.turn(minutes=1)
    [one] = expiry.expire(office)
    assert (one.campaign_id, one.set_aside, one.unsettled) == (None, 1, 1)
    assert bytes_of(office, aside) == b""
    assert quarantine.waiting(office, CLI) == []
    [gone] = quarantine.waiting(office, CLI, settled=True)
    assert (gone.bytes, gone.settled_at, gone.goes_at) == (0, clock(), None)
    for act in (quarantine.look, quarantine.retry):
        with pytest.raises(LamplitError, match=r"inbox\.gone"):
            act(office, CLI, aside)
    assert told(office, "inbox.expired") == [{"set_aside": 1, "unsettled": 1, "photos": 0}]


def test_what_was_discarded_goes_a_month_later(world, office, clock):
    aside = stranger(world)
    quarantine.discard(office, CLI, aside, reason="a test")
    [shown] = quarantine.waiting(office, CLI, settled=True)
    assert shown.goes_at == clock() + quarantine.SETTLED_KEPT
    clock.turn(days=30)
    assert expiry.expire(office) == []
    clock.turn(minutes=1)
    [one] = expiry.expire(office)
    assert (one.set_aside, one.unsettled, one.photos) == (1, 0, 1)
    assert bytes_of(office, aside) == b""
    assert photos(office) == []


def test_photos_stay_while_anybody_needs_them(world, office, clock):
    instance = f"uuid:{uuid.uuid4()}"
    said = form(world.tasks()[0].id, instance=instance, **TOLD_EMPTY)
    send(office, world.person("v1"), said, attachments=[PHOTO])
    # The same instance with other words is set aside; its photo is that of the first.
    twice = send(office, world.person("v1"), said | {"answers": ANSWERED}, attachments=[PHOTO])
    assert twice.problem == "submit.conflict"
    stranger(world)
    quarantine.discard(office, CLI, twice.inbox_id, reason="a test")
    clock.turn(days=31)
    assert [one.photos for one in expiry.expire(office)] == [0]
    assert bytes_of(office, twice.inbox_id) == b""
    assert len(photos(office)) == 1
    with office.db.read() as conn:
        assert len(conn.execute(select(attachment)).all()) == 2


def test_a_photo_sent_again_after_its_time_goes_again(world, office, clock):
    instance = f"uuid:{uuid.uuid4()}"
    quarantine.discard(office, CLI, stranger(world, instance), reason="a test")
    clock.turn(days=31)
    expiry.expire(office)
    said = form(world.tasks()[0].id, instance=instance, **ANSWERED)
    assert send(office, world.person("stranger"), said, attachments=[PHOTO]).duplicate
    assert len(photos(office)) == 1
    assert [(one.set_aside, one.photos) for one in expiry.expire(office)] == [(0, 1)]
    assert photos(office) == []


def test_what_phones_said_of_entities_goes_with_the_answers(world, office, clock):
    new, other = str(uuid.uuid4()), str(uuid.uuid4())

    def said(entity, **more):
        return {"list": "households", "id": entity, "label": "1-302", **more}

    door = {"unit": "2", "floor": "3", "door": "302"}
    wanted = world.tasks()[0].id
    made = said(new, create=True, update=False, data=door)
    held = said(other, create=False, update=True, base_version=4, trunk_version=1,
                branch_id=str(uuid.uuid4()), data={"door": "9"})  # fmt: skip
    assert "home_found" in send(
        office, world.person("v1"), form(wanted, entities=[made], **TOLD_EMPTY)
    ).flags  # fmt: skip
    campaigns.close(office, CLI, "sweep")
    clock.turn(days=15)
    expiry.expire(office)
    clock.turn(days=166)
    late = send(office, world.person("v1"), form(wanted, entities=[held], **TOLD_EMPTY))
    assert "entity_held" in late.flags
    expiry.expire(office)
    with office.db.read() as conn:
        assert conn.scalars(select(submission.c.answers)).all() == [{}, {}]
        kept = {row.entity_id: row.data for row in conn.execute(select(entity_change))}
    # What waits for its predecessor is applied first.
    assert kept[new] is None
    assert kept[other]["door"] == "9"
    # A phone that is later still does not wipe what is known of the door.
    more = said(
        new, create=False, update=True, base_version=1, trunk_version=1, data={"floor": "4"}
    )
    send(office, world.person("v1"), form(wanted, entities=[more], **TOLD_EMPTY))
    with office.db.read() as conn:
        there = conn.execute(select(place).where(place.c.id == new)).one()
    assert (there.unit, there.floor, there.door) == ("2", 4, "302")


def test_the_days_are_said_where_people_read_of_them():
    days = (quarantine.UNSETTLED_KEPT.days, quarantine.SETTLED_KEPT.days)
    for file in (
        "ui/src/rooms/privacy/words.ts", "docs/how-to/privacy-officer.md",
        "docs/reference/campaigns.md",
    ):  # fmt: skip
        text = (ROOT / file).read_text("utf-8")
        for count in days:
            assert f"{count} days" in text, file
            assert f"{count} 天" in text or file.endswith("campaigns.md"), file
