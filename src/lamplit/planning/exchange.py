"""Shares made better with the lists as they are walked: stretches of stairwells change hands.

`lamplit.planning.anneal` shares out by a model of minutes that knows neither the order of a list
nor where its spans end. Here everybody's row of stretches is walked again for every try
(`lamplit.planning.stride`), so that a stairwell which a span would cut in two, a way across the
quarter and an idle end count as what they are. Tried are: a piece, a run of floors or a whole
stretch to somebody near, with or without something in return; all of a stairwell that several
people enter to one of them; and another order of one's own row. A change for the worse is kept the
seldomer the colder it has become (simulated annealing, S. Kirkpatrick et al., Science 220 (1983)
671-680).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from lamplit.planning.anneal import may_take, neighbours, takers_near
from lamplit.planning.route import URGENCY
from lamplit.planning.sharing import Sharing
from lamplit.planning.stride import Stretch, Strides
from lamplit.planning.travel import Floats

EPOCHS = 30
"""How often shares are set anew while it cools."""
_COLD = 0.2
"""Where it ends, in minutes."""
_ORDER, _RETURN, _MERGE = 0.25, 0.55, 0.6
"""How often the order of a row is tried, something in return, and a shared stairwell as a whole."""
_DRAWS = 10

Shares = Callable[[Floats], Floats]
"""Everybody's share (P) for what their lists take (P), both in standard minutes."""
Row = list[Stretch]


@dataclass(frozen=True, slots=True)
class Tried:
    """Two people's rows after a change, and what changed hands."""

    giver: int
    taker: int
    given: tuple[int, ...]
    back: tuple[int, ...]


class Exchange:
    """Everybody's row of stretches (`rows`), and who holds which piece (`owner`)."""

    def __init__(self, sharing: Sharing, held: Sequence[Sequence[int]]) -> None:
        """Beginning with the pieces (indices) of each person, in the order of their list."""
        self.pieces, world = sharing.pieces, sharing.world
        self.strides = Strides(world, sharing.pieces)
        self.may = may_take(sharing)
        self.takers, self.near = takers_near(sharing, self.may), neighbours(sharing)
        self.owner = [-1] * len(sharing.pieces)
        self.units: dict[int, list[int]] = {}
        for at, piece in enumerate(sharing.pieces):
            self.units.setdefault(piece.unit, []).append(at)
        self.rows: list[Row] = []
        for person, pieces in enumerate(held):
            units: dict[int, list[int]] = {}
            for at in pieces:
                self.owner[at] = person
                units.setdefault(sharing.pieces[at].unit, []).append(at)
            self.rows.append([self.strides.stretch(mine) for mine in units.values()])
        self._share: list[float] = []
        self._prices: list[float] = []
        self._steep = 0.0

    def doors(self) -> list[list[int]]:
        """Everybody's doors, in order."""
        return [[d for stretch in row for d in stretch.doors] for row in self.rows]

    def took(self) -> Floats:
        """What everybody's row takes (P), in standard minutes."""
        return np.array([self._minutes(p, row)[0] for p, row in enumerate(self.rows)], dtype=float)

    def run(
        self,
        shares: Shares,
        tries: int,
        hot: float,
        steep: tuple[float, float],
        rng: np.random.Generator,
        *,
        shared: bool = False,
        report: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Cool from `hot` minutes over so many `tries`.

        `steep` is the price of the square of the minutes over one's share, at first and in the end.
        With `shared` only stairwells change that more than one person enters.
        """
        each = max(1, tries // EPOCHS)
        for epoch in range(EPOCHS):
            report(epoch / EPOCHS)
            done = epoch / (EPOCHS - 1)
            warm = hot * (_COLD / hot) ** done
            self._steep = steep[0] + (steep[1] - steep[0]) * done
            self._share = [float(s) for s in shares(self.took())]
            self._prices = [self._price(p, row) for p, row in enumerate(self.rows)]
            entered = {u for u, pieces in self.units.items() if len(self._owners(pieces)) > 1}
            among = [
                at for at, piece in enumerate(self.pieces) if not shared or piece.unit in entered
            ]
            if not among:
                return
            for draw in rng.random((each, _DRAWS)).tolist():
                at = among[int(draw[0] * len(among))]
                if not shared and draw[1] < _ORDER:
                    self._reorder(at, draw, warm)
                else:
                    self._hand_over(at, draw, warm, together=shared)

    def _owners(self, pieces: Sequence[int]) -> set[int]:
        return {self.owner[at] for at in pieces}

    def _minutes(self, person: int, row: Row) -> tuple[float, float]:
        return self.strides.minutes(person, row) if row else (0.0, 0.0)

    def _price(self, person: int, row: Row) -> float:
        minutes, pulled = self._minutes(person, row)
        over = max(0.0, minutes - self._share[person])
        return minutes + URGENCY * pulled + over + self._steep * over * over

    def _holding(self, person: int, unit: int) -> int:
        """Where in somebody's row the stretch of a stairwell is; -1 if nowhere."""
        return next((i for i, s in enumerate(self.rows[person]) if s.unit == unit), -1)

    def _reorder(self, at: int, draw: list[float], warm: float) -> None:
        """A stretch to another place in its row, or all up to there the other way round."""
        person = self.owner[at]
        row = self.rows[person]
        here, there = self._holding(person, self.pieces[at].unit), int(draw[2] * len(row))
        low, high = min(here, there), max(here, there) + 1
        if low + 1 == high:
            return
        if draw[3] < _ORDER:
            tried = [*row[:low], *row[low:high][::-1], *row[high:]]
        else:
            tried = [*row[:here], *row[here + 1 :]]
            tried.insert(there, row[here])
        price = self._price(person, tried)
        if _kept(price - self._prices[person], draw[4], warm):
            self.rows[person], self._prices[person] = tried, price

    def _hand_over(self, at: int, draw: list[float], warm: float, *, together: bool) -> None:
        giver = self.owner[at]
        stretch = self.rows[giver][self._holding(giver, self.pieces[at].unit)]
        merged = self._merging(at, draw[2]) if together or draw[3] < _MERGE else -1
        taker = merged if merged >= 0 else self._someone(at, draw[2])
        if taker in {giver, -1} or (together and merged < 0):
            return
        whole = merged >= 0 and not together and draw[4] < 0.7
        given = stretch.pieces if whole else _part(stretch.pieces, at, draw[5])
        back = self._in_return(taker, stretch, draw) if draw[1] > 1 - _RETURN else ()
        tried = Tried(giver, taker, given, () if together else back)
        if not self._all_may(tried.given, taker) or not self._all_may(tried.back, giver):
            return
        mine = _with(self, _without(self, self.rows[giver], given), tried.back, draw[8])
        theirs = _with(self, _without(self, self.rows[taker], tried.back), given, draw[9])
        prices = self._price(giver, mine), self._price(taker, theirs)
        change = sum(prices) - self._prices[giver] - self._prices[taker]
        if _kept(change, draw[6], warm):
            self.rows[giver], self.rows[taker] = mine, theirs
            self._prices[giver], self._prices[taker] = prices
            for one in given:
                self.owner[one] = taker
            for one in tried.back:
                self.owner[one] = giver

    def _merging(self, at: int, draw: float) -> int:
        """Somebody else in the same stairwell; -1 if there is nobody."""
        others = sorted(self._owners(self.units[self.pieces[at].unit]) - {self.owner[at]})
        return others[int(draw * len(others))] if others else -1

    def _someone(self, at: int, draw: float) -> int:
        """Somebody who lives near, or who holds something near."""
        homes, near = self.takers[at], self.near[at]
        pick = int(draw * (len(homes) + len(near)))
        return homes[pick] if pick < len(homes) else self.owner[near[pick - len(homes)]]

    def _in_return(self, taker: int, stretch: Stretch, draw: list[float]) -> tuple[int, ...]:
        """Something that the taker has in another stairwell: all they have of it, or a part."""
        others = [s for s in self.rows[taker] if s.unit != stretch.unit]
        if not others:
            return ()
        pieces = others[int(draw[7] * len(others))].pieces
        return pieces if draw[4] < 0.6 else _part(pieces, pieces[-1], draw[5])

    def _all_may(self, pieces: Sequence[int], person: int) -> bool:
        return all(self.may[at][person] for at in pieces)


def _kept(change: float, draw: float, warm: float) -> bool:
    return change <= 0 or draw < exp(-change / warm)


def _part(pieces: tuple[int, ...], at: int, draw: float) -> tuple[int, ...]:
    """One piece, all of them, or those up to it or from it on."""
    place = pieces.index(at)
    if draw < 0.5:
        return (at,)
    if draw < 0.75:
        return pieces
    return pieces[: place + 1] if draw < 0.875 else pieces[place:]


def _without(exchange: Exchange, row: Row, pieces: Sequence[int]) -> Row:
    """A row without some pieces of one of its stretches."""
    if not pieces:
        return row
    unit, found = exchange.pieces[pieces[0]].unit, list[Stretch]()
    for stretch in row:
        if stretch.unit != unit:
            found.append(stretch)
        elif rest := [at for at in stretch.pieces if at not in pieces]:
            found.append(exchange.strides.stretch(rest))
    return found


def _with(exchange: Exchange, row: Row, pieces: Sequence[int], draw: float) -> Row:
    """A row with some pieces of a stairwell: in its stretch there, by the nearest, or anywhere."""
    if not pieces:
        return row
    unit = exchange.pieces[pieces[0]].unit
    for place, stretch in enumerate(row):
        if stretch.unit == unit:
            whole = exchange.strides.stretch([*stretch.pieces, *pieces])
            return [*row[:place], whole, *row[place + 1 :]]
    ways = exchange.strides.walk[exchange.pieces[pieces[0]].building]
    if draw < 0.4 or not row:
        place = int(draw / 0.4 * (len(row) + 1)) if row else 0
    else:
        place = min(range(len(row)), key=lambda i: ways[row[i].building]) + int(draw < 0.7)
    return [*row[:place], exchange.strides.stretch(pieces), *row[place:]]
