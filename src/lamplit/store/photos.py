"""The photos that the store names."""

from __future__ import annotations

from sqlalchemy import Connection, select

from lamplit.store.schema import attachment


def named(conn: Connection) -> set[str]:
    """The hashes of all attachments."""
    return set(conn.scalars(select(attachment.c.sha256).distinct()))
