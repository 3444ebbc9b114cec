"""The volunteer's phone on a bad line: one that crawls, and a server that is gone midway."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from phone_rig import Doors, answer, done, installed, synced
from rig import Rig, World, goto

from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.web.serving import serve
from openrosa_mortal import Mortal

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8,
           "uploadThroughput": 400_000 / 8}  # fmt: skip
"""A line of 400 kbit/s, and 0.4 s to the server and back."""


def test_on_a_slow_3g_line_the_doors_come_and_a_note_goes(shared_rig: Rig, doors: Doors) -> None:
    (door,) = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_3G)
    page.goto("/phone", wait_until="commit")
    # While it comes, it says so; nobody looks at a blank page for as long as everything takes.
    page.get_by_role("status").first.wait_for(state="attached")
    page.locator(".doors .line").first.wait_for()
    answer(page, door, "by a slow line")
    done(page)
    page.locator(".strip .words strong", has_text="1 unsent").wait_for()
    synced(page, 30)
    assert [one.answers["remark"] for one in doors.notes([door])] == ["by a slow line"]


@pytest.fixture
def mortal(made_world: Path, tmp_path: Path) -> Iterator[tuple[Mortal, World]]:
    """A world whose server dies once it has written a note, before it says so."""
    folder = tmp_path / "world"
    shutil.copytree(made_world, folder)
    office = Office.open(Home.open(folder / "home"))
    born = Mortal.born(office, "worked")
    try:
        yield born, World(folder, born.url, office)
    finally:
        born.kill()
        office.db.close()


def test_a_server_that_is_gone_midway_and_comes_back_has_each_note_once(
    browser: Browser, mortal: tuple[Mortal, World]
) -> None:
    born, world = mortal
    doors = Doors(world, set())
    midway, after = doors.give(2)
    rig = Rig(browser, world)
    page = installed(rig)
    page.locator(f"a[href$='{after}']").first.wait_for()
    answer(page, midway, "it died of this one")
    done(page)
    assert born.died()
    assert len(doors.notes([midway])) == 1, "it had written it"
    # Nobody is at the other end; the phone goes on, and says that nothing has arrived.
    page.locator(".strip .words strong", has_text="1 unsent").wait_for()
    page.get_by_text("No signal. Carry on").wait_for()
    # Nor does it need one when it is opened anew.
    goto(page, f"/phone/door/{after}")
    page.get_by_role("button", name="No answer").click()
    page.locator(".strip .words strong", has_text="2 unsent").wait_for()
    with serve(world.office, port=int(world.url.rpartition(":")[2])) as again:
        assert again.url == world.url
        page.get_by_role("button", name="Sync now").click()
        synced(page, 40)
        goto(page, "/phone/finished")
        assert page.locator(".note", has_text="Received").count() >= 2
        rig.close()
    assert sorted(one.task_id for one in doors.notes([midway, after])) == sorted([midway, after])
    assert len({one.instance_id for one in doors.notes([midway, after])}) == 2
    rig.watch.check()
