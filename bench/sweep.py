"""The list from millions of states: `python bench/sweep.py --homes 5000000 --top 1000`.

A night's states are made up and written as the nights write them, with a registry of as many
homes; `sweep()` is then timed in a process of its own, and beside it plain DuckDB, which filters,
orders and limits the same Parquet file by the same score and fetches the same columns of it: no
summary by community, no doors, no sentences. Reading is warm: each runs once before it is timed.
"""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from _measure import cache_folder, child, in_process, parser, say_load, table, take_turns
from lamplit.domain.words import HomeEvent, HomeState
from lamplit.meters.registry import SCHEMA as REGISTRY
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_number
from lamplit.services.night.snapshots import Snapshot, StateManifest, commit, write_snapshot
from lamplit.signals.panel import start_carried

NIGHT = date(2025, 3, 1)
HOMES_A_COMMUNITY = 1_000
EMPTY_SHARE, NEWS_SHARE = 0.12, 0.02


def make_home(count: int) -> Path:
    """A home folder with one night of `count` homes, made once for each version of the rules."""
    folder = cache_folder() / f"sweep-{count}"
    if (folder / "state" / "manifest.json").exists():
        columns = pq.read_schema(next((folder / "state").glob("homes-*"))).names
        if set(detector(Home.open(folder)).carried) <= set(columns):
            return folder
    shutil.rmtree(folder, ignore_errors=True)
    home = Home.create(folder)
    homes = _homes(count)
    _write_registry(home, homes)
    rng = np.random.default_rng(1)
    carried = start_carried(detector(home), count)
    carried |= {name: rng.gamma(2, 2, count) for name in carried if name.endswith("_kwh")}
    today = day_number(NIGHT)
    empty = rng.random(count) < EMPTY_SHARE
    news = rng.random(count) < NEWS_SHARE
    states = np.array([HomeState.LIVED_IN, HomeState.LOW, HomeState.UNKNOWN])
    carried["state"] = np.where(
        empty, rng.choice([1.0, 2.0], count), rng.choice(states, count, p=[0.85, 0.12, 0.03])
    )
    carried["away"] = empty.astype(float)
    carried["belief"] = np.where(empty, rng.uniform(0.6, 0.995, count), rng.uniform(0, 0.4, count))
    carried["since"] = today - rng.integers(1, 400, count).astype(float)
    carried["event"] = np.where(empty, HomeEvent.WENT_DARK, np.where(news, HomeEvent.RETURNED, 0.0))
    carried["event_found"] = carried["event_day"] = today - rng.integers(0, 60, count).astype(float)
    carried["event_before"], carried["event_now"] = rng.gamma(2, 2, count), rng.gamma(1, 1, count)
    carried["event_read"] = carried["valid_days"] = carried["lived_days"] = np.full(count, 20.0)
    files = write_snapshot(home.state_shelf, NIGHT, 1, Snapshot(homes, carried, {}, {}))
    commit(
        home,
        StateManifest(first_day="2025-01-01", through=NIGHT.isoformat(), generation=1,
                      snapshots={NIGHT.isoformat(): files}),
    )  # fmt: skip
    return folder


def _homes(count: int) -> pa.Table:
    number = np.arange(count)
    ids = pa.array(np.char.add("H", np.char.zfill(number.astype(str), 9)))
    meters = pa.array(np.char.add("33010", np.char.zfill(number.astype(str), 9)))
    places = pa.array([f"C{i:05d}" for i in range(count // HOMES_A_COMMUNITY + 1)])
    community = places.take(pa.array(number // HOMES_A_COMMUNITY))
    no = pa.array(np.zeros(count, dtype=bool))
    return pa.table(
        {
            "household_id": ids, "meter_id": meters, "community_id": community,
            "silence_id": community, "solar": pa.array(number % 40 == 0), "shared": no,
            "lives_alone": no, "stranger": no,
        }
    )  # fmt: skip


def _write_registry(home: Home, homes: pa.Table) -> None:
    count = homes.num_rows
    number = np.arange(count)
    buildings = pa.array([f"B{i:06d}" for i in range(count // 100 + 1)])
    known = {
        "building_id": buildings.take(pa.array(number // 100)),
        "unit": pa.array((number % 4 + 1).astype(str)),
        "floor": pa.array((number % 25 + 1).astype(np.int32)),
        "door": pa.array((number % 2500).astype(str)),
    }
    arrays = []
    for field in REGISTRY:
        if field.name in homes.column_names:
            arrays.append(homes[field.name].combine_chunks().cast(field.type))
        else:
            arrays.append(known.get(field.name, pa.nulls(count, field.type)))
    home.registry_file.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(arrays, schema=REGISTRY), home.registry_file, compression="zstd")


def run_sweep(folder: Path, top: int) -> dict[str, object]:
    from lamplit.services.sweep import sweep

    home = Home.open(folder)
    start = time.perf_counter()
    found = sweep(home, top=top)
    seconds = time.perf_counter() - start
    assert found.doors.num_rows == min(top, found.found)
    return {"seconds": seconds, "found": found.found, "homes": found.homes}


def run_plain(folder: Path, top: int) -> dict[str, object]:
    import duckdb

    from lamplit.services.sweep.facts import CARRIED, IDENTITY

    file = next((folder / "state").glob("homes-*.parquet"))
    today = day_number(NIGHT)
    start = time.perf_counter()
    with duckdb.connect() as con:
        con.execute("SET threads = 2")
        found = con.sql(f"""
            SELECT {", ".join((*IDENTITY, *CARRIED))} FROM '{file}'
            WHERE NOT shared AND ((away > 0 AND state IN (1, 2))
              OR (event = 2 AND away = 0 AND {today} - event_found BETWEEN 0 AND 13)
              OR (event = 3 AND {today} - event_found BETWEEN 0 AND 13))
            ORDER BY (CASE WHEN away > 0 THEN belief ELSE 1 - belief END)
              * (CASE event WHEN 3 THEN 1.5 WHEN 2 THEN 1.3 WHEN 1 THEN 1.2 ELSE 0.8 END)
              / (1 + ({today} - since) / 365) DESC
            LIMIT {top}
        """).to_arrow_table()
    return {"seconds": time.perf_counter() - start, "rows": found.num_rows}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--homes", type=int, default=5_000_000)
    options.add_argument("--top", type=int, default=1_000)
    asked = options.parse_args()
    if asked.child == "make":
        child(lambda: {"folder": str(make_home(asked.homes))})
        return
    if asked.child:
        folder = cache_folder() / f"sweep-{asked.homes}"
        job = run_sweep if asked.child == "sweep" else run_plain
        child(lambda: job(folder, asked.top))
        return
    size = ("--homes", asked.homes, "--top", asked.top)
    in_process(__file__, "--child", "make", *size)
    runs = take_turns(
        {name: (__file__, "--child", name, *size) for name in ("plain", "sweep")}, asked.repeats
    )
    print(f"{asked.homes:,} states, the first {asked.top:,} doors of "
          f"{runs['sweep'].said['found']:,}\n")  # fmt: skip
    titles = {"plain": "DuckDB: filter, order, limit", "sweep": "lamplit sweep: list and summary"}
    print(table(runs, "plain", titles))
    say_load()


if __name__ == "__main__":
    main()
