"""What befalls people: a routine broken, a heater running on. The truth of the events."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lamplit.town.calendar import Calendar
from lamplit.town.confounders import BIT, SHARE
from lamplit.town.homes import Homes
from lamplit.town.presence import Presence
from lamplit.town.presets import Preset


@dataclass(frozen=True, slots=True)
class Trouble:
    """One event at a home, from slot `start` to slot `end`."""

    home: int
    start: int
    end: int
    event: str
    kw: float = 0.0


@dataclass
class Troubles:
    """The events of a shard."""

    broken: list[Trouble] = field(default_factory=list)
    stuck: list[Trouble] = field(default_factory=list)

    @property
    def all(self) -> list[Trouble]:
        """Every event."""
        return [*self.broken, *self.stuck]


def strike(
    homes: Homes, presence: Presence, calendar: Calendar, preset: Preset, rng: np.random.Generator
) -> Troubles:
    """Draw the events, and let presence show them: the person is there, and does not stir."""
    troubles = Troubles()
    scale = preset.rate**0.5 * calendar.days / 60
    fell = rng.random(len(homes)) < np.where(
        homes.lives_alone, min(SHARE["routine_broken"] * scale, 0.5), 0
    )
    for home in np.flatnonzero(fell):
        found = _quiet_stretch(presence, int(home), calendar, (1.0, 4.0), rng)
        if found:
            trouble = Trouble(int(home), *found, "routine_broken")
            presence.present[home, found[0] : found[1]] = 1
            presence.awake[home, found[0] : found[1]] = 0
            troubles.broken.append(trouble)
            homes.labels[home] |= BIT["routine_broken"]
    left_on = rng.random(len(homes)) < min(
        SHARE["frozen_high"] * preset.rate * calendar.days / 60, 0.5
    )
    for home in np.flatnonzero(left_on & ~fell):
        found = _quiet_stretch(presence, int(home), calendar, (1.5, 7.0), rng)
        if found:
            ill = rng.random() < 0.6
            if ill:
                presence.present[home, found[0] : found[1]] = np.maximum(
                    presence.present[home, found[0] : found[1]], 1
                )
                presence.awake[home, found[0] : found[1]] = 0
            kw = float(rng.uniform(0.5, 2.2))
            troubles.stuck.append(Trouble(int(home), *found, "frozen_high", kw))
            homes.labels[home] |= BIT["frozen_high"]
    return troubles


def _quiet_stretch(
    presence: Presence,
    home: int,
    calendar: Calendar,
    days: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """A stretch, two weeks in or later where there is room, that no trip of the home touches."""
    length = int(rng.uniform(*days) * calendar.slots)
    earliest = min(14, calendar.days // 3) * calendar.slots
    for _ in range(6):
        start = int(rng.integers(earliest, max(calendar.total - calendar.slots // 2, earliest + 1)))
        end = min(start + length, calendar.total)
        around = slice(max(start - calendar.slots, 0), end)
        if not presence.mode[home, around].any() and presence.present[home, start] > 0:
            return start, end
    return None
