"""Campaigns: found, listed, locked, changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from lamplit.domain.field import OPEN_TASKS, CampaignState, TaskState
from lamplit.store.schema import campaign, task


def find(conn: Connection, wanted: str) -> Row[Any] | None:
    """The campaign with an id or a code."""
    return conn.execute(
        select(campaign).where(or_(campaign.c.id == wanted, campaign.c.code == wanted))
    ).one_or_none()


def by_ids(conn: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Campaigns by id."""
    rows = conn.execute(select(campaign).where(campaign.c.id.in_(list(ids))))
    return {row.id: row for row in rows}


def in_state(conn: Connection, *states: CampaignState) -> list[Row[Any]]:
    """Campaigns in some states (in all where none is given), by start and code."""
    wanted = select(campaign).order_by(campaign.c.starts, campaign.c.code)
    if states:
        wanted = wanted.where(campaign.c.state.in_([state.value for state in states]))
    return list(conn.execute(wanted))


def to_expire(conn: Connection, now: datetime) -> list[Row[Any]]:
    """Closed campaigns whose lists are past their time."""
    return list(
        conn.execute(
            select(campaign)
            .where(
                campaign.c.state == CampaignState.CLOSED.value, campaign.c.list_expires_at <= now
            )
            .order_by(campaign.c.code)
        )
    )


def lock(conn: Connection, campaign_id: str) -> None:
    """Hold a campaign until the transaction ends: two sweeps of one wait for each other."""
    conn.execute(select(campaign.c.id).where(campaign.c.id == campaign_id).with_for_update())


def move(
    conn: Connection, campaign_id: str, before: CampaignState, after: CampaignState, **values: Any
) -> bool:
    """Take a campaign from one state to another, if it still is in the first; whether it was."""
    done = conn.execute(
        update(campaign)
        .where(campaign.c.id == campaign_id, campaign.c.state == before.value)
        .values(state=after.value, version=campaign.c.version + 1, **values)
    )
    return done.rowcount == 1


def put(conn: Connection, campaign_id: str, **values: Any) -> None:
    """Set columns of a campaign that this transaction holds locked."""
    conn.execute(
        update(campaign)
        .where(campaign.c.id == campaign_id)
        .values(version=campaign.c.version + 1, **values)
    )


def cancel_open(conn: Connection, campaign_id: str, reason: str, now: datetime) -> int:
    """Cancel the open tasks of a campaign, with a reason; gives how many."""
    done = conn.execute(
        update(task)
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state.in_([state.value for state in OPEN_TASKS]),
        )
        .values(
            state=TaskState.CANCELLED.value,
            reason=reason,
            changed_at=now,
            version=task.c.version + 1,
        )
    )
    return int(done.rowcount)


def revive(conn: Connection, campaign_id: str, reason: str, now: datetime) -> int:
    """Bring back the tasks that were cancelled for a reason: unclaimed; gives how many."""
    done = conn.execute(
        update(task)
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state == TaskState.CANCELLED.value,
            task.c.reason == reason,
        )
        .values(
            state=TaskState.REQUESTED.value,
            reason=None,
            owner_id=None,
            turn=None,
            claimed_until=None,
            changed_at=now,
            version=task.c.version + 1,
        )
    )
    return int(done.rowcount)
