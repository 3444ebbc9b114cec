"""The links of the first run."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from lamplit.store.access import account
from lamplit.store.work import setup_link


def has_account(conn: Connection) -> bool:
    """Whether anybody has an account, disabled or not."""
    return bool(conn.scalar(select(exists(select(account.c.id)))))


def add(conn: Connection, secret_sha256: str, now: datetime, ends_at: datetime) -> None:
    """A new link; those that have ended go."""
    conn.execute(delete(setup_link).where(setup_link.c.ends_at <= now))
    conn.execute(insert(setup_link).values(
        secret_sha256=secret_sha256, made_at=now, ends_at=ends_at
    ))  # fmt: skip


def is_open(conn: Connection, now: datetime, secret_sha256: str | None = None) -> bool:
    """Whether a link runs: any, or the one of a secret."""
    wanted = select(setup_link.c.secret_sha256).where(setup_link.c.ends_at > now)
    if secret_sha256 is not None:
        wanted = wanted.where(setup_link.c.secret_sha256 == secret_sha256)
    return bool(conn.scalar(select(exists(wanted))))


def end_all(conn: Connection) -> None:
    """No link is good any more."""
    conn.execute(delete(setup_link))
