"""Places as people ask for them: one, and what lies right under it."""

from __future__ import annotations

from dataclasses import replace

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlaceKind
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.store import places
from lamplit.store.places import Place

HOUSEHOLD_SIGHT = (Ability.SEE_DOORS, Ability.ASSIGN, Ability.IMPORT, Ability.PERFORM)
"""Who may see that a household is there (its address, not its state)."""

BEYOND_ADDRESS = (Ability.IMPORT, Ability.ANALYSE)
"""Who may see what a household agreed to, and whether somebody lives alone there."""


def plain(found: Place) -> Place:
    """A place as whoever goes there sees it: of a household its address, and no more.

    What else is kept of a household (that somebody lives alone there, what they agreed to) is no
    part of an address.
    """
    return replace(found, attrs=None) if found.kind is PlaceKind.HOUSEHOLD else found


def show_place(office: Office, actor: Actor, wanted: str) -> Place:
    """One place, by id or code. Raises LamplitError `store.not-found` or `door.not-allowed`."""
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        _require_sight(tx, found.id, household=found.kind is PlaceKind.HOUSEHOLD)
        return found if _beyond_address(tx, found.id) else plain(found)


def children(
    office: Office, actor: Actor, wanted: str, *, after: str = "", limit: int = 100
) -> list[Place]:
    """What lies right under a place, by code, after a code; households for who may see doors.

    Raises as `show_place`.
    """
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        _require_sight(tx, found.id, household=False)
        rows = places.children(tx.conn, found.id, after=after, limit=limit)
        if any(row.kind is PlaceKind.HOUSEHOLD for row in rows):
            _require_sight(tx, found.id, household=True)
        return rows if _beyond_address(tx, found.id) else [plain(row) for row in rows]


def mine(office: Office, actor: Actor) -> list[Place]:
    """The places at which who asks has any ability: where their tree of places begins."""
    if actor.person_id is None:
        return []
    with office.read(actor) as tx:
        ids = door.places_with(tx.conn, actor.person_id, Ability.SEE_AREA, tx.today)
        found = [plain(one) for one in places.by_ids(tx.conn, ids).values()]
        return sorted(found, key=lambda one: (one.kind, one.code))


def require_household_sight(tx: Transaction, place_id: str) -> None:
    """Raise LamplitError `door.not-allowed` for who may not see which homes are at a place."""
    _require_sight(tx, place_id, household=True)


def _require_sight(tx: Transaction, place_id: str, *, household: bool) -> None:
    wanted = HOUSEHOLD_SIGHT if household else (Ability.SEE_AREA, *HOUSEHOLD_SIGHT)
    if not any(door.may(tx, ability, place_id) for ability in wanted):
        raise door.not_allowed(wanted[0])


def _beyond_address(tx: Transaction, place_id: str) -> bool:
    return any(door.may(tx, ability, place_id) for ability in BEYOND_ADDRESS)
