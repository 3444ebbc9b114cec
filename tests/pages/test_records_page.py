"""From the name of a finding, or of a door, to what was said there and the photo that shows it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from rig import Rig, World, goto, overflow, shot
from sqlalchemy import insert, select, update

from lamplit.replay.neighbourhood.sites import SITES
from lamplit.services.field.office import CLI, new_id
from lamplit.services.field.submissions import media
from lamplit.store.schema import attachment, campaign, event, finding, submission

pytestmark = pytest.mark.slow


def photographed(world: World) -> str:
    """A photo at a site where something is found, and the name of one that has not come; gives the
    site.
    """
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    one = media.Attachment("a.jpg", "image/jpeg", out.getvalue())
    kept = media.keep(world.office.media_dir, one)
    with world.office.begin(CLI) as tx:
        row = tx.conn.execute(
            select(finding.c.place_id, submission.c.instance_id, submission.c.answers)
            .join(submission, submission.c.id == finding.c.submission_id)
            .join(campaign, campaign.c.id == finding.c.campaign_id)
            .where(campaign.c.code == SITES, finding.c.state.in_(("open", "in_hand", "resolved")))
        ).first()
        assert row is not None
        tx.conn.execute(insert(attachment).values(
            id=new_id(), instance_id=row.instance_id, name=kept.name, media_type=kept.media_type,
            sha256=kept.sha256, bytes=kept.bytes, received_at=tx.now))  # fmt: skip
        tx.conn.execute(
            update(submission)
            .where(submission.c.instance_id == row.instance_id)
            .values(answers=row.answers | {"photo": kept.name, "proof": "to-come.jpg"})
        )
    return str(row.place_id)


def test_a_leader_sees_what_was_said_and_the_photo_of_what_is_wrong(
    rig: Rig, world: World, axe: Callable[..., None]
) -> None:
    place_id = photographed(world)
    page = rig.page_as("leader", path=f"/campaigns/{SITES}", language="en", width=360)
    names = page.locator("li.line button.plain")
    for at in range(names.count()):
        names.nth(at).click()
        dialog = page.get_by_role("dialog")
        dialog.locator("article").first.wait_for()
        if dialog.locator("img").count():
            break
        page.keyboard.press("Escape")
    picture = dialog.locator("img").first
    picture.wait_for()
    page.wait_for_function("() => document.querySelector('[role=dialog] img').naturalWidth === 64")
    assert picture.get_attribute("alt").startswith("Photo 1 of 1, ")
    assert dialog.get_by_text("What is going on at the site?").first.is_visible()
    assert dialog.get_by_text("1 photo has not come yet").is_visible()
    assert overflow(page) == []
    axe(page)
    shot(page, "record-360-en", full=False)
    with world.office.read(CLI) as tx:
        seen = select(event.c.place_id).where(event.c.kind == "records.opened")
        assert place_id in set(tx.conn.scalars(seen))
    page.keyboard.press("Escape")

    goto(page, f"/campaigns/{SITES}/doors")
    page.locator("td button.plain").first.click()
    page.get_by_role("dialog").locator("article").first.wait_for()
    axe(page)
