"""The volunteer's phone as one first opens it, and as it passes to the next person."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from phone_rig import ALL_SENT, answer, done, synced
from PIL import Image
from rig import goto

from lamplit.replay.neighbourhood.cast import PASSWORD

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.slow


def test_the_phone_offers_to_be_installed_and_opens_at_its_doors(shared_rig):
    page = shared_rig.page_as("volunteer", width=360, path="/phone")
    at = page.locator("link[rel=manifest]").get_attribute("href")
    app = page.request.get(at).json()
    assert (app["start_url"], app["scope"], app["display"]) == ("/phone", "/", "standalone")
    # What Chrome asks for: a name, and icons of 192 and of 512 pixels, as large as they say.
    assert app["name"] and app["short_name"]
    found = set()
    for icon in app["icons"]:
        answer = page.request.get(icon["src"])
        assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])
        if icon["type"] == "image/png":
            wide, high = Image.open(io.BytesIO(answer.body())).size
            assert icon["sizes"] == f"{wide}x{high}"
            found.add((icon["purpose"], wide))
    assert {("any", 192), ("any", 512), ("maskable", 512)} <= found
    for way in app["shortcuts"]:
        goto(page, way["url"])
        assert page.locator("h1").count() == 1


def test_a_link_to_a_form_waits_until_the_phone_has_its_doors(shared_rig, doors):
    """Who opens one first of all is not told that the door is gone."""
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en", path=f"/phone/form/{door}")
    page.get_by_text("What happened at the door?").wait_for()


def test_a_first_visit_cut_off_before_its_forms_came_fetches_them_with_the_next(shared_rig, doors):
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en")

    def hang(_: Any) -> None:
        """No answer, ever."""

    page.route("**/programmes/*/form", hang)
    with page.expect_request("**/programmes/*/form"):
        page.goto("/phone", wait_until="commit")
    page.unroute_all(behavior="ignoreErrors")
    goto(page, f"/phone/form/{door}")
    page.get_by_text("What happened at the door?").wait_for()


def test_the_door_offers_no_answer_as_soon_as_its_form_is_there(shared_rig, doors):
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en", path=f"/phone/door/{door}")
    page.get_by_role("button", name="No answer").wait_for()


def test_when_all_was_sent_signing_out_is_no_loss_and_said_so(phone):
    page = phone()
    goto(page, "/phone/leave")
    page.get_by_text("Nothing on this phone is unsent").wait_for()
    assert page.get_by_role("button", name="Sign out anyway").count() == 0


def test_a_first_visit_asks_for_its_doors_once_and_before_the_scripts_are_there(shared_rig):
    page = shared_rig.page_as("volunteer", width=360, language="en")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.removeprefix(shared_rig.world.url)))
    goto(page, "/phone")
    page.locator(".doors .line").first.wait_for()
    first = [one for one in asked if one.startswith(("/api/", "/assets/"))]
    doors = next(one for one in first if one.startswith("/assets/doors"))
    for once in ("/api/v1/me", "/api/v1/me/tasks", doors):
        assert first.count(once) == 1, once
    assert first.index("/api/v1/me/tasks") < first.index(doors)
    # On a slow line each file costs a way there and back, and six go at a time.
    assert len([one for one in first if one.endswith(".js")]) <= 6, first


def test_who_signs_in_next_sees_nothing_of_the_one_before(phone, doors):
    (door,) = doors.give(1)
    page = phone()
    page.context.route("**/api/v1/submissions", lambda route: route.abort())
    answer(page, door, "not for others")
    done(page)
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("Some notes are unsent").wait_for()
    page.get_by_role("button", name="Sign out anyway").click()
    page.get_by_label("User name").fill("leader")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    goto(page, "/phone/finished")
    assert page.get_by_text("Begun").count() == 0
    assert page.locator(".strip .words strong").inner_text() == ALL_SENT
    page.context.unroute("**/api/v1/submissions")
    assert doors.notes([door]) == []
    # Their own note waited for its author. What they signed out of is over.
    page.context.clear_cookies()
    doors.world._signed_in.pop("volunteer")
    page.context.add_cookies(doors.world.cookies(page.context, "volunteer"))
    goto(page, "/phone")
    synced(page)
    assert len(doors.notes([door])) == 1
