"""What the list costs by the days behind it and by how many homes agreed to be looked after.

    python bench/looking_back.py [--meters 20000] [--days 2 57] [--one-in 10 1000] [--repeats 3]

Broken routines are judged by slots of weeks, which are read from the lake for each list; everything
else in a list is read from the last night's states. Processor time of the list alone is told.
"""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

from _measure import THREADS, cache_folder, child, in_process, parser, say_load, take_turns
from _worlds import day_file, night_world


def make(meters: int, days: int, one_in: int) -> dict[str, object]:
    """The home of `night_world` with its first day so many times over, all nights worked."""
    import duckdb

    from _lake import FIRST, commit
    from lamplit.services.home import Home
    from lamplit.services.night.advance import run_nights

    folder = cache_folder() / f"back-{meters}-{days}-{one_in}"
    shutil.rmtree(folder, ignore_errors=True)
    eve = night_world(meters)
    home = Home.create(folder)
    (folder / "lake" / "days").mkdir()
    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        for number in range(days):
            con.execute(
                f"COPY (SELECT * REPLACE (day + {number} AS day) FROM '{day_file(eve, 0)}') "
                f"TO '{day_file(folder, number)}' (FORMAT parquet, COMPRESSION zstd)"
            )
        con.execute(
            "COPY (SELECT * REPLACE (CAST(substr(meter_id, 2) AS BIGINT) % "
            f"{one_in} = 0 AS lives_alone) FROM '{eve / 'registry' / 'registry.parquet'}') "
            f"TO '{home.registry_file}' (FORMAT parquet)"
        )
    dates = [FIRST + timedelta(number) for number in range(days)]
    commit(home, [(day_file(folder, n), day, day, meters) for n, day in enumerate(dates)], meters)
    run_nights(home)
    return {"folder": str(folder)}


def run(folder: Path) -> dict[str, object]:
    """The list of 1,000 doors."""
    from lamplit.services.home import Home
    from lamplit.services.sweep import sweep

    home = Home.open(folder)
    start, busy = time.perf_counter(), time.process_time()
    sweep(home, top=1_000)
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    return {"seconds": seconds, "list_cpu": cpu}


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--meters", type=int, default=20_000)
    options.add_argument("--days", type=int, nargs="+", default=[2, 57])
    options.add_argument("--one-in", type=int, nargs="+", default=[10, 1000])
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child == "make":
        child(lambda: make(given.meters, given.days[0], given.one_in[0]))
        return
    if given.child:
        child(lambda: run(given.folder))
        return
    print("| meters | days behind | agreed | s | CPU s | CPU s for a million | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for one_in in given.one_in:
        for days in given.days:
            size = ("--meters", given.meters, "--days", days, "--one-in", one_in)
            made = in_process(__file__, "--child", "make", *size)["said"]
            folder = made["folder"]  # type: ignore[index]
            words = (__file__, "--child", "run", "--folder", folder)
            found = take_turns({"list": words}, given.repeats)["list"]
            cpu = found.part("list_cpu")
            print(f"| {given.meters:,} | {days} | 1 in {one_in:,} | {found.median:.2f} | {cpu:.2f} "
                  f"| {cpu * 1e6 / given.meters:.0f} | {found.peak:.0f} |", flush=True)  # fmt: skip
            shutil.rmtree(folder)
    say_load()


if __name__ == "__main__":
    main()
