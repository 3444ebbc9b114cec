"""The last to finish hands the end of their list to somebody who finishes sooner, for real.

A plan is as late as its latest list, and a list that is a door too long ends only in its person's
next span. So the doors of the latest list's end go to whoever then finishes earliest, as long as
that brings the finish forward. Lists are walked, not modelled, for every try.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.split import able_for
from lamplit.planning.world import World

_TAKERS = 10
_GAIN = 0.05


def trim(
    world: World, walked: Sequence[Scheduled], steps: int, report: Callable[[float], None]
) -> list[Scheduled]:
    """Lists that finish no later, after at most `steps` hand-overs."""
    found = list(walked)
    for step in range(steps):
        report(step / steps)
        latest = max(range(len(found)), key=lambda p: (found[p].finish or 0.0, p), default=None)
        if latest is None or found[latest].finish is None:
            break
        better = _hand_over(world, found, latest)
        if better is None:
            break
        for person, row in better.items():
            found[person] = row
    return found


def _hand_over(world: World, found: Sequence[Scheduled], giver: int) -> dict[int, Scheduled] | None:
    row, finish = found[giver].row, found[giver].finish or 0.0
    last = [w for w in found[giver].walks if w.stops][-1]
    for count in _counts(len(last.stops)):
        tail = row[-count:]
        kept = schedule(world, giver, row[:-count])
        if kept.over or kept.missed:
            continue
        best: tuple[float, float, int, Scheduled] | None = None
        for taker in _takers(world, found, giver, tail):
            tried = schedule(world, taker, insert(world, found[taker].row, tail))
            if tried.over or tried.missed:
                continue
            then = max(kept.finish or 0.0, tried.finish or 0.0)
            key = (then, tried.worked(world, taker) - found[taker].worked(world, taker), taker)
            if then < finish - _GAIN and (best is None or key < best[:3]):
                best = (*key, tried)
        if best is not None:
            return {giver: kept, best[2]: best[3]}
    return None


def _counts(most: int) -> list[int]:
    """How many doors to try to hand over: all of the last span, then fewer and fewer."""
    found = []
    while most > 0:
        found.append(most)
        most = most * 2 // 3 if most > 1 else 0
    return found


def _takers(world: World, found: Sequence[Scheduled], giver: int, tail: Sequence[int]) -> list[int]:
    """The able who finish before the giver: the near first, half as many again by their finish."""
    finish = found[giver].finish or 0.0
    able = [
        p
        for p in range(len(found))
        if p != giver and (found[p].finish or 0.0) < finish and able_for(world, p, tail)
    ]
    place = int(world.building[tail[0]])

    def apart(person: int) -> float:
        places = {int(world.building[d]) for d in found[person].row} or {int(world.home[person])}
        return float(min(world.ways.walk[place, b] for b in places))

    near = sorted(able, key=lambda p: (apart(p), p))[:_TAKERS]
    until = world.capacity(finish)
    free = sorted(able, key=lambda p: (found[p].worked(world, p) - until[p], p))[:_TAKERS]
    return list(dict.fromkeys([*near, *free]))


def insert(world: World, row: Sequence[int], doors: Sequence[int]) -> list[int]:
    """`row` with `doors` after the last door of their stairwell, else of their building's
    neighbourhood: after the door whose building is nearest. Each among those of its own round.
    """
    found, rounds = list(row), [int(world.round[d]) for d in doors]
    for number in sorted(set(rounds)):
        mine = [d for d, of in zip(doors, rounds, strict=True) if of == number]
        there = [int(world.round[d]) for d in found]
        begin = next((i for i, of in enumerate(there) if of >= number), len(found))
        end = max((i + 1 for i, of in enumerate(there) if of == number), default=begin)
        found[begin:end] = _near(world, found[begin:end], mine)
    return found


def _near(world: World, row: Sequence[int], doors: Sequence[int]) -> list[int]:
    """The same among doors of one round."""
    if not row:
        return list(doors)
    same = [i for i, d in enumerate(row) if world.unit[d] == world.unit[doors[0]]]
    if same:
        place = same[-1]
    else:
        ways = world.ways.walk[int(world.building[doors[0]])]
        near = ways[world.building[np.asarray(row)]]
        place = int(np.flatnonzero(near <= near.min() + 1e-9)[-1])
        # Not into the middle of another stairwell.
        while place + 1 < len(row) and world.unit[row[place + 1]] == world.unit[row[place]]:
            place += 1
    return [*row[: place + 1], *doors, *row[place + 1 :]]
