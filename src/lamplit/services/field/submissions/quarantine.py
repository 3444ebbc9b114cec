"""The quarantine inbox: what could not be worked in, looked at, retried, or discarded.

Nothing lies here for ever: what was discarded is kept for SETTLED_KEPT, what nobody settled for
UNSETTLED_KEPT, or as long as the answers of its campaign where that is known (see `expiry`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState
from lamplit.domain.problems import campaigns as problems
from lamplit.services.field import door
from lamplit.services.field.campaigns import looks
from lamplit.services.field.door import require_anywhere
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_or_none
from lamplit.services.field.submissions.inbox import Receipt, receipt_from
from lamplit.services.field.submissions.submit import work_in
from lamplit.store import assignments, campaigns, reveals
from lamplit.store import submissions as store
from lamplit.store.guard import not_found
from lamplit.store.schema import inbox

NOTHING = hashlib.sha256(b"").hexdigest()
UNSETTLED_KEPT = timedelta(days=180)
"""As long as the answers of a sweep: nobody looks into last winter's visits after that."""
SETTLED_KEPT = timedelta(days=30)
"""Who discards the wrong one finds out within weeks."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the quarantine, without its bytes. `problem` is the code that keeps it here.

    `author`: the name of who sent it, where that is known. `goes_at`: when its bytes expire; None
    where they are gone, and while its campaign goes on. `bytes` is 0 once they are gone.
    """

    id: str
    received_at: datetime
    transport: str
    person_id: str | None
    author: str | None
    instance_id: str | None
    content_type: str
    bytes: int
    problem: str | None
    settled_at: datetime | None
    settled_by: str | None
    goes_at: datetime | None


def waiting(
    office: Office, actor: Actor, *, settled: bool = False, after: str = "", limit: int = 200
) -> list[Waiting]:
    """What waits to be settled (and what was, with `settled`), by id after an id.

    Needs `lead` somewhere. An entry that can't be read has no place, so it is for who leads where
    its author has or had a tie; without an author, or one with a tie, for any. Raises
    `door.not-allowed`.
    """
    with office.read(actor) as tx:
        led = require_anywhere(tx, Ability.LEAD)
        rows = store.quarantined(
            tx.conn, settled=settled, after=after, limit=limit, led=led or None
        )
        names = [name for name in Waiting.__dataclass_fields__ if name != "goes_at"]
        ends = _ends(office, tx, rows)
        return [
            Waiting(**{name: getattr(row, name) for name in names}, goes_at=_goes_at(row, ends))
            for row in rows
        ]


def look(office: Office, actor: Actor, inbox_id: str) -> bytes:
    """The bytes of an entry; that somebody looked is logged, for it may speak of a home.

    One line stands for some minutes (see `looks`), and lies where its author has or had a tie.
    Raises LamplitError `inbox.gone`, `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row = _still_kept(_judged(tx, inbox_id))
        if not looks.lately(tx, reveals.INBOX_OPENED, row.id):
            tx.log(
                reveals.INBOX_OPENED, "inbox", row.id, problem=row.problem,
                place_id=assignments.last_place(tx.conn, row.person_id),
            )  # fmt: skip
        return bytes(row.body)


def retry(office: Office, actor: Actor, inbox_id: str) -> Receipt:
    """Work an entry in again; its author is vouched for by who asks. Logged.

    Raises LamplitError `inbox.settled`, `inbox.gone`, `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        _still_kept(_judged(tx, inbox_id))
        if not store.mark(
            tx.conn, inbox_id, InboxState.QUARANTINED,
            state=InboxState.RECEIVED.value, settled_at=None, settled_by=None,
        ):  # fmt: skip
            raise LamplitError(problems.INBOX_SETTLED)
        tx.log("inbox.retried", "inbox", inbox_id)
        worked = work_in(office, tx, [inbox_id], approved=True)
        return receipt_from(worked[inbox_id])


def discard(office: Office, actor: Actor, inbox_id: str, *, reason: str) -> None:
    """Settle an entry without working it in. Its bytes are kept for SETTLED_KEPT. Logged with the
    reason.

    Raises LamplitError `task.reason`, `inbox.settled`, `store.not-found`, `door.not-allowed`.
    """
    if not reason.strip():
        raise LamplitError(problems.TASK_REASON)
    with office.begin(actor) as tx:
        row = _judged(tx, inbox_id)
        if row.state != InboxState.QUARANTINED or row.settled_at is not None:
            raise LamplitError(problems.INBOX_SETTLED)
        store.mark(
            tx.conn, inbox_id, InboxState.QUARANTINED,
            settled_at=tx.now, settled_by=actor.person_id,
        )  # fmt: skip
        tx.log("inbox.discarded", "inbox", inbox_id, reason=reason.strip(), problem=row.problem)


def _judged(tx: Transaction, inbox_id: str) -> Row[Any]:
    """An entry that who asks may settle."""
    led = require_anywhere(tx, Ability.LEAD)
    row = _get(tx.conn, inbox_id)
    if led and not store.is_near(tx.conn, row.id, led):
        raise door.not_allowed(Ability.LEAD)
    return row


def _still_kept(row: Row[Any]) -> Row[Any]:
    if not row.body and row.sha256 != NOTHING:
        raise LamplitError(problems.INBOX_GONE)
    return row


def _ends(office: Office, tx: Transaction, rows: Sequence[Row[Any]]) -> dict[str, datetime | None]:
    """When the answers of the campaigns of some entries expire, as far as that is known."""
    known = campaigns.by_ids(tx.conn, sorted({one.campaign_id for one in rows if one.campaign_id}))
    return {name: answers_expire(office, row) for name, row in known.items()}


def answers_expire(office: Office, campaign: Row[Any]) -> datetime | None:
    """When the answers of a campaign expire; None while it is not closed, or its pack is gone."""
    pack = pack_or_none(office, campaign.programme)
    if pack is None or campaign.closed_at is None:
        return None
    return cast("datetime", campaign.closed_at) + timedelta(days=pack.submission_days)


def _goes_at(row: Row[Any], ends: Mapping[str, datetime | None]) -> datetime | None:
    if not row.bytes:
        return None
    settled: datetime | None = row.settled_at + SETTLED_KEPT if row.settled_at else None
    if row.campaign_id is None:
        came: datetime = row.received_at
        return settled or came + UNSETTLED_KEPT
    both = [one for one in (settled, ends.get(row.campaign_id)) if one is not None]
    return min(both, default=None)


def _get(conn: Connection, inbox_id: str) -> Row[Any]:
    row = store.inbox_row(conn, inbox_id, lock=True)
    if row is None:
        raise not_found(inbox, inbox_id)
    return row
