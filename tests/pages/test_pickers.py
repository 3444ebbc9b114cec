"""Places, people and holders are picked by name or code, never typed blindly."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from rig import Rig, goto, overflow

from lamplit.replay.neighbourhood.cast import DUTY, VOLUNTEER

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow


def giving(page: Page) -> Locator:
    """The dialog that gives the duty officer a role."""
    found = page.evaluate(
        "async (text) => (await (await fetch(`/api/v1/people?text=${text}`)).json()).items[0].id",
        DUTY,
    )
    goto(page, f"/people/{found}")
    page.get_by_role("button", name="Give a role or responsibility").click()
    return page.get_by_role("dialog")


def options(dialog: Locator) -> Locator:
    return dialog.get_by_role("listbox").get_by_role("option")


def test_a_role_s_place_is_found_by_the_keyboard_alone(rig: Rig, axe: Callable[..., None]) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("leader", path="/", language="en", width=320)
    dialog = giving(page)
    where = dialog.get_by_role("combobox", name="Where")
    give = dialog.get_by_role("button", name="Give a role or responsibility")
    expect(give).to_be_disabled()
    where.focus()
    expect(dialog.get_by_role("listbox")).to_be_hidden()
    # What one leads, and what lies in it, stands there before one types.
    where.press("ArrowDown")
    expect(options(dialog).first).to_have_attribute("aria-selected", "true")
    where.press_sequentially("building 2")
    two = options(dialog).filter(has_text=re.compile("^Building 2 ?B2 ?Building"))
    expect(two).to_have_attribute("aria-selected", "true")
    axe(page)
    assert overflow(page) == []
    # Escape shuts the list; the dialog stays.
    where.press("Escape")
    expect(dialog.get_by_role("listbox")).to_be_hidden()
    expect(dialog).to_be_visible()
    where.press("ArrowDown")
    expect(two).to_have_attribute("aria-selected", "true")
    where.press("Enter")
    expect(where).to_have_value("Building 2 (B2)")
    give.click()
    expect(page.get_by_text("Given", exact=True)).to_be_visible()
    expect(page.get_by_role("main").get_by_text(re.compile("Building 2"))).to_be_visible()


def test_a_whole_code_that_is_pasted_is_taken_and_one_of_nowhere_is_told(rig: Rig) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("leader", path="/", language="en", width=1440)
    dialog = giving(page)
    where = dialog.get_by_role("combobox", name="Where")
    give = dialog.get_by_role("button", name="Give a role or responsibility")
    where.fill("B99")
    none = dialog.get_by_text("No such place among yours; a home goes by its whole code")
    expect(none.last).to_be_visible()
    where.press("Tab")
    expect(dialog.get_by_role("alert").get_by_text("“B99” is none of the list")).to_be_visible()
    expect(give).to_be_disabled()
    where.fill("b2")
    where.press("Tab")
    expect(where).to_have_value("Building 2 (B2)")
    expect(give).to_be_enabled()


def test_supplies_go_from_who_has_some_to_a_person_found_by_name(rig: Rig) -> None:
    from playwright.sync_api import expect

    page = rig.page_as("leader", path="/stock", language="en", width=360)
    page.get_by_role("button", name="Book a move").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Handed on").check()
    dialog.get_by_label("Item").select_option(index=0)
    giver = dialog.get_by_role("combobox", name="From")
    giver.click()
    # Only those who have some, and how much.
    expect(options(dialog).first).to_contain_text(re.compile(r"has \d"))
    options(dialog).first.click()
    taker = dialog.get_by_role("combobox", name="To")
    taker.fill(VOLUNTEER)
    expect(options(dialog).first).to_contain_text(VOLUNTEER)
    taker.press("Enter")
    expect(taker).to_have_value(re.compile(rf"\({VOLUNTEER}\)$"))
    with page.expect_request("**/api/v1/stock/moves") as sent:
        dialog.get_by_role("button", name="Book a move").click()
    booked = sent.value.post_data_json
    assert booked["to"].startswith("person:")
    assert booked["giver"].partition(":")[0] in ("place", "person")
    expect(page.get_by_text("Booked")).to_be_visible()


def test_who_may_list_no_people_finds_none_here_either(shared_rig: Rig) -> None:
    from playwright.sync_api import expect

    # Who keeps the groceries books them, and lists nobody.
    page = shared_rig.page_as("volunteer", path="/stock", language="en", width=1440)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/api/v1/people" in one.url else None)
    page.get_by_role("button", name="Book a move").click()
    dialog = page.get_by_role("dialog")
    taker = dialog.get_by_role("combobox", name="To")
    taker.fill(DUTY)
    expect(dialog.get_by_text("No such place or person found").last).to_be_visible()
    assert asked == []


def test_an_auditor_keeps_openings_of_a_place_by_its_code(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("privacy", path="/privacy", language="en", width=1440)
    rows = page.get_by_role("table", name="Openings", exact=True).locator("tbody tr")
    before = rows.count()
    place = page.get_by_role("combobox", name="Which place")
    place.fill("B1")
    page.get_by_role("option", name=re.compile("^Building 1 B1")).click()
    expect(rows).not_to_have_count(before)
    assert all("Building 1" in one for one in rows.all_inner_texts())
    # A home they may not list is asked for by its code all the same: the log is theirs to read.
    place.fill("no-such-home")
    page.get_by_role("option", name=re.compile("By this code")).click()
    expect(page.get_by_text("No such entries")).to_be_visible()
    axe(page)
