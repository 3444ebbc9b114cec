"""Who is at home in every slot: the truth of the town, from people's days and absences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.absences import Leaves, Trips, Visits
from lamplit.town.arrays import F64, I8, I64, U8, Bool, expand_ranges
from lamplit.town.calendar import Calendar
from lamplit.town.classes import ROUTINES
from lamplit.town.homes import People

MIN_SPELL_DAYS = 3
NEVER = 48.0


@dataclass
class Presence:
    """By home and nominal slot: people there, people awake, and how an empty home was left.

    `left_at` and `left_how` list the slots (as places in the flattened grid) that have a mode.
    """

    present: I8
    awake: I8
    mode: U8
    left_at: I64
    left_how: U8

    def occupied(self, slots: int) -> Bool:
        """Whether anybody was there on each day; shape (homes, days)."""
        n, total = self.present.shape
        return np.asarray(self.present.reshape(n, total // slots, slots).max(axis=2) > 0)


@dataclass
class PersonDays:
    """One element per person and day, hours of that day; see `_pieces` for what they bound."""

    first: F64
    wake: F64
    leave: F64
    back: F64
    sleep: F64
    hole_start: F64
    hole_end: F64


def live(
    n: int, people: People, trips: Trips, leaves: Leaves, visits: Visits, calendar: Calendar,
    rng: np.random.Generator,
) -> Presence:  # fmt: skip
    """Let `n` homes live through the calendar."""
    days = _person_days(people, calendar, rng)
    _cut_trips(days, people, trips, calendar.days, rng)
    _cut(days, leaves.person, leaves.depart, leaves.back, calendar.days)
    there = np.zeros((n, calendar.total + 1), dtype=np.int8)
    awake = np.zeros_like(there)
    row, start = _where(people, calendar)
    for begin, end in ((days.first, days.leave), (days.back, np.full_like(days.back, 24.0))):
        _mark(there, days, row, start, begin, end, calendar)
    up = np.maximum(days.first, days.wake)
    _mark(awake, days, row, start, up, days.leave, calendar)
    _mark(awake, days, row, start, np.maximum(days.back, days.wake), days.sleep, calendar)
    _mark_visits(there, awake, visits, calendar)
    present = np.cumsum(there, axis=1, dtype=np.int8, out=there)[:, :-1]
    up_now = np.minimum(np.cumsum(awake, axis=1, dtype=np.int8, out=awake)[:, :-1], present)
    mode = _modes_left(n, present, trips, calendar)
    at = np.flatnonzero(mode)
    return Presence(present, up_now, mode, at, mode.reshape(-1)[at])


def _person_days(people: People, calendar: Calendar, rng: np.random.Generator) -> PersonDays:
    """Each person's day: first hour there, waking, leaving, coming back, sleeping."""
    n, d = len(people), calendar.days
    weekend = np.asarray(calendar.weekday >= 5)
    jitter = rng.standard_normal((4, n, d), dtype=np.float32)
    keen = np.where(weekend[None, :], people.out_weekend[:, None], people.out_weekday[:, None])
    out = rng.random((n, d), dtype=np.float32) < keen
    wake = people.wake[:, None] + 0.4 * jitter[0] + 0.9 * weekend[None, :]
    leave = people.leave[:, None] + 0.35 * jitter[1] + 1.4 * weekend[None, :]
    back = people.back[:, None] + 0.8 * jitter[2]
    sleep = people.sleep[:, None] + 0.5 * jitter[3]
    leave = np.where(out, leave, 12.0)
    night = people.routine == ROUTINES.index("night")
    first = np.zeros((n, d))
    if night.any():
        first[night, 1:] = np.where(out[night, :-1], back[night, :-1] - 24, 0.0)
        rested = night[:, None] & (first == 0)
        wake = np.where(rested, wake - 5.5, wake)
    back = np.where(out, np.maximum(back, leave + 0.4), 12.0)
    return PersonDays(
        first, wake, leave, back, sleep, np.full((n, d), NEVER), np.full((n, d), NEVER)
    )


def _cut_trips(
    days: PersonDays, people: People, trips: Trips, count: int, rng: np.random.Generator
) -> None:
    """Cut the hours away out of each traveller's days; some of a household go or return apart."""
    first_of = np.searchsorted(people.home, trips.home, side="left")
    size = np.searchsorted(people.home, trips.home, side="right") - first_of
    trip, person = expand_ranges(first_of, size)
    goes = ~people.stays[person]
    trip, person = trip[goes], person[goes]
    depart, back = _staggered(trips, trip, person != first_of[trip], rng)
    _cut(days, person, depart, back, count)


def _cut(days: PersonDays, person: I64, depart: F64, back: F64, count: int) -> None:
    """Cut the hours from `depart` to `back` out of people's days."""
    first_day = np.maximum(np.floor(depart / 24), 0).astype(np.int64)
    last_day = np.minimum(np.floor(back / 24), count - 1).astype(np.int64)
    which, day = expand_ranges(first_day, np.maximum(last_day - first_day + 1, 0))
    hole_start = np.maximum(depart[which] - 24 * day, 0)
    hole_end = back[which] - 24 * day
    days.hole_start[person[which], day] = hole_start
    days.hole_end[person[which], day] = np.where(hole_end < 24, hole_end, NEVER)


def _staggered(
    trips: Trips, trip: I64, follower: Bool, rng: np.random.Generator
) -> tuple[F64, F64]:
    """Departures and returns of each traveller. The first of a household keeps the trip's hours;
    others may go up to 3 days earlier or come 2 days later, where the home stays in use between.
    """
    same = np.concatenate([[False], trips.home[1:] == trips.home[:-1]])
    before = np.where(same, trips.depart - np.concatenate([[0.0], trips.back[:-1]]), 240.0)
    after = np.concatenate([np.where(same, before, 240.0)[1:], [240.0]])[: len(trips)]
    long = (trips.back - trips.depart) > 72
    n = len(trip)
    early = follower & (rng.random(n) < 0.25) & long[trip] & (before[trip] > 54)
    late = follower & (rng.random(n) < 0.15) & long[trip] & (after[trip] > 54)
    depart = trips.depart[trip] - early * np.minimum(rng.uniform(1, 72, n), before[trip] / 4)
    back = trips.back[trip] + late * np.minimum(rng.uniform(1, 48, n), after[trip] / 4)
    return depart, back


def _where(people: People, calendar: Calendar) -> tuple[I64, I64]:
    """Row and first slot of each person-day."""
    shape = (len(people), calendar.days)
    row = np.broadcast_to(people.home[:, None], shape)
    start = np.broadcast_to(np.arange(calendar.days)[None, :] * calendar.slots, shape)
    return row, start


def _mark(
    grid: I8, days: PersonDays, row: I64, start: I64, begin: F64, end: F64, calendar: Calendar
) -> None:
    """Add the stretch from `begin` to `end`, less the hours away, to a grid of differences."""
    _add(grid, row, start, begin, np.minimum(end, days.hole_start), calendar)
    away = np.nonzero(days.hole_end < 24)
    late = np.maximum(begin[away], days.hole_end[away])
    _add(grid, row[away], start[away], late, end[away], calendar)


def _add(grid: I8, row: I64, start: I64, begin: F64, end: F64, calendar: Calendar) -> None:
    per_hour = 60 / calendar.minutes
    a = np.clip(start + np.floor(begin * per_hour).astype(np.int64), 0, calendar.total)
    b = np.clip(start + np.floor(end * per_hour).astype(np.int64), 0, calendar.total)
    some = b > a
    width = grid.shape[1]
    base = row[some] * width
    flat = grid.reshape(-1)
    np.add.at(flat, base + a[some], np.int8(1))
    np.add.at(flat, base + b[some], np.int8(-1))


def _mark_visits(there: I8, awake: I8, visits: Visits, calendar: Calendar) -> None:
    """Visitors are up and about; who comes back for a night sleeps from 23 to 6."""
    zero = np.zeros(len(visits.home), dtype=np.int64)
    _add(there, visits.home, zero, visits.start, visits.end, calendar)
    midnight = np.ceil(visits.start / 24) * 24
    evening = np.where(visits.overnight, np.minimum(midnight - 1, visits.end), visits.end)
    _add(awake, visits.home, zero, visits.start, evening, calendar)
    night = visits.overnight
    _add(awake, visits.home[night], zero[night], midnight[night] + 6, visits.end[night], calendar)


def _modes_left(n: int, present: I8, trips: Trips, calendar: Calendar) -> U8:
    """How the home was left, while it is on a trip and nobody is in it; else 0."""
    left = np.zeros((n, calendar.total), dtype=np.uint8)
    per_hour = 60 / calendar.minutes
    start = np.clip(np.floor(trips.depart * per_hour), 0, calendar.total).astype(np.int64)
    end = np.clip(np.floor(trips.back * per_hour), 0, calendar.total).astype(np.int64)
    for home, a, b, mode in zip(trips.home, start, end, trips.mode, strict=True):
        left[home, a:b] = mode
    left *= present == 0
    return left


def empty_spells(occupied: Bool, minimum: int = MIN_SPELL_DAYS) -> Bool:
    """Days inside a run of at least `minimum` whole days with nobody there; shape (homes, days)."""
    n, days = occupied.shape
    edge = np.ones((n, 1), dtype=np.bool_)
    padded = np.concatenate([edge, occupied, edge], axis=1).astype(np.int8)
    change = np.diff(padded, axis=1)
    home, start = np.nonzero(change == -1)
    _, end = np.nonzero(change == 1)
    long = end - start >= minimum
    steps = np.zeros((n, days + 1), dtype=np.int8)
    steps[home[long], start[long]] = 1
    np.subtract.at(steps, (home[long], end[long]), np.int8(1))
    return np.asarray(np.cumsum(steps, axis=1)[:, :-1] > 0)
