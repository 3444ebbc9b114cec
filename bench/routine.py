"""How many broken routines are found, and how many calls are in vain, in a town with known truth.

`python bench/routine.py --seed 501 --preset demo`: makes a town, ingests it, runs the nights and
asks for every evening, as `lamplit sweep` would, which consenting homes broke their routine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import duckdb

from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.routine import RoutineLook, consenting, looks_on, watched

Day = tuple[str, date]


def prepare(folder: Path, options: argparse.Namespace) -> tuple[Path, Home]:
    """A town and a home that has read it."""
    town, home = folder / "town", folder / "home"
    if not (home / "state" / "manifest.json").exists():
        for words in (
            ("town", "--homes", options.homes, "--days", options.days, "--seed", options.seed,
             "--preset", options.preset, "-o", town),
            ("init", home),
            ("registry", "import", town / "registry.csv", "--home", home),
            ("ingest", town / "readings", town / "corrections", "--home", home),
            ("nightly", "--home", home),
        ):  # fmt: skip
            command = [sys.executable, "-m", "lamplit", *map(str, words)]
            subprocess.run(command, check=True, capture_output=True)
    return town, Home.open(home)


def looks(home: Home) -> tuple[list[RoutineLook], int]:
    """Every judged home-day from the 29th day on, and the number of homes looked at."""
    with open_engine(home) as con:
        replay = watched(home, con, detector(home))
        span = (replay.through - replay.first).days
        days = [replay.first + timedelta(n) for n in range(28, span + 1)]
        return looks_on(replay, days), len(consenting(replay.universe))


def truth(town: Path) -> tuple[dict[Day, bool], dict[Day, bool], list[tuple[str, date, int]]]:
    """(somebody was there; the person did not stir, True on a whole day; the events)."""
    con = duckdb.connect()
    there = con.execute(
        "SELECT CAST(household_id AS VARCHAR), day, occupied "
        f"FROM '{town}/truth.parquet' WHERE lived_alone"
    ).fetchall()
    events = con.execute(
        "SELECT CAST(household_id AS VARCHAR), day, days "
        f"FROM '{town}/events.csv' WHERE event = 'routine_broken'"
    ).fetchall()
    still: dict[Day, bool] = {}
    for home, first, count in events:
        for n in range(count):
            still[home, first + timedelta(n)] = 0 < n < count - 1
    return {(home, day): there for home, day, there in there}, still, events


def wilson(hits: int, of: int) -> str:
    if not of:
        return "-"
    z, p = 1.96, hits / of
    mid = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * ((p * (1 - p) + z * z / (4 * of)) / of) ** 0.5 / (1 + z * z / of)
    return f"{p:.0%} ({mid - half:.0%} to {mid + half:.0%}; {hits} of {of})"


def report(found: list[RoutineLook], homes: int, town: Path) -> None:
    there, still, events = truth(town)
    key = {(look.household_id, look.day): look for look in found}
    broken = {k for k, look in key.items() if look.broken}
    whole = [k for k, all_day in still.items() if all_day and k in key]
    away = [k for k in key if there.get(k) is False]
    lived = [k for k in key if there.get(k) and k not in still]
    vain = [k for k in broken if there.get(k) and k not in still]
    months = len(lived) / 30
    first = min(day for _, day in key)
    seen = [e for e in events if e[1] >= first]
    delay: dict[int | None, int] = defaultdict(int)
    for home, start, count in seen:
        on = [n for n in range(count) if (home, start + timedelta(n)) in broken]
        delay[min(on) if on else None] += 1
    caught = len(seen) - delay[None]
    long = [e for e in seen if e[2] >= 3]
    caught_long = sum(any((h, s + timedelta(n)) in broken for n in range(c)) for h, s, c in long)
    right = [k for k in broken if k in still or there.get(k) is False]
    print(f"homes {homes}, home-days judged {len(key):,}, of them while lived in {len(lived):,}")
    in_vain = f"{len(vain)} = {len(vain) / months:.3f} a home-month"
    for what, answer in (
        ("events found on any of their days", wilson(caught, len(seen))),
        ("  of those with a whole still day", wilson(caught_long, len(long))),
        ("whole still days found", wilson(sum(k in broken for k in whole), len(whole))),
        ("days away from home marked", wilson(sum(k in broken for k in away), len(away))),
        ("marked days on which nobody stirred", wilson(len(right), len(broken))),
        ("  of which the person was there", wilson(sum(k in still for k in right), len(right))),
        ("marked while somebody stirred", in_vain),
    ):
        print(f"{what:36}{answer}")
    order = sorted(delay.items(), key=lambda x: (x[0] is None, x[0]))
    print("days from an event's start to its first mark (None: never):", dict(order))
    print("\nprobability  days  mean  nobody stirred  (days on which a rule held)")
    for low, high in ((0.0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        some = [k for k, v in key.items() if v.rule and low <= v.probability < high]
        if some:
            mean = sum(key[k].probability for k in some) / len(some)
            hits = sum(k in still or there.get(k) is False for k in some)
            print(f"{low:.1f} to {high:.1f}   {len(some):5} {mean:5.2f}  {wilson(hits, len(some))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--homes", type=int, default=8_000)
    parser.add_argument("--days", type=int, default=75)
    parser.add_argument("--seed", type=int, default=501)
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--folder", type=Path, help="keep the town and the home here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        town, home = prepare(folder, options)
        print(f"town of {options.homes:,} homes, {options.days} days, seed {options.seed}, "
              f"preset {options.preset}")  # fmt: skip
        report(*looks(home), town)


if __name__ == "__main__":
    main()
