"""When a meter-day comes again: which reading of each slot wins, and what became of each row.

SQL text over these relations: `pool` (slot rows, new ones and those of the lake, with `old`),
`old_rows` (the lake's rows of the same keys).
"""

from __future__ import annotations

from typing import Final

from lamplit.meters.slots import SLOT_COLUMNS

DUPLICATE: Final = 0
KEPT: Final = 1
CORRECTED: Final = 2
"""What became of a row; of several slots from one row, the highest counts."""

KEY: Final = "meter_id, day"


def pool(fresh: str, old_slots: str) -> str:
    """New slot rows and the lake's own, told apart by `old`."""
    return (
        f"SELECT {SLOT_COLUMNS}, false AS old FROM {fresh} UNION ALL "
        f"SELECT {SLOT_COLUMNS}, true AS old FROM ({old_slots})"
    )


def ranked(pool_name: str) -> str:
    """The pool with `grid` (the interval length that the day keeps) and `place` (1: the winner).

    A value beats none; then the higher sequence; then the later batch; then the later line. A day
    whose sources disagree on the interval length keeps that of its latest reading, and intervals
    beat a day's total.
    """
    order = (
        "struct_pack(a := kwh IS NOT NULL, b := minutes > 0, c := seq, d := batch, "
        "e := coalesce(line, 0))"
    )
    grids = f"SELECT {KEY}, arg_max(minutes, {order}) AS grid FROM {pool_name} GROUP BY {KEY}"
    rank = (
        f"row_number() OVER (PARTITION BY {KEY}, outward, slot ORDER BY minutes = grid DESC, "
        "kwh IS NOT NULL DESC, seq DESC, batch DESC, coalesce(line, 0) DESC)"
    )
    return (
        f"SELECT p.*, g.grid, {rank} AS place FROM {pool_name} AS p "
        f"JOIN ({grids}) AS g USING ({KEY})"
    )


def judged(ranked_name: str, old_rows: str) -> str:
    """The new slot rows of a ranked pool with their `fate`, and `bump`.

    `bump`: the value is known already, and is now known to hold at a later sequence.
    """
    before = (
        f"SELECT {KEY}, outward, slot, kwh AS was, quality AS was_quality, seq AS was_seq, "
        f"minutes AS was_minutes FROM {ranked_name} WHERE old"
    )
    same = "was IS NOT DISTINCT FROM kwh AND was_quality = quality"
    fate = (
        f"CASE WHEN place > 1 OR minutes <> grid THEN {DUPLICATE} "
        f"WHEN kwh IS NULL THEN CASE WHEN known THEN {DUPLICATE} ELSE {KEPT} END "
        f"WHEN was IS NULL OR was_minutes <> grid THEN {KEPT} "
        f"WHEN {same} THEN {DUPLICATE} ELSE {CORRECTED} END"
    )
    joined = (
        "SELECT r.*, b.was, b.was_quality, b.was_seq, b.was_minutes, "
        "o.meter_id IS NOT NULL AS known "
        f"FROM {ranked_name} AS r "
        f"LEFT JOIN ({before}) AS b ON r.meter_id = b.meter_id AND r.day = b.day "
        "AND r.outward = b.outward AND r.slot = b.slot AND b.was_minutes = r.grid "
        f"LEFT JOIN (SELECT {KEY} FROM {old_rows}) AS o "
        "ON r.meter_id = o.meter_id AND r.day = o.day "
        "WHERE NOT r.old"
    )
    explicit = "seq <> (CAST(batch AS BIGINT) << 20)"
    return (
        f"SELECT *, {fate} AS fate, "
        f"(place = 1 AND minutes = grid AND {same} AND {explicit} AND seq > was_seq) AS bump "
        f"FROM ({joined})"
    )


def tally(judged_name: str, elsewhere: str) -> str:
    """How many rows (lines) of each batch came to which fate: batch, fate, n.

    `elsewhere`: (batch, line) of rows that also have slots in days that are simply new.
    """
    lines = (
        f"SELECT batch, line, max(fate) AS fate FROM (SELECT batch, line, fate FROM {judged_name} "
        f"UNION ALL SELECT batch, line, {KEPT} FROM ({elsewhere})) GROUP BY batch, line"
    )
    return f"SELECT batch, fate, count(*) AS n FROM ({lines}) GROUP BY batch, fate"


def changed_keys(judged_name: str) -> str:
    """The meter-days to write again, with the batch that last changed what they say."""
    return (
        f"SELECT {KEY}, max(batch) FILTER (WHERE fate <> {DUPLICATE}) AS changed_by "
        f"FROM {judged_name} GROUP BY {KEY} "
        f"HAVING max(fate) <> {DUPLICATE} OR bool_or(bump)"
    )


def winners(ranked_name: str, changed: str) -> str:
    """The slot rows that the days to write again are made of."""
    return (
        f"SELECT {SLOT_COLUMNS} FROM {ranked_name} SEMI JOIN {changed} USING ({KEY}) "
        "WHERE place = 1 AND minutes = grid"
    )


def rewritten(rows: str, changed: str, old_rows: str) -> str:
    """Rows made from the winners, with what only the old row knows: registers, and its batch."""
    return (
        "SELECT r.* REPLACE (coalesce(c.changed_by, o.batch) AS batch, "
        "coalesce(r.register_kwh, o.register_kwh) AS register_kwh, "
        "coalesce(r.register_export_kwh, o.register_export_kwh) AS register_export_kwh), "
        "o.meter_id IS NOT NULL AS known "
        f"FROM ({rows}) AS r JOIN {changed} AS c ON r.meter_id = c.meter_id AND r.day = c.day "
        f"LEFT JOIN {old_rows} AS o ON r.meter_id = o.meter_id AND r.day = o.day"
    )
