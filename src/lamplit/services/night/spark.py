"""The night on Spark: each shard's days brought to a worker, and worked there by the same program.

Two jobs a stretch of nights. The first shuffles the days to the shards of their homes, where they
are laid by home and kept in files, and adds up what the groups say: sums that come to the same in
any order. The second takes each shard's carried values and days to its new carried values. What
the groups say is worked out between the two, on the driver, and so is the commit: a night that was
cut off has left files that nobody names.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.lake_on_spark import SparkLake, shards_of_meters
from lamplit.services.night.advance import Night, Progress
from lamplit.services.night.areas import Groups, groups_of, no_sums, numbered
from lamplit.services.night.carried import Filed
from lamplit.services.night.gather import LAKE_COLUMNS, day_number
from lamplit.services.night.ledger import Ledger
from lamplit.services.night.shards import CELL_BYTES, COPIES, VALUE_BYTES, Gathered, cut
from lamplit.services.night.snapshots import Standing, StateManifest
from lamplit.services.night.universe import Universe, subset
from lamplit.services.night.worker import (
    LocalSums,
    ToGather,
    ToSum,
    ToWork,
    gather_and_sum,
    local,
    of_rows,
    work_shard,
)
from lamplit.signals.fold import Fold

TASK_BYTES: Final = 1_000_000_000
"""What a shard's arrays may take on a worker; less than Spark leaves to Python there."""
SHARDS_A_CORE: Final = 2
STRETCH_DAYS: Final = 400


@dataclass(slots=True)
class _GatheredOnSpark(Gathered):
    """As `Gathered`, with the days of each shard in a file, and what was summed of them."""

    parts: tuple[ToGather, ...] = ()
    files: tuple[Path, ...] = ()
    sums: tuple[LocalSums, ...] = ()

    def close(self) -> None:
        """Remove the files."""
        for part in self.parts[:1]:
            shutil.rmtree(part.tmp, ignore_errors=True)


class SparkNight(Night):
    """A run of nights on Spark."""

    def __init__(
        self, home: Home, con: Duck, lake: Lake, fold: Fold, progress: Progress, spark: Spark
    ) -> None:
        super().__init__(home, con, lake, fold, progress)
        self.spark = spark
        self.days = SparkLake(home.lake_dir, spark)
        # The home's lock is held, so that what lies there is of runs that were cut off.
        for old in home.tmp_dir.glob("night-*"):
            shutil.rmtree(old, ignore_errors=True)
        self.tmp = home.tmp_dir.absolute() / f"night-{uuid.uuid4().hex}"

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
        shards = cut(universe.count, self._size(universe.count, span, kept))
        days = (day_number(first), day_number(last))
        small = [subset(universe, np.arange(s.start, s.stop)) for s in shards]
        parts = [ToGather(one, days, self.features, self.tmp) for one in small]
        groups = numbered(universe)
        given = {
            i: ToSum(part, {kind: local(n[shard]) for kind, (n, _) in groups.items()})
            for i, (part, shard) in enumerate(zip(parts, shards, strict=True))
        }
        meters = shards_of_meters([(i, one.meters) for i, one in enumerate(small)])
        sql = self.days.by_shard(meters, first, last, LAKE_COLUMNS)
        found = self.spark.by_shard(sql, given, gather_and_sum)
        answers = [found[i] for i in range(len(shards))]
        return _GatheredOnSpark(
            self.con, universe, days, self.features, shards, None, [],
            parts=tuple(parts), files=tuple(a[0] for a in answers),
            sums=tuple(a[1] for a in answers),
        )  # fmt: skip

    def _size(self, homes: int, span: tuple[date, date], kept: int) -> int:
        """Homes of a shard: as many as fit, and few enough that every core has some."""
        cells = len(self.features) * ((span[1] - span[0]).days + 1)
        each = cells * CELL_BYTES + len(self.fold.carried) * VALUE_BYTES * (COPIES + kept)
        fair = -(-homes // (SHARDS_A_CORE * self.spark.parallelism))
        return max(1, min(TASK_BYTES // each, fair))

    def _grouped(
        self, gathered: Gathered, before: Standing | None, keep_rows: tuple[int, ...]
    ) -> list[Groups]:
        assert isinstance(gathered, _GatheredOnSpark)
        groups = numbered(gathered.universe)
        total = no_sums(gathered.span[1] - gathered.span[0] + 1, groups)
        for shard in gathered.sums:
            for kind, (of_city, sums) in shard.items():
                total[kind].count[:, of_city] += sums.count
                total[kind].total[:, of_city] += sums.total
        return groups_of(total, groups, before, keep_rows)

    def _shards(
        self,
        manifest: StateManifest,
        gathered: Gathered,
        groups: list[Groups],
        before: Standing | None,
        keep: list[date],
        ledger: Ledger,
    ) -> Standing:
        assert isinstance(gathered, _GatheredOnSpark)
        shards, single = gathered.shards, len(gathered.shards) == 1
        state_dir = self.home.state_dir.absolute()
        known = before.homes.num_rows if before else 0
        given = {}
        for i, shard in enumerate(shards):
            spoken = {}
            for group in groups:
                number, of_city = local(group.number[shard])
                spoken[group.kind] = (number, group.values[:, of_city])
            mine = np.arange(shard.start, min(shard.stop, known))
            carried = of_rows(before.carried, mine) if before and len(mine) else None
            given[i] = ToWork(
                gathered.parts[i], gathered.files[i], spoken, self.fold, carried, len(mine),
                tuple(keep), state_dir, manifest.generation, None if single else i,
            )  # fmt: skip
        found = self.spark.each(given, work_shard)
        parts: dict[str, dict[str, str]] = {day.isoformat(): {} for day in keep}
        for i in range(len(shards)):
            for day, files in found[i].items():
                parts[day] |= files
        manifest.snapshots |= parts
        last = parts[keep[-1].isoformat()]
        paths = [state_dir / last[part] for part in sorted(last)]
        counts = [shard.stop - shard.start for shard in shards]
        days = gathered.span[1] - gathered.span[0] + 1
        self.progress("nights", self.done + days, self.total)
        return Standing(gathered.universe.homes, Filed.of_parts(paths, counts), {}, {})
