"""The appliances that people use: when, how much, how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.arrays import F32, F64, I32, I64
from lamplit.town.calendar import Calendar
from lamplit.town.homes import Homes
from lamplit.town.presence import Presence

UNIT = 1e-4
"""Loads of single uses are added up as whole numbers of this many kWh, so that they add exactly."""


@dataclass(frozen=True, slots=True)
class Use:
    """One habitual use: about when (hour ± sd), how often a day, its energy (kWh) and hours."""

    name: str
    hour: float
    sd: float
    chance: float
    kwh: float
    hours: float
    cooking: bool = False


USES: tuple[Use, ...] = (
    Use("breakfast", 7.1, 0.7, 0.75, 0.10, 0.3, True),
    Use("kettle, morning", 7.6, 1.0, 0.6, 0.10, 0.1),
    Use("housework", 9.6, 2.2, 0.45, 0.13, 0.6),
    Use("laundry", 10.2, 4.0, 0.28, 0.55, 1.5),
    Use("lunch", 11.7, 0.5, 0.75, 0.30, 0.6, True),
    Use("television, day", 14.5, 2.2, 0.3, 0.22, 2.2),
    Use("kettle, afternoon", 14.6, 2.4, 0.5, 0.10, 0.1),
    Use("small things", 16.2, 3.0, 0.5, 0.15, 0.7),
    Use("dinner", 18.5, 0.7, 0.88, 0.42, 0.8, True),
    Use("kettle, evening", 20.0, 1.4, 0.5, 0.10, 0.1),
    Use("television", 20.2, 1.0, 0.8, 0.28, 2.6),
    Use("computer", 20.8, 1.4, 0.5, 0.20, 1.7),
    Use("hair dryer, charging", 22.0, 1.0, 0.5, 0.08, 0.2),
)


def use_appliances(
    homes: Homes, presence: Presence, calendar: Calendar, rng: np.random.Generator
) -> F32:
    """Energy (kWh) by home and slot of everything that somebody has to be awake to start."""
    n = len(homes)
    steps: I32 = np.zeros((n, calendar.total + calendar.slots), dtype=np.int32)
    shape = (n, calendar.days, len(USES))
    hour = np.asarray([u.hour for u in USES], dtype=np.float32)
    sd = np.asarray([u.sd for u in USES], dtype=np.float32)
    chance = np.asarray([u.chance for u in USES], dtype=np.float32)
    habit = rng.uniform(0.55, 1.15, (n, 1, len(USES))).astype(np.float32)
    own_hour = hour + 0.5 * sd * rng.standard_normal((n, 1, len(USES)), dtype=np.float32)
    home, day, use = np.nonzero(rng.random(shape, dtype=np.float32) < chance * habit)
    m = len(home)
    when = own_hour[home, 0, use] + 0.8 * sd[use] * rng.standard_normal(m, dtype=np.float32)
    slot = _slot_of(day, when, calendar)
    up = presence.awake[home, slot] > 0
    home, use, slot = home[up], use[up], slot[up]
    kwh, hours = _draw_sizes(homes, home, use, rng)
    add_uses(steps, home, slot, kwh, hours, calendar)
    _heat_water(steps, homes, presence, calendar, rng)
    _charge_cars(steps, homes, presence, calendar, rng)
    total = np.cumsum(steps, axis=1, dtype=np.int32, out=steps)[:, : calendar.total]
    return total.astype(np.float32) * np.float32(UNIT)


def _slot_of(day: I64, hour: F32 | F64, calendar: Calendar) -> I64:
    inside = np.clip(hour * (60 / calendar.minutes), 0, calendar.slots - 1).astype(np.int64)
    return np.asarray(day * calendar.slots + inside)


def _draw_sizes(homes: Homes, home: I64, use: I64, rng: np.random.Generator) -> tuple[F64, F64]:
    kwh = np.asarray([u.kwh for u in USES])[use]
    hours = np.asarray([u.hours for u in USES])[use]
    cooking = np.asarray([u.cooking for u in USES])[use]
    activity = homes.activity[home] ** 0.8
    electric = np.where(cooking & homes.electric_cooking[home], 1.8, 1.0)
    spread = np.exp(0.5 * rng.standard_normal(len(use), dtype=np.float32))
    return kwh * activity * electric * spread, hours * np.sqrt(spread)


def add_uses(steps: I32, home: I64, slot: I64, kwh: F64, hours: F64, calendar: Calendar) -> None:
    """Add rectangles of `kwh` over `hours` from `slot` to a grid of differences in UNIT."""
    length = np.clip(np.ceil(hours / calendar.hours), 1, calendar.slots).astype(np.int64)
    level = np.rint(kwh / length / UNIT).astype(np.int32)
    flat = steps.reshape(-1)
    base = home * steps.shape[1] + slot
    np.add.at(flat, base, level)
    np.add.at(flat, base + length, -level)


def _heat_water(
    steps: I32, homes: Homes, presence: Presence, calendar: Calendar, rng: np.random.Generator
) -> None:
    """A storage heater recharges after showers; one on a timer heats at its hour, come what may."""
    rows = np.flatnonzero(homes.heater_kw > 0)
    shape = (len(rows), calendar.days)
    when = rng.normal(21.2, 0.5, (len(rows), 1)) + rng.normal(0, 0.9, shape)
    taken = rng.random(shape) < 0.85
    which, day = np.nonzero(taken)
    slot = _slot_of(day, when[which, day], calendar)
    people = presence.awake[rows[which], slot]
    some = people > 0
    which, slot, people = which[some], slot[some], people[some]
    home = rows[which]
    kwh = (0.35 + 0.75 * people) * rng.uniform(0.5, 1.3, len(home))
    kwh = kwh * np.minimum(homes.activity[home], 1.5) ** 0.5
    add_uses(steps, home, slot, kwh, kwh / homes.heater_kw[home], calendar)
    timed = np.flatnonzero(homes.heater_timer_hour >= 0)
    home = np.repeat(timed, calendar.days)
    day = np.tile(np.arange(calendar.days), len(timed))
    slot = _slot_of(day, homes.heater_timer_hour[home], calendar)
    kwh = homes.heater_loss[home] * rng.uniform(0.85, 1.1, len(home))
    add_uses(steps, home, slot, kwh, kwh / homes.heater_kw[home], calendar)


def _charge_cars(
    steps: I32, homes: Homes, presence: Presence, calendar: Calendar, rng: np.random.Generator
) -> None:
    """Cars charge after their people come home, or late at night where the tariff is low."""
    rows = np.flatnonzero(homes.has("ev"))
    n = len(rows)
    hour = np.where(rng.random(n) < 0.5, rng.uniform(17.5, 21, n), rng.uniform(22, 23.9, n))
    power = rng.choice([1.8, 3.3, 7.0], n, p=[0.2, 0.4, 0.4])
    keen = rng.uniform(0.15, 0.7, n)
    which, day = np.nonzero(rng.random((n, calendar.days)) < keen[:, None])
    slot = _slot_of(day, hour[which] + rng.normal(0, 0.4, len(which)), calendar)
    home = rows[which]
    some = presence.present[home, slot] > 0
    home, which, slot = home[some], which[some], slot[some]
    kwh = rng.uniform(3, 22, len(home))
    add_uses(steps, home, slot, kwh, kwh / power[which], calendar)


def cycling(
    n: int, calendar: Calendar, period: F64, duty: F64, kw: F64, rng: np.random.Generator,
    pace: F32 | None = None,
) -> F32:  # fmt: skip
    """Energy (kWh) by home and slot of `n` thermostats: on at `kw` for `duty` of each `period` (h).

    The square wave is integrated over each slot, so short cycles keep their energy; the pace
    wanders from day to day (and by `pace`, one factor per day, with the weather).
    """
    days, slots = calendar.days, calendar.slots
    rate = calendar.hours / period[:, None] * np.exp(0.12 * rng.standard_normal((n, days)))
    if pace is not None:
        rate = rate * pace[None, :]
    start = rng.random((n, 1)) + np.cumsum(rate, axis=1) * slots - rate * slots
    edge = np.arange(slots + 1, dtype=np.float32)
    # The whole turns before the day's start are dropped: float32 then keeps its precision.
    turn = rate.astype(np.float32)[:, :, None] * edge
    turn += (start % 1.0).astype(np.float32)[:, :, None]
    whole = np.floor(turn)
    turn -= whole
    share = duty.astype(np.float32)[:, None, None]
    np.minimum(turn, share, out=turn)
    whole *= share
    turn += whole
    on = turn[:, :, 1:] - turn[:, :, :-1]
    on *= (kw[:, None] * calendar.hours / rate).astype(np.float32)[:, :, None]
    return on.reshape(n, calendar.total)
