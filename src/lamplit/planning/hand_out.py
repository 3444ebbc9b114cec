"""Doors that have nobody, to the fewest people: who they are, then who of them takes what.

Taking those with the most time left first gives the least number of receivers that can hold the
work. What each takes is CP-SAT's: most of the minutes placed, then the fewest receivers, then the
least ways, where somebody who is in a stairwell anyway enters it for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from lamplit.planning.lists import Lists, settle, walk_list
from lamplit.planning.model import Why
from lamplit.planning.pieces import Piece, cut
from lamplit.planning.route import urgencies, walking_order
from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.split import can_take
from lamplit.planning.trim import insert
from lamplit.planning.world import World

LARGEST = 30.0
"""Minutes of a piece at most."""
_ENTERED = 4.0
"""About what it takes to get into one more stairwell and out again, in minutes."""
_SECONDS = 1.5
_LOST, _DISTURBED = 1000, 600


@dataclass(frozen=True)
class _Receivers:
    """Who may take how many minutes more, those who just joined apart."""

    room: Mapping[int, float]
    fresh: Collection[int]


def hand_out(
    world: World,
    kept: Sequence[Scheduled],
    orphans: Sequence[int],
    left: Mapping[int, Why],
    fresh: Collection[int],
    fill: float,
) -> Lists:
    """`kept` lists with `orphans` on some of them; `fresh` people have just joined.

    Of nobody's free time more than the share `fill` is given away.
    """
    if not orphans:
        return Lists(tuple(kept), dict(left))
    pieces = cut(world, orphans, LARGEST)
    receivers = _Receivers(_rooms(world, kept, pieces, fresh, fill), fresh)
    taken = _solve(world, kept, pieces, receivers)
    found, homeless = list(kept), list[int]()
    for person in sorted(set(taken.values())):
        mine = [pieces[at] for at, p in sorted(taken.items()) if p == person]
        found[person], lost = _add(world, person, kept[person].row, mine)
        homeless += lost
    homeless += [d for at, piece in enumerate(pieces) if at not in taken for d in piece.doors]
    return settle(world, found, dict(left), homeless, prefer=set(taken.values()) | set(fresh))


def _rooms(
    world: World,
    kept: Sequence[Scheduled],
    pieces: Sequence[Piece],
    fresh: Collection[int],
    fill: float,
) -> dict[int, float]:
    """The minutes that the fewest people have who together can take all pieces."""
    hours = world.capacity()
    spare = {
        p: float(hours[p]) * fill - s.worked(world, p) for p, s in enumerate(kept) if world.spans[p]
    }
    order = sorted((p for p in spare if spare[p] > 0), key=lambda p: (p not in fresh, -spare[p], p))
    room: dict[int, float] = {}
    for need in sorted({p.need for p in pieces}, reverse=True):
        # Those who are asked for their language or skill come first; the rest is anybody's.
        mine = [p for p in pieces if p.need == need or not need]
        wanted = sum(p.load for p in mine) + _ENTERED * len({p.unit for p in mine})
        for person in order:
            able = [p for p in room if world.able[p, need]]
            if sum(room[p] for p in able) >= wanted:
                break
            if world.able[person, need]:
                room[person] = spare[person]
    for piece in pieces:
        if not any(can_take(world, piece, p) for p in room):
            found = next((p for p in order if can_take(world, piece, p)), None)
            if found is not None:
                room[found] = spare[found]
    return room


def _solve(
    world: World, kept: Sequence[Scheduled], pieces: Sequence[Piece], receivers: _Receivers
) -> dict[int, int]:
    """Piece → person, for the pieces that find a place."""
    model = cp_model.CpModel()
    takes: dict[tuple[int, int], cp_model.IntVar] = {}
    enters: dict[tuple[int, int], cp_model.IntVar] = {}
    disturbed = {p: model.new_bool_var("") for p in receivers.room if p not in receivers.fresh}
    units = {p: {int(world.unit[d]) for d in kept[p].row} for p in receivers.room}
    load: dict[int, list[cp_model.LinearExpr]] = {p: [] for p in receivers.room}
    lost: list[cp_model.LinearExpr] = []
    for at, piece in enumerate(pieces):
        mine = [p for p in receivers.room if can_take(world, piece, p)]
        for person in mine:
            var = takes[at, person] = model.new_bool_var("")
            load[person].append(round(piece.load * 10) * var)
            if person in disturbed:
                model.add_implication(var, disturbed[person])
            key = (piece.unit, person)
            if piece.unit not in units[person]:
                enters.setdefault(key, model.new_bool_var(""))
                model.add_implication(var, enters[key])
        placed = cp_model.LinearExpr.sum([takes[at, p] for p in mine])
        model.add(placed <= 1)
        lost.append(round(piece.load * _LOST) * (1 - placed))
    ways: list[cp_model.LinearExpr] = []
    for (unit, person), var in enters.items():
        minutes = _way(world, kept[person], unit)
        load[person].append(round(minutes * 10) * var)
        ways.append(round(minutes * 10) * var)
    for person, terms in load.items():
        model.add(sum(terms) <= round(receivers.room[person] * 10))
    model.minimize(sum(lost) + _DISTURBED * sum(disturbed.values()) + sum(ways))
    start = _greedy(world, kept, pieces, receivers)
    entered = {(pieces[at].unit, p) for at, p in start.items()}
    for (at, person), var in takes.items():
        model.add_hint(var, start.get(at) == person)
    for key, var in enters.items():
        model.add_hint(var, key in entered)
    for person, var in disturbed.items():
        model.add_hint(var, person in start.values())
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = world.request.options.seed
    solver.parameters.max_deterministic_time = _SECONDS
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return start
    return {at: p for (at, p), var in takes.items() if solver.boolean_value(var)}


def _greedy(
    world: World, kept: Sequence[Scheduled], pieces: Sequence[Piece], receivers: _Receivers
) -> dict[int, int]:
    """A first answer: what few may take first, to whoever is in the stairwell or goes nearest."""
    room = dict(receivers.room)
    units = {p: {int(world.unit[d]) for d in kept[p].row} for p in room}
    found: dict[int, int] = {}
    for at in sorted(range(len(pieces)), key=lambda i: (pieces[i].need == 0, -pieces[i].load, i)):
        piece = pieces[at]
        best: tuple[float, int] | None = None
        for person, left in room.items():
            if piece.load > left or not can_take(world, piece, person):
                continue
            way = 0.0 if piece.unit in units[person] else _way(world, kept[person], piece.unit)
            fits = piece.load + way <= left
            if fits and (best is None or (way, person) < best):
                best = (way, person)
        if best is not None:
            way, person = best
            found[at] = person
            room[person] -= piece.load + way
            units[person].add(piece.unit)
    return found


def _way(world: World, walked: Scheduled, unit: int) -> float:
    """About what it takes to go to a stairwell from the nearest building of somebody's list."""
    door = int((world.unit == unit).argmax())
    building, floor = int(world.building[door]), int(world.floor[door])
    ways = world.ways.walk[building]
    row = walked.row
    near = float(ways[world.building[row]].min()) if row else float(ways.mean())
    climb = world.ways.climb(building, 1, floor) + world.ways.climb(building, floor, 1)
    return 2 * near + float(world.ways.entrance[building]) + climb


def _add(
    world: World, person: int, row: Sequence[int], pieces: Sequence[Piece]
) -> tuple[Scheduled, list[int]]:
    """A list with pieces put in where they lie near; what does not fit is given back."""
    mine, news = list(row), set[int]()
    urgency = urgencies(world)
    pieces = sorted(pieces, key=lambda pc: (-max(urgency[d] for d in pc.doors), pc.doors))
    for piece in pieces:
        mine = insert(world, mine, walking_order(world, piece.doors))
        news |= set(piece.doors)
    walked = schedule(world, person, mine)
    # A list that changes anyway may as well be in its best order, if nothing falls off it.
    ordered = walk_list(world, person, mine, urgency)
    if not (ordered.over or ordered.missed):
        return ordered, []
    lost = list[int]()
    while walked.over or walked.missed:
        # New doors make room from the last; the person's own doors stay theirs.
        drop = next((d for d in reversed(mine) if d in news), None)
        if drop is None:
            break
        mine.remove(drop)
        news.discard(drop)
        lost.append(drop)
        walked = schedule(world, person, mine)
    return walked, lost
