"""Sessions of browsers: only the hash of the cookie's secret is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from lamplit.store.schema import account, session


def add(conn: Connection, **row: Any) -> None:
    """A new session."""
    conn.execute(insert(session).values(**row))


def get(conn: Connection, session_id: str) -> Row[Any] | None:
    """One session, with its account's state in `account_disabled_at` and `must_change`."""
    return conn.execute(
        select(
            session,
            account.c.disabled_at.label("account_disabled_at"),
            account.c.must_change,
        )
        .join(account, account.c.person_id == session.c.person_id)
        .where(session.c.id == session_id)
    ).one_or_none()


def touch(conn: Connection, session_id: str, now: datetime) -> None:
    """Note that a session was seen."""
    conn.execute(update(session).where(session.c.id == session_id).values(seen_at=now))


def end(conn: Connection, session_id: str, now: datetime) -> bool:
    """End one session; False where it had ended."""
    done = conn.execute(
        update(session)
        .where(session.c.id == session_id, session.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return done.rowcount == 1


def end_all(conn: Connection, person_id: str, now: datetime, but: str | None = None) -> int:
    """End all sessions of a person, but for one; gives how many."""
    mine = update(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None))
    if but is not None:
        mine = mine.where(session.c.id != but)
    return conn.execute(mine.values(ended_at=now)).rowcount


def running(conn: Connection, person_id: str, now: datetime) -> list[Row[Any]]:
    """A person's sessions that have neither ended nor expired, the latest seen first."""
    rows = select(session).where(
        session.c.person_id == person_id,
        session.c.ended_at.is_(None),
        session.c.expires_at > now,
    )
    return list(conn.execute(rows.order_by(session.c.seen_at.desc())))


def forget(conn: Connection, before: datetime) -> int:
    """Delete sessions that ended before an instant, by whichever clock; gives how many."""
    over = or_(session.c.ended_at < before, session.c.expires_at < before)
    return conn.execute(delete(session).where(over)).rowcount
