"""Days brought to the shards of their homes on Spark, laid by home there, and summed by group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Kept, Spark
from lamplit.services.lake_on_spark import SparkLake, shards_of_meters
from lamplit.services.night.areas import Groups, groups_of, no_sums, numbered
from lamplit.services.night.gather import LAKE_COLUMNS, day_number
from lamplit.services.night.shards import CELL_BYTES, COPIES, VALUE_BYTES, Gathered, cut
from lamplit.services.night.snapshots import Remembered
from lamplit.services.night.universe import Universe, subset
from lamplit.services.night.worker import (
    LocalSums,
    Spoken,
    ToGather,
    ToSum,
    gather_and_sum,
    local,
)
from lamplit.signals.fold import Fold

TASK_BYTES: Final = 1_000_000_000
"""What a shard's arrays may take on a worker; less than Spark leaves to Python there."""


@dataclass(slots=True, kw_only=True)
class GatheredOnSpark(Gathered):
    """As `Gathered`, with the days of each shard kept by Spark, and what was summed of them."""

    parts: tuple[ToGather, ...]
    kept: Kept

    @classmethod
    def brought(
        cls,
        spark: Spark,
        lake: SparkLake,
        con: Duck,
        universe: Universe,
        days: tuple[date, date],
        features: tuple[str, ...],
        size: int,
    ) -> GatheredOnSpark:
        """Gather the days of a universe's homes, in shards of `size`."""
        shards = cut(universe.count, size)
        span = (day_number(days[0]), day_number(days[1]))
        small = [subset(universe, np.arange(s.start, s.stop)) for s in shards]
        parts = [ToGather(one, span, features) for one in small]
        groups = numbered(universe)
        given = {
            i: ToSum(part, {kind: local(n[shard]) for kind, (n, _) in groups.items()})
            for i, (part, shard) in enumerate(zip(parts, shards, strict=True))
        }
        meters = shards_of_meters([(i, one.meters) for i, one in enumerate(small)])
        sql = lake.by_shard(meters, *days, LAKE_COLUMNS)
        return cls(
            con, universe, span, features, shards, None, [], parts=tuple(parts),
            kept=spark.kept(sql, given, gather_and_sum),
        )  # fmt: skip

    def groups(self, before: Remembered | None, keep_rows: tuple[int, ...]) -> list[Groups]:
        """What the groups say, of the sums of all shards."""
        groups = numbered(self.universe)
        total = no_sums(self.span[1] - self.span[0] + 1, groups)
        shards: dict[int, LocalSums] = self.kept.answers
        for shard in shards.values():
            for kind, (of_city, sums) in shard.items():
                total[kind].count[:, of_city] += sums.count
                total[kind].total[:, of_city] += sums.total
        return groups_of(total, groups, before, keep_rows)

    def close(self) -> None:
        """Give back Spark's disks."""
        self.kept.close()


def spoken_to(groups: list[Groups], shard: slice) -> Spoken:
    """What the groups of a shard's homes say."""
    found = {}
    for group in groups:
        number, of_city = local(group.number[shard])
        found[group.kind] = (number, group.values[:, of_city])
    return found


def shard_size(spark: Spark, homes: int, cells: int, fold: Fold, kept: int) -> int:
    """Homes of a shard: as many as fit, and few enough that every core has some.

    `cells`: features × days of a home; `kept`: nights whose values are kept.
    """
    each = cells * CELL_BYTES + len(fold.carried) * VALUE_BYTES * (COPIES + kept)
    return max(1, min(TASK_BYTES // each, spark.fair_share(homes)))
