"""Small towns for the tests of the list: homes read by the hour, each with its story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from night_worlds import LakeWriter, Row, link, reading, write_registry

from lamplit.services.home import Home
from lamplit.services.night.advance import run_nights

FIRST = date(2026, 1, 1)
DAYS = 50
LAST = FIRST + timedelta(DAYS - 1)

Story = Callable[[int, np.random.Generator], np.ndarray | None]
"""(day of the story from 0, chance) → 24 hourly kWh, or None where unread."""

STANDING = 0.02
ROUND = {7: 0.3, 8: 0.2, 12: 0.4, 18: 0.7, 19: 0.5, 21: 0.3}


def in_use(_day: int, rng: np.random.Generator) -> np.ndarray:
    """A home with people: breakfast, lunch, the evening; each day a little different."""
    hours = STANDING * rng.uniform(0.7, 1.3, 24)
    for hour, kwh in ROUND.items():
        hours[hour + rng.choice([-1, 0, 0, 0, 1])] += kwh * rng.uniform(0.6, 1.4)
    return hours


def standing(_day: int, rng: np.random.Generator) -> np.ndarray:
    """Nobody there: what runs by itself."""
    return STANDING * rng.uniform(0.95, 1.05, 24)


def then(*parts: tuple[int, Story]) -> Story:
    """One story up to the day given, then the next."""

    def told(day: int, rng: np.random.Generator) -> np.ndarray | None:
        for until, story in parts:
            if day < until:
                return story(day, rng)
        return parts[-1][1](day, rng)

    return told


def unread(_day: int, _rng: np.random.Generator) -> None:
    """No reading."""


def hourly(hours: np.ndarray) -> Row:
    """What the lake says of a day read by the hour."""
    blocks = hours.reshape(12, 2).sum(axis=1)
    night = blocks[[10, 11, 0, 1, 2]]
    parts = {"morning": (3, 4), "midday": (5, 6), "afternoon": (7, 8), "evening": (9, 10),
             "late": (11, 0)}  # fmt: skip
    return {
        "minutes": 60, "slots": 24, "slots_read": 24, "quality": 0, "kwh": float(hours.sum()),
        "kwh_export": None, "base_kwh": 12 * blocks.min(), "top_kwh": blocks.max(),
        "night_base_kwh": 12 * night.min(), "night_top_kwh": night.max(), "night_kwh": night.sum(),
        "small_hours_kwh": blocks[[1, 2]].sum(),
        **{f"{name}_kwh": blocks[list(at)].sum() for name, at in parts.items()},
        "active_blocks": int((blocks > 1.3 * blocks.min() + 0.05).sum()),
        "peak_kw": hours.max(), "zero_slots": int((hours == 0).sum()),
        "intervals": [float(h) for h in hours],
    }  # fmt: skip


def a_town(
    folder: Path,
    stories: dict[str, Story],
    registry: dict[str, Row] | None = None,
    *,
    days: int = DAYS,
    daily: tuple[str, ...] = (),
    through: date | None = None,
) -> Home:
    """A home folder whose homes lived through their stories, worked to `through` (the last day).

    `registry`: more of the registry's columns by household. `daily`: homes of which only the day's
    energy is known. Household H has meter M-H.
    """
    home = Home.create(folder)
    more = registry or {}
    write_registry(
        home,
        [
            link(f"M-{name}", name, **{"community_id": "C1", "building_id": "B1", "unit": "1",
                                      "floor": 2, "door": f"{i:03d}"} | more.get(name, {}))
            for i, name in enumerate(stories)
        ],
    )  # fmt: skip
    rows: dict[Any, Row] = {}
    for name, story in stories.items():
        rng = np.random.default_rng(sum(map(ord, name)))
        for number in range(days):
            hours = story(number, rng)
            if hours is not None:
                row = reading(float(hours.sum())) if name in daily else hourly(hours)
                rows[f"M-{name}", FIRST + timedelta(number)] = row
    LakeWriter(home).put(rows)
    run_nights(home, through or FIRST + timedelta(days - 1))
    return home
