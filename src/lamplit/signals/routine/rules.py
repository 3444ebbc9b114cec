"""The routine rules as data: when a day did not follow its home's usual round.

Method. A day's activity is its energy above the standing load. It is compared in the log, as what
people use is skewed, with the home's own 28 days before; and its hours with the mean day's, by
correlation. Points add up to the probability that nobody stirred as usual; the day before lends
weight, because whoever lies ill or is away does so for longer than a day. Each name below is a
number that `lamplit explain` can print.

The meter cannot tell somebody who lies ill from somebody who is away for a day. The probability is
that of the day being without its people's usual stir, whichever it was.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamplit.domain.language import Text
from lamplit.signals.fold import Arrays, Fold, Step
from lamplit.signals.routine.course import Course, look, read
from lamplit.signals.routine.thresholds import DAYS_BEFORE, THRESHOLDS

Array = np.ndarray[Any, Any]

INPUTS = (
    "valid", "away", "days", "kwh", "usual_kwh", "activity", "usual_activity",
    "level", "usual_level", "spread", "alike", "first_use", "usual_first", "by_usual",
    "eve_fall", "eve_likeness",
)  # fmt: skip

STEPS = (
    Step("speaks", "valid == 1 and away == 0 and days >= routine_days",
         Text("the day and enough days before it were read, and the home was not empty already",
              "当日及此前足够天数读数有效，且此前未判为空置")),
    Step("fall", "clip((usual_level - level) / greatest(spread, routine_spread_floor), -3, 6)",
         Text("activity below the usual, in spreads", "活动量低于平时的幅度（标准差）")),
    Step("quiet", "fall > routine_spreads",
         Text("much quieter than usual", "明显比平时安静")),
    Step("likeness", "alike * clip(activity / (routine_echo * usual_activity), 0, 1)",
         Text("how far the hours are the usual ones, an echo counting little",
              "时段与往常的相似度（余量过小者酌减）")),
    Step("unlike", "likeness < routine_alike",
         Text("at other hours than usual", "时段与往常不符")),
    Step("latest", "usual_first + routine_late_hours",
         Text("the hour by which something should be in use", "最迟应有用电的时刻")),
    Step("overdue", "latest < 24 and first_use > latest",
         Text("nothing in use by then", "至该时刻仍无用电")),
    Step("fall_points", "routine_fall_weight * fall", Text("quieter than usual", "比平时安静")),
    Step("unlike_points", "routine_unlike_weight * (0.5 - likeness)",
         Text("at other hours than usual", "时段与往常不符")),
    Step("eve_points", "clip((routine_eve_fall_weight * eve_fall if known(eve_fall) else 0.0) "
         "+ (routine_eve_unlike_weight * (0.5 - eve_likeness) if known(eve_likeness) else 0.0), "
         "-2, 3.5)",
         Text("the day before", "前一日")),
    Step("points", "routine_base + fall_points + unlike_points + eve_points",
         Text("together", "合计")),
    Step("probability", "clip(1 / (1 + exp(-points)), 0.002, 0.98)",
         Text("probability that nobody stirred as usual", "无人照常活动的概率")),
    Step("rule", "0.0 if not speaks else (2.0 if overdue and unlike else "
         "(1.0 if quiet and unlike else 0.0))",
         Text("which rule holds: 1 too quiet at odd hours, 2 nothing in use by the usual hour",
              "成立的规则：1 过静且时段不符，2 过了时刻仍无用电")),
    Step("broken", "rule > 0 and probability >= routine_least",
         Text("the routine is broken", "作息异常")),
)  # fmt: skip

RULES = {1: "quiet", 2: "overdue"}

BLOCK_HOMES = 512
"""Homes judged at once: their weeks stay in a core's cache. Blocks change nothing but the time."""


def routine_fold(overrides: Mapping[str, float] | None = None) -> Fold:
    """The routine rules with an operator's thresholds. Nothing is carried from day to day."""
    return Fold(STEPS, {}, INPUTS, THRESHOLDS, overrides or {})


@dataclass(slots=True)
class Verdicts:
    """One day's inputs and steps, by name; each array (homes,)."""

    seen: Arrays

    def one(self, home: int) -> dict[str, float]:
        """The numbers of one home."""
        return {name: float(values[home]) for name, values in self.seen.items()}


def judge(fold: Fold, course: Course, rows: tuple[int, ...] = (-1,)) -> list[Verdicts]:
    """Judge days of a course, each against the 28 days before it and the day before.

    `rows`: which days, as indices; a course begins at least 29 days before the first of them where
    the lake goes back so far.
    """
    blocks = [course.of_homes(slice(at, at + BLOCK_HOMES))
              for at in range(0, max(len(course.kwh), 1), BLOCK_HOMES)]  # fmt: skip
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        parts = list(pool.map(lambda block: _judged_block(fold, block, rows), blocks))
    if len(parts) == 1:
        return parts[0]
    return [
        Verdicts({name: np.concatenate([v.seen[name] for v in days]) for name in days[0].seen})
        for days in zip(*parts, strict=True)
    ]


def _judged_block(fold: Fold, course: Course, rows: tuple[int, ...]) -> list[Verdicts]:
    function = fold.compile(tuple(step.name for step in STEPS))
    done = read(course)
    looks: dict[int, Arrays] = {}

    def seen(row: int) -> Arrays:
        if row not in looks:
            with np.errstate(all="ignore"):
                looks[row] = look(course, done, row)
        return looks[row]

    return [
        _judged(function, seen(r), seen(r - 1) if r else None, fold)
        for r in (row % course.days for row in rows)
    ]


def _judged(function: Any, today: Arrays, eve: Arrays | None, fold: Fold) -> Verdicts:
    inputs = dict(today)
    blank = np.full(len(today["valid"]), np.nan)
    inputs |= {"eve_fall": blank, "eve_likeness": blank}
    with np.errstate(all="ignore"):
        if eve is not None:
            speaks = (eve["valid"] == 1) & (eve["days"] >= fold.constants()["routine_days"])
            _, before = function({}, eve | {"eve_fall": blank, "eve_likeness": blank})
            inputs["eve_fall"] = np.where(speaks, before["fall"], np.nan)
            inputs["eve_likeness"] = np.where(speaks, before["likeness"], np.nan)
        _, steps = function({}, inputs)
    return Verdicts(inputs | {name: np.asarray(v, dtype=float) for name, v in steps.items()})


DAYS_NEEDED = DAYS_BEFORE + 2
"""Days of a course that judge its last day in full: 28, the day before, and the day."""
