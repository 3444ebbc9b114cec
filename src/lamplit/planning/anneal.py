"""The first share made better for everybody at once: simulated annealing over the pieces.

A stairwell entered for one door by somebody with the skill would better be partly theirs, and two
people far apart should perhaps change quarters. So pieces, all that one holds of a stairwell, or
two such bundles change hands at random, and a change for the worse is kept the seldomer the colder
it has become. What counts are model minutes (as in `lamplit.planning.sharing`, and the way from
home at the start of each span as its share of the minutes at a place) and a price on being over
one's share. Method: S. Kirkpatrick et al., Science 220 (1983) 671-680.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np

from lamplit.planning.model import Span
from lamplit.planning.sharing import DISTURBANCE, Sharing
from lamplit.planning.split import can_take
from lamplit.planning.travel import Floats

EPOCHS = 30
"""How often shares are set anew while it cools."""
_COLD = 0.3
"""Where it ends, in minutes."""
_STEEP = 6.0
"""Minutes over one's share at which one more counts double what the first did."""
_NEAR_HOMES, _NEAR_PLACES = 8, 4

Shares = Callable[[Floats], Floats]
"""Everybody's share (P) for what they hold by the model (P), both in standard minutes."""


@dataclass
class Annealing:
    """Who holds which piece (`owner`), and what that takes each by the model (`load`)."""

    sharing: Sharing
    owner: list[int]
    way: list[list[float]]
    may: list[list[bool]]
    takers: list[list[int]]
    near: list[list[int]]
    load: list[float] = field(default_factory=list)
    units: list[dict[int, set[int]]] = field(default_factory=list)
    places: list[dict[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, sharing: Sharing, held: Sequence[Sequence[int]]) -> Annealing:
        """Beginning with `held`, the pieces (indices) of each person."""
        owner, may = [-1] * len(sharing.pieces), may_take(sharing)
        takers, near = takers_near(sharing, may), neighbours(sharing)
        found = cls(sharing, owner, _from_home(sharing), may, takers, near)
        found.load = [0.0] * len(held)
        found.units = [{} for _ in held]
        found.places = [{} for _ in held]
        for person, pieces in enumerate(held):
            for at in pieces:
                found.put(at, person)
        return found

    def put(self, at: int, person: int) -> None:
        """Give a piece that nobody holds to somebody."""
        piece, load = self.sharing.pieces[at], self.way[person][at]
        unit = self.units[person].setdefault(piece.unit, set())
        if not unit:
            load += self.sharing.enter[piece.unit] + DISTURBANCE
        unit.add(at)
        places = self.places[person]
        places[piece.building] = places.get(piece.building, 0) + 1
        if places[piece.building] == 1:
            load += self.sharing.reach[piece.building]
        self.load[person] += load
        self.owner[at] = person

    def take(self, at: int) -> None:
        """Take a piece from whoever holds it."""
        person, piece = self.owner[at], self.sharing.pieces[at]
        load = self.way[person][at]
        unit, places = self.units[person][piece.unit], self.places[person]
        unit.remove(at)
        if not unit:
            load += self.sharing.enter[piece.unit] + DISTURBANCE
        places[piece.building] -= 1
        if not places[piece.building]:
            load += self.sharing.reach[piece.building]
        self.load[person] -= load
        self.owner[at] = -1

    def held(self) -> list[list[int]]:
        """The pieces of each person, in order."""
        found: list[list[int]] = [[] for _ in self.load]
        for at, person in enumerate(self.owner):
            found[person].append(at)
        return found

    def run(self, shares: Shares, moves: int, hot: float, rng: np.random.Generator) -> None:
        """Cool from `hot` minutes over `moves` tries; `shares` are asked for anew now and then."""
        each = max(1, moves // EPOCHS)
        for epoch in range(EPOCHS):
            warm = hot * (_COLD / hot) ** (epoch / (EPOCHS - 1))
            share = [float(s) for s in shares(np.array(self.load))]
            pieces = rng.integers(0, len(self.owner), each).tolist()
            for at, draw in zip(pieces, rng.random((each, 4)).tolist(), strict=True):
                self._try(at, draw, share, warm)

    def _try(self, at: int, draw: list[float], share: list[float], warm: float) -> None:
        giver = self.owner[at]
        taker = self._taker(at, draw[0])
        if taker == giver or taker < 0:
            return
        # A bundle is one piece, or all that the giver holds of its stairwell.
        kind = int(draw[1] * 4)
        unit = self.sharing.pieces[at].unit
        given = [at] if kind < 2 else sorted(self.units[giver][unit])
        back = self._back(at, taker, giver, draw[2], whole=kind == 3) if kind % 2 else []
        if not self._may(given, taker) or not self._may(back, giver):
            return
        before = _price(self.load[giver], share[giver]) + _price(self.load[taker], share[taker])
        self._change(given, taker, back, giver)
        after = _price(self.load[giver], share[giver]) + _price(self.load[taker], share[taker])
        if after > before and draw[3] >= exp((before - after) / warm):
            self._change(given, giver, back, taker)

    def _taker(self, at: int, draw: float) -> int:
        """Somebody who lives near, or who holds something near."""
        homes, near = self.takers[at], self.near[at]
        pick = int(draw * (len(homes) + len(near)))
        return homes[pick] if pick < len(homes) else self.owner[near[pick - len(homes)]]

    def _back(self, at: int, taker: int, giver: int, draw: float, *, whole: bool) -> list[int]:
        """What the taker gives in return: something in a stairwell that is not the piece's."""
        mine = [u for u in self.units[taker] if self.units[taker][u]]
        if not mine:
            return []
        pieces = sorted(self.units[taker][mine[int(draw * len(mine))]])
        return pieces if whole else pieces[:1]

    def _may(self, pieces: Sequence[int], person: int) -> bool:
        return all(self.may[at][person] for at in pieces)

    def _change(self, given: list[int], taker: int, back: list[int], giver: int) -> None:
        for at in (*given, *back):
            self.take(at)
        for at in given:
            self.put(at, taker)
        for at in back:
            self.put(at, giver)


def _price(load: float, share: float) -> float:
    over = load - share
    return load + (over + over * over / _STEEP if over > 0 else 0.0)


def _from_home(sharing: Sharing) -> list[list[float]]:
    """Minutes of each piece for each person, with its share of the way from home to a span."""
    world, pieces = sharing.world, sharing.pieces
    load = np.array([piece.load for piece in pieces])
    at = np.array([piece.building for piece in pieces], dtype=np.int64)
    found = []
    for home, pace, spans in zip(world.home, world.pace, world.spans, strict=True):
        way: Floats = np.zeros(len(pieces))
        if home >= 0 and spans:
            way = np.where(at == home, world.request.walking.next_unit, world.ways.walk[home, at])
            way = way * float(pace) * len(spans) / sum(s.end - s.start for s in spans)
        found.append([float(minutes) for minutes in load * (1 + way)])
    return found


def may_take(sharing: Sharing) -> list[list[bool]]:
    """Who may take each piece."""
    people = range(len(sharing.world.spans))
    known: dict[tuple[int, tuple[Span, ...]], list[bool]] = {}
    found = []
    for piece in sharing.pieces:
        key = (piece.need, piece.windows)
        if key not in known:
            known[key] = [
                bool(sharing.world.spans[p]) and can_take(sharing.world, piece, p) for p in people
            ]
        found.append(known[key])
    return found


def takers_near(sharing: Sharing, may: Sequence[Sequence[bool]]) -> list[list[int]]:
    """For each piece the few who may take it and live nearest."""
    world, found = sharing.world, []
    homes = np.where(world.home >= 0, world.home, 0)
    for piece, who in zip(sharing.pieces, may, strict=True):
        apart = np.where(world.home >= 0, world.ways.walk[homes, piece.building], 0.0)
        able = [int(p) for p in np.argsort(apart, kind="stable") if who[p]]
        found.append(able[:_NEAR_HOMES])
    return found


def neighbours(sharing: Sharing) -> list[list[int]]:
    """For each piece the others in its building, and some in each of the buildings nearest."""
    held: dict[int, list[int]] = {}
    for at, piece in enumerate(sharing.pieces):
        held.setdefault(piece.building, []).append(at)
    places = sorted(held)
    near: dict[int, list[int]] = {}
    for place in places:
        order = sorted(places, key=lambda b: (float(sharing.world.ways.walk[place, b]), b))
        near[place] = list(held[place])
        for other in order[1 : 1 + _NEAR_PLACES]:
            near[place] += held[other][:: max(1, len(held[other]) // 3)]
    return [near[piece.building] for piece in sharing.pieces]
