"""Homes a second from the registry into the store: `python bench/places_sync.py --homes 200000`.

A registry is made up, synced into an empty SQLite store, and synced again with nothing changed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.meters.registry import SCHEMA
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.places.sync import sync_places
from lamplit.services.home import Home

HOMES_A_BUILDING, BUILDINGS_A_COMMUNITY = 60, 50


def write_registry(home: Home, count: int) -> None:
    """One meter a home, in buildings of 60 and communities of 3,000."""
    number = np.arange(count)
    building = number // HOMES_A_BUILDING
    text = {
        "meter_id": [f"33{n:010d}" for n in number],
        "household_id": [f"H{n:09d}" for n in number],
        "building_id": [f"B{n:07d}" for n in building],
        "community_id": [f"C{n:05d}" for n in building // BUILDINGS_A_COMMUNITY],
        "floor": (number % HOMES_A_BUILDING) // 4 + 1,
        "door": [f"{n % HOMES_A_BUILDING // 4 + 1}0{n % 4 + 1}" for n in number],
        "shared": np.zeros(count, dtype=bool),
    }
    blank = pa.nulls(count)
    columns = [pa.array(text[f.name], f.type) if f.name in text else blank.cast(f.type)
               for f in SCHEMA]  # fmt: skip
    pq.write_table(pa.table(columns, schema=SCHEMA), home.registry_file)


def main() -> None:
    """Time both runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=200_000)
    count = parser.parse_args().homes
    with tempfile.TemporaryDirectory() as folder:
        home = Home.create(Path(folder) / "home")
        write_registry(home, count)
        office = Office.open(home)
        for what in ("first", "again"):
            began = time.perf_counter()
            found = sync_places(office, CLI)
            took = time.perf_counter() - began
            print(
                f"{what}: {took:.1f} s, {count / took:,.0f} homes/s, added {found.added.total():,}"
            )


if __name__ == "__main__":
    main()
