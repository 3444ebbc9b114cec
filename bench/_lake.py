"""Big lakes made in one go, for the benches: the rows are made by DuckDB, not by an ingest."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import duckdb

from lamplit.meters import manifest as manifests
from lamplit.meters.canonical import METER_DAY, SQL_TYPES
from lamplit.meters.features import with_features
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import Batch, LakeFile
from lamplit.services.home import Home

FIRST = date(2025, 3, 1)
SLOTS = 96


def make_home(folder: Path) -> Home:
    """A fresh home folder for a bench."""
    return Home.create(folder, "Asia/Shanghai")


def interval_rows(meters: int, day: date, first_meter: int = 0) -> str:
    """SQL for meter-days of 96 readings with a daily round; every tenth home at standby."""
    number = (day - FIRST).days
    load = (
        "0.02 + 0.01 * (hash(m, s) % 7) / 7 + CASE WHEN m % 10 = 0 THEN 0 ELSE "
        "0.25 * greatest(0, sin((s - 24) * 3.14159 / 40)) * "
        f"(0.5 + (hash(m, s, {number}) % 1000) / 1000.0) END"
    )
    return f"""
SELECT 'M' || lpad(CAST(m AS VARCHAR), 9, '0') AS meter_id, DATE '{day}' AS day,
  CAST(15 AS SMALLINT) AS minutes, CAST({SLOTS} AS SMALLINT) AS slots,
  CAST({SLOTS} AS SMALLINT) AS slots_read,
  list_transform(range({SLOTS}), lambda s: CAST(round({load}, 3) AS FLOAT)) AS intervals
FROM range({first_meter}, {first_meter + meters}) t(m)
"""


def write_day(con: duckdb.DuckDBPyConnection, rows: str, path: Path) -> int:
    """Write rows of `interval_rows` as a base file of the lake; gives the number of rows."""
    shaped = with_features(rows)
    given = {"meter_id", "day", "minutes", "slots", "slots_read", "intervals"}
    values = {
        "kwh": "round(list_sum(intervals), 5)",
        "quality": "CAST(0 AS UTINYINT)",
        "zero_slots": "CAST(0 AS SMALLINT)",
        "seq": "CAST(0 AS BIGINT)",
        "batch": "CAST(1 AS INTEGER)",
    }
    columns = []
    made = {c[0] for c in con.execute(f"DESCRIBE {shaped}").fetchall()} | given
    for field in METER_DAY:
        value = field.name if field.name in made else values.get(field.name, "NULL")
        columns.append(f"CAST({value} AS {SQL_TYPES[field.type]}) AS {field.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT {', '.join(columns)} FROM ({shaped})) TO '{path}' "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return int(con.execute(f"SELECT count(*) FROM '{path}'").fetchone()[0])


def daily_rows(meters: int, first: date, days: int) -> str:
    """SQL for days of which only the energy is known, sorted by meter and day."""
    return f"""
SELECT 'M' || lpad(CAST(m AS VARCHAR), 9, '0') AS meter_id,
  DATE '{first}' + CAST(d AS INTEGER) AS day, CAST(0 AS SMALLINT) AS minutes,
  CAST(1 AS SMALLINT) AS slots, CAST(1 AS SMALLINT) AS slots_read,
  CASE WHEN hash(m, d // 20) % 10 = 0 THEN 0.3 + (hash(m, d) % 40) / 1000.0
    ELSE round(2 + (hash(m, d) % 1000) / 100.0, 2) END AS kwh
FROM range({meters}) t(m), range({days}) u(d) ORDER BY ALL
"""


def write_daily(con: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    """Write rows of `daily_rows` as a base file of the lake."""
    made = {"meter_id", "day", "minutes", "slots", "slots_read", "kwh"}
    values = {"quality": "0", "seq": "0", "batch": "1", "zero_slots": "0"}
    columns = [
        f"CAST({f.name if f.name in made else values.get(f.name, 'NULL')} AS {SQL_TYPES[f.type]}) "
        f"AS {f.name}"
        for f in METER_DAY
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT {', '.join(columns)} FROM ({rows})) TO '{path}' "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


def commit(home: Home, files: list[tuple[Path, date, date, int]], meters: int) -> None:
    """Put files into the lake's manifest."""
    lake = Lake(home)
    listed = tuple(
        LakeFile(
            str(path.relative_to(home.lake_dir)),
            "base",
            first.year * 100 + first.month,
            first,
            last,
            rows,
            1,
        )
        for path, first, last, rows in files
    )
    mark = hashlib.sha256(repr(files).encode()).hexdigest()
    batch = Batch(1, "bench", mark, "bench", {}, {}, "", FIRST, FIRST + timedelta(400), meters)
    lake.commit(manifests.Manifest(2, listed, (batch,)))
