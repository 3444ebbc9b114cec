"""How visits go in a campaign, learnt from its own visits as a whole; else stated defaults.

All doors of a campaign share one chance that somebody opens. A chance of each home's own would
come from its meter, and then a list of minutes would tell who is at home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, stdev
from typing import Any
from zoneinfo import ZoneInfo

from lamplit.domain.field import Outcome
from lamplit.planning.model import PARTS

ANSWERS = (0.45, 0.45, 0.7)
"""How often somebody opens before noon, after it and in the evening, before anything is known."""
REFUSES = 0.03
MINUTES, SPREAD = 6.0, 4.0
WEIGHT = 40.0
"""The defaults count as much as so many visits."""
LEAST_TIMED = 30
"""So many timed visits are needed before their minutes count."""
LONGEST = 60.0
"""Minutes: a form that lay open for longer says nothing of the visit."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Chances by part of the day, minutes of a visit; `learnt` from so many visits."""

    answers: tuple[float, ...] = ANSWERS
    refuses: float = REFUSES
    minutes: float = MINUTES
    spread: float = SPREAD
    learnt: int = 0


def habits_of(visits: Sequence[Any], zone: ZoneInfo) -> Habits:
    """What the visits of a campaign (rows of `store.plans.visits`) say."""
    opened, knocked = [0.0] * len(PARTS), [0.0] * len(PARTS)
    refused, timed = 0, list[float]()
    for row in visits:
        if row.outcome == Outcome.UNREACHABLE:
            continue
        at = row.ended_at or row.received_at
        part = _part(at.astimezone(zone))
        met = row.outcome in (Outcome.REACHED, Outcome.REFUSED)
        knocked[part] += 1
        opened[part] += met
        refused += row.outcome == Outcome.REFUSED
        if row.outcome == Outcome.REACHED and row.started_at and row.ended_at:
            minutes = (row.ended_at - row.started_at).total_seconds() / 60
            timed += [minutes] if 0.2 <= minutes <= LONGEST else []
    answers = tuple(
        round((o + WEIGHT * default) / (k + WEIGHT), 3)
        for o, k, default in zip(opened, knocked, ANSWERS, strict=True)
    )
    refuses = round((refused + WEIGHT * REFUSES) / (sum(opened) + WEIGHT), 3)
    enough = len(timed) >= LEAST_TIMED
    return Habits(
        answers, refuses,
        round(fmean(timed), 1) if enough else MINUTES,
        round(max(0.5, stdev(timed)), 1) if enough else SPREAD,
        round(sum(knocked)),
    )  # fmt: skip


def _part(local: datetime) -> int:
    minute = local.hour * 60 + local.minute
    return max(0, sum(start <= minute for start in PARTS) - 1)
