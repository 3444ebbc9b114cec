"""The story from its first check-in to now."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.mind import Habits, Mind
from lamplit.replay.neighbourhood import care, people, sites, sweeps, words
from lamplit.replay.neighbourhood.cast import TODAY, Scale
from lamplit.replay.neighbourhood.hood import Hood
from lamplit.replay.neighbourhood.settle import settle
from lamplit.replay.neighbourhood.sweeps import Sweep
from lamplit.replay.truth import truth_of
from lamplit.replay.walk import Legs
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.services.sweep import sweep as nightly_list
from lamplit.store import migrate
from lamplit.store.database import Database

REFUSES = 0.07
"""More often than in the replay, so that a small world has some too."""
Report = Callable[[float, float | None], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What the story came to: the sweep that is over, and the one that goes on."""

    hood: Hood
    first: Sweep
    sweep: Sweep


def play(folder: Path, scale: Scale, now: datetime, report: Report) -> Played:
    """Tell the story in a folder with a town and a home whose nights reach the day before `now`.

    The home's store is made anew.
    """
    home = Home.open(folder / "home")
    zone = ZoneInfo(home.timezone)
    shutil.rmtree(home.store_dir, ignore_errors=True)
    home.store_dir.mkdir()
    days = Days(now.astimezone(zone).date() - timedelta(TODAY), zone)
    db = Database(f"sqlite:///{home.store_dir.resolve() / 'lamplit.db'}")
    migrate.check(db)
    try:
        clock = VirtualClock(days.instant(5 * 60))
        hood = _hood(folder, Office(home, db, clock), days, clock, scale, now.astimezone(UTC))
        settle(hood, folder)
        people.tell(hood)
        first, sweep = sweeps.tell(hood)
        care.tell(hood)
        sites.tell(hood, folder)
        words.tell(hood, sweep)
        hood.timeline.run(hood.turn, lambda minute: report(minute, hood.now))
        hood.turn(hood.now)
    finally:
        db.close()
    return Played(hood, first, sweep)


def _hood(
    folder: Path, office: Office, days: Days, clock: VirtualClock, scale: Scale, now: datetime
) -> Hood:
    truth = truth_of(folder / "town", days.first)
    mind = Mind(truth, truth.index(days.first), scale.seed, Habits(refuses=REFUSES))
    doors = nightly_list(office.home, days.day((TODAY - 1) * 1440.0)).doors
    listed = doors["community_id"].to_pylist()
    communities = sorted(set(listed), key=lambda code: (-listed.count(code), code))
    return Hood(
        scale, office, days, clock, mind, Legs.of(truth.doors), days.minute(now),
        tuple(communities),
    )  # fmt: skip
