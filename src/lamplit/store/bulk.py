"""Writing many rows at once, alike on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

LOOKED_UP = 2_000
"""So many ids go into one look-up; SQLite takes 32,766 at most."""

Rows = Sequence[dict[str, Any]]


def add(conn: Connection, table: Table, rows: Rows) -> None:
    """Insert rows; nothing happens for none."""
    if rows:
        conn.execute(insert(table), list(rows))


def add_new(conn: Connection, table: Table, rows: Rows) -> None:
    """Insert those rows that clash with none there already; the others are passed over.

    Race-free: the unique constraints decide, not a look beforehand.
    """
    if not rows:
        return
    kind = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(kind(table).on_conflict_do_nothing(), list(rows))


def change_all(conn: Connection, table: Table, rows: Rows) -> None:
    """Set columns of many rows: each mapping has `id` and the same columns to set.

    For rows that this transaction holds locked; the version, where there is one, grows by one
    unless it is among the columns.
    """
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    values: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    if "version" in table.c and "version" not in values:
        values["version"] = table.c.version + 1
    statement = update(table).where(table.c.id == bindparam("row_id")).values(**values)
    conn.execute(
        statement, [{"row_id": row["id"], **{f"to_{n}": row[n] for n in names}} for row in rows]
    )


def parts(items: Iterable[T], size: int = LOOKED_UP) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    held: list[T] = []
    for item in items:
        held.append(item)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held
