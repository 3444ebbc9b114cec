"""Tokens of phones and programs: only the hash of the secret is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from lamplit.store.schema import account, token


def add(conn: Connection, **row: Any) -> None:
    """A new token."""
    conn.execute(insert(token).values(**row))


def by_secret(conn: Connection, secret_sha256: str) -> Row[Any] | None:
    """The token of a secret, with its person's account state in `account_disabled_at`."""
    return conn.execute(
        select(token, account.c.disabled_at.label("account_disabled_at"))
        .outerjoin(account, account.c.person_id == token.c.person_id)
        .where(token.c.secret_sha256 == secret_sha256)
    ).one_or_none()


def by_id(conn: Connection, token_id: str) -> Row[Any] | None:
    """One token."""
    return conn.execute(select(token).where(token.c.id == token_id)).one_or_none()


def of_person(conn: Connection, person_id: str) -> list[Row[Any]]:
    """A person's tokens, the newest first."""
    rows = select(token).where(token.c.person_id == person_id)
    return list(conn.execute(rows.order_by(token.c.created_at.desc(), token.c.id)))


def touch(conn: Connection, token_id: str, now: datetime, unless_since: datetime) -> None:
    """Note the use of a token, unless one later than `unless_since` is noted."""
    conn.execute(
        update(token)
        .where(
            token.c.id == token_id,
            or_(token.c.used_at.is_(None), token.c.used_at < unless_since),
        )
        .values(used_at=now)
    )


def revoke(conn: Connection, token_id: str, now: datetime) -> bool:
    """Revoke one token; False where it was revoked before or is none."""
    done = conn.execute(
        update(token)
        .where(token.c.id == token_id, token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return done.rowcount == 1


def revoke_all(conn: Connection, person_id: str, now: datetime) -> int:
    """Revoke all tokens of a person; gives how many."""
    done = conn.execute(
        update(token)
        .where(token.c.person_id == person_id, token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return done.rowcount
