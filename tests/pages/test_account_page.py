"""One's own account: a new password is told about while it is typed, and opens the door after."""

from __future__ import annotations

from collections.abc import Callable

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
