"""What happens to readings on their way: gaps, zeros, estimates, stuck and swapped meters.

The layer takes any counted load, so that it can be laid over homes that another program made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lamplit.domain.words import Quality
from lamplit.town.arrays import I32, stream
from lamplit.town.calendar import Calendar
from lamplit.town.confounders import SHARE
from lamplit.town.metering import Meters, Place, Window
from lamplit.town.presets import Preset


@dataclass
class Line:
    """The line from the meters to the files, while faults are laid on it."""

    meters: Meters
    calendar: Calendar
    preset: Preset
    rng: np.random.Generator

    def struck(self, code: str) -> list[int]:
        """The homes that a fault strikes in this period."""
        chance = min(SHARE[code] * self.preset.rate * self.calendar.days / 60, 0.6)
        own = self.meters.shared_with == np.arange(len(self.meters.shared_with))
        return [int(h) for h in np.flatnonzero((self.rng.random(len(own)) < chance) & own)]

    def window(self, low_days: float, high_days: float) -> tuple[int, int]:
        """Slots [start, end) of a stretch whose length is spread evenly in its logarithm."""
        days = np.exp(self.rng.uniform(np.log(low_days), np.log(high_days)))
        start = int(self.rng.integers(0, self.calendar.total))
        return start, min(start + max(int(days * self.calendar.slots), 1), self.calendar.total)


def lay_faults(
    meters: Meters, place: Place, calendar: Calendar, preset: Preset, seed: int,
    rng: np.random.Generator, *, corrections: bool,
) -> None:  # fmt: skip
    """Lay every fault over the meters, in place; collectors fall silent whole.

    `corrections` lets some days be delivered wrong first and put right by a second delivery.
    """
    line = Line(meters, calendar, preset, rng)
    meters.drop_empty[:] = rng.random(len(meters.drop_empty)) < 0.7
    _replace_meters(line)
    for code, fault in FAULTS:
        for home in line.struck(code):
            fault(line, home, code)
    silence_collectors(line, place, seed)
    if corrections:
        _correct_later(line)


def _lose(meters: Meters, home: int, start: int, end: int, code: str) -> None:
    """No values at all in [start, end)."""
    meters.flat(meters.quality)[home, start:end] = Quality.MISSING
    meters.flat(meters.honest)[home, start:end] = False
    meters.label(home, start, end, code)


def _zero(meters: Meters, home: int, start: int, end: int, code: str, *, catch_up: bool) -> None:
    """Zeros in [start, end); with catch-up the next slot carries all that was missed."""
    ticks, honest = meters.flat(meters.ticks), meters.flat(meters.honest)
    missed = int(ticks[home, start:end].sum())
    ticks[home, start:end] = 0
    honest[home, start:end] = False
    if catch_up and end < ticks.shape[1]:
        ticks[home, end] += missed
        honest[home, end] = False
        meters.label(home, start, end + 1, code)
    else:
        meters.label(home, start, end, code)


def _comms_gap(line: Line, home: int, code: str) -> None:
    for _ in range(int(line.rng.integers(1, 4))):
        start, end = line.window(0.05, 12)
        _lose(line.meters, home, start, end, code)


def _zero_gap_catchup(line: Line, home: int, code: str) -> None:
    start, end = line.window(0.4, 10)
    _zero(line.meters, home, start, end, code, catch_up=True)


def _zero_gap(line: Line, home: int, code: str) -> None:
    start, end = line.window(0.4, 10)
    _zero(line.meters, home, start, end, code, catch_up=False)


def _frozen_register(line: Line, home: int, code: str) -> None:
    start, end = line.window(2, 25)
    _zero(line.meters, home, start, end, code, catch_up=True)


def _estimated(line: Line, home: int, code: str) -> None:
    """Whole days that copy the home's mean day; the system says so."""
    meters, slots = line.meters, line.calendar.slots
    start, end = line.window(1, 14)
    first, last = start // slots, -(-end // slots)
    actual = meters.honest[home].all(axis=1)
    actual[first:last] = False
    if not actual.any():
        return
    profile = np.rint(meters.ticks[home, actual].mean(axis=0)).astype(np.int32)
    meters.ticks[home, first:last] = profile
    meters.quality[home, first:last] = np.where(
        meters.quality[home, first:last] == Quality.MISSING, Quality.MISSING, Quality.ESTIMATED
    )
    meters.honest[home, first:last] = False
    meters.label(home, first * slots, last * slots, code)


def _stuck_meter(line: Line, home: int, code: str) -> None:
    """The same value slot after slot: the last one that was read before it stuck."""
    meters = line.meters
    start, end = line.window(1, 12)
    ticks = meters.flat(meters.ticks)
    ticks[home, start:end] = ticks[home, max(start - 1, 0)]
    meters.flat(meters.honest)[home, start:end] = False
    meters.label(home, start, end, code)


FAULTS: tuple[tuple[str, Callable[[Line, int, str], None]], ...] = (
    ("stuck_meter", _stuck_meter),
    ("frozen_register", _frozen_register),
    ("zero_gap_catchup", _zero_gap_catchup),
    ("zero_gap", _zero_gap),
    ("estimated", _estimated),
    ("comms_gap", _comms_gap),
)


def _replace_meters(line: Line) -> None:
    """A new meter from some slot of a working day on."""
    slots = line.calendar.slots
    for home in line.struck("meter_swap"):
        if line.calendar.days < 3 or (line.meters.shared_with == home).sum() > 1:
            continue
        day = int(line.rng.integers(1, line.calendar.days - 1))
        slot = day * slots + int(line.rng.uniform(0.38, 0.7) * slots)
        line.meters.swap_slot[home] = slot
        line.meters.label(home, slot, slot + 1, "meter_swap")


def silence_collectors(line: Line, place: Place, seed: int) -> None:
    """All meters of a collector absent, or zero, for hours to days."""
    rate = SHARE["silent_collector"] * line.preset.rate * line.calendar.days / 60
    own = line.meters.shared_with == np.arange(len(line.meters.shared_with))
    for collector in np.unique(place.collector):
        rng = stream(seed, 13, int(collector))
        if rng.random() >= min(rate, 0.6):
            continue
        days = np.exp(rng.uniform(np.log(0.1), np.log(5)))
        start = int(rng.integers(0, line.calendar.total))
        end = min(start + max(int(days * line.calendar.slots), 1), line.calendar.total)
        way = rng.choice(["absent", "zero, then catch-up", "zero"], p=[0.5, 0.3, 0.2])
        line.meters.windows.append(Window(f"collector: {way}", int(collector), start, end))
        for home in np.flatnonzero((place.collector == collector) & own):
            if way == "absent":
                _lose(line.meters, int(home), start, end, "silent_collector")
            else:
                catch = way != "zero"
                _zero(line.meters, int(home), start, end, "silent_collector", catch_up=catch)


def _correct_later(line: Line) -> None:
    """Days that are first delivered wrong, or not at all, and put right by a second delivery.

    The truth is that of the last delivery, so these days stay honest.
    """
    meters = line.meters
    for home in line.struck("late_correction"):
        if meters.swap_slot[home] >= 0:
            continue
        clean = np.flatnonzero(meters.honest[home].all(axis=1) & (meters.day_labels[home] == 0))
        many = min(len(clean), int(line.rng.integers(1, 6)))
        for day in np.sort(line.rng.choice(clean, many, replace=False)):
            right: I32 = meters.ticks[home, day].copy()
            meters.late.append((home, int(day), right))
            way = int(line.rng.integers(0, 3))
            if way == 0:
                meters.quality[home, day] = Quality.MISSING
            else:
                meters.ticks[home, day] = 0 if way == 1 else np.int32(right.mean())
                meters.quality[home, day] = Quality.SUBSTITUTED if way == 1 else Quality.ESTIMATED
            slots = line.calendar.slots
            meters.label(home, int(day) * slots, (int(day) + 1) * slots, "late_correction")
