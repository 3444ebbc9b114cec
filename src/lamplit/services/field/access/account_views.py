"""Accounts as the operator sees them: whose, and how they stand; never a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, or_, select

from lamplit.domain.abilities import Ability
from lamplit.services.field import door
from lamplit.services.field.access import accounts
from lamplit.services.field.access.accounts import NewAccount
from lamplit.services.field.office import Actor, Office
from lamplit.store.schema import account, assignment, person
from lamplit.store.tree import under_any


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
            select(account, person.c.code, person.c.name)
            .join(person, person.c.id == account.c.person_id)
            .where(account.c.username > after)
            .order_by(account.c.username)
            .limit(limit)
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
        return [
            AccountView(
                row.username, row.person_id, row.code, row.name, row.created_at, row.signed_in_at,
                row.disabled_at, bool(row.must_change), row.oidc_subject is not None,
            )
            for row in tx.conn.execute(wanted)
        ]  # fmt: skip


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
