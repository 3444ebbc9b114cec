"""Going from door to door: a list fetched to the phone, doors in order, forms filled, and sent when
there is a signal.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lamplit.planning.model import Span
from lamplit.replay.chapters.loop import Loop, Walker
from lamplit.replay.ledger import Visit
from lamplit.replay.mind import Knock
from lamplit.replay.walk import GAP, Knocked
from lamplit.replay.wire import RefusedError

PROGRAMME = "household_sweep"
HELD = ("accepted", "in_progress", "requested")


@dataclass
class Sweeper(Walker):
    """One person who goes from door to door.

    `tried` is when this person knocked where; `over` are tasks that a form was filled for, and
    places where nobody is needed again.
    """

    going: tuple[str, str] | None = None
    tried: dict[str, float] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)


@dataclass
class Rounds(Loop):
    """The rounds as they go on. `homes` says which home of the town a place is."""

    homes: dict[str, int] = field(default_factory=dict)
    sweepers: dict[str, Sweeper] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    knocks: list[Knocked] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Places that somebody has claimed today although they were nobody's."""
    programme: str = PROGRAMME
    gap: float = GAP

    def walker(self, code: str) -> Walker:
        """Who bears a code."""
        return self.sweepers[code]

    def step(self, who: Walker, minute: float) -> float | None:
        """Send what is filled in; then knock, if at a door; else set out for the next."""
        assert isinstance(who, Sweeper)
        self.world.deliver(who.code, minute, who.born)
        if who.going is None:
            return self._set_out(who, minute)
        task, place = who.going
        who.going = None
        return minute + self.visit(who, task, place, minute)

    def visit(self, who: Sweeper, task: str, place: str, minute: float) -> float:
        """Knock, fill in the form, keep it; gives how long it took."""
        knock = self.knock(who, place, minute)
        ends = minute + knock.minutes
        self.note(who, task, place, minute, ends, knock)
        return knock.minutes

    def knock(self, who: Sweeper, place: str, minute: float) -> Knock:
        """Knock at a place, the how-manieth time whoever came before."""
        home = self.homes[place]
        attempt = self.attempts.get(place, 0) + 1
        self.attempts[place] = attempt
        knock = self.world.mind.knock(home, minute, attempt)
        self.knocks.append(Knocked(minute, who.code, home, attempt, knock))
        return knock

    def note(
        self, who: Sweeper, task: str, place: str, minute: float, ends: float, knock: Knock
    ) -> None:
        """Fill in the form of a knock, and write it into the book."""
        failed = knock.answers.get("door") in ("no_answer", "no_way_in")
        answers = self.times(minute, ends) | {
            **knock.answers, "task": task, "task_state": "failed" if failed else "completed",
        }  # fmt: skip
        instance = self.world.phone(who.code).fill(f"lamplit_{self.programme}", answers, task)
        self.world.ledger.note(
            Visit(
                instance, self.programme, who.code, place, ends,
                knock.outcome.value, knock.found.value, knock.findings, task=task,
            )
        )  # fmt: skip
        self.remember(who, instance, task, place, minute, ends, done=knock.done)

    def remember(
        self,
        who: Sweeper,
        instance: str,
        task: str,
        place: str,
        minute: float,
        ends: float,
        *,
        done: bool,
    ) -> None:
        """What one knows oneself of where one has been."""
        who.born[instance] = ends
        who.tried[place] = minute
        who.over.add(task)
        if done:
            who.over.add(place)

    def times(self, minute: float, ends: float) -> dict[str, str]:
        """When a form was begun and ended, by the phone's clock."""
        days = self.world.days
        return {
            "started": days.instant(minute).isoformat(timespec="milliseconds"),
            "ended": days.instant(ends).isoformat(timespec="milliseconds"),
        }

    def _set_out(self, who: Sweeper, minute: float) -> float | None:
        span = who.span_at(minute)
        if span is None:
            who.here = -1
            return who.next_start(minute)
        self._fetch(who, span, minute)
        step = self._choose(who, minute)
        if step is None:
            return self._wait(who, span, minute)
        task, place = step
        home = self.homes[place]
        arrives = minute + self.world.legs.way(who.here, home)
        if arrives >= span.end:
            who.here = -1
            return who.next_start(minute)
        who.going, who.here = (task, place), home
        return arrives

    def _wait(self, who: Sweeper, span: Span, minute: float) -> float | None:
        """Nothing to do now: until a door may be tried again, or the next span."""
        again = [at + self.gap for p, at in who.tried.items() if p not in who.over]
        later = [at for at in again if minute < at < span.end]
        return min(later) if later else who.next_start(minute)

    def _fetch(self, who: Sweeper, span: Span, minute: float) -> None:
        """Bring the phone up to date once a span, when there is a signal."""
        phone = self.world.phone(who.code)
        if who.fetched < span.start and phone.online(minute):
            phone.fetch()
            who.fetched = minute

    def _choose(self, who: Sweeper, minute: float) -> tuple[str, str] | None:
        """(task, place): the first on one's list, as the phone has it, at which one was not in the
        last hours; then doors that nobody has.
        """
        for place, task in self.mine(who).items():
            tried = who.tried.get(place)
            waits = tried is not None and tried + self.gap > minute
            if not waits and self._claimed(who, task, minute):
                return task, place
        return self.free(who, minute)

    def free(self, who: Sweeper, minute: float) -> tuple[str, str] | None:
        """A door that nobody has, claimed: in the stairwell one stands in, else the first."""
        phone = self.world.phone(who.code)
        rows = [
            (task, row.values["household"])
            for task, row in phone.tasks.items()
            if row.values.get("programme") == self.programme
            and row.values.get("mine") != "yes"
            and row.values.get("household", "") in self.homes
            and not {task, row.values["household"]} & (who.over | self.taken)
        ]
        unit = self.world.legs.stairwell(who.here)
        rows.sort(key=lambda one: self.world.legs.stairwell(self.homes[one[1]]) != unit)
        for task, place in rows:
            if place in who.tried or not phone.online(minute):
                continue
            self.taken.add(place)
            if self._claimed(who, task, minute):
                return task, place
        return None

    def mine(self, who: Sweeper) -> dict[str, str]:
        """Place to task: what the phone says is mine, in its order, and doors that I have tried
        myself.
        """
        mine: dict[str, str] = {}
        for task, row in self.world.phone(who.code).tasks.items():
            values, place = row.values, row.values.get("household", "")
            fits = values.get("state") in HELD and values.get("programme") == self.programme
            known = values.get("mine") == "yes" or place in who.tried
            if fits and known and place in self.homes and not {task, place} & who.over:
                mine[place] = task
        return mine

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
