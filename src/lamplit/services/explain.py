"""`lamplit explain`: one home's last weeks, each rule's number and verdict, and what ran."""

from __future__ import annotations

import ast
import difflib
import math
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import night as problems
from lamplit.domain.words import HomeState
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date, day_number
from lamplit.services.night.replay import Replay
from lamplit.services.routine import RoutineLook, explain_routine
from lamplit.services.states import shown
from lamplit.services.sweep import door_facts
from lamplit.signals.fold import Arrays, Fold, Step
from lamplit.signals.home_state.sentences import Facts
from lamplit.signals.panel import Panel

CHART_DAYS = 42
NEAR_AMONG = 400_000
"""Ids that an unknown one is compared with, so that the answer comes at once."""

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


@dataclass(frozen=True, slots=True)
class PointLine:
    """One term of the last day's points: what it stands for, how it is worked out, its value."""

    rule: str
    says: Text
    value: float


@dataclass(slots=True)
class Explanation:
    """All that `explain` shows of one home.

    `steps` and `points` are of the day `as_of`; the terms in `points` add up to the day's points
    before these are bounded, and are empty where the day does not count. `routine`: of a consenting
    home, how its day went beside its usual ones; else None. `uses`: "intervals" where
    the last day that counts was judged from its course, "daily" where from its energy alone.
    """

    household_id: str
    meter_id: str
    as_of: date
    facts: Facts
    days: list[DayLine]
    steps: list[StepLine]
    points: list[PointLine]
    thresholds: dict[str, float]
    uses: str
    sql: list[str] = field(default_factory=list)
    routine: RoutineLook | None = None


def explain(home: Home, household: str, as_of: date | None = None) -> Explanation:
    """Explain the state of a household (or of a meter's household) on `as_of`.

    Raises LamplitError `night.unknown-home` and the errors of `Replay.open` and `.checked`.
    """
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        day = as_of or replay.through
        replay.checked(day, day)
        row = row_of(replay, household, day)
        first = max(replay.first, day - timedelta(CHART_DAYS - 1))
        named = {s.name: f"next_{s.name}" if s.carry else s.name for s in replay.fold.steps}
        terms = {kind: point_terms(replay.fold, shaped=kind) for kind in (True, False)}
        telling = replace(replay, fold=_with_terms(replay.fold, terms), ran=replay.ran)
        outputs = (*named.values(), *(_term(k, i) for k in terms for i in range(len(terms[k]))))
        panel, seen, final = telling.as_known(np.array([row]), first, day, outputs)
        homes = replay.universe.homes.slice(row, 1)
        return Explanation(
            household_id=homes["household_id"][0].as_py(),
            meter_id=_meter_on(replay, row, day),
            as_of=day,
            facts=door_facts(replay, homes, final, day),
            days=_lines(panel, seen),
            steps=_steps(replay.fold, panel, seen, named),
            points=_points(terms, seen),
            thresholds=replay.fold.constants(),
            uses="intervals" if _shaped(seen) else "daily",
            sql=replay.ran,
            routine=explain_routine(replay, day, row),
        )


def row_of(replay: Replay, asked: str, day: date) -> int:
    """The row of a household, or of the one that a meter serves on `day` or did last before.

    Raises LamplitError `night.unknown-home`.
    """
    at = pc.index(replay.universe.homes["household_id"], asked).as_py()
    if at >= 0:
        return int(at)
    meters = replay.universe.meters
    mine = meters.filter(pc.equal(meters["meter_id"], asked)).to_pylist()
    if mine:
        number = day_number(day)
        return int(max(mine, key=lambda m: (m["from_day"] <= number, m["from_day"]))["home"])
    known = pc.unique(
        pa.chunked_array([*replay.universe.homes["household_id"].chunks,
                          *meters["meter_id"].chunks])
    )  # fmt: skip
    close = difflib.get_close_matches(asked, known.slice(0, NEAR_AMONG).to_pylist(), n=3)
    near = f" ({', '.join(close)}?)" if close else ""
    raise LamplitError(problems.UNKNOWN_HOME, household=asked, near=near)


def _meter_on(replay: Replay, row: int, day: date) -> str:
    """The meter that speaks for a home on `day`."""
    number, meters = day_number(day), replay.universe.meters
    mine = meters.filter(pc.equal(meters["home"], row)).to_pylist()
    then = [m for m in mine if m["from_day"] <= number < m["to_day"]]
    own = replay.universe.homes["meter_id"][row].as_py()
    return str(then[-1]["meter_id"] if then else own)


def _shaped(seen: Arrays) -> bool:
    """Whether the last day that counts was judged from its course."""
    counts = np.flatnonzero(seen["valid"][:, 0] > 0)
    return bool(len(counts) and seen["shaped"][counts[-1], 0] > 0)


def _steps(fold: Fold, panel: Panel, seen: Arrays, named: dict[str, str]) -> list[StepLine]:
    return [
        StepLine(
            s.name,
            s.rule if panel.shaped or s.daily is None else s.daily,
            s.says,
            float(seen[named[s.name]][-1, 0]),
        )
        for s in fold.steps
    ]


# --- the points, term by term -----------------------------------------------------------------


def point_terms(fold: Fold, *, shaped: bool) -> list[tuple[str, Text]]:
    """The terms (rule, label) that the rule of `points` adds up before it bounds them.

    `shaped`: for a day whose course is known, or for one of which only the energy is.
    """
    steps = {s.name: s for s in fold.steps}
    labels = {s.name: s.says for s in fold.steps} | {t.name: t.why for t in fold.thresholds}
    node: ast.expr = ast.Name("points")
    while True:
        match node:
            case ast.Name(id=name) if name in steps:
                node = steps[name].expression(shape=shaped)
            case ast.IfExp(test=ast.Name(id="shaped"), body=body, orelse=orelse):
                node = body if shaped else orelse
            case ast.Call(func=ast.Name(id="clip"), args=[inner, _, _]):
                node = inner
            case _:
                break
    return [(ast.unparse(term), _label(term, labels)) for term in _added(node)]


def _added(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _added(left) + _added(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _added(left) + [ast.UnaryOp(ast.USub(), term) for term in _added(right)]
    return [node]


def _label(term: ast.expr, labels: dict[str, Text | None]) -> Text:
    """What a term says: the label of the points that it names, else of the first name with one."""
    names = [n.id for n in ast.walk(term) if isinstance(n, ast.Name)]
    names.sort(key=lambda name: not name.endswith("_points"))
    said = [text for name in names if (text := labels.get(name)) is not None]
    return said[0] if said else Text(ast.unparse(term), ast.unparse(term))


def _term(shaped: bool, number: int) -> str:
    return f"{'shaped' if shaped else 'daily'}_term_{number}"


def _with_terms(fold: Fold, terms: dict[bool, list[tuple[str, Text]]]) -> Fold:
    """The fold with each term of the points as a step of its own, worked out beside them."""
    at = next(i for i, s in enumerate(fold.steps) if s.name == "points")
    extra = tuple(
        Step(_term(shaped, i), rule)
        for shaped, rules in terms.items()
        for i, (rule, _) in enumerate(rules)
    )
    return replace(fold, steps=fold.steps[:at] + extra + fold.steps[at:])


def _points(terms: dict[bool, list[tuple[str, Text]]], seen: Arrays) -> list[PointLine]:
    if not seen["valid"][-1, 0] > 0:
        return []
    shaped = bool(seen["shaped"][-1, 0] > 0)
    return [
        PointLine(rule, says, float(seen[_term(shaped, i)][-1, 0]))
        for i, (rule, says) in enumerate(terms[shaped])
    ]


def _lines(panel: Panel, seen: Arrays) -> list[DayLine]:
    lines = []
    chance = shown(seen["next_belief"], seen["verdict"])
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
