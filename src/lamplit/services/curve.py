"""A home's curve, enough for a picture: each day's energy, what was known of it, and what happened.

As each evening knew it. The heat map has the slots of the last weeks, where they were read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from lamplit.domain.language import Text
from lamplit.domain.words import HomeEvent, HomeState, Quality
from lamplit.services.engine import open_engine
from lamplit.services.explain import REASONS, row_of
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date, day_number
from lamplit.services.night.replay import Replay
from lamplit.services.night.universe import Universe, subset
from lamplit.services.states import shown
from lamplit.signals.fold import Arrays
from lamplit.signals.panel import Panel

USUAL_DAYS = 60
MOST_DAYS = 400
HEAT_DAYS = 28
_EVENTS = {
    "went_dark": HomeEvent.WENT_DARK,
    "returned": HomeEvent.RETURNED,
    "frozen_high": HomeEvent.FROZEN_HIGH,
}
_OUTPUTS = ("valid", "verdict", "next_belief", "next_lived_kwh", "next_lived_days", "reason",
            "next_event_day", *_EVENTS)  # fmt: skip
SETTLED_DAYS = 3
"""Lived-in days from which the home's own use is known."""


@dataclass(frozen=True, slots=True)
class CurveDay:
    """One day of a home; kWh are None where unread or not known.

    `base_kwh`: the load that never rests, over the day; `usual_kwh`: the home's own use when people
    are there, as known that evening; `probability`: that nobody was there, None where the day does
    not count, and `reason` then says why. `coverage`: share of the day's slots read.
    """

    day: date
    kwh: float | None
    base_kwh: float | None
    usual_kwh: float | None
    state: str
    probability: float | None
    coverage: float
    quality: str | None
    reason: Text | None


@dataclass(frozen=True, slots=True)
class CurveEvent:
    """What happened: the evening that told of it, and the day on which it began."""

    day: date
    kind: str
    since: date


@dataclass(frozen=True, slots=True)
class Heat:
    """Slots of `minutes`, a row a day from `first`: kWh, None where unread.

    Days on which the clocks change have more or fewer slots than others; a day without has none.
    """

    first: date
    minutes: int
    rows: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Curve:
    """The days of a home, its events among them, and the heat map where it was asked for."""

    days: list[CurveDay]
    events: list[CurveEvent]
    heat: Heat | None = None


def curve_of(home: Home, household: str, *, days: int = USUAL_DAYS, heat: bool = False) -> Curve:
    """The last days of a household (or of a meter's household) up to the last night.

    Raises LamplitError `night.unknown-home` and the errors of `Replay.open`.
    """
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        last = replay.through
        row = row_of(replay, household, last)
        first = max(replay.first, last - timedelta(min(days, MOST_DAYS) - 1))
        panel, seen, _ = replay.as_known(np.array([row]), first, last, _OUTPUTS)
        found = _heat(replay, row, last) if heat else None
    return Curve(_days(panel, seen), _events(panel, seen), found)


def _days(panel: Panel, seen: Arrays) -> list[CurveDay]:
    chance = shown(seen["next_belief"], seen["verdict"])
    lines = []
    for row in range(panel.days):
        valid = seen["valid"][row, 0] > 0
        settled = seen["next_lived_days"][row, 0] >= SETTLED_DAYS
        coverage = float(panel.features["coverage"][row, 0])
        quality = float(panel.features["quality"][row, 0])
        lines.append(
            CurveDay(
                day_date(panel.first_day + row),
                _known(panel, "kwh", row),
                _known(panel, "base_kwh", row),
                round(float(seen["next_lived_kwh"][row, 0]), 3) if settled else None,
                HomeState(int(seen["verdict"][row, 0])).word,
                round(float(chance[row, 0]), 3) if valid else None,
                0.0 if math.isnan(coverage) else round(coverage, 3),
                None if math.isnan(quality) else Quality(int(quality)).name.lower(),
                None if valid else REASONS[int(seen["reason"][row, 0])],
            )
        )
    return lines


def _known(panel: Panel, feature: str, row: int) -> float | None:
    if feature not in panel.features:
        return None
    value = float(panel.features[feature][row, 0])
    return None if math.isnan(value) else round(value, 3)


def _events(panel: Panel, seen: Arrays) -> list[CurveEvent]:
    return [
        CurveEvent(
            day_date(panel.first_day + row), event.word, day_date(seen["next_event_day"][row, 0])
        )
        for row in range(panel.days)
        for name, event in _EVENTS.items()
        if seen[name][row, 0] > 0
    ]


def _heat(replay: Replay, row: int, last: date) -> Heat | None:
    """The slots of the last weeks; of a home's several meters of one day, added up."""
    first = max(replay.first, last - timedelta(HEAT_DAYS - 1))
    small = subset(replay.universe, np.array([row]))
    days_sql = replay.lake.sql(first, last, ("meter_id", "day", "minutes", "intervals"))
    replay.con.register("curve_meters", small.meters.select(["meter_id"]))
    try:
        read = replay.con.arrow(
            f"SELECT meter_id, day, minutes, intervals FROM {days_sql} "
            "WHERE minutes > 0 AND meter_id IN (SELECT meter_id FROM curve_meters) ORDER BY day"
        ).to_pylist()
    finally:
        replay.con.unregister("curve_meters")
    mine = [one for one in read if one["intervals"] and _speaks(small, one["meter_id"], one["day"])]
    if not mine:
        return None
    minutes = max(one["minutes"] for one in mine)
    rows: list[list[float | None]] = [[] for _ in range((last - first).days + 1)]
    for one in mine:
        if one["minutes"] == minutes:
            at = (one["day"] - first).days
            rows[at] = _added(rows[at], one["intervals"])
    return Heat(first, minutes, rows)


def _speaks(small: Universe, meter: str, day: date) -> bool:
    links = small.meters.filter(pc.equal(small.meters["meter_id"], meter)).to_pylist()
    return any(one["from_day"] <= day_number(day) < one["to_day"] for one in links)


def _added(slots: list[float | None], more: list[float | None]) -> list[float | None]:
    if not slots:
        return [None if v is None else round(v, 4) for v in more]
    return [
        None if a is None or b is None else round(a + b, 4)
        for a, b in zip(slots, more, strict=False)
    ]
