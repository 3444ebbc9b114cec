"""One night for a million meters at 96 readings, against plain DuckDB over that day's readings.

    python bench/night.py [--meters 1000000] [--repeats 5]

The night carries every home's state from the day before, with all rules, to a snapshot on disk
(synced). The rivals only add up and take the least and the largest reading of each meter, and hand
the result over as an Arrow table: over the lake's own file (a), over the same readings in columns
P1 … P96 (b), and in rows of meter, time and kWh (c). All on two threads, from a warm page cache,
each in a process of its own; importing the libraries is not in the times.
"""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

from _measure import THREADS, child, in_process, parser, say_load, table, take_turns
from _worlds import copy_of, day_file, night_world

SLOTS = 96
ARRAY = (
    "SELECT meter_id, list_sum(intervals), list_min(intervals), list_max(intervals) FROM '{file}'"
)
LONG = "SELECT meter_id, sum(kwh), min(kwh), max(kwh) FROM '{file}' GROUP BY meter_id"


def wide_sql(file: Path) -> str:
    """Sum, least and largest of the columns P1 … P96."""
    slots = [f"P{i + 1}" for i in range(SLOTS)]
    every = ", ".join(slots)
    return f"SELECT meter_id, {' + '.join(slots)}, least({every}), greatest({every}) FROM '{file}'"


def make_rivals(folder: Path) -> None:
    """The second day's readings once more, wide and long."""
    import duckdb

    source = day_file(folder, 1)
    wide, long = folder / "wide.parquet", folder / "long.parquet"
    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        if not wide.exists():
            slots = ", ".join(f"intervals[{i + 1}] AS P{i + 1}" for i in range(SLOTS))
            con.execute(
                f"COPY (SELECT meter_id, day, {slots} FROM '{source}') TO '{wide}' "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
        if not long.exists():
            con.execute(
                "COPY (SELECT meter_id, day + to_minutes(CAST(15 * (i - 1) AS BIGINT)) AS time, "
                "kwh FROM (SELECT meter_id, day, unnest(intervals) AS kwh, "
                f"generate_subscripts(intervals, 1) AS i FROM '{source}')) TO '{long}' "
                "(FORMAT parquet, COMPRESSION zstd)"
            )


def run_rival(sql: str) -> dict[str, object]:
    """One query in DuckDB, its answer as an Arrow table."""
    import duckdb
    import pyarrow  # noqa: F401  imported before the clock starts, as by the night

    start, busy = time.perf_counter(), time.process_time()
    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        answer = con.sql(sql).to_arrow_table()
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    return {"seconds": seconds, "cpu": cpu, "rows": answer.num_rows}


def run_night(folder: Path) -> dict[str, object]:
    """The night of the second day, on a copy of the home."""
    from _lake import FIRST
    from lamplit.services.home import Home
    from lamplit.services.night.advance import run_nights

    copy = copy_of(folder, "run")
    try:
        home = Home.open(copy)
        start = time.perf_counter()
        report = run_nights(home, FIRST + timedelta(1))
        seconds = time.perf_counter() - start
        if (report.nights, report.afresh) != (1, ""):
            raise SystemExit(f"that was not one night carried forward: {report}")
        return {"seconds": seconds, "homes": report.homes}
    finally:
        shutil.rmtree(copy)


def contestants(registered: Path, strangers: Path) -> dict[str, tuple[object, ...]]:
    """Name → how it is run."""
    names = ("array", "wide", "long")
    return {
        "night": (__file__, "--child", "night", "--folder", registered),
        "night, no registry": (__file__, "--child", "night", "--folder", strangers),
        **{n: (__file__, "--child", n, "--folder", registered) for n in names},
    }


TITLES = {
    "night": "lamplit: the night, with a registry",
    "night, no registry": "lamplit: the night, no registry",
    "array": "(a) DuckDB: sum, min, max over the lake's file",
    "wide": "(b) DuckDB: the same over columns P1 … P96",
    "long": "(c) DuckDB: the same over long rows",
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--meters", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child:
        work(given.child, given.folder)
        return
    registered = night_world(given.meters)
    strangers = night_world(given.meters, registry=False)
    in_process(__file__, "--child", "make", "--folder", registered)
    runs = take_turns(contestants(registered, strangers), given.repeats)
    print(f"One night, {given.meters:,} meters, {SLOTS} readings, {given.repeats} turns.\n")
    print(table(runs, "array", TITLES))
    say_load()


def work(what: str, folder: Path) -> None:
    """What a process of its own is asked to do."""
    queries = {
        "array": ARRAY.format(file=day_file(folder, 1)),
        "wide": wide_sql(folder / "wide.parquet"),
        "long": LONG.format(file=folder / "long.parquet"),
    }
    if what == "make":
        child(lambda: make_rivals(folder))
    elif what == "night":
        child(lambda: run_night(folder))
    else:
        child(lambda: run_rival(queries[what]))


if __name__ == "__main__":
    main()
