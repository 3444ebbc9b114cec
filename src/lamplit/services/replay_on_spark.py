"""Days looked at again on Spark: homes in shards, each looked at on a worker as on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.engine.workers import left_table, table_left
from lamplit.services.home import Home
from lamplit.services.lake_on_spark import SparkLake, shard_lake, shards_of_meters
from lamplit.services.night.carried import Carried, Placed
from lamplit.services.night.gather import LAKE_COLUMNS
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import Snapshot, StateManifest, open_snapshot
from lamplit.services.night.universe import Universe, places_in, subset
from lamplit.services.night.worker import of_rows
from lamplit.signals.fold import Fold

Array = np.ndarray[Any, Any]

Progress = Callable[[int, int], None]
"""(homes done, all of them)."""
Look = Callable[[Replay, Array], pa.Table]
"""(the shard's replay, all its homes) → what is asked of them; pickled, so a module's function."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A shard's homes. `before`: the day of the snapshot that they start from, what they carry."""

    home: Home
    fold: Fold
    manifest: StateManifest
    universe: Universe
    shaped: bool
    look: Look
    before: tuple[date, Carried] | None


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
    `size`: homes of a shard at most. Workers read what groups said from the shelf of the states.
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
    given, home = {}, replay.home.for_workers()
    for i, at in enumerate(range(0, len(order), size)):
        small = subset(replay.universe, order[at : at + size])
        before = None
        if standing is not None:
            placed = Placed(replay.fold, standing.carried, places_in(small.homes, standing.homes))
            before = (days[-1], of_rows(placed, np.arange(small.count)))
        given[i] = _Part(home, replay.fold, replay.manifest, small, replay.shaped, look, before)
    meters = shards_of_meters([(i, part.universe.meters) for i, part in given.items()])
    lake = SparkLake(replay.home, spark)
    sql = lake.by_shard(meters, min(read_from, start), stop, LAKE_COLUMNS)
    kept = spark.kept(sql, given, _work)
    try:
        for _, left in kept.left():
            yield left_table(left)
    finally:
        kept.close()


def _work(part: _Part, rows: pa.Table) -> tuple[None, pa.Buffer]:
    """Leave what is asked of a shard."""
    homes, everybody = part.universe.homes, np.arange(part.universe.count)
    blank = Snapshot(homes, {}, {}, {})
    with Duck(threads=1) as con:
        replay = Replay(
            part.home, con, part.fold, shard_lake(con, rows), part.manifest, part.universe, blank,
            part.shaped,
        )  # fmt: skip
        if part.before is not None:
            day, carried = part.before
            replay.cache[day] = Snapshot(homes, carried.at(everybody), {}, {})
        return None, table_left(part.look(replay, everybody))
