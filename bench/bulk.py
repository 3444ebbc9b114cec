"""Years of daily values from nothing, against DuckDB's own gaps-and-islands query over them.

    python bench/bulk.py [--meters 100000] [--days 400] [--repeats 5]

lamplit works every home through every day, with all rules, to the kept snapshots on disk. The
rival finds each meter's runs of days under a threshold (two row_numbers, grouped by their
difference) and hands them over as an Arrow table. Both read the lake's one Parquet file, on two
threads, from a warm page cache, each in a process of its own; imports are not in the times.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from _measure import THREADS, child, parser, say_load, table, take_turns
from _worlds import bulk_world, copy_of

ISLANDS = """
WITH marked AS (
  SELECT meter_id, day, kwh, kwh < 0.5 AS low,
    row_number() OVER (PARTITION BY meter_id ORDER BY day)
    - row_number() OVER (PARTITION BY meter_id, kwh < 0.5 ORDER BY day) AS island
  FROM '{file}'
)
SELECT meter_id, min(day) AS since, max(day) AS until, count(*) AS days, avg(kwh) AS kwh
FROM marked WHERE low GROUP BY meter_id, island HAVING count(*) >= 3
"""
"""Runs of at least three days under half a kWh."""


def run_islands(folder: Path) -> dict[str, object]:
    """The query, its answer as an Arrow table."""
    import duckdb
    import pyarrow  # noqa: F401  imported before the clock starts, as by the nights

    start = time.perf_counter()
    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        file = folder / "lake" / "days" / "daily.parquet"
        answer = con.sql(ISLANDS.format(file=file)).to_arrow_table()
    return {"seconds": time.perf_counter() - start, "islands": answer.num_rows}


def run_from_nothing(folder: Path) -> dict[str, object]:
    """All nights at once, on a copy of the home."""
    from lamplit.services.home import Home
    from lamplit.services.night.advance import run_nights

    copy = copy_of(folder, "run")
    try:
        home = Home.open(copy)
        start = time.perf_counter()
        report = run_nights(home)
        return {"seconds": time.perf_counter() - start, "nights": report.nights}
    finally:
        shutil.rmtree(copy)


TITLES = {
    "lamplit": "lamplit: all nights from nothing",
    "islands": "DuckDB: gaps and islands",
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--meters", type=int, default=100_000)
    options.add_argument("--days", type=int, default=400)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child:
        run = run_islands if given.child == "islands" else run_from_nothing
        child(lambda: run(given.folder))
        return
    folder = bulk_world(given.meters, given.days)
    contestants = {n: (__file__, "--child", n, "--folder", folder) for n in TITLES}
    runs = take_turns(contestants, given.repeats)
    print(f"{given.meters:,} meters × {given.days} days, {given.repeats} turns.\n")
    print(table(runs, "islands", TITLES))
    say_load()


if __name__ == "__main__":
    main()
