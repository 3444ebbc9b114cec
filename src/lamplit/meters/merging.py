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

    Each row is judged against what was there before its batch: the lake, and earlier batches of
    the group; so the counts don't depend on which files are committed together. `bump`: the value
    is known already, and is now known to hold at a later sequence.
    """
    key = (
        "struct_pack(has := kwh IS NOT NULL, seq := seq, batch := batch, "
        "line := coalesce(line, 0), kwh := kwh, quality := quality)"
    )
    slot = f"PARTITION BY {KEY}, outward, slot, minutes"
    earlier = "RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    before = f"max({key}) OVER ({slot} ORDER BY batch {earlier})"
    own = f"row_number() OVER ({slot}, batch, old ORDER BY {key} DESC)"
    weighed = f"SELECT *, {key} AS mine, {before} AS was, {own} AS turn FROM {ranked_name}"
    same = "was.kwh IS NOT DISTINCT FROM kwh AND was.quality = quality"
    fate = (
        f"CASE WHEN turn > 1 OR minutes <> grid THEN {DUPLICATE} "
        f"WHEN kwh IS NULL THEN CASE WHEN known OR was IS NOT NULL THEN {DUPLICATE} "
        f"ELSE {KEPT} END WHEN was IS NULL OR NOT was.has THEN {KEPT} "
        f"WHEN mine < was OR ({same}) THEN {DUPLICATE} ELSE {CORRECTED} END"
    )
    joined = (
        "SELECT r.*, o.meter_id IS NOT NULL AS known "
        f"FROM ({weighed}) AS r LEFT JOIN (SELECT {KEY} FROM {old_rows}) AS o "
        "ON r.meter_id = o.meter_id AND r.day = o.day WHERE NOT r.old"
    )
    explicit = "seq <> (CAST(batch AS BIGINT) << 20)"
    return (
        f"SELECT *, {fate} AS fate, "
        f"coalesce(place = 1 AND minutes = grid AND {same} AND {explicit} AND seq > was.seq, "
        f"false) AS bump FROM ({joined})"
    )


def same_day(offered: str = "o", old: str = "r") -> str:
    """Whether an offered row says of its day just what the lake has, and no more."""
    alike = " AND ".join(
        f"{offered}.{c} IS NOT DISTINCT FROM {old}.{c}"
        for c in ("minutes", "intervals", "exports", "slot_quality", "quality")
    )
    totals = (
        f"({offered}.minutes > 0 OR ({offered}.kwh IS NOT DISTINCT FROM {old}.kwh "
        f"AND {offered}.kwh_export IS NOT DISTINCT FROM {old}.kwh_export))"
    )
    explicit = f"{offered}.seq <> (CAST({offered}.batch AS BIGINT) << 20)"
    return f"({alike} AND {totals} AND NOT ({explicit} AND {offered}.seq > {old}.seq))"


def whole_day(offered: str = "o", old: str = "r") -> str:
    """Whether an offered row replaces its day outright: complete, later, and import only."""
    return (
        f"({offered}.minutes = {old}.minutes AND {offered}.minutes > 0 "
        f"AND {offered}.slots_read = {offered}.slots AND {offered}.seq > {old}.seq "
        f"AND {offered}.exports IS NULL AND {old}.exports IS NULL)"
    )


def easy(offered: str, old_rows: str) -> str:
    """Offered rows whose fate needs no look at their slots: columns of the row, and `fate`.

    `offered` has one row for each key, with `whole`: the row stands for one record.
    """
    fate = (
        f"CASE WHEN {same_day()} THEN {DUPLICATE} "
        f"WHEN o.whole AND {whole_day()} THEN {CORRECTED} END"
    )
    joined = (
        "SELECT o.* REPLACE (r.register_kwh AS register_kwh, "
        f"r.register_export_kwh AS register_export_kwh), {fate} AS fate FROM {offered} AS o "
        f"JOIN {old_rows} AS r ON o.meter_id = r.meter_id AND o.day = r.day"
    )
    return f"SELECT * FROM ({joined}) WHERE fate IS NOT NULL"


def tally(fates: str) -> str:
    """How many rows (lines) of each batch came to which fate, from (batch, line, fate)."""
    lines = f"SELECT batch, line, max(fate) AS fate FROM ({fates}) GROUP BY batch, line"
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
