"""Volunteers going from door to door: one list each, so many doors in each part of a day."""

from __future__ import annotations

from dataclasses import dataclass, field

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Step
from lamplit.replay.mind import Knock
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.replay.walk import ATTEMPTS, GAP
from lamplit.services.field.homes import reveal
from lamplit.services.field.tasks import tasks

PARTS = ((8.6, 11.4), (14.0, 17.0), (18.0, 20.2))
"""Hours of the three parts of a day in which people knock."""
LOOKED = 0.25
"""How often a volunteer opens the evidence before going to a door."""


@dataclass
class Rounds:
    """A sweep's rounds; `met` are the places that need nobody again."""

    hood: Hood
    campaign: str
    campaign_id: str = ""
    purpose: str = "epidemic_support"
    programme: str = "household_sweep"
    attempts: dict[str, int] = field(default_factory=dict)
    tried: dict[str, float] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    knocks: list[tuple[float, str, Knock]] = field(default_factory=list)

    def send_out(self, code: str, row: list[str], day: int, part: int, pace: int) -> None:
        """Let somebody go through a list in a part of a day, `pace` doors at the most."""
        start, end = (day * DAY + hour * 60 for hour in PARTS[part])
        luck = len(code) + sum(map(ord, code)) % 17
        begins = start + luck
        self.hood.timeline.at(begins, self._next, code, row, begins, end, pace, -1)

    def _next(
        self, code: str, row: list[str], minute: float, end: float, left: int, here: int
    ) -> None:
        place = self._choose(row, minute)
        if place is None or left <= 0:
            return
        home = self.hood.homes[place]
        arrives = minute + self.hood.legs.way(here, home)
        if arrives >= end:
            return
        self.hood.timeline.at(arrives, self._knock, code, row, place, arrives, end, left)

    def _choose(self, row: list[str], minute: float) -> str | None:
        """The first door that was not tried, else one that may be tried again."""
        fresh = [p for p in row if p not in self.met and p not in self.tried]
        if fresh:
            return fresh[0]
        again = [
            p for p in row
            if p not in self.met and self.tried[p] + GAP < minute and self.attempts[p] < ATTEMPTS
        ]  # fmt: skip
        return min(again, key=self.tried.__getitem__, default=None)

    def _knock(
        self, code: str, row: list[str], place: str, minute: float, end: float, left: int
    ) -> None:
        hood, home = self.hood, self.hood.homes[place]
        found = hood.open_task(self.campaign_id, place)
        self.tried[place] = minute
        if found is None:
            self.met.add(place)
            hood.timeline.at(minute, self._next, code, row, minute, end, left, home)
            return
        attempt = self.attempts[place] = self.attempts.get(place, 0) + 1
        self._look(code, place)
        if attempt > 1 and found.owner_id != hood.people[code]:
            self._claim(code, found.id)
        knock = hood.mind.knock(home, minute, attempt)
        ends = minute + knock.minutes
        rest = end, left - 1
        hood.timeline.at(ends, self._write, code, row, place, found.id, minute, knock, rest)

    def _write(
        self, code: str, row: list[str], place: str, task: str, minute: float, knock: Knock,
        rest: tuple[float, int],
    ) -> None:  # fmt: skip
        hood, ends = self.hood, minute + knock.minutes
        failed = knock.answers.get("door") in ("no_answer", "no_way_in")
        state = "failed" if failed else "completed"
        hood.submit(
            code, self.programme, knock.answers | {"task": task, "task_state": state},
            task_id=task, minute=minute, took=knock.minutes,
        )  # fmt: skip
        self.knocks.append((ends, place, knock))
        if knock.done:
            self.met.add(place)
        end, left = rest
        self._next(code, row, ends, end, left, hood.homes[place])

    def _look(self, code: str, place: str) -> None:
        """Some open the evidence before they knock; what they may not see yet is no matter."""
        hood = self.hood
        if (sum(map(ord, place)) % 100) / 100 < LOOKED:
            try:
                reveal.reveal(
                    hood.office, hood.as_(code), place, Step.EVIDENCE, self.campaign_id,
                    self.purpose,
                )  # fmt: skip
            except LamplitError:
                return

    def _claim(self, code: str, task: str) -> None:
        try:
            tasks.claim(self.hood.office, self.hood.as_(code), task)
        except LamplitError:
            return
