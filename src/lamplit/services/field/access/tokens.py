"""Tokens: a phone's or a program's way in. Scoped, hashed, revocable, and they end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as problems
from lamplit.domain.problems import store as store_problems
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.store import accounts, tokens

Scope = Literal["api", "openrosa"]
SCOPES: tuple[Scope, ...] = ("api", "openrosa")
PREFIX = "lamplit_"
LONGEST_DAYS = 366
USUAL_DAYS = 90
TOUCH = timedelta(minutes=1)
"""A token's last use is noted this exactly and no more: each note is a write."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once; only the hash of `secret` is kept."""

    id: str
    secret: str
    scope: Scope


def hashed(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a plain hash will do."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def issue(
    office: Office, actor: Actor, person: str, label: str, scope: Scope, days: int = USUAL_DAYS
) -> NewToken:
    """A token for `person` (id or code) that lives `days` days.

    One's own; another's for who may OPERATE wherever they have ties; and for a phone (scope
    `openrosa`) for who may ASSIGN there. Raises LamplitError `door.not-allowed` (also where there
    is no such person, so that nobody can try out names) or `accounts.bad-lifetime`.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise LamplitError(problems.BAD_LIFETIME, days=days, most=LONGEST_DAYS)
    with office.begin(actor) as tx:
        found = accounts.person_of(tx.conn, person)
        if found is None and actor.trusted:
            raise LamplitError(store_problems.NOT_FOUND, what="person", wanted=person)
        if found is None or not _may_for(tx, found.id, scope):
            raise door.not_allowed(Ability.OPERATE)
        made = NewToken(new_id(), PREFIX + secrets.token_urlsafe(32), scope)
        tokens.add(
            tx.conn,
            id=made.id,
            secret_sha256=hashed(made.secret),
            person_id=found.id,
            label=label[:100],
            scope=scope,
            created_at=tx.now,
            created_by=actor.person_id,
            expires_at=tx.now + timedelta(days=days),
        )
        tx.log("token.issued", "token", made.id, person_id=found.id, scope=scope, days=days)
        return made


def actor_of(office: Office, secret: str, scope: Scope) -> Actor:
    """Who a token's secret stands for.

    Raises LamplitError `accounts.bad-token` where it is unknown, revoked or expired, or its
    account is disabled, and `accounts.wrong-scope` where it is for something else.
    """
    with office.db.read() as conn:
        found = tokens.by_secret(conn, hashed(secret))
    now = office.clock()
    if (
        found is None
        or found.revoked_at is not None
        or (found.expires_at is not None and found.expires_at <= now)
        or found.account_disabled_at is not None
    ):
        raise LamplitError(problems.BAD_TOKEN)
    if found.scope != scope:
        raise LamplitError(problems.WRONG_SCOPE, scope=found.scope, wanted=scope)
    if found.used_at is None or found.used_at < now - TOUCH:
        with office.db.begin() as conn:
            tokens.touch(conn, found.id, now, now - TOUCH)
    return Actor(found.person_id, "openrosa" if scope == "openrosa" else "api", found.id)


def revoke(office: Office, actor: Actor, token_id: str) -> None:
    """Revoke a token at once: one's own, or another's as for `issue`. Twice is no fault."""
    with office.begin(actor) as tx:
        found = tokens.by_id(tx.conn, token_id)
        if found is None or not _may_for(tx, found.person_id, "openrosa"):
            raise LamplitError(store_problems.NOT_FOUND, what="token", wanted=token_id)
        if tokens.revoke(tx.conn, token_id, tx.now):
            tx.log("token.revoked", "token", token_id, person_id=found.person_id)


def mine(office: Office, actor: Actor) -> list[Row[Any]]:
    """One's own tokens, without their secrets."""
    if actor.person_id is None:
        return []
    with office.db.read() as conn:
        return tokens.of_person(conn, actor.person_id)


def _may_for(tx: Transaction, person_id: str, scope: str) -> bool:
    wanted = (Ability.OPERATE, Ability.ASSIGN) if scope == "openrosa" else (Ability.OPERATE,)
    mine = tx.actor.person_id == person_id and person_id is not None
    return mine or any(door.may_for_person(tx, ability, person_id) for ability in wanted)
