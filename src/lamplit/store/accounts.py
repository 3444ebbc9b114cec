"""Accounts: who may sign in, and how."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lamplit.store.schema import account, person


def add(conn: Connection, **row: Any) -> None:
    """A new account."""
    conn.execute(insert(account).values(**row))


def by_username(conn: Connection, username: str) -> Row[Any] | None:
    """The account of a user name."""
    return conn.execute(select(account).where(account.c.username == username)).one_or_none()


def by_person(conn: Connection, person_id: str) -> Row[Any] | None:
    """The account of a person."""
    return conn.execute(select(account).where(account.c.person_id == person_id)).one_or_none()


def who_can_sign_in(conn: Connection, people: set[str]) -> set[str]:
    """Those of some people who have an account that is not disabled."""
    wanted = select(account.c.person_id).where(
        account.c.person_id.in_(people), account.c.disabled_at.is_(None)
    )
    return set(conn.scalars(wanted))


def by_subject(conn: Connection, subject: str) -> Row[Any] | None:
    """The account of a directory's subject (`issuer#sub`)."""
    return conn.execute(select(account).where(account.c.oidc_subject == subject)).one_or_none()


def change(conn: Connection, account_id: str, version: int, **values: Any) -> bool:
    """Change an account, if it is still at `version`."""
    done = conn.execute(
        update(account)
        .where(account.c.id == account_id, account.c.version == version)
        .values(version=version + 1, **values)
    )
    return done.rowcount == 1


def rehash(conn: Connection, account_id: str, before: str, after: str) -> None:
    """Keep a password's newer hash, unless the password was changed meanwhile."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id, account.c.password_hash == before)
        .values(password_hash=after)
    )


def signed_in(conn: Connection, account_id: str, now: datetime) -> None:
    """Note a sign-in."""
    conn.execute(update(account).where(account.c.id == account_id).values(signed_in_at=now))


def add_person(conn: Connection, **row: Any) -> None:
    """A new person."""
    conn.execute(insert(person).values(**row))


def person_of(conn: Connection, wanted: str) -> Row[Any] | None:
    """A person by id or by code."""
    found = select(person).where((person.c.id == wanted) | (person.c.code == wanted))
    return conn.execute(found.limit(1)).one_or_none()
