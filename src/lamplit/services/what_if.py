"""What the list would be with other thresholds: the last nights worked twice, and nothing kept.

Both runs begin at the kept night before the first day, with what the homes carried then under the
thresholds in force; only from there on do the others act. What neighbours and collectors said is
the same for both. Broken routines have thresholds of their own and are left out.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.services.engine import open_engine
from lamplit.services.film import MOST_NIGHTS, mark_of, span_of
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_number
from lamplit.services.night.replay import Replay
from lamplit.services.night.universe import Universe
from lamplit.services.sweep import fresh_event
from lamplit.signals.fold import Arrays, Fold, Threshold
from lamplit.signals.home_state.thresholds import RANGES, THRESHOLDS
from lamplit.signals.panel import Panel, run_fold

Array = np.ndarray[Any, Any]

NIGHTS = 60
SAMPLE = 20_000
"""More homes than these are not worked for an answer that somebody waits for: so many are drawn."""
SEED = 809814
_EVENTS = {
    "went_dark": HomeEvent.WENT_DARK,
    "returned": HomeEvent.RETURNED,
    "frozen_high": HomeEvent.FROZEN_HIGH,
}


@dataclass(frozen=True, slots=True)
class Playable:
    """A threshold that may be tried out: its value in force here, its default, and its range."""

    threshold: Threshold
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Homes by state on the day, doors on its list, and events over the nights."""

    homes: int
    states: dict[HomeState, int]
    doors: int
    events: dict[HomeEvent, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A community (code, "" for none): its tallies, and how many of its homes change state."""

    code: str
    before: Tally
    after: Tally
    moved: int


@dataclass(frozen=True, slots=True)
class Move:
    """A home that another state or the list would take up or let go."""

    household: str
    community: str | None
    before: HomeState
    after: HomeState
    listed_before: bool
    listed_after: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The day compared, the nights worked, and what comes of it.

    `homes` of `of` were worked: all, or a sample. `changes`: name → (in force, tried).
    """

    day: date
    first: date
    homes: int
    of: int
    changes: dict[str, tuple[float, float]]
    areas: list[Area]
    moves: list[Move]

    @property
    def sampled(self) -> bool:
        """Whether only some of the homes were worked."""
        return self.homes < self.of

    @property
    def whole(self) -> Area:
        """All communities together."""
        before, after = (_added([getattr(one, side) for one in self.areas]) for side in SIDES)
        return Area("", before, after, sum(one.moved for one in self.areas))


SIDES = ("before", "after")


def playable(home: Home) -> list[Playable]:
    """The thresholds that may be tried out, as they stand in this home."""
    in_force = detector(home).constants()
    return [Playable(one, in_force[one.name], *RANGES[one.name]) for one in THRESHOLDS]


def tried(fold: Fold, changes: Mapping[str, float]) -> Fold:
    """The fold with other thresholds.

    Raises LamplitError `threshold.unknown` or `threshold.out-of-range`.
    """
    known = {one.name: one for one in THRESHOLDS}
    for name, value in changes.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            raise LamplitError(problems.NO_THRESHOLD, name=name, near=near, known=", ".join(known))
        low, high = RANGES[name]
        if not (math.isfinite(value) and low <= value <= high):
            one = known[name]
            raise LamplitError(
                problems.OUT_OF_RANGE, name=name, value=value, low=low, high=high,
                unit=one.unit, usual=one.value,
            )  # fmt: skip
    return replace(fold, overrides={**fold.overrides, **changes})


def what_if(
    home: Home,
    changes: Mapping[str, float],
    *,
    communities: tuple[str, ...] | None = None,
    day: date | None = None,
    nights: int = NIGHTS,
    sample: int = SAMPLE,
) -> WhatIf:
    """The states and the list of `day` (the last night) if other thresholds had held for `nights`.

    `communities`: of these only (codes). Raises the errors of `tried`, `span_of`, `Replay.open`.
    """
    fold = detector(home)
    other = tried(fold, changes)
    _, until = span_of(home, None, day)
    first, until = span_of(home, until - timedelta(min(nights, MOST_NIGHTS) - 1), until)
    ground = _ground(str(home.path), communities, first, until, sample, mark_of(home))
    after = _worked(ground, other)
    return WhatIf(
        until, first, ground.small.count, ground.of,
        {n: (fold.constants()[n], float(value)) for n, value in changes.items()},
        _areas(ground.small.homes, ground.before, after),
        _moves(ground.small.homes, ground.before, after),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Side:
    """One run: each home's state and place on the list on the day, and its events."""

    state: Array
    listed: Array
    events: dict[HomeEvent, Array]


@dataclass(slots=True)
class _Ground:
    """What every try begins from: the homes and their days, and how they are now."""

    first: date
    day: date
    of: int
    small: Universe
    panel: Panel
    carried: Arrays
    before: _Side = field(init=False)


@lru_cache(maxsize=1)
def _ground(
    home_path: str,
    communities: tuple[str, ...] | None,
    first: date,
    day: date,
    sample: int,
    mark: tuple[tuple[int, int], ...],
) -> _Ground:
    """Kept for the next try, as one plays with a threshold; a night or an import makes it anew."""
    home = Home.open(home_path)
    fold = detector(home)
    with open_engine(home) as con:
        replay = Replay.open(home, con, fold)
        rows, of = _drawn(replay, communities, sample)
        start, snapshot = replay.before(first)
        panel, small = replay.panel(rows, start, day)
        ground = _Ground(first, day, of, small, panel, replay.carried(snapshot, small))
    ground.before = _worked(ground, fold)
    return ground


def _worked(ground: _Ground, fold: Fold) -> _Side:
    left, seen, _ = run_fold(fold, ground.panel, ground.carried, tuple(_EVENTS))
    skip = day_number(ground.first) - ground.panel.first_day
    events = {event: seen[name][skip:].sum(axis=0) for name, event in _EVENTS.items()}
    shared = ground.small.column("shared").astype(bool)
    return _Side(left["state"].astype(np.int8), _listed(left, ground.day, shared), events)


def _drawn(
    replay: Replay, communities: tuple[str, ...] | None, sample: int
) -> tuple[Array, int]:  # fmt: skip
    """(the rows to work, of how many homes); the same ones each time, so that answers compare."""
    homes = replay.universe.homes
    if communities is None:
        mine = np.arange(homes.num_rows)
    else:
        wanted = pc.is_in(homes["community_id"], pa.array(communities, pa.string()))
        mine = np.flatnonzero(pc.fill_null(wanted, False).to_numpy())
    if len(mine) <= sample:
        return mine, len(mine)
    return np.sort(np.random.default_rng(SEED).choice(mine, sample, replace=False)), len(mine)


def _listed(left: Arrays, day: date, shared: Array) -> Array:
    """Whether each home stands on the day's list, as `sweep` has it without broken routines."""
    empty = (left["away"] > 0) & np.isin(left["state"], EMPTY_STATES)
    found: Array = ~shared & (empty | (fresh_event(left, day) != HomeEvent.NONE))
    return found


def _areas(homes: pa.Table, before: _Side, after: _Side) -> list[Area]:
    coded = pc.fill_null(homes["community_id"], "").combine_chunks().dictionary_encode()
    number = coded.indices.to_numpy()
    found = []
    for at, code in enumerate(coded.dictionary.to_pylist()):
        mine = number == at
        moved = int((before.state[mine] != after.state[mine]).sum())
        found.append(Area(code, _tally(before, mine), _tally(after, mine), moved))
    return sorted(found, key=lambda one: one.code)


def _tally(side: _Side, mine: Array) -> Tally:
    counted = np.bincount(side.state[mine], minlength=len(HomeState))
    return Tally(
        int(mine.sum()),
        {state: int(counted[state]) for state in HomeState},
        int(side.listed[mine].sum()),
        {event: int(values[mine].sum()) for event, values in side.events.items()},
    )


def _added(some: list[Tally]) -> Tally:
    return Tally(
        sum(one.homes for one in some),
        {state: sum(one.states[state] for one in some) for state in HomeState},
        sum(one.doors for one in some),
        {event: sum(one.events[event] for one in some) for event in _EVENTS.values()},
    )


def _moves(homes: pa.Table, before: _Side, after: _Side) -> list[Move]:
    rows = np.flatnonzero((before.state != after.state) | (before.listed != after.listed))
    names = homes.take(pa.array(rows))
    return [
        Move(
            household, community,
            HomeState(int(before.state[row])), HomeState(int(after.state[row])),
            bool(before.listed[row]), bool(after.listed[row]),
        )
        for row, household, community in zip(
            rows, names["household_id"].to_pylist(), names["community_id"].to_pylist(), strict=True
        )
    ]  # fmt: skip
