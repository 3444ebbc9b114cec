"""What a person did: what was worked in, what waits, and what could not be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from lamplit.domain.field import InboxState, TaskState
from lamplit.store.schema import campaign, inbox, submission, task

Before = tuple[datetime, str] | None
"""The moment and the id of the last row seen; rows come newest first."""

_CAMPAIGN = (
    campaign.c.code.label("campaign_code"),
    campaign.c.programme.label("campaign_programme"),
    campaign.c.name_en,
    campaign.c.name_zh,
    campaign.c.state.label("campaign_state"),
    campaign.c.list_expires_at,
)


def sent(conn: Connection, person_id: str, before: Before, limit: int) -> list[Row[Any]]:
    """A person's submissions, corrected ones too, with their campaign and their task's slot."""
    wanted = (
        select(
            submission.c.id,
            submission.c.received_at.label("at"),
            submission.c.instance_id,
            submission.c.task_id,
            submission.c.place_id,
            submission.c.started_at,
            submission.c.ended_at,
            submission.c.outcome,
            submission.c.found,
            submission.c.flags,
            submission.c.replaced_by,
            task.c.slot,
            *_CAMPAIGN,
        )
        .outerjoin(campaign, campaign.c.id == submission.c.campaign_id)
        .outerjoin(task, task.c.id == submission.c.task_id)
        .where(
            submission.c.author_id == person_id,
            *_earlier(submission.c.received_at, submission.c.id, before),
        )
        .order_by(submission.c.received_at.desc(), submission.c.id.desc())
    )
    return list(conn.execute(wanted.limit(limit)))


def not_executed(conn: Connection, person_id: str, before: Before, limit: int) -> list[Row[Any]]:
    """Tasks of which a person said that they can't be carried out, without sending a form."""
    wanted = (
        select(
            task.c.id,
            task.c.performed_at.label("at"),
            task.c.place_id,
            task.c.reason,
            task.c.slot,
            *_CAMPAIGN,
        )
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .where(
            task.c.performed_by == person_id,
            task.c.state == TaskState.NOT_EXECUTABLE.value,
            task.c.submission_id.is_(None),
            *_earlier(task.c.performed_at, task.c.id, before),
        )
        .order_by(task.c.performed_at.desc(), task.c.id.desc())
    )
    return list(conn.execute(wanted.limit(limit)))


def waiting(conn: Connection, person_id: str, before: Before, limit: int) -> list[Row[Any]]:
    """What a person delivered that is not worked in: still to be read, or in quarantine."""
    wanted = (
        select(
            inbox.c.id,
            inbox.c.received_at.label("at"),
            inbox.c.instance_id,
            inbox.c.state,
            inbox.c.problem,
        )
        .where(
            inbox.c.person_id == person_id,
            inbox.c.state.in_((InboxState.RECEIVED.value, InboxState.QUARANTINED.value)),
            *_earlier(inbox.c.received_at, inbox.c.id, before),
        )
        .order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
    )
    return list(conn.execute(wanted.limit(limit)))


def _earlier(at: Any, row_id: Any, before: Before) -> tuple[ColumnElement[bool], ...]:
    if before is None:
        return ()
    moment, last = before
    return (or_(at < moment, and_(at == moment, row_id < last)),)
