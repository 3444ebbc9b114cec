"""The guided tour of a demo, begun, left and gone on with; and a word that is explained."""

from __future__ import annotations

import re

import pytest
from rig import Rig, axe, loaded

pytestmark = pytest.mark.slow


def test_a_leader_is_led_round_leaves_and_goes_on_where_they_were(shared_rig: Rig) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as("leader", path="/", language="en", width=1440)
    page.get_by_role("button", name="Start the tour").click()
    tour = page.get_by_role("complementary", name="Guided tour")
    expect(tour).to_contain_text("stop 1 of 6")
    tour.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Campaigns", exact=True)).to_be_visible()
    tour.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Three days, door by door")).to_be_visible()
    expect(tour).to_contain_text("The board")
    loaded(page)
    assert axe(page) == []
    # What a word means, beside it.
    page.get_by_role("button", name=re.compile("^What “")).first.click()
    expect(page.get_by_text("What would be done by now if the work went on")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    loaded(page)
    expect(tour).to_contain_text("stop 3 of 6")
    tour.get_by_role("button", name="Stop for now").click()
    expect(tour).to_be_hidden()
    page.get_by_role("link", name="lamplit").first.click()
    page.get_by_role("button", name="Go on (stop 3)").click()
    expect(page.get_by_role("heading", name="Three days, door by door")).to_be_visible()
    for _ in range(3):
        tour.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Coverage", exact=True)).to_be_visible()
    tour.get_by_role("button", name="That's all").click()
    expect(tour).to_be_hidden()


@pytest.mark.parametrize(("who", "title"), [("volunteer", "今天的门"), ("privacy", "谁看了哪一户")])
def test_others_are_led_to_their_own_pages_on_a_phone_or_say_no(
    who: str, title: str, shared_rig: Rig
) -> None:
    from playwright.sync_api import expect

    page = shared_rig.page_as(who, path="/", width=360)
    page.get_by_role("button", name="不用了").click()
    expect(page.get_by_role("button", name="开始导览")).to_be_hidden()
    page.get_by_role("button", name="菜单").click()
    page.get_by_role("dialog").get_by_role("button", name="导览").click()
    expect(page.get_by_role("complementary", name="导览")).to_contain_text(title)
    loaded(page)
    assert axe(page) == []


def test_the_offer_of_a_tour_and_the_way_past_it_share_a_line_on_a_phone(shared_rig: Rig) -> None:
    page = shared_rig.page_as("leader", path="/", language="en", width=360)
    for said in ("Start the tour", "Go on (stop 2)"):
        begin = page.get_by_role("button", name=said)
        tops = [
            box["y"]
            for button in (begin, page.get_by_role("button", name="Not now"))
            if (box := button.bounding_box())
        ]
        assert len(tops) == 2
        assert tops[0] == tops[1]
        begin.click()
        tour = page.get_by_role("complementary", name="Guided tour")
        tour.get_by_role("button", name="Next").click()
        tour.get_by_role("button", name="Stop for now").click()
        page.goto("/")
        loaded(page)
