"""From loads to what the meters counted: outages, solar, shared meters, the register's steps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lamplit.town.arrays import F32, I32, I64, U8, U64, Bool, stream
from lamplit.town.calendar import Calendar
from lamplit.town.confounders import BIT, SHARE
from lamplit.town.presets import Preset
from lamplit.town.weather import Weather

COUNT = 10_000
"""Loads are counted in ten-thousandths of a kWh before the register's step is taken."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where each home of a shard hangs; one element per home."""

    community: I64
    building: I64
    collector: I64


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of slots [start, end) at a group of homes, for outages and silent collectors."""

    kind: str
    group: int
    start: int
    end: int


@dataclass
class Meters:
    """What the meters of a shard hold, by home, day and nominal slot.

    `ticks` counts register steps of import, `export` those of the homes in `export_rows`.
    `quality` is what the collection system says; `honest` whether the value is a true, actual
    reading of its slot. `day_labels` has the confounders in force on each day.
    """

    ticks: I32
    inverse_step: I64
    quality: U8
    honest: Bool
    day_labels: U64
    labels: U64
    export_rows: I64
    export: I32
    shared_with: I64
    swap_slot: I64
    drop_empty: Bool
    late: list[tuple[int, int, I32]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Homes, days, slots."""
        n, days, slots = self.ticks.shape
        return n, days, slots

    def flat(self, part: np.ndarray) -> np.ndarray:
        """A (homes, days, slots) array seen as (homes, time)."""
        return part.reshape(part.shape[0], -1)

    def label(self, home: int, start: int, end: int, code: str) -> None:
        """Note that a confounder was in force at a home in slots [start, end)."""
        slots = self.ticks.shape[2]
        self.labels[home] |= BIT[code]
        self.day_labels[home, start // slots : (end - 1) // slots + 1] |= BIT[code]


def black_out(
    load: F32, place: Place, calendar: Calendar, preset: Preset, seed: int
) -> list[Window]:
    """Cut the supply of buildings and, seldom, of whole communities; gives the windows.

    The load is exactly zero meanwhile. Windows depend on the building alone, so that homes of one
    building in different shards go dark together.
    """
    windows: list[Window] = []
    rate = preset.rate * calendar.days / 60
    for kind, of_home, share, purpose in (
        ("building", place.building, SHARE["outage"], 11),
        ("community", place.community, SHARE["outage"] / 3, 12),
    ):
        for group in np.unique(of_home):
            rng = stream(seed, purpose, int(group))
            if rng.random() >= min(share * rate, 0.5):
                continue
            hours = float(np.clip(2.5 * np.exp(1.1 * rng.standard_normal()), 0.5, 48))
            start = int(rng.integers(0, calendar.total))
            end = min(start + max(int(hours / calendar.hours), 1), calendar.total)
            load[of_home == group, start:end] = 0
            windows.append(Window(kind, int(group), start, end))
    return windows


def cut_supply(
    load: F32, calendar: Calendar, preset: Preset, rng: np.random.Generator
) -> list[Window]:
    """Cut single homes off for a day or more, as when a prepaid balance is empty.

    People may well be there, in the dark: a reason of its own to knock.
    """
    chance = min(SHARE["cut_off"] * preset.rate * calendar.days / 60, 0.2)
    windows = []
    for home in np.flatnonzero(rng.random(len(load)) < chance):
        days = np.exp(rng.uniform(np.log(0.4), np.log(9)))
        start = int(rng.integers(0, calendar.total))
        end = min(start + max(int(days * calendar.slots), 1), calendar.total)
        load[home, start:end] = 0
        windows.append(Window("home", int(home), start, end))
    return windows


def sunshine(weather: Weather, calendar: Calendar, seed: int) -> F32:
    """Share of the panels' peak that the sun gives, by slot of the calendar; clouds move by day."""
    rng = stream(seed, 3)
    hours = (np.arange(calendar.slots) + 0.5) * calendar.hours
    season = 0.62 - 0.25 * np.cos(2 * np.pi * (calendar.day_of_year - 355) / 365.25)
    clear = rng.beta(1.6, 1.1, calendar.days) * season
    height = np.clip(np.cos((hours - 12.3) / 6.6 * np.pi / 2), 0, None)
    height[np.abs(hours - 12.3) > 6.6] = 0
    flicker = rng.uniform(0.75, 1.15, (calendar.days, calendar.slots))
    share = clear[:, None] * height[None, :] * flicker
    return np.asarray(share.ravel(), dtype=np.float32)


def pair_shared(labels: U64, first_of_pair: Bool) -> I64:
    """Give each home the row of the home whose meter it hangs on: its own, or its neighbour's.

    Clears the label of homes that found no neighbour, and sets it on the neighbours found.
    """
    n = len(labels)
    meter = np.arange(n)
    labels[first_of_pair] &= ~BIT["shared_meter"]
    free = np.ones(n, dtype=np.bool_)
    for home in np.flatnonzero(first_of_pair):
        if home + 1 < n and free[home] and free[home + 1]:
            meter[home + 1] = home
            free[home : home + 2] = False
            labels[home : home + 2] |= BIT["shared_meter"]
    return meter


def count(
    load: F32, solar_kw: np.ndarray, sun: F32, labels: U64, inverse_step: I64, calendar: Calendar
) -> Meters:
    """Net the solar, share the meters, and take the register's steps: energy is conserved.

    A register shows whole steps of what has flowed so far, so a slot's value is the difference of
    two floors, and no sum is ever out by more than one step.
    """
    n = len(load)
    shared = pair_shared(labels, (labels & BIT["shared_meter"]) != 0)
    borrowed = np.flatnonzero(shared != np.arange(n))
    load[shared[borrowed]] += load[borrowed]
    inverse_step = inverse_step.copy()
    inverse_step[borrowed] = inverse_step[shared[borrowed]]
    rows = np.flatnonzero(solar_kw > 0)
    surplus = np.zeros((len(rows), calendar.total), dtype=np.float32)
    if len(rows):
        made = (solar_kw[rows] * calendar.hours).astype(np.float32)[:, None] * sun[None, :]
        net = load[rows] - made
        load[rows] = np.maximum(net, 0)
        surplus = np.maximum(-net, 0)
    shape = (-1, calendar.days, calendar.slots)
    with_export = (labels[rows] & BIT["solar"]) != 0
    return Meters(
        ticks=steps_of(load, inverse_step).reshape(shape),
        inverse_step=inverse_step,
        quality=np.zeros((n, calendar.days, calendar.slots), dtype=np.uint8),
        honest=np.ones((n, calendar.days, calendar.slots), dtype=np.bool_),
        day_labels=np.zeros((n, calendar.days), dtype=np.uint64),
        labels=labels,
        export_rows=rows[with_export],
        export=steps_of(surplus[with_export], inverse_step[rows[with_export]]).reshape(shape),
        shared_with=shared,
        swap_slot=np.full(n, -1, dtype=np.int64),
        drop_empty=np.ones(n, dtype=np.bool_),
    )


def steps_of(kwh: F32, inverse_step: I64) -> I32:
    """Whole register steps by slot, from exact counts carried forward."""
    total: I32 = np.rint(kwh * np.float32(COUNT)).astype(np.int32)
    np.cumsum(total, axis=1, dtype=np.int32, out=total)
    total //= (COUNT // inverse_step).astype(np.int32)[:, None]
    total[:, 1:] -= total[:, :-1].copy()
    return total
