"""Long: one line per reading (or per meter and day), in CSV or Parquet.

    meter_id,time,kwh,kwh_export,quality
    00012345,2025-01-01 00:00,0.213,0,A

`time` starts its interval unless `--stamp end` says otherwise. A `day` column in its place makes
it daily energy. Column names are matched in English and Chinese (see `names`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.domain.words import Quality
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.csvfile import cells, raw_line
from lamplit.meters.layouts.names import direction_sql, find_columns
from lamplit.meters.layouts.numbers import (
    has_offset_sql,
    instant_sql,
    local_sql,
    number_sql,
    utc_sql,
)
from lamplit.meters.quality import null_sql, quality_sql

COLUMNS: Final = (
    "meter_id", "time", "day", "kwh", "kwh_export", "quality", "seq", "minutes", "direction",
    "multiplier",
)  # fmt: skip
UNIT_FACTOR: Final = {"kwh": 1.0, "wh": 0.001}

OUT_OF_TIME: Final = (
    "stamp NOT BETWEEN TIMESTAMP '1970-01-01 00:00:00' AND TIMESTAMP '2100-01-01 00:00:00'"
)
_TIME_OF_DAY = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")


@dataclass(frozen=True, slots=True)
class Long:
    """The long layout, and what other layouts of one line per reading build on."""

    name: str = "long"
    label: Text = Text("one line per reading", "每行一个读数")

    def sniff(self, sample: Sample) -> Match | None:
        """Fits when a meter, a time or day, and an energy column are there by name."""
        found = find_columns(sample.header, {}, COLUMNS)
        if "meter_id" not in found or not {"time", "day"} & found.keys():
            return None
        if not {"kwh", "kwh_export"} & found.keys():
            return None
        named = [sample.header[found[c]] for c in ("meter_id", "time", "day", "kwh") if c in found]
        columns = ", ".join(named)
        return Match(0.7, Text(f"one reading a line: {columns}", f"每行一个读数：{columns}"))

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The stamps of the file. Raises LamplitError `ingest.missing-column`."""
        sample = source.sample
        found = find_columns(sample.header, options.columns, COLUMNS)
        require(sample, found, options)
        return stamps_plan(source, options, found)


LAYOUT = Long()


def require(sample: Sample, found: dict[str, int], options: Options) -> None:
    """Raise `ingest.missing-column` for what a reading cannot do without."""
    missing = None
    if "meter_id" not in found and options.meter_id is None:
        missing = "meter_id"
    elif not {"time", "day"} & found.keys():
        missing = "time"
    elif not {"kwh", "kwh_export"} & found.keys():
        missing = "kwh"
    if missing:
        raise LamplitError(
            problems.MISSING_COLUMN,
            where=sample.name,
            column=missing,
            columns=", ".join(sample.header[:30]),
        )


def stamps_plan(
    source: Source, options: Options, found: dict[str, int], *, zone: str | None = None
) -> SqlPlan:
    """The plan for one line per reading; `zone` "UTC" reads stamps without an offset as UTC."""
    sample = source.sample
    daily = "time" not in found or _only_days(sample, found)
    texts = Texts(sample)
    meter = texts.id(found["meter_id"]) if "meter_id" in found else _literal(options.meter_id or "")
    parsed = ", ".join(
        (
            "line",
            f"{meter} AS meter_id",
            f"{time_text(texts, sample, found)} AS time_text",
            f"{stamp_sql(texts, sample, found)} AS stamp",
            f"{is_utc_sql(texts, found, zone)} AS is_utc",
            f"{_minutes(texts, found, options, daily)} AS minutes",
            f"{_value(texts, found, 'kwh', options)} AS kwh",
            f"{texts.given(found, 'kwh')} AS kwh_text",
            f"{_value(texts, found, 'kwh_export', options)} AS kwh_export",
            f"{texts.given(found, 'kwh_export')} AS export_text",
            f"{texts.word(found, 'quality')} AS raw_code",
            f"{seq_sql(texts, found)} AS seq",
            f"{_direction(texts, found, options)} AS direction",
            f"{raw_line(len(sample.header))} AS raw",
        )
    )
    return SqlPlan(
        "stamps",
        _checked(f"SELECT {parsed} FROM {cells(source)}", options),
        stamp_end=options.stamp == "end",
        notes=_notes(daily, options),
    )


def _checked(parsed: str, options: Options) -> str:
    """The stamps relation: what is wrong with each row, if anything, and its quality."""
    limit = options.max_kwh
    bad = (
        "CASE WHEN meter_id IS NULL THEN 'no-meter' WHEN time_text IS NULL THEN 'no-time' "
        f"WHEN stamp IS NULL OR {OUT_OF_TIME} THEN 'not-a-time' "
        "WHEN direction IS NULL THEN 'bad-direction' "
        "WHEN (kwh IS NULL AND kwh_text IS NOT NULL) "
        "OR (kwh_export IS NULL AND export_text IS NOT NULL) THEN 'not-a-number' "
        "WHEN least(kwh, kwh_export) < 0 THEN 'negative' "
        f"WHEN greatest(kwh, kwh_export) > {limit} * CASE WHEN minutes = 0 THEN 24 ELSE 1 END "
        "THEN 'absurd' END"
    )
    field = (
        "CASE bad WHEN 'no-meter' THEN 'meter_id' WHEN 'no-time' THEN 'time' WHEN 'not-a-time' "
        "THEN 'time' WHEN 'bad-direction' THEN 'direction' ELSE 'kwh' END"
    )
    quality = quality_sql("raw_code")
    silent = f"quality = {int(Quality.MISSING)}"
    return (
        "SELECT meter_id, stamp, is_utc, minutes, "
        f"CASE WHEN {silent} THEN NULL WHEN direction = 'export' THEN NULL ELSE kwh END AS kwh, "
        f"CASE WHEN {silent} THEN NULL WHEN direction = 'export' THEN coalesce(kwh, kwh_export) "
        "ELSE kwh_export END AS kwh_export, "
        "direction = 'import' AS has_import, "
        "(direction = 'export' OR kwh_export IS NOT NULL) AS has_export, "
        "quality, raw_code, seq, line, bad, "
        f"CASE WHEN bad IS NOT NULL THEN {field} END AS bad_field, "
        "CASE WHEN bad IS NOT NULL THEN raw END AS raw "
        f"FROM (SELECT *, {bad} AS bad, {quality} AS quality FROM ({parsed}))"
    )


class Texts:
    """Cells as trimmed text (CSV), or as typed columns (Parquet)."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def type(self, at: int) -> pa.DataType | None:
        """The Parquet type of a column; None in text files."""
        return None if self.sample.parquet is None else self.sample.parquet.field(at).type

    def cell(self, at: int) -> str:
        """The cell as SQL text."""
        return f"CAST(c{at} AS VARCHAR)" if self.sample.parquet is not None else f"c{at}"

    def text(self, at: int) -> str:
        """The cell trimmed; NULL where it is empty."""
        return f"nullif(trim({self.cell(at)}), '')"

    def id(self, at: int) -> str:
        """An id: text with its leading zeros; Excel's `="0012"` and `'0012` are undone."""
        cell = self.text(at)
        if not is_text(self.type(at)):
            return cell
        marked = f"{cell}[1] IN ('=', '''''', '\"')"
        return f"CASE WHEN {marked} THEN trim({cell}, '=''\" ') ELSE {cell} END"

    def given(self, found: dict[str, int], name: str) -> str:
        """The cell as text, NULL where it says that there is no value, or there is no column."""
        if name not in found:
            return "CAST(NULL AS VARCHAR)"
        return null_sql(self.cell(found[name]))

    def word(self, found: dict[str, int], name: str) -> str:
        """The cell as text, NULL where it is empty or there is no column."""
        return self.text(found[name]) if name in found else "CAST(NULL AS VARCHAR)"

    def samples(self, at: int) -> list[str]:
        """The sample's cells of a column that are not empty."""
        return [row[at] for row in self.sample.rows if at < len(row) and row[at]]


def is_text(kind: pa.DataType | None) -> bool:
    """Whether a column is text: of a text file (None), or of one of Parquet's kinds of it."""
    if kind is not None and pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return kind is None or any(test(kind) for test in tests)


def time_text(texts: Texts, sample: Sample, found: dict[str, int]) -> str:
    """The written time of a row: of one column, or of a day and a time of day put together."""
    if "time" not in found:
        return texts.text(found["day"])
    if "day" in found and _is_time_of_day(texts, found["time"]):
        return f"({texts.text(found['day'])} || ' ' || {texts.text(found['time'])})"
    return texts.text(found["time"])


def stamp_sql(texts: Texts, sample: Sample, found: dict[str, int]) -> str:
    """The TIMESTAMP of a row: UTC where it carries an offset, else wall clock."""
    at = found.get("time", found.get("day", 0))
    kind = texts.type(at)
    if kind is not None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return stamp_of(kind, at)
    cell = time_text(texts, sample, found)
    local = local_sql(cell, texts.samples(at))
    return f"CASE WHEN {has_offset_sql(cell)} THEN {utc_sql(cell)} ELSE {local} END"


def stamp_of(kind: pa.DataType, at: int) -> str:
    """The TIMESTAMP of a typed column: UTC of instants, else wall clock as it stands."""
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return instant_sql(f"c{at}")
    return f"CAST(c{at} AS TIMESTAMP)"


def is_utc_sql(texts: Texts, found: dict[str, int], zone: str | None = None) -> str:
    """Whether a row's stamp is UTC, as all are where `zone` is."""
    if zone == "UTC":
        return "true"
    at = found.get("time", found.get("day", 0))
    kind = texts.type(at)
    if kind is not None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return "true" if pa.types.is_timestamp(kind) and kind.tz is not None else "false"
    return f"coalesce({has_offset_sql(texts.text(at))}, false)"


def _minutes(texts: Texts, found: dict[str, int], options: Options, daily: bool) -> str:
    if daily:
        return "CAST(0 AS SMALLINT)"
    if options.minutes is not None:
        minutes = 0 if options.minutes >= 1440 else options.minutes
        return f"CAST({minutes} AS SMALLINT)"
    if "minutes" in found:
        cell = f"TRY_CAST({texts.text(found['minutes'])} AS SMALLINT)"
        return f"CASE WHEN {cell} >= 1440 THEN 0 ELSE {cell} END"
    return "CAST(NULL AS SMALLINT)"


def _value(texts: Texts, found: dict[str, int], name: str, options: Options) -> str:
    if name not in found:
        return "CAST(NULL AS DOUBLE)"
    at = found[name]
    kind = texts.type(at)
    if kind is not None and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        number = f"CASE WHEN isfinite(CAST(c{at} AS DOUBLE)) THEN CAST(c{at} AS DOUBLE) END"
    else:
        comma = texts.sample.delimiter != "," and any(
            _DECIMAL_COMMA.match(s) for s in texts.samples(at)
        )
        number = number_sql(texts.cell(at), decimal_comma=comma)
    factor = UNIT_FACTOR.get(options.unit or "kwh", 1.0) * (options.multiplier or 1.0)
    if "multiplier" in found:
        number = f"({number}) * coalesce({number_sql(texts.cell(found['multiplier']))}, 1)"
    return number if factor == 1.0 else f"({number}) * {factor}"


def seq_sql(texts: Texts, found: dict[str, int]) -> str:
    """The sequence of a row: a number as it is, a time as seconds since 1970."""
    if "seq" not in found:
        return "CAST(NULL AS BIGINT)"
    at = found["seq"]
    kind = texts.type(at)
    if kind is not None and pa.types.is_timestamp(kind):
        return f"CAST(epoch({stamp_of(kind, at)}) AS BIGINT)"
    cell = texts.text(at)
    stamp = f"CASE WHEN {has_offset_sql(cell)} THEN {utc_sql(cell)} ELSE {local_sql(cell)} END"
    return f"coalesce(TRY_CAST({cell} AS BIGINT), CAST(epoch({stamp}) AS BIGINT))"


def _direction(texts: Texts, found: dict[str, int], options: Options) -> str:
    if options.direction is not None:
        return f"'{options.direction}'"
    if "direction" in found:
        return direction_sql(texts.text(found["direction"]))
    return "'import'"


def _only_days(sample: Sample, found: dict[str, int]) -> bool:
    """Whether the time column names days, with no time of day."""
    texts = Texts(sample)
    at = found["time"]
    kind = texts.type(at)
    if kind is not None and not is_text(kind):
        return bool(pa.types.is_date(kind))
    if "day" in found and _is_time_of_day(texts, at):
        return False
    samples = texts.samples(at)
    return bool(samples) and not any(_has_time_of_day(s) for s in samples)


def _is_time_of_day(texts: Texts, at: int) -> bool:
    samples = texts.samples(at)
    return bool(samples) and all(_TIME_OF_DAY.match(s) for s in samples)


def _has_time_of_day(text: str) -> bool:
    if ":" in text or "时" in text:
        return True
    digits = re.sub(r"\D", "", text)
    return "." in text if re.fullmatch(r"\d{5}(\.\d+)?", text) else len(digits) >= 12


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _notes(daily: bool, options: Options) -> tuple[Text, ...]:
    if daily:
        return (Text("daily energy: days without intervals", "日电量：无分时数据"),)
    if options.stamp == "end":
        return (Text("each time ends its interval", "时间为区间结束时刻"),)
    return (Text("each time starts its interval", "时间为区间起始时刻"),)
