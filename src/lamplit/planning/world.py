"""A request made ready for computing: checked, indexed, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import planning as problems
from lamplit.planning.model import COUNTED, DAY, Door, Patience, Person, Request, Span
from lamplit.planning.travel import Floats, Ints, Ways

Needs = tuple[frozenset[str], frozenset[str]]
"""Languages of which somebody speaks one, skills of which they have all."""


@dataclass(frozen=True)
class World:
    """The arrays of a request: D doors, P people, B buildings, K parts of the day.

    Indices follow the request's order. `unit` numbers the stairwells, `need` the distinct pairs of
    languages and skills (0 asks for nothing); `able[p, need]` says who may go. `spans[p]` are what
    is left of a person's spans between now and the deadline. `visits` is the least number of
    attempts after which a door is done where nobody opens, at least one; `enough[d, n]` the number
    if they fall in n parts of the day, those before now counted in, D × (parts + 1). `tried_in` has
    a bit for each part tried, `gap` the minutes between two attempts.
    """

    request: Request
    ways: Ways
    building: Ints
    unit: Ints
    floor: Ints
    rank: Ints
    round: Ints
    need: Ints
    visits: Ints
    enough: Ints
    tried_in: Ints
    gap: Floats
    minutes: Floats
    spread: Floats
    chance: Floats
    able: NDArray[np.bool_]
    home: Ints
    pace: Floats
    spans: tuple[tuple[Span, ...], ...]

    @classmethod
    def of(cls, request: Request) -> World:
        """Check and index `request`. Raises LamplitError (planning.*) for what can't be planned."""
        check(request)
        places = {b.id: i for i, b in enumerate(request.buildings)}
        doors, people = request.doors, request.people
        needs: dict[Needs, int] = {(frozenset(), frozenset()): 0}
        need = [needs.setdefault((d.languages, d.skills), len(needs)) for d in doors]
        units: dict[tuple[str, str], int] = {}
        unit = [units.setdefault((d.building_id, d.unit), len(units)) for d in doors]
        parts = len(request.parts)
        patience = [d.patience or Patience((request.visit.attempts,)) for d in doors]
        enough = _ints(n for d, p in zip(doors, patience, strict=True) for n in _enough(d, p))
        enough = enough.reshape(len(doors), len(COUNTED) + 1)
        chances = [d.answers if len(d.answers) == parts else d.answers * parts for d in doors]
        return cls(
            request=request,
            ways=Ways.of(request.buildings, request.walking),
            building=_ints(places[d.building_id] for d in doors),
            unit=_ints(unit),
            floor=_ints(d.floor for d in doors),
            rank=_ints(d.rank for d in doors),
            round=_ints(d.round for d in doors),
            need=_ints(need),
            visits=enough.min(axis=1),
            enough=enough,
            tried_in=_ints(sum(1 << part for part in d.tried_in) for d in doors),
            gap=_floats(p.gap for p in patience),
            minutes=_floats(d.minutes for d in doors),
            spread=_floats(d.spread for d in doors),
            chance=np.array(chances, dtype=float).reshape(len(doors), parts),
            able=np.array([[_able(p, *n) for n in needs] for p in people], dtype=bool).reshape(
                len(people), len(needs)
            ),
            home=_ints(-1 if p.home is None else places[p.home] for p in people),
            pace=_floats(p.pace for p in people),
            spans=tuple(clipped(p.spans, request.now, request.deadline) for p in people),
        )

    @cached_property
    def served(self) -> Floats:
        """Expected minutes of a first attempt at each door in each part of the day, D × K."""
        visit = self.request.visit
        opened = (1 - visit.refuses) * self.minutes + visit.refuses * visit.refused
        return self.chance * opened[:, None] + (1 - self.chance) * visit.no_answer

    @cached_property
    def returns(self) -> Floats:
        """Expected minutes of all further attempts, by the part of the first, D × K.

        Later attempts meet the door's mean chance, and cost the way back as well.
        """
        mean = self.chance.mean(axis=1)
        each = self.served.mean(axis=1) + self.request.visit.back
        later = np.zeros(len(mean))
        for attempt in range(1, int(self.visits.max(initial=1))):
            later += np.where(self.visits > attempt, (1 - mean) ** (attempt - 1), 0.0)
        found: Floats = (1 - self.chance) * (later * each)[:, None]
        return found

    @cached_property
    def load(self) -> Floats:
        """Expected minutes of all attempts at each door, over the parts of the day, D."""
        found: Floats = (self.served + self.returns).mean(axis=1)
        return found

    @cached_property
    def entering(self) -> Floats:
        """Minutes from outside each door's stairwell to its floor, D."""
        ground = np.ones_like(self.floor)
        climbs = self.ways.climbs(self.building, ground, self.floor)
        return self.ways.entrance[self.building] + climbs

    @cached_property
    def leaving(self) -> Floats:
        """Minutes from each door's floor to the ground, D."""
        return self.ways.climbs(self.building, self.floor, np.ones_like(self.floor))

    def part(self, minute: float) -> int:
        """The part of the day that a minute lies in."""
        of_day = minute % DAY
        return max(0, sum(1 for start in self.request.parts if start <= of_day) - 1)

    def capacity(self, until: float | None = None) -> Floats:
        """Each person's working time before `until` (the deadline), in standard minutes, P."""
        end = self.request.deadline if until is None else until
        return np.array(
            [
                sum(max(0.0, min(s.end, end) - s.start) for s in spans) / pace
                for spans, pace in zip(self.spans, self.pace, strict=True)
            ],
            dtype=float,
        )

    def fits(self, person: int, door: Door) -> bool:
        """Whether a person works at some time within a door's windows."""
        if not door.windows:
            return bool(self.spans[person])
        return any(
            min(s.end, w.end) - max(s.start, w.start) >= 0
            for s in self.spans[person]
            for w in door.windows
        )


def clipped(spans: Iterable[Span], start: float, end: float) -> tuple[Span, ...]:
    """What of `spans` lies between two times."""
    cut = (Span(max(s.start, start), min(s.end, end)) for s in spans)
    return tuple(s for s in cut if s.end > s.start)


def check(request: Request) -> None:
    """Raise LamplitError (planning.*) for a request that makes no sense."""
    if not request.now < request.deadline or not isfinite(request.deadline):
        raise LamplitError(problems.TOO_LATE, deadline=request.deadline, now=request.now)
    buildings = _unique("building", [b.id for b in request.buildings])
    _unique("door", [d.id for d in request.doors])
    _unique("person", [p.id for p in request.people])
    for building in request.buildings:
        where = f"building {building.id}"
        for what in ("x", "y"):
            _number(where, what, getattr(building, what), low=-1e9)
        _number(where, "entrance", building.entrance)
    for door in request.doors:
        _check_door(door, buildings, len(request.parts))
    for person in request.people:
        where = f"person {person.id}"
        if person.home is not None and person.home not in buildings:
            raise LamplitError(problems.UNKNOWN, where=where, what="building", id=person.home)
        _number(where, "pace", person.pace, low=0.05, high=20)
        _number(where, "turns_up", person.turns_up, high=1)
        _check_spans(where, person.spans)
    _number("visit", "attempts", request.visit.attempts, low=1, high=10)
    _number("options", "replicates", request.options.replicates, low=1, high=100_000)
    _number("options", "seconds", request.options.seconds)


def _check_door(door: Door, buildings: set[str], parts: int) -> None:
    where = f"door {door.id}"
    if door.building_id not in buildings:
        raise LamplitError(problems.UNKNOWN, where=where, what="building", id=door.building_id)
    if len(door.answers) not in {1, parts}:
        raise LamplitError(problems.BAD_CHANCES, where=where, count=len(door.answers), parts=parts)
    for chance in door.answers:
        _number(where, "answers", chance, high=1)
    _number(where, "minutes", door.minutes, high=DAY)
    _number(where, "spread", door.spread, high=DAY)
    _number(where, "floor", door.floor, low=-20, high=300)
    if door.patience:
        for attempts in door.patience.attempts:
            _number(where, "attempts", attempts, low=1, high=10)
        _number(where, "gap", door.patience.gap)
    _check_spans(where, door.windows)


def _check_spans(where: str, spans: Sequence[Span]) -> None:
    before = float("-inf")
    for span in spans:
        if not (before <= span.start < span.end < float("inf")):
            raise LamplitError(problems.BAD_SPAN, where=where, start=span.start, end=span.end)
        before = span.end


def _number(where: str, what: str, value: float, *, low: float = 0.0, high: float = 1e9) -> None:
    if not low <= value <= high:
        must = f"{low:g} … {high:g}"
        raise LamplitError(problems.BAD_NUMBER, where=where, what=what, value=value, must=must)


def _unique(what: str, ids: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise LamplitError(problems.TWICE, what=what, id=one)
        seen.add(one)
    return seen


def _able(person: Person, languages: frozenset[str], skills: frozenset[str]) -> bool:
    speaks = not languages or bool(languages & person.languages)
    return speaks and skills <= person.skills


def _enough(door: Door, patience: Patience) -> list[int]:
    """Attempts still to be made, at least one, by the parts of the day tried (none to all)."""
    last = len(patience.attempts) - 1
    wanted = (patience.attempts[min(max(n - 1, 0), last)] for n in range(len(COUNTED) + 1))
    return [max(1, attempts - door.tried) for attempts in wanted]


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)
