"""Rows gathered into record batches, so that a file of any size passes in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS

BATCH_ROWS = 1 << 16


class Rows:
    """Tuples of one canonical relation, given out as batches of 65,536."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        """Keep one row: values in the schema's order."""
        self.rows.append(row)

    def full(self) -> Iterator[pa.RecordBatch]:
        """A batch, when there is a whole one."""
        if len(self.rows) >= BATCH_ROWS:
            yield from self.rest()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """What is left, as a batch."""
        if self.rows:
            columns = zip(*self.rows, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)]
            self.rows = []
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class Relations:
    """The three relations of a reader, side by side."""

    def __init__(self) -> None:
        self.intervals = Rows(INTERVALS)
        self.days = Rows(DAYS)
        self.registers = Rows(REGISTERS)

    def full(self) -> Iterator[pa.RecordBatch]:
        """Whole batches of any relation."""
        for rows in (self.intervals, self.days, self.registers):
            yield from rows.full()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """What is left of each relation."""
        for rows in (self.intervals, self.days, self.registers):
            yield from rows.rest()
