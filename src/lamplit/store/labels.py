"""What was found at the doors, beside the signal that each was enrolled with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lamplit.store.schema import enrollment, event, submission

SWEPT = "campaign.swept"


def labelled(conn: Connection, campaign_id: str | None, since: datetime | None) -> list[Row[Any]]:
    """(place_id, signal, found, random_pick) of the enrollments in which something was found."""
    wanted = select(
        enrollment.c.place_id, enrollment.c.signal, enrollment.c.found, enrollment.c.random_pick
    ).where(enrollment.c.found.is_not(None), enrollment.c.signal.is_not(None))
    if campaign_id:
        wanted = wanted.where(enrollment.c.campaign_id == campaign_id)
    if since:
        wanted = wanted.where(enrollment.c.done_at >= since)
    return list(conn.execute(wanted.order_by(enrollment.c.id)))


def visits_of_flagged(conn: Connection, campaign_id: str | None, since: datetime | None) -> int:
    """How many visits were made to enrolled doors that a signal pointed to."""
    wanted = (
        select(func.count())
        .select_from(submission.join(enrollment, submission.c.enrollment_id == enrollment.c.id))
        .where(
            submission.c.replaced_by.is_(None),
            enrollment.c.signal.is_not(None),
            ~enrollment.c.random_pick,
        )
    )
    if campaign_id:
        wanted = wanted.where(submission.c.campaign_id == campaign_id)
    if since:
        wanted = wanted.where(submission.c.received_at >= since)
    return int(conn.scalar(wanted) or 0)


def unflagged(conn: Connection, campaign_id: str | None) -> int:
    """How many places no signal pointed to, by the last sweep of each campaign."""
    wanted = select(event.c.campaign_id, event.c.data).where(event.c.kind == SWEPT)
    if campaign_id:
        wanted = wanted.where(event.c.campaign_id == campaign_id)
    last = {row.campaign_id: row.data for row in conn.execute(wanted.order_by(event.c.seq))}
    return sum(int(data.get("unflagged", 0)) for data in last.values() if data.get("random"))
