"""The shape of a day in a few numbers, as SQL: from slot columns (fast) or from an array.

Both ways add the same values in the same order, in double precision, after rounding each slot to
the FLOAT that the lake stores; a day that is read back and worked again gets the same features.
"""

from __future__ import annotations

from lamplit.meters.canonical import (
    BLOCK_MINUTES_MAX,
    BLOCKS,
    NIGHT_BLOCKS,
    PARTS_OF_DAY,
    QUALITY_LETTERS,
    SMALL_HOURS_BLOCKS,
    block_bounds,
)

FEATURES = (
    "base_kwh",
    "top_kwh",
    "night_base_kwh",
    "night_top_kwh",
    "night_kwh",
    "small_hours_kwh",
    *PARTS_OF_DAY,
    "active_blocks",
    "peak_kw",
)

ACTIVE_FACTOR = 1.3
ACTIVE_MARGIN_KWH = 0.05
"""A block is active when it exceeds 1.3 × the smallest block + 0.05 kWh: above standby by more
than its own wobble, and by more than a coarse meter's step."""

KWH_DECIMALS = 5
"""A day's sum is rounded here: finer digits come from the FLOAT of the slots, not the meter."""


def with_features(relation: str) -> str:
    """SELECT all columns of a relation that has `intervals`, `slots`, `minutes`; add FEATURES."""
    blocks = ", ".join(f"{_array_block(k)} AS b{k}" for k in range(BLOCKS))
    peak = f"CASE WHEN minutes BETWEEN 1 AND {BLOCK_MINUTES_MAX} THEN list_max(intervals) END"
    inner = f"SELECT *, {blocks}, {peak} AS top_slot FROM ({relation})"
    return finish(inner)


def finish(relation: str) -> str:
    """From columns b0 … b11 (DOUBLE, NULL when not complete) and `top_slot`, the FEATURES."""
    every = [f"b{k}" for k in range(BLOCKS)]
    night = [f"b{k}" for k in NIGHT_BLOCKS]
    small = [f"b{k}" for k in SMALL_HOURS_BLOCKS]
    lows = (
        f"SELECT *, least({', '.join(every)}) AS low, greatest({', '.join(every)}) AS high, "
        f"least({', '.join(night)}) AS night_low, greatest({', '.join(night)}) AS night_high "
        f"FROM ({relation})"
    )
    limit = f"(low * {ACTIVE_FACTOR} + {ACTIVE_MARGIN_KWH})"
    active = " + ".join(f"CAST(coalesce({b} > {limit}, false) AS UTINYINT)" for b in every)
    parts = "".join(
        f"CAST(b{one} + b{two} AS FLOAT) AS {name}, " for name, (one, two) in PARTS_OF_DAY.items()
    )
    columns = (
        "CAST(low * 12 AS FLOAT) AS base_kwh, CAST(high AS FLOAT) AS top_kwh, "
        "CAST(night_low * 12 AS FLOAT) AS night_base_kwh, "
        "CAST(night_high AS FLOAT) AS night_top_kwh, "
        f"CAST({_sum_known(night)} AS FLOAT) AS night_kwh, "
        f"CAST({_sum_known(small)} AS FLOAT) AS small_hours_kwh, {parts}"
        f"CASE WHEN low IS NOT NULL THEN CAST({active} AS UTINYINT) END AS active_blocks, "
        "CAST(CASE WHEN low IS NOT NULL THEN top_slot * 60 / minutes END AS FLOAT) AS peak_kw"
    )
    dropped = ", ".join([*every, "top_slot", "low", "high", "night_low", "night_high"])
    return f"SELECT * EXCLUDE ({dropped}), {columns} FROM ({lows})"


def measured_wide(wide: str, points: int, max_kwh: float) -> str:
    """SELECT a wide relation with its day's numbers in place of its slots.

    Over slot columns s0 … s{points-1} (FLOAT) and `quality`, which is of the slots that have a
    value. Adds kwh, known, slots_read, zero_slots, intervals, slot_quality, b0 … b11 and
    top_slot, and finds negative and absurd values for `bad`. Plain arithmetic, since it runs
    over every row of a wide file.
    """
    slots = [f"s{i}" for i in range(points)]
    minutes = 1440 // points
    shaped = minutes <= BLOCK_MINUTES_MAX
    # Sums in double precision: a FLOAT's seven digits would not hold a day's energy.
    parts = [[f"CAST({s} AS DOUBLE)" for s in slots[a:z]] for a, z in block_bounds(points)]
    sums = [" + ".join(part) for part in parts if part]
    blocks = [" + ".join(part) if part and shaped else "CAST(NULL AS DOUBLE)" for part in parts]
    inner = ", ".join(f"{b} AS b{k}" for k, b in enumerate(blocks))
    # NULL as soon as any slot is: tells complete days, nearly all, from those to look at closely.
    whole = "whole" if not shaped else " + ".join(f"b{k}" for k in range(BLOCKS))
    if not shaped:
        inner += f", {' + '.join(sums)} AS whole"
    known = " + ".join(f"CAST({s} IS NOT NULL AS SMALLINT)" for s in slots)
    zeros = " + ".join(f"CAST({s} = 0 AS SMALLINT)" for s in slots)
    some_zeros = " + ".join(f"CAST(coalesce({s} = 0, false) AS SMALLINT)" for s in slots)
    some = " + ".join(f"coalesce(CAST({s} AS DOUBLE), 0)" for s in slots)
    top = "most" if shaped else "NULL"
    letter = f"'{QUALITY_LETTERS}'[quality + 1]"
    letters = " || ".join(f"(CASE WHEN {s} IS NULL THEN 'M' ELSE {letter} END)" for s in slots)
    # list_max costs a third of greatest() over as many columns, and a chain of OR next to nothing.
    negative = f"({' OR '.join(f'{s} < 0' for s in slots)})"
    laid = f"SELECT *, [{', '.join(slots)}] AS intervals FROM ({wide})"
    counted = (
        "SELECT * REPLACE (CASE WHEN bad IS NOT NULL THEN bad "
        f"WHEN {negative} THEN 'negative' "
        f"WHEN most > CAST({max_kwh} AS FLOAT) THEN 'absurd' END AS bad), {inner} "
        f"FROM (SELECT *, list_max(intervals) AS most FROM ({laid}))"
    )
    measured = f"SELECT *, {whole} AS total FROM ({counted})"
    numbered = (
        f"SELECT *, CASE WHEN total IS NOT NULL THEN {points} ELSE {known} END AS known "
        f"FROM ({measured})"
    )
    return (
        f"SELECT * EXCLUDE ({', '.join(slots)}), "
        f"CASE WHEN total IS NOT NULL THEN round(total, {KWH_DECIMALS}) "
        f"WHEN known > 0 THEN round({some}, {KWH_DECIMALS}) END AS kwh, "
        "CASE WHEN quality = 0 THEN known ELSE 0 END AS slots_read, "
        f"CASE WHEN quality <> 0 THEN 0 WHEN total IS NOT NULL THEN {zeros} "
        f"ELSE {some_zeros} END AS zero_slots, "
        f"CASE WHEN known < {points} OR quality <> 0 THEN {letters} END AS slot_quality, "
        f"CAST({top} AS DOUBLE) AS top_slot FROM ({numbered})"
    )


def _array_block(k: int) -> str:
    low, high = f"({k} * slots + 11) // 12", f"(({k} + 1) * slots + 11) // 12"
    part = f"intervals[CAST({low} + 1 AS BIGINT) : CAST({high} AS BIGINT)]"
    return (
        f"CASE WHEN minutes BETWEEN 1 AND {BLOCK_MINUTES_MAX} AND {high} > {low} "
        f"AND list_count({part}) = {high} - {low} "
        f"THEN list_sum(CAST({part} AS DOUBLE[])) END"
    )


def _sum_known(blocks: list[str]) -> str:
    """The sum of the blocks that are known; NULL when none is."""
    total = " + ".join(f"coalesce({b}, 0)" for b in blocks)
    return f"CASE WHEN coalesce({', '.join(blocks)}) IS NOT NULL THEN {total} END"
