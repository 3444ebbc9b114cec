"""The last operator stays: without one nobody could make accounts or give roles at a place."""

from __future__ import annotations

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.domain.problems import people as problems
from lamplit.services.field.office import Transaction
from lamplit.services.field.places.places import name_of
from lamplit.store import accounts, places
from lamplit.store import assignments as store
from lamplit.store.assignments import Assignment
from lamplit.store.guard import one_at_a_time


def begin_ending(tx: Transaction, ending: list[Assignment]) -> None:
    """Wait until nobody else ends an operator's role, where one of these is such a role.

    Two operators who withdraw at once would otherwise each still see the other.
    """
    if any(one.role == Role.OPERATOR for one in ending):
        one_at_a_time(tx.conn, "operators")


def require_one_left(tx: Transaction, before: list[Assignment], ended: list[Assignment]) -> None:
    """Refuse, where a role that was just ended in this transaction was a place's last operator's.

    `before` are the same assignments as they were. Somebody else has to be an operator there or
    above for as long as the ended role would have run, and to be able to sign in, if its holder
    could. Raises LamplitError `assignment.last-operator`.
    """
    for was, one in zip(before, ended, strict=True):
        if one.role != Role.OPERATOR or one.person_id is None or one.ends is None:
            continue
        left = store.operators_over(tx.conn, one.place_id, one.ends, was.ends)
        signing_in = accounts.who_can_sign_in(tx.conn, {one.person_id, *left})
        if one.person_id in signing_in:
            left &= signing_in
        if not left:
            place = places.by_id(tx.conn, one.place_id)
            raise LamplitError(
                problems.LAST_OPERATOR, place=name_of(place) if place else one.place_id
            )
