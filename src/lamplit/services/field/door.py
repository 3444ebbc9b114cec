"""The one door: who may do what at which place, today. Every service asks here.

An ability comes from an assignment that runs today at the place itself or at a place above it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from lamplit.domain.abilities import ABILITIES, ABILITY_TEXT, Ability, roles_with
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.domain.problems import door as problems
from lamplit.services.field.office import Transaction
from lamplit.store.schema import assignment
from lamplit.store.tree import above


def may(tx: Transaction, ability: Ability, place_id: str) -> bool:
    """Whether who acts has an ability at a place today."""
    if tx.actor.trusted:
        return True
    if tx.actor.person_id is None:
        return False
    return ability in abilities_at(tx.conn, tx.actor.person_id, place_id, tx.today)


def not_allowed(ability: Ability) -> LamplitError:
    """The refusal of an ability, `door.not-allowed`, in the reader's words."""
    return LamplitError(problems.NOT_ALLOWED, ability=ABILITY_TEXT[ability])


def require(tx: Transaction, ability: Ability, place_id: str) -> None:
    """Raise LamplitError `door.not-allowed` where who acts lacks an ability at a place today."""
    if not may(tx, ability, place_id):
        raise not_allowed(ability)


def require_somewhere(tx: Transaction, ability: Ability) -> None:
    """Raise LamplitError `door.not-allowed` where who acts has an ability at no place today.

    For what hangs on no single place: a file of people, the tree of organisations.
    """
    if not may_somewhere(tx, ability):
        raise not_allowed(ability)


def require_one_of(tx: Transaction, *abilities: Ability) -> None:
    """As `require_somewhere`, where one of several abilities is enough."""
    if not any(may_somewhere(tx, ability) for ability in abilities):
        raise not_allowed(abilities[0])


def may_somewhere(tx: Transaction, ability: Ability) -> bool:
    """Whether who acts has an ability at any place today."""
    if tx.actor.trusted:
        return True
    person_id = tx.actor.person_id
    return person_id is not None and bool(places_with(tx.conn, person_id, ability, tx.today))


def require_anywhere(tx: Transaction, ability: Ability) -> list[str]:
    """The places at which who acts has an ability; LamplitError `door.not-allowed` where none.

    For the machine and the command line, which may at all places, the list is empty.
    """
    if tx.actor.trusted:
        return []
    held = (
        []
        if tx.actor.person_id is None
        else places_with(tx.conn, tx.actor.person_id, ability, tx.today)
    )
    if not held:
        raise not_allowed(ability)
    return held


def require_near(tx: Transaction, ability: Ability, person_id: str) -> None:
    """Raise LamplitError `door.not-allowed` where who acts has an ability at none of a person's
    places; for a person without a tie it is enough to have it somewhere.
    """
    if tx.actor.trusted:
        return
    if tx.actor.person_id is not None:
        places = ties_of(tx, person_id)
        if any(may(tx, ability, place_id) for place_id in places):
            return
        if not places and places_with(tx.conn, tx.actor.person_id, ability, tx.today):
            return
    raise not_allowed(ability)


def ties_of(tx: Transaction, person_id: str) -> list[str]:
    """The places at which a person has a tie today."""
    ties = select(assignment.c.place_id).where(
        assignment.c.person_id == person_id, runs_on(tx.today)
    )
    return list(tx.conn.scalars(ties.distinct()))


def may_for_person(tx: Transaction, ability: Ability, person_id: str) -> bool:
    """Whether who acts has an ability wherever a person has a tie today.

    For a person without a tie it is enough to have it somewhere. To act for somebody (a token, a
    new password) takes at least as wide a reach as theirs: otherwise it would lend their own.
    """
    if tx.actor.trusted:
        return True
    if tx.actor.person_id is None:
        return False
    places = ties_of(tx, person_id)
    if not places:
        return bool(places_with(tx.conn, tx.actor.person_id, ability, tx.today))
    return all(may(tx, ability, place_id) for place_id in places)


def abilities_at(conn: Connection, person_id: str, place_id: str, day: date) -> frozenset[Ability]:
    """All that a person may do at a place on a day, from every assignment that covers it."""
    running = select(assignment.c.role).where(
        assignment.c.person_id == person_id,
        runs_on(day),
        assignment.c.place_id.in_(above(place_id)),
    )
    held: frozenset[Ability] = frozenset()
    for role in conn.scalars(running):
        held |= ABILITIES.get(Role(role), frozenset())
    return held


def places_with(conn: Connection, person_id: str, ability: Ability, day: date) -> list[str]:
    """The places at which (and under which) a person has an ability on a day."""
    roles = [role.value for role in roles_with(ability)]
    found = select(assignment.c.place_id).where(
        assignment.c.person_id == person_id, runs_on(day), assignment.c.role.in_(roles)
    )
    return list(conn.scalars(found.distinct().order_by(assignment.c.place_id)))


def runs_on(day: date) -> ColumnElement[bool]:
    """The condition that an assignment runs on a day."""
    return and_(
        assignment.c.starts <= day, or_(assignment.c.ends.is_(None), assignment.c.ends > day)
    )
