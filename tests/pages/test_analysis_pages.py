"""An analyst asks the nights, opens a list for a purpose, plays with a threshold, weighs trust."""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from rig import Rig, World, goto, loaded, overflow, shot
from routes import ids
from sqlalchemy import select

from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.calibration import read_calibration
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, enrollment, event, place

pytestmark = pytest.mark.slow
PURPOSE = "a warning before the cold snap"


def logged(world: World, *kinds: str) -> list[Any]:
    with world.office.read(CLI) as tx:
        wanted = select(event).where(event.c.kind.in_(kinds)).order_by(event.c.seq)
        return list(tx.conn.execute(wanted))


def label_overconfident(world: World, count: int) -> None:
    """Let doors of the sweep be answered: of those said to be empty with 97 % 6 in 10 are, of those
    with 75 % 4 in 10.
    """
    with world.office.begin(CLI) as tx:
        swept = tx.conn.execute(select(campaign).where(campaign.c.code == SWEEP)).one()
        has = select(enrollment.c.place_id).where(enrollment.c.campaign_id == swept.id)
        wanted = select(place.c.id).where(place.c.kind == "household", place.c.id.not_in(has))
        homes = list(tx.conn.scalars(wanted.order_by(place.c.code).limit(count)))
        assert len(homes) == count
        for at, home in enumerate(homes):
            sure, right = ((0.97, 6), (0.75, 4))[at // 10 % 2]
            signal = {"state": "dark", "probability": sure, "raw": sure}
            tx.conn.execute(
                enrollment.insert().values(
                    id=str(uuid.uuid4()), campaign_id=swept.id, place_id=home, state="done",
                    reason="dark", signal=signal, from_day=tx.today, done_at=tx.now,
                    found="empty" if at % 10 < right else "lived_in",
                )
            )  # fmt: skip


def told(page: Page, path: str) -> Any:
    """What the API tells the person whose page this is."""
    answer = page.request.get(f"/api/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def test_the_city_says_how_its_homes_are_and_what_the_nights_did(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    page = shared_rig.page_as("analyst", path="/analysis", language="en")
    place = told(page, "me")["duties"][0]["place"]["id"]
    nights = told(page, f"places/{place}/states/nights")
    now = {state: series[-1] for state, series in nights["whole"].items()}
    heading = page.get_by_text(f"nobody was in {now['dark'] + now['micro']} of")
    expect(heading).to_contain_text(f"{sum(now.values())} homes")
    tile = page.get_by_role("button", name="lived in")
    expect(tile).to_contain_text(str(now["lived_in"]))
    expect(tile).to_have_attribute("aria-pressed", "false")
    tile.press("Space")
    expect(tile).to_have_attribute("aria-pressed", "true")
    rows = page.get_by_role("region", name="By community").locator("tbody tr")
    expect(rows).to_have_count(len(nights["communities"]))
    page.get_by_role("button", name="Homes", exact=True).press("Enter")
    fewest = min(one["homes"] for one in nights["communities"])
    expect(rows.first).to_contain_text(str(fewest))
    axe(page)
    shot(page, "analysis-city")


def test_a_list_opens_for_a_purpose_goes_into_a_file_and_leads_to_a_home(
    shared_rig: Rig, axe: Callable[..., None], tmp_path: Path
) -> None:
    world = shared_rig.world
    before = len(logged(world, "list.opened", "list.exported", "home.opened"))
    page = shared_rig.page_as("analyst", path="/analysis/list", language="en")
    page.get_by_role("button", name="Open the list").click()
    expect(page.get_by_text("Say what it is for first")).to_be_visible()
    assert len(logged(world, "list.opened", "list.exported", "home.opened")) == before
    page.get_by_label("What is it for?").fill(PURPOSE)
    page.get_by_role("button", name="Open the list").click()
    rows = page.get_by_role("region", name="Tonight's list").locator("tbody tr")
    expect(rows.first).to_contain_text("unit")
    heading = page.get_by_role("heading", name=re.compile(r"The list of .*: \d+ of")).inner_text()
    found = int(re.search(r": (\d+) of", heading)[1])
    expect(rows).to_have_count(min(found, 100))
    axe(page)
    chips = page.get_by_role("radiogroup", name="Which").last
    chips.get_by_text(re.compile(r"^returned")).click()
    expect(rows.first).to_contain_text("returned")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    file = tmp_path / "list.csv"
    download.value.save_as(file)
    lines = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    assert len(lines) == found
    assert all("AN01" in one["watermark"] and PURPOSE in one["watermark"] for one in lines)

    home = ids(world)["home"]
    goto(page, f"/analysis/home/{home}")
    page.get_by_role("button", name="Show the load").click()
    expect(page.get_by_role("img", name=re.compile("^Daily use and state")).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Use by 60 minutes"))).to_be_visible()
    expect(page.get_by_text("logged at")).to_be_visible()
    axe(page)
    entries = logged(world, "list.opened", "list.exported", "home.opened")[before:]
    assert [one.kind for one in entries] == ["list.opened", "list.exported", "home.opened"]
    assert [one.purpose for one in entries[:2]] == [PURPOSE, PURPOSE]
    assert (entries[2].place_id, entries[2].data["step"]) == (home, "curve")


def test_a_threshold_is_played_with_and_nothing_is_changed(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    world = shared_rig.world
    settings = world.office.home.path / "lamplit.toml"
    before, kept = len(logged(world, "list.opened")), settings.read_bytes()
    page = shared_rig.page_as("analyst", path="/analysis/what-if", language="en")
    slider = page.get_by_role("slider", name=re.compile("^quiet days before a home", re.I))
    expect(slider).to_have_attribute("aria-valuetext", "3 days")
    for _ in range(6):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "9 days")
    page.wait_for_url(re.compile("enter_days=9"))
    # In a small town few homes would change: what would be is held back, and says so.
    expect(page.get_by_text("Fewer than 15 homes would change state")).to_be_visible()
    expect(page.get_by_text("enter_days = 9")).to_be_visible()
    page.get_by_label("What is it for?").fill("tuning")
    page.get_by_role("button", name="Show the doors").click()
    expect(page.get_by_text(re.compile(r"On the list: \d+ → \d+ doors")).first).to_be_visible()
    doors = page.get_by_role("region", name="Which doors?").locator("tbody tr")
    expect(doors.first).to_contain_text(re.compile("goes off|comes on|stays on"))
    axe(page)
    shot(page, "analysis-what-if")
    again = shared_rig.page_as("analyst", path="", language="en")
    goto(again, page.url.removeprefix(world.url))
    expect(again.get_by_text("1 threshold tried")).to_be_visible()
    expect(again.get_by_text("Fewer than 15 homes would change state")).to_be_visible()
    slider.press("ArrowRight")
    expect(page.get_by_text("open the doors again to see them")).to_be_visible()
    expect(doors).to_have_count(0)
    (entry,) = logged(world, "list.opened")[before:]
    assert (entry.purpose, entry.data["thresholds"]) == ("tuning", {"enter_days": 9})
    assert settings.read_bytes() == kept


def test_trust_comes_with_its_intervals_and_waits_for_enough_labels(
    shared_rig: Rig, axe: Callable[..., None]
) -> None:
    page = shared_rig.page_as("analyst", path="/analysis/trust", language="en")
    found = told(page, "labels")
    right = sum(one["hits"] for one in found["precision"].values())
    of = sum(one["of"] for one in found["precision"].values())
    expect(
        page.get_by_text(f"Of {of} doors that the list pointed to, {right} were")
    ).to_be_visible()
    lines = page.get_by_role("region", name="By what the list said").locator("tbody tr")
    expect(lines).to_have_count(len(found["precision"]))
    expect(lines.first.get_by_role("img", name=re.compile("interval"))).to_be_visible()
    expect(page.get_by_role("img", name="Reliability")).to_be_visible()
    expect(page.get_by_text("100 labels of doors")).to_contain_text(f"{100 - of} to go")
    assert page.get_by_role("button", name="Recalibrate").count() == 0
    axe(page)
    page.get_by_label("Campaign").select_option("FIRST")
    page.wait_for_url(re.compile("campaign=FIRST"))
    loaded(page)
    some = told(page, "labels?campaign=FIRST")
    fewer = sum(one["of"] for one in some["precision"].values())
    assert some != found
    assert fewer <= of
    expect(page.get_by_text(f"Of {fewer} doors that the list pointed to")).to_be_visible()


def test_enough_labels_put_the_list_right_once_somebody_has_seen_what_they_would_do(
    rig: Rig, axe: Callable[..., None]
) -> None:
    world = rig.world
    label_overconfident(world, 160)
    page = rig.page_as("analyst", path="/analysis/trust", language="en", width=360)
    count = told(page, "labels/reliability")["labels"]
    assert count >= 160
    before_and_then = page.get_by_role("table", name="What it would make of them")
    expect(before_and_then.locator("tbody tr").filter(has_text="95%")).to_have_count(1)
    assert overflow(page) == []
    page.get_by_role("button", name="Recalibrate").click()
    sure = page.get_by_role("dialog", name="Recalibrate by these labels?")
    axe(page)
    sure.get_by_role("button", name="Cancel").click()
    assert read_calibration(world.office.home) is None, "a look changes nothing"
    page.get_by_role("button", name="Recalibrate").click()
    sure.get_by_role("button", name="Recalibrate").click()
    expect(page.get_by_text(f"In force now, from {count} labels")).to_be_visible()
    expect(
        page.get_by_text(re.compile(f"In force: made on .* from {count} labels"))
    ).to_be_visible()
    made = read_calibration(world.office.home)
    assert made is not None
    assert made.labels == count
    (entry,) = logged(world, "labels.applied")
    assert entry.data["labels"] == count
    # The next list says what it makes of the rules' own figure.
    goto(page, "/analysis/list")
    page.get_by_label("What is it for?").fill(PURPOSE)
    page.get_by_role("button", name="Open the list").click()
    row = page.get_by_role("region", name="Tonight's list").locator("tbody tr").first
    expect(row).to_contain_text(re.compile(r"rules alone: \d+%"))


def test_what_a_word_means_is_a_click_away(shared_rig: Rig, axe: Callable[..., None]) -> None:
    page = shared_rig.page_as("analyst", path="/analysis/trust", language="en", width=360)
    for word in ("Precision", "Recall", "Knocks per find", "Labels", "Reliability"):
        mark = page.get_by_role("button", name=f"What “{word}” means")
        mark.click()
        expect(page.get_by_role("dialog", name=word)).to_be_visible()
        page.keyboard.press("Escape")
        expect(mark).to_be_focused()
    axe(page)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_on_a_phone_nothing_on_the_trust_page_scrolls_sideways(
    shared_rig: Rig, language: str
) -> None:
    page = shared_rig.page_as("analyst", path="/analysis/trust", language=language, width=320)
    assert overflow(page) == []
    wide = """() => [...document.querySelectorAll("main .scroll")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.ariaLabel)"""
    assert page.evaluate(wide) == []


def test_doors_of_two_communities_are_told_apart(shared_rig: Rig) -> None:
    page = shared_rig.page_as("analyst", path="/analysis/list", language="en")
    page.get_by_label("What is it for?").fill(PURPOSE)
    page.get_by_role("button", name="Open the list").click()
    rows = page.get_by_role("region", name="Tonight's list").locator("tbody tr")
    expect(rows.first).to_contain_text("Community")
    doors = rows.locator("td:nth-child(2)").all_inner_texts()
    assert len(set(doors)) == len(doors)


def test_who_may_not_analyse_is_told_so_and_nothing_is_asked_for_them(shared_rig: Rig) -> None:
    page = shared_rig.page_as("volunteer", path="/analysis", language="en", width=360)
    expect(page.get_by_text("Analysis is not yours today")).to_be_visible()
    expect(page.get_by_role("navigation", name="Analysis")).to_have_count(0)
