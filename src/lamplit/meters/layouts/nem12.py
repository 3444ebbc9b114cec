"""NEM12: the Australian market's interval data, read by SQL to one row per NMI, day and direction.

Market time is UTC+10 without daylight saving, so a 300 record is a day at a fixed offset, and the
core cuts it into the home's local days. E registers are energy from the grid to the customer (the
specification's "export"), and are added up over an NMI; B registers are the other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lamplit.domain.language import Text
from lamplit.domain.words import Quality
from lamplit.meters.canonical import EXPORT, IMPORT, QUALITY_LETTERS
from lamplit.meters.layouts import nem12_steps as steps
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.nem12_lines import REASONS, match_version, require_header

MARKET_OFFSET: Final = 600
OFFSETS: Final[Mapping[str, int]] = {"Australia/Perth": 480}
"""Minutes from UTC of a market's clock, where it is not that of the east (UTC+10)."""

NEM12_REASONS: Final[Mapping[str, Text]] = {
    **REASONS,
    "nem12.interval-length": Text(
        "the interval length does not divide the day, or not that of its other registers",
        "间隔长度不能整除一天，或与同户其他寄存器不一致",
    ),
    "nem12.event": Text(
        "an interval event (400) of this day can't be read, or runs past its last interval",
        "当天的间隔事件（400）无法读取，或超出最后一个间隔",
    ),
    "nem12.uncovered": Text(
        "quality is variable (V), and some intervals have no event (400) to say which",
        "质量标志为可变（V），但部分间隔没有事件记录（400）说明",
    ),
    "nem12.event-alone": Text(
        "an interval event (400) without a day (300) before it",
        "间隔事件（400）之前没有对应的日记录（300）",
    ),
}

FIELDS: Final = {
    "nem.unit": "UOM",
    "nem.register": "NMISuffix",
    "nem.meter-id": "NMI",
    "nem12.interval-length": "IntervalLength",
    "nem.date": "IntervalDate",
    "nem.quality": "QualityMethod",
    "nem12.event": "StartInterval",
    "nem12.uncovered": "QualityMethod",
    "nem.update-time": "UpdateDateTime",
    "nem.value": "IntervalValue",
    "nem.negative": "IntervalValue",
}
"""The field of the specification that each reason is about."""

SINGLES = """
SELECT line, nmi, side, day, minutes, seq, quality, slot_q, raw_code, method, vals,
       len(expected) > 1 AS partial
FROM nem12_day d
WHERE code IS NULL AND NOT EXISTS (
  SELECT 1 FROM nem12_place p
  WHERE p.nmi = d.nmi AND p.side = d.side AND p.day = d.day AND (p.torn OR p.registers > 1))"""

SUMS = """
SELECT s.line, nmi, side, day, minutes, seq, quality, slot_q, first_code.c AS raw_code,
       first_code.m AS method, vals, NOT list_has_all(suffixes, expected) AS partial
FROM nem12_sum s JOIN nem12_place p USING (nmi, side, day)
WHERE NOT ragged"""


def select_sql(offset: int) -> str:
    """DAYS. Where a register that the NMI's configuration names is absent, the sum is too small to

    be evidence: its actual slots become estimates, by method `partial`.
    """
    actual, estimated = int(Quality.ACTUAL), int(Quality.ESTIMATED)
    return f"""
WITH both_kinds AS ({SINGLES} UNION ALL {SUMS}),
weighed AS (
  SELECT * EXCLUDE (slot_q, quality, method),
         CASE WHEN partial THEN greatest(quality, {estimated}) ELSE quality END AS quality,
         CASE WHEN partial THEN list_transform(slot_q, lambda q: greatest(q, {estimated}))
              ELSE slot_q END AS slot_q,
         CASE WHEN partial AND quality = {actual} THEN 'partial' ELSE method END AS method
  FROM both_kinds
)
SELECT nmi AS meter_id, day, minutes::SMALLINT AS minutes,
       CASE side WHEN 'E' THEN '{IMPORT}' ELSE '{EXPORT}' END AS direction,
       vals AS intervals, NULL::DOUBLE AS kwh,
       CASE WHEN list_min(slot_q) = list_max(slot_q) THEN list_min(slot_q)
            WHEN slot_q IS NOT NULL THEN list_mode(slot_q)
            ELSE quality END::UTINYINT AS quality,
       CASE WHEN list_min(slot_q) < list_max(slot_q) THEN array_to_string(list_transform(
         slot_q, lambda q: substr('{QUALITY_LETTERS}', q + 1, 1)), '') END AS slot_quality,
       raw_code, method, seq, {offset}::SMALLINT AS utc_offset_minutes, line
FROM weighed"""


def refused_step() -> str:
    """`nem12_refused`: line, field, code, raw; a missing end record is one such row."""
    fields = " ".join(f"WHEN '{code}' THEN '{name}'" for code, name in FIELDS.items())
    return f"""
CREATE OR REPLACE TEMP TABLE nem12_refused AS
WITH refused AS (
  SELECT line, code FROM nem12_day WHERE code IS NOT NULL
  UNION ALL
  SELECT d.line, 'nem.conflict' FROM nem12_day d JOIN nem12_place p USING (nmi, side, day)
  WHERE d.code IS NULL AND p.torn
  UNION ALL
  SELECT d.line, 'nem12.interval-length'
  FROM nem12_day d JOIN nem12_sum s USING (nmi, side, day)
  WHERE d.code IS NULL AND s.ragged
  UNION ALL
  SELECT line, 'nem12.event-alone' FROM nem12_event WHERE day_line IS NULL
  UNION ALL
  SELECT line, 'nem.record' FROM nem12_line
  WHERE NOT regexp_matches(text, '^(200|300|400|900|100,NEM12)(,|$)')
  UNION ALL
  SELECT line + 1, 'nem.no-end' FROM (
    SELECT max(line) AS line, arg_max(record, line) AS record FROM nem12_line)
  WHERE record <> '900'
)
SELECT line, CASE code {fields} ELSE '' END AS field, code, left(coalesce(text, ''), 200) AS raw
FROM refused LEFT JOIN nem12_line USING (line)"""


@dataclass(frozen=True, slots=True)
class Nem12:
    """The layout `nem12`."""

    name: str = "nem12"
    label: Text = Text("NEM12 interval data (AEMO)", "NEM12 区间数据（AEMO）")
    reasons: Mapping[str, Text] = field(default_factory=lambda: NEM12_REASONS)

    def sniff(self, sample: Sample) -> Match | None:
        """By the header; a headless file is recognised too, so that `plan` can say why not."""
        return match_version(sample, "NEM12", "200")

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """Steps and SELECT for the relation `days`; cells are read as text, so always patient.

        Raises LamplitError `layout.nem.no-header` where the file does not begin with `100,NEM12`.
        """
        require_header(source.sample, "NEM12")
        offset = OFFSETS.get(options.timezone, MARKET_OFFSET)
        return SqlPlan(
            relation="days",
            select=select_sql(offset),
            steps=(
                ("nem12_line", steps.line_step(source)),
                ("nem12_head", steps.HEAD_STEP),
                ("nem12_event", steps.EVENT_STEP),
                ("nem12_day", steps.DAY_STEP),
                ("nem12_place", steps.PLACE_STEP),
                ("nem12_sum", steps.SUM_STEP),
                ("nem12_refused", refused_step()),
                # The text has been read: its memory is worth more to what comes next.
                ("nem12_line_done", "DROP TABLE nem12_line"),
            ),
            rejects="SELECT line, field, code, raw FROM nem12_refused ORDER BY line",
            notes=(market_note(offset),),
        )


def market_note(offset: int) -> Text:
    """What was assumed of the clock and of the registers."""
    hours = offset // 60
    return Text(
        f"Days are market days (UTC+{hours}, no daylight saving); E registers are import, B are "
        "export, added up over the NMI; reactive, demand and voltage registers are left aside.",
        f"日期按市场时间（UTC+{hours}，无夏令时）；E 寄存器为受电、B 为馈电，按 NMI 求和；"
        "无功、需量与电压寄存器不读取。",
    )


LAYOUT: Final = Nem12()
