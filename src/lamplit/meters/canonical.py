"""The shapes that readings take between a source file and the lake.

A layout yields one of three relations (`INTERVALS`, `DAYS`, `REGISTERS`); the ingest core turns
each of them into meter-days (`METER_DAY`), the grain of the lake.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pyarrow as pa

IMPORT: Final = "import"
EXPORT: Final = "export"

INTERVALS: Final = pa.schema(
    [
        ("meter_id", pa.string()),
        ("start_utc", pa.timestamp("us")),  # UTC instant at which the period starts; no zone
        ("minutes", pa.int16()),
        ("direction", pa.string()),  # IMPORT or EXPORT
        ("kwh", pa.float64()),  # NULL: missing, and never zero
        ("quality", pa.uint8()),  # lamplit.domain.words.Quality
        ("raw_code", pa.string()),
        ("method", pa.string()),
        ("seq", pa.int64()),  # NULL: the source gives no sequence
        ("line", pa.int64()),  # number of the reading record in the file, from 1
    ]
)
"""One row per reading of one interval."""

DAYS: Final = pa.schema(
    [
        ("meter_id", pa.string()),
        ("day", pa.date32()),
        ("minutes", pa.int16()),  # 0: only the day's energy is known
        ("direction", pa.string()),
        ("intervals", pa.list_(pa.float64())),  # NULL when minutes = 0; NULL elements: missing
        ("kwh", pa.float64()),  # used when minutes = 0, else the sum of the intervals counts
        ("quality", pa.uint8()),  # of every slot that slot_quality does not speak of
        ("slot_quality", pa.string()),  # NULL, or one letter per slot: A E S M
        ("raw_code", pa.string()),
        ("method", pa.string()),
        ("seq", pa.int64()),
        # NULL: `day` is a local day of the home's timezone, its slots in wall-clock order.
        # Otherwise the slots run from 00:00 to 24:00 at this fixed offset from UTC (600 for
        # Australian market time), and the core cuts them into local days.
        ("utc_offset_minutes", pa.int16()),
        ("line", pa.int64()),
    ]
)
"""One row per meter, day and direction."""

REGISTERS: Final = pa.schema(
    [
        ("meter_id", pa.string()),
        ("at_day", pa.date32()),  # the value is as at 00:00, at the START of this local day
        ("direction", pa.string()),
        ("register_kwh", pa.float64()),  # as read off the register, before the multiplier
        ("digits", pa.int8()),  # integer digits before the register rolls over; NULL: unknown
        ("multiplier", pa.float64()),  # CT × PT; NULL: 1
        ("quality", pa.uint8()),
        ("raw_code", pa.string()),
        ("seq", pa.int64()),
        ("line", pa.int64()),
    ]
)
"""One row per reading of a cumulative register."""

METER_DAY: Final = pa.schema(
    [
        ("meter_id", pa.string()),
        ("day", pa.date32()),
        ("minutes", pa.int16()),
        ("slots", pa.int16()),
        ("slots_read", pa.int16()),
        ("kwh", pa.float64()),
        ("kwh_export", pa.float64()),
        ("quality", pa.uint8()),
        ("raw_code", pa.string()),
        ("method", pa.string()),
        ("base_kwh", pa.float32()),
        ("top_kwh", pa.float32()),
        ("night_base_kwh", pa.float32()),
        ("night_top_kwh", pa.float32()),
        ("night_kwh", pa.float32()),
        ("small_hours_kwh", pa.float32()),
        ("morning_kwh", pa.float32()),
        ("midday_kwh", pa.float32()),
        ("afternoon_kwh", pa.float32()),
        ("evening_kwh", pa.float32()),
        ("late_kwh", pa.float32()),
        ("active_blocks", pa.uint8()),
        ("peak_kw", pa.float32()),
        ("zero_slots", pa.int16()),
        ("register_kwh", pa.float64()),  # as at the end of the day, after the multiplier
        ("register_export_kwh", pa.float64()),
        ("intervals", pa.list_(pa.float32())),
        ("exports", pa.list_(pa.float32())),
        ("slot_quality", pa.string()),
        ("seq", pa.int64()),  # the highest of the day; its slots may have lower ones of their own
        ("slot_seq", pa.list_(pa.int64())),  # per import slot; NULL when all have `seq`
        ("export_seq", pa.list_(pa.int64())),  # per export slot; NULL when all have `seq`
        ("batch", pa.int32()),  # the batch that last changed the row
        ("line", pa.int64()),  # a record of that batch's file; NULL where lines were not counted
    ]
)
"""One row per meter and local day: what the lake stores."""

QUALITY_LETTERS: Final = "AESM"
"""The letters of `slot_quality`, at the index of their `Quality`."""

BLOCKS: Final = 12
"""Blocks of two hours in a local day."""

NIGHT_BLOCKS: Final = (10, 11, 0, 1, 2)
"""Blocks from 20:00 to 06:00, as they lie within one local day."""

SMALL_HOURS_BLOCKS: Final = (1, 2)
"""Blocks from 02:00 to 06:00."""

PARTS_OF_DAY: Final = {
    "morning_kwh": (3, 4),
    "midday_kwh": (5, 6),
    "afternoon_kwh": (7, 8),
    "evening_kwh": (9, 10),
    "late_kwh": (11, 0),
}
"""The other parts of a day, four hours each from 06:00 on: the blocks that each adds up. `late_kwh`
is 22:00-24:00 and 00:00-02:00 of the same local day."""

BLOCK_MINUTES_MAX: Final = 120
"""Intervals longer than this have no shape to speak of."""


def block_bounds(slots: int) -> list[tuple[int, int]]:
    """First and one-past-last slot of each block, for a day of `slots` slots.

    Block k holds the slots i with floor(i * 12 / slots) = k; a block may be empty when there are
    fewer than 12 slots.

    >>> block_bounds(24)[:2]
    [(0, 2), (2, 4)]
    """
    firsts = [-(-k * slots // BLOCKS) for k in range(BLOCKS + 1)]
    return list(pairwise(firsts))


SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.timestamp("us"): "TIMESTAMP",
    pa.date32(): "DATE",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.list_(pa.float32()): "FLOAT[]",
    pa.list_(pa.float64()): "DOUBLE[]",
    pa.list_(pa.int64()): "BIGINT[]",
}
"""How each type is written in SQL."""


def empty_relation(schema: pa.Schema) -> str:
    """A SELECT of the schema's columns, typed, with no rows."""
    columns = ", ".join(f"CAST(NULL AS {SQL_TYPES[f.type]}) AS {f.name}" for f in schema)
    return f"SELECT {columns} WHERE false"
