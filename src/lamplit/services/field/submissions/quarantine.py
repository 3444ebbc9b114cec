"""The quarantine inbox: what could not be worked in, looked at, retried, or discarded and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState
from lamplit.domain.problems import campaigns as problems
from lamplit.services.field import door
from lamplit.services.field.campaigns import looks
from lamplit.services.field.door import require_anywhere
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.submissions.inbox import Receipt, receipt_from
from lamplit.services.field.submissions.submit import work_in
from lamplit.store import assignments, reveals
from lamplit.store import submissions as store
from lamplit.store.guard import not_found
from lamplit.store.schema import inbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the quarantine, without its bytes. `problem` is the code that keeps it here.

    `author`: the name of who sent it, where that is known.
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
        names = Waiting.__dataclass_fields__
        return [Waiting(**{name: getattr(row, name) for name in names}) for row in rows]


def look(office: Office, actor: Actor, inbox_id: str) -> bytes:
    """The bytes of an entry; that somebody looked is logged, for it may speak of a home.

    One line stands for some minutes (see `looks`), and lies where its author has or had a tie.
    Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row = _judged(tx, inbox_id)
        if not looks.lately(tx, reveals.INBOX_OPENED, row.id):
            tx.log(
                reveals.INBOX_OPENED, "inbox", row.id, problem=row.problem,
                place_id=assignments.last_place(tx.conn, row.person_id),
            )  # fmt: skip
        return bytes(row.body)


def retry(office: Office, actor: Actor, inbox_id: str) -> Receipt:
    """Work an entry in again; its author is vouched for by who asks. Logged.

    Raises LamplitError `inbox.settled`, `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        _judged(tx, inbox_id)
        if not store.mark(
            tx.conn, inbox_id, InboxState.QUARANTINED,
            state=InboxState.RECEIVED.value, settled_at=None, settled_by=None,
        ):  # fmt: skip
            raise LamplitError(problems.INBOX_SETTLED)
        tx.log("inbox.retried", "inbox", inbox_id)
        worked = work_in(office, tx, [inbox_id], approved=True)
        return receipt_from(worked[inbox_id])


def discard(office: Office, actor: Actor, inbox_id: str, *, reason: str) -> None:
    """Settle an entry without working it in. Its bytes are kept. Logged with the reason.

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


def _get(conn: Connection, inbox_id: str) -> Row[Any]:
    row = store.inbox_row(conn, inbox_id, lock=True)
    if row is None:
        raise not_found(inbox, inbox_id)
    return row
