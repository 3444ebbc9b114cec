"""A list walked stairwell by stairwell: the minutes of `lamplit.planning.schedule`, a hundred times
sooner.

The doors that one person has in one stairwell are a `Stretch`, with running sums of what they take
in each part of the day; where a span or a part of the day ends within it is found by bisection.
Fixed times are left out: for lists without them the minutes are the schedule's own (the tests hold
them against it).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from math import inf

import numpy as np

from lamplit.planning.model import DAY, Span
from lamplit.planning.pieces import Piece
from lamplit.planning.route import URGENCY, urgencies, walking_order
from lamplit.planning.schedule import CARRY, TWICE
from lamplit.planning.world import World

_LOST = 3.0
"""How often a door counts that finds no place, as in `Scheduled.worked`: once, and twice more."""

_KEPT = 20_000
"""Stretches kept, lest they take a gigabyte."""


State = tuple[int, float, float, int, float, float, float]
"""Somebody on their row: the number of the span, minutes spent in it and owed to returns, the
building they are in (-1: at home), minutes down to its foot, minutes worked in the spans before,
and the urgencies' sum so far."""
BEGIN: State = (0, 0.0, 0.0, -1, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The doors of one stairwell on one list in walking order, all in standard minutes.

    For each part of the day `first[i]` sums the first attempts and steps of the first i doors, and
    `both[i]` their returns as well. `into[i]` is the way from outside to door i less the step to
    it (`steps[i]`) that the sums count, `out[i]` the way down from it. `pieces` are what the doors
    were cut into; `weight` sums their urgencies.
    """

    doors: tuple[int, ...]
    pieces: tuple[int, ...]
    unit: int
    building: int
    weight: float
    first: tuple[tuple[float, ...], ...]
    both: tuple[tuple[float, ...], ...]
    steps: tuple[float, ...]
    into: tuple[float, ...]
    out: tuple[float, ...]


class Strides:
    """Stretches of pieces, and what rows of them take people."""

    def __init__(self, world: World, pieces: Sequence[Piece]) -> None:
        self.world, self.pieces = world, pieces
        self._known: dict[tuple[int, ...], Stretch] = {}
        self._urgency = urgencies(world)
        self._at_door = list(zip(world.served.T.tolist(), world.returns.T.tolist(), strict=True))
        self._floor = world.floor.tolist()
        self._climb = lru_cache(maxsize=None)(world.ways.climb)
        walk = world.ways.walk.copy()
        np.fill_diagonal(walk, world.request.walking.next_unit)
        self.ways: list[list[float]] = walk.tolist()
        """From the foot of one building to a stairwell of another, or to the next of the same."""
        nowhere = [0.0] * len(walk)
        self.from_home = [self.ways[home] if home >= 0 else nowhere for home in world.home]
        self.pull, self.enter = URGENCY, _entering(world, pieces)
        at_door = world.served + world.returns + world.request.walking.next_door
        inside = [at_door[list(piece.doors)].sum(axis=0) for piece in pieces]
        self.inside: list[list[float]] = np.array(inside).reshape(len(pieces), -1).T.tolist()
        """Minutes at the doors of each piece, for each part of the day."""
        self.weight = [sum([self._urgency[d] for d in piece.doors]) for piece in pieces]
        self._rooms = [
            [(s.end - s.start) / float(pace) for s in spans]
            for spans, pace in zip(world.spans, world.pace, strict=True)
        ]
        self._parts = [
            [self._parts_of(span, float(pace)) for span in spans]
            for spans, pace in zip(world.spans, world.pace, strict=True)
        ]
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
        step, floors = world.request.walking.next_door, [self._floor[d] for d in doors]
        climb = self._climb
        steps = [0.0, *(climb(building, a, b) + step for a, b in pairwise(floors))]
        first, both = [], []
        for served, returns in self._at_door:
            once = [served[d] + s for d, s in zip(doors, steps, strict=True)]
            first.append(tuple(accumulate(once, initial=0.0)))
            whole = [returns[d] + s for d, s in zip(doors, once, strict=True)]
            both.append(tuple(accumulate(whole, initial=0.0)))
        enter = float(world.ways.entrance[building]) + step
        return Stretch(
            doors=tuple(doors),
            pieces=pieces,
            unit=self.pieces[pieces[0]].unit,
            building=building,
            weight=sum([self._urgency[d] for d in doors]),
            first=tuple(first),
            both=tuple(both),
            steps=tuple(steps),
            into=tuple(
                [enter + climb(building, 1, f) - s for f, s in zip(floors, steps, strict=True)]
            ),
            out=tuple([climb(building, f, 1) for f in floors]),
        )

    def minutes(
        self,
        person: int,
        row: Sequence[Stretch],
        at: int = 0,
        state: State = BEGIN,
        trail: list[State] | None = None,
    ) -> tuple[float, float]:
        """What a row takes one person, idle ends of spans included, and when doors are reached.

        The second is the sum of urgencies, each times the minutes worked before its stretch. A row
        whose beginning is known is walked from stretch `at` on, with the `state` before it; states
        before each stretch walked are put on the `trail`.
        """
        for place in range(at, len(row)):
            stretch = row[place]
            if trail is not None:
                trail.append(state)
            turn, spent, again, here, out, before, pulled = state
            pulled += stretch.weight * (before + spent)
            begun = (turn, spent, again, here, out, before, pulled)
            state, over = self._through(person, stretch, begun)
            if over:
                over += sum([rest.both[0][-1] for rest in row[place + 1 :]])
                return state[5] + self._rooms[person][-1] + _LOST * over, state[6]
        return state[5] + state[1] + state[2], state[6]

    def _through(  # noqa: PLR0915 (walked for every try: calls would cost as much)
        self, person: int, stretch: Stretch, state: State
    ) -> tuple[State, float]:
        """Where somebody is after a stretch, and the minutes of it that no span is left for."""
        rooms, last = self._rooms[person], len(self._rooms[person]) - 1
        ways, home = self.ways, self.from_home[person]
        turn, spent, again, here, out, before, pulled = state
        room, parts, at_part = rooms[turn], self._parts[person][turn], 0
        part, until = parts[0]
        carry = self._carry[person] if turn < last else 0.0
        building, done, count, inside = stretch.building, 0, len(stretch.doors), False
        while True:
            first, both = stretch.first[part], stretch.both[part]
            way = 0.0
            if not inside:
                way = out + ways[here][building] if here >= 0 else home[building]
                way += stretch.into[done]
            end, begin = count, spent + way - first[done]
            if begin + first[count - 1] + stretch.steps[count - 1] >= until:
                # The last doors are come to in the next part of the day.
                end = bisect_left(first, until - begin, done)
                if end > done and begin + first[end - 1] + stretch.steps[end - 1] >= until:
                    end -= 1
                if end <= done:
                    at_part += 1
                    part, until = parts[at_part]
                    continue
            left = room - spent - way
            taken, whole = first[end] - first[done], both[end] - both[done]
            begins = here < 0 or inside or turn == last or room - spent - again > TWICE
            fits = end
            if taken > left or whole > left - again + carry or (end < count and not begins):
                fits = done
                if begins:
                    fits = bisect_right(first, left + first[done], done, end)
                    owed = left - again + carry + both[done]
                    fits = max(done, min(fits, bisect_right(both, owed, done, end)) - 1)
            if fits > done:
                taken = first[fits] - first[done]
                spent += way + taken
                again += both[fits] - both[done] - taken
                here, out, done = building, stretch.out[fits - 1], fits
                if fits == count:
                    return (turn, spent, again, here, out, before, pulled), 0.0
                if fits == end:
                    inside, at_part = True, at_part + 1
                    part, until = parts[at_part]
                    continue
            if turn == last:
                return (turn, spent, again, here, out, before, pulled), both[count] - both[done]
            again = max(0.0, spent + again - room)
            before, turn, inside = before + room, turn + 1, False
            room, spent, here, out = rooms[turn], 0.0, -1, 0.0
            parts, at_part = self._parts[person][turn], 0
            part, until = parts[0]
            if turn == last:
                carry = 0.0

    def part(self, person: int, state: State) -> int:
        """The part of the day in which somebody is in a state."""
        parts = self._parts[person][state[0]]
        return next((part for part, until in parts if state[1] < until), parts[-1][0])

    def _parts_of(self, span: Span, pace: float) -> list[tuple[int, float]]:
        """The parts of the day that a span goes through, each until which of its minutes."""
        starts, found = self.world.request.parts, list[tuple[int, float]]()
        day = span.start // DAY * DAY
        turns = [day + d * DAY + start for d in (0, 1) for start in starts]
        inside = [turn for turn in turns if span.start < turn < span.end]
        for begin, end in zip([span.start, *inside], [*inside, inf], strict=True):
            found.append((self.world.part(begin), (end - span.start) / pace))
        return found


def _entering(world: World, pieces: Sequence[Piece]) -> dict[int, float]:
    """Minutes into each stairwell, up to its furthest floor and down again."""
    found: dict[int, float] = {}
    for piece in pieces:
        for door in (piece.doors[0], piece.doors[-1]):
            both = float(world.entering[door] + world.leaving[door])
            found[piece.unit] = max(found.get(piece.unit, 0.0), both)
    return found
