"""A city from nothing on one machine, by the commands that an operator types.

    python bench/city.py [--homes 100000] [--days 2] [--memory 6GB] [--write]

`lamplit town` makes the city's files; its registry is imported, its readings are ingested, the
first nights are worked, then the last one and its list of 1,000 doors; the lake is compacted and
verified. Each command is a process of its own, run once, under `memory_limit`: its seconds, its
processor seconds, its peak memory, and what its results take on disk. `--write` puts the rows into
bench/RESULTS.md, where those of other sizes stay:

    nice python bench/city.py --homes 1000000 5000000 --write
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from _measure import cache_folder, parser, say_load

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- city: begin -->", "<!-- city: end -->"
HEAD = "| homes | days | limit | command | s | CPU s | peak MB | on disk MB |"
START = date(2024, 1, 1)
"""The first day of the town's usual preset."""


def run(*words: object) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak MB of `lamplit words…` in a process of its own."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "lamplit", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return seconds, usage.ru_utime + usage.ru_stime, peak


def size_mb(path: Path) -> float:
    """MB of a file, or of all files in a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def measured(homes: int, given: argparse.Namespace) -> list[str]:
    """The rows of one city."""
    folder = cache_folder() / f"city-{homes}"
    shutil.rmtree(folder, ignore_errors=True)
    home, town, doors = folder / "home", folder / "town", folder / "doors.csv"
    run("init", home)
    settings = home / "lamplit.toml"
    limit = f'memory_limit = "{given.memory}"'
    text = re.sub(r"(?m)^memory_limit = .*$", limit, settings.read_text("utf-8"))
    settings.write_text(text, "utf-8")
    eve = START + timedelta(given.days - 2)
    steps: tuple[tuple[str, tuple[object, ...], Path], ...] = (
        ("town", ("--homes", homes, "--days", given.days, "--start", START, "-o", town), town),
        ("registry import", (town / "registry.csv",), home / "registry"),
        ("ingest", (town / "readings",), home / "lake"),
        ("nightly", ("--through", eve), home / "state"),
        ("nightly", (), home / "state"),
        ("sweep", ("--top", 1000, "-o", doors), doors),
        ("lake compact", (), home / "lake"),
        ("lake verify", ("--deep",), home / "lake"),
    )
    rows = []
    try:
        for name, words, results in steps:
            there = () if name == "town" else ("--home", home)
            seconds, cpu, peak = run(*name.split(), *words, *there)
            told = f"{name}, the first {given.days - 1}" if "--through" in words else name
            cells = (
                f"{homes:,}", f"{given.days}", given.memory, told, f"{seconds:.1f}", f"{cpu:.1f}",
                f"{peak:,.0f}", f"{size_mb(results):,.0f}",
            )  # fmt: skip
            rows.append(f"| {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def section(rows: list[str]) -> str:
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else float("nan")
    table = f"{HEAD}\n|---:|---:|---:|---|---:|---:|---:|---:|\n" + "\n".join(rows)
    return f"{table}\n\nLast measured {date.today()}; load average {load:.1f} (5 min).\n"


def write(rows: list[str]) -> None:
    """Put rows into RESULTS.md, over those of cities of the same size, days and limit."""
    before, _, rest = RESULTS.read_text("utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    known = {tuple(row.split("|")[1:4]) for row in rows}
    kept = [
        r for r in re.findall(r"(?m)^\| [\d,]+ \|.*$", old) if tuple(r.split("|")[1:4]) not in known
    ]
    every = sorted([*kept, *rows], key=lambda row: int(row.split("|")[1].replace(",", "")))
    RESULTS.write_text(f"{before}{BEGIN}\n{section(every)}{END}{after}", "utf-8")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--homes", type=int, nargs="+", default=[100_000])
    options.add_argument("--days", type=int, default=2)
    options.add_argument("--memory", default="6GB")
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    for homes in given.homes:
        rows = measured(homes, given)
        if given.write:
            write(rows)
    say_load()


if __name__ == "__main__":
    main()
