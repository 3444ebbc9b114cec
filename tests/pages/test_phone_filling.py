"""Forms on the volunteer's phone: other versions, large ones, and photos."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from phone_rig import Doors, answer, done, installed, synced
from PIL import Image
from rig import goto
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import DUTY
from lamplit.replay.neighbourhood.sites import SITES
from lamplit.services.field.office import CLI
from lamplit.services.field.submissions.media import path_of
from lamplit.services.field.tasks import assign
from lamplit.store import records
from lamplit.store.schema import campaign, task

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.slow


def test_a_form_that_changes_leaves_drafts_in_their_version(phone, doors):
    first, second = doors.give(2)
    page = phone()
    answer(page, first, "in the old version")

    def newer(route: Any) -> None:
        got = route.fetch()
        route.fulfill(response=got, body=got.text().replace("What happened at the door?", "So?"))

    def changed(route: Any) -> None:
        got = route.fetch()
        packs = [one | {"digest": "newer"} for one in got.json()]
        route.fulfill(response=got, json=packs)

    page.context.route("**/programmes/household_sweep/form", newer)
    page.context.route("**/api/v1/programmes", changed)
    with page.expect_response("**/household_sweep/form"):
        page.get_by_role("button", name=re.compile("Sync now")).click()
    page.wait_for_function("() => !document.querySelector('.turning')")
    goto(page, f"/phone/form/{second}")
    page.get_by_text("So?").wait_for()
    goto(page, f"/phone/form/{first}")
    page.get_by_text("The form has changed meanwhile").wait_for()
    assert page.get_by_text("What happened at the door?").count() == 1
    done(page)
    synced(page)
    assert len(doors.notes([first])) == 1


def test_a_form_that_needs_more_is_opened_with_web_forms_and_sent_alike(phone, doors):
    (door,) = doors.give(1)
    page = phone()

    def unknown(route: Any) -> None:
        got = route.fetch()
        ruled = got.text().replace("string-length(.)", "pi() &gt; 3 and string-length(.)")
        route.fulfill(response=got, body=ruled)

    def changed(route: Any) -> None:
        got = route.fetch()
        route.fulfill(response=got, json=[one | {"digest": "larger"} for one in got.json()])

    page.context.route("**/programmes/household_sweep/form", unknown)
    page.context.route("**/api/v1/programmes", changed)
    with page.expect_response("**/household_sweep/form"):
        page.get_by_role("button", name=re.compile("Sync now")).click()
    page.wait_for_function("() => !document.querySelector('.turning')")
    goto(page, f"/phone/form/{door}")
    page.locator(".question-container .dropdown").first.click()
    page.get_by_role("option").first.click()
    page.locator(".value-option").first.click()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(lambda url: "/form/" not in url)
    synced(page)
    assert [one.outcome for one in doors.notes([door])] == ["no_answer"]


def test_a_photo_leaves_behind_where_and_when_it_was_taken(shared_rig, shared_world):
    with shared_world.office.read(CLI) as tx:
        door = tx.conn.scalar(
            select(task.c.id)
            .join(campaign, campaign.c.id == task.c.campaign_id)
            .where(campaign.c.code == SITES, task.c.state == "requested")
        )
    assign.assign(shared_world.office, CLI, DUTY, task_ids=[door], taken_too=True)
    page = installed(shared_rig, "duty")
    page.locator(f"a[href$='{door}']").first.wait_for()
    goto(page, f"/phone/form/{door}")
    page.get_by_text("On site", exact=True).click()
    page.get_by_text("Work is going on").click()
    page.get_by_label("Which unit does the work?").fill("Line crew 3")
    page.get_by_text("A pole climbed without checking foot and stays").click()
    taken = photographed()
    assert b"Exif" in taken
    picker = page.locator("input[type=file]")
    picker.set_input_files({"name": "site.jpg", "mimeType": "image/jpeg", "buffer": taken})
    page.get_by_text("without where it was taken").wait_for()
    done(page)
    synced(page)
    (note,) = Doors(shared_world, set()).notes([door])
    with shared_world.office.read(CLI) as tx:
        (kept,) = records.photos(tx.conn, [note.instance_id])[note.instance_id]
    content = path_of(shared_world.office.media_dir, kept.sha256).read_bytes()
    picture = Image.open(io.BytesIO(content))
    assert not picture.getexif()
    assert max(picture.size) == 1600
    assert len(content) < len(taken) / 2


def photographed() -> bytes:
    """A phone's photo: large, with the place and the moment in it."""
    drawn = Image.effect_noise((3200, 2400), 80).convert("RGB")
    told = Image.Exif()
    told[0x010F], told[0x0132] = "Camera", "2026:02:03 08:00:00"
    told.get_ifd(0x8825).update({1: "N", 2: (30.0, 35.0, 12.0), 3: "E", 4: (114.0, 17.0, 9.0)})
    out = io.BytesIO()
    drawn.save(out, "JPEG", exif=told, quality=92)
    return out.getvalue()
