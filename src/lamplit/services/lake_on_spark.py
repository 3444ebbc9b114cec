"""The lake as Spark reads it, and as a shard of its rows that came to a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.meters.canonical import METER_DAY
from lamplit.meters.lake import HasLake, Lake, TableLake
from lamplit.meters.manifest import LakeFile

ROWS: Final = "shard_days"


class SparkLake(Lake):
    """A lake whose SQL is Spark's: the same statements over views of the same files."""

    def __init__(self, home: HasLake | Path, spark: Spark) -> None:
        """`home`: as `Lake` has it."""
        super().__init__(home)
        self.spark = spark

    def _relation(self, files: list[LakeFile]) -> str:
        return self.spark.files(self.paths(files))

    def _empty(self, columns: Sequence[str]) -> str:
        # Spark has no unsigned types, and reads those of the files as the next larger.
        fields = [METER_DAY.field(name) for name in columns]
        schema = pa.schema([f.with_type(pa.int16()) if f.type == pa.uint8() else f for f in fields])
        return f"SELECT * FROM {self.spark.view(schema.empty_table())}"

    def by_shard(self, meters: pa.Table, first: date, last: date, columns: Sequence[str]) -> str:
        """SELECT of the days of the meters in `meters` (meter_id, shard), with their `shard`."""
        picked = ", ".join(f"d.{name}" for name in columns)
        days = self.sql(first, last, columns)
        return (
            f"SELECT s.shard, {picked} FROM {days} AS d "
            f"JOIN {self.spark.view(meters)} AS s ON d.meter_id = s.meter_id"
        )


def shard_lake(con: Duck, rows: pa.Table) -> TableLake:
    """The days that came to a worker; `rows`: columns of the lake, `shard` perhaps among them."""
    con.register(ROWS, rows)
    return TableLake(Path(), ROWS)


def shards_of_meters(links: Sequence[tuple[int, pa.Table]]) -> pa.Table:
    """(meter_id, shard) of each shard's links, each once."""
    parts = [
        pa.table({"meter_id": meters, "shard": pa.array([shard] * len(meters), pa.int32())})
        for shard, table in links
        for meters in [table["meter_id"].combine_chunks().unique()]
    ]
    empty = pa.schema([("meter_id", pa.string()), ("shard", pa.int32())]).empty_table()
    return pa.concat_tables([empty, *parts])
