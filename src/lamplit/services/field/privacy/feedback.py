"""A resident's word: no account, no name, no address kept; a receipt to ask after the answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import door as problems
from lamplit.services.field import door
from lamplit.services.field.access import throttle
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.services.field.places import signs
from lamplit.services.field.places.where import Where, where_of
from lamplit.store import guard
from lamplit.store.schema import feedback
from lamplit.store.tree import under_any

MOST = 4_000
"""Characters of a word."""
KEEP = timedelta(days=180)
"""So long a word is kept once it was answered; one that nobody has answered waits for somebody."""
SEND = throttle.Limit("feedback", 5, timedelta(hours=1), timedelta(hours=1))
ASK = throttle.Limit("feedback-ask", 30, timedelta(hours=1), timedelta(hours=1))
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
GROUPS, GROUP = 4, 4
"""16 of 31 signs: 79 bits, beyond guessing within any limit."""


@dataclass(frozen=True, slots=True)
class FeedbackReceipt:
    """What whoever holds the receipt may know."""

    receipt: str
    state: str
    created_at: datetime
    text: str
    answer: str | None


def send(
    office: Office,
    text: str,
    *,
    place: str | None = None,
    contact: str | None = None,
    address: str = "",
) -> str:
    """Take a resident's word about a place (a code on its poster) or none; gives the receipt.

    A place's code that is unknown is left out: nobody learns here which codes there are. That of a
    sign which was renewed still names its place: a resident's word is no check-in. Raises
    LamplitError `feedback.empty` or `accounts.too-many-tries`.
    """
    said = text.strip()
    if not 1 <= len(said) <= MOST:
        raise LamplitError(problems.EMPTY_FEEDBACK, most=MOST)
    if address:
        throttle.count(office, SEND, throttle.address_mark(office, address))
    receipt = _receipt()
    # Not the caller's own actor: who is signed in may speak without a name too.
    with office.begin(SYSTEM) as tx:
        about = signs.spoken_of(tx, place) if place else None
        made = new_id()
        tx.conn.execute(
            insert(feedback).values(
                id=made, receipt=_plain(receipt), place_id=about, text=said,
                contact=(contact or "").strip()[:200] or None, state="open", created_at=tx.now,
            )
        )  # fmt: skip
        tx.log("feedback.received", "feedback", made, place_id=about)
    return receipt


def ask(office: Office, receipt: str, *, address: str = "") -> FeedbackReceipt:
    """What became of a word. Raises LamplitError `feedback.not-found` or `…too-many-tries`."""
    if address:
        throttle.count(office, ASK, throttle.address_mark(office, address))
    with office.db.read() as conn:
        row = conn.execute(
            select(feedback).where(feedback.c.receipt == _plain(receipt))
        ).one_or_none()
    if row is None:
        raise LamplitError(problems.NO_RECEIPT)
    return FeedbackReceipt(_spaced(row.receipt), row.state, row.created_at, row.text, row.answer)


def listed(
    office: Office, actor: Actor, *, state: str | None = None, after: str = "", limit: int = 100
) -> list[Row[Any]]:
    """The words about places that one leads, oldest first; those about no place, for OPERATE.

    `after` is the id of the last one seen.

    Raises LamplitError `door.not-allowed` for who neither leads nor operates anywhere.
    """
    with office.read(actor) as tx:
        query = select(feedback)
        if after:
            seen = select(feedback.c.created_at).where(feedback.c.id == after).scalar_subquery()
            query = query.where(
                or_(
                    feedback.c.created_at > seen,
                    and_(feedback.c.created_at == seen, feedback.c.id > after),
                )
            )
        if state is not None:
            query = query.where(feedback.c.state == state)
        if not actor.trusted:
            query = query.where(_mine(tx))
        return list(
            tx.conn.execute(query.order_by(feedback.c.created_at, feedback.c.id).limit(limit))
        )


def places_of(office: Office, rows: Sequence[Row[Any]]) -> dict[str, Where]:
    """Where the places are that some words are about, by id: for who was given the words."""
    with office.db.read() as conn:
        return where_of(conn, {row.place_id for row in rows if row.place_id})


def answer(office: Office, actor: Actor, feedback_id: str, version: int, text: str) -> None:
    """Answer a word. Raises `store.not-found`, `door.not-allowed`, `store.changed-meanwhile`."""
    said = text.strip()
    if not 1 <= len(said) <= MOST:
        raise LamplitError(problems.EMPTY_FEEDBACK, most=MOST)
    with office.begin(actor) as tx:
        row = tx.conn.execute(select(feedback).where(feedback.c.id == feedback_id)).one_or_none()
        if row is None:
            raise guard.not_found(feedback, feedback_id)
        if row.place_id is None:
            door.require_somewhere(tx, Ability.OPERATE)
        else:
            door.require(tx, Ability.LEAD, row.place_id)
        guard.change(
            tx.conn, feedback, feedback_id, {"version": version},
            answer=said, state="answered", closed_at=tx.now,
        )  # fmt: skip
        tx.log("feedback.answered", "feedback", feedback_id, place_id=row.place_id)


def expire(office: Office) -> int:
    """Let go of words that have had their time, with their answers; says how many. Logged."""
    with office.begin(SYSTEM) as tx:
        gone = tx.conn.execute(delete(feedback).where(feedback.c.closed_at <= tx.now - KEEP))
        if gone.rowcount:
            tx.log("feedback.expired", "feedback", "all", words=gone.rowcount)
        return int(gone.rowcount)


def _mine(tx: Transaction) -> Any:
    person = str(tx.actor.person_id)
    led = door.places_with(tx.conn, person, Ability.LEAD, tx.today)
    operates = bool(door.places_with(tx.conn, person, Ability.OPERATE, tx.today))
    if not led and not operates:
        door.require_somewhere(tx, Ability.LEAD)
    condition = feedback.c.place_id.in_(under_any(led))
    return (condition | feedback.c.place_id.is_(None)) if operates else condition


def _receipt() -> str:
    return _spaced("".join(secrets.choice(_LETTERS) for _ in range(GROUPS * GROUP)))


def _spaced(plain: str) -> str:
    return "-".join(plain[at : at + GROUP] for at in range(0, len(plain), GROUP))


def _plain(receipt: str) -> str:
    return "".join(c for c in receipt.upper() if c in _LETTERS)[: GROUPS * GROUP]
