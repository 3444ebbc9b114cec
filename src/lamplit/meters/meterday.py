"""From slots to the lake's rows, and from wide columns to the lake's rows. SQL text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lamplit.domain.words import Quality
from lamplit.meters.canonical import METER_DAY, QUALITY_LETTERS, SQL_TYPES
from lamplit.meters.features import KWH_DECIMALS, finish, measured_wide, with_features

COLUMNS: Final = ", ".join(f"CAST({f.name} AS {SQL_TYPES[f.type]}) AS {f.name}" for f in METER_DAY)
"""The lake's columns, cast, in order."""

BAD_LANE: Final = 0
ASIDE_LANE: Final = -1
OUTWARD_LANE: Final = -2


def lists_of_slots(slots: str) -> str:
    """One row per (meter_id, day), its slots gathered into lists; `clean` where none repeats.

    Rows of one day must agree on `minutes` to be clean.
    """
    by_slot = "ORDER BY slot"
    own, out = "FILTER (WHERE NOT outward)", "FILTER (WHERE outward)"
    counts = ", ".join(
        f"count(*) FILTER (WHERE NOT outward AND kwh IS NOT NULL AND quality = {int(q)}) "
        f"AS n_{q.name.lower()}"
        for q in (Quality.ACTUAL, Quality.ESTIMATED, Quality.SUBSTITUTED)
    )
    return (
        "SELECT meter_id, day, max(minutes) AS minutes, min(minutes) AS minutes_least, "
        "max(slots) AS slots, max(batch) AS batch, max(line) AS line, "
        f"list(slot {by_slot}) {own} AS pos, list(kwh {by_slot}) {own} AS vals, "
        f"list(CASE WHEN kwh IS NOT NULL THEN seq END {by_slot}) {own} AS seqs, "
        f"CASE WHEN bool_or(quality <> 0) THEN list(quality {by_slot}) {own} END AS quals, "
        f"list(slot {by_slot}) {out} AS out_pos, list(kwh {by_slot}) {out} AS out_vals, "
        f"list(CASE WHEN kwh IS NOT NULL THEN seq END {by_slot}) {out} AS out_seqs, "
        f"{counts}, "
        f"count(*) FILTER (WHERE NOT outward AND kwh = 0 AND quality = 0) AS zero_slots, "
        "coalesce(arg_min(raw_code, slot) FILTER (WHERE quality <> 0 AND raw_code IS NOT NULL), "
        "mode(raw_code)) AS raw_code, "
        "coalesce(arg_min(method, slot) FILTER (WHERE quality <> 0 AND method IS NOT NULL), "
        "mode(method)) AS method, "
        # A reading that says "missing" has no say in what is latest.
        "coalesce(max(seq) FILTER (WHERE kwh IS NOT NULL), 0) AS seq, "
        "coalesce(min(seq) FILTER (WHERE kwh IS NOT NULL), 0) AS seq_least "
        f"FROM {slots} GROUP BY meter_id, day"
    )


def is_clean(lists: str = "") -> str:
    """Whether a row of `lists_of_slots` has no slot twice, and one interval length."""
    p = f"{lists}." if lists else ""
    full = f"{p}pos = CAST(range({p}slots) AS SMALLINT[])"
    import_once = (
        f"({p}pos IS NULL OR (len({p}pos) = {p}slots AND {full}) "
        f"OR (len({p}pos) < {p}slots AND len(list_distinct({p}pos)) = len({p}pos)))"
    )
    export_once = f"({p}out_pos IS NULL OR len(list_distinct({p}out_pos)) = len({p}out_pos))"
    return f"({p}minutes = {p}minutes_least AND {import_once} AND {export_once})"


def rows_of_lists(lists: str, extra: Sequence[str] = ()) -> str:
    """The lake's rows of clean lists; `extra` columns of the relation override by name.

    Known overrides: register_kwh, register_export_kwh, batch.
    """
    registers = ("register_kwh", "register_export_kwh")
    added = [f"CAST(NULL AS DOUBLE) AS {r}" for r in registers if r not in extra]
    unknown = "(slots - n_actual - n_estimated - n_substituted)"
    # The commonest quality; the better one where two tie.
    quality = (
        f"CASE greatest(n_actual, n_estimated, n_substituted, {unknown}) "
        f"WHEN n_actual THEN {int(Quality.ACTUAL)} WHEN n_estimated THEN {int(Quality.ESTIMATED)} "
        f"WHEN n_substituted THEN {int(Quality.SUBSTITUTED)} ELSE {int(Quality.MISSING)} END"
    )
    placed = (
        f"SELECT *, {quality} AS quality, n_actual AS slots_read, "
        f"round(list_sum(vals), {KWH_DECIMALS}) AS kwh, "
        f"round(list_sum(out_vals), {KWH_DECIMALS}) AS kwh_export, "
        f"CASE WHEN minutes > 0 AND pos IS NOT NULL THEN {_placed('vals', 'pos')} END "
        "AS intervals, "
        f"CASE WHEN minutes > 0 AND out_pos IS NOT NULL THEN {_placed('out_vals', 'out_pos')} END "
        f"AS exports, {_letters()} AS slot_quality, "
        f"CASE WHEN seq <> seq_least AND pos IS NOT NULL THEN {_placed('seqs', 'pos')} END "
        "AS slot_seq, "
        f"CASE WHEN seq <> seq_least AND out_pos IS NOT NULL THEN {_placed('out_seqs', 'out_pos')} "
        f"END AS export_seq{''.join(', ' + a for a in added)} FROM ({lists})"
    )
    return f"SELECT {COLUMNS} FROM ({with_features(placed)})"


def rows_of_wide(wide: str, points: int, batch: int, seq: int, max_kwh: float) -> str:
    """The lake's rows, and `lane`, of a wide relation whose days all have `points` slots.

    `wide`: meter_id, day, s0 … (kWh), quality, raw_code, method, seq, line, bad, outward,
    aside. `lane` is the month (202501) that a row may land in as it is; BAD_LANE for a row with
    a code in `bad`, which is then found in raw_code; ASIDE_LANE for one that must be laid out
    anew, OUTWARD_LANE if it is of export.
    """
    slots = ", ".join(f"CAST(s{i} AS FLOAT) AS s{i}" for i in range(points))
    source = (
        "SELECT meter_id, day, quality, raw_code, method, outward, aside, "
        f"bad, coalesce(seq, {seq}) AS seq, line, {slots} FROM ({wide})"
    )
    known = measured_wide(source, points, max_kwh)
    majority = (
        f"CASE WHEN known * 2 >= {points} AND known > 0 THEN quality "
        f"ELSE {int(Quality.MISSING)} END"
    )
    lane = (
        f"CASE WHEN bad IS NOT NULL THEN {BAD_LANE} WHEN outward THEN {OUTWARD_LANE} "
        f"WHEN aside OR quality = {int(Quality.MISSING)} THEN {ASIDE_LANE} "
        "ELSE year(day) * 100 + month(day) END"
    )
    dressed = (
        f"SELECT * REPLACE ({majority} AS quality, coalesce(bad, raw_code) AS raw_code, "
        "CASE WHEN known > 0 THEN seq ELSE 0 END AS seq), "
        f"{lane} AS lane, {1440 // points} AS minutes, "
        f"{points} AS slots, CAST(NULL AS DOUBLE) AS kwh_export, "
        "CAST(NULL AS DOUBLE) AS register_kwh, CAST(NULL AS DOUBLE) AS register_export_kwh, "
        "CAST(NULL AS FLOAT[]) AS exports, CAST(NULL AS BIGINT[]) AS slot_seq, "
        f"CAST(NULL AS BIGINT[]) AS export_seq, {batch} AS batch FROM ({known})"
    )
    return f"SELECT {COLUMNS}, CAST(lane AS INTEGER) AS lane FROM ({finish(dressed)})"


def slots_of_rows(rows: str) -> str:
    """Slot rows of rows of the lake (or staged for it): those slots that have a value.

    `line` is kept, so that a staged row can be told what became of it.
    """
    coded = " ".join(f"WHEN '{c}' THEN {q}" for q, c in enumerate(QUALITY_LETTERS))
    index = "CAST(slot + 1 AS BIGINT)"
    quality = (
        f"CASE WHEN slot_quality IS NULL THEN 0 ELSE CASE slot_quality[{index}] {coded} END END"
    )
    shared = "raw_code, method"
    exploded = f"(SELECT *, unnest(CAST(range(slots) AS SMALLINT[])) AS slot FROM ({rows}) %s)"
    inward = (
        f"SELECT batch, meter_id, day, minutes, slots, slot, false AS outward, "
        f"CAST(intervals[{index}] AS DOUBLE) AS kwh, CAST({quality} AS UTINYINT) AS quality, "
        f"{shared}, coalesce(slot_seq[{index}], seq) AS seq, line FROM "
        + exploded
        % "WHERE intervals IS NOT NULL"
    )
    outward = (
        f"SELECT batch, meter_id, day, minutes, slots, slot, true, "
        f"CAST(exports[{index}] AS DOUBLE), CAST(0 AS UTINYINT), {shared}, "
        f"coalesce(export_seq[{index}], seq), line FROM " + exploded % "WHERE exports IS NOT NULL"
    )
    total = (
        "SELECT batch, meter_id, day, minutes, slots, CAST(0 AS SMALLINT), false, kwh, quality, "
        f"{shared}, coalesce(slot_seq[1], seq), line FROM ({rows}) WHERE minutes = 0"
    )
    total_out = (
        "SELECT batch, meter_id, day, minutes, slots, CAST(0 AS SMALLINT), true, kwh_export, "
        f"CAST(0 AS UTINYINT), {shared}, coalesce(export_seq[1], seq), line "
        f"FROM ({rows}) WHERE minutes = 0 AND kwh_export IS NOT NULL"
    )
    return " UNION ALL ".join((inward, outward, total, total_out))


def _placed(values: str, at: str) -> str:
    """The values laid out over all slots; as they are, when every slot has one."""
    found = f"list_transform(range(slots), lambda i: {values}[list_position({at}, i)])"
    return f"CASE WHEN len({at}) = slots THEN {values} ELSE {found} END"


def _letters() -> str:
    """`slot_quality`: NULL when every slot has an ACTUAL value."""
    index = "list_position(pos, i)"
    letter = (
        f"CASE WHEN {index} IS NULL OR vals[{index}] IS NULL THEN 'M' "
        f"WHEN quals IS NULL THEN 'A' ELSE '{QUALITY_LETTERS}'[quals[{index}] + 1] END"
    )
    spelled = f"array_to_string(list_transform(range(slots), lambda i: {letter}), '')"
    return f"CASE WHEN pos IS NOT NULL AND n_actual < slots THEN {spelled} END"
