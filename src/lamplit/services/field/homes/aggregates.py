"""Figures of areas for those who may not see single homes: under the 15/15 rule, or not at all.

What is refused or held back is logged with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from lamplit.domain.abilities import Ability
from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Cell, Sum, is_safe, release_sums
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.problems import door as problems
from lamplit.domain.words import HomeState
from lamplit.engine.duckdb import quoted
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.field import door
from lamplit.services.field.homes.home_states import communities_under, counts_of
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.store import reveals

LONGEST_MONTHS = 24
ALL = ""
"""The key of a total, over areas or over columns."""

_HOMES = """
WITH homes AS (
  SELECT DISTINCT meter_id, household_id, community_id,
    coalesce(valid_from, DATE '0001-01-01') AS since,
    coalesce(valid_to, DATE '9999-12-31') AS until
  FROM read_parquet({registry})
  WHERE community_id IN ({communities}) AND NOT coalesce(shared, false)
), used AS (
  SELECT community_id, household_id, strftime(day, '%Y-%m') AS month, sum(kwh) AS kwh
  FROM {days} d JOIN homes h USING (meter_id)
  WHERE kwh IS NOT NULL AND kwh >= 0 AND day >= since AND day < until
  GROUP BY ALL
)
SELECT coalesce(community_id, '') AS area, coalesce(month, '') AS month,
  count(*) AS homes, sum(kwh) AS total, max(kwh) AS greatest
FROM (
  SELECT community_id, month, household_id, sum(kwh) AS kwh FROM used
  GROUP BY GROUPING SETS ((community_id, month, household_id), (community_id, household_id),
    (month, household_id), (household_id))
) GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: `area` is a community's code, `column` a month or a state; "" for the total.

    `value` is None where it is held back.
    """

    area: str
    column: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its totals; `held_back` counts what is not shown. `unit`: kWh or homes."""

    place_id: str
    unit: str
    figures: list[Figure]
    held_back: int
    as_of: date | None = None


def energy(office: Office, actor: Actor, place: str, first: date, last: date) -> Table:
    """Energy in kWh by community and month under a place, months whole, with all totals.

    Needs SEE_AREA at the place (a community or a district). Raises LamplitError
    `door.not-allowed`, `aggregate.bad-period`, `aggregate.too-few-homes`.
    """
    place_id, communities = _area(office, actor, place)
    whole_months = first.day == 1 and (last + timedelta(days=1)).day == 1 and first <= last
    if not whole_months or (last - first).days > LONGEST_MONTHS * 31:
        raise LamplitError(problems.BAD_PERIOD, first=first, last=last)
    cells = _energy_cells(office, communities, first, last)
    return _released(office, actor, place_id, cells, "kWh", same_homes=True)


def states(office: Office, actor: Actor, place: str) -> Table:
    """Homes by community and state under a place, as of the last night, with all totals.

    As `energy`; raises also the errors of the night's states.
    """
    place_id, communities = _area(office, actor, place)
    day, counts = counts_of(office.home, communities)
    cells: dict[tuple[str, str], Cell] = {}
    for (area, state), homes in _with_totals(counts).items():
        # Each home counts for one, so none is over 15 % where there are 7 or more.
        cells[area, state] = Cell(homes, float(homes), 1.0)
    table = _released(office, actor, place_id, cells, "homes", same_homes=False)
    return Table(table.place_id, table.unit, table.figures, table.held_back, day)


def _area(office: Office, actor: Actor, place: str) -> tuple[str, list[str]]:
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, place)
        door.require(tx, Ability.SEE_AREA, found.id)
        if found.kind not in (PlaceKind.COMMUNITY, PlaceKind.DISTRICT):
            codes: list[str] = []
        else:
            codes = communities_under(tx.conn, found)
    if not codes:
        raise _refusal(office, actor, found.id, "no community")
    return found.id, codes


def _released(
    office: Office,
    actor: Actor,
    place_id: str,
    cells: dict[tuple[str, str], Cell],
    unit: str,
    *,
    same_homes: bool,
) -> Table:
    whole = cells.get((ALL, ALL))
    if whole is None or not is_safe(whole):
        raise _refusal(office, actor, place_id, "15/15")
    shown = release_sums(cells, _sums(cells, same_homes=same_homes))
    held_back = sum(1 for value in shown.values() if value is None)
    if held_back:
        with office.begin(actor) as tx:
            tx.log(
                reveals.AGGREGATE_REFUSED, "place", place_id, place_id=place_id,
                why="15/15", cells=held_back, of=len(shown), unit=unit,
            )  # fmt: skip
    figures = [
        Figure(area, column, None if value is None else round(value, 1))
        for (area, column), value in sorted(shown.items())
    ]
    return Table(place_id, unit, figures, held_back)


def _sums(cells: dict[tuple[str, str], Cell], *, same_homes: bool) -> list[Sum[tuple[str, str]]]:
    areas, columns = sorted({a for a, _ in cells}), sorted({c for _, c in cells})
    found = []
    for area in areas:
        parts = tuple((area, c) for c in columns if c != ALL and (area, c) in cells)
        if (area, ALL) in cells and parts:
            found.append(Sum((area, ALL), parts, same_homes))
    for column in columns:
        parts = tuple((a, column) for a in areas if a != ALL and (a, column) in cells)
        if (ALL, column) in cells and parts:
            found.append(Sum((ALL, column), parts))
    return found


def _energy_cells(
    office: Office, communities: list[str], first: date, last: date
) -> dict[tuple[str, str], Cell]:
    home = office.home
    if not home.registry_file.exists():
        return {}
    sql = _HOMES.format(
        registry=quoted(str(home.registry_file)),
        communities=", ".join(quoted(code) for code in communities),
        days=Lake(home).sql(first, last, ("meter_id", "day", "kwh")),
    )
    with open_engine(home) as con:
        rows = con.rows(sql)
    return {
        (str(area), str(month)): Cell(int(homes), float(total), float(greatest))
        for area, month, homes, total, greatest in rows
    }


def _with_totals(
    counts: dict[str, dict[HomeState, int]],
) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for area, by_state in counts.items():
        for state, homes in by_state.items():
            for key in ((area, state.word), (area, ALL), (ALL, state.word), (ALL, ALL)):
                found[key] += homes
    return dict(found)


def _refusal(office: Office, actor: Actor, place_id: str, why: str) -> LamplitError:
    with office.begin(actor) as tx:
        tx.log(
            reveals.AGGREGATE_REFUSED, "place", place_id, place_id=place_id, why=why
        )  # fmt: skip
    return LamplitError(problems.TOO_FEW_HOMES, least=LEAST_HOMES)
