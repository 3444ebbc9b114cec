"""NEM13: the Australian market's basic meter reads, months apart, spread evenly over their days.

A 250 record gives two readings of a register and the energy between them. That energy is known and
its days are not: each day gets the mean, as a substitute or an estimate and never as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lamplit.domain.language import Text
from lamplit.domain.words import Quality
from lamplit.meters.canonical import EXPORT, IMPORT
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.nem12_lines import (
    REASONS,
    code_sql,
    factor_sql,
    lines_sql,
    match_version,
    require_header,
    stamp_sql,
)

METHOD: Final = "spread"

LONGEST_DAYS: Final = 800
"""Days between two reads, at the most: beyond two years a date is wrong rather than a read late."""

NEM13_REASONS: Final[Mapping[str, Text]] = {
    **REASONS,
    "nem13.direction": Text(
        "DirectionIndicator is neither E nor I", "方向标志（DirectionIndicator）既非 E 也非 I"
    ),
    "nem13.period": Text(
        "the two reads are less than a day or more than 800 days apart",
        "两次抄表相隔不足一天或超过 800 天",
    ),
    "nem13.mismatch": Text(
        "Quantity is no whole multiple of the difference of the two registers",
        "Quantity 不是两次示数之差的整数倍",
    ),
}

FIELDS: Final = {
    "nem.meter-id": "NMI",
    "nem.unit": "UOM",
    "nem13.direction": "DirectionIndicator",
    "nem13.period": "CurrentRegisterReadDateTime",
    "nem.quality": "CurrentQualityMethod",
    "nem.update-time": "UpdateDateTime",
    "nem.value": "Quantity",
    "nem.negative": "Quantity",
    "nem13.mismatch": "Quantity",
}


def read_step(source: Source) -> str:
    """`nem13_read`: each record that is none of 100, 550 and 900, cut into the fields of a 250.

    Registers are as the dials show them, leading zeros and all, before any multiplier; Quantity is
    after it and after a rollover. `change` is the smaller of the two ways from one to the other.
    """
    return f"""
CREATE OR REPLACE TEMP TABLE nem13_read AS
WITH cut AS (
  SELECT line, text, list_transform(string_split(text, ','), lambda x: trim(x)) AS f
  FROM ({lines_sql(source)})
  WHERE text NOT IN ('', chr(26)) AND NOT regexp_matches(text, '^(550|900)(,|$)|^100,NEM13,')
), named AS (
  SELECT line, text, f, f[2] AS nmi, f[5] AS suffix, upper(f[8]) AS side,
         try_cast(f[9] AS DOUBLE) AS before, {stamp_sql("f[10]")} AS before_at,
         upper(f[11]) AS before_flag,
         try_cast(f[14] AS DOUBLE) AS after, {stamp_sql("f[15]")} AS after_at,
         upper(f[16]) AS flag, f[17] AS reason,
         try_cast(f[19] AS DOUBLE) AS quantity, {factor_sql("f[20]")} AS factor, f[20] AS unit,
         f[22] AS updated, {stamp_sql("f[22]")} AS updated_at,
         length(split_part(f[14], '.', 1)) AS digits, length(split_part(f[14], '.', 2)) AS decimals
  FROM cut
)
SELECT *, before_at::DATE AS first_day, after_at::DATE AS end_day,
       least(abs(after - before),
             CASE WHEN after < before THEN after - before + 10.0 ** digits
                  ELSE abs(after - before) END) AS change
FROM named"""


JUDGE_STEP = f"""
CREATE OR REPLACE TEMP TABLE nem13_judged AS
SELECT *, CASE
  WHEN NOT prefix(text, '250,') THEN 'nem.record'
  WHEN len(f) NOT BETWEEN 22 AND 23 THEN 'nem.field-count'
  WHEN nmi = '' THEN 'nem.meter-id'
  WHEN factor IS NULL THEN 'nem.unit'
  WHEN side NOT IN ('E', 'I') THEN 'nem13.direction'
  WHEN before_at IS NULL OR after_at IS NULL THEN 'nem.date'
  WHEN end_day <= first_day OR end_day - first_day > {LONGEST_DAYS} THEN 'nem13.period'
  WHEN NOT regexp_full_match(flag, '[AESF][0-9]{{0,2}}')
    OR NOT regexp_full_match(before_flag, '[AESF][0-9]{{0,2}}') THEN 'nem.quality'
  WHEN updated <> '' AND updated_at IS NULL THEN 'nem.update-time'
  WHEN NOT coalesce(abs(quantity) < 1e9, false) OR NOT coalesce(abs(before) < 1e12, true)
    OR NOT coalesce(abs(after) < 1e12, true)
    OR (f[9] <> '' AND before IS NULL) OR (f[14] <> '' AND after IS NULL) THEN 'nem.value'
  WHEN quantity < 0 AND side = 'E' THEN 'nem.negative'
  WHEN change = 0 AND abs(quantity) >= 10.0 ** -decimals THEN 'nem13.mismatch'
  WHEN change > 0 AND abs(abs(quantity) - change * greatest(1, round(abs(quantity) / change)))
       > 10.0 ** -decimals * greatest(1, round(abs(quantity) / change)) + 1e-9
    THEN 'nem13.mismatch' END AS code
FROM nem13_read"""
"""`nem13_judged`: `code` is NULL where a record is sound.

Where both registers are given, Quantity must be their difference, allowing for a rollover, times
a whole multiplier, to within one step of the dial. Quantity may be negative only for a register
that counts import to the grid: earlier files wrote it so.
"""

SPREAD = f"""
SELECT nmi, side, suffix, line, unnest(generate_series(first_day::TIMESTAMP,
         end_day::TIMESTAMP - INTERVAL 1 DAY, INTERVAL 1 DAY))::DATE AS day,
       abs(quantity) * factor / (end_day - first_day) AS kwh,
       CASE WHEN left(flag, 1) = 'E' OR left(before_flag, 1) = 'E' THEN {int(Quality.ESTIMATED)}
            ELSE {int(Quality.SUBSTITUTED)} END AS quality,
       {code_sql("flag", "reason")} AS raw_code, epoch(updated_at)::BIGINT AS seq
FROM nem13_judged
WHERE code IS NULL"""

SELECT = f"""
WITH newest AS (
  SELECT nmi, side, suffix, day, arg_max({{'kwh': kwh, 'quality': quality, 'raw_code': raw_code,
         'line': line, 'seq': seq}}, coalesce(seq, 0) * 1000000 + line % 1000000) AS r
  FROM ({SPREAD}) GROUP BY nmi, side, suffix, day
)
SELECT nmi AS meter_id, day, 0::SMALLINT AS minutes,
       CASE side WHEN 'E' THEN '{IMPORT}' ELSE '{EXPORT}' END AS direction,
       NULL::DOUBLE[] AS intervals, sum(r.kwh) AS kwh, max(r.quality)::UTINYINT AS quality,
       NULL::VARCHAR AS slot_quality, arg_min(r.raw_code, r.line) AS raw_code,
       '{METHOD}' AS method, max(r.seq) AS seq, NULL::SMALLINT AS utc_offset_minutes,
       min(r.line) AS line
FROM newest GROUP BY nmi, side, day"""
"""DAYS. Registers of one NMI add up by day; of two records for one register and day the later

update counts.
"""


def rejects_sql() -> str:
    """Line, field, code, raw of what goes to quarantine; a missing end record is one such row."""
    fields = " ".join(f"WHEN '{code}' THEN '{name}'" for code, name in FIELDS.items())
    return f"""
SELECT line, CASE code {fields} ELSE '' END AS field, code, left(text, 200) AS raw
FROM nem13_judged
WHERE code IS NOT NULL
  AND NOT (code = 'nem.unit' AND regexp_matches(upper(unit), 'VAR|VA$|^K?W$|^MW$|^[VA]$|^PF$'))
UNION ALL
SELECT line + 1, '', 'nem.no-end', '' FROM nem13_end WHERE record <> '900'
ORDER BY line"""


def end_step(source: Source) -> str:
    """`nem13_end`: the last record, which must be a 900."""
    return f"""
CREATE OR REPLACE TEMP TABLE nem13_end AS
SELECT max(line) AS line, arg_max(left(text, 3), line) AS record
FROM ({lines_sql(source)}) WHERE text NOT IN ('', chr(26))"""


@dataclass(frozen=True, slots=True)
class Nem13:
    """The layout `nem13`."""

    name: str = "nem13"
    label: Text = Text("NEM13 basic meter reads (AEMO)", "NEM13 人工抄表数据（AEMO）")
    reasons: Mapping[str, Text] = field(default_factory=lambda: NEM13_REASONS)

    def sniff(self, sample: Sample) -> Match | None:
        """By the header; a headless file is recognised too, so that `plan` can say why not."""
        return match_version(sample, "NEM13", "250")

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """Steps and SELECT for `days`, with minutes = 0; always patient, as in NEM12.

        Raises LamplitError `layout.nem.no-header` where the file does not begin with `100,NEM13`.
        """
        require_header(source.sample, "NEM13")
        note = Text(
            "Energy between two reads is spread evenly over the days between them: a mean, "
            "never evidence of a day.",
            "两次抄表之间的电量平均分摊到各日：仅为均值，不作为任何一天的证据。",
        )
        return SqlPlan(
            relation="days",
            select=SELECT,
            steps=(
                ("nem13_read", read_step(source)),
                ("nem13_judged", JUDGE_STEP),
                ("nem13_end", end_step(source)),
            ),
            rejects=rejects_sql(),
            notes=(note,),
        )


LAYOUT: Final = Nem13()
