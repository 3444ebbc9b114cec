"""The volunteer's phone never loses a note: without a signal, cut off, full, withdrawn from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any

import pytest
from phone_rig import Doors, answer, done, installed, synced, tap_no_answer
from rig import Rig, goto, serving
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import LEADER, PASSWORD, VOLUNTEER
from lamplit.services.field.office import CLI
from lamplit.services.field.people import assignments
from lamplit.store.schema import person

pytestmark = pytest.mark.slow


@dataclass
class Hours:
    """The time of a server, which a test lets pass: by its office, and as its answers say it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def said(self, at: float, *, usegmt: bool) -> str:
        return formatdate(at + self.ahead.total_seconds(), usegmt=usegmt)


@pytest.fixture
def hours(monkeypatch) -> Hours:
    made = Hours()
    monkeypatch.setattr("uvicorn.server.formatdate", made.said)
    return made


@pytest.fixture
def passing(browser, made_world, tmp_path, hours) -> Iterator[Rig]:
    """A browser before a world whose time is the test's."""
    shutil.copytree(made_world, tmp_path / "world")
    with serving(tmp_path / "world", hours) as world:
        made = Rig(browser, world)
        yield made
        made.close()
        made.watch.check()


def test_an_hour_and_forty_visits_without_a_signal_arrive_once_each_when_it_is_back(passing, hours):
    doors = Doors(passing.world, set())
    ids = doors.claim(40)
    assert len(ids) == 40
    page = installed(passing)
    begun = hours()
    page.wait_for_function("(n) => document.querySelectorAll('.doors .line').length >= n", arg=40)
    goto(page, f"/phone/door/{ids[0]}")
    page.context.set_offline(True)
    answer(page, ids[0], "written in the lift")
    # The browser is killed; it comes up without a signal, and what was kept is there.
    page.locator("form.questions[aria-busy=false]").wait_for()
    page.close()
    page = page.context.new_page()
    goto(page, f"/phone/form/{ids[0]}")
    assert page.get_by_label("Anything the next").input_value() == "written in the lift"
    done(page)
    # From door to door, as the phone says which is next.
    visits = 1
    while "/door/" in page.url:
        visits += 1
        at = page.url
        hours.ahead += timedelta(seconds=95)
        page.clock.set_system_time(hours())
        page.get_by_role("button", name="No answer").click()
        page.wait_for_url(lambda url, at=at: url != at)
    assert visits >= len(ids)
    strip = page.locator(".strip .words")
    assert strip.locator("strong").inner_text() == f"{visits} unsent"
    assert hours() - begun > timedelta(hours=1)
    here = begun.astimezone(passing.world.office.zone)
    said = {f"last sync {here + timedelta(minutes=one):%H:%M}" for one in (-1, 0, 1)}
    assert strip.locator("span", has_text="last sync").inner_text() in said
    back = hours()
    page.wait_for_timeout(1_200)  # The server writes the date of its answers once a second.
    page.context.set_offline(False)
    synced(page, 60)
    found = doors.notes(ids)
    assert sorted(one.task_id for one in found) == sorted(ids)
    first = min(found, key=lambda one: (one.received_at, one.id))
    assert first.task_id == ids[0]
    # Each says when its door was visited, though all of them came later than the last of these.
    visited = sorted(one.ended_at for one in found)
    assert visited[-1] - visited[0] > timedelta(minutes=58)
    assert begun - timedelta(seconds=2) < visited[0] and visited[-1] <= back
    assert min(one.received_at for one in found) >= back
    assert not [one.flags for one in found if "clock_skew" in (one.flags or [])]


def test_a_reply_that_is_lost_doubles_nothing(phone, doors):
    (door,) = doors.give(1)
    page = phone()
    lost = []

    def cut(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.context.route("**/api/v1/submissions", cut)
    answer(page, door, "the reply is lost")
    done(page)
    page.wait_for_function("() => document.querySelector('.banner.info')")
    page.get_by_role("button", name=re.compile("Sync now")).click()
    synced(page)
    assert lost == [201]
    assert len(doors.notes([door])) == 1


def test_a_tap_can_be_taken_back_before_it_leaves(phone, doors):
    (door,) = doors.give(1)
    page = phone()
    tap_no_answer(page, door)
    undo = page.get_by_role("button", name="Undo")
    box = undo.bounding_box()
    assert box["width"] > 1.5 * box["height"], "a long text squeezes what can be pressed"
    undo.click()
    page.wait_for_url(f"**/phone/door/{door}")
    page.get_by_role("link", name="Fill in").wait_for()
    synced(page)
    assert doors.notes([door]) == []


def test_two_phones_on_one_household_are_told_of_each_other(phone, doors):
    (door,) = doors.give(1)
    mine = phone()
    answer(mine, door, "first")
    mine.context.set_offline(True)
    done(mine)
    doors.move([door], LEADER)
    other = phone("leader")
    answer(other, door, "second")
    done(other)
    synced(other)
    mine.context.set_offline(False)
    synced(mine)
    goto(mine, "/phone/finished")
    told = mine.locator(".note", has_text="Received").first.inner_text()
    assert "Somebody else had been there already; both notes are kept" in told
    assert len(doors.notes([door])) == 2


def test_a_session_that_ends_midway_loses_neither_page_nor_note(phone, doors, shared_rig):
    (door,) = doors.give(1)
    page = phone()
    answer(page, door, "before it ended")
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name=re.compile("Sync now")).click()
    page.get_by_role("button", name="Sign in again").click()
    assert page.url.endswith(f"/phone/form/{door}")
    # As a person would: the dialog is seen before it is left.
    asked = page.get_by_role("dialog")
    asked.press("Escape")
    asked.wait_for(state="hidden")
    done(page)
    assert page.locator(".strip .words strong").inner_text() == "1 unsent"
    assert doors.notes([door]) == []
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_label("User name").fill("volunteer")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in again").click()
    synced(page)
    assert kept
    assert len(doors.notes([door])) == 1


@pytest.mark.parametrize(("hours", "told"), [(26, "1 d 2 h fast"), (-26, "1 d 2 h slow")])
def test_a_wrong_clock_is_told_and_not_followed(hours, told, phone, doors, shared_world):
    (door,) = doors.give(1)
    page = phone()
    right = shared_world.office.clock()
    page.clock.set_system_time(right + timedelta(hours=hours))
    goto(page, f"/phone/door/{door}")
    page.get_by_role("button", name=re.compile("Sync now")).click()
    page.get_by_text(f"This phone's clock is {told}").wait_for()
    assert page.get_by_text("Overdue").count() == 0
    # By the server's clock it was today, just now: an hour without a day.
    said = page.locator(".strip .words span", has_text=re.compile(r"^last sync \d\d:\d\d$"))
    said.wait_for()
    here = right.astimezone(shared_world.office.zone)
    near = {f"last sync {here + timedelta(minutes=one):%H:%M}" for one in range(-1, 4)}
    assert said.inner_text() in near
    answer(page, door, "by a wrong clock")
    done(page)
    synced(page)
    (note,) = doors.notes([door])
    assert "clock_skew" not in (note.flags or [])
    assert abs(note.ended_at - right) < timedelta(minutes=5)


CLEARED = """() => new Promise((gone) => indexedDB.databases().then((all) =>
  Promise.all(all.map(({ name }) => new Promise((done) => {
    const asked = indexedDB.deleteDatabase(name);
    asked.onsuccess = asked.onerror = asked.onblocked = done;
  }))).then(gone)))"""
ASKED = "navigator.storage.persist = async () => { window.asked = true; return false; };"


def test_a_phone_whose_store_was_cleared_says_what_is_gone_until_it_is_seen(shared_rig, doors):
    first, second = doors.give(2)
    page = shared_rig.page_as("volunteer", width=360, language="en", path="/phone")
    page.context.add_init_script(ASKED)
    page.context.route("**/api/v1/submissions", lambda route: route.abort())
    answer(page, first, "will be cleared away")
    assert page.evaluate("() => window.asked"), "the browser is asked to keep it"
    done(page)
    answer(page, second, "begun only")
    page.locator("form.questions[aria-busy=false]").wait_for()
    # Between two visits the browser is short of room, and clears its large stores.
    page.goto("/robots.txt")
    page.evaluate(CLEARED)
    page.context.unroute("**/api/v1/submissions")
    goto(page, "/phone")
    told = page.get_by_text(re.compile("^The browser has cleared this phone's store: 2 notes"))
    told.wait_for()
    assert page.locator(f"a[href$='{first}']").count() > 0, "it can be noted again"
    goto(page, "/phone/finished")
    told.wait_for()
    page.get_by_role("button", name="I have seen this").click()
    told.wait_for(state="detached")
    goto(page, "/phone")
    synced(page)
    assert told.count() == 0
    assert doors.notes([first, second]) == []


FILL = """() => new Promise((full) => {
  const asked = indexedDB.open("filler", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("bytes", { autoIncrement: true });
  asked.onsuccess = async () => {
    const put = (size) => new Promise((went) => {
      const turn = asked.result.transaction("bytes", "readwrite");
      turn.objectStore("bytes").add(crypto.getRandomValues(new Uint8Array(65536).slice(0, size)));
      turn.oncomplete = () => went(true);
      turn.onabort = () => went(false);
    });
    for (const size of [1048576, 65536, 8192, 1024, 128]) while (await put(size));
    full();
  };
})"""


def test_a_full_phone_says_so_and_keeps_what_is_on_the_screen(shared_rig, doors):
    (door,) = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en")
    line = page.context.new_cdp_session(page)
    quota = {"origin": shared_rig.world.url, "quotaSize": 30_000_000}
    line.send("Storage.overrideQuotaForOrigin", quota)
    goto(page, "/phone")
    page.get_by_text(re.compile("last sync")).wait_for()
    answer(page, door, "kept")
    page.evaluate(FILL)
    page.get_by_label("Anything the next").fill("does not fit " * 20)
    page.get_by_text("Not saved! The phone may be full.").wait_for()
    assert page.get_by_label("Anything the next").input_value().startswith("does not fit")
    with page.expect_download() as download:
        page.get_by_role("alert").get_by_role("button", name="Export").click()
    assert "kept" in download.value.path().read_text("utf-8")
    # There is room again: what stood on the screen is what is sent.
    line.send("Storage.overrideQuotaForOrigin", quota | {"quotaSize": 600_000_000})
    done(page)
    synced(page)
    assert doors.notes([door])[0].answers["remark"].startswith("does not fit")


def test_a_door_is_claimed_without_a_signal_and_confirmed_when_it_is_back(phone, doors):
    page = phone()
    page.context.set_offline(True)
    goto(page, "/phone")
    row = page.locator(".free .line").first
    page.locator(".free").evaluate("(one) => (one.open = true)")
    row.get_by_role("button", name=re.compile("^Claim")).click()
    page.locator(".strip .words strong", has_text="1 unsent").wait_for()
    page.get_by_text("Claim not confirmed").first.wait_for()
    before = doors.owned()
    page.context.set_offline(False)
    synced(page)
    page.get_by_text("Claim not confirmed").wait_for(state="detached")
    assert doors.owned() == before + 1


def test_late_work_of_somebody_who_withdrew_is_taken(phone, doors):
    (door,) = doors.give(1)
    page = phone()
    answer(page, door, "before I went")
    page.context.set_offline(True)
    done(page)
    office = doors.world.office
    with office.read(CLI) as tx:
        who = tx.conn.scalar(select(person.c.id).where(person.c.code == VOLUNTEER))
    assignments.withdraw(office, CLI, person=str(who))
    page.context.set_offline(False)
    synced(page)
    assert "after_withdrawal" in doors.notes([door])[0].flags
    goto(page, "/phone/finished")
    page.get_by_text("You had withdrawn by then; it was taken all the same.").wait_for()
