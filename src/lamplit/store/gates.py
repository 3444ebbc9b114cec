"""The codes of gates: one stands at a place at most, those before it have ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from lamplit.store.schema import place_code

GATE = "gate"


def standing(conn: Connection, place_id: str) -> str | None:
    """The code that a place's gate bears now; None where it has none."""
    c = place_code.c
    query = select(c.code).where(
        c.place_id == place_id, c.kind == GATE, c.revoked_at.is_(None)
    )  # fmt: skip
    return conn.scalars(query.order_by(c.code)).first()


def renewed_at(conn: Connection, place_id: str) -> datetime | None:
    """When the last code of a place's gate ended; None where none ever did."""
    c = place_code.c
    found: datetime | None = conn.scalar(
        select(func.max(c.revoked_at)).where(c.place_id == place_id, c.kind == GATE)
    )
    return found


def bore(conn: Connection, code: str) -> str | None:
    """The place whose gate bore a code that has ended; None where none did."""
    c = place_code.c
    query = select(c.place_id).where(c.code == code, c.kind == GATE, c.revoked_at.is_not(None))
    return conn.scalar(query)


def end(conn: Connection, place_id: str, now: datetime) -> int:
    """End all that a place's gate bears; how many they were."""
    c = place_code.c
    return conn.execute(
        update(place_code)
        .where(c.place_id == place_id, c.kind == GATE, c.revoked_at.is_(None))
        .values(revoked_at=now)
    ).rowcount


def add(conn: Connection, place_id: str, code: str) -> None:
    """Give a place's gate a code."""
    conn.execute(insert(place_code).values(code=code, kind=GATE, place_id=place_id))
