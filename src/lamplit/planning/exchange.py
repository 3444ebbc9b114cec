"""Shares made better with the lists as they are walked: stretches of stairwells change hands.

The first share (`lamplit.planning.split`) goes by minutes that know neither the order of a list
nor where its spans end. Here everybody's row of stretches is walked again for every change that may
be worth it (`lamplit.planning.stride`), so that a stairwell which a span would cut in two, a way
across the quarter and an idle end count as what they are. Tried are: a piece, a run of floors or a
whole stretch to somebody near, mostly for about as many minutes in return; all of a stairwell that
several people enter to one of them; and another order of one's own row. Most tries are turned down
by what they take about (`lamplit.planning.changing`), unwalked. A change for the worse is kept the
seldomer the colder it has become (simulated annealing, S. Kirkpatrick et al., Science 220 (1983)
671-680).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np

from lamplit.planning.changing import Changing, Row, Walked
from lamplit.planning.nearby import may_take, neighbours, takers_near
from lamplit.planning.pieces import Piece
from lamplit.planning.stride import BEGIN, Stretch, Strides
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

EPOCHS, LEVELLED = 30, 120
"""How often shares are set anew while it cools: at first, and where single doors change hands."""
_COLD = 0.2
"""Where it ends, in minutes."""
_ORDER, _TURNED = 0.25, 0.25
"""How often the order of a row is tried, and how often by turning a part of it round."""
_LITTLE, _OPEN = 0.1, 0.4
"""Among shared stairwells: how often an order, and how often a change as elsewhere."""
_MERGE, _WHOLE, _ONE, _JOINT = 0.3, 0.7, 0.1, 0.2
"""How often a shared stairwell is tried to be one person's, as a whole; how often a single piece;
how often something in return that the giver has a part of."""
_SLACK, _DETOUR, _MEND = 2.0, 4.0, 10.0
"""Minutes that a change, or another order, may seem too dear by and is walked all the same; that a
walked row may be too dear by for its order to be mended."""
_SMALL, _FEW = 6.0, 2.0
"""Minutes given for which nothing is asked in return; the same of shared stairwells."""
_LONG = 150.0
"""Minutes of a stretch that does not change hands as a whole."""
_FIRM = 5.0
"""How much dearer it is to be over one's share for whoever is off when all is done."""
_DRAWS = 12

Shares = Callable[[Floats], Floats]
"""Everybody's share (P) for what their lists take (P), both in standard minutes."""


class Exchange:
    """Everybody's row of stretches, and who holds which piece (`owner`)."""

    def __init__(
        self, world: World, pieces: Sequence[Piece], held: Sequence[Sequence[int]]
    ) -> None:
        """Beginning with the pieces (indices) of each person, in the order of their list."""
        self.pieces, self.strides = pieces, Strides(world, pieces)
        self.may = may_take(world, pieces)
        self.takers = takers_near(world, pieces, self.may)
        self.near = neighbours(world, pieces)
        self.owner = [-1] * len(pieces)
        self.units: dict[int, list[int]] = {}
        for at, piece in enumerate(pieces):
            self.units.setdefault(piece.unit, []).append(at)
        self._load = [piece.load for piece in pieces]
        self._walked: list[Walked] = []
        for person, mine in enumerate(held):
            units: dict[int, list[int]] = {}
            for at in mine:
                self.owner[at] = person
                units.setdefault(pieces[at].unit, []).append(at)
            row = [self.strides.stretch(some) for some in units.values()]
            self._walked.append(Walked(self.strides, person, row))
        self._share: list[float] = []
        self._prices: list[float] = []
        self._weight = [1.0] * len(held)
        self._steep = 0.0

    @property
    def rows(self) -> list[Row]:
        """Everybody's stretches, in order."""
        return [walked.row for walked in self._walked]

    def doors(self) -> list[list[int]]:
        """Everybody's doors, in order."""
        return [[d for stretch in row for d in stretch.doors] for row in self.rows]

    def took(self) -> Floats:
        """What everybody's row takes (P), in standard minutes."""
        return np.array([walked.minutes for walked in self._walked], dtype=float)

    def run(
        self,
        shares: Shares,
        tries: int,
        hot: float,
        steep: tuple[float, float],
        rng: np.random.Generator,
        *,
        shared: bool = False,
        firm: Sequence[bool] = (),
        report: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Cool from `hot` minutes over so many `tries`.

        `steep` is the price of the square of the minutes over one's share, at first and in the end.
        With `shared` it is mostly doors of stairwells that more than one person enters, and the
        doors of those who are most over their share. Whoever is `firm` (P) should not be over it.
        """
        epochs = LEVELLED if shared else EPOCHS
        each = max(1, tries // epochs)
        if firm:
            self._weight = [_FIRM if one else 1.0 for one in firm]
        for epoch in range(epochs):
            report(epoch / epochs)
            done = epoch / (epochs - 1)
            warm = hot * (_COLD / hot) ** done
            self._steep = steep[0] + (steep[1] - steep[0]) * done
            self._share = [float(s) for s in shares(self.took())]
            self._prices = [w.price + self._priced(p, w.minutes)
                            for p, w in enumerate(self._walked)]  # fmt: skip
            among = self._among() if shared else range(len(self.pieces))
            if not among:
                return
            for draw in rng.random((each, _DRAWS)).tolist():
                at = among[int(draw[0] * len(among))]
                if draw[1] < (_LITTLE if shared else _ORDER):
                    self._reorder(at, draw, warm)
                else:
                    self._hand_over(at, draw, warm, together=shared)

    def _among(self) -> list[int]:
        """Pieces of stairwells that several people enter; as many of those who are most over."""
        entered = {u for u, pieces in self.units.items() if len(self._owners(pieces)) > 1}
        over = [w.minutes - share for w, share in zip(self._walked, self._share, strict=True)]
        late = max(0.0, max(over) / 2)
        found = [at for at, piece in enumerate(self.pieces) if piece.unit in entered]
        theirs = [at for at, who in enumerate(self.owner) if over[who] > late]
        return found + theirs * (1 + len(found) // len(theirs) if theirs else 0)

    def _owners(self, pieces: Sequence[int]) -> set[int]:
        return {self.owner[at] for at in pieces}

    def _priced(self, person: int, minutes: float) -> float:
        over = minutes - self._share[person]
        if over <= 0:
            return minutes
        return minutes + over * (1 + self._steep * over * self._weight[person])

    def _price(self, person: int, row: Row) -> float:
        """What a row costs, walked from the first stretch on that is not as it was."""
        if not row:
            return 0.0
        walked, at = self._walked[person], 0
        old, most = walked.row, min(len(walked.trail), len(row))
        while at < most and row[at] is old[at]:
            at += 1
        at = min(at, max(0, most - 1))
        state = walked.trail[at] if at else BEGIN
        minutes, pulled = self.strides.minutes(person, row, at, state)
        return self._priced(person, minutes) + self.strides.pull * pulled

    def _about(self, person: int, changing: Changing) -> float:
        """What a row that changes costs, about."""
        walked = self._walked[person]
        pulled = walked.price + self.strides.pull * changing.pulled
        return pulled + self._priced(person, walked.minutes + changing.more)

    def _set(self, person: int, row: Row) -> None:
        walked = self._walked[person] = Walked(self.strides, person, row)
        self._prices[person] = walked.price + self._priced(person, walked.minutes)

    def _reorder(self, at: int, draw: list[float], warm: float) -> None:
        """A stretch to another place in its row, or all up to there the other way round."""
        person = self.owner[at]
        row = self._walked[person].row
        here = self._walked[person].holding(self.pieces[at].unit)
        there = int(draw[2] * len(row))
        low, high = min(here, there), max(here, there) + 1
        if low + 1 == high:
            return
        if draw[3] < _TURNED:
            tried = [*row[:low], *row[low:high][::-1], *row[high:]]
        else:
            tried = [*row[:here], *row[here + 1 :]]
            tried.insert(there, row[here])
        worse = _worse(draw[4], warm)
        if self._length(person, tried) > self._length(person, row) + worse + _DETOUR:
            return
        if self._price(person, tried) <= self._prices[person] + worse:
            self._set(person, tried)

    def _length(self, person: int, row: Row) -> float:
        """Minutes from home through a row's buildings, as if it were one span."""
        ways, total = self.strides.ways, 0.0
        start = self.strides.from_home[person]
        for stretch in row:
            total += start[stretch.building]
            start = ways[stretch.building]
        return total

    def _hand_over(self, at: int, draw: list[float], warm: float, *, together: bool) -> None:
        giver, unit = self.owner[at], self.pieces[at].unit
        stretch = self._walked[giver].row[self._walked[giver].holding(unit)]
        together = together and draw[3] >= _OPEN
        joining = together or draw[3] / _OPEN % 1 < _MERGE
        merged = self._merging(at, draw[2]) if joining else -1
        taker = merged if together or merged >= 0 else self._someone(at, draw[2])
        if taker in {giver, -1}:
            return
        if together:
            place = stretch.pieces.index(at)
            # Mostly one door, seldom up to four.
            given = stretch.pieces[place : place + 1 + int(draw[5] ** 3 * 4)]
        else:
            given = self._given(stretch, at, draw, whole=merged >= 0)
        if not self._all_may(given, taker):
            return
        back = self._in_return(giver, taker, given, draw, together=together)
        if not self._all_may(back, giver):
            return
        allowed = self._prices[giver] + self._prices[taker] + _worse(draw[6], warm)
        mine = Changing(self.strides, giver, self._walked[giver], given)
        theirs = Changing(self.strides, taker, self._walked[taker], back)
        mine.add(back, draw[8])
        theirs.add(given, draw[9])
        there = self._about(taker, theirs)
        if self._about(giver, mine) + there > allowed + _SLACK:
            return
        row, price = self._mended(giver, mine.row(), allowed + _SLACK - there)
        if price + there > allowed + _SLACK:
            return
        other, second = self._mended(taker, theirs.row(), allowed - price)
        if price + second > allowed:
            return
        self._set(giver, row)
        self._set(taker, other)
        for one in given:
            self.owner[one] = taker
        for one in back:
            self.owner[one] = giver

    def _mended(self, person: int, row: Row, wanted: float) -> tuple[Row, float]:
        """A row, and if it is a little too dear with its stretches in a better order."""
        price = self._price(person, row)
        if not wanted < price <= wanted + _MEND:
            return row, price
        for far in (1, 2):
            for at in range(len(row) - far):
                tried = row.copy()
                tried.insert(at + far, tried.pop(at))
                found = self._price(person, tried)
                if found < price:
                    row, price = tried, found
                    if price <= wanted:
                        return row, price
        return row, price

    def _merging(self, at: int, draw: float) -> int:
        """Somebody else in the same stairwell; -1 if there is nobody."""
        others = sorted(self._owners(self.units[self.pieces[at].unit]) - {self.owner[at]})
        return others[int(draw * len(others))] if others else -1

    def _someone(self, at: int, draw: float) -> int:
        """Somebody who lives near, or who holds something near."""
        homes, near = self.takers[at], self.near[at]
        pick = int(draw * (len(homes) + len(near)))
        return homes[pick] if pick < len(homes) else self.owner[near[pick - len(homes)]]

    def _given(
        self, stretch: Stretch, at: int, draw: list[float], *, whole: bool
    ) -> tuple[int, ...]:
        """One piece, all of a stretch, or of a long one some beside each other."""
        pieces = stretch.pieces
        if whole and draw[4] < _WHOLE:
            return pieces
        if draw[5] < _ONE:
            return (at,)
        if stretch.both[0][-1] < _LONG:
            return pieces
        place, limit = pieces.index(at), _LONG * draw[5]
        ahead = pieces[place:] if draw[10] < 0.5 else pieces[place::-1]
        found, total = list[int](), 0.0
        for one in ahead:
            if total > limit:
                break
            found.append(one)
            total += self._load[one]
        return tuple(found)

    def _in_return(
        self, giver: int, taker: int, given: tuple[int, ...], draw: list[float], *, together: bool
    ) -> tuple[int, ...]:
        """Of another stairwell of the taker's what keeps both near their share.

        That is a whole stretch or a part, sooner one that the giver is in too. With `together` it
        is of the same stairwell.
        """
        mine, theirs = self._walked[giver], self._walked[taker]
        wanted = sum([self._load[at] for at in given])
        wanted += (theirs.minutes - self._share[taker] - mine.minutes + self._share[giver]) / 2
        if wanted < (_FEW if together else _SMALL) * (0.5 + draw[4]):
            return ()
        unit = self.pieces[given[0]].unit
        if together:
            at = theirs.holding(unit)
            return self._fitting(theirs.row[at].pieces, wanted, draw) if at >= 0 else ()
        others = [s for s in theirs.row if s.unit != unit]
        if not others:
            return ()
        if draw[7] < _JOINT:
            units = {s.unit for s in mine.row}
            joint = [s for s in others if s.unit in units]
            if joint:
                pick = joint[int(draw[7] / _JOINT * len(joint))]
                return self._run(pick.pieces, wanted, draw)
        low, high = wanted * 0.7 - 10, wanted * 1.3 + 10
        alike = [s for s in others if low <= s.both[0][-1] <= high]
        if alike:
            return alike[int(draw[11] * len(alike))].pieces
        return self._run(others[int(draw[11] * len(others))].pieces, wanted, draw)

    def _fitting(
        self, pieces: tuple[int, ...], wanted: float, draw: list[float]
    ) -> tuple[int, ...]:
        """The piece that is nearest to so many minutes, or some beside each other."""
        if draw[11] < 0.5:
            load = self._load
            return (min(pieces, key=lambda at: abs(load[at] - wanted)),)
        return self._run(pieces, wanted, draw)

    def _run(self, pieces: tuple[int, ...], wanted: float, draw: list[float]) -> tuple[int, ...]:
        """Pieces beside each other that make about so many minutes, from an end or from within."""
        if draw[10] < 0.5:
            pieces = pieces[::-1] if draw[10] < 0.25 else pieces
        else:
            pieces = pieces[int((draw[10] - 0.5) * 2 * len(pieces)) :]
        found, total = list[int](), 0.0
        for at in pieces:
            load = self._load[at]
            if found and total + load - wanted > wanted - total:
                break
            found.append(at)
            total += load
        return tuple(found)

    def _all_may(self, pieces: Sequence[int], person: int) -> bool:
        return all(self.may[at][person] for at in pieces)


def _worse(draw: float, warm: float) -> float:
    """By how many minutes a change may be for the worse."""
    return -warm * log(1 - draw)
