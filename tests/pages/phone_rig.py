"""What tests of the volunteer's phone share: doors to give, a phone, and common gestures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rig import Rig, World, goto
from sqlalchemy import func, select

from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI, Actor
from lamplit.services.field.tasks import assign, tasklist
from lamplit.store.schema import campaign, person, submission, task

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
