"""A panel of home-days, and the fold run over it.

A panel holds features as arrays of shape (days, homes), so that one day is one contiguous row. The
fold runs over blocks of homes small enough to stay in a core's cache, one thread per core; homes
do not depend on each other, so the blocks and their order change nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lamplit.signals.code import NUMBER, Arrays
from lamplit.signals.fold import Fold
from lamplit.signals.program import Program

BLOCK_HOMES = 16384
"""64 kB a value: some tens of values stay in a core's cache, and two threads seldom meet."""

FEATURES = (
    "kwh", "kwh_export", "coverage", "quality",
    "base_kwh", "top_kwh", "night_base_kwh", "night_top_kwh", "night_kwh", "small_hours_kwh",
    "morning_kwh", "midday_kwh", "afternoon_kwh", "evening_kwh", "late_kwh",
    "active_blocks", "peak_kw", "zero_slots",
)  # fmt: skip
DAILY_FEATURES = ("kwh", "kwh_export", "coverage", "quality")


@dataclass(slots=True)
class Panel:
    """Home-days of a run of days.

    `homes`: how many homes. `first_day`: days since 1970-01-01 of row 0.
    `features`: name → array (days, homes), NaN where unread; names not held are NaN throughout.
    `area`: name ("peer", "silent", "swapped") → array (days, homes). `static`: "solar", "shared" →
    array (homes,).
    """

    homes: int
    first_day: int
    days: int
    features: Arrays
    area: Arrays = field(default_factory=dict)
    static: Arrays = field(default_factory=dict)

    @property
    def shaped(self) -> bool:
        """Whether any home-day comes with its interval shape."""
        return "base_kwh" in self.features

    def of_homes(self, rows: np.ndarray[Any, Any]) -> Panel:
        """These homes alone."""
        return Panel(
            len(rows),
            self.first_day,
            self.days,
            {n: v[:, rows] for n, v in self.features.items()},
            {n: v[:, rows] for n, v in self.area.items()},
            {n: v[rows] for n, v in self.static.items()},
        )

    def reversed(self) -> Panel:
        """The same days from the last to the first, for reading a history backwards."""
        return Panel(
            self.homes,
            self.first_day,
            self.days,
            {name: values[::-1] for name, values in self.features.items()},
            {name: values[::-1] for name, values in self.area.items()},
            self.static,
        )


def run_fold(
    fold: Fold,
    panel: Panel,
    carried: Arrays,
    outputs: tuple[str, ...] = (),
    *,
    progress: Callable[[int], None] | None = None,
    keep_days: tuple[int, ...] = (),
) -> tuple[Arrays, Arrays, dict[int, Arrays]]:
    """Advance every home through the panel's days.

    Returns (carried after the last day, outputs as (days, homes) arrays of float32, carried as it
    stood after each of `keep_days`, days since 1970-01-01). `progress` is told the homes done.
    """
    count = panel.homes
    program = fold.compile(outputs, shape=panel.shaped)
    final = {name: np.empty(count, NUMBER) for name in fold.carried}
    shown = {name: np.empty((panel.days, count), dtype=np.float32) for name in outputs}
    kept = {day: {n: np.empty(count, NUMBER) for n in fold.carried} for day in keep_days}

    def work(block: slice) -> int:
        _fold_block(fold, program, panel, carried, block, (final, shown, kept))
        return int(block.stop - block.start)

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for done in pool.map(work, _blocks(count)):
            if progress:
                progress(done)
    return final, shown, kept


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK_HOMES):
        yield slice(start, min(start + BLOCK_HOMES, count))


def _fold_block(
    fold: Fold,
    program: Program,
    panel: Panel,
    carried: Arrays,
    block: slice,
    into: tuple[Arrays, Arrays, dict[int, Arrays]],
) -> None:
    final, shown, kept = into
    state = {name: np.array(carried[name][block], dtype=NUMBER) for name in fold.carried}
    size = block.stop - block.start
    advance = program.bind(size)
    inputs = _constant(fold, panel, block)
    changing = {
        name: values
        for name, values in (*panel.features.items(), *panel.area.items())
        if name in fold.inputs
    }
    with np.errstate(all="ignore"):
        for row in range(panel.days):
            day = panel.first_day + row
            inputs["day"].fill(day)
            for name, values in changing.items():
                inputs[name] = np.asarray(values[row, block], dtype=NUMBER)
            for name, values in advance(state, inputs).items():
                shown[name][row, block] = values
            if day in kept:
                for name, values in state.items():
                    kept[day][name][block] = values
    for name, values in state.items():
        final[name][block] = values


def _constant(fold: Fold, panel: Panel, block: slice) -> Arrays:
    """What stays the same from day to day: what the homes are, and what is not held at all."""
    size = block.stop - block.start
    blank = np.full(size, np.nan, NUMBER)
    neutral = {"peer": 1.0, "silent": 0.0, "swapped": 0.0, "day": 0.0}
    return {
        **dict.fromkeys(fold.inputs, blank),
        **{name: np.full(size, value, NUMBER) for name, value in neutral.items()},
        **{name: np.array(values[block], dtype=NUMBER) for name, values in panel.static.items()},
    }


def start_carried(fold: Fold, count: int) -> Arrays:
    """The carried values of homes never seen before."""
    return {name: np.full(count, value, NUMBER) for name, value in fold.starts.items()}
