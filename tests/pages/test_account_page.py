"""One's own account: a new password is told about while it is typed, and opens the door after."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from rig import Rig, loaded

from lamplit.replay.neighbourhood.cast import PASSWORD

pytestmark = pytest.mark.slow
FRESH = "seven lanterns over the river"


def test_a_new_password_is_judged_as_it_is_typed_and_then_serves(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as("duty", path="/account", width=360, language="en")
    page.get_by_label("Old password").fill(PASSWORD)
    change = page.get_by_role("button", name="Change the password")
    fresh = page.get_by_label("New password")
    fresh.fill("seven")
    page.get_by_text("5 of 15 characters").wait_for()
    assert change.is_disabled()
    fresh.fill("aaaaaaaaaaaaaaaa")
    page.get_by_text("Not taken").wait_for()
    assert change.is_disabled()
    fresh.fill(FRESH)
    page.get_by_text("That will do").wait_for()
    axe(page)
    change.click()
    page.get_by_text("The password is changed").wait_for()

    door = rig.page_as(width=360, language="en", path="/sign-in")
    door.get_by_label("User name").fill("duty")
    door.get_by_label("Password", exact=True).fill(FRESH)
    door.get_by_role("button", name="Sign in", exact=True).click()
    door.wait_for_url("**/")
    loaded(door)


def test_a_token_is_revoked_only_after_a_second_look_that_names_it(
    rig: Rig, axe: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("volunteer", path="/account", width=360, language="en")
    made = page.evaluate(
        """async () => {
          const me = await (await fetch("/api/v1/me")).json();
          const sent = await fetch("/api/v1/tokens", { method: "POST",
            headers: { "X-CSRF-Token": me.csrf, "Content-Type": "application/json" },
            body: JSON.stringify({ label: "Old phone" }) });
          return sent.status;
        }"""
    )
    assert made == 201
    page.reload()
    loaded(page)
    row = page.get_by_role("row").filter(has_text="Old phone")
    row.get_by_role("button", name="Revoke").click()
    sure = page.get_by_role("dialog", name="Revoke")
    expect(sure).to_contain_text("“Old phone” ends at once")
    expect(sure).to_contain_text("It was never used")
    axe(page)
    sure.get_by_role("button", name="Cancel").click()
    expect(row.get_by_role("button", name="Revoke")).to_be_visible()
    row.get_by_role("button", name="Revoke").click()
    sure.get_by_role("button", name="Revoke").click()
    expect(row.get_by_text("revoked")).to_be_visible()


def test_signing_out_everywhere_says_first_which_browsers_end_this_one_too(
    rig: Rig, axe: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("duty", path="/account", width=360, language="en")
    who = {"username": "duty", "password": PASSWORD}
    agent = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0"}
    assert httpx.post(f"{rig.world.url}/api/v1/sign-in", json=who, headers=agent).is_success
    page.get_by_role("button", name="Sign out everywhere").click()
    sure = page.get_by_role("dialog", name="Sign out everywhere")
    expect(sure).to_contain_text("the one that you sit at too")
    rows = sure.get_by_role("listitem")
    expect(rows.first).to_contain_text("this one")
    expect(rows.filter(has_text="Firefox · Windows")).to_contain_text("last seen")
    axe(page)
    sure.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere").click()
    sure.get_by_role("button", name="Sign out everywhere").click()
    page.wait_for_url("**/sign-in**")


def test_homes_that_one_opened_are_named_by_community_building_and_door(shared_rig: Rig) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("analyst", path="/account", width=360, language="en")
    opened = page.evaluate("async () => (await (await fetch('/api/v1/me/openings')).json()).items")
    homes = [one for one in opened if one["kind"] == "home.opened"]
    assert homes, "the story has the analyst open homes"
    first = homes[0]["where"]
    line = page.locator("li.opening").filter(has_text=first["door"]).first
    expect(line).to_contain_text(first["building"]["en"])
    expect(line).to_contain_text(first["community"]["en"])


def test_a_session_that_ends_midway_is_begun_again_over_the_page(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as("leader", path="/people/P0001", width=360, language="en")
    page.context.clear_cookies()
    page.get_by_role("button", name="Chain of hand-overs").first.click()
    page.get_by_text("nothing on this page is lost").wait_for()
    axe(page)
    page.get_by_role("button", name="Sign in again").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("User name").fill("leader")
    asked.get_by_label("Password").fill(PASSWORD)
    asked.get_by_role("button", name="Sign in again").click()
    asked.wait_for(state="hidden")
    # What was refused meanwhile is asked again by itself.
    page.get_by_text("This needs somebody who is signed in").wait_for(state="hidden")
    assert page.url.endswith("/people/P0001")
    assert page.get_by_text("nothing on this page is lost").count() == 0
