"""Files that come in parts: which there are, and which parts of them have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lamplit.store.work import import_file, import_part


def add(conn: Connection, **row: Any) -> None:
    """A new file, of which nothing has come."""
    conn.execute(insert(import_file).values(**row))


def by_id(conn: Connection, import_id: str) -> Row[Any] | None:
    """A file whose bytes are still kept."""
    wanted = select(import_file).where(
        import_file.c.id == import_id, import_file.c.ended_at.is_(None)
    )
    return conn.execute(wanted).one_or_none()


def of_maker(conn: Connection, maker_id: str | None) -> Sequence[Row[Any]]:
    """Somebody's files that are still kept, the newest first."""
    return conn.execute(
        select(import_file)
        .where(import_file.c.maker_id == maker_id, import_file.c.ended_at.is_(None))
        .order_by(import_file.c.made_at.desc(), import_file.c.id)
    ).all()


def room_promised(conn: Connection) -> int:
    """Bytes that all kept files will have when they are whole."""
    kept = select(func.sum(import_file.c.size)).where(import_file.c.ended_at.is_(None))
    return int(conn.scalar(kept) or 0)


def parts_of(conn: Connection, import_id: str) -> dict[int, str]:
    """The parts that have come, with their hashes."""
    rows = conn.execute(
        select(import_part.c.number, import_part.c.sha256).where(
            import_part.c.import_id == import_id
        )
    )
    return {row.number: row.sha256 for row in rows}


def part(conn: Connection, import_id: str, number: int) -> str | None:
    """The hash of a part that has come."""
    return conn.scalar(
        select(import_part.c.sha256).where(
            import_part.c.import_id == import_id, import_part.c.number == number
        )
    )


def add_part(conn: Connection, import_id: str, number: int, sha256: str, now: datetime) -> None:
    """Note that a part has come."""
    conn.execute(insert(import_part).values(import_id=import_id, number=number, sha256=sha256))
    conn.execute(update(import_file).where(import_file.c.id == import_id).values(touched_at=now))


def end(conn: Connection, import_id: str, now: datetime) -> None:
    """Note that a file's bytes are gone."""
    conn.execute(
        update(import_file)
        .where(import_file.c.id == import_id, import_file.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    conn.execute(delete(import_part).where(import_part.c.import_id == import_id))


def end_all(conn: Connection, now: datetime) -> None:
    """Note that the bytes of all files are gone."""
    conn.execute(update(import_file).where(import_file.c.ended_at.is_(None)).values(ended_at=now))
    conn.execute(delete(import_part))


def untouched_since(conn: Connection, instant: datetime) -> list[str]:
    """The kept files that nothing was added to since an instant."""
    wanted = select(import_file.c.id).where(
        import_file.c.ended_at.is_(None), import_file.c.touched_at < instant
    )
    return list(conn.scalars(wanted))


def forget(conn: Connection, before: datetime) -> int:
    """Delete what is known of files whose bytes went before an instant; gives how many."""
    return conn.execute(delete(import_file).where(import_file.c.ended_at < before)).rowcount
