"""Readings: a file is dropped, read and accounted for; a page that is closed midway goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from rig import Rig, World, drop, goto

from lamplit.services.field.files import incoming
from lamplit.services.field.office import CLI
from lamplit.store.schema import place

pytestmark = pytest.mark.slow
HEAD = "meter_id,time,kwh\n"
LONG = 60_000
expect.set_options(timeout=30_000)


def readings(meter: str, day: str, *, bad: int = 0) -> bytes:
    rows = ["many" if hour < bad else f"0.{hour % 7}" for hour in range(24)]
    lines = [f"{meter},{day}T{hour:02d}:00+08:00,{row}\n" for hour, row in enumerate(rows)]
    return (HEAD + "".join(lines)).encode()


def test_a_file_is_dropped_read_and_every_row_of_it_accounted_for(
    rig: Rig, axe: Callable[..., None]
) -> None:
    page = rig.page_as("analyst", path="/readings", language="en")
    drop(page, "Files of readings", "july.csv", readings("M-new", "2024-07-01", bad=2))
    page.get_by_role("button", name="Take 1 file in").click()
    told = page.get_by_text("24 read = 22 kept + 0 corrected + 0 seen before + 2 set aside")
    expect(told).to_be_visible(timeout=LONG)
    expect(page.get_by_text("one line per reading", exact=True)).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Look at the rows set aside").click()
    page.get_by_role("link", name="july.csv").click()
    expect(page.get_by_role("row").filter(has_text="many")).to_have_count(2)
    axe(page)
    with page.expect_download() as got:
        page.get_by_role("link", name="Download these rows").click()
    assert b"M-new" in got.value.path().read_bytes()
    goto(page, "/readings/quality")
    page.get_by_role("button", name="(none registered)").click()
    expect(page.get_by_role("heading", name="Day by day: (none registered)")).to_be_visible()


def test_a_page_that_is_closed_midway_goes_on_where_it_was(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 500)
    content = readings("M-late", "2024-07-02")
    page = rig.page_as("analyst", path="/readings", language="en")
    sent: list[str] = []
    page.on("request", lambda it: sent.append(it.url) if it.method == "PUT" else None)
    # The second part never arrives, however often it is sent: one that were only held would be let
    # through when the page is closed.
    rig.watch.allow(r"ERR_FAILED")
    page.route(re.compile(r"/parts/1$"), lambda route: route.abort())
    with page.expect_event("requestfailed"):
        drop(page, "Files of readings", "late.csv", content)
    page.wait_for_function("() => document.querySelector('[role=progressbar]')?.ariaValueNow > 0")
    page.close(run_before_unload=False)

    again = rig.page_as("analyst", path="/readings", language="en")
    parts: list[str] = []
    again.on("request", lambda it: parts.append(it.url) if it.method == "PUT" else None)
    expect(again.get_by_text("to go: drop the same file again")).to_be_visible()
    drop(again, "Files of readings", "late.csv", content)
    take = again.get_by_role("button", name="Take 1 file in")
    expect(take).to_be_enabled()
    assert parts
    assert not any(url.endswith("/parts/0") for url in parts), "what came is not sent twice"
    # The job is the server's: the page may go, and finds it again.
    take.click()
    expect(again.get_by_text("take readings in").first).to_be_visible()
    again.reload()
    goto(again, "/readings")
    expect(again.get_by_text("late.csv: 24 rows, 0 set aside")).to_be_visible(timeout=LONG)


def test_a_registry_is_planned_read_and_only_then_applied(rig: Rig) -> None:
    world: World = rig.world
    page = rig.page_as("analyst", path="/readings", language="en")
    file = "资产码,household_id,building_id,community_id\nMX,HX,BX,CX\nMY,,,\n,HZ,,\n"
    drop(page, "Registry", "registry.csv", file.encode())
    page.get_by_role("button", name="Show the plan").click()
    # Its own headings do not say where the meters are.
    expect(page.get_by_text("Still missing: Meter")).to_be_visible(timeout=LONG)
    page.get_by_label("Meter", exact=True).select_option("资产码")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_text("What would change")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("row").filter(has_text="meter_id")).to_have_count(1)
    # Another day, another page: the plan still waits to be applied.
    page.reload()
    page.get_by_role("button", name="Change the columns").click()
    expect(page.get_by_label("Meter", exact=True)).to_have_value("资产码")
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("button", name="Do it").click(timeout=LONG)
    expect(page.get_by_text("This has been done")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Bring its places in").click()
    expect(page.get_by_text("New places:")).to_be_visible(timeout=LONG)
    with world.office.read(CLI) as tx:
        assert tx.conn.execute(place.select().where(place.c.code == "HX")).first() is not None
