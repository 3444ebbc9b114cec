"""What sharing out goes by: pieces, and about what it takes to get to them.

Each stairwell and building that a person enters costs its ways once, and each stairwell a little
more, since two visitors on one stairwell disturb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lamplit.planning.pieces import Piece
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

DISTURBANCE = 2.0
"""Minutes that one more person on a stairwell is worth avoiding."""


@dataclass(frozen=True)
class Sharing:
    """Pieces, and what entering their stairwells and reaching their buildings takes, in minutes."""

    world: World
    pieces: Sequence[Piece]
    enter: Mapping[int, float]
    reach: Mapping[int, float]

    @classmethod
    def of(cls, world: World, pieces: Sequence[Piece]) -> Sharing:
        """With the ways worked out from `world`."""
        return cls(world, pieces, _entering(world, pieces), _reaching(world, pieces))

    def load(self, held: Sequence[int]) -> float:
        """What the model thinks that the pieces `held` (indices) take one person."""
        total = sum(self.pieces[at].load for at in held)
        total += sum(self.enter[u] for u in {self.pieces[at].unit for at in held})
        return total + sum(self.reach[b] for b in {self.pieces[at].building for at in held})


def _entering(world: World, pieces: Sequence[Piece]) -> dict[int, float]:
    """Minutes for each stairwell entered: the entrance, up to its furthest floor and down."""
    found: dict[int, float] = {}
    for piece in pieces:
        for door in (piece.doors[0], piece.doors[-1]):
            top, b = int(world.floor[door]), piece.building
            up = float(world.ways.entrance[b]) + world.ways.climb(b, 1, top)
            both = up + world.ways.climb(b, top, 1)
            found[piece.unit] = max(found.get(piece.unit, 0.0), both)
    return {u: cost + world.request.walking.next_unit / 2 for u, cost in found.items()}


def _reaching(world: World, pieces: Sequence[Piece]) -> dict[int, float]:
    """Minutes to a building from the third nearest that has pieces: about what a round pays."""
    places = sorted({p.building for p in pieces})
    at = np.asarray(places, dtype=np.int64)
    apart: Floats = np.sort(world.ways.walk[np.ix_(at, at)], axis=1)
    near = apart[:, min(2, len(places) - 1)] if places else apart
    return {b: float(minutes) for b, minutes in zip(places, near, strict=True)}
