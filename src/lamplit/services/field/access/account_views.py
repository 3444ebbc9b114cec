"""Accounts as the operator sees them: whose, and how they stand; never a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, or_, select

from lamplit.domain.abilities import Ability
from lamplit.services.field import door
from lamplit.services.field.access import accounts, sessions
from lamplit.services.field.access.accounts import NewAccount
from lamplit.services.field.office import Actor, Office
from lamplit.store import sessions as session_store
from lamplit.store import tokens as token_store
from lamplit.store.schema import account, assignment, person
from lamplit.store.tree import under_any

_ACCOUNTS = select(account, person.c.code, person.c.name).join(
    person, person.c.id == account.c.person_id
)


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account. `must_change`: its password is a made-up one; `directory`: it signs in there."""

    username: str
    person_id: str
    code: str
    name: str
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None
    must_change: bool
    directory: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session that runs: in which browser (its own word), since when, when last seen."""

    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenView:
    """A phone's or a program's token, without its secret."""

    id: str
    label: str
    scope: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountDetail:
    """An account with its running sessions and all its tokens; `mine`: one's own."""

    account: AccountView
    mine: bool
    sessions: list[SessionView]
    tokens: list[TokenView]


def look(office: Office, actor: Actor, username: str) -> AccountDetail:
    """One account. Needs OPERATE wherever its person has ties.

    Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        found = accounts.over(tx, username)
        row = tx.conn.execute(_ACCOUNTS.where(account.c.id == found.id)).one()
        # A session that was not used for long has ended, though nobody noted it.
        running = [
            SessionView(one.agent, one.created_at, one.seen_at, one.expires_at)
            for one in session_store.running(tx.conn, found.person_id, tx.now)
            if one.seen_at > tx.now - sessions.IDLE
        ]
        held = [
            TokenView(
                one.id, one.label, one.scope, one.created_at, one.expires_at, one.used_at,
                one.revoked_at,
            )
            for one in token_store.of_person(tx.conn, found.person_id)
        ]  # fmt: skip
        mine = found.person_id == actor.person_id
        return AccountDetail(_view(row), mine, running, held)


def listed(
    office: Office, actor: Actor, *, text: str = "", after: str = "", limit: int = 100
) -> list[AccountView]:
    """The accounts over which one may OPERATE, by user name, from after one.

    Those of people with a tie today at or under a place at which one may, and of people with none.
    `text` is part of a user name or a name. Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        held = door.require_anywhere(tx, Ability.OPERATE)
        today = and_(assignment.c.person_id == account.c.person_id, door.runs_on(tx.today))
        wanted = (
            _ACCOUNTS.where(account.c.username > after).order_by(account.c.username).limit(limit)
        )
        if held:
            within = exists().where(today, assignment.c.place_id.in_(under_any(held)))
            wanted = wanted.where(or_(within, ~exists().where(today)))
        if text:
            part = text.strip().casefold()
            wanted = wanted.where(or_(
                account.c.username.contains(part, autoescape=True),
                person.c.name.icontains(text.strip(), autoescape=True),
            ))  # fmt: skip
        return [_view(row) for row in tx.conn.execute(wanted)]


def make(
    office: Office, actor: Actor, username: str, *, person: str | None, name: str | None
) -> NewAccount:
    """An account with a made-up password, shown this once, for a person who is known or new.

    `person` is an id or a code (the user name, where it is left out); with `name` somebody of that
    code is added where there is nobody. Raises as `accounts.create`.
    """
    code = person or accounts.normal_name(username)
    if name is not None:
        accounts.add_person(office, actor, code, name)
    return accounts.create(office, actor, username, code)


def _view(row: Row[Any]) -> AccountView:
    return AccountView(
        row.username, row.person_id, row.code, row.name, row.created_at, row.signed_in_at,
        row.disabled_at, bool(row.must_change), row.oidc_subject is not None,
    )  # fmt: skip
