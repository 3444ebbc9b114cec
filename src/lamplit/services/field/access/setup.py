"""The first run: who holds the link that the server printed makes the first operator.

It is open only while nobody has an account. The link is kept as a hash, lives for a day, and ends
with the first account, however that was made.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.access import accounts, sessions, throttle
from lamplit.services.field.access.tokens import hashed
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.services.field.people import assignments
from lamplit.store import accounts as account_store
from lamplit.store import places as place_store
from lamplit.store import setup as store
from lamplit.store.guard import one_at_a_time
from lamplit.store.schema import place as place_table

LIVES = timedelta(days=1)
TRIES = throttle.Limit("set-up", 10, timedelta(minutes=15), timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """What the first person says: a name to sign in with, their own, and what they look after.

    `place` is the code of a district; where there is none of that code, it is made, with the names
    given.
    """

    username: str
    name: str
    password: str
    place: str
    place_name_zh: str | None = None
    place_name_en: str | None = None


def offer(office: Office) -> str | None:
    """A new link's secret, for the server to print; None where somebody has an account."""
    made = secrets.token_urlsafe(24)
    with office.begin(SYSTEM) as tx:
        if store.has_account(tx.conn):
            return None
        store.add(tx.conn, hashed(made), tx.now, tx.now + LIVES)
    return made


def is_open(office: Office) -> bool:
    """Whether a link runs and nobody has an account."""
    with office.read(SYSTEM) as tx:
        return not store.has_account(tx.conn) and store.is_open(tx.conn, tx.now)


def finish(
    office: Office, secret: str, first: FirstOperator, *, address: str = "", agent: str = ""
) -> sessions.NewSession:
    """Make the first account, an operator of a topmost place, and begin its session.

    Of two at once one wins. Raises LamplitError `accounts.set-up-closed`,
    `accounts.wrong-set-up-token`, `accounts.too-many-tries`, `accounts.bad-username`
    or `accounts.weak-password`.
    """
    if not is_open(office):
        raise LamplitError(problems.SET_UP_CLOSED)
    if address:
        throttle.count(office, TRIES, throttle.address_mark(office, address))
    with office.read(SYSTEM) as tx:
        _require_open(tx, secret)
    username = accounts.normal_name(first.username)
    accounts.check(first.password, (username, first.name, first.place))
    # Made outside the transaction: hashing takes long, and others wait for the store meanwhile.
    password = accounts.hash_of(first.password)
    person_id = new_id()
    with office.begin(Actor(person_id, "api")) as tx:
        one_at_a_time(tx.conn, "set-up")
        _require_open(tx, secret)
        account_store.add_person(
            tx.conn, id=person_id, code=_free_code(tx, username), name=first.name,
            created_at=tx.now,
        )  # fmt: skip
        where = _place(tx, first)
        tie = assignments.new_tie(tx, person_id, where, Role.OPERATOR, starts=tx.today)
        assignments.add(tx, tie)
        account_store.add(
            tx.conn, id=new_id(), person_id=person_id, username=username, password_hash=password,
            must_change=False, created_at=tx.now,
        )  # fmt: skip
        store.end_all(tx.conn)
        tx.log("account.set_up", "person", person_id, place_id=where)
        found = account_store.by_person(tx.conn, person_id)
        assert found is not None
        return accounts.admitted(tx, found, agent)


def _require_open(tx: Transaction, secret: str) -> None:
    if store.has_account(tx.conn):
        raise LamplitError(problems.SET_UP_CLOSED)
    if not store.is_open(tx.conn, tx.now, hashed(secret)):
        raise LamplitError(problems.WRONG_SET_UP_TOKEN)


def _free_code(tx: Transaction, username: str) -> str:
    """A person's code: the user name, unless a file of people has brought one like it."""
    if account_store.person_of(tx.conn, username) is None:
        return username
    return f"{username}-{secrets.token_hex(3)}"


def _place(tx: Transaction, first: FirstOperator) -> str:
    """The district of that code, or a new one."""
    found = place_store.by_code(tx.conn, first.place, PlaceKind.DISTRICT)
    if found:
        return found[0].id
    made = new_id()
    tx.conn.execute(insert(place_table).values(
        id=made, kind=PlaceKind.DISTRICT.value, code=first.place, name_zh=first.place_name_zh,
        name_en=first.place_name_en,
    ))  # fmt: skip
    tx.log("place.added", "place", made, place_id=made)
    return made
