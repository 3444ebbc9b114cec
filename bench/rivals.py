"""lamplit and what a user would otherwise take, on the same data, in one run.

    python bench/rivals.py [--meters 20000] [--days 400] [--models 200] [--repeats 3]
                           [--rivals rivals/bin/python] [--write]

First, years of daily values: lamplit's nights from nothing with all rules; DuckDB's gaps and
islands under a threshold; pandas and Polars with plain rules (a 7-day mean against the meter's own
median, hysteresis, the days on which that turns); OpenDSM's daily model, one meter at a time for
`--models` of them. Then the four tasks of Liu and Golab's benchmark of smart-meter analytics (EDBT
2015) over hourly values: histogram, 3-line, periodic auto-regression and cosine similarity. lamplit
does none of them; they serve as a yardstick of how fast one gets from its lake to arrays, against
long rows in the same format. The kernels are the same NumPy for all.

Polars and OpenDSM run in an environment of their own: bench/rivals-requirements.txt.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import bulk
import pandas_rules
from _measure import THREADS, Runs, cache_folder, child, in_process, parser, say_load, take_turns
from _worlds import bulk_world

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- rivals: begin -->", "<!-- rivals: end -->"
HOURS = 24
TASK_METERS, TASK_DAYS = 1_000, 365
TASKS = ("histogram", "three_line", "periodic", "similar")


# --- plain rules ------------------------------------------------------------------------------


def run_polars(folder: Path) -> dict[str, object]:
    """The rules of bench/pandas_rules.py, in Polars."""
    import polars as pl

    start = time.perf_counter()
    file = folder / "lake" / "days" / "daily.parquet"
    own = "meter_id"
    week = pl.col("kwh").rolling_mean(7, min_samples=3).over(own)
    usual = pl.col("kwh").median().over(own)
    low, high = pandas_rules.AWAY_BELOW * usual, pandas_rules.BACK_ABOVE * usual
    turned = pl.when(week < low).then(1.0).when(week > high).then(0.0)
    days = (
        pl.scan_parquet(file)
        .select(own, "day", "kwh")
        .sort(own, "day")
        .with_columns(turned.alias("away"))
        .with_columns(pl.col("away").forward_fill().over(own).fill_null(0.0))
        .with_columns(pl.col("away").diff().over(own).fill_null(0.0).alias("turn"))
        .collect()
    )
    events = days.filter(pl.col("turn") != 0)
    away = days.group_by(own, maintain_order=True).last()["away"].sum()
    return {"seconds": time.perf_counter() - start, "events": events.height, "away": int(away)}


def run_opendsm(folder: Path, models: int) -> dict[str, object]:
    """OpenDSM's daily model of a year, one meter after another; temperatures are made up."""
    import logging
    import warnings

    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq
    from opendsm.eemeter import DailyBaselineData, DailyModel

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    file = folder / "lake" / "days" / "daily.parquet"
    meters = [f"M{number:09d}" for number in range(models + 1)]
    table = pq.read_table(file, columns=["meter_id", "day", "kwh"],
                          filters=[("meter_id", "in", meters)]).to_pandas()  # fmt: skip
    hours = pd.date_range(str(table["day"].min()), periods=365 * HOURS, freq="h", tz="UTC")
    turn = np.arange(len(hours)) * 2 * np.pi
    warmth = 59 + 22 * np.sin(turn / (365 * HOURS)) + 7 * np.sin(turn / HOURS)
    spent = []
    for _, days in table.groupby("meter_id"):
        daily = pd.Series(days["kwh"].to_numpy()[:365], index=hours[::HOURS][: len(days)][:365])
        start = time.process_time()
        frame = pd.DataFrame({"temperature": warmth, "observed": daily.reindex(hours)}, index=hours)
        data = DailyBaselineData(frame, is_electricity_data=True)
        DailyModel().fit(data, ignore_disqualification=True)
        spent.append(time.process_time() - start)
    rest = spent[1:]  # the first compiles
    return {"each": sum(rest) / len(rest), "models": len(rest)}


# --- the four tasks ---------------------------------------------------------------------------


def task_world() -> Path:
    """Hourly values of a year, as the lake has them (an array a day) and as long rows."""
    import duckdb

    folder = cache_folder() / f"tasks-{TASK_METERS}-{TASK_DAYS}"
    folder.mkdir(exist_ok=True)
    lake, long = folder / "lake.parquet", folder / "long.parquet"
    if not long.exists():
        with duckdb.connect() as con:
            con.execute(f"SET threads = {THREADS}")
            con.execute(f"""
                COPY (SELECT 'M' || lpad(CAST(m AS VARCHAR), 9, '0') AS meter_id,
                  DATE '2025-01-01' + CAST(d AS INTEGER) AS day,
                  list_transform(range({HOURS}), lambda h: CAST(round(
                    0.1 + 0.4 * greatest(0, sin((h - 6) * 0.2)) * ((hash(m) % 10) / 5.0)
                    + (hash(m, d, h) % 1000) / 4000.0, 3) AS FLOAT)) AS intervals
                  FROM range({TASK_METERS}) t(m), range({TASK_DAYS}) u(d) ORDER BY ALL)
                TO '{lake}' (FORMAT parquet, COMPRESSION zstd)""")
            con.execute(f"""
                COPY (SELECT meter_id, day + to_hours(CAST(i - 1 AS BIGINT)) AS time, kwh FROM (
                  SELECT meter_id, day, unnest(intervals) AS kwh,
                    generate_subscripts(intervals, 1) AS i FROM '{lake}'))
                TO '{long}' (FORMAT parquet, COMPRESSION zstd)""")
    return folder


def cube_of_lake(folder: Path):
    """(meters, days, hours) from the lake's arrays."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        found = con.sql(
            f"SELECT intervals FROM '{folder / 'lake.parquet'}' ORDER BY meter_id, day"
        ).to_arrow_table()
    values = found["intervals"].combine_chunks().flatten().to_numpy()
    return values.reshape(TASK_METERS, TASK_DAYS, HOURS)


def cube_of_duckdb(folder: Path):
    """The same from long rows, in DuckDB."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"SET threads = {THREADS}")
        found = con.sql(f"SELECT kwh FROM '{folder / 'long.parquet'}' ORDER BY meter_id, time")
        return found.fetchnumpy()["kwh"].reshape(TASK_METERS, TASK_DAYS, HOURS)


def cube_of_pandas(folder: Path):
    """The same from long rows, in pandas."""
    import pandas as pd

    rows = pd.read_parquet(folder / "long.parquet").sort_values(["meter_id", "time"])
    return rows["kwh"].to_numpy().reshape(TASK_METERS, TASK_DAYS, HOURS)


def cube_of_polars(folder: Path):
    """The same from long rows, in Polars."""
    import polars as pl

    rows = pl.scan_parquet(folder / "long.parquet").sort("meter_id", "time").select("kwh").collect()
    return rows["kwh"].to_numpy().reshape(TASK_METERS, TASK_DAYS, HOURS)


def histogram(cube, warmth):
    """Ten buckets of equal width between each meter's least and largest hour."""
    import numpy as np

    flat = cube.reshape(len(cube), -1)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    bucket = np.minimum(((flat - low) / (high - low + 1e-9) * 10).astype(np.int64), 9)
    number = bucket + 10 * np.arange(len(flat))[:, None]
    return np.bincount(number.ravel(), minlength=10 * len(flat)).reshape(-1, 10)


def three_line(cube, warmth):
    """Three joined lines through the 10th and 90th percentile of use at each degree."""
    import numpy as np

    flat = cube.reshape(len(cube), -1)
    degree = np.round(warmth.ravel()).astype(int)
    at = np.unique(degree)
    points = np.stack([np.quantile(flat[:, degree == d], (0.1, 0.9), axis=1) for d in at], axis=-1)
    joints = np.quantile(at, (1 / 3, 2 / 3))
    hinges = [np.ones(len(at)), at, *(np.maximum(at - joint, 0) for joint in joints)]
    design = np.stack(hinges, axis=1)
    return np.linalg.lstsq(design, points.reshape(-1, len(at)).T, rcond=None)[0]


def periodic(cube, warmth):
    """For each meter and hour of the day: the hour on the three days before, and the warmth."""
    import numpy as np

    past = [cube[:, 3 - lag : -lag] for lag in (1, 2, 3)]
    now = cube[:, 3:]
    warm = np.broadcast_to(warmth[3:], now.shape)
    x = np.stack([np.ones_like(now), *past, warm], axis=-1)
    x = x.transpose(0, 2, 1, 3).astype(float)
    y = now.transpose(0, 2, 1)[..., None].astype(float)
    square = x.transpose(0, 1, 3, 2) @ x + 1e-6 * np.eye(x.shape[-1])
    return np.linalg.solve(square, x.transpose(0, 1, 3, 2) @ y)


def similar(cube, warmth):
    """The ten meters most alike to each, by the cosine of their years."""
    import numpy as np

    flat = cube.reshape(len(cube), -1).astype(np.float32)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    alike = flat @ flat.T
    np.fill_diagonal(alike, -1)
    return np.argpartition(-alike, 10, axis=1)[:, :10]


def run_tasks(folder: Path, way: str) -> dict[str, object]:
    """The cube by one way, then the four tasks over it."""
    import numpy as np

    start = time.perf_counter()
    cube = globals()[f"cube_of_{way}"](folder)
    said: dict[str, object] = {"load": time.perf_counter() - start}
    turn = np.arange(TASK_DAYS * HOURS) * 2 * np.pi
    warmth = (15 + 12 * np.sin(turn / len(turn)) + 4 * np.sin(turn / HOURS)).reshape(-1, HOURS)
    for name in TASKS:
        begun = time.perf_counter()
        found = globals()[name](cube, warmth)
        said[name] = time.perf_counter() - begun
        said[f"{name}_sum"] = float(np.abs(found).sum())
    return {"seconds": time.perf_counter() - start, **said}


# --- the run ----------------------------------------------------------------------------------


def has(python: str, module: str) -> bool:
    command = [python, "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def rules_table(meters: int, days: int, runs: dict[str, Runs]) -> str:
    """Time by contestant, and per million meters of a year."""
    titles = {
        "lamplit": "lamplit: all rules, all nights from nothing",
        "islands": "DuckDB: gaps and islands under a threshold",
        "pandas": "pandas: plain rules",
        "polars": "Polars: plain rules",
    }
    lines = [f"{meters:,} meters × {days} days of daily values.\n",
             "| what | median s | spread s | CPU s | peak MB | CPU s for a million meters |",
             "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for name, found in runs.items():
        if name == "opendsm":
            each = found.part("each")
            lines.append(
                f"| OpenDSM: a daily model each, {found.part('models'):.0f} of them "
                f"| {found.median:.1f} | {found.spread} | {found.cpu:.1f} | {found.peak:.0f} "
                f"| {each * 1e6:,.0f} |"
            )
            continue
        lines.append(
            f"| {titles[name]} | {found.median:.2f} | {found.spread} | {found.cpu:.2f} "
            f"| {found.peak:.0f} | {found.cpu * 1e6 / meters:,.0f} |"
        )
    return "\n".join(lines)


def tasks_table(runs: dict[str, Runs]) -> str:
    titles = {
        "lake": "lamplit's lake (an array a day)",
        "duckdb": "DuckDB, long rows",
        "pandas": "pandas, long rows",
        "polars": "Polars, long rows",
    }
    lines = [f"{TASK_METERS:,} meters × {TASK_DAYS} days × {HOURS} hours: seconds to arrays, then "
             "by task.\n",
             "| from | to arrays | histogram | 3-line | PAR | cosine | all | peak MB |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for name, found in runs.items():
        parts = " | ".join(f"{found.part(part):.2f}" for part in ("load", *TASKS))
        lines.append(f"| {titles[name]} | {parts} | {found.median:.2f} | {found.peak:.0f} |")
    return "\n".join(lines)


def agree(runs: dict[str, Runs]) -> None:
    """All ways come to the same answers, or the run says so and ends."""
    for name in TASKS:
        sums = [found.part(f"{name}_sum") for found in runs.values()]
        if max(sums) - min(sums) > 1e-3 * max(sums):
            raise SystemExit(f"{name}: {sums}")


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(repeats=3)
    options.add_argument("--meters", type=int, default=20_000)
    options.add_argument("--days", type=int, default=400)
    options.add_argument("--models", type=int, default=200)
    options.add_argument("--rivals", default=sys.executable)
    options.add_argument("--write", action="store_true")
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.child:
        work(given.child, given.folder, given.models)
        return
    for text in measured(given):
        if given.write:  # each part as soon as it is there
            write(text)
    print(text)
    say_load()


def write(text: str) -> None:
    old = RESULTS.read_text("utf-8")
    before, _, rest = old.partition(BEGIN)
    RESULTS.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def measured(given) -> Iterator[str]:
    """Both tables, of those contestants that are installed; OpenDSM last, as it takes longest."""
    years, tasks = bulk_world(given.meters, given.days), task_world()
    own = given.rivals
    pythons = {"polars": own}
    rules: dict[str, tuple[object, ...]] = {
        "lamplit": (bulk.__file__, "--child", "lamplit", "--folder", years),
        "islands": (bulk.__file__, "--child", "islands", "--folder", years),
        "pandas": (pandas_rules.__file__, "--child", "rules", "--folder", years),
    }
    ways = ["lake", "duckdb", "pandas"]
    if has(own, "polars"):
        rules["polars"] = (__file__, "--child", "polars", "--folder", years)
        ways.append("polars")
    runs = take_turns(rules, given.repeats, pythons)
    four = take_turns(
        {way: (__file__, "--child", f"tasks {way}", "--folder", tasks) for way in ways},
        given.repeats, pythons,
    )  # fmt: skip
    agree(four)
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else float("nan")
    last = f"{tasks_table(four)}\n\nMeasured {date.today()}; load average {load:.1f} (5 min)."
    yield f"{rules_table(given.meters, given.days, runs)}\n\n{last}"
    if has(own, "opendsm.eemeter"):
        words = (__file__, "--child", "opendsm", "--folder", years, "--models", given.models)
        found = in_process(*words, python=own)  # once: it is slow and steady
        runs["opendsm"] = one = Runs()
        for into, name in ((one.seconds, "seconds"), (one.cpus, "cpu"), (one.peaks, "peak")):
            into.append(float(str(found[name])))
        one.parts.append(found["said"])  # type: ignore[arg-type]
        yield f"{rules_table(given.meters, given.days, runs)}\n\n{last}"


def work(what: str, folder: Path, models: int) -> None:
    """What a process of its own is asked to do."""
    if what == "polars":
        child(lambda: run_polars(folder), with_pandas=True)
    elif what == "opendsm":
        child(lambda: run_opendsm(folder, models), with_pandas=True)
    else:
        way = what.partition(" ")[2]
        child(lambda: run_tasks(folder, way), with_pandas=way in ("pandas", "polars"))


if __name__ == "__main__":
    main()
