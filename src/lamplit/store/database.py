"""One database, SQLite or PostgreSQL, behind the same few methods."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import store as problems

BUSY_SECONDS = 30
"""How long a writer waits for another on SQLite before it gives up."""
_READ = {"lamplit_read": True}


class Database:
    """The store's engine. Make it once a process and keep it; it is safe among threads."""

    def __init__(self, url: str, *, pool: int = 10, lasting: bool = True) -> None:
        """`url`: `sqlite:///FILE` or `postgresql://…` (psycopg 3).

        Without `lasting` SQLite waits for no disk: for a store that is made anew, as a demo's is,
        where the power goes while it is being made.
        Raises LamplitError `store.bad-url` or `store.no-driver`; connects to nothing yet.
        """
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._engine(pool)
        if self.is_sqlite and not lasting:
            event.listen(self.engine, "connect", _wait_for_no_disk)
        # PostgreSQL's own default lets each statement of a reader see another moment.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**_READ, **level)

    @property
    def where(self) -> str:
        """The address without its password, for messages."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end of the `with`, rolled back on error.

        On SQLite it takes the write lock at once, so two writers never deadlock. Raises
        LamplitError `store.unreachable` where the database is gone or stays busy.
        """
        with self._told(), self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one moment of the store."""
        with self._told(), self._reader.begin() as conn:
            yield conn

    def copy_to(self, file: Path) -> None:
        """Write one moment of a SQLite store to the new file `file`; writers go on meanwhile.

        What was deleted is not in it, though the store's own free pages may still hold it. Raises
        LamplitError `store.unreachable`.
        """
        with self._told(), self.engine.connect() as conn:
            raw = conn.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            try:
                raw.execute("VACUUM INTO ?", (str(file),))
            except sqlite3.OperationalError as fault:
                raise LamplitError(problems.UNREACHABLE, where=self.where, reason=fault) from fault

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def _engine(self, pool: int) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self.url, pool_size=pool, max_overflow=pool, pool_pre_ping=True, pool_recycle=1800
            )
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            pool_size=pool,
            max_overflow=pool,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as fault:
            if isinstance(fault, OperationalError) or fault.connection_invalidated:
                reason = str(fault.orig).strip().splitlines()[0].rstrip(".")
                raise LamplitError(problems.UNREACHABLE, where=self.where, reason=reason) from fault
            raise


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as fault:
        raise LamplitError(problems.BAD_URL, url=url) from fault
    if backend == "postgresql":
        try:
            import psycopg  # noqa: F401
        except ImportError as fault:
            raise LamplitError(problems.NO_DRIVER) from fault
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise LamplitError(problems.BAD_URL, url=parsed.render_as_string(hide_password=True))
    return parsed


def _on_connect(raw: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late to guard what was read; ours begin at once.
    raw.isolation_level = None
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: what was answered with "received" is on the disk, also when the power goes.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.close()


def _wait_for_no_disk(raw: sqlite3.Connection, _record: Any) -> None:
    raw.execute("PRAGMA synchronous = OFF")


def _on_begin(conn: Connection) -> None:
    reading = conn.get_execution_options().get("lamplit_read")
    conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
