"""A list walked stairwell by stairwell: the minutes of `lamplit.planning.schedule`, a hundred times
sooner.

The doors that one person has in one stairwell are a `Stretch`, with running sums of what they take
in each part of the day; where a span ends within it is found by bisection. The part of the day is
that of the span's start, and fixed times are left out: for lists without either the minutes are
the schedule's own (the tests hold them against it).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from lamplit.planning.pieces import Piece
from lamplit.planning.route import urgencies, walking_order
from lamplit.planning.schedule import CARRY, TWICE
from lamplit.planning.world import World

_LOST = 3.0
"""How often a door counts that finds no place, as in `Scheduled.worked`: once, and twice more."""

_KEPT = 20_000
"""Stretches kept, lest they take a gigabyte."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The doors of one stairwell on one list in walking order, all in standard minutes.

    For each part of the day `first[i]` sums the first attempts and steps of the first i doors, and
    `both[i]` their returns as well. `into[i]` is the way from outside to door i less the step to
    it that the sums count, `out[i]` the way down from it. `pieces` are what the doors were cut
    into; `weight` sums their urgencies.
    """

    doors: tuple[int, ...]
    pieces: tuple[int, ...]
    unit: int
    building: int
    weight: float
    first: tuple[tuple[float, ...], ...]
    both: tuple[tuple[float, ...], ...]
    into: tuple[float, ...]
    out: tuple[float, ...]


class Strides:
    """Stretches of pieces, and what rows of them take people."""

    def __init__(self, world: World, pieces: Sequence[Piece]) -> None:
        self.world, self.pieces = world, pieces
        self._known: dict[tuple[int, ...], Stretch] = {}
        self._urgency = urgencies(world)
        self._served, self._returns = world.served.tolist(), world.returns.tolist()
        self.walk: list[list[float]] = world.ways.walk.tolist()
        self.home = [int(home) for home in world.home]
        self._rooms = [
            [(s.end - s.start) / float(pace) for s in spans]
            for spans, pace in zip(world.spans, world.pace, strict=True)
        ]
        self._parts = [[world.part(s.start) for s in spans] for spans in world.spans]
        self._carry = [CARRY / float(pace) for pace in world.pace]

    def stretch(self, pieces: Sequence[int]) -> Stretch:
        """The stretch of some pieces of one stairwell."""
        key = tuple(sorted(pieces))
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[key] = self._made(key)
        return found

    def _made(self, pieces: tuple[int, ...]) -> Stretch:
        world, building = self.world, self.pieces[pieces[0]].building
        doors = walking_order(world, [d for at in pieces for d in self.pieces[at].doors])
        climb, step = world.ways.climb, world.request.walking.next_door
        floors = [int(world.floor[d]) for d in doors]
        steps = [0.0, *(climb(building, a, b) + step for a, b in pairwise(floors))]
        first, both = [], []
        for part in range(len(world.request.parts)):
            served = [s + self._served[d][part] for d, s in zip(doors, steps, strict=True)]
            whole = [s + self._returns[d][part] for d, s in zip(doors, served, strict=True)]
            first.append(tuple(accumulate(served, initial=0.0)))
            both.append(tuple(accumulate(whole, initial=0.0)))
        enter = float(world.ways.entrance[building]) + step
        return Stretch(
            doors=tuple(doors),
            pieces=pieces,
            unit=self.pieces[pieces[0]].unit,
            building=building,
            weight=sum(self._urgency[d] for d in doors),
            first=tuple(first),
            both=tuple(both),
            into=tuple(
                enter + climb(building, 1, f) - s for f, s in zip(floors, steps, strict=True)
            ),
            out=tuple(climb(building, f, 1) for f in floors),
        )

    def minutes(self, person: int, row: Sequence[Stretch]) -> tuple[float, float]:
        """What a row takes one person, idle ends of spans included, and when doors are reached.

        The second is the sum of urgencies, each times the minutes worked before its stretch.
        """
        rooms, parts, last = self._rooms[person], self._parts[person], len(self._rooms[person]) - 1
        turn, room, spent, again, here, out = 0, rooms[0], 0.0, 0.0, -1, 0.0
        before = pulled = 0.0
        for stretch in row:
            pulled += stretch.weight * (before + spent)
            done, count = 0, len(stretch.doors)
            while done < count:
                first, both = stretch.first[parts[turn]], stretch.both[parts[turn]]
                way = out + self._way(person, here, stretch.building) + stretch.into[done]
                carry = self._carry[person] if turn < last else 0.0
                left = room - spent - way
                until = min(
                    bisect_right(first, left + first[done], done),
                    bisect_right(both, left - again + carry + both[done], done),
                )
                fits = max(done, until - 1)
                left_for_next = here >= 0 and turn < last and room - spent - again <= TWICE
                if fits > done and (fits == count or not left_for_next):
                    taken = first[fits] - first[done]
                    spent += way + taken
                    again += both[fits] - both[done] - taken
                    here, out, done = stretch.building, stretch.out[fits - 1], fits
                if done == count:
                    break
                if turn == last:
                    over = both[-1] - both[done] + self._rest(row, stretch)
                    return before + room + _LOST * over, pulled
                again = max(0.0, spent + again - room)
                before, turn = before + room, turn + 1
                room, spent, here, out = rooms[turn], 0.0, -1, 0.0
        return before + spent + again, pulled

    def _way(self, person: int, here: int, building: int) -> float:
        """From the foot of a building (-1: from home) to a stairwell of another, or the same."""
        start = self.home[person] if here < 0 else here
        if start < 0:
            return 0.0
        return (
            self.world.request.walking.next_unit
            if start == building
            else self.walk[start][building]
        )

    def _rest(self, row: Sequence[Stretch], last: Stretch) -> float:
        """The minutes at all doors of a row after one of its stretches."""
        at = next(i for i, stretch in enumerate(row) if stretch is last)
        return sum(stretch.both[0][-1] for stretch in row[at + 1 :])
