"""The lake and kept nights as Spark reads them, and a shard of the lake's rows on a worker.

Files are read by tasks of ours, through the shelf: workers see what lies at an address as well as
what lies in a folder, need no client of Spark's own for it, and read only the columns, days and row
groups that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.domain.problems import night as night_problems
from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import BROADCAST_BYTES, Spark
from lamplit.meters.canonical import METER_DAY
from lamplit.meters.lake import Days, HasLake, Lake, TableLake
from lamplit.meters.manifest import LakeFile
from lamplit.meters.shelf import Shelf

ROWS: Final = "shard_days"
TASK_ROWS: Final = 250_000
"""Rows of a file that a task reads, by whole row groups: some 100 MB with all columns."""
BATCH_ROWS: Final = 16_384
KEY_BYTES: Final = 40
"""A meter's id and a day, about."""
ROW: Final = "row"
"""The column of row numbers, where they are asked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Of a file every `of`-th row group from number `at` on, as columns of `schema`.

    `days`: of `day`, where the file has it and they are bounded. `first`: the number that the
    file's first row has in the column ROW, which is added where it is not None.
    """

    shelf: Shelf
    name: str
    schema: pa.Schema
    days: Days = (None, None)
    first: int | None = None
    at: int = 0
    of: int = 1

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Its rows. Raises FileNotFoundError, OSError or ArrowException, and the shelf's errors."""
        with (
            self.shelf.open(self.name) as stream,
            pq.ParquetFile(stream, pre_buffer=True) as file,
        ):
            counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            for group in range(self.at, len(counts), self.of):
                if not self._may_be_in(file.metadata.row_group(group)):
                    continue
                start = sum(counts[:group])
                for batch in file.iter_batches(
                    BATCH_ROWS, [group], self.schema.names, use_threads=False
                ):
                    yield self._shaped(batch, start)
                    start += batch.num_rows

    def _may_be_in(self, group: pq.RowGroupMetaData) -> bool:
        """Whether a row group may hold one of the days, by what its file says of it."""
        columns = (group.column(i) for i in range(group.num_columns))
        said = next((c.statistics for c in columns if c.path_in_schema == "day"), None)
        if said is None or not said.has_min_max:
            return True
        first, last = self.days
        return (first is None or said.max >= first) and (last is None or said.min <= last)

    def _shaped(self, batch: pa.RecordBatch, start: int) -> pa.RecordBatch:
        batch = batch.select(self.schema.names).cast(self.schema)
        if self.first is not None:
            number = pa.array(range(self.first + start, self.first + start + batch.num_rows))
            batch = batch.append_column(ROW, number)
        first, last = self.days
        if first is not None:
            batch = batch.filter(pc.greater_equal(batch["day"], pa.scalar(first)))
        if last is not None:
            batch = batch.filter(pc.less_equal(batch["day"], pa.scalar(last)))
        return batch


def rows_of_lake(piece: Piece) -> Iterator[pa.RecordBatch]:
    """A piece of a file of the lake. Raises LamplitError `lake.file-missing` or `-damaged`."""
    where = piece.shelf.where(piece.name)
    try:
        yield from piece.rows()
    except FileNotFoundError as gone:
        raise LamplitError(problems.FILE_MISSING, where=where) from gone
    except (OSError, pa.ArrowException) as fault:
        cause = str(fault).partition("\n")[0]
        raise LamplitError(problems.FILE_DAMAGED, where=where, cause=cause) from fault


def rows_of_night(piece: Piece) -> Iterator[pa.RecordBatch]:
    """A piece of a kept night's file. Raises LamplitError `night.state-damaged`."""
    try:
        yield from piece.rows()
    except (OSError, pa.ArrowException) as fault:
        where = piece.shelf.where(piece.name)
        raise LamplitError(night_problems.STATE_DAMAGED, where=where) from fault


class SparkLake(Lake):
    """A lake whose SQL is Spark's: the same statements over views of the same files."""

    def __init__(self, home: HasLake | Path, spark: Spark) -> None:
        """`home`: as `Lake` has it."""
        super().__init__(home)
        self.spark = spark

    def _relation(self, files: list[LakeFile], columns: tuple[str, ...], days: Days) -> str:
        shelf, schema = self.shelf.for_workers(), _schema(columns)
        cut = [(file, -(-file.rows // TASK_ROWS) or 1) for file in files]
        pieces = [
            Piece(shelf, file.path, schema, days, None, at, of)
            for file, of in cut
            for at in range(of)
        ]
        return self.spark.read(pieces, rows_of_lake, schema)

    def _empty(self, columns: Sequence[str]) -> str:
        return f"SELECT * FROM {self.spark.view(_schema(columns).empty_table())}"

    def by_shard(self, meters: pa.Table, first: date, last: date, columns: Sequence[str]) -> str:
        """SELECT of the days of the meters in `meters` (meter_id, shard), with their `shard`."""
        picked = ", ".join(f"d.{name}" for name in columns)
        days = self.sql(first, last, columns)
        hint = "/*+ BROADCAST(s) */ " if meters.nbytes <= BROADCAST_BYTES else ""
        return (
            f"SELECT {hint}s.shard, {picked} FROM {days} AS d "
            f"JOIN {self.spark.view(meters)} AS s ON d.meter_id = s.meter_id"
        )

    def _few(self, files: list[LakeFile]) -> str:
        few = sum(file.rows for file in files) * KEY_BYTES <= BROADCAST_BYTES
        return "/*+ BROADCAST(d) */ " if few else ""


def _schema(columns: Sequence[str]) -> pa.Schema:
    """Columns of the lake as Spark has them: it knows no unsigned types."""
    fields = [METER_DAY.field(name) for name in columns]
    return pa.schema([f.with_type(pa.int16()) if f.type == pa.uint8() else f for f in fields])


def night_view(spark: Spark, shelf: Shelf, name: str, columns: Sequence[str], first: int) -> str:
    """Let SQL read columns of a kept night's file, rows numbered from `first` on; gives the name.

    Raises LamplitError `night.state-damaged`, also when it is read.
    """
    try:
        with shelf.open(name) as stream, pq.ParquetFile(stream) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
            schema = pa.schema([schema.field(column) for column in columns])
    except (OSError, pa.ArrowException, KeyError) as fault:
        raise LamplitError(night_problems.STATE_DAMAGED, where=shelf.where(name)) from fault
    of = -(-count // TASK_ROWS) or 1
    shelf = shelf.for_workers()
    pieces = [Piece(shelf, name, schema, first=first, at=at, of=of) for at in range(of)]
    return spark.read(pieces, rows_of_night, schema.append(pa.field(ROW, pa.int64())))


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
