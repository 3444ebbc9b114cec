"""A resident speaks without an account, and reads the answer by their receipt alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from rig import Rig, goto
from sqlalchemy import select

from lamplit.store.schema import event, feedback, place

pytestmark = pytest.mark.slow
WORD = "The lift has been out for two days; my mother is on the ninth floor."


def test_a_resident_s_word_reaches_the_leader_and_the_answer_the_resident(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as(path="/feedback?gate=C1", width=360, language="en")
    page.get_by_label("What you want to say").fill(WORD)
    expect(page.get_by_label("Code of the community or building")).to_have_value("C1")
    axe(page)
    page.get_by_role("button", name="Send").click()
    receipt = page.locator(".receipt code").inner_text()
    axe(page)
    (kept,) = rig.world.rows(select(feedback).where(feedback.c.text == WORD))
    (gate,) = rig.world.rows(select(place).where(place.c.code == "C1"))
    assert (kept.place_id, kept.contact) == (gate.id, None)
    said = rig.world.rows(select(event).where(event.c.subject_id == kept.id))
    assert [(one.kind, one.actor_id) for one in said] == [("feedback.received", None)]

    look = page.get_by_role("button", name="Look for an answer")
    page.get_by_label("Receipt", exact=True).fill(receipt.lower())
    look.click()
    expect(page.get_by_text("there is no answer yet")).to_be_visible()

    leader = rig.page_as("leader", path="/words", language="en")
    told = leader.locator("li, article, section.card").filter(has_text=WORD).last
    expect(told).to_contain_text("Wutongli")
    told.get_by_role("button", name="Answer").click()
    leader.get_by_label("Your answer").fill("Somebody comes at three.")
    leader.get_by_role("button", name="Answer").last.click()
    expect(leader.get_by_text("Answered").first).to_be_visible()
    # Another browser, another day: the receipt is all it takes.
    other = rig.page_as(path="", width=360, language="en")
    goto(other, "/feedback")
    other.get_by_label("Receipt", exact=True).fill(receipt)
    other.get_by_role("button", name="Look for an answer").click()
    expect(other.get_by_text("Somebody comes at three.")).to_be_visible()
