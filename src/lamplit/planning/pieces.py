"""What is handed out: runs of doors of one stairwell, small enough to balance people by.

A stairwell is one piece unless its work is more than a piece may be; then it is cut between floors
(within a floor only where a single floor is too much). Doors with fixed times, and doors that ask
for a language or skill, are pieces of their own, because not everybody can take them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lamplit.planning.model import Span
from lamplit.planning.world import World


@dataclass(frozen=True, slots=True)
class Piece:
    """Doors (indices, by floor) of one stairwell that one person does, and their minutes."""

    doors: tuple[int, ...]
    unit: int
    building: int
    need: int
    windows: tuple[Span, ...]
    load: float


def cut(world: World, doors: Iterable[int], largest: float) -> list[Piece]:
    """The pieces of `doors`, none over `largest` minutes unless it is a single door."""
    groups: dict[tuple[int, int, tuple[Span, ...]], list[int]] = {}
    for door in sorted(doors):
        windows = world.request.doors[door].windows
        key = (int(world.unit[door]), int(world.need[door]), windows)
        groups.setdefault(key, []).append(door)
    found: list[Piece] = []
    for (unit, need, windows), members in groups.items():
        for run in _runs(world, members, largest):
            place = int(world.building[run[0]])
            found.append(Piece(tuple(run), unit, place, need, windows, load_of(world, run)))
    return found


def load_of(world: World, doors: Sequence[int]) -> float:
    """Expected minutes at `doors`, with the last steps to each, without the ways."""
    at = np.asarray(doors, dtype=np.int64)
    return float(world.load[at].sum()) + len(at) * world.request.walking.next_door


def _runs(world: World, members: list[int], largest: float) -> list[list[int]]:
    """Equal runs of whole floors where that is possible, else of doors."""
    step = world.request.walking.next_door
    members = sorted(members, key=lambda d: (int(world.floor[d]), d))
    minutes = [float(world.load[d]) + step for d in members]
    count = max(1, -(-sum(minutes) // largest))
    share = sum(minutes) / count
    runs: list[list[int]] = [[]]
    filled = 0.0
    for at, door in enumerate(members):
        new_floor = bool(runs[-1]) and world.floor[runs[-1][-1]] != world.floor[door]
        over = filled + minutes[at] > largest
        # A cut between floors comes a little early rather than within the next one.
        if runs[-1] and (over or (new_floor and filled + minutes[at] / 2 >= share)):
            runs.append([])
            filled = 0.0
        runs[-1].append(door)
        filled += minutes[at]
    return runs
