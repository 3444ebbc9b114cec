"""How fast the town is made, and in how much memory.

    python bench/town.py [--homes 5000] [--days 60]

Prints one table (Markdown): readings per second of living alone (people, appliances, meters and
faults, in memory, on one thread), of living and tables, and of the whole command to files on two
threads; then peak memory of the command at one and four times the homes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from _measure import peak_mb
from lamplit.services.town import TownRequest, check_order
from lamplit.town.build import make_setting
from lamplit.town.shard import live_shard, shard_size, tables_of


def in_memory(homes: int, days: int) -> tuple[float, float, float]:
    """Million readings a second: living alone, on two threads, and living with its tables."""
    setting = make_setting(check_order(TownRequest(homes, days, 1)))
    size = shard_size(setting.calendar)
    shards = range(0, min(homes, 24 * size) - size + 1, size)
    live_shard(setting, 0, size)
    start = time.perf_counter()
    lived = [live_shard(setting, first, size) for first in shards]
    middle = time.perf_counter()
    for one in lived:
        tables_of(setting, one)
    end = time.perf_counter()
    del lived
    with ThreadPoolExecutor(2) as pool:
        again = time.perf_counter()
        for _ in pool.map(lambda first: live_shard(setting, first, size).first, shards):
            pass
        both = time.perf_counter() - again
    readings = len(shards) * size * setting.calendar.total / 1e6
    return readings / (middle - start), readings / both, readings / (end - start)


def to_files(homes: int, days: int, layout: str) -> tuple[float, float, float]:
    """Seconds, million readings a second, and peak MB of the command in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, __file__, "--child", "--layout", layout,
            "--homes", str(homes), "--days", str(days), "-o", str(Path(folder) / "t"),
        ]  # fmt: skip
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, peak = map(float, answer.split())
    return seconds, homes * days * 96 / 1e6 / seconds, peak


def child(homes: int, days: int, layout: str, output: Path) -> None:
    """Make the town here, and print seconds and peak MB."""
    from lamplit.services.town import make_town

    start = time.perf_counter()
    make_town(TownRequest(homes, days, 1, layout=layout), output)
    seconds = time.perf_counter() - start
    print(seconds, peak_mb())


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=5000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--layout", default="wide")
    parser.add_argument("--child", action="store_true")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    if given.child:
        child(given.homes, given.days, given.layout, given.output)
        return
    alone, both, tables = in_memory(given.homes, given.days)
    print("| what | million readings/s | seconds | peak MB |\n|---|---|---|---|")
    print(f"| living, in memory, one thread | {alone:.1f} | | |")
    print(f"| living, in memory, two threads | {both:.1f} | | |")
    print(f"| living and tables, one thread | {tables:.1f} | | |")
    for layout in ("wide", "long", "daily"):
        seconds, rate, peak = to_files(given.homes, given.days, layout)
        print(f"| to files, {layout} | {rate:.1f} | {seconds:.1f} | {peak:.0f} |")
    seconds, rate, peak = to_files(4 * given.homes, given.days, "wide")
    print(f"| to files, wide, four times the homes | {rate:.1f} | {seconds:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
