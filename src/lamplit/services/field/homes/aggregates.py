"""Figures of areas for those who may not see single homes: under the 15/15 rule, or not at all.

A total is the sum of the parts that are shown, and says so where some are not: then no answer tells
more than its parts, and whoever asks for many areas and spans learns nothing by subtracting them
from each other. What is refused or held back is logged with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import door as problems
from lamplit.domain.words import HomeState
from lamplit.services.field import door
from lamplit.services.field.homes.communities import told_of
from lamplit.services.field.homes.energy import told_months
from lamplit.services.field.homes.home_states import communities_under
from lamplit.services.field.homes.told import Showing
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.store import places, reveals

LONGEST_MONTHS = 24
ALL = ""
"""The key of a total, over areas or over columns."""
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: `area` is a community's code, `column` a month or a state; "" for the total.

    `value` is None where it is held back; a total is `partial` where it leaves such a value out.
    `as_of`: the night that a community's states stand as of.
    """

    area: str
    column: str
    value: float | None
    partial: bool = False
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its totals; `held_back` counts what is not shown. `unit`: kWh or homes.

    `as_of`: the newest night that any of it is of.
    """

    place_id: str
    unit: str
    figures: list[Figure]
    held_back: int
    as_of: date | None = None


def energy(office: Office, actor: Actor, place: str, first: date, last: date) -> Table:
    """Energy in kWh by community and month under a place, months whole and over, with all totals.

    Needs SEE_AREA at the place (a community or a district). Raises LamplitError
    `door.not-allowed`, `aggregate.bad-period`, `aggregate.too-few-homes`.
    """
    place_id, communities = _area(office, actor, place)
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1 and first <= last
    over = last < office.local_day(office.clock())
    if not whole_months or not over or (last - first).days > LONGEST_MONTHS * 31:
        raise LamplitError(problems.BAD_PERIOD, first=first, last=last)
    months = told_months(office.home, communities, first, last)
    cells = {key: None if one is None else one.kwh for key, one in months.items()}
    return _table(office, actor, place_id, cells, "kWh")


def states(office: Office, actor: Actor, place: str) -> Table:
    """Homes by community and state under a place, with all totals: what stands of each community
    (see `told`) after the last night.

    As `energy`; raises also the errors of the night's states.
    """
    place_id, communities = _area(office, actor, place)
    told = told_of(office, {one: code for code, one in communities.items()})
    cells: dict[Key, float | None] = {}
    standing: dict[str, Showing] = {}
    for code, one in communities.items():
        if one in told:
            standing[code] = told[one]
            cells |= {(code, state.word): told[one].counts[state.word] for state in HomeState}
    return _table(office, actor, place_id, cells, "homes", standing)


def _area(office: Office, actor: Actor, place: str) -> tuple[str, dict[str, str]]:
    """(the place's id, its communities by code)."""
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, place)
        door.require(tx, Ability.SEE_AREA, found.id)
        if found.kind not in (PlaceKind.COMMUNITY, PlaceKind.DISTRICT):
            codes: list[str] = []
        else:
            codes = communities_under(tx.conn, found)
        named = places.by_codes(tx.conn, PlaceKind.COMMUNITY, codes)
    if not named:
        raise _refusal(office, actor, found.id, "no community")
    return found.id, {code: one.id for code, one in named.items()}


def _table(
    office: Office,
    actor: Actor,
    place_id: str,
    cells: Mapping[Key, float | None],
    unit: str,
    standing: Mapping[str, Showing] | None = None,
) -> Table:
    nights = {area: one.day for area, one in (standing or {}).items()}
    # How many homes a community has is no secret; what is held back of it counts with that.
    wholes = {area: one.homes for area, one in (standing or {}).items()}
    if all(value is None for value in cells.values()):
        raise _refusal(office, actor, place_id, "15/15")
    held_back = sum(1 for value in cells.values() if value is None)
    if held_back:
        with office.begin(actor) as tx:
            tx.log(
                reveals.AGGREGATE_REFUSED, "place", place_id, place_id=place_id,
                why="15/15", cells=held_back, of=len(cells), unit=unit,
            )  # fmt: skip
    shown = [
        Figure(area, column, None if value is None else round(value, 1), False, nights.get(area))
        for (area, column), value in cells.items()
    ]
    figures = sorted(shown + _totals(shown, wholes), key=lambda one: (one.area, one.column))
    return Table(place_id, unit, figures, held_back, max(nights.values(), default=None))


def _totals(figures: list[Figure], wholes: Mapping[str, int]) -> list[Figure]:
    """Over columns, over areas, and over both; `wholes`: of areas whose total is known anyway."""
    parts: dict[Key, list[Figure]] = {}
    for one in figures:
        for key in ((one.area, ALL), (ALL, one.column), (ALL, ALL)):
            parts.setdefault(key, []).append(one)
    known: dict[str, int] = {area: n for area, n in wholes.items() if n >= LEAST_HOMES}
    if known:
        known[ALL] = sum(known.values())
    return [
        Figure(area, ALL, float(known[area]), False, some[0].as_of if area != ALL else None)
        if column == ALL and area in known
        else _total((area, column), some)
        for (area, column), some in parts.items()
    ]


def _total(key: Key, parts: list[Figure]) -> Figure:
    values = [one.value for one in parts if one.value is not None]
    night = parts[0].as_of if key[0] != ALL else None
    total = round(sum(values), 1) if values else None
    return Figure(*key, total, len(values) < len(parts), night)


def _refusal(office: Office, actor: Actor, place_id: str, why: str) -> LamplitError:
    with office.begin(actor) as tx:
        tx.log(
            reveals.AGGREGATE_REFUSED, "place", place_id, place_id=place_id, why=why
        )  # fmt: skip
    return LamplitError(problems.TOO_FEW_HOMES, least=LEAST_HOMES)
