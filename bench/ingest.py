"""Ingest of a wide P1..P96 CSV against plain DuckDB copying the same file to Parquet.

    python bench/ingest.py [--rows 240000] [--days 1] [--repeats 5] [--threads 2] [--json]

Each run is a process of its own (so that its peak memory is its own), the two in turn and in
changing order, on a file that lies in the page cache. The copy is what the requirement names,
`COPY (FROM read_csv(...)) TO ... (FORMAT parquet, COMPRESSION zstd)`; ingest is everything:
digest, recognition, features, checks for what is there already, durable commit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _measure import peak_mb

LIMIT = 1.5


def make_csv(path: Path, rows: int, days: int) -> None:
    """`rows` meter-days over `days` days from 1 January 2025, by meter and day."""
    import duckdb

    columns = ", ".join(f"round(random() * random() * 0.6, 3) AS P{i}" for i in range(1, 97))
    duckdb.execute(
        f"COPY (SELECT lpad(CAST(i // {days} AS VARCHAR), 10, '0') AS meter_id, "
        f"CAST(DATE '2025-01-01' + CAST(i % {days} AS INTEGER) AS DATE) AS date, {columns} "
        f"FROM range({rows}) t(i)) TO '{path}' (HEADER)"
    )


def copy(source: Path, folder: Path, threads: int) -> float:
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET threads = {threads}")
    began = time.perf_counter()
    con.execute(
        f"COPY (FROM read_csv('{source}')) TO '{folder / 'copy.parquet'}' "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return time.perf_counter() - began


def lamplit(source: Path, folder: Path, threads: int) -> float:
    from lamplit.meters.layouts.base import Options
    from lamplit.services.home import Home
    from lamplit.services.ingest import ingest

    home = Home.create(folder / "home")
    settings = folder / "home" / "lamplit.toml"
    settings.write_text(f"threads = {threads}\n")
    home = Home.open(folder / "home")
    began = time.perf_counter()
    done = ingest(home, [source], Options())
    spent = time.perf_counter() - began
    assert done.total.kept == done.total.read > 0
    return spent


def once(what: str, source: Path, threads: int) -> dict[str, float]:
    """One run in a fresh process: seconds, CPU seconds, peak MB."""
    command = [sys.executable, __file__, "--one", what, "--file", str(source), "--threads",
               str(threads)]  # fmt: skip
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(said)


def one(what: str, source: Path, threads: int) -> None:
    run = {"copy": copy, "lamplit": lamplit}[what]
    folder = Path(tempfile.mkdtemp(dir=source.parent))
    try:
        seconds = run(source, folder, threads)
    finally:
        shutil.rmtree(folder)
    use = resource.getrusage(resource.RUSAGE_SELF)
    cpu = use.ru_utime + use.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=240_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", choices=("copy", "lamplit"))
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.file, given.threads)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("LAMPLIT_BENCH_DIR")) as folder:
        source = Path(folder) / "wide.csv"
        make_csv(source, given.rows, given.days)
        size = source.stat().st_size / 1e6
        runs: dict[str, list[dict[str, float]]] = {"copy": [], "lamplit": []}
        for repeat in range(given.repeats):
            for what in ("copy", "lamplit") if repeat % 2 == 0 else ("lamplit", "copy"):
                runs[what].append(once(what, source, given.threads))
    report(given, size, runs)


def report(given: argparse.Namespace, size: float, runs: dict[str, list[dict[str, float]]]) -> None:
    def middle(what: str, name: str) -> float:
        return statistics.median(r[name] for r in runs[what])

    def least(what: str, name: str) -> float:
        return min(r[name] for r in runs[what])

    ratio = middle("lamplit", "seconds") / middle("copy", "seconds")
    if given.json:
        print(json.dumps({"rows": given.rows, "mb": size, "runs": runs, "ratio": ratio}))
        return
    print(f"{given.rows:,} meter-days x 96, {given.days} day(s), {size:.0f} MB of CSV, "
          f"{given.threads} threads, {given.repeats} runs each in turn")  # fmt: skip
    for what in ("copy", "lamplit"):
        print(
            f"  {what:8} {middle(what, 'seconds'):6.2f} s median, {least(what, 'seconds'):6.2f} s "
            f"best, {middle(what, 'cpu'):6.2f} s CPU, peak {middle(what, 'peak_mb'):6.0f} MB"
        )
    best = least("lamplit", "seconds") / least("copy", "seconds")
    print(f"  ratio    {ratio:6.2f} of medians, {best:.2f} of bests (limit {LIMIT})")


if __name__ == "__main__":
    main()
