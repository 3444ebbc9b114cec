"""Programmes and places, as a leader goes through them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rig import Rig, axe, loaded

if TYPE_CHECKING:
    from playwright.sync_api import Page


def sent(page: Page) -> list[str]:
    """What a page sends from now on, but for its questions."""
    found: list[str] = []
    page.on("request", lambda one: found.append(one.url) if one.method != "GET" else None)
    return found


def test_a_programme_s_form_is_tried_in_both_languages_and_nothing_is_sent(
    shared_rig: Rig,
) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/programmes", language="en", width=1440)
    changes = sent(page)
    page.get_by_role("link", name="Household sweep").click()
    loaded(page)
    expect(
        page.get_by_role("cell", name="Bring what is short: shopper, within 24 hours")
    ).to_have_count(2)
    form = page.get_by_role("region", name="The form as a volunteer sees it")
    form.get_by_role("button", name="Done").click()
    expect(form.get_by_role("button", name="1 answer is missing")).to_be_visible()
    form.get_by_label("Somebody answered").check()
    form.get_by_role("button", name="中文").click()
    form.get_by_label("不可以").check()
    form.get_by_role("button", name=re.compile("Done")).click()
    expect(form.get_by_role("status")).to_contain_text("nothing was sent")
    assert axe(page) == []
    assert changes == []
    page.get_by_role("link", name="Start a campaign with it").click()
    expect(page.get_by_role("radio", name=re.compile("Household sweep"))).to_be_checked()
