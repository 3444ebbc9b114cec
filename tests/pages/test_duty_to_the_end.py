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


class Turn:
    """One turn on duty, chapter by chapter: each begins where the one before it ended."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.world, self.folder = rig, rig.world, folder
        self.officer = one(self.world, person, code=DUTY)
        self.inspector = one(self.world, person, code=INSPECTORS[0])
        self.page = rig.page_as(width=360, language="en", path="/sign-in")
        self.dialog = self.page.get_by_role("dialog")
        self.lines = self.page.get_by_role("table", name="Places").locator("tbody tr")
        self.before = waiting(self.world)
        self.late = [it for it in self.before if it.due_until < datetime.now(UTC)]

    def give(self, field: Locator, who: str, deed: str) -> None:
        """Choose somebody by their code in the dialog, and do it."""
        field.fill(who)
        expect(self.dialog.get_by_role("option").first).to_contain_text(who)
        field.press("Enter")
        self.dialog.get_by_role("button", name=deed).click()

    def signs_in_and_finds_the_sites(self) -> None:
        """On a phone; the start page says who one is, and where the sites are."""
        self.page.get_by_label("User name").fill("duty")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", level=1, name=re.compile("Hello")).wait_for()
        expect(self.page.locator("main")).to_contain_text("duty officer · River City District")
        self.page.locator("main").get_by_role("link", name=re.compile("^Campaigns")).click()
        self.page.get_by_role("link", name=re.compile("Work sites of the week")).click()

    def reads_what_is_overdue_and_what_nobody_has(self) -> None:
        """On the board, site by site, the soonest due first."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Work sites of the week")
        assert self.late
        assert len(self.late) < len(self.before)
        expect(self.page.locator("main")).to_contain_text(f"{len(self.late)} task is overdue.")
        free = len(self.before)
        expect(self.page.locator("main")).to_contain_text(f"Nobody has {free} of the tasks")
        bare = card(self.page, "Places that nobody has").locator("li strong")
        assert bare.all_inner_texts() == [named(self.world, it.place_id) for it in self.before]
        speaks_of_sites(self.page)

    def registers_a_site_that_was_announced_late(self) -> None:
        """Imported by the office, chosen here."""
        file = self.folder / "sites.csv"
        file.write_text(
            f'kind,code,parent,name_zh,name_en\nwork_site,WS777,D1,7号馈线接头,"{NEW}"\n', "utf-8"
        )
        apply_import(self.world.office, CLI, plan_import(self.world.office, CLI, Kind.PLACES, file))
        self.page.get_by_role("link", name="Places", exact=True).first.click()
        self.page.get_by_role("button", name="Register places").click()
        field = self.dialog.get_by_role("combobox", name="Place")
        field.fill("WS777")
        expect(self.dialog.get_by_role("option").first).to_contain_text(NEW)
        field.press("Enter")
        expect(self.dialog.locator("li", has_text=NEW)).to_be_visible()
        expect(field).to_have_value("")  # Ready for the next.
        assert axe(self.page) == []
        self.dialog.get_by_role("button", name="Register places").click()
        expect(self.page.locator(".toast")).to_contain_text("1 registered")
        self.fresh = one(self.world, place, code="WS777")
        assert one(self.world, enrollment, place_id=self.fresh.id).reason == "registration"
        self.sites = waiting(self.world)
        assert {it.id for it in self.sites} - {it.id for it in self.before} == {
            one(self.world, task, place_id=self.fresh.id).id
        }

    def reads_the_list_by_name(self) -> None:
        """With what is to be done at each; what waits stands first, and late ones say so."""
        expect(self.lines.filter(has_text=NEW)).to_contain_text("Audit the site")
        expect(self.lines.first).to_contain_text("overdue")
        told = [it.locator("td[data-label=Place]").inner_text() for it in self.lines.all()]
        due = {named(self.world, it.place_id): it.due_until for it in self.sites}
        assert set(told[: len(self.sites)]) == set(due)
        assert [due[it] for it in told[: len(self.sites)]] == [it.due_until for it in self.sites]
        assert sum("overdue" in it.inner_text() for it in self.lines.all()) == len(self.late)
        speaks_of_sites(self.page)

    def gives_one_to_an_inspector_and_takes_one(self) -> None:
        """The overdue one is the inspector's, the new one one's own."""
        self.lines.first.get_by_role("checkbox").check()
        self.page.get_by_role("button", name="Assign").click()
        field = self.dialog.get_by_role("combobox", name="To whom")
        self.give(field, INSPECTORS[0], "Assign")
        expect(self.page.locator(".toast").last).to_contain_text("1 assigned")
        assert one(self.world, task, id=self.late[0].id).owner_id == self.inspector.id
        self.lines.filter(has_text=NEW).get_by_role("checkbox").check()
        self.page.get_by_role("button", name="Assign").click()
        self.dialog.get_by_role("button", name="I take it").click()
        expect(field).to_have_value(re.compile(rf"\({DUTY}\)$"))
        self.dialog.get_by_role("button", name="Assign").click()
        expect(self.dialog).to_be_hidden()
        self.mine = one(self.world, task, place_id=self.fresh.id)
        assert self.mine.owner_id == self.officer.id

    def visits_it_with_the_phone(self) -> None:
        """By the programme's form, with a violation."""
        phone = installed(self.rig, "duty")
        phone.get_by_role("heading", name="Today's places").wait_for()
        phone.locator(f"a[href$='{self.mine.id}']").first.wait_for()
        expect(phone.locator("main h2").first).to_have_text("Places")
        assert axe(phone) == []
        goto(phone, f"/phone/door/{self.mine.id}")
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
        (sent,) = rows(self.world, submission, task_id=self.mine.id)
        assert (sent.author_id, sent.outcome) == (self.officer.id, "reached")
        (found,) = rows(self.world, finding, place_id=self.fresh.id)
        assert (found.code, found.state, found.points) == ("no_barrier", "open", 3)

    def has_the_finding_put_right(self) -> None:
        """The inspector sees to it and the officer verifies: nobody verifies their own work."""
        go_within(self.page, f"/campaigns/{SITES}")
        (found,) = rows(self.world, finding, place_id=self.fresh.id)
        line = card(self.page, "Findings").locator("li").filter(has_text=NEW)
        expect(line).to_contain_text("No barrier or sign where one is needed")
        line.get_by_role("button", name="Resolved").click()
        expect(line).to_contain_text("somebody else verifies it")
        expect(line.get_by_role("button", name="Verify")).to_have_count(0)
        line.get_by_role("button", name="Open again").click()
        line.get_by_role("button", name="Take on").click()
        expect(line).to_contain_text("in hand")
        theirs, right = Actor(self.inspector.id, "api"), FindingState.RESOLVED
        findings.move(self.world.office, theirs, found.id, right, note="Barrier is up")
        expect(line).to_contain_text("Barrier is up")
        line.get_by_role("button", name="Verify").click()
        expect(line).to_have_count(0)
        found = one(self.world, finding, id=found.id)
        assert found.state == "verified"
        moved = [it for it in rows(self.world, event, subject_id=found.id) if it.data.get("before")]
        assert [(it.kind, it.actor_id) for it in moved] == [
            ("finding.resolved", self.officer.id), ("finding.open", self.officer.id),
            ("finding.in_hand", self.officer.id), ("finding.resolved", self.inspector.id),
            ("finding.verified", self.officer.id),
        ]  # fmt: skip
        all_ = rows(self.world, finding, campaign_id=found.campaign_id)
        settled = sum(it.state == "verified" for it in all_)
        said = re.compile(rf"Put right and verified\s*{settled}(\s*/\s*{len(all_)})?(?!\d)")
        expect(card(self.page, "Figures").locator("dl")).to_contain_text(said)

    def hands_over_at_the_turns_end(self) -> None:
        """What is still in hand goes to the next."""
        (again,) = [it for it in waiting(self.world) if it.place_id == self.fresh.id]
        send = card(self.page, "Places that nobody has").locator("li").filter(has_text=NEW)
        send.get_by_role("button", name="Send somebody").click()
        self.dialog.get_by_role("button", name="I take it").click()
        expect(self.dialog.get_by_role("combobox")).to_have_value(re.compile(DUTY))
        self.dialog.get_by_role("button", name="Assign").click()
        expect(self.dialog).to_be_hidden()
        assert one(self.world, task, id=again.id).owner_id == self.officer.id
        people = self.page.get_by_role("table", name="People").get_by_role("row")
        me = people.filter(has_text=self.officer.name)
        me.get_by_role("button", name="Hand over").click()
        expect(self.dialog.get_by_role("button", name="I take it")).to_have_count(0)
        self.give(self.dialog.get_by_role("combobox"), INSPECTORS[0], "Hand over")
        expect(self.dialog).to_be_hidden()
        assert one(self.world, task, id=again.id).owner_id == self.inspector.id
        expect(me.get_by_role("button", name="Hand over")).to_have_count(0)
        speaks_of_sites(self.page)
        # And the report so far speaks of sites, too.
        go_within(self.page, f"/campaigns/{SITES}/report")
        speaks_of_sites(self.page)


def test_the_duty_officer_s_day_with_the_work_sites(rig: Rig, tmp_path: Path) -> None:
    turn = Turn(rig, tmp_path)
    turn.signs_in_and_finds_the_sites()
    turn.reads_what_is_overdue_and_what_nobody_has()
    turn.registers_a_site_that_was_announced_late()
    turn.reads_the_list_by_name()
    turn.gives_one_to_an_inspector_and_takes_one()
    turn.visits_it_with_the_phone()
    turn.has_the_finding_put_right()
    turn.hands_over_at_the_turns_end()
