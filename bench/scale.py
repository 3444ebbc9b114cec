"""A city's night on one machine: from a landed Parquet day to the list, by the number of meters.

    python bench/scale.py [--meters 100000 500000] [--memory 6GB] [--days 2] [--agreed 10]
                          [--repeats 3] [--write]

For each size: a home with a registry and so many days at 96 readings, all but the last of them
worked; one home in `--agreed` lives alone and agreed to be looked after (0: nobody). Timed is the
night of the last day under `memory_limit`, then the list of 1,000 doors, in one process; beside it
DuckDB's least scan of that day (sum, least and largest reading of each meter). `--write` puts the
table and its slopes into bench/RESULTS.md, where sizes stay until measured again:

    nice python bench/scale.py --meters 1000000 5000000 --repeats 2 --write
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import time
from datetime import date, timedelta
from pathlib import Path

import night
from _measure import Runs, child, parser, slope, take_turns
from _worlds import copy_of, day_file, weeks_world

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- scale: begin -->", "<!-- scale: end -->"
HEAD = (
    "| meters | days | agreed | limit | shards | night s (CPU) | list s (CPU) "
    "| M readings/s/core | peak MB | day MB | state MB | least scan s (CPU) | night / scan (CPU) |"
)


def run(folder: Path, memory: str, days: int) -> dict[str, object]:
    """The night of the last day, and the list, on a copy of the home."""
    from _lake import FIRST
    from lamplit.services.home import Home
    from lamplit.services.night.advance import run_nights
    from lamplit.services.night.snapshots import read_manifest
    from lamplit.services.sweep import sweep

    copy = copy_of(folder, "scale")
    try:
        settings = copy / "lamplit.toml"
        text = re.sub(r"(?m)^memory_limit = .*$", f'memory_limit = "{memory}"',
                      settings.read_text("utf-8"))  # fmt: skip
        settings.unlink()  # a hard link to the original
        settings.write_text(text, "utf-8")
        home = Home.open(copy)
        clocks = (time.perf_counter, time.process_time)
        start, busy = (clock() for clock in clocks)
        last = FIRST + timedelta(days - 1)
        report = run_nights(home, last)
        worked, worked_busy = (clock() for clock in clocks)
        found = sweep(home, top=1_000)
        listed, listed_busy = (clock() for clock in clocks)
        if (report.nights, report.afresh, found.homes) != (1, "", report.homes):
            raise SystemExit(f"that was not one night carried forward: {report}")
        files = read_manifest(home.state_dir).snapshots[str(last)]
        return {
            "seconds": listed - start,
            "night": worked - start,
            "list": listed - worked,
            "night_cpu": worked_busy - busy,
            "list_cpu": listed_busy - worked_busy,
            "shards": sum(part.startswith("homes") for part in files),
            "state": sum((home.state_dir / name).stat().st_size for name in files.values()),
            "day": day_file(folder, days - 1).stat().st_size,
        }
    finally:
        shutil.rmtree(copy)


def measured(meters: int, given: argparse.Namespace) -> str:
    """A row of the table."""
    folder = weeks_world(meters, given.days, given.agreed)
    words = ("--folder", folder, "--memory", given.memory, "--days", given.days)
    runs = take_turns(
        {
            "scan": (night.__file__, "--child", "array", "--folder", folder),
            "night": (__file__, "--child", "night", *words),
        },
        given.repeats,
    )
    return row_of(meters, given, runs)


def row_of(meters: int, given: argparse.Namespace, runs: dict[str, Runs]) -> str:
    ours, scan = runs["night"], runs["scan"]
    cpu, scan_cpu = ours.part("night_cpu"), scan.part("cpu")
    pace = meters * night.SLOTS / cpu / 1e6
    cells = (
        f"{meters:,}", f"{given.days}", f"1 in {given.agreed:,}" if given.agreed else "none",
        given.memory, f"{ours.part('shards'):.0f}",
        f"{ours.part('night'):.2f} ({cpu:.1f})",
        f"{ours.part('list'):.2f} ({ours.part('list_cpu'):.1f})", f"{pace:.1f}",
        f"{ours.peak:,.0f}", f"{ours.part('day') / 1e6:,.0f}", f"{ours.part('state') / 1e6:,.0f}",
        f"{scan.median:.2f} ({scan_cpu:.1f})",
        f"{ours.part('night') / scan.median:.2f} ({cpu / scan_cpu:.2f})",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def number(cell: str) -> float:
    return float(cell.replace(",", ""))


def section(rows: list[str]) -> str:
    """The table with its slopes."""
    cells = [[cell.strip() for cell in row.strip("| ").split("|")] for row in rows]
    text = f"{HEAD}\n|{'---:|' * (HEAD.count('|') - 1)}\n" + "\n".join(rows) + "\n"
    cells = [c for c in cells if c[1:3] == cells[0][1:3]]  # slopes are of like with like
    sizes = [int(number(c[0])) for c in cells]
    if len(sizes) > 1:
        busy = [[number(re.findall(r"\(([\d.]+)\)", c[i])[0]) for i in (5, 6)] for c in cells]
        wall = [sum(number(c[i].partition(" ")[0]) for i in (5, 6)) for c in cells]
        columns = (wall, [n for n, _ in busy], [n for _, n in busy], [number(c[8]) for c in cells])
        slopes = (f"{slope(sizes, column):.2f}" for column in columns)
        names = ("time", "CPU of the night", "CPU of the list", "memory")
        told = ", ".join(f"{name} {found}" for name, found in zip(names, slopes, strict=True))
        text += f"\nSlopes of log on log size: {told}.\n"
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else float("nan")
    return f"{text}\nLast measured {date.today()}; load average {load:.1f} (5 min).\n"


def write(rows: list[str]) -> None:
    """Put rows into RESULTS.md, over those of the same size and limit."""
    text = RESULTS.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    old, _, after = rest.partition(END)
    kept = {
        tuple(row.split("|")[1:5]): row
        for row in [*re.findall(r"(?m)^\| [\d,]+ \|.*$", old), *rows]
    }
    ordered = sorted(kept.values(), key=lambda row: [number(row.split("|")[i]) for i in (2, 1)])
    RESULTS.write_text(f"{before}{BEGIN}\n{section(ordered)}{END}{after}", "utf-8")


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--meters", type=int, nargs="+", default=[100_000, 500_000])
    options.add_argument("--memory", default="6GB")
    options.add_argument("--days", type=int, default=2)
    options.add_argument("--agreed", type=int, default=10)
    options.add_argument("--write", action="store_true")
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child:
        child(lambda: run(given.folder, given.memory, given.days))
        return
    rows = []
    for meters in given.meters:
        rows.append(measured(meters, given))
        if given.write:  # each as soon as it is there: the large ones take long
            write(rows[-1:])
    print(section(rows))


if __name__ == "__main__":
    main()
