"""Who of a few people gets which of their pieces: one CP-SAT model of a neighbourhood.

Each piece goes to one of the people, each stairwell and building that a person enters costs its
ways once, and each stairwell a little more, since two visitors on one stairwell disturb. Minimised

    people × (the most that anybody is over their share) + minutes of ways + disturbance

so that the first term is the finish in the same person-minutes as the second. Whoever is off at
the time aimed at would finish only in their next span: each of their minutes over counts much more.
The solver works on one thread by its own deterministic count of time: a seed gives one answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from lamplit.planning.pieces import Piece
from lamplit.planning.split import can_take
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

SCALE = 10
"""The solver counts whole tenths of minutes."""
DISTURBANCE = 2.0
"""Minutes that one more person on a stairwell is worth avoiding."""


SPILL = 20
"""What a minute over is worth for somebody who is off at the time aimed at."""


@dataclass(frozen=True, slots=True)
class Room:
    """The model minutes that somebody has, and whether they are at work when they end."""

    minutes: float
    at_work: bool


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


@dataclass
class _Model:
    """The model under construction: variables by what they decide."""

    model: cp_model.CpModel
    takes: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    enters: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    visits: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)


def share_again(
    sharing: Sharing, held: Mapping[int, Sequence[int]], room: Mapping[int, Room], seconds: float
) -> dict[int, list[int]] | None:
    """A better sharing of what these people hold; None if none was found.

    `held` are pieces by person, `room` the model minutes that each has for them. `seconds` are the
    solver's own.
    """
    built = _build(sharing, held, room)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = seconds
    solver.parameters.random_seed = sharing.world.request.options.seed
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    status = solver.solve(built.model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    found: dict[int, list[int]] = {person: [] for person in held}
    for (at, person), var in built.takes.items():
        if solver.boolean_value(var):
            found[person].append(at)
    return found


def _build(sharing: Sharing, held: Mapping[int, Sequence[int]], room: Mapping[int, Room]) -> _Model:
    built = _Model(cp_model.CpModel())
    owner = {at: person for person, pieces in held.items() for at in pieces}
    for at in sorted(owner):
        piece = sharing.pieces[at]
        able = [p for p in held if p == owner[at] or can_take(sharing.world, piece, p)]
        for person in able:
            built.takes[at, person] = built.model.new_bool_var("")
        built.model.add_exactly_one(built.takes[at, p] for p in able)
    _ways(built, sharing.pieces)
    over, spilt = _loads(built, sharing, room)
    ways = [_tenths(sharing.enter[u] + DISTURBANCE) * v for (u, _), v in built.enters.items()]
    ways += [_tenths(sharing.reach[b]) * v for (b, _), v in built.visits.items()]
    built.model.minimize(len(held) * over + SPILL * sum(spilt) + sum(ways))
    _hint(built, sharing.pieces, owner)
    return built


def _ways(built: _Model, pieces: Sequence[Piece]) -> None:
    """A piece taken means its stairwell entered; a stairwell entered, its building visited."""
    for (at, person), var in built.takes.items():
        piece = pieces[at]
        enter = built.enters.get((piece.unit, person))
        if enter is None:
            enter = built.enters[piece.unit, person] = built.model.new_bool_var("")
            visit = built.visits.get((piece.building, person))
            if visit is None:
                visit = built.visits[piece.building, person] = built.model.new_bool_var("")
            built.model.add_implication(enter, visit)
        built.model.add_implication(var, enter)


def _loads(
    built: _Model, sharing: Sharing, room: Mapping[int, Room]
) -> tuple[cp_model.IntVar, list[cp_model.IntVar]]:
    """Each person's load against their room: the largest excess, and what is spilt by those off."""
    terms: dict[int, list[cp_model.LinearExpr]] = defaultdict(list)
    for (at, person), var in built.takes.items():
        terms[person].append(_tenths(sharing.pieces[at].load) * var)
    for (unit, person), var in built.enters.items():
        terms[person].append(_tenths(sharing.enter[unit]) * var)
    for (building, person), var in built.visits.items():
        terms[person].append(_tenths(sharing.reach[building]) * var)
    most = 100 * _tenths(1000 + sum(p.load for p in sharing.pieces))
    over = built.model.new_int_var(-most, most, "over")
    spilt: list[cp_model.IntVar] = []
    for person, load in sorted(terms.items()):
        if room[person].at_work:
            built.model.add(sum(load) <= _tenths(room[person].minutes) + over)
        else:
            spilt.append(built.model.new_int_var(0, most, ""))
            built.model.add(sum(load) <= _tenths(room[person].minutes) + spilt[-1])
    return over, spilt


def _hint(built: _Model, pieces: Sequence[Piece], owner: Mapping[int, int]) -> None:
    entered = {(pieces[at].unit, p) for at, p in owner.items()}
    visited = {(pieces[at].building, p) for at, p in owner.items()}
    for (at, person), var in built.takes.items():
        built.model.add_hint(var, owner[at] == person)
    for key, var in built.enters.items():
        built.model.add_hint(var, key in entered)
    for key, var in built.visits.items():
        built.model.add_hint(var, key in visited)


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


def _tenths(minutes: float) -> int:
    return round(minutes * SCALE)
