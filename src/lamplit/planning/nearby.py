"""Who may take a piece, and who and what is near it: whom it may change hands with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamplit.planning.model import Span
from lamplit.planning.pieces import Piece
from lamplit.planning.split import can_take
from lamplit.planning.world import World

_NEAR_HOMES, _NEAR_PLACES = 8, 4


def may_take(world: World, pieces: Sequence[Piece]) -> list[list[bool]]:
    """Who may take each piece."""
    people = range(len(world.spans))
    known: dict[tuple[int, tuple[Span, ...]], list[bool]] = {}
    found = []
    for piece in pieces:
        key = (piece.need, piece.windows)
        if key not in known:
            known[key] = [bool(world.spans[p]) and can_take(world, piece, p) for p in people]
        found.append(known[key])
    return found


def takers_near(
    world: World, pieces: Sequence[Piece], may: Sequence[Sequence[bool]]
) -> list[list[int]]:
    """For each piece the few who may take it and live nearest."""
    found = []
    homes = np.where(world.home >= 0, world.home, 0)
    for piece, who in zip(pieces, may, strict=True):
        apart = np.where(world.home >= 0, world.ways.walk[homes, piece.building], 0.0)
        able = [int(p) for p in np.argsort(apart, kind="stable") if who[p]]
        found.append(able[:_NEAR_HOMES])
    return found


def neighbours(world: World, pieces: Sequence[Piece]) -> list[list[int]]:
    """For each piece the others in its building, and some in each of the buildings nearest."""
    held: dict[int, list[int]] = {}
    for at, piece in enumerate(pieces):
        held.setdefault(piece.building, []).append(at)
    places = sorted(held)
    near: dict[int, list[int]] = {}
    for place in places:
        order = sorted(places, key=lambda b: (float(world.ways.walk[place, b]), b))
        near[place] = list(held[place])
        for other in order[1 : 1 + _NEAR_PLACES]:
            near[place] += held[other][:: max(1, len(held[other]) // 3)]
    return [near[piece.building] for piece in pieces]
