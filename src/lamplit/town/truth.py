"""The truth: who was there, day by day, and what stood in the way of knowing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lamplit.domain.words import Quality
from lamplit.town.arrays import U64, Bool
from lamplit.town.calendar import Calendar
from lamplit.town.classes import CLASSES
from lamplit.town.confounders import BIT, CONFOUNDERS
from lamplit.town.ids import days_array, household_ids, mask_words
from lamplit.town.metering import Meters
from lamplit.town.presence import empty_spells
from lamplit.town.presets import Layout
from lamplit.town.tables import registers_lost
from lamplit.town.troubles import Trouble

OF_THE_METER = np.bitwise_or.reduce([BIT[c.code] for c in CONFOUNDERS if c.fault])
"""Confounders of the meter and its line: two households on one meter have them both."""

CLASS_WORDS = pa.array([c.code for c in CLASSES], pa.string())


@dataclass
class Truth:
    """What is known of a shard: by home and day."""

    occupied: Bool
    missing: Bool
    valid_share: np.ndarray
    labels: U64
    day_labels: U64
    troubles: list[Trouble]


def truth_of(
    occupied: Bool, meters: Meters, calendar: Calendar, layout: Layout, troubles: list[Trouble]
) -> Truth:
    """Put presence and the state of the readings side by side.

    A day is missing when the files hold no honest, actual value of it: what a detector may then
    rightly say is "unknown".
    """
    honest = meters.honest
    missing: Bool = np.asarray(~honest.any(axis=2))
    if layout == "daily":
        missing |= (meters.quality == Quality.MISSING).sum(axis=2) * 2 > calendar.slots
    if layout == "registers":
        lost = registers_lost(meters)
        missing |= lost[:, :-1] | lost[:, 1:]
    late = {(home, day) for home, day, _ in meters.late}
    for home, day in late:
        missing[home, day] = False
    meter = meters.shared_with
    daily = meters.day_labels | (meters.day_labels[meter] & OF_THE_METER)
    for odd in calendar.odd_days:
        daily[:, odd] |= BIT["dst_day"]
    labels = meters.labels | (meters.labels[meter] & OF_THE_METER)
    return Truth(occupied, missing[meter], honest.mean(axis=2)[meter], labels, daily, troubles)


def truth_table(
    truth: Truth, first: int, cls: np.ndarray, lives_alone: Bool, calendar: Calendar
) -> pa.Table:
    """One row per household and day; the columns are described in docs/reference/town.md."""
    n, days = truth.occupied.shape
    home = np.repeat(np.arange(n, dtype=np.int32), days)
    date = np.tile(days_array(calendar.start.toordinal(), days), n)
    names = household_ids(np.arange(first, first + n))
    return pa.table(
        {
            "household_id": pa.DictionaryArray.from_arrays(pa.array(home), names),
            "day": pa.array(date).cast(pa.date32()),
            "occupied": truth.occupied.ravel(),
            "empty_spell": empty_spells(truth.occupied).ravel(),
            "home_class": pa.DictionaryArray.from_arrays(pa.array(cls[home]), CLASS_WORDS),
            "confounder": mask_words(np.repeat(truth.labels, days)),
            "confounder_day": mask_words(truth.day_labels.ravel()),
            "missing": truth.missing.ravel(),
            "valid_share": truth.valid_share.ravel().astype(np.float32),
            "lived_alone": lives_alone[home],
        }
    )


def event_table(truth: Truth, first: int, calendar: Calendar) -> pa.Table:
    """What happened: went_dark and returned by the spells, routine_broken, frozen_high.

    household_id, day (the first whole empty day, the first day back, the day it began), event,
    days (how many it lasted within the period).
    """
    n = len(truth.occupied)
    spells = empty_spells(truth.occupied)
    edge = np.zeros((n, 1), dtype=np.int8)
    change = np.diff(np.concatenate([edge, spells.astype(np.int8), edge], axis=1), axis=1)
    home, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    began, back = start > 0, end < calendar.days
    slots = calendar.slots
    rows = [
        (h, s, "went_dark", e - s)
        for h, s, e in zip(home[began], start[began], end[began], strict=True)
    ]
    rows += [
        (h, e, "returned", e - s)
        for h, s, e in zip(home[back], start[back], end[back], strict=True)
    ]
    rows += [
        (t.home, t.start // slots, t.event, (t.end - 1) // slots - t.start // slots + 1)
        for t in truth.troubles
    ]
    rows.sort(key=lambda r: (int(r[0]), int(r[1]), r[2]))
    epoch = days_array(calendar.start.toordinal(), calendar.days)
    homes = np.asarray([r[0] for r in rows], dtype=np.int64)
    at = np.asarray([r[1] for r in rows], dtype=np.int64)
    return pa.table(
        {
            "household_id": household_ids(homes + first),
            "day": pa.array(epoch[at]).cast(pa.date32()),
            "event": pa.array([r[2] for r in rows], pa.string()),
            "days": pa.array([int(r[3]) for r in rows], pa.int32()),
        }
    )
