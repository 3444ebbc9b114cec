"""Days looked at again on Spark: homes in shards, each looked at on a worker as on one machine."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.meters.shelf import FolderShelf
from lamplit.services.home import Home
from lamplit.services.lake_on_spark import SparkLake, shard_lake, shards_of_meters
from lamplit.services.night.carried import Carried, Placed, read_table, write_table
from lamplit.services.night.gather import LAKE_COLUMNS
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import Snapshot, StateManifest, open_snapshot
from lamplit.services.night.universe import Universe, places_in, subset
from lamplit.services.night.worker import of_rows
from lamplit.signals.fold import Fold

Array = np.ndarray[Any, Any]
LEFT_SECONDS: Final = 2 * 86_400
"""No look back takes so long that its files lie untouched for two days."""

Progress = Callable[[int, int], None]
"""(homes done, all of them)."""
Look = Callable[[Replay, Array], pa.Table]
"""(the shard's replay, all its homes) → what is asked of them; pickled, so a module's function."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A shard's homes. `before`: the day of the snapshot that they start from, what they carry."""

    home: Path
    fold: Fold
    manifest: StateManifest
    universe: Universe
    shaped: bool
    look: Look
    before: tuple[date, Carried] | None
    tmp: Path


def looked_at(
    spark: Spark | None,
    replay: Replay,
    order: Array,
    span: tuple[date, date, date],
    size: int,
    look: Look,
    progress: Progress | None = None,
) -> Iterator[pa.Table]:
    """As `replayed` where there is a `spark`; otherwise here, `size` homes at a time."""
    if spark is not None:
        yield from replayed(spark, replay, order, span, size, look)
        return
    for start in range(0, len(order), size):
        yield look(replay, order[start : start + size])
        if progress:
            progress(min(start + size, len(order)), len(order))


def replayed(
    spark: Spark,
    replay: Replay,
    order: Array,
    span: tuple[date, date, date],
    size: int,
    look: Look,
) -> Iterator[pa.Table]:
    """What `look` gives of each shard of homes, in the order of `order`.

    `span`: the day whose eve the homes start from, the first and the last that are looked at.
    `size`: homes of a shard at most. Workers read what groups said from the home's folder.
    """
    eve, start, stop = span
    read_from, standing = eve, None
    days = [day for day in replay.manifest.days() if day < eve]
    if days:
        standing = open_snapshot(replay.home.state_shelf, replay.manifest, days[-1])
        read_from = days[-1] + timedelta(1)
    else:
        read_from = replay.first
    size = max(1, min(size, spark.fair_share(len(order))))
    forget_leavings(replay.home.tmp_dir)
    tmp = replay.home.tmp_dir.absolute() / f"replayed-{uuid.uuid4().hex}"
    given = {}
    for i, at in enumerate(range(0, len(order), size)):
        small = subset(replay.universe, order[at : at + size])
        before = None
        if standing is not None:
            placed = Placed(replay.fold, standing.carried, places_in(small.homes, standing.homes))
            before = (days[-1], of_rows(placed, np.arange(small.count)))
        given[i] = _Part(
            replay.home.path.absolute(), replay.fold, replay.manifest, small, replay.shaped, look,
            before, tmp,
        )  # fmt: skip
    meters = shards_of_meters([(i, part.universe.meters) for i, part in given.items()])
    lake = SparkLake(replay.home, spark)
    sql = lake.by_shard(meters, min(read_from, start), stop, LAKE_COLUMNS)
    try:
        found = spark.by_shard(sql, given, _work)
        for i in range(len(given)):
            yield read_table(FolderShelf(tmp), found[i])
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def forget_leavings(tmp_dir: Path) -> None:
    """Remove what drivers that were killed left behind; others may be looking at this moment."""
    for old in tmp_dir.glob("replayed-*"):
        if time.time() - old.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _work(part: _Part, rows: pa.Table) -> str:
    """Write what is asked of a shard to a file; returns its name."""
    homes, everybody = part.universe.homes, np.arange(part.universe.count)
    blank = Snapshot(homes, {}, {}, {})
    with Duck(threads=1) as con:
        replay = Replay(
            Home.open(part.home), con, part.fold, shard_lake(con, rows), part.manifest,
            part.universe, blank, part.shaped,
        )  # fmt: skip
        if part.before is not None:
            day, carried = part.before
            replay.cache[day] = Snapshot(homes, carried.at(everybody), {}, {})
        table = part.look(replay, everybody)
    part.tmp.mkdir(parents=True, exist_ok=True)
    name = f"replayed-{uuid.uuid4().hex}.parquet"
    write_table(part.tmp / name, table)
    return name
