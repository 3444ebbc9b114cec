"""What a place asks of who goes to its doors: languages, of which they speak one; skills, all.

Said of a building, a community or a site; a door asks what the nearest place says in which it lies.
Never of a home, nor of so few homes that it would be said of each: what language somebody speaks
tells where they are from, and what skill they need how they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import people as problems
from lamplit.domain.spoken import spoken_codes
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.store import places as store
from lamplit.store.guard import change
from lamplit.store.places import Place
from lamplit.store.schema import place as place_table
from lamplit.store.tree import upwards


@dataclass(frozen=True, slots=True)
class Asks:
    """One of the `languages`, if there are any; all of the `skills`."""

    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


def ask(
    office: Office,
    actor: Actor,
    place: str,
    *,
    languages: Sequence[str],
    skills: Sequence[str],
    version: int | None = None,
) -> Place:
    """Say what a place asks of who goes to its doors; nothing where both are empty. Logged.

    Needs `assign` there. Raises LamplitError `place.asks-of-home`, `place.asks-of-few`,
    `store.changed-meanwhile` where it is not the `version` that was read, `store.not-found`,
    `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        found = resolve_place(tx.conn, place)
        require(tx, Ability.ASSIGN, found.id)
        spoken = spoken_codes(languages) or None
        able = sorted({one.strip() for one in skills if one.strip()}) or None
        if spoken or able:
            check(found.kind, homes_in(tx.conn, found))
        when = {"version": found.version if version is None else version}
        change(tx.conn, place_table, found.id, when, languages=spoken, skills=able)
        tx.log(
            "place.asks", "place", found.id, place_id=found.id, languages=spoken or [],
            skills=able or [],
        )  # fmt: skip
        after = store.by_id(tx.conn, found.id)
        assert after is not None
        return after


def check(kind: PlaceKind, homes: int) -> None:
    """Refuse what would be said of a single home, or of a few.

    Raises LamplitError `place.asks-of-home`, `place.asks-of-few`.
    """
    if kind is PlaceKind.HOUSEHOLD:
        raise LamplitError(problems.ASKS_OF_HOME)
    if 0 < homes < LEAST_HOMES:
        raise LamplitError(problems.ASKS_OF_FEW, value=homes)


def homes_in(conn: Connection, area: Place) -> int:
    """How many homes lie in a place, as far as it matters: LEAST_HOMES stands for more, too."""
    return store.homes_inside(conn, area, most=LEAST_HOMES)


def asks_of(
    conn: Connection, doors: Mapping[str, Any], parents: Mapping[str, str | None]
) -> dict[str, Asks]:
    """What each door asks. `doors`: their rows (with `languages`, `skills`) by place id; `parents`:
    of each door and of every place above it.
    """
    said = {one: _said(row) for one, row in doors.items()}
    above = sorted(set(parents) - doors.keys())
    said |= {one: _said(row) for one, row in store.by_ids(conn, above).items()}
    return {one: _nearest([said[at] for at in upwards(one, parents)]) for one in doors}


def _said(row: Any) -> Asks:
    return Asks(frozenset(row.languages or ()), frozenset(row.skills or ()))


def _nearest(said: Sequence[Asks]) -> Asks:
    """The languages and the skills, each of the first that says any."""
    return Asks(
        next((one.languages for one in said if one.languages), frozenset()),
        next((one.skills for one in said if one.skills), frozenset()),
    )
