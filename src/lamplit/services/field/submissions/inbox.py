"""Receiving submissions: durable first, worked in second, each exactly once.

The raw bytes are committed to the inbox before anything is parsed, and only then is anybody
answered. Working them in is a second transaction; what a crash leaves between the two is picked up
by `process_pending`. Bytes that can't be worked in are quarantined, and answered as received all
the same: a phone that is refused would keep them for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal
from weakref import WeakKeyDictionary

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState
from lamplit.services.field.office import SYSTEM, Actor, Office, new_id
from lamplit.services.field.submissions import forms, media
from lamplit.services.field.submissions.media import Attachment, Kept
from lamplit.services.field.submissions.submit import WorkedIn, work_in
from lamplit.services.field.submissions.together import Together
from lamplit.store import bulk
from lamplit.store import submissions as store
from lamplit.store.database import Database
from lamplit.store.schema import attachment, inbox

__all__ = ["Attachment", "Receipt", "Transport", "process_pending", "receipt_of", "receive"]

Transport = Literal["openrosa", "api", "feedback"]

LEFT_AFTER = timedelta(seconds=30)
"""What is still unworked after so long was left by a crash, or by a store that went away."""
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery. Whatever `state` says, the bytes are on the disk.

    `duplicate`: the very same bytes were here before, and nothing was done again. `problem` is the
    code of what keeps it in quarantine. `flags` are those of the submission: `late`,
    `after_withdrawal`, `clock_skew`, `not_owner`, `repeated`, `old_version`, `stock_short`,
    `corrected`, `entity_held`, `entity_conflict`, `entity_kept`, `home_found`.
    """

    inbox_id: str
    instance_id: str | None
    state: InboxState
    received_at: datetime
    duplicate: bool = False
    problem: str | None = None
    submission_id: str | None = None
    task_id: str | None = None
    outcome: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status for it: 201 where it is worked in, else 202; phones take both."""
        return 201 if self.state is InboxState.PROCESSED else 202


@dataclass(frozen=True, slots=True)
class _Delivery:
    row: dict[str, object]
    files: tuple[Kept, ...]


def receive(
    office: Office,
    actor: Actor,
    *,
    transport: Transport,
    content_type: str,
    body: bytes,
    attachments: Sequence[Attachment] = (),
    device_id: str | None = None,
) -> Receipt:
    """Take in a submission (XForms XML or JSON, see `forms`), and its attachments or some of them.

    Returns after it is durable. The same bytes may come any number of times, from any number of
    connections, with the same or with further attachments. Who sends is taken from `actor`, which
    must be a signed-in person: whether they may is judged when it is worked in, and late work of
    people who have withdrawn is accepted and flagged.

    Raises LamplitError `store.unreachable`, or OSError (disk full), where nothing was kept and the
    phone should try again; `submit.too-large` for a body over `forms.MOST_BYTES`.
    """
    if len(body) > forms.MOST_BYTES:
        forms.read(content_type, body)
    files = tuple(media.keep(office.media_dir, one) for one in attachments)
    row: dict[str, object] = {
        "id": new_id(),
        "received_at": office.clock(),
        "transport": transport,
        "person_id": actor.person_id,
        "token_id": actor.token_id,
        "device_id": device_id,
        "instance_id": forms.glimpse_id(content_type, body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "content_type": content_type,
        "body": body,
        "state": InboxState.RECEIVED.value,
    }
    return _group(office).ask(_Delivery(row, files))


def process_pending(office: Office, *, older: timedelta = LEFT_AFTER) -> list[Receipt]:
    """Work in what was received longer than `older` ago and is still waiting.

    Run it when the server starts and every minute or so. Gives the receipts.
    """
    done: list[Receipt] = []
    while True:
        with office.read(SYSTEM) as tx:
            ids = store.waiting(tx.conn, tx.now - older, AT_ONCE)
        if not ids:
            return done
        worked = _worked(office, ids)
        done += [receipt_from(one) for one in worked.values()]
        if len(worked) < len(ids):
            return done


def receipt_of(office: Office, actor: Actor, instance_id: str) -> Receipt | None:
    """The receipt of what this person sent under an instance id; None where nothing came."""
    with office.read(actor) as tx:
        found = store.by_instance(tx.conn, [instance_id]).get(instance_id)
    if found is None or (found.author_id != actor.person_id and not actor.trusted):
        return None
    return Receipt(
        found.inbox_id, instance_id, InboxState.PROCESSED, found.received_at, True, None,
        found.id, found.task_id, found.outcome, tuple(found.flags or ()),
    )  # fmt: skip


# --- one commit for many -------------------------------------------------------------------------

_groups: WeakKeyDictionary[Database, Together[_Delivery, Receipt]] = WeakKeyDictionary()
_groups_guard = Lock()


def _group(office: Office) -> Together[_Delivery, Receipt]:
    with _groups_guard:
        found = _groups.get(office.db)
        if found is None:
            # The clock and the home are those of the first who asks: one office a process.
            found = Together(lambda asked: _take_in(office, asked))
            _groups[office.db] = found
        return found


def _take_in(office: Office, asked: Sequence[_Delivery]) -> list[Receipt]:
    """Make deliveries durable, then work them in; a receipt each."""
    kept = _keep(office, asked)
    new = list(dict.fromkeys(one.inbox_id for one in kept if one.waits))
    try:
        worked = _worked(office, new)
    except LamplitError:
        # The bytes are safe; they are worked in later.
        worked = {}
    receipts = []
    for one, delivery in zip(kept, asked, strict=True):
        known = worked.get(one.inbox_id) or (_seen(office, one.inbox_id) if one.again else None)
        if known is None:
            receipts.append(_waiting(one.inbox_id, delivery))
        else:
            receipts.append(replace(receipt_from(known), duplicate=one.again))
    return receipts


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a delivery lies in the inbox: was it there before, does it wait to be worked in?"""

    inbox_id: str
    again: bool
    waits: bool


def _keep(office: Office, asked: Sequence[_Delivery]) -> list[_Place]:
    """Commit the bytes of deliveries, and which files came with them."""
    keys = [(one.row["instance_id"], one.row["sha256"]) for one in asked]
    with office.db.begin() as conn:
        bulk.add_new(conn, inbox, [one.row for one in asked])
        there = store.received(conn, keys)  # type: ignore[arg-type]
        bulk.add_new(conn, attachment, [row for one in asked for row in _file_rows(one)])
    found = []
    for one, key in zip(asked, keys, strict=True):
        row, own = there.get(key), str(one.row["id"])
        if row is None:  # no instance id to know it again by
            found.append(_Place(own, False, True))
        else:
            waits = row.state == InboxState.RECEIVED
            found.append(_Place(str(row.id), row.id != own, waits))
    return found


def _file_rows(one: _Delivery) -> list[dict[str, object]]:
    # Without an instance id they are kept under that of the inbox row.
    instance = one.row["instance_id"] or one.row["id"]
    return [
        {
            "id": new_id(),
            "instance_id": instance,
            "name": file.name,
            "sha256": file.sha256,
            "media_type": file.media_type,
            "bytes": file.bytes,
            "received_at": one.row["received_at"],
            "person_id": one.row["person_id"],
        }
        for file in one.files
    ]


def _worked(office: Office, ids: Sequence[str]) -> dict[str, WorkedIn]:
    """Work in some inbox rows: together where that goes well, else each by itself."""
    if not ids:
        return {}
    try:
        with office.begin(SYSTEM) as tx:
            return work_in(office, tx, ids)
    except LamplitError:
        raise
    except Exception:
        done: dict[str, WorkedIn] = {}
        for one in ids:
            done.update(_alone(office, one))
        return done


def _alone(office: Office, inbox_id: str) -> dict[str, WorkedIn]:
    """Work in one row; what fails for a reason that nobody foresaw is quarantined with it."""
    try:
        with office.begin(SYSTEM) as tx:
            return work_in(office, tx, [inbox_id])
    except LamplitError:
        raise
    except Exception as fault:
        with office.begin(SYSTEM) as tx:
            return work_in(office, tx, [inbox_id], fault=f"{type(fault).__name__}: {fault}")


def _seen(office: Office, inbox_id: str) -> WorkedIn | None:
    with office.read(SYSTEM) as tx:
        row = store.inbox_row(tx.conn, inbox_id)
        if row is None or row.state == InboxState.RECEIVED:
            return None
        known = store.by_instance(tx.conn, [row.instance_id]).get(row.instance_id)
    if row.state == InboxState.QUARANTINED or known is None:
        return WorkedIn(inbox_id, row.instance_id, row.received_at, problem=row.problem)
    return WorkedIn(
        inbox_id, row.instance_id, row.received_at, known.id, known.task_id, known.outcome,
        tuple(known.flags or ()),
    )  # fmt: skip


def receipt_from(one: WorkedIn) -> Receipt:
    """The receipt of what became of an inbox row."""
    state = InboxState.QUARANTINED if one.problem else InboxState.PROCESSED
    return Receipt(
        one.inbox_id, one.instance_id, state, one.received_at, False, one.problem,
        one.submission_id, one.task_id, one.outcome, one.flags,
    )  # fmt: skip


def _waiting(inbox_id: str, one: _Delivery) -> Receipt:
    instance, at = one.row["instance_id"], one.row["received_at"]
    assert isinstance(at, datetime)
    return Receipt(inbox_id, str(instance) if instance else None, InboxState.RECEIVED, at)
