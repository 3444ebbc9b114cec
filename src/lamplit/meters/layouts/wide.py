"""Wide: one line per meter and day, one column per interval; China's collection systems' export.

    户号,数据日期,P1,P2,…,P96          0012345678,2025-01-01,0.21,0.18,…
    meter_id,date,CT,PT,00:15,00:30,…,24:00

24, 48 or 96 columns (or any number that divides the day), named P1…, p01, 点1, or by the time of
day. As energy, or as instantaneous kW (× CT × PT), where each value stands for the interval that
it starts (first column at 00:00) or ends (first column at 00:15): either way column 1 is the first
interval of the day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.meters.layouts.base import Match, Options, Sample, Source, SqlPlan
from lamplit.meters.layouts.csvfile import NULL_CELLS, cells
from lamplit.meters.layouts.long import is_text
from lamplit.meters.layouts.names import direction_sql, find_columns, tidy
from lamplit.meters.layouts.numbers import instant_sql, local_sql
from lamplit.meters.localtime import always
from lamplit.meters.quality import NULL_WORDS, quality_sql

COLUMNS: Final = (
    "meter_id", "day", "time", "quality", "seq", "direction", "ct", "pt", "multiplier",
)  # fmt: skip
POINTS_LEAST: Final = 12

_NUMBERED = re.compile(
    r"^(?:p|point|points|点|第|t|v|h|hh|q|r|slot|kwh|kw|power|value|interval|data)?_?0*(\d{1,3})点?$"
)
_CLOCK = re.compile(r"^(?:p|t|r)?_?(\d{1,2})[:：](\d{2})(?:[:：]00)?$")
_PACKED_CLOCK = re.compile(r"^(?:p|t|r)_?(\d{2})(\d{2})$")
_ISO_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_EXCEL_MARKS: Final = "'='' \"'"
_POWER = re.compile(r"功率|负荷|power|(?<![a-z])kw(?!h)|demand|load(?!ed)", re.IGNORECASE)
_ENERGY = re.compile(r"电量|电能|energy|kwh|consumption", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Points:
    """The slot columns of a header: their places in slot order, and what named the first."""

    places: tuple[int, ...]
    first_minute: int | None
    """Minutes after midnight that the first column is named by; None when it is numbered."""

    @property
    def minutes(self) -> int:
        """The interval length."""
        return 1440 // len(self.places)


def points_of(header: Sequence[str]) -> Points | None:
    """The slot columns of a header; None when there are not enough, or they do not fill a day."""
    clocked: dict[int, int] = {}
    numbered: dict[int, int] = {}
    for place, name in enumerate(header):
        cell = tidy(name)
        clock = _CLOCK.match(cell) or _PACKED_CLOCK.match(cell)
        if clock and int(clock[1]) <= 24 and int(clock[2]) < 60:
            clocked.setdefault(int(clock[1]) * 60 + int(clock[2]), place)
        elif number := _NUMBERED.match(cell):
            numbered.setdefault(int(number[1]), place)
    return _by_clock(clocked) or _by_number(numbered)


def _by_clock(clocked: dict[int, int]) -> Points | None:
    count = len(clocked)
    if count < POINTS_LEAST or 1440 % count:
        return None
    minutes = 1440 // count
    # A last column of 0:00 is the midnight at which the day ends, when the first is not midnight.
    ordered = sorted(clocked, key=lambda m: (m == 0 and clocked[0] > min(clocked.values()), m))
    first = ordered[0]
    expected = [first + i * minutes for i in range(count)]
    if [m or 1440 if first else m for m in ordered] != expected:
        return None
    return Points(tuple(clocked[m] for m in ordered), first)


def _by_number(numbered: dict[int, int]) -> Points | None:
    if not numbered:
        return None
    first = min(numbered)
    count = 0
    while first + count in numbered:
        count += 1
    if first > 1 or count < POINTS_LEAST:
        return None
    # P1 … P97 holds the midnight twice: only whole days are read.
    if 1440 % count and count - 1 in (24, 48, 96):
        count -= 1
    if 1440 % count:
        return None
    return Points(tuple(numbered[first + i] for i in range(count)), None)


@dataclass(frozen=True, slots=True)
class Wide:
    """One line per meter and day."""

    name: str = "wide"
    label: Text = Text("one line per meter and day", "每表每日一行")

    def sniff(self, sample: Sample) -> Match | None:
        """Fits when slot columns fill a day beside a meter and a date."""
        points = points_of(sample.header)
        if points is None:
            return None
        found = find_columns(sample.header, {}, COLUMNS)
        if "meter_id" not in found or not {"day", "time"} & found.keys():
            return None
        n, first = len(points.places), sample.header[points.places[0]]
        last = sample.header[points.places[-1]]
        why = Text(f"{n} columns {first} … {last}", f"{n} 列 {first} … {last}")
        return Match(0.9, why)

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The wide relation. Raises LamplitError `ingest.missing-column`."""
        sample = source.sample
        points = points_of(sample.header)
        found = find_columns(sample.header, options.columns, COLUMNS)
        _require(sample, points, found, options)
        assert points is not None
        unit, why = unit_of(sample, options, found)
        plain = not patient and _plain(sample, points.places)
        select = _select(source, options, points, found, unit, plain=plain, numbered=patient)
        shift = _shift(points, options)
        return SqlPlan(
            "wide",
            select,
            points=len(points.places),
            day_column=found.get("day", found.get("time")),
            shift_minutes=shift,
            notes=(why, *_shift_note(points, options, shift)),
        )


LAYOUT = Wide()


def unit_of(sample: Sample, options: Options, found: dict[str, int]) -> tuple[str, Text]:
    """The unit of the values, and why: said, named in the header or file name, or assumed."""
    if options.unit:
        unit = options.unit
        return unit, Text(f"values are {unit}, as was said", f"按指定，数值单位为 {unit}")
    words = " ".join((*sample.header, sample.name.rsplit("/", 1)[-1]))
    energy, power = _ENERGY.search(words), _POWER.search(words)
    if energy and not power:
        return "kwh", Text(
            f"values are kWh: “{energy[0]}”; name the unit kw if not",
            f"数值单位为 kWh：“{energy[0]}”；如不是请指定 unit kw",
        )
    if power and not energy:
        return "kw", Text(
            f"values are kW: “{power[0]}”; name the unit kwh if not",
            f"数值单位为 kW：“{power[0]}”；如不是请指定 unit kwh",
        )
    if {"ct", "pt"} & found.keys():
        return "kw", Text(
            "values are kW, since CT and PT are given; name the unit kwh if not",
            "数值单位为 kW（含 CT、PT 列）；如不是请指定 unit kwh",
        )
    return "kwh", Text(
        "values are taken for kWh; name the unit kw if they are power",
        "数值按 kWh 处理；若为功率请指定 unit 为 kw",
    )


def _select(
    source: Source,
    options: Options,
    points: Points,
    found: dict[str, int],
    unit: str,
    *,
    plain: bool,
    numbered: bool,
) -> str:
    sample = source.sample
    parquet = sample.parquet
    day_at = found.get("day", found.get("time", 0))
    factor = _factor(points, found, options, unit)
    days = [row[day_at] for row in sample.rows if day_at < len(row)]
    iso = plain and parquet is None and all(_ISO_DAY.match(day) for day in days)
    types = dict.fromkeys(points.places, "DOUBLE" if factor else "FLOAT") if plain else {}
    if iso:
        types[day_at] = "DATE"
    comma = sample.delimiter != "," and parquet is None
    values, faulty = [], []
    for slot, place in enumerate(points.places):
        cell, kind = f"c{place}", None if parquet is None else parquet.field(place).type
        if is_text(kind) and (kind is not None or not plain):
            cell = _patient(f"c{place}", decimal_comma=comma)
            faulty.append(f"({cell} IS NULL AND {_said(f'c{place}')})")
        elif kind is not None and pa.types.is_floating(kind):
            cell = f"CASE WHEN isnan({cell}) THEN NULL ELSE {cell} END"
        values.append(f"{cell}{factor} AS s{slot}")
    day = f"c{day_at}" if iso else f"CAST({_day(sample, day_at, options.timezone)} AS DATE)"
    if "meter_id" in found:
        meter = _meter(sample, found["meter_id"])
    else:
        meter = f"'{(options.meter_id or '').replace(chr(39), chr(39) * 2)}'"
    columns = ", ".join(
        (
            "line",
            f"{meter} AS meter_id",
            f"{day} AS day",
            f"{_text(found, 'quality')} AS raw_code",
            f"{_seq(found)} AS seq",
            f"{_direction(found, options)} AS direction",
            f"({' OR '.join(faulty) or 'false'}) AS faulty",
            *values,
        )
    )
    return _checked(f"SELECT {columns} FROM {cells(source, types, numbered=numbered)}")


def _meter(sample: Sample, at: int) -> str:
    """The meter id, trimmed; with Excel's `="0012"` and `'0012` undone, where there are such."""
    cell = f"CAST(c{at} AS VARCHAR)"
    odd = any(row[at].startswith(("=", "'", '"')) for row in sample.rows if at < len(row))
    return f"nullif(trim({cell}{', ' + _EXCEL_MARKS if odd else ''}), '')"


def _checked(parsed: str) -> str:
    bad = (
        "CASE WHEN meter_id IS NULL THEN 'no-meter' WHEN day IS NULL "
        "OR day NOT BETWEEN DATE '1970-01-01' AND DATE '2100-01-01' THEN 'not-a-time' "
        "WHEN faulty THEN 'not-a-number' WHEN direction IS NULL THEN 'bad-direction' END"
    )
    quality = quality_sql("raw_code")
    return (
        f"SELECT *, {bad} AS bad, {quality} AS quality, CAST(NULL AS VARCHAR) AS method, "
        f"coalesce(direction = 'export', false) AS outward FROM ({parsed})"
    )


def _factor(points: Points, found: dict[str, int], options: Options, unit: str) -> str:
    """What each value is multiplied by, as SQL after it."""
    scale = {"kwh": 1.0, "wh": 0.001, "kw": points.minutes / 60, "w": points.minutes / 60000}[unit]
    scale *= options.multiplier or 1.0
    parts = [] if scale == 1.0 else [repr(scale)]
    for name in ("ct", "pt", "multiplier"):
        if name in found:
            text = f"replace(CAST(c{found[name]} AS VARCHAR), ',', '')"
            # A ratio may be written as "200/5".
            ratio = (
                f"TRY_CAST(split_part({text}, '/', 1) AS DOUBLE) "
                f"/ TRY_CAST(split_part({text}, '/', 2) AS DOUBLE)"
            )
            parts.append(f"coalesce(TRY_CAST({text} AS DOUBLE), {ratio}, 1)")
    return f" * ({' * '.join(parts)})" if parts else ""


def _patient(cell: str, *, decimal_comma: bool) -> str:
    tidied = (
        f"CASE WHEN contains({cell}, '.') THEN replace({cell}, ',', '') "
        f"ELSE replace({cell}, ',', '.') END"
        if decimal_comma
        else f"replace({cell}, ',', '')"
    )
    value = f"TRY_CAST({tidied} AS DOUBLE)"
    return f"(CASE WHEN isfinite({value}) THEN {value} END)"


def _said(cell: str) -> str:
    words = ", ".join("'" + w.replace("'", "''") + "'" for w in NULL_WORDS)
    return f"{cell} IS NOT NULL AND lower(trim({cell})) NOT IN ({words})"


def _day(sample: Sample, at: int, zone: str) -> str:
    kind = None if sample.parquet is None else sample.parquet.field(at).type
    if kind is not None and pa.types.is_timestamp(kind) and kind.tz is not None:
        return always(zone).local_of_utc(instant_sql(f"c{at}"))
    if kind is not None and (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return f"c{at}"
    samples = [row[at] for row in sample.rows if at < len(row)]
    return local_sql(f"nullif(trim(CAST(c{at} AS VARCHAR)), '')", samples)


def _text(found: dict[str, int], name: str) -> str:
    if name not in found:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim(CAST(c{found[name]} AS VARCHAR)), '')"


def _seq(found: dict[str, int]) -> str:
    if "seq" not in found:
        return "CAST(NULL AS BIGINT)"
    text = _text(found, "seq")
    return f"coalesce(TRY_CAST({text} AS BIGINT), CAST(epoch({local_sql(text)}) AS BIGINT))"


def _direction(found: dict[str, int], options: Options) -> str:
    if options.direction:
        return f"'{options.direction}'"
    return direction_sql(_text(found, "direction")) if "direction" in found else "'import'"


def _plain(sample: Sample, places: Sequence[int]) -> bool:
    """Whether the sample's values are all numbers or empty, so that DuckDB may cast them."""
    if sample.parquet is not None:
        return True
    return all(
        not row[p] or row[p] in NULL_CELLS or _NUMBER.match(row[p])
        for row in sample.rows
        for p in places
        if p < len(row)
    )


def _require(
    sample: Sample, points: Points | None, found: dict[str, int], options: Options
) -> None:
    missing = None
    if points is None:
        missing = "P1"
    elif "meter_id" not in found and options.meter_id is None:
        missing = "meter_id"
    elif not {"day", "time"} & found.keys():
        missing = "day"
    if missing:
        raise LamplitError(
            problems.MISSING_COLUMN,
            where=sample.name,
            column=missing,
            columns=", ".join(sample.header[:30]),
        )


def _shift(points: Points, options: Options) -> int:
    """Minutes by which the first column's interval starts after midnight.

    The first column is named by the start of its interval or by its end. Unless both are said,
    a first column at 00:00 names a start and one at 00:15 an end: it is the day's first interval.
    """
    first = points.first_minute
    if options.first_column is not None:
        first = 0 if options.first_column == "00:00" else points.minutes
    if first is None or options.stamp is None:
        return 0
    return first if options.stamp == "start" else first - points.minutes


def _shift_note(points: Points, options: Options, shift: int) -> tuple[Text, ...]:
    if not shift:
        return ()
    return (
        Text(
            f"column 1 starts {shift} minutes after midnight of its day",
            f"第 1 列起于当日零点后 {shift} 分钟",
        ),
    )
