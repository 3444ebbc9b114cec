"""From the lake to a panel: each home's days as arrays, one row a day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import LakeFile
from lamplit.services.night.universe import Universe
from lamplit.signals.panel import DAILY_FEATURES, FEATURES, Panel

Array = np.ndarray[Any, Any]

EPOCH = date(1970, 1, 1)

_SUMMED = ("kwh", "kwh_export", "base_kwh", "top_kwh", "night_base_kwh", "night_top_kwh",
           "night_kwh", "small_hours_kwh", "morning_kwh", "midday_kwh", "afternoon_kwh",
           "evening_kwh", "late_kwh", "peak_kw")  # fmt: skip

_VALUE = {
    "coverage": "CAST(slots_read AS FLOAT) / greatest(slots, 1)",
    "quality": "quality",
}

LAKE_COLUMNS = ("meter_id", "day", "slots", "slots_read", *[f for f in FEATURES if f != "coverage"])


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(number: float) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(int(number))


def value_sql(feature: str) -> str:
    """How a feature is read off a row of the lake, as FLOAT."""
    return f"CAST({_VALUE.get(feature, feature)} AS FLOAT)"


def has_shape(con: Duck, lake: Lake) -> bool:
    """Whether the lake holds any day with its intervals; without, the shorter rules run.

    Files say so at their ends, so that of a lake at an address hardly a byte is fetched for it.
    """
    months: dict[int, list[LakeFile]] = defaultdict(list)
    for file in lake.files():
        months[file.month].append(file)
    return any(_month_has_shape(con, lake, months[month]) for month in sorted(months, reverse=True))


def _month_has_shape(con: Duck, lake: Lake, files: list[LakeFile]) -> bool:
    """As `has_shape`, of a month's files; they are read only where their ends leave it open."""
    said = [_says_shape(lake, file) for file in files]
    # Rows of a base file may be replaced; those of a delta count.
    counts = [file.kind == "delta" for file in files]
    if any(told and (one or not any(counts)) for told, one in zip(said, counts, strict=True)):
        return True
    if all(told is False for told in said):
        return False
    days = lake.sql_of(files, columns=("base_kwh",))
    return bool(con.rows(f"SELECT 1 FROM {days} WHERE base_kwh IS NOT NULL LIMIT 1"))


def _says_shape(lake: Lake, file: LakeFile) -> bool | None:
    """Whether a row of a file has its intervals, by the file's end; None where it does not say."""
    try:
        with lake.open(file) as stream:
            metadata = pq.read_metadata(stream)
    except (OSError, pa.ArrowException):
        return None
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = (group.column(i) for i in range(group.num_columns))
        said = next((c.statistics for c in columns if c.path_in_schema == "base_kwh"), None)
        if said is None or not said.has_null_count:
            return None
        if said.null_count < group.num_rows:
            return True
    return False


def gather_sql(days_sql: str, features: tuple[str, ...]) -> str:
    """SQL for the home-days of `days_sql`, against the table `home_meters` of the universe.

    A meter with one home for good is a plain join. The others are joined by the day, and a home's
    several meters of one day are added up (its stirrings and zero slots are those of the liveliest
    and of the most restful meter). Rows of unknown meters come with home NULL.
    """
    plain = ", ".join(f"{value_sql(f)} AS {f}" for f in features)
    several = ", ".join(f"{_several(f)}({value_sql(f)}) AS {f}" for f in features)
    number = "CAST(d.day - DATE '1970-01-01' AS INTEGER)"
    # Where one of a home's meters is not read at all, its row is simply not there: the home's
    # coverage falls by that meter's part, or the rest would look like a home that fell silent.
    due = (
        "(SELECT count(*) FROM home_meters x WHERE x.home = g.home AND NOT x.alone "
        "AND g.day >= x.from_day AND g.day < x.to_day)"
    )
    told = ", ".join(
        f"CAST(g.coverage * g.meters_read / {due} AS FLOAT) AS coverage"
        if f == "coverage"
        else f"g.{f}"
        for f in features
    )
    return f"""
SELECT m.home, {number} AS day, {plain}
FROM {days_sql} d LEFT JOIN home_meters m ON d.meter_id = m.meter_id
WHERE m.alone IS NULL OR m.alone
UNION ALL
SELECT g.home, g.day, {told} FROM (
  SELECT m.home, {number} AS day, count(*) AS meters_read, {several}
  FROM {days_sql} d JOIN home_meters m ON d.meter_id = m.meter_id AND NOT m.alone
    AND {number} >= m.from_day AND {number} < m.to_day
  GROUP BY m.home, d.day
) g
"""


def _several(feature: str) -> str:
    if feature in _SUMMED:
        return "sum"
    return "min" if feature in ("coverage", "zero_slots") else "max"


def read_days(
    con: Duck,
    days_sql: str,
    universe: Universe,
    span: tuple[int, int],
    *,
    shaped: bool,
) -> tuple[Panel, Universe]:
    """The panel of the days `span` = (first, last), both included, as day numbers.

    Meters that nobody knows become homes of their own at the end of the universe.
    """
    features = FEATURES if shaped else DAILY_FEATURES
    if universe.count == 0:
        universe = welcome(con, days_sql, universe)
    rows = _rows(con, days_sql, universe, features)
    if rows["home"].null_count:
        universe = welcome(con, days_sql, universe)
        rows = _rows(con, days_sql, universe, features)
    panel = panel_of(rows, universe.count, span, features)
    describe(panel, universe, slice(0, universe.count), universe.swap_days())
    return panel, universe


def panel_of(rows: pa.Table, homes: int, span: tuple[int, int], features: tuple[str, ...]) -> Panel:
    """Rows of `gather_sql`, of so many homes (numbered from 0) and these days, as a panel."""
    home = rows["home"].to_numpy()
    first, last = span
    shape = (last - first + 1, homes)
    where = home if shape[0] == 1 else (rows["day"].to_numpy() - first, home)
    # A home has one row a day: with as many rows as cells, no cell is left to be blank.
    whole = rows.num_rows == shape[0] * shape[1]
    arrays = {name: _laid_out(rows[name], where, shape, whole) for name in features}
    return Panel(homes, first, shape[0], arrays)


def _laid_out(
    column: pa.ChunkedArray, where: Any, shape: tuple[int, int], whole: bool
) -> Array:  # fmt: skip
    values = np.empty(shape, dtype=np.float32)
    if not whole:
        values.fill(np.nan)
    into = values[0] if shape[0] == 1 else values
    into[where] = column.to_numpy()
    return values


def _rows(con: Duck, days_sql: str, universe: Universe, features: tuple[str, ...]) -> pa.Table:
    con.register("home_meters", universe.meters)
    try:
        return con.arrow(gather_sql(days_sql, features))
    finally:
        con.unregister("home_meters")


def welcome(con: Duck, days_sql: str, universe: Universe) -> Universe:
    """The universe with the meters of these days that it does not know yet."""
    con.register("home_meters", universe.meters)
    try:
        found = con.arrow(
            f"SELECT DISTINCT meter_id FROM {days_sql} "
            "WHERE meter_id NOT IN (SELECT meter_id FROM home_meters) ORDER BY meter_id"
        )
    finally:
        con.unregister("home_meters")
    return universe.with_strangers(found["meter_id"].to_pylist())


def describe(
    panel: Panel, universe: Universe, rows: slice, swap_days: list[tuple[int, int]]
) -> None:
    """Say what the panel's homes are, which are the universe's `rows`, and whose meter changed.

    `swap_days`: those of the universe.
    """
    panel.static = {
        name: universe.homes[name].slice(rows.start, panel.homes).to_numpy().astype(float)
        for name in ("solar", "shared")
    }
    swaps = [
        (day - panel.first_day, home - rows.start)
        for home, day in swap_days
        if rows.start <= home < rows.stop and 0 <= day - panel.first_day < panel.days
    ]
    if swaps:
        swapped = np.zeros((panel.days, panel.homes), dtype=np.float32)
        swapped[tuple(np.array(swaps).T)] = 1.0
        panel.area["swapped"] = swapped
