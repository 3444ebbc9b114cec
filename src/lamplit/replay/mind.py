"""What happens at a door: decided by the town's truth, and by a little luck that a seed fixes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lamplit.domain.field import Found, Outcome
from lamplit.replay.chance import chance
from lamplit.replay.truth import Truth


@dataclass(frozen=True, slots=True)
class Habits:
    """How people are. `opens`: somebody awake hears and opens; `sleeper` the same of one asleep.

    `tells`: a neighbour awake on the landing comes out and says what they know; `knows` how often
    that is more than "not sure", `errs` how often it is wrong. Assumptions, all of them: the replay
    draws guided and unguided knocks by the same ones.
    """

    opens: float = 0.92
    sleeper: float = 0.15
    refuses: float = 0.03
    tells: float = 0.35
    knows: float = 0.85
    errs: float = 0.02


@dataclass(frozen=True, slots=True)
class Needs:
    """How often those who open need something, by the form's codes."""

    share: tuple[tuple[str, float], ...] = (
        ("ill", 0.002),
        ("medicine", 0.012),
        ("food", 0.008),
        ("cannot_leave", 0.004),
        ("alone", 0.015),
        ("no_power", 0.003),
    )


@dataclass(frozen=True, slots=True)
class Knock:
    """One knock: the answers as the form asks them, and what they ought to mean.

    `outcome`, `found` and `findings` are the robot's own reading, not the programme's: the ledger
    holds the two against each other. `minutes` is how long it took.
    """

    answers: dict[str, str]
    outcome: Outcome
    found: Found
    minutes: float
    findings: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nobody needs to come again."""
        return self.outcome in (Outcome.REACHED, Outcome.REFUSED)

    @property
    def learned(self) -> bool:
        """Whether an empty home or a return became known."""
        return self.found in (Found.EMPTY, Found.RETURNED)


NO_ANSWER_MINUTES, TOLD_MINUTES, REFUSED_MINUTES, VISIT_MINUTES = 1.5, 2.5, 2.0, 6.0


@dataclass(frozen=True)
class Mind:
    """The people of a town as somebody meets them who knocks.

    `first_day` is the town's day at which minute 0 of the story lies.
    """

    truth: Truth
    first_day: int
    seed: int
    habits: Habits = Habits()
    needs: Needs | None = field(default_factory=Needs)

    def knock(self, home: int, minute: float, attempt: int) -> Knock:
        """What comes of knocking at a home in a minute of the story, the first time or a later."""
        luck = chance(self.seed, "door", home, attempt)
        day = self.first_day + int(minute // 1440)
        slot = self.truth.slot(minute)
        kept = day - self.truth.kept
        if luck < self._hears(home, kept, slot):
            return self._opened(home, day, attempt)
        if self._neighbour(home, kept, slot, attempt):
            return self._told(home, day, attempt)
        piled = self.truth.empty[home, max(day - 7, 0) : day + 1].all()
        signs = {"signs": "post"} if piled and luck > 0.7 else {}
        return Knock(
            {"door": "no_answer", **signs}, Outcome.NO_ANSWER, Found.UNKNOWN, NO_ANSWER_MINUTES
        )

    def _hears(self, home: int, kept: int, slot: int) -> float:
        if self.truth.awake[home, kept, slot]:
            return self.habits.opens
        return self.habits.sleeper if self.truth.present[home, kept, slot] else 0.0

    def _opened(self, home: int, day: int, attempt: int) -> Knock:
        if chance(self.seed, "refuses", home) < self.habits.refuses:
            answers = {"door": "answered", "consent": "no"}
            return Knock(answers, Outcome.REFUSED, Found.LIVED_IN, REFUSED_MINUTES)
        answers = {"door": "answered", "consent": "yes"}
        back = int(self.truth.back_days[home, day])
        found = Found.LIVED_IN
        if self._only_looks_in(home, day):
            answers["living"], found = "visiting", Found.EMPTY
        elif back >= 0:
            answers |= {"living": "returned", "days_back": str(back)}
            found = Found.RETURNED
        else:
            answers["living"] = "living"
        needs = self._needs(home) if found is not Found.EMPTY else ()
        answers["needs"] = " ".join(needs) or "none"
        long = VISIT_MINUTES * (0.6 + 0.8 * chance(self.seed, "talks", home, attempt))
        return Knock(answers, Outcome.REACHED, found, long + 3.0 * len(needs), needs)

    def _only_looks_in(self, home: int, day: int) -> bool:
        """A cleaner, a relative: the days on both sides of this one are empty."""
        empty = self.truth.empty
        last = min(day + 1, empty.shape[1] - 1)
        return bool(day and empty[home, day - 1] and empty[home, last] and last > day)

    def _needs(self, home: int) -> tuple[str, ...]:
        if self.needs is None:
            return ()
        share = self.needs.share
        return tuple(code for code, p in share if chance(self.seed, "need", code, home) < p)

    def _neighbour(self, home: int, kept: int, slot: int, attempt: int) -> bool:
        """Whether somebody else on the landing is up, comes out and talks."""
        others = self._landing[self.truth.doors.landing[home]]
        return any(
            other != home
            and self.truth.awake[other, kept, slot]
            and chance(self.seed, "tells", other, home, attempt) < self.habits.tells
            for other in others
        )

    def _told(self, home: int, day: int, attempt: int) -> Knock:
        empty = bool(self.truth.empty[home, day])
        luck = chance(self.seed, "knows", home, attempt)
        if luck >= self.habits.knows:
            said, found = "unsure", Found.UNKNOWN
        else:
            if luck < self.habits.errs:
                empty = not empty
            found = Found.EMPTY if empty else Found.LIVED_IN
            said = "lived_in" if not empty else "moved" if self.truth.vacant[home] else "empty"
        answers = {"door": "told", "told_what": said}
        return Knock(answers, Outcome.REACHED, found, TOLD_MINUTES)

    @cached_property
    def _landing(self) -> list[list[int]]:
        landings = self.truth.doors.landing
        homes: list[list[int]] = [[] for _ in range(int(landings.max()) + 1)]
        for home, landing in enumerate(landings.tolist()):
            homes[landing].append(home)
        return homes


def known(mind: Mind, home: int, minute: float, knock: Knock) -> bool:
    """Whether a knock made an empty or returned home known, truly."""
    day = mind.first_day + int(minute // 1440)
    truth = mind.truth
    if knock.found is Found.EMPTY:
        beside = slice(max(day - 1, 0), day + 2)
        return bool(truth.empty[home, beside].any())
    return knock.found is Found.RETURNED and int(truth.back_days[home, day]) >= 0


def wanted(mind: Mind, minute: float) -> np.ndarray:
    """The homes that a sweep should come to know, on the day of a minute of the story."""
    day = mind.first_day + int(minute // 1440)
    truth = mind.truth
    return np.asarray(truth.empty[:, day] | (truth.back_days[:, day] >= 0))
