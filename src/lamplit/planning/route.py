"""The order of one person's stairwells: local search over a cost that knows the time of day.

A list is a row of blocks (the doors of one stairwell). What a row costs is worked out block by
block: the way there, the floors, and the minutes at the doors in the part of the day in which they
fall, since an attempt when nobody opens has to be made again. Doors of a better rank pull their
block forward. Moves: take one to three blocks to another place, either way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lamplit.planning.world import World

URGENCY = 0.004
"""Minutes of way that a first-rank door is worth for each minute it is reached sooner."""
SCARCE = 4.0
"""How much more urgent than a first rank a door is that hardly anybody may go to."""
_EVALUATIONS = 900


@dataclass(frozen=True, slots=True)
class Block:
    """The doors of one stairwell on one list, in walking order, and what they cost.

    `minutes[k]` are the expected minutes inside, from the first door to the last, in part k of the
    day; `weight` is the sum of the doors' urgencies, 0 where all rank alike.
    """

    doors: tuple[int, ...]
    building: int
    first: int
    last: int
    minutes: tuple[float, ...]
    weight: float


def urgencies(world: World) -> list[float]:
    """How much each door pulls its block forward.

    1 for the first rank down to 0 for the last, all 0 where there is one rank only; and `SCARCE`
    more the fewer people may go there, because those doors nobody else can take over in the end.
    """
    ranks = np.unique(world.rank)
    place = np.zeros(len(world.rank))
    if len(ranks) > 1:
        place = 1 - np.searchsorted(ranks, world.rank) / (len(ranks) - 1)
    able = world.able.mean(axis=0) if len(world.able) else np.ones(world.able.shape[1])
    return [float(u) for u in place + SCARCE * (1 - able[world.need])]


def walking_order(world: World, doors: Iterable[int]) -> list[int]:
    """Doors of one stairwell from the top down where there is a lift, else from the ground up."""
    found = sorted(doors, key=lambda d: (int(world.floor[d]), d))
    if found and world.ways.lift[world.building[found[0]]]:
        found.sort(key=lambda d: (-int(world.floor[d]), d))
    return found


def blocks_of(world: World, doors: Iterable[int], urgency: Sequence[float]) -> list[Block]:
    """The blocks of a list of doors, by stairwell."""
    units: dict[int, list[int]] = {}
    for door in doors:
        units.setdefault(int(world.unit[door]), []).append(door)
    return [_block(world, walking_order(world, members), urgency) for members in units.values()]


def _block(world: World, doors: Sequence[int], urgency: Sequence[float]) -> Block:
    at = np.asarray(doors, dtype=np.int64)
    building = int(world.building[doors[0]])
    floors = [int(f) for f in world.floor[at]]
    inside = len(doors) * world.request.walking.next_door
    inside += sum(world.ways.climb(building, a, b) for a, b in pairwise(floors))
    served = (world.served + world.returns)[at].sum(axis=0) + inside
    return Block(
        doors=tuple(doors),
        building=building,
        first=floors[0],
        last=floors[-1],
        minutes=tuple(float(m) for m in served),
        weight=sum(urgency[d] for d in doors),
    )


def best_order(world: World, person: int, blocks: Sequence[Block]) -> list[Block]:
    """The blocks in a good order for one person's spans."""
    trip = _Trip(world, person, blocks)
    row = trip.nearest_first()
    cost = trip.cost(row)
    for _ in range(_EVALUATIONS):
        found = _better(trip, row, cost)
        if found is None:
            break
        row, cost = found
        if trip.asked > _EVALUATIONS:
            break
    return [trip.blocks[at] for at in row]


def _better(trip: _Trip, row: list[int], cost: float) -> tuple[list[int], float] | None:
    """The first neighbour of `row` that costs less."""
    for length in (1, 2, 3):
        for start in range(len(row) - length + 1):
            taken, rest = row[start : start + length], row[:start] + row[start + length :]
            for place in range(len(rest) + 1):
                for part in (taken, taken[::-1]) if length > 1 else (taken,):
                    tried = [*rest[:place], *part, *rest[place:]]
                    found = trip.cost(tried)
                    if found < cost - 1e-6:
                        return tried, found
                    if trip.asked > _EVALUATIONS:
                        return None
    return None


class _Trip:
    """Costs rows of blocks (by their index) for one person; counts how often it was asked.

    What a block takes is worked out once for each block that may come before it, and home (the last
    index): an order is asked for some hundred times.
    """

    def __init__(self, world: World, person: int, blocks: Sequence[Block]) -> None:
        self.ways, self.blocks = world.ways, list(blocks)
        self.home, self.asked = int(world.home[person]), 0
        pace, spans = float(world.pace[person]), world.spans[person]
        self.rooms = [s.end - s.start for s in spans] or [float("inf")]
        self.parts = [world.part(s.start) for s in spans] or [0]
        before: list[Block | None] = [*self.blocks, None]
        ways = [[self._way(one, block) for block in self.blocks] for one in before]
        self.from_home = [pace * way for way in ways[-1]]
        self.inside = {
            part: [pace * block.minutes[part] for block in self.blocks] for part in set(self.parts)
        }
        self.needs = {
            part: [
                [pace * (way + block.minutes[part])
                 for way, block in zip(row, self.blocks, strict=True)]
                for row in ways
            ]
            for part in self.inside
        }  # fmt: skip
        self.weights = [block.weight for block in self.blocks]

    def nearest_first(self) -> list[int]:
        """Always the nearest building next, from home."""
        left, row = list(range(len(self.blocks))), list[int]()
        here = self.home
        while left:
            if here < 0:
                pick = left[0]
            else:
                ways, blocks = self.ways.walk[here], self.blocks
                pick = min(
                    left, key=lambda b: (ways[blocks[b].building], blocks[b].building,
                                         blocks[b].doors)
                )  # fmt: skip
            left.remove(pick)
            row.append(pick)
            here = self.blocks[pick].building
        return row

    def cost(self, row: Sequence[int]) -> float:
        """Minutes worked, and the urgencies' share of when each block is reached."""
        self.asked += 1
        rooms, parts, last = self.rooms, self.parts, len(self.rooms) - 1
        worked, pulled, before, turn = 0.0, 0.0, -1, 0
        room, needs = rooms[0], self.needs[parts[0]]
        for block in row:
            # A block may go over into the next span, which starts from home once more.
            need = needs[before][block]
            while need > room and turn < last:
                done = room / need
                worked += room
                turn += 1
                room, needs = rooms[turn], self.needs[parts[turn]]
                need = self.inside[parts[turn]][block] * (1 - done) + self.from_home[block]
            pulled += self.weights[block] * worked
            worked += need
            room -= need
            before = block
        return worked + URGENCY * pulled

    def _way(self, before: Block | None, block: Block) -> float:
        start = self.home if before is None else before.building
        way = self.ways.enter(start, block.building, block.first)
        if before is not None:
            way += self.ways.climb(before.building, before.last, 1)
        return way
