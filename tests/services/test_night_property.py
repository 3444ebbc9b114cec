"""Night by night, late and in any order, comes to the same as from scratch: random small towns."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from night_worlds import (
    Key,
    LakeWriter,
    Row,
    World,
    assert_same,
    changed_registry,
    link,
    nights,
    outcome,
    random_world,
    write_registry,
    wrong_reading,
)

from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest.run import ingest
from lamplit.services.night import shards, snapshots

FIRST = date(2025, 3, 3)
EXAMPLES = int(os.environ.get("LAMPLIT_EXAMPLES", "4"))
"""Towns to live through; a long hunt sets more of them."""


def live_and_compare(folder: Path, seed: int) -> None:
    """Live through a random town as it comes, and compare with its end told all at once."""
    rng = np.random.default_rng(seed)
    world = random_world(
        seed,
        homes=int(rng.integers(10, 61)),
        communities=int(rng.integers(1, 4)),
        days=int(rng.integers(12, 81)),
        shaped=bool(rng.random() < 0.5),
    )
    kept = snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS
    homes = shards.SHARD_HOMES
    if rng.random() < 0.5:  # few snapshots: reworks that find none to start from
        snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS = int(rng.integers(1, 5)), 1
    try:
        if rng.random() < 0.6:  # more homes than there is room for, cut anywhere
            shards.SHARD_HOMES = int(rng.integers(1, 30))
        lived = _live(folder / "lived", world, rng)
        shards.SHARD_HOMES = homes
        told = Home.create(folder / "told")
        write_registry(told, world.links)
        LakeWriter(told).put(world.truth)
        nights(told, world.last)
        assert_same(outcome(lived), outcome(told))
    finally:
        snapshots.KEEP_NIGHTS, snapshots.KEEP_MONTHS = kept
        shards.SHARD_HOMES = homes


def _live(folder: Path, world: World, rng: np.random.Generator) -> Home:
    """Deliveries, nights and registry changes as they may come."""
    home = Home.create(folder)
    writer = LakeWriter(home)
    if rng.random() < 0.8:
        write_registry(home, world.links)
    pending = set(world.truth)
    wrong: set[Key] = set()
    day = -1
    while day < world.days - 1:
        day = min(world.days - 1, day + int(rng.choice([1, 1, 1, 2, 7, 20])))
        due = sorted(k for k in pending if (k[1] - world.first).days <= day + rng.integers(0, 2))
        taken = {k for k in due if rng.random() < 0.9}
        batch: dict[Key, Row] = {}
        for key in sorted(taken):
            if rng.random() < 0.05:
                batch[key] = wrong_reading(rng, world.truth[key])
                wrong.add(key)
            else:
                batch[key] = world.truth[key]
        pending -= taken
        mended = {k for k in sorted(wrong - taken) if rng.random() < 0.15}
        batch |= {k: world.truth[k] for k in mended}
        wrong -= mended
        if batch:
            writer.put(batch)
        if rng.random() < 0.15:
            world.links = changed_registry(rng, world)
            write_registry(home, world.links)
        if writer.rows and rng.random() < 0.85:
            reach = world.first + timedelta(day)
            if reach >= min(k[1] for k in writer.rows):
                nights(home, reach)
    writer.put({k: world.truth[k] for k in pending | wrong})
    write_registry(home, world.links)
    nights(home, world.last)
    return home


@given(st.integers(0, 10**6))
@settings(
    max_examples=EXAMPLES, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_night_by_night_is_the_same_as_from_scratch(tmp_path_factory, seed):
    live_and_compare(tmp_path_factory.mktemp("town"), seed)


def test_the_same_through_ingest_from_files_late_and_corrected(tmp_path):
    """Hourly readings in CSV files as they come, against one Parquet file with all of them."""
    rng = np.random.default_rng(7)
    values = _hourly(rng, meters=24, days=14)
    came, told = Home.create(tmp_path / "came"), Home.create(tmp_path / "told")
    links = [
        link(f"M{i:02d}", f"H{i:02d}", community_id="C1", collector_id="K1") for i in range(20)
    ]
    write_registry(came, links)
    write_registry(told, links)
    keys = sorted(values, key=lambda k: (k[1], k[0]))
    late = {k for k in keys if rng.random() < 0.2}
    wrong = {k for k in keys if k not in late and rng.random() < 0.1}
    for number in range(7):
        first, last = FIRST + timedelta(2 * number), FIRST + timedelta(2 * number + 1)
        now = [k for k in keys if first <= k[1] <= last and k not in late]
        made = {k: (values[k] * 3 if k in wrong else values[k], 1) for k in now}
        back = [k for k in keys if k[1] < first and k in late | wrong and rng.random() < 0.3]
        made |= {k: (values[k], 2) for k in back}
        late, wrong = late - set(back), wrong - set(back)
        _ingest(came, tmp_path / f"{number}.csv", made)
        nights(came, last)
    _ingest(came, tmp_path / "rest.csv", {k: (values[k], 3) for k in late | wrong})
    nights(came, FIRST + timedelta(13))
    _ingest(told, tmp_path / "all.parquet", {k: (v, 1) for k, v in values.items()})
    nights(told)
    assert_same(outcome(came), outcome(told))


def _hourly(rng, meters, days):
    """(meter, day) → the 24 readings of the day, kWh to three digits; some days are never read."""
    values = {}
    for meter in range(meters):
        away = int(rng.integers(0, days))
        for day in range(days):
            if rng.random() < 0.05:
                continue
            level = 0.02 if away <= day < away + 5 and meter % 2 else 0.3
            values[f"M{meter:02d}", FIRST + timedelta(day)] = np.round(
                level * rng.lognormal(0, 0.8 if level > 0.1 else 0.02, 24), 3
            )
    return values


def _ingest(home, file, made):
    rows = pa.Table.from_pylist(
        [
            {"meter_id": meter, "time": f"{day} {hour:02d}:00", "kwh": float(kwh), "seq": seq}
            for (meter, day), (hours, seq) in made.items()
            for hour, kwh in enumerate(hours)
        ]
    )
    if file.suffix == ".csv":
        pacsv.write_csv(rows, file)
    else:
        pq.write_table(rows, file)
    report = ingest(home, [file], Options())
    assert sum(f.rows.quarantined for f in report.files) == 0
