"""The film: what each home was on each of some nights, and what happened, as each night knew it.

Nothing of this is stored: it is the fold run again from the last kept night before the first day.
What is read here is sensitive and goes nowhere by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.domain.words import HomeEvent
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import read_manifest

Array = np.ndarray[Any, Any]

MOST_NIGHTS = 120
USUAL_NIGHTS = 60
CELLS_AT_ONCE = 12_000_000
CARRIED_OVER = 5
"""Added to a state that was carried over a day which did not count."""

_EVENTS = (
    ("went_dark", HomeEvent.WENT_DARK),
    ("returned", HomeEvent.RETURNED),
    ("frozen_high", HomeEvent.FROZEN_HIGH),
)
"""As the rules prefer them where a night brings two."""
_OUTPUTS = ("valid", "next_state", "next_event_day", *(name for name, _ in _EVENTS))


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: of which home (a row of the reel), told on which night, since which day."""

    home: int
    day: date
    kind: HomeEvent
    since: date


@dataclass(frozen=True, slots=True)
class Reel:
    """Homes over nights.

    `states`: int8 (homes, nights), the HomeState that the night left the home in, plus CARRIED_OVER
    where that day did not count. `events` by home, then night: of the carried rules, so without the
    broken routines of people who live alone.
    """

    first: date
    last: date
    households: list[str]
    communities: list[str | None]
    states: Array
    events: list[Happening]

    @property
    def nights(self) -> int:
        """How many nights."""
        return (self.last - self.first).days + 1

    def day(self, number: int) -> date:
        """The day of a column."""
        return self.first + timedelta(number)


def span_of(
    home: Home, first: date | None, last: date | None, *, most: int = MOST_NIGHTS
) -> tuple[date, date]:
    """The nights that are asked for, by default the last USUAL_NIGHTS; cut to the first night.

    Raises LamplitError `night.none-yet`, `night.state-damaged`, `night.long-film`, and those of
    `StateManifest.checked`.
    """
    manifest = read_manifest(home.state_dir)
    if not manifest.through:
        raise LamplitError(problems.NO_NIGHT, where=str(home.path))
    until = last or date.fromisoformat(manifest.through)
    begun = date.fromisoformat(manifest.first_day)
    since = first or max(begun, until - timedelta(min(most, USUAL_NIGHTS) - 1))
    if (until - since).days >= most:
        raise LamplitError(problems.LONG_FILM, first=since, last=until, most=most)
    return manifest.checked(since, until)


def mark_of(home: Home) -> tuple[tuple[int, int], ...]:
    """What changes when a night or an import changes what the film shows."""
    files = (home.registry_file, home.state_dir / "manifest.json", home.path / "lamplit.toml")
    return tuple(_stamp(file) for file in files)


def reel_of(home: Home, communities: tuple[str, ...], first: date, last: date) -> Reel:
    """The homes of some communities (codes) over nights that `span_of` gave.

    Kept in memory until a night or an import changes what lies under it. Raises the errors of
    `Replay.open`.
    """
    return _read(str(home.path), communities, first, last, mark_of(home))


@lru_cache(maxsize=16)
def _read(
    home_path: str,
    communities: tuple[str, ...],
    first: date,
    last: date,
    mark: tuple[tuple[int, int], ...],
) -> Reel:
    home = Home.open(home_path)
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        homes = replay.universe.homes
        wanted = pc.is_in(homes["community_id"], pa.array(communities, pa.string()))
        mine = pc.and_(wanted, pc.invert(homes["stranger"]))
        rows = np.flatnonzero(pc.fill_null(mine, False).to_numpy())
        names = homes.take(pa.array(rows))
        states = np.zeros((len(rows), (last - first).days + 1), np.int8)
        events: list[Happening] = []
        for start, some in _batches(rows, states.shape[1]):
            _, seen, _ = replay.as_known(some, first, last, _OUTPUTS)
            states[start : start + len(some)] = _states(seen)
            events += _events(seen, start, first)
    return Reel(
        first, last, names["household_id"].to_pylist(), names["community_id"].to_pylist(),
        states, events,
    )  # fmt: skip


def _batches(rows: Array, nights: int) -> Iterator[tuple[int, Array]]:
    size = max(1, CELLS_AT_ONCE // (nights + 31))
    for start in range(0, len(rows), size):
        yield start, rows[start : start + size]


def _states(seen: dict[str, Array]) -> Array:
    state = seen["next_state"].astype(np.int8)
    over = (seen["valid"] <= 0) & (state > 0)
    found: Array = (state + CARRIED_OVER * over.astype(np.int8)).T
    return found


def _events(seen: dict[str, Array], start: int, first: date) -> list[Happening]:
    kind = np.zeros(seen["valid"].shape, np.int8)
    for name, event in reversed(_EVENTS):
        kind[seen[name] > 0] = event
    since = seen["next_event_day"]
    homes, nights = np.nonzero(kind.T)
    return [
        Happening(
            start + int(home),
            first + timedelta(int(night)),
            HomeEvent(int(kind[night, home])),
            day_date(since[night, home]),
        )
        for home, night in zip(homes, nights, strict=True)
    ]


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
