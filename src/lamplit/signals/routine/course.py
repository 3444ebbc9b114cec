"""The course of days: what is read off a home's slots before any rule is asked.

All arrays are over homes; days are rows of a run of days, the last being the one looked at. A day
has `slots` slots of equal length (96 at 15 minutes; 92 or 100 where the clock changes), and its
hours are the slots' share of 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamplit.signals.fold import Arrays
from lamplit.signals.routine.thresholds import (
    DAYS_BEFORE,
    LATE_QUANTILE,
    NIGHT_HOURS,
    USE_KWH,
    USE_NIGHT,
    USE_STEPS,
    WAKING_HOUR,
)

Array = np.ndarray[Any, Any]

HOURS = 24
LEAST_SLOTS = 23
"""Slots of a day that a course needs: hourly readings, on the shortest day."""


@dataclass(slots=True)
class Course:
    """Homes' days by the slot.

    `kwh`: (homes, days, slots), NaN past a day's last slot and where unread. `slots`: (homes, days)
    how many slots the day has, 0 where nothing is known. `valid`: (homes, days) whether the day
    counts: read in full, every slot actual, and passed by the gate. `away`: (homes, days) whether
    the home was called empty on the evening before.
    """

    kwh: Array
    slots: Array
    valid: Array
    away: Array

    @property
    def days(self) -> int:
        """How many days."""
        return int(self.kwh.shape[1])

    def of_homes(self, rows: slice) -> Course:
        """Some of the homes alone."""
        return Course(self.kwh[rows], self.slots[rows], self.valid[rows], self.away[rows])

    @classmethod
    def joined(cls, parts: Sequence[Course]) -> Course:
        """The homes of several courses of the same days, one after the other."""
        if len(parts) == 1:
            return parts[0]
        homes, days = sum(len(one.kwh) for one in parts), parts[0].days
        width = max(one.kwh.shape[2] for one in parts)
        kwh = np.full((homes, days, width), np.nan, dtype=np.float32)
        at = 0
        for one in parts:
            kwh[at : at + len(one.kwh), :, : one.kwh.shape[2]] = one.kwh
            at += len(one.kwh)
        slots, valid, away = (
            np.concatenate([getattr(one, name) for one in parts])
            for name in ("slots", "valid", "away")
        )
        return cls(kwh, slots, valid, away)

    def overlaid(self, other: Course, rows: Array) -> Course:
        """These homes, with the courses of `other`, which has the same days, in place of `rows`."""
        homes, days, slots = self.kwh.shape
        kwh = np.full((homes, days, max(slots, other.kwh.shape[2])), np.nan, dtype=np.float32)
        kwh[:, :, :slots] = self.kwh
        kwh[rows] = np.nan
        kwh[rows, :, : other.kwh.shape[2]] = other.kwh
        parts = {name: getattr(self, name).copy() for name in ("slots", "valid", "away")}
        for name, values in parts.items():
            values[rows] = getattr(other, name)
        return Course(kwh, **parts)


@dataclass(slots=True)
class Read:
    """What a course comes to by the day.

    `hourly`: (homes, days, 24) kWh. `total`, `activity`: (homes, days) kWh of the day, and above
    its standing load. `least`: (homes, days) the smallest slot with any use, kWh; inf where none.
    """

    hourly: Array
    total: Array
    activity: Array
    least: Array


def read(course: Course) -> Read:
    """Hours, energy and activity of every day of a course; NaN where a day is not valid."""
    homes, days, _ = course.kwh.shape
    hourly = np.full((homes, days, HOURS), np.nan, dtype=np.float32)
    usable = course.valid & (course.slots >= LEAST_SLOTS)
    for slots in np.unique(course.slots[usable]):
        at = usable & (course.slots == slots)
        mine = course.kwh[:, :, :slots] if at.all() else course.kwh[at][:, :slots]
        hourly[at] = _hours(mine).reshape(-1, HOURS)
    blocks = hourly[:, :, 0::2] + hourly[:, :, 1::2]
    activity = _added(blocks - blocks.min(axis=2, keepdims=True))
    positive = np.where(course.kwh > 0, course.kwh, np.float32(np.inf))
    return Read(hourly, _added(hourly), activity, positive.min(axis=2, initial=np.inf))


def _hours(kwh: Array) -> Array:
    """The energy of each hour, of days whose slots lie on the last axis.

    Added up slot by slot and not by a product of matrices: those round otherwise by how many homes
    are worked at once, and a home's day must not depend on its neighbours.
    """
    slots = kwh.shape[-1]
    if slots % HOURS == 0:
        parts = kwh.reshape(*kwh.shape[:-1], HOURS, slots // HOURS)
        return _added(parts)
    hours = np.zeros((*kwh.shape[:-1], HOURS), dtype=np.float32)
    share = _by_hour(slots)
    for slot, hour in zip(*np.nonzero(share), strict=True):
        hours[..., hour] += kwh[..., slot] * share[slot, hour]
    return hours


def _added(values: Array) -> Array:
    """The sum over the last axis, from the first to the last."""
    total = values[..., 0].copy()
    for number in range(1, values.shape[-1]):
        total += values[..., number]
    return total


def _by_hour(slots: int) -> Array:
    """The share of each slot that falls in each hour: (slots, 24); keeps the energy."""
    edges = np.linspace(0, HOURS, slots + 1)
    low = np.maximum(edges[:-1, None], np.arange(HOURS)[None, :])
    high = np.minimum(edges[1:, None], np.arange(1, HOURS + 1)[None, :])
    share: Array = (np.maximum(high - low, 0) * slots / HOURS).astype(np.float32)
    return share


def look(course: Course, done: Read, row: int) -> Arrays:
    """What the rules ask of day `row`, against the 28 days before it; each array (homes,).

    `days`: valid days before. `kwh`, `usual_kwh`; `activity`, `usual_activity` (the mean), kWh.
    `level`, `usual_level`, `spread`: log of the activity, its mean and standard deviation.
    `alike`: correlation of the day's hours with the mean day's. `first_use`: hour of the first
    slot in use from 04:00 on, 24 where none; `usual_first`: its 95th percentile; `by_usual`: on
    how many days before something was in use by then. `valid`, `away`: 0 or 1.
    """
    start = max(row - DAYS_BEFORE, 0)
    before = course.valid[:, start:row] & (course.slots[:, start:row] >= LEAST_SLOTS)
    count = before.sum(axis=1)
    level = np.log(done.activity[:, start : row + 1] + 0.05)
    past = np.where(before, level[:, :-1], np.nan)
    first = _first_use(course, done, start, row)
    hour, usual, by_usual = _usual_first(first, before)
    return {
        "valid": (course.valid[:, row] & (course.slots[:, row] >= LEAST_SLOTS)).astype(float),
        "away": course.away[:, row].astype(float),
        "days": count.astype(float),
        "kwh": done.total[:, row].astype(float),
        "usual_kwh": _mean(np.where(before, done.total[:, start:row], np.nan)),
        "activity": done.activity[:, row].astype(float),
        "usual_activity": _mean(np.where(before, done.activity[:, start:row], np.nan)),
        "level": level[:, -1].astype(float),
        "usual_level": _mean(past),
        "spread": np.sqrt(np.maximum(_mean(past**2) - _mean(past) ** 2, 0)),
        "alike": _correlation(
            done.hourly[:, row].astype(float), _usual_hours(done.hourly[:, start:row], before)
        ),
        "first_use": hour,
        "usual_first": usual,
        "by_usual": by_usual.astype(float),
    }


def _mean(values: Array) -> Array:
    """The mean over axis 1 of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    # Made doubles first: a sum that casts as it goes is cut where NumPy's buffer happens to end.
    total = np.where(known, values, 0).astype(float).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Array = total / known.sum(axis=1)
    return mean


def _usual_hours(hourly: Array, before: Array) -> Array:
    """The mean day of those that count, by the hour: (homes, 24); NaN where none does."""
    total = np.zeros((len(hourly), HOURS))
    for number in range(hourly.shape[1]):
        total += np.where(before[:, number, None], hourly[:, number], 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Array = total / before.sum(axis=1)[:, None]
    return mean


def _correlation(one: Array, other: Array) -> Array:
    """Pearson's correlation of rows; 0 where either is flat."""
    a = one - one.mean(axis=1, keepdims=True)
    b = other - other.mean(axis=1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        alike: Array = np.where(size > 1e-9, (a * b).sum(axis=1) / size, size * 0)
    return alike


def _first_use(course: Course, done: Read, start: int, row: int) -> Array:
    """Hour of the first slot in use from 04:00 on, 24 where none: (homes, days of the span)."""
    span = slice(start, row + 1)
    slots = course.slots[:, span]
    first = np.full(slots.shape, float(HOURS))
    least = done.least[:, span].min(axis=1)
    step = np.where(np.isfinite(least), least, 0.0)
    usable = course.valid[:, span] & (slots >= LEAST_SLOTS)
    for size in np.unique(slots[usable]):
        mine = usable & (slots == size)
        kwh = np.where(mine[:, :, None], course.kwh[:, span, :size], np.nan)
        bound = _in_use_above(kwh[:, :-1], step, int(size))
        hour = np.arange(size) * HOURS / size
        on = (kwh > bound[:, None, None]) & (hour >= WAKING_HOUR)
        found = np.where(on.any(axis=2), hour[on.argmax(axis=2)], float(HOURS))
        first = np.where(mine, found, first)
    return first


def _in_use_above(kwh: Array, step: Array, slots: int) -> Array:
    """The energy of a slot above which something is in use, by each home's small hours."""
    hour = np.arange(slots) * HOURS / slots
    night = kwh[:, :, (hour >= NIGHT_HOURS[0]) & (hour < NIGHT_HOURS[1])]
    values = np.sort(night.reshape(len(kwh), -1), axis=1)  # NaN go last
    known = (~np.isnan(values)).sum(axis=1)
    standing = _quantile(values, known, 0.25)
    itself = _quantile(values, known, USE_NIGHT)
    least: Array = np.maximum(
        np.maximum(itself, standing + USE_KWH), standing + USE_STEPS * step + 1e-6
    )
    return least


def _quantile(ordered: Array, known: Array, share: float) -> Array:
    """A quantile of rows sorted with NaN last; NaN where nothing is known."""
    if ordered.shape[1] == 0:  # a home's very first day
        return np.full(len(ordered), np.nan)
    at = np.ceil(share * np.maximum(known - 1, 0)).astype(np.int64)
    picked: Array = np.take_along_axis(ordered, at[:, None], axis=1)[:, 0].astype(float)
    return picked


def _usual_first(first: Array, before: Array) -> tuple[Array, Array, Array]:
    """(the day's first use, the usual days' 95th percentile, how many days were within it)."""
    past = np.sort(np.where(before, first[:, :-1], np.nan), axis=1)
    usual = _quantile(past, before.sum(axis=1), LATE_QUANTILE)
    with np.errstate(invalid="ignore"):
        within = (past <= usual[:, None]).sum(axis=1)
    return first[:, -1], usual, within
