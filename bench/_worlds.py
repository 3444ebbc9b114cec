"""Homes worked up to the eve of what is measured, made once and kept in the cache folder.

`python bench/_worlds.py KIND …` makes one (in a process of its own, so that its memory is not
that of a measurement).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

from _measure import THREADS, cache_folder, in_process

STATE_VERSION = "state-version.txt"


def night_world(meters: int, *, registry: bool = True) -> Path:
    """A home of two days at 96 readings, the first of them worked."""
    return _made("night", meters, "registry" if registry else "strangers")


def weeks_world(meters: int, days: int, one_in: int) -> Path:
    """A home of so many days, the last of them not worked; one home in `one_in` lives alone and
    agreed to be looked after, none where it is 0."""
    return _made("weeks", meters, days, one_in)


def bulk_world(meters: int, days: int) -> Path:
    """A home of daily values, nothing of it worked."""
    return _made("bulk", meters, days)


def _made(*words: object) -> Path:
    found = in_process(__file__, *words)
    return Path(str(found["folder"]))


def day_file(folder: Path, number: int) -> Path:
    """The lake's file of a day, counted from 0."""
    from _lake import FIRST

    return folder / "lake" / "days" / f"{FIRST + timedelta(number)}.parquet"


def copy_of(folder: Path, name: str) -> Path:
    """A second home on the same data, by hard links; what a run replaces stays as it was here."""
    copy = folder.with_name(f"{folder.name}-{name}-{os.getpid()}")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, copy_function=_link)
    return copy


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def make_night(meters: int, kind: str) -> Path:
    """Two days into the lake (once), then the first of them worked under the rules of today."""
    import duckdb

    from _lake import FIRST, commit, interval_rows, make_home, write_day

    folder = cache_folder() / f"night-{meters}-{kind}"
    days = [FIRST, FIRST + timedelta(1)]
    if not (folder / "lake" / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        home = make_home(folder)
        with duckdb.connect() as con:
            con.execute(f"SET threads = {THREADS}")
            for number, day in enumerate(days):
                write_day(con, interval_rows(meters, day), day_file(folder, number))
            if kind == "registry":
                _registry(con, meters, home.registry_file)
        files = [(day_file(folder, n), day, day, meters) for n, day in enumerate(days)]
        commit(home, files, meters)
    _worked(folder, FIRST)
    return folder


def _worked(folder: Path, through: date) -> None:
    """Work the home's nights up to a day, where they were not worked under the rules of today."""
    from lamplit.services.night.advance import detector, rules_mark, run_nights

    home = _home(folder)
    mark = f"{rules_mark(detector(home))} with courses"
    version = folder / STATE_VERSION
    if not version.exists() or version.read_text() != mark:
        shutil.rmtree(home.state_dir)
        home.state_dir.mkdir()
        run_nights(home, through)
        version.write_text(mark)


def make_weeks(meters: int, days: int, one_in: int) -> Path:
    """The first day of `night_world` so many times over."""
    import duckdb

    from _lake import FIRST, commit, make_home

    folder = cache_folder() / f"weeks-{meters}-{days}-{one_in}"
    dates = [FIRST + timedelta(number) for number in range(days)]
    if not (folder / "lake" / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        eve = night_world(meters)
        home = make_home(folder)
        (folder / "lake" / "days").mkdir()
        agreed = f"CAST(substr(meter_id, 2) AS BIGINT) % {one_in} = 0" if one_in else "false"
        with duckdb.connect() as con:
            con.execute(f"SET threads = {THREADS}")
            for number in range(days):
                con.execute(
                    f"COPY (SELECT * REPLACE (day + {number} AS day) FROM '{day_file(eve, 0)}') "
                    f"TO '{day_file(folder, number)}' (FORMAT parquet, COMPRESSION zstd)"
                )
            con.execute(
                f"COPY (SELECT * REPLACE ({agreed} AS lives_alone) "
                f"FROM '{eve / 'registry' / 'registry.parquet'}') "
                f"TO '{home.registry_file}' (FORMAT parquet)"
            )
        files = [(day_file(folder, n), day, day, meters) for n, day in enumerate(dates)]
        commit(home, files, meters)
    _worked(folder, dates[-2])
    return folder


def _registry(con, meters: int, path: Path) -> None:
    """Communities of 500 homes, buildings of 50, collectors of 25."""
    from lamplit.meters.registry import SCHEMA

    values = {
        "meter_id": "'M' || lpad(CAST(m AS VARCHAR), 9, '0')",
        "household_id": "'H' || lpad(CAST(m AS VARCHAR), 9, '0')",
        "building_id": "'B' || lpad(CAST(m // 50 AS VARCHAR), 6, '0')",
        "community_id": "'C' || lpad(CAST(m // 500 AS VARCHAR), 5, '0')",
        "collector_id": "'K' || lpad(CAST(m // 25 AS VARCHAR), 6, '0')",
        "unit": "CAST(m % 2 + 1 AS VARCHAR)",
        "floor": "CAST(m % 50 // 4 + 1 AS INTEGER)",
        "door": "CAST(m % 50 AS VARCHAR)",
        "solar": "m % 40 = 7",
        "shared": "m % 500 = 3",
        "lives_alone": "m % 10 = 2",
        "valid_from": "CAST(NULL AS DATE)",
        "valid_to": "CAST(NULL AS DATE)",
    }
    columns = ", ".join(
        f"{values.get(name, 'CAST(NULL AS VARCHAR)')} AS {name}" for name in SCHEMA.names
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"COPY (SELECT {columns} FROM range({meters}) t(m)) TO '{path}' (FORMAT parquet)")


def _home(folder: Path):
    from lamplit.services.home import Home

    return Home.open(folder)


def make_bulk(meters: int, days: int) -> Path:
    """Daily values of some years in one file, as an ingest of one file leaves them."""
    import duckdb

    from _lake import FIRST, commit, daily_rows, make_home, write_daily

    folder = cache_folder() / f"bulk-{meters}-{days}"
    if not (folder / "lake" / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        home = make_home(folder)
        path = folder / "lake" / "days" / "daily.parquet"
        with duckdb.connect() as con:
            con.execute(f"SET threads = {THREADS}")
            write_daily(con, daily_rows(meters, FIRST, days), path)
        last = FIRST + timedelta(days - 1)
        commit(home, [(path, FIRST, last, meters * days)], meters)
    return folder


def main() -> None:
    kind, *words = sys.argv[1:]
    if kind == "night":
        folder = make_night(int(words[0]), words[1])
    elif kind == "weeks":
        folder = make_weeks(*map(int, words))
    else:
        folder = make_bulk(int(words[0]), int(words[1]))
    print(json.dumps({"folder": str(folder)}))


if __name__ == "__main__":
    main()
