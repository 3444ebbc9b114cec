"""A sweeper's day: a list fetched to the phone, doors in order, forms filled, sent when there is a
signal. The robots' steps of one minute go out side by side.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lamplit.planning.model import Span
from lamplit.replay.context import World
from lamplit.replay.ledger import Visit
from lamplit.replay.mind import Knock
from lamplit.replay.walk import GAP, Knocked
from lamplit.replay.wire import RefusedError

FORM = "lamplit_household_sweep"
PROGRAMME = "household_sweep"
HELD = ("accepted", "in_progress", "requested")


@dataclass
class Sweeper:
    """One person who goes round.

    `plan` are the place ids of the day's list in their order; `tried` what this person knows of
    the doors they knocked at: (when, how often); `born` when each form was filled in.
    """

    code: str
    spans: tuple[Span, ...] = ()
    plan: list[str] = field(default_factory=list)
    here: int = -1
    going: tuple[str, str] | None = None
    tried: dict[str, tuple[float, int]] = field(default_factory=dict)
    born: dict[str, float] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    """Tasks that this person has filled a form for, or doors where nobody is needed again."""
    withdrawn_at: float | None = None
    fetched: float = -1.0

    def span_at(self, minute: float) -> Span | None:
        """The span that a minute lies in."""
        return next((s for s in self.spans if s.start <= minute < s.end), None)

    def next_span(self, minute: float) -> Span | None:
        """The first span that begins after a minute."""
        return next((s for s in self.spans if s.start > minute), None)


Event = tuple[float, Callable[[], None]]


@dataclass
class Rounds:
    """The sweep as it goes on: who is where. `homes` says which home of the town a place is."""

    world: World
    homes: dict[str, int]
    sweepers: dict[str, Sweeper]
    attempts: dict[str, int] = field(default_factory=dict)
    knocks: list[Knocked] = field(default_factory=list)
    _joining: list[tuple[float, str]] = field(default_factory=list)

    def join(self, who: Sweeper) -> None:
        """Somebody new goes round from now on."""
        self.sweepers[who.code] = who
        now = self.world.days.minute(self.world.clock())
        span = who.span_at(now)
        following = who.next_span(now)
        if span or following:
            self._joining.append((now if span else following.start, who.code))  # type: ignore[union-attr]

    def day(
        self, codes: Sequence[str], events: Sequence[Event], moved: Callable[[float], None]
    ) -> None:
        """Let some people go through their day's spans; `events` happen at their minutes."""
        waiting = [(self.sweepers[c].spans[0].start, c) for c in codes if self.sweepers[c].spans]
        heapq.heapify(waiting)
        happenings = sorted(events, key=lambda one: one[0])
        while waiting:
            minute = waiting[0][0]
            while happenings and happenings[0][0] <= minute:
                self.world.at(happenings[0][0])
                happenings.pop(0)[1]()
            while self._joining:
                heapq.heappush(waiting, self._joining.pop())
            until = minute // 1 + 1
            now: list[tuple[float, str]] = []
            while waiting and waiting[0][0] < until:
                now.append(heapq.heappop(waiting))
            self.world.at(minute)
            found = self._steps(now)
            for following in found:
                heapq.heappush(waiting, following)
            moved(minute)
        for at, happens in happenings:
            self.world.at(at)
            happens()

    def _steps(self, now: list[tuple[float, str]]) -> list[tuple[float, str]]:
        following: list[tuple[float, str]] = []

        def step(one: tuple[float, str]) -> None:
            minute, code = one
            comes = self._step(self.sweepers[code], minute)
            if comes is not None:
                following.append((comes, code))

        self.world.together(step, now)
        return following

    def _step(self, who: Sweeper, minute: float) -> float | None:
        """What one does in a minute; gives when they do the next thing."""
        if who.withdrawn_at is not None and minute >= who.withdrawn_at:
            return None
        if who.going is not None:
            task, place = who.going
            who.going = None
            minute += self._visit(who, task, place, minute)
        self.world.deliver(who.code, minute, who.born)
        return self._set_out(who, minute)

    def _set_out(self, who: Sweeper, minute: float) -> float | None:
        span = who.span_at(minute)
        if span is None:
            following = who.next_span(minute)
            who.here = -1
            return following.start if following else None
        self._fetch(who, span, minute)
        step = self._choose(who, minute)
        if step is None:
            return self._wait(who, span, minute)
        task, place = step
        home = self.homes[place]
        arrives = minute + self.world.legs.way(who.here, home)
        if arrives >= span.end:
            following = who.next_span(minute)
            who.here = -1
            return following.start if following else None
        who.going, who.here = (task, place), home
        return arrives

    def _wait(self, who: Sweeper, span: Span, minute: float) -> float | None:
        """Nothing to do now: until a door may be tried again, or the next span."""
        again = [at + GAP for p, (at, _) in who.tried.items() if p not in who.over]
        later = [at for at in again if minute < at < span.end]
        if later:
            return min(later)
        following = who.next_span(minute)
        return following.start if following else None

    def _fetch(self, who: Sweeper, span: Span, minute: float) -> None:
        """Bring the phone up to date once a span, when there is a signal."""
        phone = self.world.phone(who.code)
        if who.fetched < span.start and phone.online(minute):
            phone.fetch()
            who.fetched = minute

    def _choose(self, who: Sweeper, minute: float) -> tuple[str, str] | None:
        """(task, place): the plan's doors first, then others that are mine, then those to try
        again; a door that somebody else has freed is left to whoever is asked to take it.
        """
        tasks = self.world.phone(who.code).tasks
        mine: dict[str, str] = {}
        for task, row in tasks.items():
            place = row.values.get("household", "")
            open_ = row.values.get("state") in HELD and row.values.get("programme") == PROGRAMME
            known = row.values.get("mine") == "yes" or place in who.tried
            if open_ and known and task not in who.over and place not in who.over:
                mine[place] = task
        fresh = [p for p in who.plan if p in mine and p not in who.tried]
        fresh += [p for p in mine if p not in who.tried and p not in who.plan]
        if fresh:
            return mine[fresh[0]], fresh[0]
        again = [p for p in mine if p in who.tried and who.tried[p][0] + GAP <= minute]
        for place in sorted(again, key=lambda p: who.tried[p]):
            if self._claimed(who, mine[place], minute):
                return mine[place], place
        return None

    def _claimed(self, who: Sweeper, task: str, minute: float) -> bool:
        """Make another attempt's task one's own; somebody else may have been faster."""
        phone = self.world.phone(who.code)
        if phone.tasks[task].values.get("mine") == "yes":
            return True
        if not phone.online(minute):
            return False
        try:
            self.world.caller(who.code).insist(f"claim:{who.code}:{task}", f"/tasks/{task}/claim")
        except RefusedError:
            who.over.add(task)
            return False
        self.world.ledger.claims += 1
        return True

    def _visit(self, who: Sweeper, task: str, place: str, minute: float) -> float:
        """Knock, fill in the form, keep it; gives how long it took."""
        home = self.homes[place]
        attempt = self.attempts.get(place, 0) + 1
        self.attempts[place] = attempt
        knock = self.world.mind.knock(home, minute, attempt)
        ends = minute + knock.minutes
        phone = self.world.phone(who.code)
        instance = phone.fill(FORM, self._answers(knock, task, minute, ends), task)
        self.world.ledger.note(
            Visit(
                instance, PROGRAMME, who.code, place, ends,
                knock.outcome.value, knock.found.value, knock.findings,
            )
        )  # fmt: skip
        who.born[instance] = ends
        who.tried[place] = (minute, who.tried.get(place, (0.0, 0))[1] + 1)
        who.over.add(task)
        if knock.done:
            who.over.add(place)
        self.knocks.append(Knocked(minute, who.code, home, attempt, knock))
        return knock.minutes

    def _answers(self, knock: Knock, task: str, minute: float, ends: float) -> dict[str, str]:
        """The form's questions, with the clock's times and the form's own calculation."""
        days = self.world.days
        failed = knock.answers["door"] in ("no_answer", "no_way_in")
        return {
            **knock.answers,
            "task": task,
            "started": days.instant(minute).isoformat(timespec="milliseconds"),
            "ended": days.instant(ends).isoformat(timespec="milliseconds"),
            "task_state": "failed" if failed else "completed",
        }
