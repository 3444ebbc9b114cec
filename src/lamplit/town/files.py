"""The town's folder: shards are appended to files as they are made, so memory stays bounded."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from lamplit.town.presets import FileFormat
from lamplit.town.shard import Made

TRUTH_CSV_ROWS = 3_000_000
"""A truth larger than this is written as Parquet only."""


PART = ".part"
"""The ending of a file that is still being written; its name begins with a dot."""

GROUP_CELLS = 3_000_000
"""Values to a row group: some 24 MB at most are held for each open file."""


class TableFile:
    """One file that tables are appended to; it appears under its name when it is closed."""

    def __init__(self, path: Path, schema: pa.Schema, fmt: FileFormat) -> None:
        self.path, self._part = path, path.with_name(f".{path.name}{PART}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._rich = fmt == "parquet"
        schema = schema if self._rich else _plain(schema.empty_table()).schema
        self._waiting: list[pa.Table] = []
        self._cells = 0
        self._writer: pq.ParquetWriter | pcsv.CSVWriter
        if fmt == "parquet":
            self._writer = pq.ParquetWriter(
                self._part, schema, compression="zstd", compression_level=1, store_schema=False
            )
        else:
            self._writer = pcsv.CSVWriter(
                self._part, schema, write_options=pcsv.WriteOptions(quoting_style="needed")
            )

    def append(self, table: pa.Table) -> None:
        """Add a table at the end; it is written once enough has come to make a row group."""
        self._waiting.append(table if self._rich else _plain(table))
        self._cells += table.num_rows * table.num_columns
        if self._cells >= GROUP_CELLS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            whole = pa.concat_tables(self._waiting).unify_dictionaries().combine_chunks()
            self._writer.write_table(whole)
        self._waiting, self._cells = [], 0

    def close(self) -> None:
        """Finish, and give the file its name."""
        self._flush()
        self._writer.close()
        self._part.replace(self.path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        # What stopped the town (a full disk, say) may stop the closing too.
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
        self._part.unlink(missing_ok=True)


class Folder:
    """A town's folder while shards come in; use as a context manager."""

    def __init__(self, path: Path, fmt: FileFormat, truth_rows: int) -> None:
        self.path, self._fmt = path, fmt
        self._csv_truth = truth_rows <= TRUTH_CSV_ROWS
        self._files: dict[str, TableFile] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        for file in self._files.values():
            if kind is None:
                file.close()
            else:
                file.abandon()

    def add(self, made: Made) -> None:
        """Append a shard's tables to their files."""
        self._append("registry.csv", "csv", made.registry)
        self._by_month("readings/readings", made.readings)
        if made.corrections is not None:
            self._append(f"corrections/corrections.{self._fmt}", self._fmt, made.corrections)
        self._append("truth.parquet", "parquet", made.truth)
        if self._csv_truth:
            self._append("truth.csv", "csv", made.truth)
        self._append("events.csv", "csv", made.events)

    def _by_month(self, stem: str, table: pa.Table) -> None:
        """One file per calendar month (UTC months where rows have an instant)."""
        column = table.column("time" if "time" in table.column_names else "day")
        month = pc.add(pc.multiply(pc.year(column), 12), pc.subtract(pc.month(column), 1))
        months = month.combine_chunks().to_numpy(zero_copy_only=False)
        for one in np.unique(months):
            name = f"{stem}-{one // 12:04d}-{one % 12 + 1:02d}.{self._fmt}"
            part = table.filter(pa.array(months == one)) if (months != one).any() else table
            self._append(name, self._fmt, part)

    def _append(self, name: str, fmt: FileFormat, table: pa.Table) -> None:
        if name not in self._files:
            self._files[name] = TableFile(self.path / name, table.schema, fmt)
        self._files[name].append(table)
        self.rows[name] = self.rows.get(name, 0) + table.num_rows


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as text, as CSV wants them."""
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)
