"""A leader's campaign pages: a plan that is seen before it is followed, and can be taken back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from rig import Rig, World, shot
from sqlalchemy import select

from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.services.field.people.assignments import withdraw
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.apply import apply
from lamplit.services.field.plans.facts import Asked
from lamplit.store.schema import campaign, event, task

pytestmark = pytest.mark.slow
PLANNED = 60_000


def owners(world: World) -> dict[str, str | None]:
    """Who has which open task of the sweep."""
    with world.office.read(CLI) as tx:
        rows = tx.conn.execute(
            select(task.c.id, task.c.owner_id)
            .join(campaign, campaign.c.id == task.c.campaign_id)
            .where(campaign.c.code == SWEEP)
            .where(task.c.state.in_(("requested", "accepted", "in_progress")))
        )
        return {row.id: row.owner_id for row in rows}


def logged(world: World, kind: str) -> int:
    with world.office.read(CLI) as tx:
        return len(tx.conn.execute(select(event.c.seq).where(event.c.kind == kind)).all())


def test_a_plan_changes_nothing_until_it_is_applied_and_is_taken_back_whole(
    rig: Rig, world: World, axe: Callable[..., None]
) -> None:
    page = rig.page_as("leader", path=f"/campaigns/{SWEEP}/plan", language="en")
    before = owners(world)
    assert None in before.values()
    page.get_by_text("No plan yet").wait_for()
    page.get_by_role("button", name="Make a plan").click()
    affects = page.locator("section", has=page.get_by_role("heading", name="Whom applying it"))
    affects.wait_for(timeout=PLANNED)
    assert re.search(r"People with more tasks: \d+", affects.inner_text())
    # Each figure stands once, as a figure.
    assert page.get_by_text("holds with a probability").count() == 0
    assert page.get_by_text(re.compile(r"^No plan needs less than \d+% of this one")).is_visible()
    moves = affects.get_by_role("listitem").all_inner_texts()
    assert any(re.fullmatch(r"nobody → .+: \d+ doors?", one) for one in moves)
    says = page.get_by_text(re.compile(r"^By .+: [\d.]+% of \d+ doors done; all of them: \d+%\.$"))
    assert says.count() == 1
    page.get_by_role("button", name="What “All done in time” means").click()
    assert page.get_by_text("one door short does not count").is_visible()
    page.keyboard.press("Escape")
    axe(page)
    shot(page, "campaign-plan", full=False)
    assert owners(world) == before

    affects.get_by_role("button", name="Apply this plan").click()
    page.get_by_text(re.compile(r"Applied: \d+ doors given")).wait_for()
    page.get_by_text("In force").first.wait_for()
    after = owners(world)
    assert sum(one is None for one in after.values()) < sum(one is None for one in before.values())
    assert affects.count() == 0

    page.get_by_role("button", name="As it was before any plan").click()
    back = page.get_by_role("button", name="Go back to this one")
    back.wait_for()
    assert owners(world) == after
    back.click()
    page.get_by_text("In force").first.wait_for()
    back.wait_for(state="detached")
    assert owners(world) == before
    assert logged(world, "plan.applied") == 2
    axe(page)


def test_what_was_applied_is_undone_by_one_click(rig: Rig, world: World) -> None:
    page = rig.page_as("leader", path=f"/campaigns/{SWEEP}/plan", width=360, language="en")
    before = owners(world)
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_role("button", name="Apply this plan").click(timeout=PLANNED)
    page.get_by_role("button", name="Undo").click()
    page.locator("section strong", has_text="As it was before any plan").wait_for()
    assert owners(world) == before


def in_force(world: World) -> None:
    """A plan that the office made and put in force."""
    asked = Asked(seconds=0.0, seek_help=False)
    made = plans.make(world.office, CLI, SWEEP, asked, lambda share, stage: None)
    apply(world.office, CLI, SWEEP, made.id)


def test_a_board_says_when_the_plan_no_longer_fits_and_shows_a_new_one_first(
    rig: Rig, world: World, axe: Callable[..., None]
) -> None:
    in_force(world)
    page = rig.page_as("leader", width=360, language="en")
    with page.expect_response(lambda answer: answer.url.endswith(f"/{SWEEP}/events")):
        page.goto(f"/campaigns/{SWEEP}")
    page.get_by_role("heading", name="Figures").wait_for()
    offer = page.get_by_role("status", name="Whether the plan still fits")
    assert offer.count() == 0
    # Somebody withdraws while the board is open: it hears of it by itself.
    had = owners(world)
    lists = Counter(one for one in had.values() if one)
    gone, doors = lists.most_common()[-1]
    withdraw(world.office, CLI, person=gone)
    offer.get_by_text(f"1 person left ({doors} door").wait_for()
    before = owners(world)
    axe(page)
    shot(page, "campaign-plan-fits", full=False)
    offer.get_by_role("button", name="Plan again").click()
    affects = page.locator("section", has=page.get_by_role("heading", name="Whom applying it"))
    affects.wait_for(timeout=PLANNED)
    assert re.search(r"as before: [1-9]", affects.inner_text()), "few are disturbed"
    assert offer.get_by_text("A new plan waits for you to look at it.").is_visible()
    assert owners(world) == before
    axe(page)
    affects.get_by_role("button", name="Apply this plan").click()
    offer.wait_for(state="detached")
    after = owners(world)
    taken = [after[one] for one, owner in had.items() if owner == gone]
    assert len(taken) == doors
    assert {None, gone}.isdisjoint(taken)


def test_a_person_s_list_is_handed_over_by_one_request_however_long_it_is(
    rig: Rig, world: World
) -> None:
    in_force(world)
    before = owners(world)
    page = rig.page_as("leader", path=f"/campaigns/{SWEEP}", language="en")
    rows = page.get_by_role("table", name="People").get_by_role("row").filter(has_text="Hand over")
    giver, taker = (rows.nth(at).get_by_role("cell").first.inner_text() for at in (0, 1))
    rows.first.get_by_role("button", name="Hand over").click()
    dialog = page.get_by_role("dialog", name=f"Hand over what {giver} has")
    to = dialog.get_by_role("combobox", name="To whom")
    to.fill(taker)
    dialog.get_by_role("option").filter(has_text=taker).click()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.method} {one.url.rpartition('/v1')[2]}"))
    with page.expect_response(lambda one: one.url.endswith("/assigned-tasks")) as told:
        dialog.get_by_role("button", name="Hand over").click()
    assert asked[0] == "POST /assigned-tasks"
    dialog.wait_for(state="detached")
    page.get_by_text(f"{told.value.json()['count']} assigned").wait_for()
    after = owners(world)
    moved = {before[one] for one in after if after[one] != before[one]}
    assert len(moved) == 1, "only one person's tasks moved"
    assert moved.isdisjoint(after.values()), "and all that this person had"
    assert sum(after[one] != before[one] for one in after) == told.value.json()["count"]


def test_what_was_set_aside_says_why_and_from_whom_and_no_code(shared_rig: Rig) -> None:
    page = shared_rig.page_as("leader", path="/inbox", width=360, language="en")
    table = page.get_by_role("table", name="Set aside").inner_text()
    assert "It came twice, with different content" in table
    assert "phone pages" in table
    assert "submit." not in table


def test_doors_are_told_by_their_buildings_name_and_chosen_by_address(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    page = shared_rig.page_as("leader", path=f"/campaigns/{SWEEP}/doors", width=360, language="en")
    first = page.locator("tbody tr").first
    assert "Building 1" in first.inner_text()
    first.get_by_role("checkbox", name=re.compile(r"^Building 1 · unit \d+ · \d+")).check()
    assert page.get_by_text("1 chosen").is_visible()
    axe(page)


def test_a_walk_list_is_for_a_person_or_a_building(shared_rig: Rig) -> None:
    page = shared_rig.page_as("leader", path=f"/campaigns/{SWEEP}", language="en")
    page.get_by_role("button", name="Print").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("First choose a person or a building.").wait_for()
    dialog.get_by_label("Or for which building").select_option(label="Building 2")
    link = dialog.get_by_role("link", name="Open the PDF").first
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
