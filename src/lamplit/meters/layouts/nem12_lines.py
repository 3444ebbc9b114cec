"""What NEM12 and NEM13 share: numbered lines in SQL, units, quality flags, the header.

Source: AEMO, "Meter data file format specification NEM12 & NEM13" (MDFF).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import layouts_text as problems
from lamplit.domain.words import Quality
from lamplit.meters.layouts.base import Match, Sample, Source

UNITS: Final[Mapping[str, float]] = {"WH": 0.001, "KWH": 1.0, "MWH": 1000.0}
"""kWh in one of each unit of active energy; every other unit of the specification is not energy."""

QUALITIES: Final[Mapping[str, Quality]] = {
    "A": Quality.ACTUAL,
    "E": Quality.ESTIMATED,
    "S": Quality.SUBSTITUTED,
    "F": Quality.SUBSTITUTED,
    "N": Quality.MISSING,
}
"""By quality flag. A final substitute (F) is still nobody's measurement."""

ZERO_METHODS: Final = ("19", "58", "68")
"""Methods that write zeros of their own: whatever the flag, the value is a substitute."""

MAX_LINE = 16 << 20
"""Bytes in the longest line that is read; a 5-minute day is about 2 kB."""

REASONS: Final[Mapping[str, Text]] = {
    "nem.record": Text("a line that is no record of this format", "该行不是此格式的任何一种记录"),
    "nem.no-end": Text(
        "the file stops without an end record (900): it may have been cut",
        "文件没有结束记录（900），可能被截断",
    ),
    "nem.after-end": Text("a record outside 100 … 900", "记录位于 100 … 900 之外"),
    "nem.meter-id": Text("no NMI", "缺少 NMI"),
    "nem.date": Text("not a date (CCYYMMDD)", "日期无效（应为 CCYYMMDD）"),
    "nem.update-time": Text(
        "UpdateDateTime is not CCYYMMDDhhmmss", "UpdateDateTime 应为 CCYYMMDDhhmmss"
    ),
    "nem.unit": Text("unit and register do not fit together", "计量单位与寄存器不符"),
    "nem.register": Text(
        "energy of a register that is neither E nor B (a check or net register)",
        "电量所属寄存器既非 E 也非 B（校核或净值寄存器）",
    ),
    "nem.field-count": Text("too few or too many fields", "字段数不符"),
    "nem.quality": Text("unknown quality flag", "未知的质量标志"),
    "nem.value": Text("not a number", "不是数字"),
    "nem.negative": Text("a negative value is not allowed", "不允许负值"),
    "nem.conflict": Text(
        "two readings of one register and day, with one update time, that differ",
        "同一寄存器同一天、更新时间相同的两条读数不一致",
    ),
}
"""Why a line goes to quarantine, by code."""


def lines_sql(source: Source) -> str:
    """SELECT line BIGINT, text VARCHAR: the file's lines numbered from 1, blank ones included.

    A quoted description may hold commas; it is the only free text, so it is blanked.
    """
    return f"""
SELECT line, CASE WHEN contains(raw, '"') THEN regexp_replace(raw, '"[^"]*"', '""', 'g')
                  ELSE raw END AS text
FROM (SELECT row_number() OVER () AS line, column0 AS raw
      FROM read_csv({source.sql_path}, columns = {{'column0': 'VARCHAR'}}, delim = '\\x01',
                    quote = '', escape = '', header = false, auto_detect = false,
                    strict_mode = false, max_line_size = {MAX_LINE},
                    buffer_size = {2 * MAX_LINE}))"""


def quality_sql(flag: str) -> str:
    """A quality's number from a flag such as S19, as SQL; NULL for V and for the unknown."""
    methods = ", ".join(f"'{m}'" for m in ZERO_METHODS)
    branches = " ".join(f"WHEN '{f}' THEN {int(q)}" for f, q in QUALITIES.items())
    return (
        f"CASE WHEN substr({flag}, 2) IN ({methods}) AND left({flag}, 1) IN ('A', 'E', 'S', 'F') "
        f"THEN {int(Quality.SUBSTITUTED)} ELSE CASE left({flag}, 1) {branches} END END"
    )


def code_sql(flag: str, reason: str) -> str:
    """The source's own code, `S19:76`, as SQL: flag and method, then the reason if there is one."""
    return f"{flag} || CASE WHEN coalesce({reason}, '') <> '' THEN ':' || {reason} ELSE '' END"


def factor_sql(unit: str) -> str:
    """KWh per unit as SQL; NULL where the unit is not active energy."""
    branches = " ".join(f"WHEN '{u}' THEN {f}" for u, f in UNITS.items())
    return f"CASE upper(trim({unit})) {branches} END"


def stamp_sql(text: str) -> str:
    """CCYYMMDDhhmmss, CCYYMMDDhhmm or CCYYMMDD as TIMESTAMP, in SQL; NULL where it is none."""
    return (
        f"CASE length(trim({text})) "
        f"WHEN 14 THEN try_strptime(trim({text}), '%Y%m%d%H%M%S') "
        f"WHEN 12 THEN try_strptime(trim({text}), '%Y%m%d%H%M') "
        f"WHEN 8 THEN try_strptime(trim({text}), '%Y%m%d') END"
    )


def first_record(sample: Sample) -> list[str]:
    """The fields of the first line that is not blank."""
    for line in sample.text.lstrip("\ufeff").splitlines():
        if line.strip():
            return [f.strip() for f in line.split(",")]
    return []


def match_version(sample: Sample, version: str, record: str) -> Match | None:
    """Certain where the header names `version`, likely where a headless file has its `record`."""
    fields = first_record(sample)
    if len(fields) > 1 and fields[0] == "100" and fields[1].upper() == version:
        return Match(
            1.0,
            Text(f"the first record is 100,{version}", f"首条记录为 100,{version}"),
        )
    if len(fields) > 8 and fields[0] == record:
        return Match(
            0.9,
            Text(
                f"records numbered {record}, as in {version}, without a header",
                f"记录编号为 {record}，如 {version}，但缺少文件头",
            ),
        )
    return None


def require_header(sample: Sample, version: str) -> None:
    """Raise LamplitError `layout.nem.no-header` unless the file begins with 100,`version`."""
    fields = first_record(sample)
    if len(fields) < 2 or fields[0] != "100" or fields[1].upper() != version:
        raise LamplitError(
            problems.NEM_NO_HEADER,
            where=f"{sample.name}, line 1",
            record=fields[0] if fields else "-",
            version=version,
        )
