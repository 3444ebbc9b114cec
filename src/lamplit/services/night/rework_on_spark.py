"""Late readings and registry changes on Spark: which homes they touch is found on the driver, and
those homes' days are read and worked again on workers, by the same functions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from lamplit.engine.spark import Spark
from lamplit.services.lake_on_spark import SparkLake, shards_of_meters
from lamplit.services.night.areas import Groups
from lamplit.services.night.carried import no_room
from lamplit.services.night.course_files import HOMES_AT_ONCE
from lamplit.services.night.courses import Eve, Nights
from lamplit.services.night.gather import LAKE_COLUMNS
from lamplit.services.night.gather_on_spark import (
    GatheredOnSpark,
    shard_size,
    spoken_to,
)
from lamplit.services.night.rework import (
    FIRST_READ,
    Again,
    Array,
    Rework,
    Touched,
    touched_shards,
)
from lamplit.services.night.shards import Gathered, cut
from lamplit.services.night.snapshots import Standing, write_groups
from lamplit.services.night.universe import Universe, subset
from lamplit.services.night.worker import (
    ToCourse,
    ToWorkAgain,
    ToWrite,
    course_shard,
    of_rows,
    read_course,
    work_again,
    write_whole,
)
from lamplit.signals.panel import DAILY_FEATURES, FEATURES
from lamplit.signals.routine.course import Course

COURSES: Final = "courses-"
"""How the driver's folder of courses, as they come from workers, is called in `tmp`."""


@dataclass(slots=True, kw_only=True)
class ReworkOnSpark(Rework):
    """As `Rework`, on workers."""

    spark: Spark

    def nights(self, universe: Universe, eve: Eve | None = None) -> Nights:
        """As `Rework.nights`."""
        return NightsOnSpark(
            self.home, self.con, self.fold, self.lake, self.manifest, universe, self.shaped, eve,
            spark=self.spark,
        )  # fmt: skip

    def again(self, universe: Universe, touched: Touched, since: int) -> Again:
        """As `Rework.again`."""
        return _AgainOnSpark(self, self.spark, universe, touched, since)

    def first_read(self, meters: pa.Array) -> pa.Table:
        """As `Rework.first_read`, by Spark, as all days of the lake are looked through."""
        lake = SparkLake(self.home, self.spark)
        days = lake.sql(None, self.through, ("meter_id", "day"))
        asked = self.spark.view(pa.table({"meter_id": meters}))
        return self.spark.arrow(FIRST_READ.format(days=days, asked=asked))

    def written_whole(self, day: date, standing: Standing) -> dict[str, str]:
        """As `Rework.written_whole`."""
        shelf, generation = self.home.state_shelf, self.manifest.generation
        count = standing.homes.num_rows
        shards = cut(count, shard_size(self.spark, count, 0, self.fold, 0))
        given = {
            i: ToWrite(
                standing.homes.slice(shard.start, shard.stop - shard.start),
                of_rows(standing.carried, np.arange(shard.start, shard.stop)),
                day, shelf.for_workers(), generation, None if len(shards) == 1 else i,
            )
            for i, shard in enumerate(shards)
        }  # fmt: skip
        files = write_groups(shelf, day, generation, standing)
        for written in self.spark.each(given, write_whole).values():
            files |= written
        return files


class _AgainOnSpark(Again):
    def __init__(
        self, work: Rework, spark: Spark, universe: Universe, touched: Touched, since: int
    ) -> None:
        super().__init__(work, universe, touched, since)
        self.spark = spark

    def _gathered(self, small: Universe, kept: int) -> Gathered:
        features = FEATURES if self.work.shaped else DAILY_FEATURES
        cells = self.days * len(features)
        size = shard_size(self.spark, small.count, cells, self.work.fold, kept)
        return GatheredOnSpark.brought(
            self.spark, SparkLake(self.work.home, self.spark), self.work.con, small,
            (self.start, self.work.through), features, size,
        )  # fmt: skip

    def _grouped(self, gathered: Gathered, keep_rows: tuple[int, ...]) -> list[Groups]:
        assert isinstance(gathered, GatheredOnSpark)
        return gathered.groups(self.before, keep_rows)

    def _worked(
        self,
        gathered: Gathered,
        groups: list[Groups],
        again: Array,
        around: Array,
        kept_days: list[date],
    ) -> dict[date, dict[str, str]]:
        assert isinstance(gathered, GatheredOnSpark)
        work, given = self.work, {}
        shelf = work.home.state_shelf.for_workers()
        for number, shard, mine in touched_shards(gathered, again):
            rows = around[shard][mine]
            given[number] = ToWorkAgain(
                gathered.parts[number], spoken_to(groups, shard), work.fold,
                of_rows(self.before.carried, rows) if self.before else None, mine,
                tuple(kept_days), shelf, work.manifest.generation, number,
            )  # fmt: skip
        patches: dict[date, dict[str, str]] = {day: {} for day in kept_days}
        found = self.spark.by_shard(gathered.kept.sql, given, work_again) if given else {}
        for written in found.values():
            for day, files in written.items():
                patches[day] |= files
        return patches


@dataclass(slots=True, kw_only=True)
class NightsOnSpark(Nights):
    """As `Nights`; what courses need of the lake is read on workers."""

    spark: Spark

    def courses(
        self, rows: Array, first: date, last: date
    ) -> AbstractContextManager[Callable[[slice], Course]]:
        """As `Nights.courses`."""
        return _courses(self, rows, first, last)


@contextmanager
def _courses(
    nights: NightsOnSpark, rows: Array, first: date, last: date
) -> Iterator[Callable[[slice], Course]]:
    """As `of_lake`: workers leave the courses of their homes, and here each shard's are a file."""
    start, carried = nights.before(first)
    shards = cut(len(rows), min(HOMES_AT_ONCE, nights.spark.fair_share(len(rows))))
    given, links, home = {}, [], nights.home.for_workers()
    for number, shard in enumerate(shards):
        small = subset(nights.universe, rows[shard])
        links.append((number, small.meters))
        given[number] = ToCourse(
            home, nights.fold, nights.manifest, small, nights.shaped,
            of_rows(carried, rows[shard]) if carried else None, (start, first, last),
        )  # fmt: skip
    lake, meters = SparkLake(nights.home, nights.spark), shards_of_meters(links)
    sql = lake.by_shard(meters, first, last, (*LAKE_COLUMNS, "intervals"))
    if start < first:  # of days that only lead there no slots are needed
        lead = lake.by_shard(meters, start, first - timedelta(1), LAKE_COLUMNS)
        sql += f" UNION ALL SELECT *, CAST(NULL AS ARRAY<FLOAT>) AS intervals FROM ({lead})"
    tmp = nights.home.tmp_dir
    tmp.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=COURSES, dir=tmp) as folder:
        files = {}
        with closing(nights.spark.kept(sql, given, course_shard)) as kept:
            for number, left in kept.left():
                files[number] = Path(folder) / f"{number}.npz"
                try:
                    files[number].write_bytes(left)
                except OSError as fault:
                    raise no_room(fault, files[number]) from fault

        def course(wanted: slice) -> Course:
            parts = []
            for number, shard in enumerate(shards):
                low, high = max(wanted.start, shard.start), min(wanted.stop, shard.stop)
                if low < high:
                    here = slice(low - shard.start, high - shard.start)
                    parts.append(read_course(files[number]).of_homes(here))
            return Course.joined(parts)

        yield course
