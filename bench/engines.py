"""One home's night, list and areas on both engines: DuckDB, and Spark's local[2].

    python bench/engines.py [--meters 100000] [--days 57] [--agreed 50] [--repeats 3]

The home of bench/scale.py: 96 readings a day, all days but the last worked, one home in `--agreed`
looked after. Timed are the night of the last day, its list of 1,000 doors, and the areas of four
weeks; of Spark also the start of its session. Processor seconds are of all processes: the driver's,
the JVM's and the Python workers'.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from _measure import Runs, child, parser, say_load, take_turns
from _worlds import copy_of, weeks_world

MASTER = "local[2]"
STEPS = ("start", "night", "list", "areas")


def run(folder: Path, engine: str, days: int) -> dict[str, object]:
    """The steps on a copy of the home; seconds and processor seconds of each."""
    from _lake import FIRST
    from lamplit.services.area_summary import area_summary
    from lamplit.services.engine import open_spark
    from lamplit.services.home import Home
    from lamplit.services.night.advance import run_nights
    from lamplit.services.sweep import sweep

    copy = copy_of(folder, f"engines-{engine}")
    last = FIRST + timedelta(days - 1)
    said: dict[str, object] = {}
    try:
        with ExitStack() as stack:
            home = Home.open(copy).with_engine(engine, MASTER if engine == "spark" else None)
            steps = {
                "start": lambda: engine == "spark" and stack.enter_context(open_spark(home)),
                "night": lambda: run_nights(home, last),
                "list": lambda: sweep(home, top=1_000),
                "areas": lambda: area_summary(home, last - timedelta(27), last),
            }
            for name, step in steps.items():
                clock, busy = time.perf_counter(), processor_seconds()
                step()
                said[name] = time.perf_counter() - clock
                said[f"{name}_cpu"] = processor_seconds() - busy
        return said
    finally:
        shutil.rmtree(copy)


def processor_seconds() -> float:
    """What this process and all that it started, and they, have used so far."""
    ticks: dict[int, tuple[int, int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        ticks[int(stat.parent.name)] = int(words[1]), sum(map(int, words[11:15]))
    mine = {os.getpid()}
    while more := {pid for pid, (parent, _) in ticks.items() if parent in mine} - mine:
        mine |= more
    return sum(ticks[pid][1] for pid in mine) / os.sysconf("SC_CLK_TCK")


def row_of(name: str, runs: Runs) -> str:
    cells = [f"{runs.part(step):.1f} ({runs.part(f'{step}_cpu'):.1f})" for step in STEPS]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--meters", type=int, default=100_000)
    options.add_argument("--days", type=int, default=57)
    options.add_argument("--agreed", type=int, default=50)
    options.add_argument("--folder", type=Path)
    given: argparse.Namespace = options.parse_args()
    if given.child:
        # Spark hands Arrow to Python only where pandas is there too.
        child(lambda: run(given.folder, given.child, given.days), with_pandas=True)
        return
    folder = weeks_world(given.meters, given.days, given.agreed)
    words = ("--folder", folder, "--days", given.days)
    runs = take_turns(
        {name: (__file__, "--child", name, *words) for name in ("duckdb", "spark")}, given.repeats
    )
    print(
        f"{given.meters:,} meters, {given.days} days, 1 in {given.agreed} agreed; {date.today()}\n"
    )
    print("| seconds (processor seconds) | session | night | list | areas of 28 days |")
    print("|---|---:|---:|---:|---:|")
    for name, found in runs.items():
        print(row_of(name, found))
    say_load()


if __name__ == "__main__":
    main()
