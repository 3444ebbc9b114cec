"""People as others ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability
from lamplit.services.field.door import may, places_with, require, require_somewhere
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.where import Where, where_of
from lamplit.store import assignments, people
from lamplit.store.assignments import Assignment
from lamplit.store.guard import not_found
from lamplit.store.people import Organisation, Person
from lamplit.store.schema import organisation as organisation_table
from lamplit.store.schema import person as person_table

__all__ = ["Organisation", "Person"]


def resolve_person(conn: Connection, code_or_id: str) -> Person:
    """The person with an id or a code. Raises LamplitError `store.not-found`."""
    found = people.by_id_or_code(conn, code_or_id)
    if found is None:
        raise not_found(person_table, code_or_id)
    return found


def resolve_organisation(conn: Connection, code_or_id: str) -> Organisation:
    """The organisation with an id or a code. Raises LamplitError `store.not-found`."""
    found = people.organisation_by(conn, code_or_id)
    if found is None:
        raise not_found(organisation_table, code_or_id)
    return found


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with where they belong and all their ties, past, present and to come.

    `places`: what the ties are tied to.
    """

    person: Person
    organisation: Organisation | None
    assignments: list[Assignment]
    places: list[Where] = field(default_factory=list)


def show_person(office: Office, actor: Actor, code_or_id: str) -> PersonView:
    """One person. Seen by themselves, and by who may see people where they are assigned.

    Somebody without any tie is seen by whoever may assign people somewhere. Where they live is for
    themselves and for who brings people in. Raises LamplitError `store.not-found` or
    `door.not-allowed`; for who may assign nobody only the latter: no codes can be tried out.
    """
    with office.read(actor) as tx:
        if people.by_id_or_code(tx.conn, code_or_id) is None:
            require_somewhere(tx, Ability.ASSIGN)
        found = resolve_person(tx.conn, code_or_id)
        ties = assignments.of_person(tx.conn, found.id)
        _require_sight(tx, found, ties)
        belongs = (
            resolve_organisation(tx.conn, found.organisation_id) if found.organisation_id else None
        )
        at = where_of(tx.conn, {tie.place_id for tie in ties})
        shown = found if _knows_home(tx, found) else _without_home(found)
        return PersonView(shown, belongs, ties, list(at.values()))


def list_people(
    office: Office,
    actor: Actor,
    *,
    place: str | None = None,
    organisation: str | None = None,
    text: str = "",
    day: date | None = None,
    after: str = "",
    limit: int = 200,
) -> list[Person]:
    """People by code, after the code `after`: those with a tie in `place` on `day` (today).

    `organisation` keeps its people and those of its branches; `text` those whose code or name
    begins so. Without a place, for who may assign people somewhere: one finds a person before
    one assigns them, and needs no telephone number for that. Where they live is told to who brings
    people in. Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        area = resolve_place(tx.conn, place) if place else None
        if area:
            require(tx, Ability.SEE_PEOPLE, area.id)
        else:
            require_somewhere(tx, Ability.ASSIGN)
        org = resolve_organisation(tx.conn, organisation) if organisation else None
        rows = people.listed(
            tx.conn,
            person_ids=assignments.people_in(area, day or tx.today) if area else None,
            organisation_ids=people.organisations_under(org.id) if org else None,
            text=text,
            after=after,
            limit=limit,
        )
        if area is None and not _brings_in(tx):
            rows = [replace(one, phone=None) for one in rows]
        return [one if _knows_home(tx, one) else _without_home(one) for one in rows]


def _brings_in(tx: Transaction) -> bool:
    """Whether who asks keeps the people's data: brings them in, and may correct them."""
    me = tx.actor.person_id
    return tx.actor.trusted or (
        me is not None and bool(places_with(tx.conn, me, Ability.IMPORT, tx.today))
    )


def _knows_home(tx: Transaction, found: Person) -> bool:
    return tx.actor.person_id == found.id or _brings_in(tx)


def _without_home(found: Person) -> Person:
    """A person as colleagues know them: not where they live, nor what else a file said of them."""
    return replace(found, home_place_id=None, attrs=None)


def _require_sight(tx: Transaction, found: Person, ties: list[Assignment]) -> None:
    if tx.actor.person_id == found.id:
        return
    alive = {tie.place_id for tie in ties if tie.ends is None or tie.ends > tx.today}
    if any(may(tx, Ability.SEE_PEOPLE, place_id) for place_id in sorted(alive)):
        return
    if alive:
        require(tx, Ability.SEE_PEOPLE, min(alive))
    require_somewhere(tx, Ability.ASSIGN)
