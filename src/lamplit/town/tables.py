"""A shard's rows as Arrow tables, in each of the documented layouts."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa

from lamplit.domain.words import Quality
from lamplit.town.arrays import F64, I64, Bool
from lamplit.town.calendar import Calendar
from lamplit.town.confounders import BIT
from lamplit.town.ids import days_array, meter_ids
from lamplit.town.metering import Meters
from lamplit.town.rows import Rows

QUALITY_WORDS = pa.array([q.name.lower() for q in Quality], pa.string())
REGISTER_DIGITS = 6


def _meter_column(rows: Rows, first: int) -> pa.DictionaryArray:
    """Meter ids, one dictionary entry per meter of the shard."""
    key = rows.home * 2 + rows.replaced
    unique, index = np.unique(key, return_inverse=True)
    names = meter_ids(unique // 2 + first, unique % 2)
    return pa.DictionaryArray.from_arrays(pa.array(index.ravel().astype(np.int32)), names)


def _day_column(rows: Rows, calendar: Calendar) -> pa.Array:
    days = days_array(calendar.start.toordinal(), calendar.days)[rows.day]
    return pa.array(days).cast(pa.date32())


def _quality_column(codes: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), QUALITY_WORDS)


def _numbers(values: np.ndarray) -> pa.Array:
    """Floats with null for NaN."""
    return pa.array(values, from_pandas=True)


def day_quality(rows: Rows) -> np.ndarray:
    """One quality per row: missing where no slot has a value, else the worst that has one."""
    real = np.arange(rows.kwh.shape[1])[None, :] < rows.slots[:, None]
    some = rows.quality < Quality.MISSING
    worst = np.where(some & real, rows.quality, 0).max(axis=1)
    return np.where((some & real).any(axis=1), worst, int(Quality.MISSING))


def wide_table(rows: Rows, first: int, calendar: Calendar, seq: int) -> pa.Table:
    """One row per meter, day and direction: meter_id, day, direction, quality, seq, P1 … Pn."""
    quality = day_quality(rows)
    import_part = _wide_part(rows, first, calendar, seq, "import", rows.kwh, quality)
    at = np.flatnonzero(rows.has_export)
    if not len(at):
        return import_part
    some = Rows(*(getattr(rows, name)[at] for name in rows.__dataclass_fields__))
    export_part = _wide_part(some, first, calendar, seq, "export", some.export, quality[at])
    return pa.concat_tables([import_part, export_part])


def _wide_part(
    rows: Rows, first: int, calendar: Calendar, seq: int, direction: str, values: F64,
    quality: np.ndarray,
) -> pa.Table:  # fmt: skip
    columns = np.ascontiguousarray(values.T)
    names = ["meter_id", "day", "direction", "quality", "seq"]
    n = len(rows.home)
    made = [
        _meter_column(rows, first),
        _day_column(rows, calendar),
        pa.repeat(pa.scalar(direction), n),
        _quality_column(quality),
        pa.repeat(pa.scalar(seq, pa.int64()), n),
    ]
    made += [_numbers(column) for column in columns]
    names += [f"P{i + 1}" for i in range(len(columns))]
    return pa.table(made, names=names)


def long_table(rows: Rows, first: int, calendar: Calendar, seq: int, meters: Meters) -> pa.Table:
    """One row per meter and slot: meter_id, time (UTC, start), kwh, kwh_export, quality, seq.

    Slots without a value are absent, or null with quality `missing`, by the home's way.
    """
    width = rows.kwh.shape[1]
    real = np.arange(width)[None, :] < rows.slots[:, None]
    keep = real & ~((rows.quality == Quality.MISSING) & meters.drop_empty[rows.home][:, None])
    row, slot = np.nonzero(keep)
    epoch = np.asarray([_seconds(t) for t in calendar.midnight], dtype=np.int64)
    time = epoch[rows.day[row]] + slot * (calendar.minutes * 60)
    ids = _meter_column(rows, first)
    export = rows.export[row, slot] if rows.export.size else np.full(len(row), np.nan)
    return pa.table(
        {
            "meter_id": ids.take(pa.array(row)),
            "time": pa.array(time).cast(pa.timestamp("s", "UTC")),
            "kwh": _numbers(rows.kwh[row, slot]),
            "kwh_export": _numbers(export),
            "quality": _quality_column(rows.quality[row, slot]),
            "seq": pa.repeat(pa.scalar(seq, pa.int64()), len(row)),
        }
    )


def _seconds(instant: datetime) -> int:
    return int((instant - datetime(1970, 1, 1)).total_seconds())


def daily_table(rows: Rows, first: int, calendar: Calendar, seq: int, meters: Meters) -> pa.Table:
    """One row per meter and day: meter_id, day, kwh, kwh_export, quality, seq.

    A day's energy comes from the register, so that a gap within the day does not lessen it; a day
    with most of its slots missing has no value.
    """
    lost = day_lost(rows)
    ticks = meters.ticks[rows.home, rows.day].sum(axis=1)
    kwh = ticks / meters.inverse_step[rows.home]
    swapped = meters.swap_slot[rows.home] // calendar.slots == rows.day
    kwh = np.where(swapped, np.nansum(rows.kwh, axis=1), kwh)
    kwh = np.where(lost, np.nan, kwh)
    export = np.full(len(kwh), np.nan)
    if rows.export.size:
        seen = rows.has_export & ~lost
        export[seen] = np.nansum(rows.export[seen], axis=1)
    quality = np.where(lost, int(Quality.MISSING), np.minimum(day_quality(rows), 2))
    keep = np.flatnonzero(~(lost & meters.drop_empty[rows.home]))
    table = pa.table(
        {
            "meter_id": _meter_column(rows, first),
            "day": _day_column(rows, calendar),
            "kwh": _numbers(np.round(kwh, 4)),
            "kwh_export": _numbers(np.round(export, 4)),
            "quality": _quality_column(quality),
            "seq": pa.repeat(pa.scalar(seq, pa.int64()), len(kwh)),
        }
    )
    return table.take(pa.array(keep))


def day_lost(rows: Rows) -> Bool:
    """Meter-days with more than half of their slots missing."""
    real = np.arange(rows.kwh.shape[1])[None, :] < rows.slots[:, None]
    missing = ((rows.quality == Quality.MISSING) & real).sum(axis=1)
    return np.asarray(missing * 2 > rows.slots)


def register_table(
    meters: Meters,
    first: int,
    calendar: Calendar,
    seq: int,
    rng: np.random.Generator,
    *,
    read_days: int,
) -> pa.Table:
    """Registers at 00:00 at the start of each day: meter_id, day, register_kwh, register_export,
    digits, quality, seq; one day more than is read, so that the last has its difference.
    """
    n, days, slots = meters.shape
    by_day = meters.ticks.sum(axis=2, dtype=np.int64)
    modulus = 10**REGISTER_DIGITS * meters.inverse_step
    start = (rng.random(n) * 0.04 * modulus).astype(np.int64)
    turning = (meters.labels & BIT["register_rollover"]) != 0
    start = np.where(
        turning, modulus - (by_day.sum(axis=1) * rng.uniform(0.1, 0.9, n)).astype(int) - 1, start
    )
    run = np.concatenate([np.zeros((n, 1), dtype=np.int64), np.cumsum(by_day, axis=1)], axis=1)
    home, day, value, replaced = _register_rows(meters, start, run, modulus, slots)
    place = np.full(n, -1)
    place[meters.export_rows] = np.arange(len(meters.export_rows))
    exported = np.full(len(home), np.nan)
    if len(meters.export_rows):
        total = np.cumsum(meters.export.sum(axis=2, dtype=np.int64), axis=1)
        total = np.concatenate([np.zeros((len(total), 1), dtype=np.int64), total], axis=1)
        seen = place[home] >= 0
        exported[seen] = total[place[home[seen]], day[seen]] / meters.inverse_step[home[seen]]
    shell = Rows(home, day, replaced, day, value, value, replaced, day.astype(np.uint8))
    epoch = days_array(calendar.start.toordinal(), days + 1)[day]
    lost = np.isnan(value)
    table = pa.table(
        {
            "meter_id": _meter_column(shell, first),
            "day": pa.array(epoch).cast(pa.date32()),
            "register_kwh": _numbers(value),
            "register_export": _numbers(np.where(lost, np.nan, exported)),
            "digits": pa.repeat(pa.scalar(REGISTER_DIGITS, pa.int8()), len(home)),
            "quality": _quality_column(np.where(lost, 3, 0)),
            "seq": pa.repeat(pa.scalar(seq, pa.int64()), len(home)),
        }
    )
    return table.filter(pa.array(day <= read_days))


def _register_rows(
    meters: Meters, start: I64, run: I64, modulus: I64, slots: int
) -> tuple[I64, I64, F64, Bool]:
    """Home, day, value and whether on the second meter, of each register row delivered."""
    n = meters.shape[0]
    lost = registers_lost(meters)
    own = meters.shared_with == np.arange(n)
    home, day = np.nonzero(own[:, None] & ~(lost & meters.drop_empty[:, None]))
    swap = meters.swap_slot[home]
    replaced = (swap >= 0) & (day * slots > swap)
    before = np.zeros(n, dtype=np.int64)
    for h in np.flatnonzero(meters.swap_slot >= 0):
        before[h] = meters.ticks[h].reshape(-1)[: meters.swap_slot[h]].sum()
    count = np.where(replaced, run[home, day] - before[home], start[home] + run[home, day])
    value = (count % modulus[home]) / meters.inverse_step[home]
    return home, day, np.where(lost[home, day], np.nan, value), replaced


def registers_lost(meters: Meters) -> Bool:
    """Which registers never came: those whose preceding slot was missing; (homes, days + 1)."""
    last = meters.quality[:, :, -1] == Quality.MISSING
    first = meters.quality[:, :1, 0] == Quality.MISSING
    return np.asarray(np.concatenate([first, last], axis=1))
