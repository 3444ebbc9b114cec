"""When homes are left: trips, second homes' weeks, migrations, vacancy; and who looks in meanwhile.

Hours are counted from the first day's midnight; a trip may begin before the calendar or end after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.arrays import F64, I64, U8, Bool, expand_ranges, lognormal
from lamplit.town.calendar import Calendar
from lamplit.town.classes import CLASS_INDEX, CLASSES
from lamplit.town.confounders import BIT, SHARE
from lamplit.town.homes import Homes, People
from lamplit.town.presets import Preset

AS_IS, FRIDGE_ON, ROUTER_ONLY, MAIN_OFF, STANDBY_ONLY = 1, 2, 3, 4, 5
"""How a home is left; 0 is a home in use."""

LONG_DAYS = 3.2
"""A trip at least this long holds three whole empty days, whatever hour it starts."""

MIN_GAP_HOURS = 30.0


@dataclass
class Trips:
    """Absences of whole households, sorted by home and time; no two of a home touch one day."""

    home: I64
    depart: F64
    back: F64
    mode: U8

    def __len__(self) -> int:
        return len(self.home)

    def take(self, keep: np.ndarray) -> Trips:
        """The trips that `keep` selects or orders."""
        return Trips(self.home[keep], self.depart[keep], self.back[keep], self.mode[keep])


@dataclass
class Visits:
    """Somebody in an otherwise empty home, from one hour to another; `code` is the confounder."""

    home: I64
    start: F64
    end: F64
    code: np.ndarray

    @property
    def overnight(self) -> Bool:
        """Which of them sleep there."""
        return np.asarray(self.code == "overnight_return")


@dataclass
class Leaves:
    """Absences of single people whose home stays lived in."""

    person: I64
    depart: F64
    back: F64


def draw_trips(homes: Homes, calendar: Calendar, preset: Preset, rng: np.random.Generator) -> Trips:
    """Every absence of the shard's homes."""
    pattern = np.asarray([c.pattern for c in CLASSES])[homes.cls]
    ordinary = np.flatnonzero(pattern == "ordinary")
    parts = [
        _vacant(np.flatnonzero(pattern == "vacant"), calendar, rng),
        _second(np.flatnonzero(pattern == "second"), calendar, rng),
        _seasonal(np.flatnonzero(pattern == "seasonal"), calendar, rng),
        _long(ordinary, calendar, preset, rng),
        _exodus(ordinary, calendar, preset, rng),
        _short(ordinary, calendar, preset, rng),
    ]
    drawn = Trips(
        np.concatenate([p.home for p in parts]),
        np.concatenate([p.depart for p in parts]),
        np.concatenate([p.back for p in parts]),
        np.concatenate([p.mode for p in parts]),
    )
    trips = _apart(drawn)
    _forbid_main_off(homes, trips, rng)
    return trips


def _modes(n: int, shares: tuple[float, ...], rng: np.random.Generator) -> U8:
    """Modes 1 … 5 with the given shares."""
    return rng.choice(len(shares), n, p=np.asarray(shares) / sum(shares)).astype(np.uint8) + 1


def _leave_hour(n: int, rng: np.random.Generator) -> F64:
    morning = rng.normal(9.0, 1.8, n)
    evening = rng.normal(17.8, 1.6, n)
    return np.clip(np.where(rng.random(n) < 0.62, morning, evening), 4.5, 22.5)


def _back_hour(n: int, rng: np.random.Generator) -> F64:
    return np.clip(rng.normal(17.0, 3.6, n), 6.0, 23.2)


def _trip(home: I64, day: F64, length: F64, mode: U8, rng: np.random.Generator) -> Trips:
    """Trips that leave on `day` and come back about `length` days later, at likely hours."""
    n = len(home)
    depart = np.floor(day) * 24 + _leave_hour(n, rng)
    back = np.floor(day + length) * 24 + _back_hour(n, rng)
    return Trips(home, depart, np.maximum(back, depart + 14), mode)


LONG_MODES = (0.38, 0.30, 0.07, 0.20, 0.05)
SHORT_MODES = (0.85, 0.13, 0.0, 0.02, 0.0)
SEASONAL_MODES = (0.25, 0.25, 0.1, 0.35, 0.05)
VACANT_MODES = (0.05, 0.12, 0.18, 0.40, 0.25)
SECOND_MODES = (0.4, 0.25, 0.1, 0.2, 0.05)
"""Shares of the modes 1 to 5 by kind of absence."""


def _long(members: I64, calendar: Calendar, preset: Preset, rng: np.random.Generator) -> Trips:
    """Homes that empty for 3 days to weeks, staggered evenly over the period."""
    chance = 1 - (1 - preset.leave_share) ** (calendar.days / 60)
    home = members[rng.random(len(members)) < chance]
    n = len(home)
    length = np.clip(lognormal(rng, 8.5, 0.85, n), LONG_DAYS + 0.8, 90)
    day = rng.uniform(-0.35 * length, calendar.days, n)
    return _trip(home, day, length, _modes(n, LONG_MODES, rng), rng)


def _exodus(members: I64, calendar: Calendar, preset: Preset, rng: np.random.Generator) -> Trips:
    """Half of a town going home for the festival, within days of one another."""
    home = members[rng.random(len(members)) < preset.exodus_share]
    n = len(home)
    day = rng.normal(preset.exodus_day, 2.2, n)
    length = np.clip(lognormal(rng, 12, 0.4, n), LONG_DAYS + 0.8, 45)
    inside = day < calendar.days
    trips = _trip(home, day, length, _modes(n, LONG_MODES, rng), rng)
    return trips.take(np.flatnonzero(inside))


def _short(members: I64, calendar: Calendar, preset: Preset, rng: np.random.Generator) -> Trips:
    """A night or two away, which is no empty spell."""
    counts = rng.poisson(preset.short_trips * calendar.days / 60, len(members))
    home = np.repeat(members, counts)
    n = len(home)
    length = rng.choice([1.0, 2.0, 3.0], n, p=[0.5, 0.35, 0.15])
    day = rng.uniform(0, calendar.days, n)
    return _trip(home, day, length, _modes(n, SHORT_MODES, rng), rng)


def _vacant(members: I64, calendar: Calendar, rng: np.random.Generator) -> Trips:
    n = len(members)
    far = np.full(n, 24.0)
    ends = (calendar.days + 2) * far
    return Trips(members, -2 * far, ends, _modes(n, VACANT_MODES, rng))


def _seasonal(members: I64, calendar: Calendar, rng: np.random.Generator) -> Trips:
    """Away for one to six months; most are away for a part of what we see."""
    n = len(members)
    length = rng.uniform(28, 180, n)
    day = rng.uniform(-0.8 * length, calendar.days, n)
    return _trip(members, day, length, _modes(n, SEASONAL_MODES, rng), rng)


def _second(members: I64, calendar: Calendar, rng: np.random.Generator) -> Trips:
    """Second homes: away from one visited weekend to the next."""
    keen = rng.uniform(0.15, 0.9, len(members))
    mode = _modes(len(members), SECOND_MODES, rng)
    friday = (4 - calendar.start.weekday()) % 7
    weekends = np.arange(friday - 14, calendar.days + 14, 7)
    home: list[int] = []
    depart: list[float] = []
    back: list[float] = []
    for k, member in enumerate(members):
        weeks = weekends[rng.random(len(weekends)) < keen[k]]
        arrive = weeks * 24 + np.where(rng.random(len(weeks)) < 0.5, 19.5, 33.5)
        arrive = arrive + rng.normal(0, 1.2, len(weeks))
        leave = weeks * 24 + 48 + rng.normal(18.0, 1.8, len(weeks))
        home += [int(member)] * (len(weeks) + 1)
        depart += [-400 * 24.0, *leave]
        back += [*arrive, (calendar.days + 400) * 24.0]
    which = np.asarray(home, dtype=np.int64)
    of_home = dict(zip(members.tolist(), mode.tolist(), strict=True))
    modes = np.asarray([of_home[h] for h in home], dtype=np.uint8)
    return Trips(which, np.asarray(depart), np.asarray(back), modes)


def _apart(trips: Trips) -> Trips:
    """Sort, and drop trips that begin before the home has been back for a while."""
    order = np.lexsort((trips.depart, trips.home))
    trips = trips.take(order)
    if not len(trips):
        return trips
    key = trips.home * 1e6
    latest = np.maximum.accumulate(trips.back + key) - key
    previous = np.concatenate([[-np.inf], latest[:-1]])
    fresh = np.concatenate([[True], trips.home[1:] != trips.home[:-1]])
    return trips.take(np.flatnonzero(fresh | (trips.depart >= previous + MIN_GAP_HOURS)))


def _forbid_main_off(homes: Homes, trips: Trips, rng: np.random.Generator) -> None:
    """Whoever has a thing that must run while away does not switch the main off."""
    needs = np.zeros(len(homes), dtype=np.bool_)
    for code in ("frost_guard", "heating_left_on", "high_base", "dehumidifier", "security_timer"):
        needs |= homes.has(code)
    trips.mode[needs[trips.home]] = AS_IS
    frugal = homes.cls[trips.home] == CLASS_INDEX["frugal_elder"]
    careful = frugal & (rng.random(len(trips)) < 0.4)
    trips.mode[careful] = MAIN_OFF


def draw_visits(
    trips: Trips, calendar: Calendar, preset: Preset, rng: np.random.Generator
) -> Visits:
    """Cleaners, relatives, and people who come back for one night, in the middle of long trips."""
    first = np.maximum(np.ceil(trips.depart / 24), 0)
    last = np.minimum(np.floor(trips.back / 24), calendar.days) - 1
    whole = last - first + 1
    roomy = np.flatnonzero(whole >= 6)
    weeks = np.minimum(whole[roomy] / 20, 3)
    parts: list[tuple[I64, F64, F64, np.ndarray]] = []
    for code in ("visit", "overnight_return"):
        overnight = code == "overnight_return"
        rate = min(SHARE[code] * preset.rate**0.5, 0.5)
        chosen = roomy[rng.random(len(roomy)) < 1 - (1 - rate) ** np.maximum(weeks, 0.5)]
        n = len(chosen)
        day = first[chosen] + 1 + np.floor(rng.random(n) * (whole[chosen] - 3))
        hour = rng.normal(18.5, 1.0, n) if overnight else rng.uniform(8.5, 17, n)
        length = rng.uniform(11, 15, n) if overnight else rng.uniform(0.8, 2.6, n)
        start = day * 24 + hour
        parts.append((trips.home[chosen], start, start + length, np.full(n, code)))
    parts.append(_renovations(trips, first, whole, preset, rng))
    home, start, end, codes = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Visits(home, start, end, codes)


def _renovations(
    trips: Trips, first: F64, whole: F64, preset: Preset, rng: np.random.Generator
) -> tuple[I64, F64, F64, np.ndarray]:
    """Workmen in homes that are empty for long: by day, but on most days off it is dark again."""
    rate = min(SHARE["renovation"] * preset.rate**0.5, 0.3)
    chosen = np.flatnonzero((whole >= 25) & (rng.random(len(trips)) < rate))
    length = np.minimum(rng.integers(4, 22, len(chosen)), whole[chosen] - 3).astype(np.int64)
    begin = first[chosen] + 1 + np.floor(rng.random(len(chosen)) * (whole[chosen] - length - 1))
    which, day = expand_ranges(begin.astype(np.int64), length)
    worked = rng.random(len(day)) < 0.8
    which, day = which[worked], day[worked]
    start = day * 24 + rng.uniform(7.5, 9.5, len(day))
    end = start + rng.uniform(3, 9.5, len(day))
    return trips.home[chosen][which], start, end, np.full(len(day), "renovation")


def label_visits(homes: Homes, visits: Visits) -> None:
    """Write the visits into the homes' labels."""
    for code in ("visit", "overnight_return", "renovation"):
        np.bitwise_or.at(homes.labels, visits.home[visits.code == code], BIT[code])


def draw_leaves(
    homes: Homes, people: People, trips: Trips, calendar: Calendar, preset: Preset,
    rng: np.random.Generator,
) -> Leaves:  # fmt: skip
    """Households of which all but one person are away for days to weeks.

    Only homes without a trip of their own in the period, so that the two never meet.
    """
    seen = (trips.back > 0) & (trips.depart < calendar.days * 24)
    free = np.ones(len(homes), dtype=np.bool_)
    free[trips.home[seen]] = False
    size = np.bincount(people.home, minlength=len(homes))
    rate = min(SHARE["partial_absence"] * preset.rate**0.5 * calendar.days / 60, 0.3)
    home = np.flatnonzero(free & (size >= 2) & (rng.random(len(homes)) < rate))
    n = len(home)
    length = np.clip(lognormal(rng, 12, 0.6, n), 4, 60)
    day = np.floor(rng.uniform(-0.3 * length, calendar.days, n))
    depart = day * 24 + _leave_hour(n, rng)
    back = depart + np.round(length) * 24 + rng.uniform(-6, 6, n)
    first = np.searchsorted(people.home, home)
    keeper = first + rng.integers(0, size[home])
    trip, person = expand_ranges(first, size[home])
    goes = person != keeper[trip]
    homes.labels[home] |= BIT["partial_absence"]
    return Leaves(person[goes], depart[trip[goes]], back[trip[goes]])
