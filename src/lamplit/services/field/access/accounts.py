"""Accounts: made, signed in to, reset, disabled. Passwords are kept as argon2id hashes only."""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from lamplit.domain import passwords
from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import accounts as problems
from lamplit.domain.problems import store as store_problems
from lamplit.services.field import door
from lamplit.services.field.access import sessions, throttle
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.store import accounts as store
from lamplit.store import sessions as session_store
from lamplit.store import tokens as token_store

USERNAME = re.compile(r"[\w.@-]{2,64}")
BY_ACCOUNT = throttle.Limit("sign-in", 10, timedelta(minutes=15), timedelta(minutes=15))
BY_ACCOUNT_LONG = throttle.Limit("sign-in-long", 100, timedelta(days=30), timedelta(days=1))
"""SP 800-63B-4, 3.2.2: no more than 100 tries without a success."""
BY_ADDRESS = throttle.Limit("sign-in-from", 60, timedelta(minutes=15), timedelta(minutes=15))

HASHER = PasswordHasher()
"""argon2id with the second choice of RFC 9106 (64 MiB, 3 passes), the library's default."""
_AT_ONCE = threading.BoundedSemaphore(4)
"""Hashing takes 64 MiB each; a flood of sign-ins must not take the machine."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for each other on paper."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as it was made; `password` only where one was made up for it."""

    id: str
    person_id: str
    username: str
    password: str | None = None


def normal_name(username: str) -> str:
    """A user name in one spelling. Raises LamplitError `accounts.bad-username`."""
    plain = unicodedata.normalize("NFKC", username).strip().casefold()
    if not USERNAME.fullmatch(plain):
        raise LamplitError(problems.BAD_USERNAME, username=username[:64])
    return plain


def made_up_password() -> str:
    """A password of five groups of four signs (98 bits), to be changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


def create(
    office: Office,
    actor: Actor,
    username: str,
    person: str,
    *,
    password: str | None = None,
    subject: str | None = None,
) -> NewAccount:
    """An account for a person (id or code), who then signs in with `username`.

    Without a password one is made up, to be changed at once; with `subject` (`issuer#sub`) it is
    the company directory that signs in. Raises LamplitError `accounts.*`, `door.not-allowed` or
    `store.not-found`.
    """
    name = normal_name(username)
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.OPERATE)
        found = _person(tx, person)
    made_up = made_up_password() if password is None and subject is None else None
    given = password or made_up
    if password is not None:
        check(password, (name, found.name, found.code))
    hashed = hash_of(given) if given else None
    made = NewAccount(new_id(), found.id, name, made_up)
    with office.begin(actor) as tx:
        _require_over(tx, found.id)
        if store.by_person(tx.conn, found.id) is not None:
            raise LamplitError(problems.HAS_ACCOUNT)
        if store.by_username(tx.conn, name) is not None:
            raise LamplitError(problems.USERNAME_TAKEN, username=name)
        store.add(
            tx.conn,
            id=made.id,
            person_id=found.id,
            username=name,
            password_hash=hashed,
            oidc_subject=subject,
            must_change=made_up is not None,
            created_at=tx.now,
        )
        tx.log("account.created", "person", found.id)
    return made


def add_person(office: Office, actor: Actor, code: str, name: str) -> str:
    """A person with nothing but a code and a name, where there is none of that code; gives the id.

    For the first accounts of a new home; files of people come in by import.
    """
    with office.begin(actor) as tx:
        door.require_somewhere(tx, Ability.OPERATE)
        found = store.person_of(tx.conn, code)
        if found is not None:
            return str(found.id)
        made = new_id()
        store.add_person(tx.conn, id=made, code=code, name=name, created_at=tx.now)
        tx.log("person.added", "person", made)
        return made


def sign_in(
    office: Office, username: str, password: str, *, address: str = "", agent: str = ""
) -> sessions.NewSession:
    """Begin a session with a password.

    A name that nobody bears takes as long and is answered alike. Raises LamplitError
    `accounts.wrong-sign-in` or `accounts.too-many-tries`.
    """
    try:
        name = normal_name(username)
    except LamplitError:
        name = ""
    if address:
        throttle.count(office, BY_ADDRESS, throttle.address_mark(office, address))
    for limit in (BY_ACCOUNT, BY_ACCOUNT_LONG):
        throttle.count(office, limit, name)
    with office.db.read() as conn:
        found = store.by_username(conn, name) if name else None
    kept = found.password_hash if found is not None else None
    right = _verify(kept or _nobody(), password[: passwords.MOST * 4])
    if found is None or kept is None or not right or found.disabled_at is not None:
        raise LamplitError(problems.WRONG_SIGN_IN)
    for limit in (BY_ACCOUNT, BY_ACCOUNT_LONG):
        throttle.forgive(office, limit, name)
    newer = hash_of(password) if HASHER.check_needs_rehash(kept) else None
    with office.begin(Actor(found.person_id, "web")) as tx:
        if newer:
            store.rehash(tx.conn, found.id, kept, newer)
        return admitted(tx, found, agent)


def admitted(tx: Transaction, account: Row[Any], agent: str) -> sessions.NewSession:
    """Begin the session of an account whose holder has shown who they are."""
    store.signed_in(tx.conn, account.id, tx.now)
    tx.log("account.signed_in", "person", account.person_id)
    return sessions.open_in(tx, account.person_id, agent, must_change=bool(account.must_change))


def change_password(
    office: Office, session: sessions.Session, old: str, new: str, agent: str = ""
) -> sessions.NewSession:
    """Change one's own password: all other sessions end, and this one gets new secrets.

    Raises LamplitError `accounts.wrong-sign-in`, `accounts.weak-password` or
    `accounts.too-many-tries`.
    """
    person_id = str(session.actor.person_id)
    throttle.count(office, BY_ACCOUNT, person_id)
    with office.db.read() as conn:
        found = store.by_person(conn, person_id)
        person = store.person_of(conn, person_id)
    if found is None or found.password_hash is None or not _verify(found.password_hash, old):
        raise LamplitError(problems.WRONG_SIGN_IN)
    throttle.forgive(office, BY_ACCOUNT, person_id)
    check(new, (found.username, person.name, person.code) if person else (found.username,))
    if passwords.normal(old) == passwords.normal(new):
        raise _weak(passwords.SAME)
    hashed = hash_of(new)
    with office.begin(session.actor) as tx:
        _change(tx, found, password_hash=hashed, must_change=False)
        session_store.end_all(tx.conn, person_id, tx.now)
        tx.log("account.password_changed", "person", person_id)
        return sessions.open_in(tx, person_id, agent, must_change=False)


def reset(office: Office, actor: Actor, username: str) -> NewAccount:
    """Give another's account a made-up password, to be changed at once; ends its sessions, locks.

    Raises LamplitError `accounts.own-account` for one's own, `store.not-found` or
    `door.not-allowed`.
    """
    password = made_up_password()
    hashed = hash_of(password)
    with office.begin(actor) as tx:
        found = _others_account(tx, username)
        _change(tx, found, password_hash=hashed, must_change=True, disabled_at=None)
        session_store.end_all(tx.conn, found.person_id, tx.now)
        tx.log("account.reset", "person", found.person_id)
    for limit in (BY_ACCOUNT, BY_ACCOUNT_LONG):
        throttle.forgive(office, limit, found.username)
    return NewAccount(found.id, found.person_id, found.username, password)


def disable(office: Office, actor: Actor, username: str) -> tuple[int, int]:
    """Disable another's account; ends its sessions and revokes its tokens, says how many of each.

    Nobody can lock themselves out. Raises as `reset`.
    """
    with office.begin(actor) as tx:
        found = _others_account(tx, username)
        _change(tx, found, disabled_at=tx.now)
        ended = session_store.end_all(tx.conn, found.person_id, tx.now)
        revoked = token_store.revoke_all(tx.conn, found.person_id, tx.now)
        tx.log("account.disabled", "person", found.person_id, sessions=ended, tokens=revoked)
        return ended, revoked


def sign_out(office: Office, actor: Actor, username: str) -> int:
    """End all sessions of an account, and say how many; its tokens stay. Raises as `disable`."""
    with office.begin(actor) as tx:
        found = _others_account(tx, username)
        ended = session_store.end_all(tx.conn, found.person_id, tx.now)
        tx.log("account.signed_out_by_operator", "person", found.person_id, sessions=ended)
        return ended


def link(office: Office, actor: Actor, username: str, subject: str) -> None:
    """Tie an account to a company directory's subject (`issuer#sub`)."""
    try:
        with office.begin(actor) as tx:
            found = over(tx, username)
            _change(tx, found, oidc_subject=subject)
            tx.log("account.linked", "person", found.person_id)
    except IntegrityError as fault:
        raise LamplitError(problems.USERNAME_TAKEN, username=subject) from fault


def check(password: str, names: tuple[str, ...]) -> None:
    """Raise LamplitError `accounts.weak-password` for one that is not taken."""
    reason = passwords.weakness(password, names)
    if reason is not None:
        raise _weak(reason)


def _weak(reason: Text) -> LamplitError:
    return LamplitError(problems.WEAK_PASSWORD, reason=reason, least=passwords.LEAST)


def _others_account(tx: Transaction, username: str) -> Row[Any]:
    """An account that is not one's own: by mistake the last operator would be locked out."""
    found = over(tx, username)
    if found.person_id == tx.actor.person_id:
        raise LamplitError(problems.OWN_ACCOUNT)
    return found


def over(tx: Transaction, username: str) -> Row[Any]:
    """An account over which who acts may OPERATE.

    Raises LamplitError `accounts.bad-username`, `door.not-allowed` or `store.not-found`.
    """
    door.require_somewhere(tx, Ability.OPERATE)
    found = store.by_username(tx.conn, normal_name(username))
    if found is None:
        raise LamplitError(store_problems.NOT_FOUND, what="account", wanted=username)
    _require_over(tx, found.person_id)
    return found


def _require_over(tx: Transaction, person_id: str) -> None:
    if not door.may_for_person(tx, Ability.OPERATE, person_id):
        raise door.not_allowed(Ability.OPERATE)


def _person(tx: Transaction, wanted: str) -> Row[Any]:
    found = store.person_of(tx.conn, wanted)
    if found is None:
        raise LamplitError(store_problems.NOT_FOUND, what="person", wanted=wanted)
    return found


def _change(tx: Transaction, account: Row[Any], **values: Any) -> None:
    if not store.change(tx.conn, account.id, account.version, **values):
        raise LamplitError(store_problems.CHANGED_MEANWHILE, what="account")


def hash_of(password: str) -> str:
    """The argon2id hash of a password; takes long."""
    with _AT_ONCE:
        return HASHER.hash(passwords.normal(password))


def _verify(kept: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return HASHER.verify(kept, passwords.normal(password))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    """A hash that no password has, so that unknown names take the same time."""
    return hash_of(secrets.token_urlsafe(32))
