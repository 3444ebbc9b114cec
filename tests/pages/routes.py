"""Every route of the pages, as the application's own router has it, with ids of a world."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rig import World
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, enrollment, person, place, task

if TYPE_CHECKING:
    from playwright.sync_api import Page

PARAM = re.compile(r"/?:(\w+)(?:\((?:[^()]|\([^()]*\))*\))?([?*+]?)")
ROUTES = """() => document.querySelector("#app").__vue_app__.config.globalProperties.$router
  .getRoutes().filter((one) => !one.redirect).map((one) => one.path)"""
MENU = "() => [...document.querySelectorAll('nav a[href]')].map((a) => a.getAttribute('href'))"
EVERYBODYS = ("", "account", "sign-in")


@dataclass(frozen=True, order=True, slots=True)
class Route:
    """A route as the router has it: `/campaigns/:campaign/doors`."""

    path: str

    @property
    def room(self) -> str:
        """Its first word, which is what a menu leads to."""
        return self.path.strip("/").partition("/")[0]

    @property
    def slug(self) -> str:
        """A name for files."""
        return re.sub(r"[^\w]+", "-", self.path).strip("-") or "start"


def routes(page: Page) -> list[Route]:
    """All routes of the application that a page runs."""
    return sorted({Route(path) for path in page.evaluate(ROUTES)})


def rooms_of(page: Page) -> frozenset[str]:
    """The rooms that somebody's menu leads to, on a page that shows it; and those of everybody."""
    return frozenset(Route(path).room for path in page.evaluate(MENU)) | set(EVERYBODYS)


def address(route: Route, world: World) -> str | None:
    """A route's address in a world; None where the world has nothing by the name of a part."""
    known = ids(world)
    parts = PARAM.findall(route.path)
    if any(not optional and name not in known for name, optional in parts):
        return None
    told = PARAM.sub(lambda part: f"/{known[part[1]]}" if part[1] in known else "", route.path)
    return told or "/"


@cache
def ids(world: World) -> dict[str, str]:
    """What stands for each part of an address, by the part's name."""
    with world.office.read(CLI) as tx:
        conn = tx.conn
        swept = conn.execute(select(campaign).where(campaign.c.code == SWEEP)).one()
        who = conn.scalar(select(person.c.id).where(person.c.code == VOLUNTEER))
        mine = conn.execute(
            select(task).where(task.c.owner_id == who, task.c.campaign_id == swept.id)
            .order_by(task.c.state, task.c.id)
        ).first()  # fmt: skip
        home = conn.scalar(
            select(enrollment.c.place_id).where(enrollment.c.campaign_id == swept.id).limit(1)
        )
        town = conn.execute(select(place).where(place.c.id == swept.place_id)).one()
        building = conn.scalar(
            select(place.c.id).where(place.c.kind == "building", place.c.community_id == town.id)
        )
    known = dict.fromkeys(("campaign", "code", "campaign_id"), SWEEP)
    known |= dict.fromkeys(("person", "who", "person_id"), VOLUNTEER)
    known |= dict.fromkeys(("place", "community", "at", "place_id"), town.code)
    # A file of rows set aside that is not there: the page says so.
    known["file"] = "000001-none.csv"
    known["username"] = "volunteer"
    known |= dict.fromkeys(("home", "household", "door"), str(home))
    known |= {"building": str(building), "programme": "household_sweep", "rest": "nowhere"}
    if mine is not None:
        known |= dict.fromkeys(("task", "task_id"), mine.id)
    return known
