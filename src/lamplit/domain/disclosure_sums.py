"""Which sums over homes may be shown in a table whose rows and columns are added up as well.

The 15/15 rule of California's utilities (CPUC D.14-05-016): a sum is shown when 15 homes or more
are in it and none makes up more than 15 % of it. What is held back must not come back by adding
and subtracting what is shown: complementary suppression, as in statistical offices (Hundepool
and others, Statistical Disclosure Control, 2012, section 4), checked here by exact elimination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from lamplit.domain.disclosure import LEAST_HOMES

GREATEST_SHARE = 0.15
Key = TypeVar("Key")
Row = dict[int, Fraction]
"""An equation: the number of each unknown, and what it is multiplied by."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A sum over homes: how many, how much, and how much the greatest of them makes up."""

    homes: int
    total: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Sum(Generic[Key]):
    """`whole` is the sum of `parts`. With `same_homes` each part is of the same homes (months of
    a place), else each is of others (communities of a district).
    """

    whole: Key
    parts: tuple[Key, ...]
    same_homes: bool = False


def is_safe(cell: Cell) -> bool:
    """Whether a sum keeps the 15/15 rule by itself."""
    return cell.homes >= LEAST_HOMES and 0 < cell.total * GREATEST_SHARE >= cell.greatest


def release_sums(
    cells: Mapping[Key, Cell], sums: Sequence[Sum[Key]] = ()
) -> dict[Key, float | None]:
    """The cells' totals, None for those held back; nothing held back can be worked out.

    Held back are cells that break the rule; then, sum by sum, the smallest beside them until
    what subtraction leaves is itself two cells or more that together keep the rule; and then
    whatever several sums together would still give away.
    """
    hidden = {key for key, cell in cells.items() if not is_safe(cell)}
    while True:
        more = next((key for s in sums if (key := _beside(s, cells, hidden)) is not None), None)
        if more is None:
            more = _given_away(cells, sums, hidden)
        if more is None:
            return {key: None if key in hidden else cell.total for key, cell in cells.items()}
        hidden.add(more)


def determined(hidden: set[Key], sums: Sequence[Sum[Key]]) -> set[Key]:
    """The hidden cells that the shown ones determine, by exact elimination over all sums."""
    order = list(hidden)
    at = {key: place for place, key in enumerate(order)}
    rows = []
    for one in sums:
        row: Row = {}
        for key, sign in ((one.whole, -1), *((part, 1) for part in one.parts)):
            if key in at:
                row[at[key]] = row.get(at[key], Fraction(0)) + sign
        rows.append({place: value for place, value in row.items() if value})
    return {order[place] for place in _alone(rows)}


def _beside(one: Sum[Key], cells: Mapping[Key, Cell], hidden: set[Key]) -> Key | None:
    """The next cell of a sum to hold back, None where the sum gives nothing away."""
    members = (*one.parts, one.whole)
    held = [key for key in members if key in hidden]
    if not held:
        return None
    if len(held) > 1 and (one.whole in hidden or is_safe(_left(one, cells, held))):
        return None
    return _smallest([key for key in members if key not in hidden], one.whole, cells)


def _left(one: Sum[Key], cells: Mapping[Key, Cell], held: list[Key]) -> Cell:
    """What subtraction leaves of a sum, taken for the worst where the parts share their homes."""
    homes, greatest = ([cells[k].homes for k in held], [cells[k].greatest for k in held])
    total = sum(cells[key].total for key in held)
    if one.same_homes:
        return Cell(max(homes), total, sum(greatest))
    return Cell(sum(homes), total, max(greatest))


def _given_away(
    cells: Mapping[Key, Cell], sums: Sequence[Sum[Key]], hidden: set[Key]
) -> Key | None:
    for key in sorted(determined(hidden, sums), key=lambda k: (cells[k].total, str(k))):
        for one in sums:
            members = (*one.parts, one.whole)
            if key in members:
                shown = [member for member in members if member not in hidden]
                more = _smallest(shown, one.whole, cells)
                if more is not None:
                    return more
    return None


def _smallest(shown: list[Key], whole: Key, cells: Mapping[Key, Cell]) -> Key | None:
    """The one that is missed least: a part before the whole, a small one before a large one."""
    return min(shown, key=lambda k: (k == whole, cells[k].total, str(k)), default=None)


def _alone(rows: list[Row]) -> list[int]:
    """The unknowns that stand alone in a row of the reduced echelon form."""
    reduced: dict[int, Row] = {}
    for row in rows:
        left = dict(row)
        for pivot in [place for place in row if place in reduced]:
            _less(left, reduced[pivot], left[pivot])
        if not left:
            continue
        pivot, lead = next(iter(left.items()))
        left = {place: value / lead for place, value in left.items()}
        for other in reduced.values():
            if pivot in other:
                _less(other, left, other[pivot])
        reduced[pivot] = left
    return [place for place, row in reduced.items() if len(row) == 1]


def _less(row: Row, other: Row, times: Fraction) -> None:
    """Take so many times another row from a row; what comes to nothing leaves it."""
    for place, value in other.items():
        left = row.get(place, Fraction(0)) - times * value
        if left:
            row[place] = left
        else:
            row.pop(place, None)
