"""People walking their lists in the town's truth: guided or not, with the same legs and minutes."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from lamplit.planning.model import Building, Span, Walking
from lamplit.planning.travel import Ways
from lamplit.replay.mind import Knock, Mind
from lamplit.replay.truth import Doors

GAP = 180.0
"""Minutes before anybody knocks at the same door again: the programme's own gap."""
ATTEMPTS = 3
TOWER_FLOORS = 10


@dataclass(frozen=True, slots=True)
class Legs:
    """How long the ways between a town's doors take."""

    doors: Doors
    ways: Ways
    building: np.ndarray

    @classmethod
    def of(cls, doors: Doors) -> Legs:
        """Buildings stand on a grid of streets in the order of their numbers; towers have lifts."""
        names = list(dict.fromkeys(doors.building))
        numbers = {name: at for at, name in enumerate(names)}
        index = np.array([numbers[name] for name in doors.building])
        floors = np.zeros(len(names), dtype=np.int64)
        np.maximum.at(floors, index, doors.floor)
        made = [
            Building(name, *stands(at), int(floors[at]), bool(floors[at] >= TOWER_FLOORS))
            for at, name in enumerate(names)
        ]
        return cls(doors, Ways.of(made, Walking()), index)

    def stairwell(self, home: int) -> tuple[int, int]:
        """The building and unit of a home; (-1, -1) of somebody who is at none."""
        return (-1, -1) if home < 0 else (int(self.building[home]), int(self.doors.unit[home]))

    def way(self, here: int, home: int) -> float:
        """Minutes from one door (-1: from the community's office) to another."""
        walking = self.ways.walking
        building, floor = int(self.building[home]), int(self.doors.floor[home])
        if here < 0:
            return walking.next_door + self.ways.enter(-1, building, floor)
        before, start = int(self.building[here]), int(self.doors.floor[here])
        if before == building and self.doors.unit[here] == self.doors.unit[home]:
            return walking.next_door + self.ways.climb(building, start, floor)
        down = self.ways.climb(before, start, 1)
        return walking.next_door + down + self.ways.enter(before, building, floor)


def stands(number: int) -> tuple[float, float]:
    """Where the building with a number stands, in metres; nine to a row, back and forth."""
    row, along = divmod(number, 9)
    return (8 - along if row % 2 else along) * 70.0, row * 55.0


@dataclass(frozen=True, slots=True)
class Walker:
    """One person with their hours (in minutes of the story) and the doors in their order."""

    id: str
    spans: tuple[Span, ...]
    row: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Knocked:
    """One knock of one person, when, where, the how-manieth there, and what came of it."""

    minute: float
    person: str
    home: int
    attempt: int
    knock: Knock


@dataclass(slots=True)
class List:
    """A list as it is being walked: first attempts in order, and where nobody opened again in the
    door's own turn once it is due, as a list from the server has it.

    `again` holds (when it is due, home, the how-manieth time).
    """

    row: list[int]
    at: int = 0
    again: list[tuple[float, int, int]] = field(default_factory=list)
    turns: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """The turn of each home, by which those that are due stand."""
        self.turns = {home: turn for turn, home in enumerate(self.row)}

    def next(self, minute: float) -> tuple[int, int] | None:
        """(home, attempt) to go to now; None where there is none, or none yet."""
        due = [one for one in self.again if one[0] <= minute]
        if due:
            first = min(due, key=lambda one: self.turns[one[1]])
            self.again.remove(first)
            heapq.heapify(self.again)
            return first[1:]
        if self.at < len(self.row):
            self.at += 1
            return self.row[self.at - 1], 1
        return None

    def later(self, minute: float, home: int, attempt: int) -> None:
        """Come again, after the gap, unless enough was tried."""
        if attempt < ATTEMPTS:
            heapq.heappush(self.again, (minute + GAP, home, attempt + 1))

    def waits_until(self) -> float | None:
        """When the next door may be gone to again; None where the list is through."""
        return self.again[0][0] if self.again else None


def walk(mind: Mind, legs: Legs, walker: Walker) -> Iterator[Knocked]:
    """What one person does with their list."""
    doors = List(list(walker.row))
    for span in walker.spans:
        minute, here = span.start, -1
        while minute < span.end:
            step = doors.next(minute)
            if step is None:
                waits = doors.waits_until()
                if waits is None or waits >= span.end:
                    break
                minute = waits
                continue
            home, attempt = step
            minute += legs.way(here, home)
            if minute >= span.end:
                doors.row.insert(doors.at, home) if attempt == 1 else heapq.heappush(
                    doors.again, (minute, home, attempt)
                )
                break
            knock = mind.knock(home, minute, attempt)
            yield Knocked(minute, walker.id, home, attempt, knock)
            if not knock.done:
                doors.later(minute, home, attempt)
            minute, here = minute + knock.minutes, home


def sweep(mind: Mind, legs: Legs, walkers: Sequence[Walker]) -> list[Knocked]:
    """What all do, in order of time."""
    return sorted(
        (one for walker in walkers for one in walk(mind, legs, walker)),
        key=lambda one: (one.minute, one.person),
    )
