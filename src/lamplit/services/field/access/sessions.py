"""Sessions: a browser's way in. The cookie's secret is kept as a hash, and ends by two clocks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.access.tokens import hashed
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction
from lamplit.store import sessions

IDLE = timedelta(hours=12)
"""A session that is not used ends. NIST SP 800-63B-4 asks for one such limit at AAL1."""
LONGEST = timedelta(days=7)
"""A session ends after this in any case (the standard allows 30 days at AAL1)."""
TOUCH = timedelta(minutes=1)
KEEP = timedelta(days=30)
"""When and in which browser somebody was here is forgotten so long after a session ended."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session as it begins: `secret` goes into the cookie, `csrf` to the page."""

    person_id: str
    secret: str
    csrf: str
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A running session."""

    id: str
    actor: Actor
    csrf: str
    must_change: bool


@dataclass(frozen=True, slots=True)
class Running:
    """One of one's own sessions: in which browser (its own word), and whether it is `this` one."""

    agent: str
    created_at: datetime
    seen_at: datetime
    this: bool


def open_in(tx: Transaction, person_id: str, agent: str, *, must_change: bool) -> NewSession:
    """Begin a session, with secrets that were never seen before: nothing can be fixated."""
    made = NewSession(person_id, secrets.token_urlsafe(32), secrets.token_urlsafe(32), must_change)
    sessions.add(
        tx.conn,
        id=hashed(made.secret),
        person_id=person_id,
        csrf=made.csrf,
        created_at=tx.now,
        seen_at=tx.now,
        expires_at=tx.now + LONGEST,
        agent=agent[:200],
    )
    return made


def session_of(office: Office, secret: str) -> Session:
    """The running session of a cookie's secret. Raises LamplitError `accounts.bad-token`."""
    now = office.clock()
    with office.db.read() as conn:
        found = sessions.get(conn, hashed(secret))
    if (
        found is None
        or found.ended_at is not None
        or found.expires_at <= now
        or found.seen_at <= now - IDLE
        or found.account_disabled_at is not None
    ):
        raise LamplitError(problems.BAD_TOKEN)
    if found.seen_at < now - TOUCH:
        with office.db.begin() as conn:
            sessions.touch(conn, found.id, now)
    return Session(found.id, Actor(found.person_id, "web"), found.csrf, bool(found.must_change))


def end(office: Office, session: Session) -> None:
    """Sign out."""
    with office.begin(session.actor) as tx:
        if sessions.end(tx.conn, session.id, tx.now):
            tx.log("account.signed_out", "person", str(session.actor.person_id))


def mine(office: Office, session: Session) -> list[Running]:
    """The sessions of who sits in one, that one first."""
    person_id = str(session.actor.person_id)
    with office.read(session.actor) as tx:
        found = [
            Running(one.agent, one.created_at, one.seen_at, one.id == session.id)
            for one in sessions.running(tx.conn, person_id, tx.now)
        ]
    return sorted(found, key=lambda one: not one.this)


def end_everywhere(office: Office, actor: Actor, but: str | None = None) -> int:
    """End all of one's own sessions, but for the one of the id `but`; gives how many."""
    if actor.person_id is None:
        return 0
    with office.begin(actor) as tx:
        ended = sessions.end_all(tx.conn, actor.person_id, tx.now, but)
        if ended:
            tx.log("account.signed_out_everywhere", "person", actor.person_id, sessions=ended)
        return ended


def tidy(office: Office) -> int:
    """Forget sessions that ended long ago; gives how many, and logs it."""
    with office.begin(SYSTEM) as tx:
        gone = sessions.forget(tx.conn, tx.now - KEEP)
        if gone:
            tx.log("session.expired", "session", "all", sessions=gone)
        return gone
