"""Places as people ask for them."""

from __future__ import annotations

from sqlalchemy import Connection

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PLACE_TEXT, PlaceKind
from lamplit.domain.language import Text
from lamplit.domain.problems import people as problems
from lamplit.services.field.door import places_with, require
from lamplit.services.field.office import Actor, Office
from lamplit.store import places as store
from lamplit.store.guard import not_found
from lamplit.store.places import Place
from lamplit.store.schema import place as place_table

KINDS = tuple(kind.value for kind in PlaceKind)


def resolve_place(conn: Connection, code_or_id: str, kind: PlaceKind | None = None) -> Place:
    """The place with an id or a code, of any kind or of one; `building:B1` names the kind too.

    Raises LamplitError `store.not-found`, or `place.ambiguous` where places of several kinds
    bear the code.
    """
    found = store.by_id(conn, code_or_id)
    if found and (kind is None or found.kind == kind):
        return found
    some = store.by_code(conn, code_or_id, kind)
    named, _, rest = code_or_id.partition(":")
    if not some and rest and named in KINDS and kind in (None, PlaceKind(named)):
        some = store.by_code(conn, rest, PlaceKind(named))
    if not some:
        raise not_found(place_table, code_or_id)
    if len(some) > 1:
        kinds = listing([PLACE_TEXT[one.kind] for one in some])
        raise LamplitError(problems.AMBIGUOUS_PLACE, wanted=code_or_id, kinds=kinds)
    return some[0]


def require_kind(found: Place, *wanted: PlaceKind) -> Place:
    """The place, if it is of a kind that is `wanted`; else LamplitError `place.wrong-kind`."""
    if found.kind not in wanted:
        kinds = listing([PLACE_TEXT[kind] for kind in wanted])
        raise LamplitError(
            problems.WRONG_KIND, place=found.code, kind=PLACE_TEXT[found.kind], wanted=kinds
        )
    return found


def name_of(found: Place) -> Text:
    """What to call a place: its name, else its code; each language falls back on the other."""
    return Text.either(found.name_en, found.name_zh) or Text(found.code, found.code)


def listing(texts: list[Text]) -> Text:
    """Several texts as one."""
    return Text(", ".join(t.en for t in texts), "、".join(t.zh for t in texts))


def list_children(
    office: Office, actor: Actor, place: str | None, *, after: str = "", limit: int = 200
) -> list[Place]:
    """The places right under one, by code, after a code; under none: the topmost.

    Needs SEE_AREA at the place; at the top one sees the places at which one has it. Raises
    LamplitError `store.not-found` or `door.not-allowed`.
    """
    with office.read(actor) as tx:
        if place is not None:
            found = resolve_place(tx.conn, place)
            require(tx, Ability.SEE_AREA, found.id)
            return store.children(tx.conn, found.id, after=after, limit=limit)
        if tx.actor.trusted:
            return store.children(tx.conn, None, after=after, limit=limit)
        ids = places_with(tx.conn, tx.actor.person_id or "", Ability.SEE_AREA, tx.today)
        mine = sorted(store.by_ids(tx.conn, ids).values(), key=lambda one: one.code)
        return [one for one in mine if one.code > after][:limit]
