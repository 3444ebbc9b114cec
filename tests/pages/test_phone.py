"""The volunteer's phone: it knows the next door without a signal, and never loses a note."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from rig import Rig, World, goto
from sqlalchemy import func, select

from lamplit.replay.neighbourhood.cast import DUTY, LEADER, PASSWORD, VOLUNTEER
from lamplit.replay.neighbourhood.sites import SITES
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI, Actor
from lamplit.services.field.people import assignments
from lamplit.services.field.submissions.media import path_of
from lamplit.services.field.tasks import assign, tasklist
from lamplit.store import submissions
from lamplit.store.schema import campaign, person, submission, task

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow
OPEN = ("requested", "accepted", "in_progress")
ALL_SENT = "All sent"


@dataclass
class Doors:
    """The sweep's doors in a world, given to people as a test needs them."""

    world: World
    taken: set[str]

    def give(self, count: int, to: str = VOLUNTEER) -> list[str]:
        """Some open doors that no test has used, as a leader would assign them.

        What nobody has comes first: how many of those there are differs from story to story.
        """
        theirs = select(person.c.id).where(person.c.code == to).scalar_subquery()
        with self.world.office.read(CLI) as tx:
            free = tx.conn.scalars(
                select(task.c.id)
                .join(campaign, campaign.c.id == task.c.campaign_id)
                .where(campaign.c.code == SWEEP, task.c.state.in_(("requested", "accepted")))
                .where(func.coalesce(task.c.owner_id, "") != theirs)
                .where(task.c.due_from <= tx.now)
                .where(task.c.due_until > tx.now + timedelta(hours=3))
                .order_by(task.c.owner_id.is_not(None), task.c.id)
            ).all()
        ids = [one for one in free if one not in self.taken][:count]
        assert len(ids) == count
        self.taken.update(ids)
        self.move(ids, to)
        return ids

    def claim(self, count: int) -> list[str]:
        """Doors of any programme that the volunteer may claim, a sweep's first; given to them."""
        office = self.world.office
        with office.read(CLI) as tx:
            who = tx.conn.scalar(select(person.c.id).where(person.c.code == VOLUNTEER))
        listed = tasklist.tasks_of(office, Actor(str(who), "api")).claimable
        found = sorted(listed, key=lambda one: (one.campaign_code != SWEEP, one.task.id))
        ids = [one.task.id for one in found if one.when != "later"][:count]
        self.move(ids, VOLUNTEER)
        return ids

    def move(self, ids: list[str], to: str) -> None:
        """Hand doors to somebody, whoever has them."""
        done = assign.assign(self.world.office, CLI, to, task_ids=ids, taken_too=True)
        assert done.count == len(ids)

    def owned(self) -> int:
        """How many open doors the volunteer has."""
        with self.world.office.read(CLI) as tx:
            who = tx.conn.scalar(select(person.c.id).where(person.c.code == VOLUNTEER))
            mine = select(func.count()).select_from(task).where(task.c.owner_id == who)
            return int(tx.conn.scalar(mine.where(task.c.state.in_(OPEN))) or 0)

    def notes(self, ids: list[str]) -> list[Any]:
        """What the store has of some doors."""
        with self.world.office.read(CLI) as tx:
            return list(tx.conn.execute(select(submission).where(submission.c.task_id.in_(ids))))


_TAKEN: dict[str, set[str]] = {}


@pytest.fixture
def doors(shared_world: World) -> Doors:
    return Doors(shared_world, _TAKEN.setdefault(shared_world.url, set()))


@pytest.fixture
def phone(shared_rig: Rig) -> Any:
    """A phone with the app installed: in English, 360 px wide, its service worker in charge."""

    return lambda name="volunteer": installed(shared_rig, name)


def installed(rig: Rig, name: str = "volunteer") -> Page:
    page = rig.page_as(name, width=360, language="en", service_worker=True, path="/phone")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_selector(".strip .words")
    return page


def synced(page: Page, seconds: int = 15) -> None:
    """Wait until the strip says that everything has arrived."""
    sent = page.locator(f".strip .words strong:text-is('{ALL_SENT}')")
    sent.wait_for(timeout=seconds * 1000)


def tap_no_answer(page: Page, door: str) -> None:
    goto(page, f"/phone/door/{door}")
    page.get_by_role("button", name="No answer").click()
    page.wait_for_url(lambda url: door not in url)


def answer(page: Page, door: str, remark: str) -> None:
    """Fill the sweep's form: a neighbour said that nobody lives there."""
    goto(page, f"/phone/form/{door}")
    page.get_by_text("No answer, but a neighbour or the manager told me").click()
    page.get_by_text("Nobody lives there now").click()
    page.get_by_label("Anything the next person should know?").fill(remark)


def done(page: Page) -> None:
    page.get_by_role("button", name="Done").click()
    page.wait_for_url(lambda url: "/form/" not in url)


def test_forty_visits_without_a_signal_arrive_once_each_when_it_is_back(rig, world):
    doors = Doors(world, set())
    ids = doors.claim(40)
    assert len(ids) == 40
    page = installed(rig)
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
        page.get_by_role("button", name="No answer").click()
        page.wait_for_url(lambda url, at=at: url != at)
    assert visits >= len(ids)
    assert page.locator(".strip .words strong").inner_text() == f"{visits} unsent"
    page.context.set_offline(False)
    synced(page, 60)
    found = doors.notes(ids)
    assert sorted(one.task_id for one in found) == sorted(ids)
    first = min(found, key=lambda one: (one.received_at, one.id))
    assert first.task_id == ids[0]


def test_a_link_to_a_form_waits_until_the_phone_has_its_doors(shared_rig, doors):
    """Who opens one first of all is not told that the door is gone."""
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en", path=f"/phone/form/{door}")
    page.get_by_text("What happened at the door?").wait_for()


def test_a_first_visit_cut_off_before_its_forms_came_fetches_them_with_the_next(shared_rig, doors):
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en")

    def hang(_: Any) -> None:
        """No answer, ever."""

    page.route("**/programmes/*/form", hang)
    with page.expect_request("**/programmes/*/form"):
        page.goto("/phone", wait_until="commit")
    page.unroute_all(behavior="ignoreErrors")
    goto(page, f"/phone/form/{door}")
    page.get_by_text("What happened at the door?").wait_for()


def test_the_door_offers_no_answer_as_soon_as_its_form_is_there(shared_rig, doors):
    [door] = doors.give(1)
    page = shared_rig.page_as("volunteer", width=360, language="en", path=f"/phone/door/{door}")
    page.get_by_role("button", name="No answer").wait_for()


def test_when_all_was_sent_signing_out_is_no_loss_and_said_so(phone):
    page = phone()
    goto(page, "/phone/leave")
    page.get_by_text("Nothing on this phone is unsent").wait_for()
    assert page.get_by_role("button", name="Sign out anyway").count() == 0


def test_a_first_visit_asks_for_its_doors_once_and_before_the_scripts_are_there(shared_rig):
    page = shared_rig.page_as("volunteer", width=360, language="en")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.removeprefix(shared_rig.world.url)))
    goto(page, "/phone")
    page.locator(".doors .line").first.wait_for()
    first = [one for one in asked if one.startswith(("/api/", "/assets/"))]
    doors = next(one for one in first if one.startswith("/assets/doors"))
    for once in ("/api/v1/me", "/api/v1/me/tasks", doors):
        assert first.count(once) == 1, once
    assert first.index("/api/v1/me/tasks") < first.index(doors)
    # On a slow line each file costs a way there and back, and six go at a time.
    assert len([one for one in first if one.endswith(".js")]) <= 6, first


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
    page.get_by_role("button", name="Undo").click()
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


def test_a_form_that_changes_leaves_drafts_in_their_version(phone, doors):
    first, second = doors.give(2)
    page = phone()
    answer(page, first, "in the old version")

    def newer(route: Any) -> None:
        got = route.fetch()
        route.fulfill(response=got, body=got.text().replace("What happened at the door?", "So?"))

    def changed(route: Any) -> None:
        got = route.fetch()
        packs = [one | {"digest": "newer"} for one in got.json()]
        route.fulfill(response=got, json=packs)

    page.context.route("**/programmes/household_sweep/form", newer)
    page.context.route("**/api/v1/programmes", changed)
    with page.expect_response("**/household_sweep/form"):
        page.get_by_role("button", name=re.compile("Sync now")).click()
    page.wait_for_function("() => !document.querySelector('.turning')")
    goto(page, f"/phone/form/{second}")
    page.get_by_text("So?").wait_for()
    goto(page, f"/phone/form/{first}")
    page.get_by_text("The form has changed meanwhile").wait_for()
    assert page.get_by_text("What happened at the door?").count() == 1
    done(page)
    synced(page)
    assert len(doors.notes([first])) == 1


def test_a_wrong_clock_is_told_and_not_followed(phone, doors, shared_world):
    (door,) = doors.give(1)
    page = phone()
    page.clock.set_system_time(shared_world.office.clock() + timedelta(days=1, hours=2))
    goto(page, f"/phone/door/{door}")
    page.get_by_role("button", name=re.compile("Sync now")).click()
    page.get_by_text("This phone's clock is 1 d 2 h fast").wait_for()
    assert page.get_by_text("Overdue").count() == 0
    answer(page, door, "by a wrong clock")
    done(page)
    synced(page)
    assert "clock_skew" not in (doors.notes([door])[0].flags or [])


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


def test_who_signs_in_next_sees_nothing_of_the_one_before(phone, doors):
    (door,) = doors.give(1)
    page = phone()
    page.context.route("**/api/v1/submissions", lambda route: route.abort())
    answer(page, door, "not for others")
    done(page)
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("Some notes are unsent").wait_for()
    page.get_by_role("button", name="Sign out anyway").click()
    page.get_by_label("User name").fill("leader")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    goto(page, "/phone/finished")
    assert page.get_by_text("Begun").count() == 0
    assert page.locator(".strip .words strong").inner_text() == ALL_SENT
    page.context.unroute("**/api/v1/submissions")
    assert doors.notes([door]) == []
    # Their own note waited for its author. What they signed out of is over.
    page.context.clear_cookies()
    doors.world._signed_in.pop("volunteer")
    page.context.add_cookies(doors.world.cookies(page.context, "volunteer"))
    goto(page, "/phone")
    synced(page)
    assert len(doors.notes([door])) == 1


def test_a_form_that_needs_more_is_opened_with_web_forms_and_sent_alike(phone, doors):
    (door,) = doors.give(1)
    page = phone()

    def unknown(route: Any) -> None:
        got = route.fetch()
        ruled = got.text().replace("string-length(.)", "pi() &gt; 3 and string-length(.)")
        route.fulfill(response=got, body=ruled)

    def changed(route: Any) -> None:
        got = route.fetch()
        route.fulfill(response=got, json=[one | {"digest": "larger"} for one in got.json()])

    page.context.route("**/programmes/household_sweep/form", unknown)
    page.context.route("**/api/v1/programmes", changed)
    with page.expect_response("**/household_sweep/form"):
        page.get_by_role("button", name=re.compile("Sync now")).click()
    page.wait_for_function("() => !document.querySelector('.turning')")
    goto(page, f"/phone/form/{door}")
    page.locator(".question-container .dropdown").first.click()
    page.get_by_role("option").first.click()
    page.locator(".value-option").first.click()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(lambda url: "/form/" not in url)
    synced(page)
    assert [one.outcome for one in doors.notes([door])] == ["no_answer"]


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


def test_a_photo_leaves_behind_where_and_when_it_was_taken(shared_rig, shared_world):
    with shared_world.office.read(CLI) as tx:
        door = tx.conn.scalar(
            select(task.c.id)
            .join(campaign, campaign.c.id == task.c.campaign_id)
            .where(campaign.c.code == SITES, task.c.state == "requested")
        )
    assign.assign(shared_world.office, CLI, DUTY, task_ids=[door], taken_too=True)
    page = installed(shared_rig, "duty")
    page.locator(f"a[href$='{door}']").first.wait_for()
    goto(page, f"/phone/form/{door}")
    page.get_by_text("On site", exact=True).click()
    page.get_by_text("Work is going on").click()
    page.get_by_label("Which unit does the work?").fill("Line crew 3")
    page.get_by_text("A pole climbed without checking foot and stays").click()
    taken = photographed()
    assert b"Exif" in taken
    picker = page.locator("input[type=file]")
    picker.set_input_files({"name": "site.jpg", "mimeType": "image/jpeg", "buffer": taken})
    page.get_by_text("without where it was taken").wait_for()
    done(page)
    synced(page)
    (note,) = Doors(shared_world, set()).notes([door])
    with shared_world.office.read(CLI) as tx:
        (kept,) = submissions.attachments(tx.conn, note.instance_id)
    content = path_of(shared_world.office.media_dir, kept.sha256).read_bytes()
    picture = Image.open(io.BytesIO(content))
    assert not picture.getexif()
    assert max(picture.size) == 1600
    assert len(content) < len(taken) / 2


def photographed() -> bytes:
    """A phone's photo: large, with the place and the moment in it."""
    drawn = Image.effect_noise((3200, 2400), 80).convert("RGB")
    told = Image.Exif()
    told[0x010F], told[0x0132] = "Camera", "2026:02:03 08:00:00"
    told.get_ifd(0x8825).update({1: "N", 2: (30.0, 35.0, 12.0), 3: "E", 4: (114.0, 17.0, 9.0)})
    out = io.BytesIO()
    drawn.save(out, "JPEG", exif=told, quality=92)
    return out.getvalue()


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
