"""Homes found in the field, as a leader settles them: confirmed, or not there after all."""

from __future__ import annotations

from sqlalchemy import select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EnrollmentState
from lamplit.domain.problems import campaigns, people
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.store import bulk, tasks
from lamplit.store import found_homes as store
from lamplit.store import places as place_store
from lamplit.store.places import Place
from lamplit.store.schema import enrollment

NOT_THERE = "not_there"


def waiting(
    office: Office, actor: Actor, place: str, *, after: str = "", limit: int = 100
) -> list[Place]:
    """The homes found in a place that nobody has confirmed yet, by code, after a code.

    Needs `assign` there. Raises LamplitError `door.not-allowed`, `store.not-found`.
    """
    with office.read(actor) as tx:
        area = resolve_place(tx.conn, place)
        require(tx, Ability.ASSIGN, area.id)
        return store.waiting(tx.conn, area, after=after, limit=limit)


def confirm(office: Office, actor: Actor, place: str) -> Place:
    """Say that a home found in the field is there: from now on rules enroll it like any other.

    Needs `assign` there; logged. Raises LamplitError `place.not-waiting`, `door.not-allowed`,
    `store.not-found`.
    """
    with office.begin(actor) as tx:
        found = _waiting(tx, place)
        return _settled(tx, found, store.CONFIRMED)


def dismiss(office: Office, actor: Actor, place: str, *, reason: str) -> Place:
    """Say that there is no such home: it ends today, and what is still to be done there, too.

    Needs `assign` there; logged with the reason. Raises as `confirm`, and `task.reason` where none
    is given.
    """
    if not reason.strip():
        raise LamplitError(campaigns.TASK_REASON)
    with office.begin(actor) as tx:
        found = _waiting(tx, place)
        active = list(
            tx.conn.scalars(
                select(enrollment.c.id).where(
                    enrollment.c.place_id == found.id,
                    enrollment.c.state == EnrollmentState.ACTIVE.value,
                )
            )
        )
        tasks.cancel_of(tx.conn, active, NOT_THERE, tx.now)
        withdrawn = [{"id": one, "state": EnrollmentState.WITHDRAWN.value} for one in active]
        bulk.change_all(tx.conn, enrollment, withdrawn)
        return _settled(tx, found, store.DISMISSED, reason=reason.strip()[:500])


def _waiting(tx: Transaction, wanted: str) -> Place:
    found = resolve_place(tx.conn, wanted)
    require(tx, Ability.ASSIGN, found.id)
    held = store.lock(tx.conn, found.id)
    if held is None or store.state_of(held.attrs) != store.WAITING:
        raise LamplitError(people.NOT_WAITING, place=found.code)
    return found


def _settled(tx: Transaction, found: Place, state: str, **said: str) -> Place:
    attrs = dict(found.attrs or {})
    attrs["found"] = attrs["found"] | {"state": state}
    ends = {"valid_to": tx.today} if state == store.DISMISSED else {}
    store.change(tx.conn, found.id, attrs=attrs, version=found.version + 1, **ends)
    tx.log(f"place.{state}", "place", found.id, place_id=found.id, **said)
    after = place_store.by_id(tx.conn, found.id)
    assert after is not None
    return after
