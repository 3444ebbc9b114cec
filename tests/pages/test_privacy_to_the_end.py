"""The privacy officer's pages against the log and the store: openings, lists, sums, one person."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from rig import Rig, axe, go_within, loaded
from sqlalchemy import func, select, update

from lamplit.outbound.markup import day_text
from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.services.field.packs import pack_of
from lamplit.store.schema import campaign, enrollment, event, person, submission

pytestmark = pytest.mark.slow
OPENINGS = (
    "home.opened", "facade.opened", "list.opened", "list.exported", "findings.opened",
    "inbox.opened",
)  # fmt: skip


def stat(page: Page, label: str) -> int:
    figure = page.locator("dl.stat").filter(has=page.get_by_text(label, exact=True))
    return int(figure.locator(".value").inner_text())


def test_who_opened_what_is_what_the_log_has(shared_rig: Rig) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("privacy", path="/privacy", language="en")
    since = world.office.clock() - timedelta(29)
    logged = [
        it for it in world.rows(select(event))
        if it.at >= since and (it.kind in OPENINGS or it.kind == "home.refused")
    ]  # fmt: skip
    opened = [it for it in logged if it.kind != "home.refused"]
    assert stat(page, "Openings") == len(opened) > 0
    assert stat(page, "Refused") == len(logged) - len(opened) > 0
    assert stat(page, "People who opened") == len({it.actor_id for it in opened})
    assert stat(page, "Places opened") == len({it.place_id for it in opened})
    page.get_by_label("Refused only").check()
    table = page.get_by_role("table", name="Openings", exact=True).locator("tbody tr")
    expect(table).to_have_count(len(logged) - len(opened))
    assert all("refused" in it for it in table.all_inner_texts())


def test_a_list_goes_the_days_its_programme_says_after_the_close(shared_rig: Rig) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("privacy", path="/privacy", language="en")
    page.get_by_role("tab", name="Lists and their end").press("Enter")
    table = page.get_by_role("table", name="Lists and their end")
    known = world.rows(select(campaign))
    expect(table.locator("tbody tr")).to_have_count(len(known))
    homes = dict(world.rows(select(enrollment.c.campaign_id, func.count()).group_by("campaign_id")))
    for it in known:
        row = table.get_by_role("row").filter(has_text=it.name_en)
        expect(row.get_by_role("cell").nth(1)).to_have_text(str(homes[it.id]))
        if it.closed_at is None:
            expect(row).to_contain_text("counts from its close")
        else:
            last = it.closed_at + timedelta(pack_of(world.office, it.programme).list_days)
            expect(row).to_contain_text(day_text(world.office.local_day(last), "en"))


def test_a_sum_that_was_held_back_is_listed_with_who_asked_and_why(shared_rig: Rig) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("privacy", path="/privacy", language="en")
    page.get_by_role("tab", name="Sums held back").press("Enter")
    loaded(page)
    before = len(world.rows(select(event).where(event.c.kind == "aggregate.refused")))
    leader = shared_rig.page_as("leader", path="/places/C1", language="en")
    expect(leader.get_by_text("not shown").first).to_be_visible()
    after = world.rows(select(event).where(event.c.kind == "aggregate.refused"))
    assert len(after) > before
    go_within(page, "/account")
    go_within(page, "/privacy")
    page.get_by_role("tab", name="Sums held back").click()
    listed = page.get_by_role("table", name="Openings", exact=True).locator("tbody tr")
    expect(listed).to_have_count(len(after))
    expect(listed.first).to_contain_text("周敏")
    expect(listed.first).to_contain_text("sum held back")
    expect(listed.first).to_contain_text("too few homes, or one could be told apart")
    assert axe(page) == []


def test_one_person_s_data_is_given_out_whole_and_the_giving_is_logged(
    shared_rig: Rig, tmp_path: Path
) -> None:
    world = shared_rig.world
    who = world.rows(select(person).where(person.c.code == VOLUNTEER))[0]
    page = shared_rig.page_as("privacy", path="/privacy", language="en")
    page.get_by_role("tab", name="One person's data").click()
    page.get_by_label("Look for people in").select_option(label="Wutongli Community (community)")
    field = page.get_by_role("combobox", name="By person")
    field.fill(VOLUNTEER)
    page.get_by_role("option", name=re.compile(VOLUNTEER)).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export (ZIP)").click()
    file = tmp_path / "data.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as packed:
        found = {name: json.loads(packed.read(name)) for name in packed.namelist()}
    assert found["person.json"][0]["name"] == who.name
    theirs = world.rows(select(submission.c.id).where(submission.c.author_id == who.id))
    assert {it["id"] for it in found["submission.json"]} == {it.id for it in theirs}
    assert "password_hash" not in json.dumps(found)
    wanted = select(event).where(event.c.kind == "person.data_exported")
    assert [it.subject_id for it in world.rows(wanted)] == [who.id]


def test_a_log_that_was_tampered_with_says_where(shared_rig: Rig) -> None:
    world = shared_rig.world
    page = shared_rig.page_as("privacy", path="/privacy", language="en")
    page.get_by_role("tab", name="The log").press("Enter")
    check = page.get_by_role("button", name="Check the log")
    check.press("Enter")
    verdict = page.get_by_role("status").filter(has_text="The log is")
    count = len(world.rows(select(event.c.seq)))
    expect(verdict).to_contain_text(f"The log is whole: {count:,} entries")
    # Somebody with the database in hand makes an opening say that another did it.
    (at,) = world.rows(
        select(func.max(event.c.seq)).where(event.c.kind == "home.opened")
    )[0]  # fmt: skip
    with world.office.db.engine.begin() as conn:
        conn.execute(update(event).where(event.c.seq == at).values(purpose="nothing at all"))
    check.press("Enter")
    expect(verdict).to_contain_text("The log is not whole: 1 place")
    expect(verdict).to_contain_text(f"Entry {at} was altered")
    assert axe(page) == []
