"""What was said at a door, and its photos: read by who has to act on them, and by nobody else."""

from __future__ import annotations

import pytest
from campaign_world import ANSWERED, ILL, NOBODY, TODAY, build, form, send
from refusals import refused
from sqlalchemy import select, update

from lamplit.domain.field import Role
from lamplit.domain.language import Text
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.homes.reveal import openings
from lamplit.services.field.office import CLI
from lamplit.services.field.privacy import expiry
from lamplit.services.field.submissions import media
from lamplit.services.field.submissions.records import photo, records
from lamplit.services.field.tasks import assign
from lamplit.store import reveals
from lamplit.store.schema import attachment, event, place
from lamplit.web import sse

JPEG = b"\xff\xd8\xff\xe0 a door"


@pytest.fixture
def world(office):
    made = build(office)
    for code in ("v1", "v2"):
        made.person(code, Role.VOLUNTEER)
    made.person("boss", Role.LEADER)
    made.person("privacy", Role.PRIVACY_OFFICER)
    made.sweep(made.campaign(parameters={"way": "every_door"}), made.dark())
    made.door = made.doors[0]
    return made


def visit(world, who, *photos, **answers):
    wanted = world.tasks(place_id=world.door)[-1].id
    files = [media.Attachment(name, "image/jpeg", JPEG + name.encode()) for name in photos]
    return send(world.office, world.person(who), form(wanted, **answers), attachments=files)


def read(world, who="boss"):
    return records(world.office, world.person(who), "sweep", world.door)


def test_a_visit_is_read_as_it_was_said_the_newest_first(world, clock):
    visit(world, "v1", **NOBODY)
    clock.turn(hours=4)
    visit(world, "v2", **ILL, remark="Ring twice.")
    late, early = read(world)
    assert (late.outcome, late.author, early.outcome, early.author) == (
        "reached", "v2", "no_answer", "v1",
    )  # fmt: skip
    said = {one.question.en: one.said for one in late.answers}
    assert said["What happened at the door?"] == Text("Somebody answered", "有人应门")
    assert said["Anything the next person should know?"] == Text("Ring twice.", "Ring twice.")
    needs = said["Is there anything in which you need help?"]
    assert len(needs.en.split(", ")) == len(needs.zh.split("、")) == 2
    # What the form works out for itself, and what it reads aloud, is no answer.
    assert len(late.answers) == len(ILL) + 1


def test_a_photo_is_seen_by_who_leads_and_by_who_took_it(world, office):
    visit(world, "v1", "a.jpg", "b.jpg", **ANSWERED)
    [one] = read(world)
    assert [it.name for it in one.photos] == ["a.jpg", "b.jpg"]
    for who in ("boss", "v1"):
        file, kind = photo(office, world.person(who), one.photos[0].id)
        assert (file.read_bytes(), kind) == (JPEG + b"a.jpg", "image/jpeg")
    refused("door.not-allowed", photo, office, world.person("v2"), one.photos[0].id)
    refused("store.not-found", photo, office, world.person("boss"), "no such photo")


def test_others_read_what_they_said_themselves_until_they_have_something_to_do_there(world, office):
    visit(world, "v1", **NOBODY)
    assert read(world, "v2") == []
    assert [one.author for one in read(world, "v1")] == ["v1"]
    again = world.tasks(place_id=world.door, slot="visit/2")[0].id
    assign.assign(office, CLI, "v2", task_ids=[again])
    [one] = read(world, "v2")
    assert (one.outcome, one.author) == ("no_answer", None)


def test_nobody_reads_of_doors_that_they_may_not_see(world, office):
    visit(world, "v1", "a.jpg", **ANSWERED)
    mine = read(world)[0].photos[0].id
    world.person("next door", Role.RESPONSIBLE, world.buildings[1])
    world.person("gone", Role.VOLUNTEER, ends=TODAY)
    for who in ("next door", "gone", "nobody", "privacy"):
        refused("door.not-allowed", read, world, who)
        refused("door.not-allowed", photo, office, world.person(who), mine)


def test_what_was_said_at_a_site_is_for_all_who_see_it(world, office):
    with office.db.begin() as conn:
        site = {"id": "s", "kind": "work_site", "code": "S", "parent_id": world.community,
                "community_id": world.community, "attrs": {"registered": True}}  # fmt: skip
        conn.execute(place.insert().values(**site))
    sites = world.campaign("sites", "worksite_safety", purpose="safety_audit")
    world.sweep(sites, None)
    world.person("i1", Role.INSPECTOR)
    world.person("i2", Role.INSPECTOR)
    [wanted] = world.tasks(place_id="s")
    found = {"visit": "on_site", "site": "working", "class_c": "no_barrier", "unit": "U1"}
    body = form(wanted.id, form_id="lamplit_worksite_safety", **found)
    # Collect sends large photos after the answers, which name them.
    body["answers"]["photo"] = "wrong.jpg"
    send(office, world.person("i1"), body)
    [one] = records(office, world.person("i2"), "sites", "s")
    assert (one.photos, one.missing) == ((), 1)
    wrong = media.Attachment("wrong.jpg", "image/jpeg", JPEG)
    send(office, world.person("i1"), body, attachments=[wrong])
    [one] = records(office, world.person("i2"), "sites", "s")
    assert ([it.name for it in one.photos], one.missing) == (["wrong.jpg"], 0)
    assert photo(office, world.person("i2"), one.photos[0].id)[1] == "image/jpeg"


def test_reading_what_others_said_is_a_line_for_ten_minutes(world, office, clock):
    visit(world, "v1", "a.jpg", **ANSWERED)
    head = sse.begin_at(office, None)
    read(world, "v1")
    assert lines(world) == []
    one = read(world)[0]
    photo(office, world.person("boss"), one.photos[0].id)
    [line] = lines(world)
    assert (line.actor_id, line.place_id, line.purpose) == (
        world.people["boss"], world.door, "epidemic_support",
    )  # fmt: skip
    clock.turn(minutes=11)
    photo(office, world.person("boss"), one.photos[0].id)
    assert len(lines(world)) == 2
    seen = openings(office, world.person("privacy"), kinds=reveals.MANY)
    assert [row.kind for row in seen] == ["records.opened"] * 2
    [sweep] = {line.campaign_id for line in lines(world)}
    assert sse.since(office, sweep, head) == []


def lines(world):
    wanted = select(event).where(event.c.kind == reveals.RECORDS_OPENED).order_by(event.c.seq)
    with world.office.db.read() as conn:
        return list(conn.execute(wanted))


def test_no_line_no_record(world, office, monkeypatch):
    visit(world, "v1", **ANSWERED)

    def full(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("lamplit.store.log.append", full)
    with pytest.raises(OSError, match="the disk is full"):
        read(world)


def test_a_corrected_visit_says_so_and_keeps_its_photos(world):
    first = visit(world, "v1", "a.jpg", **ILL)
    wanted = world.tasks(place_id=world.door)[0].id
    send(world.office, world.person("v1"),
         form(wanted, replaces=first.instance_id, **ANSWERED))  # fmt: skip
    told = {one.instance_id == first.instance_id: one for one in read(world)}
    assert (told[True].corrected, len(told[True].photos)) == (True, 1)
    assert not told[False].corrected


def test_with_the_list_of_homes_records_and_photos_are_out_of_sight(world, office, clock):
    visit(world, "v1", "a.jpg", **ANSWERED)
    mine = read(world)[0].photos[0].id
    campaigns.close(office, CLI, "sweep")
    assert len(read(world)) == 1
    clock.turn(days=15)
    for tidied in (False, True):
        if tidied:
            expiry.expire(office)
        assert read(world) == []
        refused("store.not-found", photo, office, world.person("boss"), mine)


def test_a_photo_of_what_was_set_aside_is_no_part_of_a_record(world, office):
    visit(world, "stranger", "a.jpg", **ANSWERED)
    with office.db.read() as conn:
        aside = conn.scalar(select(attachment.c.id))
    assert read(world) == []
    refused("store.not-found", photo, office, world.person("boss"), aside)


def test_an_answer_of_a_form_that_has_changed_is_left_out_or_shown_as_it_is(world, office):
    visit(world, "v1", **ANSWERED, gone="an old question", living_before="x")
    assert {one.said.en for one in read(world)[0].answers}.isdisjoint({"an old question", "x"})


def test_a_file_that_is_not_there_any_more_is_not_found(world, office):
    visit(world, "v1", "a.jpg", **ANSWERED)
    mine = read(world)[0].photos[0].id
    with office.db.begin() as conn:
        conn.execute(update(attachment).values(sha256="0" * 64))
    refused("store.not-found", photo, office, world.person("boss"), mine)
