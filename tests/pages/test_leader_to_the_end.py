"""What a leader reads is what the store has, and what a leader does is carried to its end.

One world for all: first what only looks, then what changes.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from phone_rig import OPEN, Doors
from playwright.sync_api import Locator, Page, expect
from rig import Rig, World, axe, go_within, loaded, one, rows

from lamplit.replay.neighbourhood.cast import LEADER, VOLUNTEER
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.packs import pack_of
from lamplit.store.schema import (
    assignment,
    campaign,
    enrollment,
    event,
    finding,
    inbox,
    organisation,
    person,
    place,
    stock_move,
    submission,
    task,
)

pytestmark = pytest.mark.slow
HEIR = "P0003"
NOTE = "Knock after six"
VOLUNTEER_NAME = "volunteer"


def stat(page: Page, label: str) -> str:
    """The figure under a label, to be read from across the room."""
    figure = page.locator("dl.stat").filter(has=page.get_by_text(label, exact=True))
    return figure.locator(".value").inner_text().strip()


def figures(page: Page) -> dict[str, str]:
    """The card of a campaign's own figures."""
    card = page.locator("section", has=page.get_by_role("heading", name="Figures", exact=True))
    names, values = card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts()
    return {name: " ".join(value.split()) for name, value in zip(names, values, strict=True)}


def expected_by_now(world: World, wanted: Any, enrolled: int) -> set[int]:
    """Minute by minute: the share of the hours in which one may knock; rounded either way."""
    zone = ZoneInfo(world.office.home.timezone)
    hours = pack_of(world.office, wanted.programme).cadence
    opens, closes = min(it.opens for it in hours), max(it.closes for it in hours)
    begun = max(
        wanted.opened_at.astimezone(zone),
        datetime.combine(wanted.starts, datetime.min.time(), tzinfo=zone),
    )
    minutes = int((wanted.deadline - begun).total_seconds() // 60)
    span = (begun + timedelta(minutes=n) for n in range(minutes + 1))
    knocking = [at for at in span if opens <= at.timetz().replace(tzinfo=None) < closes]
    past = sum(at <= datetime.now(UTC) for at in knocking)
    return {round(enrolled * (past + off) / len(knocking)) for off in (-2, 0, 2)}


def test_each_figure_of_a_board_is_what_the_store_counts(shared_rig: Rig, doors: Doors) -> None:
    world = shared_rig.world
    volunteer = world.api("volunteer")
    answered = {"door": "answered", "consent": "yes", "living": "living", "needs": "food"}
    for at, said in zip(doors.give(2), (answered, {"door": "no_answer"}), strict=True):
        form = {"instance_id": f"uuid:{at}", "form_id": "lamplit_household_sweep", "task": at,
                "form_version": "2026.1", "answers": said}  # fmt: skip
        assert volunteer.post("/submissions", json=form).is_success
    page = shared_rig.page_as("leader", path=f"/campaigns/{SWEEP}", language="en")
    swept = one(world, campaign, code=SWEEP)
    theirs = rows(world, enrollment, campaign_id=swept.id)
    states = Counter(it.state for it in theirs)
    enrolled = states["active"] + states["done"]
    assert stat(page, "Done") == f"{states['done']} / {enrolled}"
    assert int(stat(page, "Expected by now")) in expected_by_now(world, swept, enrolled)

    counted = [it for it in theirs if it.state in ("active", "done")]
    outcomes = Counter(it.outcome for it in counted)
    tasks = rows(world, task, campaign_id=swept.id)
    free = [it for it in tasks if it.state in OPEN and it.owner_id is None]
    mine = rows(world, finding, campaign_id=swept.id)
    unsettled = [it for it in mine if it.state in ("open", "in_hand")]
    shown = figures(page)
    assert shown["Reached"] == f"{outcomes['reached']} / {enrolled}"
    assert int(shown["Tried, nobody met"]) == outcomes["no_answer"] + outcomes["unreachable"]
    assert int(shown["Not tried yet"]) == outcomes[None]
    assert int(shown["Needs still open"]) == len(unsettled) > 0
    assert int(shown["Nobody has them"]) == len(free)
    assert f"Nobody has {len(free)} of the doors" in page.inner_text("main")

    blocks = {it.id: it.name_en for it in rows(world, place, kind="building")}
    bare = Counter(blocks[it.building_id] for it in free)
    all_open = Counter(blocks[it.building_id] for it in tasks if it.state in OPEN)
    uncovered = page.locator("section", has=page.get_by_role("heading", name="Buildings that no"))
    told = [" ".join(it.split()) for it in uncovered.locator("li").all_inner_texts()]
    assert sorted(it.partition(" Send")[0] for it in told) == sorted(
        f"{it} {n} without anybody, of {all_open[it]} open" for it, n in bare.items()
    )
    heading = page.get_by_role("heading", name=re.compile("^Findings"))
    assert heading.inner_text().split()[-1] == str(len(unsettled))
    sent = Counter(it.author_id for it in rows(world, submission, campaign_id=swept.id))
    held = Counter(it.owner_id for it in tasks if it.state in OPEN and it.owner_id)
    names = {it.id: it.name for it in rows(world, person)}
    people = page.get_by_role("table", name="People").locator("tbody tr")
    seen = {tuple(it.locator("td").all_inner_texts()[i] for i in (0, 1, 3)) for it in people.all()}
    assert seen == {
        (names[it], str(held[it]), str(sent[it])) for it in {*sent, *held} if it is not None
    }
    aside = [it for it in rows(world, inbox, state="quarantined") if it.settled_at is None]
    assert f"{len(aside)} submissions were set aside" in page.inner_text("main")


def test_a_board_says_what_is_left_of_supplies_once_homes_have_theirs(shared_rig: Rig) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("leader", path=f"/campaigns/{SWEEP}", language="en")
    go_within(page, "/campaigns/SUPPLIES")
    # One campaign's name never stands over another's figures.
    expect(page.get_by_role("heading", level=1)).to_have_text("Masks for who asked")
    moves = rows(world, stock_move, campaign_id=one(world, campaign, code="SUPPLIES").id)
    homes = {f"place:{it.id}" for it in rows(world, place, kind="household")}
    masks = [it for it in moves if it.item == "mask" and it.reverses_id is None]
    came = sum(it.quantity for it in masks if (it.from_holder or "donor:").startswith("donor:"))
    given = sum(it.quantity for it in masks if it.to_holder in homes)
    assert 0 < given < came
    assert figures(page)["Masks left"] == f"{came - given} / {came}"


def test_check_ins_organisations_and_a_past_day_s_coverage_are_the_store_s(
    shared_rig: Rig,
) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("leader", path="/check-in", language="en")
    ties = rows(world, assignment, tie="check_in")
    first: dict[str, date] = {}
    for it in sorted(ties, key=lambda it: it.starts):
        first.setdefault(it.person_id, it.starts)
    table = page.get_by_role("table", name="Check-ins day by day")
    cells = [it.locator("td").all_text_contents() for it in table.locator("tbody tr").all()]
    today = world.office.clock().astimezone(ZoneInfo(world.office.home.timezone)).date()
    days = [today - timedelta(back) for back in range(13, -1, -1)]
    assert len(cells) == len(days)
    for day, (_, paired, home, new, total) in zip(days, cells, strict=True):
        on = [it for it in ties if it.starts == day]
        assert int(paired) == sum(it.role == "paired" for it in on), day
        assert int(home) == sum(it.role == "home" for it in on), day
        assert int(new) == sum(it == day for it in first.values()), day
        assert int(total) == sum(it <= day for it in first.values()), day
    assert stat(page, "Checked in so far") == cells[-1][-1]

    go_within(page, "/organisations")
    known = {it.id: it for it in rows(world, organisation)}
    branches = Counter(it.parent_id for it in known.values())
    told = page.inner_text("main")
    for it in known.values():
        assert f"{it.name_en} {it.code}" in told
        if it.parent_id:
            parent = known[it.parent_id]
            above = page.locator("details").filter(has_text=f"{parent.name_en} {parent.code}")
            assert above.locator("ul").get_by_text(it.code, exact=True).count() == 1
            assert f"{parent.code} · {branches[parent.id]} units" in told

    # A day on which somebody has since been followed by another.
    ended = next(
        it for it in rows(world, assignment, tie="responsibility", end_reason="handed_over")
        if it.ends - it.starts > timedelta(1)
    )  # fmt: skip
    day = ended.starts
    go_within(page, "/coverage")
    block = one(world, place, id=ended.place_id)
    community = one(world, place, id=block.community_id)
    page.get_by_label("Place").select_option(label=f"{community.name_en} (community)")
    page.get_by_label("Day").fill(day.isoformat())
    loaded(page)
    on_day = [
        it for it in rows(world, assignment, role="responsible")
        if it.starts <= day and (it.ends is None or it.ends > day)
    ]  # fmt: skip
    keepers = {it.place_id for it in on_day}
    homes = rows(world, place, kind="household", community_id=community.id)
    covered = [it for it in homes if {it.id, it.building_id, it.parent_id} & keepers]
    expect(page.locator("dl.stat").first).to_contain_text(f"{len(covered)} / {len(homes)}")
    assert ended.person_id in {it.person_id for it in on_day}
    holder = one(world, person, id=ended.person_id).name
    assert holder in page.locator("main").inner_text()
    page.get_by_label("Day").fill(today.isoformat())
    expect(page.locator("main")).not_to_contain_text(holder)


def chosen(dialog: Locator, label: str, code: str) -> None:
    """Pick a person by their code, by keys."""
    field = dialog.get_by_role("combobox", name=label)
    field.fill(code)
    expect(dialog.get_by_role("listbox").get_by_role("option").first).to_contain_text(code)
    field.press("Enter")
    expect(field).to_have_value(re.compile(rf"\({code}\)$"))


def tasks_of(world: World, owner: str | None) -> set[str]:
    """The sweep's open doors that somebody has, or nobody."""
    swept = one(world, campaign, code=SWEEP)
    theirs = rows(world, task, campaign_id=swept.id, owner_id=owner)
    return {it.id for it in theirs if it.state in OPEN}


def test_doors_are_given_in_bulk_with_a_note_and_all_of_them_handed_over(
    shared_rig: Rig,
) -> None:
    world = shared_rig.world
    volunteer, heir = one(world, person, code=VOLUNTEER), one(world, person, code=HEIR)
    nobody, theirs = tasks_of(world, None), tasks_of(world, volunteer.id)
    page = shared_rig.page_as("leader", path=f"/campaigns/{SWEEP}/doors", language="en")
    free = page.locator("tbody tr").filter(has=page.locator("td[data-label=Who]", has_text="–"))
    for at in range(3):
        free.filter(has_not=page.get_by_text("done", exact=True)).nth(at).get_by_role(
            "checkbox"
        ).check()
    page.get_by_role("button", name="Assign").click()
    dialog = page.get_by_role("dialog")
    chosen(dialog, "To whom", VOLUNTEER)
    dialog.get_by_label("Note").fill(NOTE)
    dialog.get_by_role("button", name="Assign").click()
    expect(page.locator(".toast")).to_contain_text("3 assigned")
    given = tasks_of(world, volunteer.id) - theirs
    assert len(given) == 3
    assert given <= nobody
    for it in given:
        got = one(world, task, id=it)
        assert (got.note, got.state) == (NOTE, "accepted")
    entry = rows(world, event, kind="task.assigned")[-1]
    assert set(entry.data["tasks"]) == given
    assert (entry.data["count"], entry.data["note"]) == (3, NOTE)
    # The phone of who got them has the note.
    phone = world.api(VOLUNTEER_NAME).get("/me/tasks").json()
    assert given <= {it["task"]["id"] for it in phone["own"] if it["task"]["note"] == NOTE}

    go_within(page, f"/campaigns/{SWEEP}")
    row = (
        page.get_by_role("table", name="People").get_by_role("row").filter(has_text=volunteer.name)
    )
    expect(row.get_by_role("cell").nth(1)).to_have_text(str(len(given | theirs)))
    row.get_by_role("button", name="Hand over").click()
    expect(dialog).to_contain_text(volunteer.name)
    had = tasks_of(world, heir.id)
    chosen(dialog, "To whom", HEIR)
    dialog.get_by_role("button", name="Hand over").click()
    expect(dialog).to_be_hidden()
    assert tasks_of(world, volunteer.id) == set()
    assert tasks_of(world, heir.id) == had | given | theirs
    expect(row.get_by_role("button", name="Hand over")).to_have_count(0)
    assert set(rows(world, event, kind="task.assigned")[-1].data["tasks"]) == given | theirs


def test_a_responsibility_goes_on_with_another_and_its_chain_leads_back(shared_rig: Rig) -> None:
    world = shared_rig.world
    held = next(
        it for it in rows(world, assignment, tie="responsibility", role="responsible")
        if it.ends is None and it.person_id
    )  # fmt: skip
    first = one(world, person, id=held.person_id)
    heir = next(it for it in rows(world, person) if it.code in (HEIR, VOLUNTEER) and it != first)
    page = shared_rig.page_as("leader", path=f"/people/{first.id}", language="en")
    tie = (
        page.locator("li")
        .filter(has_text=re.compile("^\\s*responsible", re.IGNORECASE))
        .filter(has=page.get_by_role("button", name="Hand over"))
    )
    tie.get_by_role("button", name="Hand over").first.click()
    dialog = page.get_by_role("dialog")
    chosen(dialog, "To", heir.code)
    dialog.get_by_label("Note").fill(NOTE)
    dialog.get_by_role("button", name="Hand over").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Handed over")
    made = next(it for it in rows(world, assignment, person_id=heir.id) if it.note == NOTE)
    before = one(world, assignment, id=made.predecessor_id)
    assert (before.person_id, before.end_reason) == (first.id, "handed_over")
    assert before.ends == made.starts
    assert (made.place_id, made.role, made.ends) == (before.place_id, before.role, None)
    (begun,) = [
        it for it in rows(world, event, kind="assignment.begun") if it.subject_id == made.id
    ]
    assert begun.data["predecessor"] == before.id
    (ended,) = [
        it for it in rows(world, event, kind="assignment.ended") if it.subject_id == before.id
    ]
    assert (ended.data["reason"], ended.data["to"]) == ("handed_over", made.id)
    # The chain, on the heir's page, leads back to who had it.
    go_within(page, f"/people/{heir.id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(heir.name)
    mine = page.locator("li").filter(has_text=NOTE)
    mine.get_by_role("button", name="Chain of hand-overs").click()
    chain = mine.get_by_role("list", name="Chain of hand-overs").get_by_role("link")
    expect(chain.last).to_have_text(heir.name)
    chain.filter(has_text=first.name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first.name)
    past = page.locator("li.over").filter(has_text="handed over")
    expect(past.first).to_be_visible()
    assert axe(page) == []


def test_what_was_set_aside_is_looked_at_worked_in_and_discarded_by_keys_alone(
    shared_rig: Rig,
) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("leader", path="/inbox", language="en")

    def row(why: str) -> Locator:
        return page.get_by_role("table", name="Set aside").get_by_role("row").filter(has_text=why)

    broken = one(world, inbox, state="quarantined", problem="submit.unreadable")
    look = row("It can't be read").get_by_role("button", name="Look")
    look.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("pre")).to_have_text(broken.body.decode())
    page.keyboard.press("Escape")
    expect(look).to_be_focused()
    (seen,) = [it for it in rows(world, event, kind="inbox.opened") if it.subject_id == broken.id]
    assert seen.data["problem"] == "submit.unreadable"

    # One who leads vouches for somebody without a role there: it is worked in.
    stray = one(world, inbox, state="quarantined", problem="submit.stranger")
    row("no role or responsibility").get_by_role("button", name="Work it in").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Worked in")
    expect(row("no role or responsibility")).to_have_count(0)
    worked = one(world, inbox, id=stray.id)
    assert worked.state == "processed"
    told = one(world, submission, inbox_id=stray.id)
    assert told.author_id == stray.person_id
    assert [it.subject_id for it in rows(world, event, kind="inbox.retried")] == [stray.id]

    # What can't be worked in says so, and stays.
    lost = one(world, inbox, state="quarantined", problem="submit.unknown-form")
    row("No programme here").get_by_role("button", name="Work it in").press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("could not be worked in: No programme here")
    assert one(world, inbox, id=lost.id).state == "quarantined"
    expect(row("No programme here")).to_have_count(1)

    # To discard it one says why.
    row("It can't be read").get_by_role("button", name="Discard").press("Enter")
    discard = dialog.get_by_role("button", name="Discard")
    discard.press("Enter")
    assert one(world, inbox, id=broken.id).settled_at is None
    dialog.get_by_label("Reason").fill("A test of the phone")
    discard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(row("It can't be read")).to_have_count(0)
    settled = one(world, inbox, id=broken.id)
    assert settled.settled_at is not None
    assert settled.settled_by == one(world, person, code=LEADER).id
    (entry,) = rows(world, event, kind="inbox.discarded")
    assert (entry.subject_id, entry.data["reason"]) == (broken.id, "A test of the phone")
    page.get_by_label("Those settled, too").check()
    expect(row("It can't be read")).to_have_count(1)
    expect(row("It can't be read").get_by_role("button")).to_have_count(0)
    assert axe(page) == []
