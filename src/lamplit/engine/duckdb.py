"""DuckDB, with stated limits: a connection that runs the SQL that it is given, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa


class Duck:
    """One in-memory database with bounded memory, threads, and a folder to spill to.

    Errors are DuckDB's own, `duckdb.Error`, which this module offers as `DuckError`.
    """

    def __init__(
        self,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        temp_dir: Path | None = None,
    ) -> None:
        """`memory_limit` as DuckDB writes it (`4GB`); None leaves DuckDB's default (80 %)."""
        self._connection = duckdb.connect(":memory:")
        # Nothing here needs the net, and an engine that fetches code on its own surprises people.
        self.run("SET autoinstall_known_extensions = false")
        self.run("SET enable_progress_bar = false")
        # Session time zone: text with an offset is read to an instant, and instants print as UTC.
        self.run("SET TimeZone = 'UTC'")
        if memory_limit:
            self.run(f"SET memory_limit = {quoted(memory_limit)}")
        if threads:
            self.run(f"SET threads = {int(threads)}")
        if temp_dir is not None:
            self.run(f"SET temp_directory = {quoted(str(temp_dir))}")

    def run(self, sql: str) -> None:
        """Run one statement."""
        self._connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows that a query gives."""
        return list(self._connection.execute(sql).fetchall())

    def row(self, sql: str) -> tuple[Any, ...]:
        """The first row that a query gives. Raises LookupError where it gives none."""
        # All rows, although one is wanted: a result left open keeps later calls from registering.
        found = self._connection.execute(sql).fetchall()
        if not found:
            raise LookupError(f"no row from: {sql}")
        return tuple(found[0])

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return self.row(sql)[0]

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Name and type of each column of a relation."""
        return [(r[0], r[1]) for r in self.rows(f"DESCRIBE {relation}")]

    def arrow(self, sql: str) -> pa.Table:
        """What a query gives, as an Arrow table."""
        return self._connection.sql(sql).to_arrow_table()

    def register(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Let SQL read an Arrow table by a name."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a name given by `register`."""
        self._connection.unregister(name)

    def drop(self, names: Sequence[str]) -> None:
        """Drop temporary tables, where they exist."""
        for name in names:
            self.run(f"DROP TABLE IF EXISTS {name}")

    def watched(self) -> None:
        """Let `progress` tell how far a statement is; costs a little."""
        self.run("SET enable_progress_bar = true")
        self.run("SET enable_progress_bar_print = false")

    def progress(self) -> float:
        """How far the statement at work is (0 … 1), from another thread; 0 where none tells."""
        return max(0.0, min(float(self._connection.query_progress()) / 100, 1.0))

    def interrupt(self) -> None:
        """Stop the statement that is running, from another thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give back memory and spill files."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


DuckError = duckdb.Error


def duckdb_version() -> str:
    """The version of DuckDB."""
    return str(duckdb.__version__)


def quoted(text: str) -> str:
    """`text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
