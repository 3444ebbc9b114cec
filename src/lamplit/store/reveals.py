"""What was opened of homes, and by whom: read from the log. And what an opening is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, select

from lamplit.domain.field import CampaignState, EnrollmentState
from lamplit.store.schema import campaign, enrollment, event, place

OPENED = "home.opened"
REFUSED = "home.refused"
AGGREGATE_REFUSED = "aggregate.refused"
FACADE_OPENED = "facade.opened"
LIST_OPENED = "list.opened"
LIST_EXPORTED = "list.exported"
FINDINGS_OPENED = "findings.opened"
INBOX_OPENED = "inbox.opened"
RECORDS_OPENED = "records.opened"
MANY = (
    FACADE_OPENED, LIST_OPENED, LIST_EXPORTED, FINDINGS_OPENED, INBOX_OPENED, RECORDS_OPENED,
)  # fmt: skip
"""Openings of many homes at once, of what was set aside and may speak of one, and of what was said
at one.
"""


def case(conn: Connection, place_id: str, campaign_id: str) -> Row[Any] | None:
    """A home's enrollment in a campaign, with the campaign's state, purpose and parameters."""
    found = conn.execute(
        select(
            enrollment.c.id,
            enrollment.c.state,
            enrollment.c.reason,
            enrollment.c.signal,
            enrollment.c.evidence,
            campaign.c.state.label("campaign_state"),
            campaign.c.programme,
            campaign.c.purpose,
            campaign.c.parameters,
            place.c.code.label("place_code"),
            place.c.kind.label("place_kind"),
        )
        .join(campaign, campaign.c.id == enrollment.c.campaign_id)
        .join(place, place.c.id == enrollment.c.place_id)
        .where(enrollment.c.place_id == place_id, enrollment.c.campaign_id == campaign_id)
    ).one_or_none()
    return cast("Row[Any] | None", found)


def open_campaigns(conn: Connection, place_id: str) -> list[Row[Any]]:
    """The open campaigns in which a place is enrolled, the latest first."""
    found = (
        select(campaign.c.id, campaign.c.purpose)
        .join(enrollment, enrollment.c.campaign_id == campaign.c.id)
        .where(enrollment.c.place_id == place_id, campaign.c.state == "open")
        .order_by(campaign.c.opened_at.desc(), campaign.c.id)
    )
    return list(conn.execute(found))


def enrolled_in(conn: Connection, place_id: str) -> list[Row[Any]]:
    """(state, programme, parameters) of a place's enrollments in open campaigns, those that it was
    withdrawn from left out.
    """
    found = (
        select(enrollment.c.state, campaign.c.programme, campaign.c.parameters)
        .join(campaign, campaign.c.id == enrollment.c.campaign_id)
        .where(
            enrollment.c.place_id == place_id,
            enrollment.c.state != EnrollmentState.WITHDRAWN.value,
            campaign.c.state == CampaignState.OPEN.value,
        )
    )
    return list(conn.execute(found))


def looks(
    conn: Connection, actor_id: str | None, kind: str, campaign_id: str, since: datetime
) -> list[Row[Any]]:
    """(place_id, data) of the lines that somebody's looks at a campaign left since an instant."""
    e = event.c
    who = e.actor_id.is_(None) if actor_id is None else e.actor_id == actor_id
    wanted = select(e.place_id, e.data).where(
        who, e.at > since, e.kind == kind, e.campaign_id == campaign_id
    )
    return list(conn.execute(wanted))


def lately(
    conn: Connection, actor_id: str | None, kind: str, subject_id: str, since: datetime
) -> bool:
    """Whether somebody has left a line of a kind about a thing since an instant."""
    e = event.c
    who = e.actor_id.is_(None) if actor_id is None else e.actor_id == actor_id
    wanted = select(e.seq).where(who, e.at > since, e.kind == kind, e.subject_id == subject_id)
    return conn.execute(wanted.limit(1)).first() is not None


def lists_kept(conn: Connection, campaign_ids: Iterable[str], now: datetime) -> list[str]:
    """Those of some campaigns whose list of homes has not had its time."""
    due = campaign.c.list_expires_at
    wanted = select(campaign.c.id).where(
        campaign.c.id.in_(sorted(set(campaign_ids))),
        campaign.c.state != CampaignState.EXPIRED.value,
        due.is_(None) | (due > now),
    )
    return list(conn.scalars(wanted))


def listed(
    conn: Connection,
    kinds: Sequence[str],
    *,
    place_ids: Select[Any] | None,
    before: int | None,
    limit: int,
    actor_id: str | None = None,
    at: Select[Any] | None = None,
) -> list[Row[Any]]:
    """Entries of the log of some kinds, the newest first, before a number; `at`: of these places.

    What was set aside by nobody known lies nowhere: looking at it is shown wherever one asks.
    """
    found = select(event).where(event.c.kind.in_(kinds))
    if place_ids is not None:
        nowhere = (event.c.kind == INBOX_OPENED) & event.c.place_id.is_(None)
        found = found.where(event.c.place_id.in_(place_ids) | nowhere)
    if before is not None:
        found = found.where(event.c.seq < before)
    if actor_id is not None:
        found = found.where(event.c.actor_id == actor_id)
    if at is not None:
        found = found.where(event.c.place_id.in_(at))
    return list(conn.execute(found.order_by(event.c.seq.desc()).limit(limit)))
