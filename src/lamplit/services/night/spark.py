"""The night on Spark: each shard's days brought to a worker, and worked there by the same program.

Two jobs a stretch of nights. The first shuffles the days to the shards of their homes, where they
are laid by home and kept on Spark's disks, and adds up what the groups say: sums that come to the
same in any order. The second takes each shard's carried values and days to its new carried values.
What the groups say is worked out between the two, on the driver, and so is the commit: a night that
was cut off has left files that nobody names.
"""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.lake_on_spark import SparkLake
from lamplit.services.night.advance import Night, Progress
from lamplit.services.night.areas import Groups
from lamplit.services.night.carried import Filed
from lamplit.services.night.gather_on_spark import GatheredOnSpark, shard_size, spoken_to
from lamplit.services.night.ledger import Ledger
from lamplit.services.night.rework import Rework
from lamplit.services.night.rework_on_spark import COURSES, ReworkOnSpark
from lamplit.services.night.shards import Gathered
from lamplit.services.night.snapshots import Standing, StateManifest
from lamplit.services.night.universe import Universe
from lamplit.services.night.worker import ToWork, of_rows, work_shard
from lamplit.signals.fold import Fold

STRETCH_DAYS: Final = 400


class SparkNight(Night):
    """A run of nights on Spark."""

    def __init__(
        self, home: Home, con: Duck, lake: Lake, fold: Fold, progress: Progress, spark: Spark
    ) -> None:
        super().__init__(home, con, lake, fold, progress)
        self.spark = spark
        self.days = SparkLake(home, spark)
        # The home's lock is held, so that what lies there is of runs that were cut off.
        for old in home.tmp_dir.glob(f"{COURSES}*"):
            shutil.rmtree(old, ignore_errors=True)

    def _stretch_end(self, start: date, target: date, homes: int) -> date:
        """The last day of a stretch: shards, not days, make it fit."""
        return min(target, start + timedelta(STRETCH_DAYS - 1))

    def _gathered(self, universe: Universe, span: tuple[date, date], kept: int) -> Gathered:
        first, last = span
        known = pa.table({"meter_id": universe.meters["meter_id"].combine_chunks().unique()})
        strangers = self.spark.arrow(
            f"SELECT DISTINCT d.meter_id FROM {self.days.sql(first, last, ('meter_id',))} AS d "
            f"LEFT ANTI JOIN {self.spark.view(known)} AS k ON d.meter_id = k.meter_id"
        )
        universe = universe.with_strangers(sorted(strangers["meter_id"].to_pylist()))
        cells = len(self.features) * ((last - first).days + 1)
        size = shard_size(self.spark, universe.count, cells, self.fold, kept)
        return GatheredOnSpark.brought(
            self.spark, self.days, self.con, universe, span, self.features, size
        )

    def _rework(self, manifest: StateManifest) -> Rework:
        """As `Night._rework`, with the work given to workers."""
        return ReworkOnSpark(
            self.home, self.con, self.lake, self.fold, manifest, self.shaped, spark=self.spark
        )

    def _grouped(
        self, gathered: Gathered, before: Standing | None, keep_rows: tuple[int, ...]
    ) -> list[Groups]:
        assert isinstance(gathered, GatheredOnSpark)
        return gathered.groups(before, keep_rows)

    def _shards(
        self,
        manifest: StateManifest,
        gathered: Gathered,
        groups: list[Groups],
        before: Standing | None,
        keep: list[date],
        ledger: Ledger,
    ) -> Standing:
        assert isinstance(gathered, GatheredOnSpark)
        shards, single = gathered.shards, len(gathered.shards) == 1
        shelf = self.home.state_shelf
        known = before.homes.num_rows if before else 0
        given = {}
        for i, shard in enumerate(shards):
            mine = np.arange(shard.start, min(shard.stop, known))
            carried = of_rows(before.carried, mine) if before and len(mine) else None
            given[i] = ToWork(
                gathered.parts[i], spoken_to(groups, shard), self.fold, carried, len(mine),
                tuple(keep), shelf.for_workers(), manifest.generation, None if single else i,
            )  # fmt: skip
        found = self.spark.by_shard(gathered.kept.sql, given, work_shard)
        parts: dict[str, dict[str, str]] = {day.isoformat(): {} for day in keep}
        for i in range(len(shards)):
            for day, files in found[i].items():
                parts[day] |= files
        manifest.snapshots |= parts
        last = parts[keep[-1].isoformat()]
        names = [last[part] for part in sorted(last)]
        counts = [shard.stop - shard.start for shard in shards]
        days = gathered.span[1] - gathered.span[0] + 1
        self.progress("nights", self.done + days, self.total)
        return Standing(gathered.universe.homes, Filed.of_parts(shelf, names, counts), {}, {})
