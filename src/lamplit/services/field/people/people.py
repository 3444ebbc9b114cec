"""People as others ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability
from lamplit.services.field.door import may, require, require_somewhere
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

    Somebody without any tie is seen by whoever may assign people somewhere. Raises LamplitError
    `store.not-found` or `door.not-allowed`.
    """
    with office.read(actor) as tx:
        found = resolve_person(tx.conn, code_or_id)
        ties = assignments.of_person(tx.conn, found.id)
        _require_sight(tx, found, ties)
        belongs = (
            resolve_organisation(tx.conn, found.organisation_id) if found.organisation_id else None
        )
        at = where_of(tx.conn, {tie.place_id for tie in ties})
        return PersonView(found, belongs, ties, list(at.values()))


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
    one assigns them. Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        area = resolve_place(tx.conn, place) if place else None
        if area:
            require(tx, Ability.SEE_PEOPLE, area.id)
        else:
            require_somewhere(tx, Ability.ASSIGN)
        org = resolve_organisation(tx.conn, organisation) if organisation else None
        return people.listed(
            tx.conn,
            person_ids=assignments.people_in(area, day or tx.today) if area else None,
            organisation_ids=people.organisations_under(org.id) if org else None,
            text=text,
            after=after,
            limit=limit,
        )


def _require_sight(tx: Transaction, found: Person, ties: list[Assignment]) -> None:
    if tx.actor.person_id == found.id:
        return
    alive = {tie.place_id for tie in ties if tie.ends is None or tie.ends > tx.today}
    if any(may(tx, Ability.SEE_PEOPLE, place_id) for place_id in sorted(alive)):
        return
    if alive:
        require(tx, Ability.SEE_PEOPLE, min(alive))
    require_somewhere(tx, Ability.ASSIGN)
