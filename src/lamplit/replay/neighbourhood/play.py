"""The story from its first check-in to now."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from lamplit.domain.language import Text
from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.mind import Habits, Mind, Needs
from lamplit.replay.neighbourhood import care, people, sites, sweeps, words
from lamplit.replay.neighbourhood.cast import ACCOUNTS, LEADER, PASSWORD, TODAY, Scale
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.replay.neighbourhood.settle import settle
from lamplit.replay.neighbourhood.sweeps import Sweep
from lamplit.replay.truth import truth_of
from lamplit.replay.walk import Legs
from lamplit.services import demo_mark
from lamplit.services.demo_mark import DemoAccount, DemoMark
from lamplit.services.field.campaigns import board as boards
from lamplit.services.field.campaigns.board import Board
from lamplit.services.field.office import Office
from lamplit.services.field.places import place_views
from lamplit.services.field.places.places import name_of
from lamplit.services.home import Home
from lamplit.services.sweep import sweep as nightly_list
from lamplit.store import migrate
from lamplit.store.database import Database

HABITS = Habits(refuses=0.07)
NEEDS = Needs(
    (
        ("ill", 0.01), ("medicine", 0.07), ("food", 0.04), ("cannot_leave", 0.03), ("alone", 0.09),
        ("no_power", 0.03),
    )
)  # fmt: skip
"""More often than in the replay, so that a small world has some refusals and needs too."""
Report = Callable[[float, float | None], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What the story came to: the sweep that is over and where it was, the one that goes on."""

    hood: Hood
    first: Sweep
    first_place: Text
    sweep: Sweep
    board: Board


def play(
    folder: Path, scale: Scale, now: datetime, report: Report, listed: pa.Table | None = None
) -> Played:
    """Tell the story in a folder with a town and a home whose nights reach the day before `now`.

    `listed`: the doors of the last night's list, where they are known. The home's store is made
    anew.
    """
    home = Home.open(folder / "home")
    zone = ZoneInfo(home.timezone)
    shutil.rmtree(home.store_dir, ignore_errors=True)
    home.store_dir.mkdir()
    days = Days(now.astimezone(zone).date() - timedelta(TODAY), zone)
    db = Database(f"sqlite:///{home.store_dir.resolve() / 'lamplit.db'}", lasting=False)
    migrate.check(db)
    try:
        clock = VirtualClock(days.instant(5 * 60))
        if listed is None:
            listed = nightly_list(home, days.day((TODAY - 1) * DAY)).doors
        hood = _hood(folder, Office(home, db, clock), days, clock, scale, _fullest(listed))
        hood.ends(days.minute(now.astimezone(UTC)))
        settle(hood, folder)
        people.tell(hood)
        first, sweep = sweeps.tell(hood)
        care.tell(hood)
        sites.tell(hood, folder)
        words.tell(hood, sweep)
        hood.timeline.run(hood.turn, lambda minute: report(minute, hood.now))
        hood.turn(hood.now)
        leader = hood.as_(LEADER)
        there = place_views.show_place(hood.office, leader, first.community)
        board = boards.board(hood.office, leader, sweep.code)
        demo_mark.write(home, DemoMark(days.day((TODAY - 1) * DAY), _accounts()))
    finally:
        db.close()
    return Played(hood, first, name_of(there), sweep, board)


def _accounts() -> tuple[DemoAccount, ...]:
    return tuple(DemoAccount(one.username, PASSWORD, one.name, one.says) for one in ACCOUNTS)


def _fullest(listed: pa.Table) -> tuple[str, ...]:
    """The communities, those with most doors on the list first."""
    of = listed["community_id"].to_pylist()
    return tuple(sorted(set(of), key=lambda code: (-of.count(code), code)))


def _hood(
    folder: Path,
    office: Office,
    days: Days,
    clock: VirtualClock,
    scale: Scale,
    communities: tuple[str, ...],
) -> Hood:
    truth = truth_of(folder / "town", days.first)
    mind = Mind(truth, truth.index(days.first), scale.seed, HABITS, NEEDS)
    return Hood(scale, office, days, clock, mind, Legs.of(truth.doors), communities)
