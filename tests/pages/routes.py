"""Every route of the pages, read from the rooms' own files, with ids of the world put in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rig import ROOT, World
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.replay.neighbourhood.sweeps import SWEEP
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, enrollment, person, place, task

ROOMS = ROOT / "ui" / "src" / "rooms"
PATH = re.compile(r"""\bpath:\s*["'`](/[^"'`]*)["'`]""")
PARAM = re.compile(r":(\w+)(?:\([^)]*\))?[?*+]?")


@dataclass(frozen=True, slots=True)
class Route:
    """A route as its room declares it, `/campaigns/:code`, and whose room it is."""

    room: str
    path: str

    @property
    def slug(self) -> str:
        """A name for files."""
        return re.sub(r"[^\w]+", "-", self.path).strip("-") or "start"


def routes() -> list[Route]:
    """All routes, the start page first; places in the menu are routes too, and come once."""
    found = {"/": "shell"}
    for file in sorted(ROOMS.glob("*/room.ts")):
        for path in PATH.findall(_code(file)):
            found.setdefault(path, file.parent.name)
    return [Route(room, path) for path, room in found.items()]


def _code(file: Path) -> str:
    """A file without its comments."""
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", file.read_text("utf-8"), flags=re.DOTALL)


def address(route: Route, world: World) -> str | None:
    """A route's address in a world; None where the world has nothing by the name of a part."""
    known = ids(world)
    missing = [name for name in PARAM.findall(route.path) if name not in known]
    if missing:
        return None
    return PARAM.sub(lambda part: known[part[1]], route.path) or "/"


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
    known |= dict.fromkeys(("home", "household", "door"), str(home))
    known |= {"building": str(building), "programme": "household_sweep", "rest": "nowhere"}
    known |= dict.fromkeys(("tab", "part", "section"), "")
    if mine is not None:
        known |= dict.fromkeys(("task", "task_id"), mine.id)
    return known
