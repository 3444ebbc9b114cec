"""What lies in quarantine past its time: found, and let go of with its photos.

The row stays with who sent what and when, as that of a submission does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from lamplit.domain.field import InboxState
from lamplit.store.bulk import parts
from lamplit.store.schema import attachment, inbox, submission

_ASIDE = inbox.c.state == InboxState.QUARANTINED.value
_KEPT = func.length(inbox.c.body) > 0


def of_campaign(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """The entries of a campaign whose bytes are still kept."""
    return _entries(conn, inbox.c.campaign_id == campaign_id)


def past(conn: Connection, came_before: datetime, settled_before: datetime) -> list[Row[Any]]:
    """Entries whose bytes are still kept: those of no known campaign that came before a moment
    and were not settled, and those that were settled before another.
    """
    waits = and_(
        inbox.c.settled_at.is_(None),
        inbox.c.campaign_id.is_(None),
        inbox.c.received_at < came_before,
    )
    return _entries(conn, or_(waits, inbox.c.settled_at < settled_before))


def forget(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    """Take the bytes of entries away; who was not settled is, by nobody."""
    for some in parts(ids):
        mine = inbox.c.id.in_(some)
        settled = func.coalesce(inbox.c.settled_at, literal(now, inbox.c.settled_at.type))
        conn.execute(update(inbox).where(mine, _ASIDE).values(body=b"", settled_at=settled))


def forget_photos(conn: Connection) -> tuple[int, list[str]]:
    """Delete the attachments' rows of what was let go of: how many, and the hashes nobody has.

    Those of an instance that was worked in, or another delivery of which still waits, stay.
    """
    other = aliased(inbox)
    gone = select(inbox.c.instance_id).where(_ASIDE, ~_KEPT, inbox.c.instance_id.is_not(None))
    worked_in = select(submission.c.id).where(submission.c.instance_id == attachment.c.instance_id)
    waits = select(other.c.id).where(
        other.c.instance_id == attachment.c.instance_id, func.length(other.c.body) > 0
    )
    mine = and_(attachment.c.instance_id.in_(gone), ~worked_in.exists(), ~waits.exists())
    return forget_attachments(conn, mine)


def forget_attachments(conn: Connection, mine: ColumnElement[bool]) -> tuple[int, list[str]]:
    """Delete some attachments' rows: how many, and the hashes that nobody has now."""
    rows = conn.execute(select(attachment.c.id, attachment.c.sha256).where(mine)).all()
    for some in parts([row.id for row in rows]):
        conn.execute(delete(attachment).where(attachment.c.id.in_(some)))
    hashes = {row.sha256 for row in rows}
    for some in parts(sorted(hashes)):
        still = select(attachment.c.sha256).where(attachment.c.sha256.in_(some))
        hashes -= set(conn.scalars(still))
    return len(rows), sorted(hashes)


def _entries(conn: Connection, wanted: ColumnElement[bool]) -> list[Row[Any]]:
    columns = (inbox.c.id, inbox.c.settled_at, inbox.c.person_id)
    return list(conn.execute(select(*columns).where(_ASIDE, _KEPT, wanted).order_by(inbox.c.id)))
