"""Data quality: how much of what was expected came, and how good it is, by collector and day.

Each expected meter-day is one of four: valid (its energy comes from actual readings), estimated
(from values that the source estimated or substituted), unknown (something came, but no energy can
be told of it), missing (nothing came). The four add up to what was expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.domain.words import Quality
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.home import Home

USUAL_DAYS = 30
MOST_DAYS = 92
FEWEST = 15
"""Of fewer meters no count of zeros is told: it would say of single homes that they are empty."""


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A day, a collector, or all: counts of meter-days.

    `expected` = `valid` + `estimated` + `unknown` + `missing`. `zero` of the valid ones are 0 kWh;
    None where that is not told. `collector` is empty for meters without one.
    """

    day: date | None
    collector: str | None
    expected: int
    valid: int
    estimated: int
    unknown: int
    missing: int
    zero: int | None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """A span: in all, by day, and by collector with the smallest share of valid ones first.

    `grid`: of each collector that is listed, the share of valid ones on each day from `first` to
    `last`; None where none was expected.
    """

    first: date
    last: date
    total: QualityRow
    days: list[QualityRow]
    collectors: list[QualityRow]
    collector_count: int
    grid: list[list[float | None]]


def quality(
    home: Home,
    first: date | None = None,
    last: date | None = None,
    *,
    collector: str | None = None,
    limit: int = 100,
) -> QualityReport:
    """How good the readings of a span are (default: the lake's last 30 days).

    `collector`: total and days are of that one's meters. `limit`: so many collectors are listed. A
    registered meter is expected on each day that its row in the registry holds; one that the
    registry does not know on each day of the span, if it was read at all. Raises LamplitError
    `lake.no-days`, `lake.bad-span` (none, or over 92 days), or `lake.no-collector`.
    """
    lake = Lake(home)
    known = lake.day_range()
    if known is None:
        raise LamplitError(problems.NO_DAYS, where=str(home.path))
    last = last or known[1]
    first = first or max(min(known[0], last), last - timedelta(USUAL_DAYS - 1))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise LamplitError(problems.BAD_SPAN, first=first, last=last, most=MOST_DAYS)
    with open_engine(home) as duck:
        _gather(duck, home, lake, first, last)
        found = duck.rows(f"SELECT NULL, collector, {_SUMS}, max(expected) FROM quality GROUP BY 2")
        silent = _silent({str(row[1]): int(row[-1]) for row in found})
        by_name = {str(row[1]): _row(row, row[1] not in silent) for row in found}
        if collector is not None and collector not in by_name:
            raise LamplitError(problems.NO_COLLECTOR, collector=collector)
        wanted = "true" if collector is None else f"collector = {quoted(collector)}"
        several = len(found) and sum(int(row[-1]) for row in found) >= FEWEST
        told = bool(several) if collector is None else collector not in silent
        days = duck.rows(
            f"SELECT day, NULL, {_SUMS} FROM quality WHERE {wanted} GROUP BY 1 ORDER BY 1"
        )
        whole = duck.row(f"SELECT NULL, NULL, {_SUMS} FROM quality WHERE {wanted}")
        worst = sorted(by_name.values(), key=_share_valid)
        grid = _grid(duck, first, last, [one.collector or "" for one in worst[:limit]])
    return QualityReport(
        first, last, _row(whole, told), [_row(row, told) for row in days], worst[:limit],
        len(worst), grid,
    )  # fmt: skip


_SUMS = "sum(expected), sum(valid), sum(estimated), sum(unknown), sum(zero)"


def _grid(duck: Duck, first: date, last: date, names: list[str]) -> list[list[float | None]]:
    row = {name: at for at, name in enumerate(names)}
    grid: list[list[float | None]] = [[None] * ((last - first).days + 1) for _ in names]
    for name, day, share in duck.rows(
        "SELECT collector, day, sum(valid) / sum(expected) FROM quality "
        "GROUP BY 1, 2 HAVING sum(expected) > 0"
    ):
        if name in row:
            grid[row[name]][(day - first).days] = round(float(share), 4)
    return grid


def _silent(meters: dict[str, int]) -> set[str]:
    """The collectors whose zeros are not told: too small ones, and as many more as hide them.

    What is left out is the total less what is told, so together they too must be 15 meters.
    """
    silent: set[str] = set()
    hidden = 0
    for name, count in sorted(meters.items(), key=lambda one: (one[1], one[0])):
        if count >= FEWEST and (not silent or hidden >= FEWEST):
            break
        silent.add(name)
        hidden += count
    return silent


def _row(row: tuple[Any, ...], told: bool) -> QualityRow:
    expected, valid, estimated, unknown, zero = (int(value or 0) for value in row[2:7])
    missing = expected - valid - estimated - unknown
    return QualityRow(
        row[0], row[1], expected, valid, estimated, unknown, missing, zero if told else None
    )


def _share_valid(row: QualityRow) -> tuple[float, str]:
    return (row.valid / row.expected if row.expected else 1.0, row.collector or "")


_TIES = """
SELECT meter_id, coalesce(collector_id, building_id, '') AS collector,
  coalesce(valid_from, DATE '0001-01-01') AS starts, coalesce(valid_to, DATE '9999-12-31') AS ends
FROM read_parquet({registry})
GROUP BY ALL
"""
_NO_TIES = """
SELECT NULL::VARCHAR AS meter_id, NULL::VARCHAR AS collector, NULL::DATE AS starts,
  NULL::DATE AS ends WHERE false
"""
# A meter-day belongs to one collector; where the registry names two on one day, to the first.
_READ = """
SELECT d.meter_id, d.day, coalesce(min(t.collector), '') AS collector,
  any_value(d.kwh) AS kwh, any_value(d.quality) AS quality,
  any_value(d.slots_read) AS slots_read, any_value(d.method) AS method
FROM {days} d LEFT JOIN ties t
  ON t.meter_id = d.meter_id AND d.day >= t.starts AND d.day < t.ends
GROUP BY d.meter_id, d.day
"""
_SEEN = """
SELECT day, collector, count(*) AS seen,
  count(*) FILTER (WHERE kwh IS NOT NULL AND quality = {actual}) AS valid,
  count(*) FILTER (WHERE kwh IS NOT NULL AND quality IN ({estimated}, {substituted})) AS estimated,
  count(*) FILTER (WHERE kwh IS NULL AND (slots_read > 0 OR method IS NOT NULL)) AS unknown,
  count(*) FILTER (WHERE kwh = 0 AND quality = {actual}) AS zero
FROM read GROUP BY day, collector
"""
# Registered meters by the days that their rows hold; the others by having been read in the span.
_EXPECTED = """
WITH days AS (SELECT CAST(unnest(generate_series(DATE '{first}', DATE '{last}', INTERVAL 1 DAY))
    AS DATE) AS day),
spans AS (
  SELECT collector, starts, ends, count(DISTINCT meter_id) AS meters FROM ties GROUP BY ALL
),
strangers AS (SELECT count(DISTINCT meter_id) AS meters FROM read
  WHERE meter_id NOT IN (SELECT meter_id FROM ties))
SELECT day, collector, sum(meters) AS expected FROM (
  SELECT day, collector, meters FROM days JOIN spans ON day >= starts AND day < ends
  UNION ALL SELECT day, '', meters FROM days, strangers WHERE meters > 0
) GROUP BY day, collector
"""
_QUALITY = """
SELECT coalesce(e.day, s.day) AS day, coalesce(e.collector, s.collector) AS collector,
  greatest(coalesce(expected, 0), coalesce(seen, 0)) AS expected, coalesce(valid, 0) AS valid,
  coalesce(estimated, 0) AS estimated, coalesce(unknown, 0) AS unknown, coalesce(zero, 0) AS zero
FROM expected e FULL JOIN seen s ON e.day = s.day AND e.collector = s.collector
"""


def _gather(duck: Duck, home: Home, lake: Lake, first: date, last: date) -> None:
    """Make the table `quality`: a row for each day and collector."""
    columns = ("meter_id", "day", "kwh", "quality", "slots_read", "method")
    registry = home.registry_file
    ties = _TIES.format(registry=quoted(str(registry))) if registry.exists() else _NO_TIES
    kinds = {
        "actual": int(Quality.ACTUAL), "estimated": int(Quality.ESTIMATED),
        "substituted": int(Quality.SUBSTITUTED),
    }  # fmt: skip
    for name, sql in (
        ("ties", ties),
        ("read", _READ.format(days=lake.sql(first, last, columns))),
        ("seen", _SEEN.format(**kinds)),
        ("expected", _EXPECTED.format(first=first, last=last)),
        ("quality", _QUALITY),
    ):
        duck.run(f"CREATE TEMP TABLE {name} AS {sql}")
