"""`lamplit explain`: one home's last weeks, each rule's number and verdict, and what ran."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import night as problems
from lamplit.domain.words import HomeState
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date
from lamplit.services.night.replay import Replay
from lamplit.services.states import consistent
from lamplit.services.sweep import door_facts
from lamplit.signals.home_state.sentences import Facts

CHART_DAYS = 42

REASONS = (
    Text("counts", "有效"),
    Text("no reading", "无读数"),
    Text("not an actual reading", "非实测"),
    Text("read in part only", "读数不全"),
    Text("its collector is silent", "采集器失联"),
    Text("zeros like those of a silent meter", "疑似表计失联的零值"),
    Text("the energy of a gap in one value", "一次补回中断期间的电量"),
    Text("a stuck meter", "表计卡滞"),
    Text("the meter was changed that day", "当日换表"),
    Text("a shared meter, or solar without an export register: names nobody",
         "合表或光伏无反向示数：不指认任何人"),
)  # fmt: skip
"""Why a day counts or does not, by the fold's `reason`."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the chart. `kwh` is None where unread; `reason` is empty where the day counts."""

    day: date
    kwh: float | None
    base_kwh: float | None
    state: HomeState
    probability: float | None
    coverage: float
    reason: Text | None


@dataclass(frozen=True, slots=True)
class StepLine:
    """One named step on the last day: its rule, its label and the value it gave."""

    name: str
    rule: str
    says: Text | None
    value: float


@dataclass(slots=True)
class Explanation:
    """All that `explain` shows of one home."""

    household_id: str
    meter_id: str
    as_of: date
    facts: Facts
    days: list[DayLine]
    steps: list[StepLine]
    thresholds: dict[str, float]
    uses: str
    sql: list[str] = field(default_factory=list)


def explain(home: Home, household: str, as_of: date | None = None) -> Explanation:
    """Explain the state of a household (or of a meter's household) on `as_of`.

    Raises LamplitError `night.unknown-home` and the errors of `Replay.open` and `.checked`.
    """
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        day = as_of or replay.through
        replay.checked(day, day)
        row = _find(replay, household)
        first = max(replay.first, day - timedelta(CHART_DAYS - 1))
        names = tuple(s.name for s in replay.fold.steps)
        outputs = tuple(f"next_{s.name}" if s.carry else s.name for s in replay.fold.steps)
        panel, seen, final = replay.as_known(np.array([row]), first, day, outputs)
        found = dict(zip(names, outputs, strict=True))
        steps = [
            StepLine(
                s.name,
                s.rule if panel.shaped or s.daily is None else s.daily,
                s.says,
                float(seen[found[s.name]][-1, 0]),
            )
            for s in replay.fold.steps
        ]
        homes = replay.universe.homes.slice(row, 1)
        facts = door_facts(replay, homes, final, day)
        return Explanation(
            household_id=homes["household_id"][0].as_py(),
            meter_id=homes["meter_id"][0].as_py(),
            as_of=day,
            facts=facts,
            days=_lines(panel, seen),
            steps=steps,
            thresholds=replay.fold.constants(),
            uses="intervals" if np.isfinite(_last(panel, "base_kwh")) else "daily",
            sql=replay.ran,
        )


def _last(panel: Any, name: str) -> float:
    return float(panel.features[name][-1, 0]) if name in panel.features else float("nan")


def _find(replay: Replay, household: str) -> int:
    """The row of a household, or of the household that a meter serves."""
    for table, column in (
        (replay.universe.homes, "household_id"),
        (replay.universe.meters, "meter_id"),
    ):
        at = pc.index(table[column], household).as_py()
        if at >= 0:
            return int(at) if column == "household_id" else int(table["home"][at].as_py())
    known = replay.universe.homes["household_id"].to_pylist()[:200_000]
    close = difflib.get_close_matches(household, known, n=3)
    near = f" ({', '.join(close)}?)" if close else ""
    raise LamplitError(problems.UNKNOWN_HOME, household=household, near=near)


def _lines(panel: Any, seen: dict[str, Any]) -> list[DayLine]:
    lines = []
    chance = consistent(seen["next_belief"], seen["verdict"])
    for row in range(panel.days):
        kwh = float(panel.features["kwh"][row, 0])
        base = float(panel.features["base_kwh"][row, 0]) if panel.shaped else float("nan")
        valid = seen["valid"][row, 0] > 0
        reason = int(seen["reason"][row, 0])
        coverage = float(panel.features["coverage"][row, 0])
        lines.append(
            DayLine(
                day_date(panel.first_day + row),
                None if math.isnan(kwh) else round(kwh, 3),
                None if math.isnan(base) else round(base, 3),
                HomeState(int(seen["verdict"][row, 0])),
                round(float(chance[row, 0]), 3) if valid else None,
                0.0 if math.isnan(coverage) else coverage,
                None if valid else REASONS[reason],
            )
        )
    return lines
