"""Homes by state, night by night and community by community, for analysts.

Exact, as the façade's windows are for them; only communities with fewer homes than the rule asks
for are left out, and out of the sum too, so that none is found by subtracting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.field import PlaceKind
from lamplit.domain.words import HomeState
from lamplit.services.field import door
from lamplit.services.field.homes.home_states import communities_under
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.services.film import CARRIED_OVER, Reel, reel_of, span_of
from lamplit.store import places
from lamplit.store.places import Place

Array = np.ndarray[Any, Any]
Counts = dict[str, list[int]]
"""State → homes on each night, from the first to the last."""


@dataclass(frozen=True, slots=True)
class CommunityNights:
    """One community; `counts` is None where it has fewer than LEAST_HOMES homes."""

    code: str
    place_id: str | None
    name_zh: str | None
    name_en: str | None
    homes: int
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Nights:
    """A place over nights. `whole`: all communities whose counts are told, together."""

    place_id: str
    first: date
    last: date
    homes: int
    whole: Counts
    communities: list[CommunityNights]


def nights(
    office: Office, actor: Actor, wanted: str, first: date | None = None, last: date | None = None
) -> Nights:
    """Homes by state on each night, by default of the last 60. Needs ANALYSE at the place.

    Raises LamplitError `door.not-allowed`, `store.not-found`, and those of `span_of`.
    """
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        door.require(tx, Ability.ANALYSE, found.id)
        codes = communities_under(tx.conn, found)
        named = places.by_codes(tx.conn, PlaceKind.COMMUNITY, codes)
    since, until = span_of(office.home, first, last)
    reel = reel_of(office.home, tuple(codes), since, until)
    by_code = tables(reel)
    made = [_community(code, by_code.get(code), named.get(code)) for code in codes]
    told = [by_code[one.code] for one in made if one.counts is not None]
    whole: Array = np.zeros((len(HomeState), reel.nights), int)
    for table in told:
        whole = whole + table
    homes = sum(one.homes for one in made if one.counts is not None)
    return Nights(found.id, since, until, homes, _counts(whole), made)


def tables(reel: Reel) -> dict[str, Array]:
    """CommunityNights → homes as (states, nights)."""
    owner = np.array([code or "" for code in reel.communities])
    states = reel.states % CARRIED_OVER
    return {
        str(code): np.stack([(states[owner == code] == state).sum(axis=0) for state in HomeState])
        for code in np.unique(owner)
    }


def _community(code: str, table: Array | None, named: Place | None) -> CommunityNights:
    homes = 0 if table is None else int(table[:, 0].sum())
    shown = _counts(table) if table is not None and homes >= LEAST_HOMES else None
    if named is None:
        return CommunityNights(code, None, None, None, homes, shown)
    return CommunityNights(code, named.id, named.name_zh, named.name_en, homes, shown)


def _counts(table: Array) -> Counts:
    return {state.word: [int(n) for n in table[at]] for at, state in enumerate(HomeState)}
