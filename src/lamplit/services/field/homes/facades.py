"""A community's façade: each building's windows for who may ANALYSE there, else counts by building.

A picture of which home is dark is as sensitive as the homes' evidence, so to look at all windows
is logged; counts keep the 15/15 rule, from night to night too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlaceKind
from lamplit.domain.language import Language
from lamplit.domain.words import HomeState
from lamplit.outbound.facade_svg import facade_svg
from lamplit.services.facade import facade_of
from lamplit.services.field import door
from lamplit.services.field.homes.films import told_on
from lamplit.services.field.homes.home_states import HomeNow, homes_of
from lamplit.services.field.homes.told import Showing
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import require_kind, resolve_place
from lamplit.store import reveals
from lamplit.store.places import Place
from lamplit.store.schema import place


@dataclass(frozen=True, slots=True)
class Window:
    """One home's window."""

    place_id: str
    unit: str | None
    floor: int | None
    door: str | None
    state: str
    since: date | None


@dataclass(frozen=True, slots=True)
class Building:
    """One building: its homes by state (None: held back), and its windows for who may see them.

    `as_of`: the night that the counts are of; for those who may not see homes they stand until 15
    homes have changed (see `told`), and are None with all counts where none was told by then.
    """

    place_id: str
    code: str
    name_zh: str | None
    name_en: str | None
    floors: int | None
    homes: int
    counts: dict[str, int | None]
    windows: list[Window] | None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Community:
    """A community's façade as of a night."""

    place_id: str
    as_of: date
    buildings: list[Building]


@dataclass(frozen=True, slots=True)
class _Home:
    place_id: str
    code: str
    unit: str | None
    floor: int | None
    door: str | None
    now: HomeNow


def community(office: Office, actor: Actor, wanted: str, day: date | None = None) -> Community:
    """A community's buildings as the night of `day` (the last) knew their homes.

    Needs SEE_AREA, and ANALYSE for the windows. Raises LamplitError `door.not-allowed`,
    `place.wrong-kind`, `store.not-found`, and those of the night's states.
    """
    with office.read(actor) as tx:
        found = require_kind(resolve_place(tx.conn, wanted), PlaceKind.COMMUNITY)
        door.require(tx, Ability.SEE_AREA, found.id)
        single = door.may(tx, Ability.ANALYSE, found.id)
        inside = select(place).where(place.c.community_id == found.id)
        rows = tx.conn.execute(inside).all()
    shown, states = homes_of(office.home, [found.code], day)
    by_code = {one.household: one for one in states[found.code]}
    unknown = HomeNow("", HomeState.UNKNOWN, None)
    homes: dict[str | None, list[_Home]] = defaultdict(list)
    for row in rows:
        if row.kind == PlaceKind.HOUSEHOLD.value:
            homes[row.building_id].append(
                _Home(row.id, row.code, row.unit, row.floor, row.door,
                      by_code.get(row.code, unknown))
            )  # fmt: skip
    if single:
        _note(office, actor, found, shown)
    standing = {} if single else _standing(office, found, homes, shown)
    buildings = [
        _seen(row, homes[row.id], shown) if single else _told(row, homes[row.id], standing[row.id])
        for row in rows
        if row.kind == PlaceKind.BUILDING.value and homes.get(row.id)
    ]
    return Community(found.id, shown, sorted(buildings, key=lambda one: one.code))


def building_svg(
    office: Office, actor: Actor, wanted: str, language: Language, day: date | None = None
) -> str:
    """A building's windows as a picture, for who may ANALYSE there; logged. Raises as `community`,
    and `night.unknown-place`.
    """
    with office.read(actor) as tx:
        found = require_kind(resolve_place(tx.conn, wanted), PlaceKind.BUILDING)
        door.require(tx, Ability.ANALYSE, found.id)
    drawn = facade_of(office.home, found.code, day)
    _note(office, actor, found, drawn.as_of)
    return facade_svg(drawn, language)


def _note(office: Office, actor: Actor, found: Place, day: date) -> None:
    with office.begin(actor) as tx:
        tx.log(reveals.FACADE_OPENED, "place", found.id, place_id=found.id, as_of=day.isoformat())


def _standing(
    office: Office, found: Place, homes: dict[str | None, list[_Home]], day: date
) -> dict[str, Showing | None]:
    members = {b: [one.code for one in inside] for b, inside in homes.items() if b}
    return told_on(office, found, members, day)


def _seen(row: Row[Any], homes: list[_Home], day: date) -> Building:
    counts: dict[str, int | None] = {
        state.word: sum(1 for one in homes if one.now.state is state) for state in HomeState
    }
    return Building(
        row.id, row.code, row.name_zh, row.name_en, row.floors, len(homes), counts,
        _windows(homes), day,
    )  # fmt: skip


def _told(row: Row[Any], homes: list[_Home], showing: Showing | None) -> Building:
    nothing: dict[str, int | None] = dict.fromkeys(state.word for state in HomeState)
    return Building(
        row.id, row.code, row.name_zh, row.name_en, row.floors, len(homes),
        showing.counts if showing else nothing, None, showing.day if showing else None,
    )  # fmt: skip


def _windows(homes: list[_Home]) -> list[Window]:
    made = [
        Window(one.place_id, one.unit, one.floor, one.door, one.now.state.word, one.now.since)
        for one in homes
    ]
    return sorted(made, key=lambda w: (w.unit or "", w.floor or 0, w.door or ""))
