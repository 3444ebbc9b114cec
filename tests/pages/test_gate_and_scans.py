"""Codes before a phone: a gate's names it, a door's or a meter's is one colour, and logged."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from rig import Rig, World, goto
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import DUTY
from lamplit.store.schema import (
    assignment,
    campaign,
    enrollment,
    event,
    person,
    place,
    place_code,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow
HELD_UP = """async (picture) => {
  // What the camera sees: a sign that somebody holds before it, not quite still.
  const sign = new Image();
  sign.src = `data:image/png;base64,${picture}`;
  await sign.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 640];
  const pen = canvas.getContext("2d");
  let at = 0;
  setInterval(() => {
    pen.fillStyle = "#888";
    pen.fillRect(0, 0, 640, 640);
    pen.drawImage(sign, 120 + (at++ % 3), 120, 400, 400);
  }, 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
}"""


def held_up(page: Page, picture: bytes) -> None:
    page.evaluate(HELD_UP, base64.b64encode(picture).decode())
    page.get_by_role("button", name="Use the camera").click()


def signed(leader: Page) -> Locator:
    """Choose the community, and make its sign where none was made yet; the code below the sign."""
    leader.get_by_label("Place").select_option(label="Wutongli Community (community)")
    code = leader.locator(".gate code")
    make = leader.get_by_role("button", name="Make the sign")
    code.or_(make).wait_for()
    if make.count():
        make.click()
    code.wait_for()
    return code


def test_who_scans_the_sign_that_a_leader_printed_is_checked_in_there(shared_rig: Rig) -> None:
    world = shared_rig.world
    (gate,) = world.rows(select(place).where(place.c.code == "C1"))
    leader = shared_rig.page_as("leader", language="en", path="/check-in")
    code = signed(leader)
    picture = leader.get_by_role("img", name="Code for the gate").screenshot()
    page = shared_rig.page_as("duty", width=360, language="en", path="/phone/check-in")
    held_up(page, picture)
    page.get_by_role("heading", name="Check in at Wutongli Community").wait_for()
    assert checked_in(world, DUTY) == []
    # Paired with nothing yet: a plain sentence says so, and nothing is written.
    page.get_by_role("button", name="My organisation is paired with it").click()
    page.get_by_role("alert").get_by_text("has not been paired with a community yet").wait_for()
    assert checked_in(world, DUTY) == []
    page.get_by_role("button", name="I live there").click()
    page.wait_for_function("() => location.pathname === '/phone'")
    page.locator(".strip").get_by_text("Wutongli Community").wait_for()
    (tie,) = checked_in(world, DUTY)
    assert (tie.role, tie.place_id) == ("home", gate.id)
    begun = world.rows(select(event).where(event.c.kind == "assignment.begun"))
    assert tie.id in {one.subject_id for one in begun}
    # Who has no camera types what stands below the sign.
    goto(page, "/phone/check-in")
    page.get_by_label("Or type the code").fill(code.inner_text())
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("heading", name="Check in at Wutongli Community").wait_for()


def test_a_sign_that_got_about_is_renewed_and_checks_nobody_in_any_more(
    page_as: Callable[..., Page], axe: Callable[[Page], None], rig: Rig
) -> None:
    leader = page_as("leader", language="en", path="/check-in")
    code = signed(leader)
    old = code.inner_text()
    phone = page_as("duty", width=360, language="en", path="/phone/check-in")
    # A sign of before, with the community's own code, is taken until the first renewal.
    for said in ("C1", old):
        scan(phone, said)
        phone.get_by_role("heading", name="Check in at Wutongli Community").wait_for()
        goto(phone, "/phone/check-in")
    # It is printed alone.
    leader.evaluate(
        """() => { window.print = () => { window.paper = [...document.querySelectorAll(
           ".page section, .page form, .page .figures")].filter((one) =>
           !one.closest(".no-print")).map((one) => one.querySelector("h2")?.textContent); }; }"""
    )
    leader.get_by_role("button", name="Print the sign").click()
    assert leader.evaluate("() => window.paper") == ["Sign for the gate"]
    leader.get_by_role("button", name="Renew the sign").click()
    dialog = leader.get_by_role("dialog")
    dialog.get_by_text("stops working at once").wait_for()
    axe(leader)
    dialog.get_by_role("button", name="Cancel").click()
    assert code.inner_text() == old
    # A phone that has read the old sign, and checks in only after it was renewed.
    scan(phone, old)
    phone.get_by_role("heading", name="Check in at Wutongli Community").wait_for()
    leader.get_by_role("button", name="Renew the sign").click()
    dialog.get_by_role("button", name="Renew the sign").click()
    leader.get_by_text("The sign is renewed").wait_for()
    dialog.wait_for(state="detached")
    new = code.inner_text()
    assert new != old
    phone.get_by_role("button", name="I live there").click()
    phone.get_by_role("alert").get_by_text("this sign was renewed").wait_for()
    for said in ("C1", old):
        goto(phone, "/phone/check-in")
        scan(phone, said)
        phone.get_by_role("alert").get_by_text("this sign was renewed").wait_for()
    assert checked_in(rig.world, DUTY) == []
    scan(phone, new)
    phone.get_by_role("button", name="I live there").click()
    phone.wait_for_function("() => location.pathname === '/phone'")
    assert len(checked_in(rig.world, DUTY)) == 1


def scan(phone: Page, code: str) -> None:
    phone.get_by_label("Or type the code").fill(code)
    phone.get_by_role("button", name="Ask").click()


def checked_in(world: World, code: str) -> list[Any]:
    who = select(person.c.id).where(person.c.code == code).scalar_subquery()
    wanted = select(assignment).where(assignment.c.tie == "check_in")
    return world.rows(wanted.where(assignment.c.person_id == who))


def opened(world: World, home: str) -> list[Any]:
    wanted = select(event).where(event.c.place_id == home, event.c.kind == "home.opened")
    return [one for one in world.rows(wanted) if one.data["step"] == "colour"]


def test_a_door_s_code_and_a_meter_s_number_are_one_colour_each_and_logged(
    shared_rig: Rig,
) -> None:
    world = shared_rig.world
    found = world.rows(
        select(place, place_code.c.kind.label("on"), place_code.c.code.label("word"))
        .join(place_code, place_code.c.place_id == place.c.id)
        .join(enrollment, enrollment.c.place_id == place.c.id)
        .join(campaign, campaign.c.id == enrollment.c.campaign_id)
        .where(campaign.c.state == "open", enrollment.c.state == "done")
        .where(place_code.c.kind.in_(("door", "meter")))
        .order_by(place.c.code),
    )
    page = shared_rig.page_as("leader", width=360, language="en", path="/phone/scan")
    for kind in ("door", "meter"):
        home = next(one for one in found if one.on == kind)
        before = len(opened(world, home.id))
        page.get_by_label("Or type the code").fill(home.word)
        page.get_by_role("button", name="Ask").click()
        answer = page.locator("section.answer")
        answer.wait_for()
        assert answer.locator(".word").inner_text() in ("Lit", "Dim", "Dark", "Grey")
        # A colour, a word, a sign: not even which home it was.
        assert home.code not in page.locator("#app").inner_text()
        assert len(opened(world, home.id)) == before + 1
        page.get_by_role("button", name="Scan another").click()
    page.get_by_label("Or type the code").fill("NOTHINGSCODE")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("section.answer").count() == 0


READER = """(number) => {
  // The reader of a phone that has one: of bars, too, where it is asked for them.
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code", "code_128", "ean_13"]; }
    constructor({ formats }) { this.bars = formats.includes("code_128"); }
    async detect(seen) {
      return this.bars && seen.videoWidth ? [{ rawValue: number }] : [];
    }
  };
}"""


def test_a_meter_s_bars_before_the_camera_are_one_colour_and_logged(shared_rig: Rig) -> None:
    world = shared_rig.world
    home = world.rows(
        select(place.c.id, place_code.c.code)
        .join(place_code, place_code.c.place_id == place.c.id)
        .join(enrollment, enrollment.c.place_id == place.c.id)
        .join(campaign, campaign.c.id == enrollment.c.campaign_id)
        .where(campaign.c.state == "open", enrollment.c.state == "done")
        .where(place_code.c.kind == "meter")
        .order_by(place.c.code.desc()),
    )[0]
    before = len(opened(world, home.id))
    page = shared_rig.page_as("leader", width=360, language="en", path="/phone/scan")
    page.evaluate(READER, home.code)
    blank = Image.new("RGB", (400, 400), "white")
    with io.BytesIO() as out:
        blank.save(out, "PNG")
        held_up(page, out.getvalue())
    word = page.locator("section.answer .word")
    word.wait_for()
    assert word.inner_text() in ("Lit", "Dim", "Dark", "Grey")
    assert len(opened(world, home.id)) == before + 1
    # At a gate only its sign is read: a meter's bars check nobody in.
    goto(page, "/phone/check-in")
    page.evaluate(READER, home.code)
    page.get_by_role("button", name="Use the camera").click()
    page.wait_for_timeout(800)
    assert page.get_by_role("heading", name="Check in at").count() == 0
