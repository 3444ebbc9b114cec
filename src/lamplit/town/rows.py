"""Which rows a shard delivers: one per meter and day, less those that never came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lamplit.domain.words import Quality
from lamplit.town.arrays import F64, I64, U8, Bool
from lamplit.town.calendar import Calendar
from lamplit.town.metering import Meters


@dataclass
class Rows:
    """Meter-days in order of home and day. `kwh` has NaN where there is no value; `quality` is by
    slot; shape (rows, widest day's slots), padded with NaN and MISSING.
    """

    home: I64
    day: I64
    replaced: Bool
    slots: I64
    kwh: F64
    export: F64
    has_export: Bool
    quality: U8


def delivered(meters: Meters, calendar: Calendar) -> Rows:
    """The rows of the first delivery."""
    n, days, _ = meters.shape
    own = meters.shared_with == np.arange(n)
    lost = (meters.quality == Quality.MISSING).all(axis=2)
    came = own[:, None] & ~(lost & meters.drop_empty[:, None])
    home, day = np.nonzero(came)
    swap_day = np.where(meters.swap_slot >= 0, meters.swap_slot // calendar.slots, days)
    replaced = day >= swap_day[home]
    swapped = np.flatnonzero(own & (swap_day < days))
    # On the day of the swap the old meter has the morning, the new one the rest.
    home = np.concatenate([home, swapped])
    day = np.concatenate([day, swap_day[swapped]])
    replaced = np.concatenate([replaced, np.zeros(len(swapped), dtype=np.bool_)])
    order = np.lexsort((replaced, day, home))
    return rows_of(meters, calendar, home[order], day[order], replaced[order])


def before(rows: Rows, day: int) -> Rows:
    """The rows of the days before one."""
    there = rows.day < day
    if there.all():
        return rows
    export = rows.export[there] if rows.export.size else rows.export
    return Rows(
        rows.home[there], rows.day[there], rows.replaced[there], rows.slots[there], rows.kwh[there],
        export, rows.has_export[there], rows.quality[there],
    )  # fmt: skip


def rows_of(meters: Meters, calendar: Calendar, home: I64, day: I64, replaced: Bool) -> Rows:
    """The chosen meter-days with their values, on real slots (DST days included)."""
    ticks = meters.ticks[home, day]
    quality = meters.quality[home, day]
    _split_swaps(meters, calendar, home, day, replaced, quality)
    kwh = ticks / meters.inverse_step[home][:, None].astype(np.float64)
    kwh[quality == Quality.MISSING] = np.nan
    place = np.full(meters.shape[0], -1)
    place[meters.export_rows] = np.arange(len(meters.export_rows))
    with_export = place[home] >= 0
    export = np.full(kwh.shape if with_export.any() else (0, 0), np.nan)
    if with_export.any():
        counted = meters.export[place[home[with_export]], day[with_export]]
        export[with_export] = counted / meters.inverse_step[home[with_export]][:, None]
        export[np.isnan(kwh)] = np.nan
    slots = np.full(len(home), calendar.slots)
    rows = Rows(home, day, replaced, slots, kwh, export, with_export, quality)
    return _on_the_wall(rows, calendar) if calendar.odd_days else rows


def _split_swaps(
    meters: Meters, calendar: Calendar, home: I64, day: I64, replaced: Bool, quality: U8
) -> None:
    at = meters.swap_slot[home]
    for row in np.flatnonzero((at >= 0) & (at // calendar.slots == day)):
        cut = int(at[row] % calendar.slots)
        away = slice(0, cut) if replaced[row] else slice(cut, None)
        quality[row, away] = Quality.MISSING


def _on_the_wall(rows: Rows, calendar: Calendar) -> Rows:
    """Rows on the real slots of their days: an hour less in spring, one more in autumn."""
    width = max(len(w) for w in calendar.wall)
    extra = width - calendar.slots
    pad = ((0, 0), (0, extra))
    kwh = np.pad(rows.kwh, pad, constant_values=np.nan)
    quality = np.pad(rows.quality, pad, constant_values=int(Quality.MISSING))
    export = np.pad(rows.export, pad, constant_values=np.nan) if rows.export.size else rows.export
    slots = rows.slots.copy()
    for odd in calendar.odd_days:
        at = np.flatnonzero(rows.day == odd)
        wall = calendar.wall[odd]
        for made, given, empty in (
            (kwh, rows.kwh, np.nan),
            (quality, rows.quality, Quality.MISSING),
            (export, rows.export, np.nan),
        ):
            if given.size:
                made[at] = empty
                made[np.ix_(at, np.arange(len(wall)))] = given[at][:, wall]
        slots[at] = len(wall)
    return Rows(rows.home, rows.day, rows.replaced, slots, kwh, export, rows.has_export, quality)


def corrected(meters: Meters) -> Meters:
    """The meters as the second delivery has them: days put right."""
    right = replace(meters, ticks=meters.ticks.copy(), quality=meters.quality.copy())
    for home, day, ticks in meters.late:
        right.ticks[home, day] = ticks
        right.quality[home, day] = Quality.ACTUAL
    return right


def late_rows(right: Meters, calendar: Calendar, rng: np.random.Generator) -> Rows:
    """The second delivery: days put right, and some that are delivered again as they were."""
    home = np.asarray([late[0] for late in right.late], dtype=np.int64)
    day = np.asarray([late[1] for late in right.late], dtype=np.int64)
    before = np.maximum(day - 1, 0)
    again = (rng.random(len(home)) < 0.3) & (day > 0)
    again &= right.honest[home, before].all(axis=1) & (right.day_labels[home, before] == 0)
    home = np.concatenate([home, home[again]])
    day = np.concatenate([day, before[again]])
    order = np.lexsort((day, home))
    return rows_of(right, calendar, home[order], day[order], np.zeros(len(home), dtype=np.bool_))
