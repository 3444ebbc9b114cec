"""Cells of text to numbers, times and words, as SQL that never fails: NULL where it can't be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lamplit.meters.quality import null_sql

TIME_FORMATS: Final = (
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y%m%d %H:%M",
    "%Y%m%d %H:%M:%S",
    "%Y%m%dT%H%M%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日 %H时%M分",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%d %b %Y %H:%M",
    "%d-%b-%Y %H:%M",
    "%d-%b-%Y",
    "%d %b %Y",
)
"""Written times that are read besides ISO 8601, the year first."""

DAY_FIRST: Final = (
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
)
MONTH_FIRST: Final = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")

EXCEL_FIRST: Final = 20_000
EXCEL_LAST: Final = 80_000
"""Excel's serial days from 1954 to 2119; 1899-12-30 is day 0."""

_SLASHED = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{4}")


def number_sql(cell: str, *, decimal_comma: bool = False) -> str:
    """The DOUBLE in a text cell: `1,234.5` and ` 0.219 ` are read; infinities and NaN are not."""
    bare = null_sql(cell)
    if decimal_comma:
        clean = f"replace(replace({bare}, '.', ''), ',', '.')"
    else:
        # Only commas before groups of three digits are thousands separators.
        grouped = f"regexp_matches({bare}, '^[+-]?[0-9]{{1,3}}(,[0-9]{{3}})+([.][0-9]*)?$')"
        clean = f"CASE WHEN {grouped} THEN replace({bare}, ',', '') ELSE {bare} END"
    value = f"coalesce(TRY_CAST({bare} AS DOUBLE), TRY_CAST({clean} AS DOUBLE))"
    if decimal_comma:
        value = f"TRY_CAST({clean} AS DOUBLE)"
    return f"(CASE WHEN isfinite({value}) THEN {value} END)"


def has_offset_sql(cell: str) -> str:
    """Whether a written time carries its offset from UTC: `Z`, `+08:00`, `+0800`."""
    return (
        f"regexp_matches({cell}, "
        "'[0-9](Z|z)$|[0-9]{2}[+-][0-9]{2}:?[0-9]{2}$|:[0-9]{2}[+-][0-9]{2}$')"
    )


def instant_sql(column: str) -> str:
    """The UTC TIMESTAMP of a column of instants, whatever the unit that it counts in."""
    return f"epoch_ms(epoch_ms(CAST({column} AS TIMESTAMP WITH TIME ZONE)))"


def utc_sql(cell: str) -> str:
    """The UTC TIMESTAMP of a written time that carries its offset."""
    tidy = f"regexp_replace({cell}, '([+-][0-9]{{2}})([0-9]{{2}})$', '\\1:\\2')"
    return f"(epoch_ms(epoch_ms(TRY_CAST({tidy} AS TIMESTAMPTZ))))"


def local_sql(cell: str, samples: Iterable[str] = ()) -> str:
    """The wall-clock TIMESTAMP of a written time, of Excel's serial days, and of `24:00`."""
    formats = list(TIME_FORMATS) + list(_slashed_formats(samples))
    listed = ", ".join(f"'{f}'" for f in formats)
    serial = f"TRY_CAST({cell} AS DOUBLE)"
    excel = (
        f"CASE WHEN {serial} BETWEEN {EXCEL_FIRST} AND {EXCEL_LAST} THEN TIMESTAMP '1899-12-30' "
        f"+ to_seconds(round({serial} * 86400)) END"
    )
    midnight = f"regexp_replace({cell}, '[ T]24:00(:00)?$', '')"
    late = (
        f"CASE WHEN {midnight} <> {cell} THEN coalesce(TRY_CAST({midnight} AS TIMESTAMP), "
        f"try_strptime({midnight}, [{listed}])) + INTERVAL 1 DAY END"
    )
    iso = (
        f"CASE WHEN length({cell}) >= 8 AND {cell}[5] = '-' THEN TRY_CAST({cell} AS TIMESTAMP) END"
    )
    return f"coalesce({iso}, try_strptime({cell}, [{listed}]), {excel}, {late})"


def _slashed_formats(samples: Iterable[str]) -> tuple[str, ...]:
    """Day first or month first, where the year comes last: whichever the samples allow."""
    first = second = 0
    for sample in samples:
        match = _SLASHED.match(sample.strip())
        if match:
            first, second = max(first, int(match[1])), max(second, int(match[2]))
    if second > 12:
        return MONTH_FIRST
    return DAY_FIRST
