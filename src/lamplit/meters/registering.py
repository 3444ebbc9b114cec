"""From cumulative registers to the energy of days. SQL text.

Relations: `news` (registers that came in: batch, REGISTERS' columns), `known` (registers that the
lake has: meter_id, at_day, direction, kwh, seq), both about midnights at the START of `at_day`.
A day's row carries the register at its END.
"""

from __future__ import annotations

from typing import Final

from lamplit.domain.words import Quality
from lamplit.meters.features import FEATURES
from lamplit.meters.merging import CORRECTED, DUPLICATE, KEPT
from lamplit.meters.slots import SPREAD

DECREASE: Final = "register-decrease"
"""The raw code of a day whose register fell, and not by rolling over: a new meter, or an error."""
JUMP: Final = "register-jump"
"""The raw code of a day whose register rose by more than a meter can pass."""

ROLLOVER_SHARE: Final = 0.1
ROLLOVER_DAY_KWH: Final = 300.0
"""A register that rolled over has passed its top by little: at most a tenth of its range, and
300 kWh a day (a 60 A supply, day and night) times the multiplier. A new meter's register, which
starts near zero too, mostly falls from further away."""
UNKNOWN_DIGITS_SHARE: Final = 0.98
"""Where the digits are not known, a register must be this close to a power of ten to roll over."""

READING: Final = "meter_id, at_day, direction"


def best(news: str) -> str:
    """The latest of the readings of each register and midnight, in kWh, with its `range`."""
    factor = "coalesce(multiplier, 1)"
    explicit = "coalesce(seq, CAST(batch AS BIGINT) << 20)"
    return (
        f"SELECT batch, {READING}, register_kwh * {factor} AS kwh, {factor} AS factor, digits, "
        f"coalesce(quality, 0) AS quality, raw_code, {explicit} AS seq, line, "
        f"row_number() OVER (PARTITION BY {READING} ORDER BY {explicit} DESC, batch DESC, "
        f"line DESC) AS place FROM {news} WHERE register_kwh IS NOT NULL"
    )


def fates(best_name: str, known: str) -> str:
    """Every reading with its `fate`, beside the register that the lake had (`was`)."""
    fate = (
        f"CASE WHEN b.place > 1 THEN {DUPLICATE} WHEN k.kwh IS NULL THEN {KEPT} "
        f"WHEN abs(k.kwh - b.kwh) < 1e-6 OR b.seq < k.seq THEN {DUPLICATE} ELSE {CORRECTED} END"
    )
    return (
        f"SELECT b.*, k.kwh AS was, {fate} AS fate FROM {best_name} AS b LEFT JOIN {known} AS k "
        "ON b.meter_id = k.meter_id AND b.at_day = k.at_day AND b.direction = k.direction"
    )


def chain(judged: str, known: str) -> str:
    """The registers as they now stand, each with the one before it; `fresh` where it changed."""
    new = (
        f"SELECT {READING}, kwh, factor, digits, quality, raw_code, seq, batch, line, "
        f"true AS fresh FROM {judged} WHERE fate <> {DUPLICATE}"
    )
    old = (
        f"SELECT {READING}, kwh, CAST(NULL AS DOUBLE) AS factor, CAST(NULL AS TINYINT) AS digits, "
        "quality, CAST(NULL AS VARCHAR) AS raw_code, seq, batch, line, false AS fresh "
        f"FROM {known} ANTI JOIN ({new}) USING ({READING})"
    )
    by = "OVER (PARTITION BY meter_id, direction ORDER BY at_day)"
    return (
        f"SELECT *, lag(kwh) {by} AS before, lag(at_day) {by} AS since, "
        f"lag(fresh) {by} AS fresh_before, lag(quality) {by} AS quality_before, "
        f"lag(batch) {by} AS batch_before, lag(line) {by} AS line_before, "
        f"coalesce(factor, lag(factor) {by}, 1) AS scale, "
        f"coalesce(digits, lag(digits) {by}) AS places "
        f"FROM ({new} UNION ALL {old})"
    )


def spans(chain_name: str, max_kwh_day: float) -> str:
    """Each stretch between two registers that changed: its days, and the energy over them.

    The first register of a meter has no stretch before it: one day with no energy (days = 0).
    """
    raw_before = "(before / scale)"
    guessed = (
        f"CASE WHEN {raw_before} >= 1000 AND {raw_before} >= {UNKNOWN_DIGITS_SHARE} * "
        f"pow(10, ceil(log10({raw_before} + 1e-9))) THEN pow(10, ceil(log10({raw_before}))) END"
    )
    modulus = f"(scale * CASE WHEN places IS NOT NULL THEN pow(10, places) ELSE {guessed} END)"
    small = f"least({ROLLOVER_SHARE} * modulus, {ROLLOVER_DAY_KWH} * scale * days)"
    energy = (
        "CASE WHEN before IS NULL THEN NULL WHEN kwh >= before - 1e-6 "
        f"THEN CASE WHEN kwh - before <= {max_kwh_day} * scale * days "
        "THEN greatest(kwh - before, 0) END "
        f"WHEN modulus IS NOT NULL AND kwh + modulus - before <= {small} "
        "THEN kwh + modulus - before END"
    )
    code = (
        f"CASE WHEN before IS NULL OR energy IS NOT NULL THEN raw_code "
        f"WHEN kwh < before THEN '{DECREASE}' ELSE '{JUMP}' END"
    )
    measured = (
        f"SELECT *, coalesce(at_day - since, 0) AS days, {modulus} AS modulus FROM {chain_name} "
        "WHERE fresh OR fresh_before"
    )
    return (
        f"SELECT * REPLACE ({code} AS raw_code) FROM "
        f"(SELECT *, round({energy}, 5) AS energy FROM ({measured}))"
    )


def rows(spans_name: str) -> str:
    """One row per meter and day: what each direction's registers say of it."""
    last = "ahead >= days - 1"
    daily = (
        f"SELECT meter_id, CAST(CASE WHEN days = 0 THEN at_day - 1 ELSE since + "
        "CAST(ahead AS INTEGER) END AS DATE) AS day, direction, "
        "CASE WHEN days > 0 THEN energy / days END AS kwh, "
        f"CASE WHEN energy IS NULL THEN {int(Quality.MISSING)} "
        f"WHEN days > 1 THEN {int(Quality.SUBSTITUTED)} "
        "ELSE greatest(quality, quality_before) END AS quality, raw_code, "
        f"CASE WHEN days > 1 AND energy IS NOT NULL THEN '{SPREAD}' END AS method, "
        f"CASE WHEN {last} THEN kwh END AS register, "
        f"CASE WHEN {last} THEN seq END AS seq, "
        "CASE WHEN fresh THEN batch ELSE batch_before END AS batch, "
        "CASE WHEN fresh THEN line ELSE line_before END AS line "
        f"FROM (SELECT *, unnest(range(greatest(days, 1))) AS ahead FROM {spans_name})"
    )
    own, out = "FILTER (WHERE direction = 'import')", "FILTER (WHERE direction = 'export')"
    return (
        f"SELECT meter_id, day, max(kwh) {own} AS kwh, max(kwh) {out} AS kwh_export, "
        f"max(quality) {own} AS quality, max(raw_code) {own} AS raw_code, "
        f"max(method) {own} AS method, max(register) {own} AS register_kwh, "
        f"max(register) {out} AS register_export_kwh, max(seq) AS seq, max(batch) AS batch, "
        f"max(line) AS line, count(*) {own} AS has_import, count(*) {out} AS has_export "
        f"FROM ({daily}) GROUP BY meter_id, day"
    )


def dressed(rows_name: str, old_rows: str) -> str:
    """The lake's columns (unordered, to be cast) and `known`, merged with the days that are there.

    A day with intervals, or with energy of another source, keeps them and gets the register. A
    day that only registers spoke of is theirs to say anew.
    """
    theirs = (
        f"(o.meter_id IS NULL OR (o.minutes = 0 AND (o.register_kwh IS NOT NULL "
        f"OR o.register_export_kwh IS NOT NULL OR o.method = '{SPREAD}' OR o.kwh IS NULL)))"
    )
    mine = f"({theirs} AND r.has_import > 0)"
    out = f"({theirs} AND r.has_export > 0)"
    kept = ", ".join(
        f"o.{c}" for c in (*FEATURES, "intervals", "exports", "slot_seq", "export_seq")
    )
    fresh_quality = f"CASE WHEN {mine} THEN r.quality ELSE coalesce(o.quality, 3) END"
    letter = "CASE WHEN r.quality = 0 THEN NULL ELSE 'AESM'[r.quality + 1] END"
    return (
        "SELECT r.meter_id, r.day, coalesce(o.minutes, 0) AS minutes, "
        "coalesce(o.slots, 1) AS slots, "
        f"CASE WHEN {mine} THEN CASE WHEN r.quality = 0 AND r.kwh IS NOT NULL THEN 1 ELSE 0 END "
        "ELSE coalesce(o.slots_read, 0) END AS slots_read, "
        f"CASE WHEN {mine} THEN round(r.kwh, 5) ELSE o.kwh END AS kwh, "
        f"CASE WHEN {out} THEN round(r.kwh_export, 5) ELSE o.kwh_export END AS kwh_export, "
        f"{fresh_quality} AS quality, "
        f"CASE WHEN {mine} THEN r.raw_code ELSE o.raw_code END AS raw_code, "
        f"CASE WHEN {mine} THEN r.method ELSE o.method END AS method, {kept}, "
        f"CASE WHEN {mine} THEN CASE WHEN r.kwh = 0 AND r.quality = 0 THEN 1 ELSE 0 END "
        "ELSE coalesce(o.zero_slots, 0) END AS zero_slots, "
        "coalesce(r.register_kwh, CASE WHEN r.has_import = 0 OR r.seq IS NULL "
        "THEN o.register_kwh END) AS register_kwh, "
        "coalesce(r.register_export_kwh, o.register_export_kwh) AS register_export_kwh, "
        f"CASE WHEN {mine} THEN {letter} ELSE o.slot_quality END AS slot_quality, "
        f"coalesce(CASE WHEN {theirs} THEN r.seq END, o.seq, r.seq, "
        "CAST(r.batch AS BIGINT) << 20) AS seq, r.batch, r.line, "
        "o.meter_id IS NOT NULL AS known "
        f"FROM {rows_name} AS r LEFT JOIN {old_rows} AS o "
        "ON r.meter_id = o.meter_id AND r.day = o.day"
    )
