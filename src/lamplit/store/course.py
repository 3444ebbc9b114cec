"""How much was done in each stretch of time: the counts behind a campaign's chart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, func, select, type_coerce

from lamplit.domain.field import EnrollmentState, TaskState
from lamplit.store.counts import PERFORMED
from lamplit.store.schema import enrollment, task
from lamplit.store.types import EPOCH, MICROSECOND

Bucket = tuple[datetime, int]
"""The end of a stretch, and how many fell into it."""


def done(conn: Connection, campaign_id: str, step: timedelta) -> list[Bucket]:
    """Enrollments by when they were done."""
    c = enrollment.c
    return _bucketed(
        conn, c.done_at, step, c.campaign_id == campaign_id, c.state == EnrollmentState.DONE.value
    )


def performed(conn: Connection, campaign_id: str, step: timedelta) -> list[Bucket]:
    """Tasks by when they were performed."""
    c = task.c
    return _bucketed(
        conn, c.performed_at, step, c.campaign_id == campaign_id, c.state.in_(PERFORMED)
    )


def due(conn: Connection, campaign_id: str, step: timedelta) -> list[Bucket]:
    """Tasks by when they had to be performed; the cancelled ones are nobody's debt."""
    c = task.c
    return _bucketed(
        conn, c.due_until, step, c.campaign_id == campaign_id,
        c.state != TaskState.CANCELLED.value,
    )  # fmt: skip


def _bucketed(
    conn: Connection, instant: Column[Any], step: timedelta, *where: ColumnElement[bool]
) -> list[Bucket]:
    width = step // MICROSECOND
    number = (type_coerce(instant, BigInteger) // width).label("number")
    wanted = (
        select(number, func.count())
        .where(instant.is_not(None), *where)
        .group_by(number)
        .order_by(number)
    )
    return [(EPOCH + (int(at) + 1) * step, int(many)) for at, many in conn.execute(wanted)]
