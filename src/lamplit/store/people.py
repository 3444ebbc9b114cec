"""People and organisations: found by id or code, and listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from lamplit.store.places import LOOKED_UP
from lamplit.store.schema import organisation, person


@dataclass(frozen=True, slots=True)
class Person:
    """One person. `hours` is `{"mon": [["18:00", "21:00"]], …}`; None: any hour."""

    id: str
    code: str
    name: str
    phone: str | None
    organisation_id: str | None
    home_place_id: str | None
    languages: list[str] | None
    skills: list[str] | None
    hours: dict[str, list[list[str]]] | None
    attrs: dict[str, Any] | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company, a branch of it, a neighbourhood office, an association."""

    id: str
    code: str
    kind: str
    name_zh: str | None
    name_en: str | None
    parent_id: str | None
    version: int


COLUMNS = tuple(person.c[name] for name in Person.__dataclass_fields__)
ORGANISATION_COLUMNS = tuple(organisation.c[name] for name in Organisation.__dataclass_fields__)

DEEPEST = 12
"""No tree of organisations is deeper."""


def by_id_or_code(conn: Connection, wanted: str) -> Person | None:
    """The person with an id, else with a code."""
    either = or_(person.c.id == wanted, person.c.code == wanted)
    found = list(_people(conn, select(*COLUMNS).where(either)))
    return next((one for one in found if one.id == wanted), found[0] if found else None)


def by_codes(conn: Connection, codes: Sequence[str]) -> dict[str, Person]:
    """The people with some codes, by code."""
    found: dict[str, Person] = {}
    for at in range(0, len(codes), LOOKED_UP):
        wanted = select(*COLUMNS).where(person.c.code.in_(codes[at : at + LOOKED_UP]))
        found.update((one.code, one) for one in _people(conn, wanted))
    return found


def listed(
    conn: Connection,
    *,
    person_ids: Select[Any] | None = None,
    organisation_ids: Select[Any] | None = None,
    text: str = "",
    after: str = "",
    limit: int = 200,
) -> list[Person]:
    """People by code, after a code: some of them, whose code or name begins with `text`."""
    wanted = select(*COLUMNS).where(person.c.code > after)
    if person_ids is not None:
        wanted = wanted.where(person.c.id.in_(person_ids))
    if organisation_ids is not None:
        wanted = wanted.where(person.c.organisation_id.in_(organisation_ids))
    if text:
        begins = person.c.code.startswith(text, autoescape=True)
        wanted = wanted.where(or_(begins, person.c.name.startswith(text, autoescape=True)))
    return list(_people(conn, wanted.order_by(person.c.code).limit(limit)))


def lock(conn: Connection, person_id: str) -> None:
    """Let nobody else change this person's assignments until the transaction ends."""
    conn.execute(
        select(person.c.id).where(person.c.id == person_id).with_for_update(key_share=True)
    )


def lock_organisation(conn: Connection, organisation_id: str) -> None:
    """Let nobody else change this organisation's pairings until the transaction ends."""
    wanted = select(organisation.c.id).where(organisation.c.id == organisation_id)
    conn.execute(wanted.with_for_update(key_share=True))


def organisation_by(conn: Connection, wanted: str) -> Organisation | None:
    """The organisation with an id, else with a code."""
    either = or_(organisation.c.id == wanted, organisation.c.code == wanted)
    rows = conn.execute(select(*ORGANISATION_COLUMNS).where(either)).all()
    found = [Organisation(*row) for row in rows]
    return next((one for one in found if one.id == wanted), found[0] if found else None)


def organisations(conn: Connection) -> list[Organisation]:
    """All organisations, by code."""
    rows = conn.execute(select(*ORGANISATION_COLUMNS).order_by(organisation.c.code))
    return [Organisation(*row) for row in rows]


def organisations_above(organisation_id: str) -> Select[tuple[Any]]:
    """The ids of an organisation and of all that it belongs to, as a sub-query."""
    start = select(
        organisation.c.id, organisation.c.parent_id, (organisation.c.version * 0).label("depth")
    ).where(organisation.c.id == organisation_id)
    walk = start.cte("orgs_above", recursive=True)
    step = (
        select(organisation.c.id, organisation.c.parent_id, walk.c.depth + 1)
        .join(walk, organisation.c.id == walk.c.parent_id)
        .where(walk.c.depth < DEEPEST)
    )
    return select(walk.union(step).c.id)


def organisations_under(organisation_id: str) -> Select[tuple[Any]]:
    """The ids of an organisation and of all its branches, as a sub-query."""
    start = select(organisation.c.id, (organisation.c.version * 0).label("depth")).where(
        organisation.c.id == organisation_id
    )
    walk = start.cte("orgs_under", recursive=True)
    step = (
        select(organisation.c.id, walk.c.depth + 1)
        .join(walk, organisation.c.parent_id == walk.c.id)
        .where(walk.c.depth < DEEPEST)
    )
    return select(walk.union(step).c.id)


def _people(conn: Connection, wanted: Select[Any]) -> Iterator[Person]:
    for row in conn.execute(wanted):
        yield Person(*row)
