"""A street of its own making: a plan's lists walked door by door, with one draw of luck.

It shares the plan's assumptions (who opens how often, how long visits take, who comes) and none of
its arithmetic: people are let loose on a clock, each goes to the first door of their list that may
be tried now, and whoever has none there helps out at any other that is open.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from math import log1p, sqrt
from random import Random

from lamplit.planning.model import COUNTED, DAY, Door, Plan
from lamplit.planning.travel import Ways


@dataclass
class _Story:
    """How far one door has come."""

    attempts: int = 0
    parts: set[int] = field(default_factory=set)
    last: float = -1e9
    slot: tuple[float, int] = (-1, -1)
    done: bool = False


class Street:
    """One plan's lists, walked with one seed."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.request, self.luck = plan.request, Random(seed)
        self.doors = {d.id: d for d in self.request.doors}
        self.ways = Ways.of(self.request.buildings, self.request.walking)
        self.places = {b.id: i for i, b in enumerate(self.request.buildings)}
        self.lists = plan.lists()
        self.stories = {d: _Story() for d in self.doors}
        self.spans = {}
        for person in self.request.people:
            days = {int(s.start // DAY) for s in person.spans}
            away = {day for day in sorted(days) if self.luck.random() >= person.turns_up}
            self.spans[person.id] = [s for s in person.spans if s.start // DAY not in away]

    def walk(self) -> float:
        """Everybody goes until the deadline; the share of doors done by then."""
        people = {p.id: p for p in self.request.people}
        queue = [(s.start, p, s.end, None) for p in people for s in self.spans[p]]
        heapq.heapify(queue)
        while queue:
            now, person, end, here = heapq.heappop(queue)
            pace = people[person].pace
            for door in (*self._own(person), *self._others(person)):
                arrive = now + pace * self._way(people[person].home, here, door)
                if self._may(door, arrive) and arrive + pace * self._expected(door) <= end:
                    after = self._visit(door, arrive, pace)
                    heapq.heappush(queue, (after, person, end, door.id))
                    break
            else:
                if now + 10 < end:  # ten minutes of tea, and another look at the list
                    heapq.heappush(queue, (now + 10, person, end, here))
        return sum(s.done for s in self.stories.values()) / len(self.stories)

    def _own(self, person: str) -> list[Door]:
        return [self.doors[d] for d in self.lists.get(person, ()) if not self.stories[d].done]

    def _others(self, person: str) -> list[Door]:
        mine = self.lists.get(person, ())
        return [d for d in self.doors.values() if d.id not in mine and not self.stories[d.id].done]

    def _may(self, door: Door, at: float) -> bool:
        return at >= self.stories[door.id].last + door.patience.gap

    def _expected(self, door: Door) -> float:
        return sum(door.answers) / len(door.answers) * door.minutes

    def _way(self, home: str | None, here: str | None, door: Door) -> float:
        walking, to = self.request.walking, self.places[door.building_id]
        if here is None:
            start = self.places[home] if home else -1
            return walking.next_door + self.ways.enter(start, to, door.floor)
        before = self.doors[here]
        if (before.building_id, before.unit) == (door.building_id, door.unit):
            return walking.next_door + self.ways.climb(to, before.floor, door.floor)
        start = self.places[before.building_id]
        down = self.ways.climb(start, before.floor, 1)
        return walking.next_door + down + self.ways.enter(start, to, door.floor)

    def _visit(self, door: Door, arrive: float, pace: float) -> float:
        """One attempt; gives when it is over."""
        story, visit, parts = self.stories[door.id], self.request.visit, self.request.parts
        part = sum(start <= arrive % DAY for start in parts) - 1
        chance = door.answers[part % len(door.answers)]
        if (arrive // DAY, part) == story.slot:
            chance *= visit.again
        opens = self.luck.random() < chance
        minutes = visit.no_answer
        if opens and self.luck.random() < visit.refuses:
            minutes = visit.refused
        elif opens:
            sigma = sqrt(log1p((door.spread / door.minutes) ** 2))
            minutes = door.minutes * self.luck.lognormvariate(-(sigma**2) / 2, sigma)
        over = arrive + pace * minutes
        story.attempts, story.slot, story.last = story.attempts + 1, (arrive // DAY, part), over
        story.parts.add(sum(start <= over % DAY for start in COUNTED) - 1)
        enough = door.patience.attempts[len(story.parts) - 1]
        story.done = opens or story.attempts >= enough
        return over
