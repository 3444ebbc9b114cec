"""Registers: cumulative readings, one line per meter and day; China's 日冻结 (daily freeze).

    表号,数据日期,正向有功总,反向有功总,倍率        meter_id,date,1.8.0,2.8.0
    0012345678,2025-01-01,1234.56,0.00,1

The energy of a day is the difference of its two midnights' registers. A value dated D with no
time of day is as at 00:00 when D starts (`--midnight starts`, the default: the freeze is taken at
00:00), or when D ends (`--midnight ends`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.domain.words import Quality
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.csvfile import cells, raw_line
from lamplit.meters.layouts.long import (
    OUT_OF_TIME,
    Texts,
    is_utc_sql,
    seq_sql,
    stamp_sql,
    time_text,
)
from lamplit.meters.layouts.names import find_columns
from lamplit.meters.layouts.numbers import number_sql
from lamplit.meters.localtime import always
from lamplit.meters.quality import quality_sql

COLUMNS: Final = (
    "meter_id", "day", "time", "register", "register_export", "quality", "seq", "multiplier",
    "ct", "pt", "digits",
)  # fmt: skip

_PLAIN_KWH = re.compile(r"^(kwh|energy|电量|用电量|value)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Registers:
    """Cumulative registers."""

    name: str = "registers"
    label: Text = Text("cumulative registers", "累计示数（日冻结）")

    def sniff(self, sample: Sample) -> Match | None:
        """Fits when a register column stands beside a meter and a date."""
        found = find_columns(sample.header, {}, COLUMNS)
        if "meter_id" not in found or not {"day", "time"} & found.keys():
            return None
        if not {"register", "register_export"} & found.keys():
            return None
        named = sample.header[found.get("register", found.get("register_export", 0))]
        # A column that is energy by name makes it a long file, whatever else is there.
        score = 0.6 if any(_PLAIN_KWH.match(h) for h in sample.header) else 0.8
        return Match(score, Text(f"a cumulative register: {named}", f"累计示数列：{named}"))

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The registers relation. Raises LamplitError `ingest.missing-column`."""
        sample = source.sample
        found = find_columns(sample.header, options.columns, COLUMNS)
        if "register" not in found and "kwh" in options.columns:
            found["register"] = found["kwh"]
        _require(sample, found, options)
        checked = _checked(_parsed(source, options, found), options)
        midnight = options.midnight or "starts"
        note = Text(
            f"a value dated D is the register at 00:00 when D {midnight} (midnight)",
            f"日期为 D 的示数取自 D 日{'开始' if midnight == 'starts' else '结束'}时的零点"
            "（midnight）",
        )
        return SqlPlan(
            "registers",
            _relation(),
            steps=(("lines", f"CREATE OR REPLACE TEMP TABLE register_lines AS {checked}"),),
            rejects="SELECT line, bad_field AS field, bad AS code, raw "
            "FROM register_lines WHERE bad IS NOT NULL",
            notes=(note,),
        )


LAYOUT = Registers()


def _parsed(source: Source, options: Options, found: dict[str, int]) -> str:
    sample = source.sample
    texts = Texts(sample)
    if "meter_id" in found:
        meter = texts.id(found["meter_id"])
    else:
        meter = "'" + (options.meter_id or "").replace("'", "''") + "'"
    factors = [repr(float(options.multiplier))] if options.multiplier else []
    for name in ("multiplier", "ct", "pt"):
        if name in found:
            factors.append(f"coalesce({number_sql(texts.cell(found[name]))}, 1)")
    digits = (
        f"TRY_CAST({number_sql(texts.cell(found['digits']))} AS TINYINT)"
        if "digits" in found
        else f"CAST({options.digits if options.digits else 'NULL'} AS TINYINT)"
    )
    columns = (
        "line",
        f"{meter} AS meter_id",
        f"{time_text(texts, sample, found)} AS time_text",
        f"{stamp_sql(texts, sample, found)} AS stamp",
        f"{is_utc_sql(texts, found)} AS is_utc",
        f"{_number(texts, found, 'register')} AS import_kwh",
        f"{texts.given(found, 'register')} AS import_text",
        f"{_number(texts, found, 'register_export')} AS export_kwh",
        f"{texts.given(found, 'register_export')} AS export_text",
        f"CAST({' * '.join(factors) or '1'} AS DOUBLE) AS multiplier",
        f"{digits} AS digits",
        f"{texts.word(found, 'quality')} AS raw_code",
        f"{seq_sql(texts, found)} AS seq",
        f"{raw_line(len(sample.header))} AS raw",
    )
    parsed = f"SELECT {', '.join(columns)} FROM {cells(source)}"
    # Which midnight a register is of, the wall clock tells.
    local = always(options.timezone).local_of_utc("stamp")
    return (
        f"SELECT * REPLACE (CASE WHEN is_utc THEN {local} ELSE stamp END AS stamp) FROM ({parsed})"
    )


def _number(texts: Texts, found: dict[str, int], name: str) -> str:
    if name not in found:
        return "CAST(NULL AS DOUBLE)"
    return number_sql(texts.cell(found[name]))


def _checked(parsed: str, options: Options) -> str:
    bad = (
        "CASE WHEN meter_id IS NULL THEN 'no-meter' WHEN time_text IS NULL THEN 'no-time' "
        f"WHEN stamp IS NULL OR {OUT_OF_TIME} THEN 'not-a-time' "
        "WHEN (import_kwh IS NULL AND import_text IS NOT NULL) "
        "OR (export_kwh IS NULL AND export_text IS NOT NULL) THEN 'not-a-number' "
        "WHEN least(import_kwh, export_kwh) < 0 THEN 'negative' END"
    )
    field = (
        "CASE bad WHEN 'no-meter' THEN 'meter_id' WHEN 'no-time' THEN 'day' "
        "WHEN 'not-a-time' THEN 'day' WHEN NULL THEN NULL ELSE 'register' END"
    )
    # A register that carries its time of day speaks for itself; the nearest midnight is meant.
    dated = "0" if (options.midnight or "starts") == "starts" else "1"
    ahead = (
        f"CASE WHEN contains(time_text, ':') OR contains(time_text, '时') "
        f"THEN CASE WHEN extract('hour' FROM stamp) >= 12 THEN 1 ELSE 0 END ELSE {dated} END"
    )
    # A register read well away from midnight holds a part of another day's energy.
    late = "contains(time_text, ':') AND extract('hour' FROM stamp) BETWEEN 1 AND 22"
    quality = f"CASE WHEN {late} THEN {int(Quality.ESTIMATED)} ELSE {quality_sql('raw_code')} END"
    return (
        f"SELECT *, {field} AS bad_field FROM (SELECT *, {bad} AS bad, "
        f"CAST(stamp AS DATE) + ({ahead}) AS at_day, "
        f"CAST({quality} AS UTINYINT) AS quality FROM ({parsed}))"
    )


def _relation() -> str:
    shared = "meter_id, at_day, {0} AS direction, {1} AS register_kwh, digits, multiplier, "
    rest = "quality, raw_code, seq, line FROM register_lines WHERE bad IS NULL"
    return (
        f"SELECT {shared.format(chr(39) + 'import' + chr(39), 'import_kwh')}{rest} UNION ALL "
        f"SELECT {shared.format(chr(39) + 'export' + chr(39), 'export_kwh')}{rest} "
        "AND export_kwh IS NOT NULL"
    )


def _require(sample: Sample, found: dict[str, int], options: Options) -> None:
    missing = None
    if "meter_id" not in found and options.meter_id is None:
        missing = "meter_id"
    elif not {"day", "time"} & found.keys():
        missing = "day"
    elif not {"register", "register_export"} & found.keys():
        missing = "register"
    if missing:
        raise LamplitError(
            problems.MISSING_COLUMN,
            where=sample.name,
            column=missing,
            columns=", ".join(sample.header[:30]),
        )
