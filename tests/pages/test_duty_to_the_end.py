"""The duty officer's day with the work sites: what is due, who goes, a visit, a finding put right.

One story, page after page on a phone; what the pages say is what the store has.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from phone_rig import OPEN, done, installed, synced
from playwright.sync_api import Locator, Page, expect
from rig import Rig, World, axe, go_within, goto, one, rows

from lamplit.domain.field import FindingState
from lamplit.replay.neighbourhood.cast import DUTY, INSPECTORS, PASSWORD
from lamplit.replay.neighbourhood.sites import SITES
from lamplit.services.field.files.imports import Kind, apply_import, plan_import
from lamplit.services.field.office import CLI, Actor
from lamplit.services.field.tasks import findings
from lamplit.store.schema import (
    campaign,
    enrollment,
    event,
    finding,
    person,
    place,
    submission,
    task,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
HOMELY = re.compile(r"\b(doors?|homes?|buildings?|knock\w*)\b", re.IGNORECASE)
"""Words of the sweep, out of place at a work site."""
NEW = "Feeder 7, cable joint"


def waiting(world: World) -> list[Any]:
    """The sites' open tasks, the soonest due first."""
    sites = one(world, campaign, code=SITES)
    theirs = [it for it in rows(world, task, campaign_id=sites.id) if it.state in OPEN]
    return sorted(theirs, key=lambda it: it.due_until)


def named(world: World, at: str) -> str:
    return str(one(world, place, id=at).name_en)


def main(page: Page) -> str:
    return " ".join(page.inner_text("main").split())


def speaks_of_sites(page: Page) -> None:
    """None of the sweep's words stands on the page, and it is whole."""
    said = re.sub(r"Transformer change, Building \d", "", main(page))
    assert HOMELY.findall(said) == [], said
    assert axe(page) == []


def card(page: Page, heading: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=re.compile(f"^{heading}")))


def test_the_duty_officer_s_day_with_the_work_sites(rig: Rig, tmp_path: Path) -> None:
    world = rig.world
    officer = one(world, person, code=DUTY)
    inspector = one(world, person, code=INSPECTORS[0])

    # Signs in on a phone; the start page says who one is, and where the sites are.
    page = rig.page_as(width=360, language="en", path="/sign-in")
    page.get_by_label("User name").fill("duty")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1, name=re.compile("Hello")).wait_for()
    expect(page.locator("main")).to_contain_text("duty officer · River City District")
    page.locator("main").get_by_role("link", name=re.compile("^Campaigns")).click()
    page.get_by_role("link", name=re.compile("Work sites of the week")).click()

    # The board: what is overdue, and what nobody has, site by site, the soonest due first.
    expect(page.get_by_role("heading", level=1)).to_have_text("Work sites of the week")
    before = waiting(world)
    late = [it for it in before if it.due_until < datetime.now(UTC)]
    assert late
    assert len(late) < len(before)
    expect(page.locator("main")).to_contain_text(f"{len(late)} task is overdue.")
    expect(page.locator("main")).to_contain_text(f"Nobody has {len(before)} of the tasks")
    bare = card(page, "Places that nobody has").locator("li strong")
    assert bare.all_inner_texts() == [named(world, it.place_id) for it in before]
    speaks_of_sites(page)

    # A site that was announced late is registered: imported by the office, chosen here.
    file = tmp_path / "sites.csv"
    file.write_text(
        f'kind,code,parent,name_zh,name_en\nwork_site,WS777,D1,7号馈线接头,"{NEW}"\n', "utf-8"
    )
    apply_import(world.office, CLI, plan_import(world.office, CLI, Kind.PLACES, file))
    page.get_by_role("link", name="Places", exact=True).first.click()
    page.get_by_role("button", name="Register places").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("combobox", name="Place")
    field.fill("WS777")
    expect(dialog.get_by_role("option").first).to_contain_text(NEW)
    field.press("Enter")
    expect(dialog.locator("li", has_text=NEW)).to_be_visible()
    expect(field).to_have_value("")  # Ready for the next.
    assert axe(page) == []
    dialog.get_by_role("button", name="Register places").click()
    expect(page.locator(".toast")).to_contain_text("1 registered")
    fresh = one(world, place, code="WS777")
    assert one(world, enrollment, place_id=fresh.id).reason == "registration"
    sites = waiting(world)
    assert {it.id for it in sites} - {it.id for it in before} == {
        one(world, task, place_id=fresh.id).id
    }

    # The list: by name, with what is to be done there; what waits stands first, late ones say so.
    lines = page.get_by_role("table", name="Places").locator("tbody tr")
    expect(lines.filter(has_text=NEW)).to_contain_text("Audit the site")
    expect(lines.first).to_contain_text("overdue")
    told = [it.locator("td[data-label=Place]").inner_text() for it in lines.all()]
    due = {named(world, it.place_id): it.due_until for it in sites}
    assert set(told[: len(sites)]) == set(due)
    assert [due[it] for it in told[: len(sites)]] == [it.due_until for it in sites]
    assert sum("overdue" in it.inner_text() for it in lines.all()) == len(late)
    speaks_of_sites(page)

    # The overdue one goes to an inspector, the new one to oneself.
    lines.first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Assign").click()
    field = dialog.get_by_role("combobox", name="To whom")
    field.fill(INSPECTORS[0])
    expect(dialog.get_by_role("option").first).to_contain_text(INSPECTORS[0])
    field.press("Enter")
    dialog.get_by_role("button", name="Assign").click()
    expect(page.locator(".toast").last).to_contain_text("1 assigned")
    assert one(world, task, id=late[0].id).owner_id == inspector.id
    lines.filter(has_text=NEW).get_by_role("checkbox").check()
    page.get_by_role("button", name="Assign").click()
    dialog.get_by_role("button", name="I take it").click()
    expect(field).to_have_value(re.compile(rf"\({DUTY}\)$"))
    dialog.get_by_role("button", name="Assign").click()
    expect(dialog).to_be_hidden()
    mine = one(world, task, place_id=fresh.id)
    assert mine.owner_id == officer.id

    # The visit, on the phone: by the programme's form, with a violation.
    phone = installed(rig, "duty")
    phone.get_by_role("heading", name="Today's places").wait_for()
    phone.locator(f"a[href$='{mine.id}']").first.wait_for()
    expect(phone.locator("main h2").first).to_have_text("Places")
    assert axe(phone) == []
    goto(phone, f"/phone/door/{mine.id}")
    expect(phone.get_by_role("heading", level=1)).to_have_text(NEW)
    expect(phone.locator("main")).to_contain_text("Audit the site")
    # Nothing is told of meters where nobody lives.
    speaks_of_sites(phone)
    phone.get_by_role("link", name="Fill in").click()
    phone.get_by_text("On site", exact=True).click()
    phone.get_by_text("Work is going on").click()
    phone.get_by_label("Which unit does the work?").fill("South construction team")
    phone.get_by_text("No barrier or sign where one is needed").click()
    done(phone)
    synced(phone)
    (sent,) = rows(world, submission, task_id=mine.id)
    assert (sent.author_id, sent.outcome) == (officer.id, "reached")
    (found,) = rows(world, finding, place_id=fresh.id)
    assert (found.code, found.state, found.points) == ("no_barrier", "open", 3)

    # The board has it; it is taken on, the inspector sees it put right, and the officer verifies
    # that: nobody verifies their own work.
    go_within(page, f"/campaigns/{SITES}")
    line = card(page, "Findings").locator("li").filter(has_text=NEW)
    expect(line).to_contain_text("No barrier or sign where one is needed")
    line.get_by_role("button", name="Resolved").click()
    expect(line).to_contain_text("somebody else verifies it")
    expect(line.get_by_role("button", name="Verify")).to_have_count(0)
    line.get_by_role("button", name="Open again").click()
    line.get_by_role("button", name="Take on").click()
    expect(line).to_contain_text("in hand")
    right = FindingState.RESOLVED
    findings.move(world.office, Actor(inspector.id, "api"), found.id, right, note="Barrier is up")
    expect(line).to_contain_text("Barrier is up")
    line.get_by_role("button", name="Verify").click()
    expect(line).to_have_count(0)
    found = one(world, finding, id=found.id)
    assert found.state == "verified"
    moved = [it for it in rows(world, event, subject_id=found.id) if it.data.get("before")]
    assert [(it.kind, it.actor_id) for it in moved] == [
        ("finding.resolved", officer.id), ("finding.open", officer.id),
        ("finding.in_hand", officer.id), ("finding.resolved", inspector.id),
        ("finding.verified", officer.id),
    ]  # fmt: skip
    theirs = rows(world, finding, campaign_id=found.campaign_id)
    settled = sum(it.state == "verified" for it in theirs)
    said = re.compile(rf"Put right and verified\s*{settled}(\s*/\s*{len(theirs)})?(?!\d)")
    expect(card(page, "Figures").locator("dl")).to_contain_text(said)

    # A turn ends: what is still in hand goes to the next.
    (again,) = [it for it in waiting(world) if it.place_id == fresh.id]
    send = card(page, "Places that nobody has").locator("li").filter(has_text=NEW)
    send.get_by_role("button", name="Send somebody").click()
    dialog.get_by_role("button", name="I take it").click()
    expect(dialog.get_by_role("combobox")).to_have_value(re.compile(DUTY))
    dialog.get_by_role("button", name="Assign").click()
    expect(dialog).to_be_hidden()
    assert one(world, task, id=again.id).owner_id == officer.id
    me = page.get_by_role("table", name="People").get_by_role("row").filter(has_text=officer.name)
    me.get_by_role("button", name="Hand over").click()
    expect(dialog.get_by_role("button", name="I take it")).to_have_count(0)
    field.fill(INSPECTORS[0])
    expect(dialog.get_by_role("option").first).to_contain_text(INSPECTORS[0])
    field.press("Enter")
    dialog.get_by_role("button", name="Hand over").click()
    expect(dialog).to_be_hidden()
    assert one(world, task, id=again.id).owner_id == inspector.id
    expect(me.get_by_role("button", name="Hand over")).to_have_count(0)
    speaks_of_sites(page)
    # And the report so far speaks of sites, too.
    go_within(page, f"/campaigns/{SITES}/report")
    speaks_of_sites(page)
