"""Whether the deadline holds: the lists lived through many times, with luck as it comes.

Drawn for each replicate, all from the request's seed: who turns up on which day, whether somebody
opens at each attempt (`Door.answers` by the part of the day in which it really falls, and
`Visit.again` less likely for another attempt within the same part), who refuses, and how long each
visit takes (log-normal with the door's mean and spread).

A door is done when somebody opened, or by its `Patience`: after so many attempts, if they fell in
so many parts of the day. People work through their own list span by span: first attempts that are
due, in order; then doors where nobody opened in another part of the day (in their last span, any),
those tried within the gap left out; then doors planned for later; and last they wait for doors
whose gap ends within the span. A visit begins only if it is expected to end within the span. When
spans that overlap are over whoever has time left in theirs takes over, door by door, what absent or
late neighbours were due to do: see `lamplit.planning.takeover`. Doors draw the same luck whoever
goes there, so that plans for the same doors can be compared (common random numbers).

Arrays are doors or people × replicates; a step moves everybody on by one place in their lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lamplit.domain.intervals import wilson
from lamplit.planning.lists import Lists
from lamplit.planning.model import COUNTED, DAY, Chance, Forecast, Share, Span, Why
from lamplit.planning.travel import Floats, Ints
from lamplit.planning.world import World

Bools = NDArray[np.bool_]
WAIT = 15.0
"""Minutes that somebody waits for a door's fixed time to begin."""
_COUNT = np.array([bin(n).count("1") for n in range(1 << len(COUNTED))])
"""How many parts of the day a set of them has, as bits."""


@dataclass
class Luck:
    """What was drawn: uniforms by attempt × door, visit factors by door, attendance by day."""

    answer: NDArray[np.float32]
    length: NDArray[np.float32]
    present: Bools

    @classmethod
    def draw(cls, world: World, days: int, replicates: int) -> Luck:
        """Everything that is left to luck, from the seed."""
        doors, people = len(world.rank), len(world.pace)
        seeds = np.random.SeedSequence(world.request.options.seed).spawn(3)
        first, second, third = (np.random.default_rng(s) for s in seeds)
        attempts = int(world.enough.max(initial=1))
        mean = np.maximum(world.minutes, 1e-6)
        log_variance = np.log1p((world.spread / mean) ** 2)
        normal = second.standard_normal((doors, replicates), dtype=np.float32)
        sigma = np.sqrt(log_variance)[:, None].astype(np.float32)
        turns_up = np.array([p.turns_up for p in world.request.people])
        return cls(
            answer=first.random((attempts, doors, replicates), dtype=np.float32),
            length=np.exp(sigma * normal - sigma**2 / 2),
            present=third.random((people, days, replicates)) < turns_up[:, None, None],
        )


@dataclass
class State:
    """How far a run has come. Doors × replicates, but for `clock` and `here`: people × replicates.

    `here` is the door at which somebody stands, -1 at home; `slot` numbers the part of the day of
    the last attempt, `last` is when it ended; `tried_in` has a bit for each part that counts.
    """

    attempts: NDArray[np.int8]
    closed: Bools
    reached: Bools
    slot: NDArray[np.int16]
    last: NDArray[np.float32]
    tried_in: NDArray[np.int8]
    closed_at: NDArray[np.float32]
    clock: Floats
    here: Ints

    @classmethod
    def start(cls, world: World, replicates: int, skipped: Collection[int]) -> State:
        """Before the first visit; `skipped` doors count as closed already."""
        doors, people = (len(world.rank), replicates), (len(world.pace), replicates)
        state = cls(
            attempts=np.zeros(doors, dtype=np.int8),
            closed=np.zeros(doors, dtype=bool),
            reached=np.zeros(doors, dtype=bool),
            slot=np.full(doors, -1, dtype=np.int16),
            last=np.full(doors, -np.inf, dtype=np.float32),
            tried_in=np.broadcast_to(world.tried_in[:, None], doors).astype(np.int8),
            closed_at=np.zeros(doors, dtype=np.float32),
            clock=np.zeros(people),
            here=np.full(people, -1, dtype=np.int64),
        )
        state.closed[np.asarray(sorted(skipped), dtype=np.int64)] = True
        return state


class Run:
    """One Monte Carlo run of everybody's lists."""

    def __init__(
        self, world: World, lists: Lists, replicates: int, skipped: Collection[int] = ()
    ) -> None:
        self.world, self.replicates = world, replicates
        self.first_day = int(world.request.now // DAY)
        self.days = int(world.request.deadline // DAY) - self.first_day + 1
        self.luck = Luck.draw(world, self.days, replicates)
        self.state = State.start(world, replicates, skipped)
        self.order, self.due = _orders(lists)
        self.due_at = np.full(len(world.rank), world.request.deadline)
        listed = self.order >= 0
        self.due_at[self.order[listed]] = self.due[listed]
        # Doors that nobody can do stay open; no amount of time left takes them over.
        self.hopeless = np.zeros(len(world.rank), dtype=bool)
        for door, why in lists.left.items():
            self.hopeless[door] = why is not Why.NO_TIME

    def live(self, after: Callable[[Run, int, Floats, bool], None]) -> None:
        """All days, from the morning on; `after(run, day, ends, last)` is called whenever a turn of
        spans is over (`turns_of`); twice at the very end (`last`).

        `ends` says when the span ends that each person has just had, 0 where there was none.
        """
        for day in range(self.days):
            turns = turns_of(self.world.spans, self.first_day + day)
            for turn, spans in enumerate(turns):
                self._spans(day, spans)
                ends = np.array([s.end if s else 0.0 for s in spans])
                last = turn == len(turns) - 1 and day == self.days - 1
                for _ in range(2 if last else 1):
                    after(self, day, ends, last)

    def _spans(self, day: int, spans: Sequence[Span | None]) -> None:
        """One span of everybody who has one, from home."""
        start = np.array([0.0 if s is None else s.start for s in spans])
        end = np.array([-1.0 if s is None else s.end for s in spans])
        at_work = self.luck.present[:, day, :] & (end > 0)[:, None]
        mine = end > 0
        self.state.clock[mine] = start[mine, None]
        self.state.here[mine] = -1
        final = np.array(
            [
                s is not None and s is own[-1]
                for s, own in zip(spans, self.world.spans, strict=True)
            ],
            dtype=bool,
        )
        purposes = ("due", "again", "ahead", *(("waits",) if self.world.gap.any() else ()))
        for purpose in purposes:
            for place in range(len(self.order)):
                self._step(place, purpose, start, end, at_work, final)

    def _step(
        self, place: int, purpose: str, start: Floats, end: Floats, at_work: Bools, final: Bools
    ) -> None:
        """Everybody at one place of their lists: go there, if that is what they do now."""
        doors = self.order[place]
        who = doors >= 0
        if purpose == "due":
            who = who & (self.due[place] <= start)
        people = np.flatnonzero(who & (end > 0))
        if not len(people):
            return
        door = doors[people]
        state = self.state
        tried = state.attempts[door]
        wanted = at_work[people] & ~state.closed[door]
        again = purpose in ("again", "waits")
        wanted &= tried > 0 if again else tried == 0
        some = wanted.any(axis=1)
        if some.any():
            people, door = people[some], door[some]
            same = final[people] | (not again)
            self._visit(people, door, wanted[some], end[people], same, waits=purpose == "waits")

    def _visit(
        self, people: Ints, door: Ints, wanted: Bools, end: Floats, same: Bools, *, waits: bool
    ) -> None:
        """Go to `door[i]` where `wanted[i]`, if it can be done before `end[i]`.

        Unless `same[i]`, not within the part of the day of the last attempt. Where the gap since
        then has not passed one `waits` for it, or goes on.
        """
        world, state = self.world, self.state
        pace = world.pace[people, None]
        arrive = state.clock[people] + pace * self.way(people, door)
        arrive = self._in_window(door, arrive)
        rested = state.last[door] + world.gap[door, None]
        if waits:
            arrive = np.maximum(arrive, rested)
        part = self.parts(arrive)
        expected = pace * np.take_along_axis(world.served[door], part, axis=1)
        slot = (arrive // DAY).astype(np.int16) * len(world.request.parts) + part
        wanted = wanted & (arrive + expected <= end[:, None])
        wanted &= same[:, None] | (slot != state.slot[door])
        wanted &= arrive >= rested
        if not wanted.any():
            return
        opened, stay = self.outcome(door, part, slot)
        done = arrive + pace * stay
        state.clock[people] = np.where(wanted, done, state.clock[people])
        state.here[people] = np.where(wanted, door[:, None], state.here[people])
        self.settle(door, wanted, opened, slot, done)

    def outcome(self, door: Ints, part: Ints, slot: NDArray[np.int16]) -> tuple[Bools, Floats]:
        """Who opens at the next attempt, and the minutes it takes, doors × replicates."""
        visit, state = self.world.request.visit, self.state
        attempt = np.minimum(state.attempts[door], len(self.luck.answer) - 1)
        drawn = self.luck.answer[attempt, door[:, None], np.arange(self.replicates)]
        chance = np.take_along_axis(self.world.chance[door], part, axis=1)
        chance = np.where(slot == state.slot[door], chance * visit.again, chance)
        opened: Bools = drawn < chance
        welcome = np.where(
            drawn < chance * visit.refuses,
            visit.refused,
            self.world.minutes[door, None] * self.luck.length[door],
        )
        return opened, np.where(opened, welcome, visit.no_answer)

    def settle(
        self, door: Ints, made: Bools, opened: Bools, slot: NDArray[np.int16], done: Floats
    ) -> None:
        """Write down attempts that were made."""
        state = self.state
        state.attempts[door] += made
        state.slot[door] = np.where(made, slot, state.slot[door])
        state.reached[door] |= made & opened
        state.last[door] = np.where(made, done, state.last[door])
        part = np.searchsorted(COUNTED, done % DAY, side="right") - 1
        state.tried_in[door] |= np.where(made, 1 << part, 0).astype(np.int8)
        parts = _COUNT[state.tried_in[door]]
        spent = state.attempts[door] >= self.world.enough[door[:, None], parts]
        closes = made & (opened | spent)
        state.closed[door] |= closes
        state.closed_at[door] = np.where(closes, done, state.closed_at[door])

    def way(self, people: Ints, door: Ints) -> Floats:
        """Standard minutes from where everybody stands to the doors, people × replicates."""
        here = self.state.here[people]
        home = np.broadcast_to(self.world.home[people, None], here.shape)
        return ways_between(self.world, here, home, np.broadcast_to(door[:, None], here.shape))

    def parts(self, minute: Floats) -> Ints:
        """The part of the day of each minute."""
        starts = np.asarray(self.world.request.parts)
        found = np.searchsorted(starts, minute % DAY, side="right") - 1
        return np.maximum(found, 0)

    def _in_window(self, door: Ints, arrive: Floats) -> Floats:
        """Arrivals moved to the fixed times of doors that have any; never, if they are far off."""
        for at, one in enumerate(door):
            windows = self.world.request.doors[int(one)].windows
            if windows:
                moved = np.full(arrive.shape[1], np.inf)
                for w in reversed(windows):
                    fits = (arrive[at] >= w.start - WAIT) & (arrive[at] <= w.end)
                    moved = np.where(fits, np.maximum(arrive[at], w.start), moved)
                arrive[at] = np.where(np.isfinite(moved), moved, 1e9)
        return arrive

    def owed(self) -> Floats:
        """Expected minutes still to be worked at the deadline, per replicate."""
        possible = ~self.state.closed & ~self.hopeless[:, None]
        found: Floats = self.world.load @ possible + 3.0 * possible.sum(axis=0)
        return found

    def forecast(self) -> Forecast:
        """The probability, the finish and the doors reached of this run."""
        state, request = self.state, self.world.request
        still = ~state.closed
        owed = self.owed()
        daily = float(self.world.capacity().sum()) / max(1, self.days)
        beyond = request.deadline + (DAY * owed / daily if daily else np.full(len(owed), DAY))
        last = state.closed_at.max(axis=0, initial=request.now)
        finish = np.where(owed > 0, beyond, last)
        early, middle, late = np.quantile(finish, [0.1, 0.5, 0.9])
        shares = state.closed.mean(axis=0) if len(still) else np.ones(self.replicates)
        mean, (low, high) = float(shares.mean()), np.quantile(shares, [0.1, 0.9])
        return Forecast(
            holds=chance_of(int((~still.any(axis=0)).sum()), self.replicates),
            done=Share(mean, min(float(low), mean), max(float(high), mean)),
            finish=float(middle),
            early=float(early),
            late=float(late),
            reached=float(state.reached.sum(axis=0).mean()),
            open_doors=float(still.sum(axis=0).mean()),
        )


def chance_of(held: int, replicates: int) -> Chance:
    """A share of replicates with its Wilson interval."""
    interval = wilson(held, replicates)
    assert interval is not None  # there is at least one replicate
    return Chance(held / replicates, interval, replicates)


def ways_between(world: World, here: Ints, home: Ints, door: Ints) -> Floats:
    """Standard minutes from doors `here` (-1: from `home`) to `door`, arrays of one shape."""
    ways, walking = world.ways, world.request.walking
    building = world.building[door]
    out = here >= 0
    before = np.where(out, world.building[here], home)
    across = np.where(before >= 0, ways.walk[before, building], 0.0)
    across[before == building] = walking.next_unit
    found = across + world.entering[door] + np.where(out, world.leaving[here], 0.0)
    inside = out & (world.unit[here] == world.unit[door])
    if inside.any():
        start, end = here[inside], door[inside]
        found[inside] = ways.climbs(building[inside], world.floor[start], world.floor[end])
    return found + walking.next_door


def turns_of(spans: Sequence[Sequence[Span]], day: int) -> list[list[Span | None]]:
    """The spans of one day in turns, a span or none for each person: those that overlap are lived
    at once, and a turn ends where one begins that somebody of the turn is done before.

    Nobody has two spans in one turn: their second begins when their first has ended.
    """
    today = sorted(
        (s, person) for person, own in enumerate(spans) for s in own if int(s.start // DAY) == day
    )
    turns: list[list[Span | None]] = []
    ends = -float("inf")
    for span, person in today:
        if span.start >= ends:
            turns.append([None] * len(spans))
            ends = float("inf")
        turns[-1][person] = span
        ends = min(ends, span.end)
    return turns


def _orders(lists: Lists) -> tuple[Ints, Floats]:
    """Door and due time (the start of its span) of each place of each list, places × people."""
    rows = [[(d, w.span.start) for w in s.walks for d, _ in w.stops] for s in lists.walked]
    longest = max((len(r) for r in rows), default=0)
    order = np.full((longest, len(rows)), -1, dtype=np.int64)
    due = np.full((longest, len(rows)), np.inf)
    for person, row in enumerate(rows):
        if row:
            order[: len(row), person], due[: len(row), person] = zip(*row, strict=True)
    return order, due
