"""A day of many people: what falls into the same minutes goes out side by side."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lamplit.planning.model import Span
from lamplit.replay.context import World

TICK = 4.0
"""Minutes that go out side by side; less than the server lets a phone's clock be ahead."""

Event = tuple[float, Callable[[], None]]


@dataclass
class Walker:
    """One person who is out. `born`: when each form was filled in; `here`: the home they stand at.

    Whoever has withdrawn does nothing from then on.
    """

    code: str
    spans: tuple[Span, ...] = ()
    here: int = -1
    born: dict[str, float] = field(default_factory=dict)
    withdrawn_at: float | None = None
    fetched: float = -1.0

    def span_at(self, minute: float) -> Span | None:
        """The span that a minute lies in."""
        return next((s for s in self.spans if s.start <= minute < s.end), None)

    def next_start(self, minute: float) -> float | None:
        """When the first span after a minute begins."""
        return next((s.start for s in self.spans if s.start > minute), None)


@dataclass
class Loop:
    """The engine of a day; what one does in a minute is for those who derive from it."""

    world: World
    waiting: list[tuple[float, str]] = field(default_factory=list)

    def walker(self, code: str) -> Walker:
        """Who bears a code."""
        raise NotImplementedError

    def step(self, who: Walker, minute: float) -> float | None:
        """What one does at a minute; gives when they do the next thing, None for never today."""
        raise NotImplementedError

    def day(
        self, codes: Sequence[str], events: Sequence[Event], moved: Callable[[float], None]
    ) -> None:
        """Let some people go through their day's spans; `events` happen at their minutes."""
        starts = ((self.walker(code).spans, code) for code in codes)
        self.waiting = [(spans[0].start, code) for spans, code in starts if spans]
        heapq.heapify(self.waiting)
        happenings = sorted(events, key=lambda one: one[0])
        while self.waiting or happenings:
            minute = self.waiting[0][0] if self.waiting else happenings[0][0]
            if happenings and happenings[0][0] <= minute:
                at, happens = happenings.pop(0)
                self.world.at(at)
                happens()
                continue
            self.world.at(minute)
            for following in self._side_by_side(self._due(minute + TICK)):
                heapq.heappush(self.waiting, following)
            moved(minute)

    def join(self, code: str, minute: float) -> None:
        """Let somebody do something at a minute of the day that runs."""
        heapq.heappush(self.waiting, (minute, code))

    def _due(self, until: float) -> list[tuple[float, str]]:
        now: list[tuple[float, str]] = []
        while self.waiting and self.waiting[0][0] < until:
            now.append(heapq.heappop(self.waiting))
        return now

    def _side_by_side(self, now: list[tuple[float, str]]) -> list[tuple[float, str]]:
        following: list[tuple[float, str]] = []

        def one(item: tuple[float, str]) -> None:
            minute, code = item
            who = self.walker(code)
            if who.withdrawn_at is not None and minute >= who.withdrawn_at:
                return
            comes = self.step(who, minute)
            if comes is not None:
                following.append((comes, code))

        self.world.together(one, now)
        return following
