"""One place with what belongs to it, and places found by what somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState, PlaceKind
from lamplit.domain.language import Text
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places import place_views
from lamplit.store import campaigns, outlines, places, tree
from lamplit.store.places import Place

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by name. `open`: whether who asks may look at it."""

    id: str
    kind: PlaceKind
    code: str
    name_zh: str | None
    name_en: str | None
    open: bool


@dataclass(frozen=True, slots=True)
class CampaignThere:
    """An open campaign that runs at a place, above it or in it."""

    code: str
    name: Text
    programme: str
    deadline: datetime
    place: Spot


@dataclass(frozen=True, slots=True)
class Overview:
    """A place, what lies above it (the topmost first), how many places of each kind lie in it."""

    place: Place
    above: list[Spot]
    inside: dict[str, int]
    campaigns: list[CampaignThere]
    outlined: bool


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place that was looked for, and what it lies in."""

    place: Place
    above: list[Spot]


def overview(office: Office, actor: Actor, wanted: str) -> Overview:
    """One place, by id or code, with what belongs to it.

    Needs SEE_AREA at the place; a household is shown to those who may see that it is there.
    Raises LamplitError `store.not-found` or `door.not-allowed`.
    """
    shown = place_views.show_place(office, actor, wanted)
    with office.read(actor) as tx:
        door.require(tx, Ability.SEE_AREA, shown.id)
        home = shown.kind is PlaceKind.HOUSEHOLD
        above = _above(tx, [shown])[shown.id]
        return Overview(
            place=shown,
            above=above,
            inside={} if home else places.counts_inside(tx.conn, shown),
            campaigns=_campaigns(tx, shown, {one.id for one in above}),
            outlined=shown.id in outlines.of(tx.conn, [shown.id]),
        )


def search(
    office: Office,
    actor: Actor,
    text: str,
    *,
    limit: int = 20,
    needs: Ability = Ability.SEE_AREA,
) -> list[FoundPlace]:
    """Places whose name or code holds a text, the largest first, at which who asks has SEE_AREA.

    `needs` keeps those at which they have that ability: all that have one see the area as well.
    A household is found by its whole code only, by those who may see that it is there.
    """
    wanted = text.strip()
    with office.read(actor) as tx:
        areas = _areas(tx, needs)
        if not wanted or areas == []:
            return []
        rows = places.search(tx.conn, wanted, areas, limit=min(limit, MOST_FOUND))
        seen = [one for one in rows if _seen(tx, one)]
        above = _above(tx, seen)
        return [FoundPlace(place_views.plain(one), above[one.id]) for one in seen]


def _areas(tx: Transaction, needs: Ability) -> list[Place] | None:
    """Where who asks has an ability; None where everywhere."""
    if tx.actor.trusted:
        return None
    person_id = tx.actor.person_id
    if person_id is None:
        return []
    ids = door.places_with(tx.conn, person_id, needs, tx.today)
    return list(places.by_ids(tx.conn, ids).values())


def _seen(tx: Transaction, one: Place) -> bool:
    if one.kind is not PlaceKind.HOUSEHOLD:
        return True
    return any(door.may(tx, ability, one.id) for ability in place_views.HOUSEHOLD_SIGHT)


def _above(tx: Transaction, some: Sequence[Place]) -> dict[str, list[Spot]]:
    """What each of some places lies in, the topmost first."""
    known: dict[str, Place] = {one.id: one for one in some}
    missing = {one.parent_id for one in some if one.parent_id}
    for _ in range(tree.DEEPEST):
        fresh = places.by_ids(tx.conn, sorted(missing - known.keys()))
        if not fresh:
            break
        known |= fresh
        missing = {one.parent_id for one in fresh.values() if one.parent_id}
    chains = {one.id: _chain(known, one) for one in some}
    spots = {
        up.id: _spot(tx, up) for up in {up.id: up for c in chains.values() for up in c}.values()
    }
    return {place_id: [spots[up.id] for up in chain] for place_id, chain in chains.items()}


def _chain(known: dict[str, Place], one: Place) -> list[Place]:
    found: list[Place] = []
    at = known.get(one.parent_id or "")
    while at is not None and at not in found and len(found) < tree.DEEPEST:
        found.append(at)
        at = known.get(at.parent_id or "")
    return found[::-1]


def _spot(tx: Transaction, one: Place) -> Spot:
    may_see = door.may(tx, Ability.SEE_AREA, one.id)
    return Spot(one.id, one.kind, one.code, one.name_zh, one.name_en, may_see)


def _campaigns(tx: Transaction, shown: Place, above: set[str]) -> list[CampaignThere]:
    """Open campaigns at the place, above it or in it, as far as who asks may see them."""
    rows = campaigns.in_state(tx.conn, CampaignState.OPEN)
    there = places.by_ids(tx.conn, sorted({row.place_id for row in rows}))
    near = {one for one in there if one in above or _within(tx.conn, one, shown.id)}
    mine = {one: _spot(tx, there[one]) for one in near}
    return [_there(row, mine[row.place_id]) for row in rows
            if row.place_id in mine and mine[row.place_id].open]  # fmt: skip


def _within(conn: Connection, place_id: str, area_id: str) -> bool:
    return area_id in set(conn.scalars(tree.above(place_id)))


def _there(row: Row[Any], spot: Spot) -> CampaignThere:
    name = Text(row.name_en, row.name_zh)
    return CampaignThere(row.code, name, row.programme, row.deadline, spot)
