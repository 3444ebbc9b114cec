"""Readings per second of NEM12: lamplit's SQL against nemreader, on the same file in one run.

    python bench/nem12.py [--nmis 2000] [--days 200] [--minutes 30] [--oracle-nmis 100]

The file is made up: one NMI in four has two E registers, one in four has a B register, one day in
a hundred has variable quality. nemreader reads a smaller cut of it (it is slower, and holds all of
it as Python objects); rates are readings per second of its own cut.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from _measure import peak_mb
from lamplit.meters.layouts.base import Options, Sample, Source
from lamplit.meters.layouts.nem12 import LAYOUT

MEMORY = "512MB"
"""What DuckDB may hold; what is over goes to disk."""


def write(path: Path, nmis: int, days: int, minutes: int, seed: int = 1) -> int:
    """Write the file; the number of readings in it."""
    rng = np.random.default_rng(seed)
    slots, written = 1440 // minutes, 0
    dates = [f"{dt.date(2024, 1, 1) + dt.timedelta(d):%Y%m%d}" for d in range(days)]
    with path.open("w") as out:
        out.write("100,NEM12,202501010000,MDP,RETAILER\n")
        for m in range(nmis):
            suffixes = [["E1"], ["E1", "E2"], ["E1", "B1"], ["E1"]][m % 4]
            for suffix in suffixes:
                configuration = "".join(suffixes)
                out.write(f"200,N{m:09d},{configuration},{suffix},{suffix},,M{m},kWh,{minutes},\n")
                values = np.round(rng.gamma(1.0, 0.3, (days, slots)), 3).astype(str)
                for day, row in zip(dates, values, strict=True):
                    flag = "V" if rng.random() < 0.01 else "A"
                    out.write(f"300,{day},{','.join(row)},{flag},,,20250101000000,\n")
                    if flag == "V":
                        out.write(f"400,1,{slots // 2},A,,\n400,{slots // 2 + 1},{slots},S14,76,\n")
                written += days * slots
        out.write("900\n")
    return written


def read_with_lamplit(path: Path) -> float:
    """Read all days and add up; the sum, in kWh."""
    with path.open("rb") as stream:
        head = stream.read(65536)
    sample = Sample(name=path.name, head=head, text=head.decode("utf-8", "replace"))
    plan = LAYOUT.plan(Source(path, sample), Options(timezone="Australia/Brisbane"))
    con = duckdb.connect()
    con.execute("SET threads = 2")
    con.execute(f"SET memory_limit = '{MEMORY}'")
    for _, sql in plan.steps:
        con.execute(sql)
    (total,) = con.execute(f"SELECT sum(list_sum(intervals)) FROM ({plan.select})").fetchone()
    assert plan.rejects is not None
    assert con.execute(plan.rejects).fetchall() == []
    con.close()
    return float(total)


def read_with_nemreader(path: Path) -> float:
    """The same by nemreader."""
    import nemreader

    data = nemreader.NEMFile(str(path)).nem_data()
    channels = (readings for nmi in data.readings.values() for readings in nmi.values())
    return sum(r.read_value for readings in channels for r in readings)


def timed(read: Callable[[Path], float], path: Path, times: int) -> tuple[float, float]:
    """The best of `times` runs in seconds, and the sum that came out."""
    best, total = float("inf"), 0.0
    for _ in range(times):
        start = time.perf_counter()
        total = read(path)
        best = min(best, time.perf_counter() - start)
    return best, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("nmis", 2000), ("days", 200), ("minutes", 30), ("oracle-nmis", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.csv"), Path(folder, "small.csv")
        n_large = write(large, args.nmis, args.days, args.minutes)
        n_small = write(small, args.oracle_nmis, args.days, args.minutes)
        ours, _ = timed(read_with_lamplit, large, 3)
        peak = peak_mb()
        ours_small, sum_ours = timed(read_with_lamplit, small, 3)
        theirs, sum_theirs = timed(read_with_nemreader, small, 1)
        assert abs(sum_ours - sum_theirs) < 1e-6 * sum_theirs
        megabytes = large.stat().st_size / 1e6
    print("| reader | readings | seconds | M readings/s |")
    print("|---|---|---|---|")
    print(
        f"| lamplit | {n_large:,} ({megabytes:.0f} MB) | {ours:.2f} | {n_large / ours / 1e6:.2f} |"
    )
    rate = n_small / ours_small / 1e6
    print(f"| lamplit, the small file | {n_small:,} | {ours_small:.2f} | {rate:.2f} |")
    print(
        f"| nemreader, the small file | {n_small:,} | {theirs:.2f} | {n_small / theirs / 1e6:.2f} |"
    )
    print(f"\nPeak memory of lamplit, with DuckDB held to {MEMORY}: {peak:.0f} MB. Sums agree.")


if __name__ == "__main__":
    main()
