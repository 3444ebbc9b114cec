"""When each door on a list is reached: a list walked through its person's spans, in expectation.

Each span keeps time free (`again`) for coming back to doors where nobody opened; a little of that
(`CARRY`) may wait for the next span, which fills the ends of spans that no whole visit fits. Doors
with fixed times are appointments: they leave the row and are gone to as soon as their time is open,
or just before it would be missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lamplit.planning.model import Span
from lamplit.planning.world import World

CARRY = 20.0
"""Minutes of coming back that may be left for a person's next span."""
TWICE = 4.0
"""About what it takes to enter a stairwell once more, in standard minutes."""


@dataclass
class Walk:
    """One span walked: (door, arrival) in order, when first attempts end, minutes for returns."""

    span: Span
    stops: list[tuple[int, float]] = field(default_factory=list)
    ends: float = 0.0
    again: float = 0.0
    moving: float = 0.0


@dataclass(frozen=True)
class Scheduled:
    """All spans of one person, and the doors that found no place."""

    walks: tuple[Walk, ...]
    over: tuple[int, ...]
    missed: tuple[int, ...]

    @property
    def finish(self) -> float | None:
        """When the last listed door is done, returns included; None without doors."""
        ends = [w.ends + w.again for w in self.walks if w.stops or w.again > 0]
        return max(ends) if ends else None

    @property
    def row(self) -> list[int]:
        """The listed doors, in order."""
        return [d for w in self.walks for d, _ in w.stops]

    def worked(self, world: World, person: int) -> float:
        """Standard minutes of work time until the list is done, idle ends of spans included.

        Doors that found no place count twice, so that lists without any are preferred.
        """
        finish = self.finish
        used = (
            0.0
            if finish is None
            else sum(max(0.0, min(w.span.end, finish) - w.span.start) for w in self.walks)
        )
        lost = float(world.load[[*self.over, *self.missed]].sum())
        return used / float(world.pace[person]) + 2 * lost


def schedule(world: World, person: int, row: Sequence[int]) -> Scheduled:
    """Walk `row` (door indices) through the person's spans; `over` and `missed` don't fit."""
    fixed = [d for d in row if world.request.doors[d].windows]
    walker = _Walker(world, person, [d for d in row if not world.request.doors[d].windows], fixed)
    spans = world.spans[person]
    walks = [walker.walk(span) for span in spans]
    return Scheduled(tuple(walks), tuple(walker.row[walker.at :]), tuple(walker.fixed))


class _Walker:
    """Walks a row span by span; `at` is the next door of the row, `fixed` what is still due."""

    def __init__(self, world: World, person: int, row: list[int], fixed: list[int]) -> None:
        self.world, self.row, self.fixed, self.at = world, row, fixed, 0
        self.home, self.pace = int(world.home[person]), float(world.pace[person])
        self.owed = self.carry = 0.0
        self.last = world.spans[person][-1] if world.spans[person] else None

    def walk(self, span: Span) -> Walk:
        """One span, from home: doors until the next would not be done in time."""
        self.carry = 0.0 if span is self.last else CARRY
        walk = Walk(span, ends=span.start, again=self.owed)
        here = -1
        while (step := self._appointment(walk, here) or self._next(walk, here)) is not None:
            door, arrive, way = step
            walk.stops.append((door, arrive))
            walk.moving += way
            stay, back = self._stay(door, arrive)
            walk.ends = arrive + stay
            walk.again += back
            here = door
        owed = walk.again
        walk.again = min(owed, span.end - walk.ends)
        self.owed = owed - walk.again
        return walk

    def _next(self, walk: Walk, here: int) -> tuple[int, float, float] | None:
        if self.at >= len(self.row):
            return None
        door = self.row[self.at]
        way = self._way(here, door)
        arrive = walk.ends + way
        if not self._has_room(walk, door, arrive) or self._is_left_for_next(walk, here):
            return None
        self.at += 1
        return door, arrive, way

    def _is_left_for_next(self, walk: Walk, here: int) -> bool:
        """Whether the next stairwell is better begun in the next span.

        It is where it would not be finished now and going home wastes less than entering it twice.
        """
        if here < 0 or walk.span is self.last:
            return False
        unit = self.world.unit[self.row[self.at]]
        idle = walk.span.end - walk.ends - walk.again
        if unit == self.world.unit[here] or idle > self.pace * TWICE:
            return False
        after = Walk(walk.span, ends=walk.ends, again=walk.again)
        for door in self.row[self.at :]:
            if self.world.unit[door] != unit:
                break
            arrive = after.ends + self._way(here, door)
            if not self._has_room(after, door, arrive):
                return True
            stay, back = self._stay(door, arrive)
            after.ends, after.again, here = arrive + stay, after.again + back, door
        return False

    def _has_room(self, walk: Walk, door: int, arrive: float) -> bool:
        stay, back = self._stay(door, arrive)
        waits = max(0.0, walk.again + back - self.carry)
        return arrive + stay + waits <= walk.span.end + 1e-9

    def _appointment(self, walk: Walk, here: int) -> tuple[int, float, float] | None:
        """The appointment to go to now, if one is open or would be missed after the next door."""
        best: tuple[float, int, float] | None = None
        for door in self.fixed:
            way = self._way(here, door)
            arrive = self._within(walk, door, walk.ends + way)
            if arrive is None:
                continue
            open_now = arrive <= walk.ends + way + 1e-9
            if (open_now or self._missed_after_next(walk, here, door)) and (
                best is None or (arrive, door) < best[:2]
            ):
                best = (arrive, door, way)
        if best is None:
            return None
        arrive, door, way = best
        self.fixed.remove(door)
        return door, arrive, way

    def _within(self, walk: Walk, door: int, arrive: float) -> float | None:
        """The first time from `arrive` on that lies in a window and leaves time for the visit."""
        for window in self.world.request.doors[door].windows:
            at = max(arrive, window.start)
            if at <= window.end and self._has_room(walk, door, at):
                return at
        return None

    def _missed_after_next(self, walk: Walk, here: int, door: int) -> bool:
        """Whether doing the row's next door first would be too late for an appointment."""
        if self.at >= len(self.row):
            return True
        following = self.row[self.at]
        arrive = walk.ends + self._way(here, following)
        if not self._has_room(walk, following, arrive):
            return True
        stay, back = self._stay(following, arrive)
        after = Walk(walk.span, ends=arrive + stay, again=walk.again + back)
        return self._within(after, door, after.ends + self._way(following, door)) is None

    def _stay(self, door: int, arrive: float) -> tuple[float, float]:
        """Expected minutes of the first attempt, and of coming back."""
        part = self.world.part(arrive)
        served, back = self.world.served[door, part], self.world.returns[door, part]
        return self.pace * float(served), self.pace * float(back)

    def _way(self, here: int, door: int) -> float:
        world, ways = self.world, self.world.ways
        building, floor = int(world.building[door]), int(world.floor[door])
        step = world.request.walking.next_door
        if here < 0:
            return self.pace * (step + ways.enter(self.home, building, floor))
        start = int(world.floor[here])
        if world.unit[here] == world.unit[door]:
            return self.pace * (step + ways.climb(building, start, floor))
        before = int(world.building[here])
        down = ways.climb(before, start, 1)
        return self.pace * (step + down + ways.enter(before, building, floor))
