"""Broken routines: days on which somebody who lives alone, and agreed to this, did not stir.

Only homes whose registry says lives_alone are read, and only where the slots of the day are known:
no shared meter, no solar roof (which hides what is used by day), no daily energy alone. The day and
28 days before it are judged by signals/routine; the gate is that of the home-state rules, run over
the last weeks of these homes alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import Lake, TableLake
from lamplit.services.home import Home
from lamplit.services.night.gather import LAKE_COLUMNS, day_number, has_shape
from lamplit.services.night.replay import Replay
from lamplit.services.night.rework import subset
from lamplit.services.night.snapshots import Snapshot, read_manifest
from lamplit.services.night.universe import (
    HOMES_SCHEMA,
    METERS_SCHEMA,
    Universe,
    registered,
)
from lamplit.signals.fold import Fold
from lamplit.signals.panel import run_fold, start_carried
from lamplit.signals.routine.course import Course
from lamplit.signals.routine.rules import DAYS_NEEDED, RULES, STEPS, Verdicts, judge, routine_fold
from lamplit.signals.routine.sentences import Missed

Array = np.ndarray[Any, Any]

GATE_DAYS = 28
"""Days before the course over which the gate learns what the home's zeros and gaps mean."""
HOMES_AT_ONCE = 8192
FULL = 0.999
"""Share of a day's slots, all actual, that a course needs: a gap could be the morning's kettle."""
APART = "days_set_apart"
COLUMNS = ("meter_id", "day", "slots", "slots_read", "quality", "intervals")


@dataclass(frozen=True, slots=True)
class RoutineStep:
    """One step of a verdict, as `explain` shows it."""

    name: str
    rule: str
    says: Text | None
    value: float


@dataclass(frozen=True, slots=True)
class RoutineLook:
    """A consenting home's day as the routine rules saw it.

    `home`: its row in the replay's universe. `rule`: "quiet" or "overdue", empty where none holds.
    `spoke`: whether the day could be judged at all. `probability`: that nobody stirred as usual.
    `since`: the first day of the break; `days_read`: days read and judged from then on.
    """

    home: int
    household_id: str
    day: date
    kwh: float
    usual_kwh: float
    spoke: bool
    broken: bool
    rule: str
    probability: float
    missed: Missed
    since: date
    days_read: int = 1
    steps: tuple[RoutineStep, ...] = ()


RoutineBreak = RoutineLook
"""A look whose `broken` is true."""


def broken_on(replay: Replay, day: date, rows: Array | None = None) -> list[RoutineBreak]:
    """The broken routines of a day, surest first.

    `rows`: homes of the replay's universe to look at, all where None; those that have not agreed
    are passed over. Raises the errors of `Replay.checked`.
    """
    found = [look for look in looks_on(replay, (day,), rows) if look.broken]
    return sorted(found, key=lambda b: (-b.probability, b.household_id))


def lately_broken(replay: Replay, day: date, rows: Array | None = None) -> list[RoutineBreak]:
    """What was broken on `day`, or the day before and not mended since; one break a home, surest
    first. A break of the day before is over where `day` was read and followed the usual round.
    """
    over = _fold(replay).constants()["routine_over"]
    days = tuple(d for d in (day - timedelta(1), day) if d >= replay.first)
    last: dict[int, RoutineBreak] = {}
    for look in looks_on(replay, days, rows):
        before = last.pop(look.home, None)
        if look.broken:
            last[look.home] = replace(look, since=before.since, days_read=2) if before else look
        elif before and not (look.spoke and look.probability <= over):
            last[look.home] = replace(before, days_read=1 + look.spoke)
    return sorted(last.values(), key=lambda b: (-b.probability, b.household_id))


def explain_routine(replay: Replay, day: date, row: int) -> RoutineLook | None:
    """One home's day with each step's number; None where the home is none of the signal's."""
    found = looks_on(replay, (day,), np.array([row]), steps=True)
    return found[0] if found else None


def looks_on(
    replay: Replay, days: Sequence[date], rows: Array | None = None, *, steps: bool = False
) -> list[RoutineLook]:
    """Each consenting home's looks on these neighbouring days, in order of day, then of home.

    Only homes whose day could be judged, or that are asked for by `rows`, are among them.
    """
    first, last = replay.checked(min(days), max(days))
    days = [d for d in days if d >= first]
    mine = consenting(replay.universe, rows)
    if not len(mine) or not replay.shaped:
        return []
    found: dict[date, list[RoutineLook]] = {day: [] for day in days}
    fold = _fold(replay)
    with _set_apart(replay, mine, min(days), last) as near:
        for start in range(0, len(mine), HOMES_AT_ONCE):
            some = mine[start : start + HOMES_AT_ONCE]
            course = _course(near, some, min(days), last)
            asked = tuple((d - last).days - 1 for d in days)
            for day, verdicts in zip(days, judge(fold, course, asked), strict=True):
                found[day] += _looks(replay, some, day, verdicts, fold if steps else None)
    return [look for looks in found.values() for look in looks]


@contextmanager
def _set_apart(replay: Replay, rows: Array, first: date, last: date) -> Iterator[Replay]:
    """The replay, its homes' days read from the lake once where they are worked in several lots.

    Each lot would otherwise read the whole city's days. What does not fit is spilled.
    """
    if len(rows) <= HOMES_AT_ONCE:
        yield replay
        return
    start, con = max(replay.first, first - timedelta(DAYS_NEEDED - 1 + GATE_DAYS)), replay.con
    columns = tuple(dict.fromkeys((*LAKE_COLUMNS, *COLUMNS)))
    con.register("apart_meters", subset(replay.universe, rows).meters.select(["meter_id"]))
    con.run(
        f"CREATE TEMP TABLE {APART} AS SELECT * FROM {replay.lake.sql(start, last, columns)} "
        "SEMI JOIN apart_meters USING (meter_id)"
    )
    con.unregister("apart_meters")
    try:
        yield replace(replay, lake=TableLake(replay.lake.folder, APART))
    finally:
        con.drop([APART])


def consenting(universe: Universe, rows: Array | None = None) -> Array:
    """Rows of the homes that the signal may look at: consent, one's own meter, no solar roof."""
    may = universe.column("lives_alone").astype(bool)
    may = may & ~universe.column("shared").astype(bool) & ~universe.column("solar").astype(bool)
    if rows is not None:
        asked = np.zeros(len(may), dtype=bool)
        asked[rows] = True
        may &= asked
    return np.flatnonzero(may)


def watched(home: Home, con: Duck, fold: Fold) -> Replay:
    """A replay that holds only the consenting homes: what a list needs, without the town.

    Its `last` is blank. Raises LamplitError `night.none-yet` or `night.state-damaged`.
    """
    manifest = read_manifest(home.state_dir)
    if not manifest.through:
        raise LamplitError(problems.NO_NIGHT, where=str(home.path))
    universe = _consenting_universe(home, con)
    lake = Lake(home.lake_dir)
    last = Snapshot(universe.homes, start_carried(fold, universe.count), {}, {})
    return Replay(home, con, fold, lake, manifest, universe, last, has_shape(con, lake))


_TIED = """
COPY (
  WITH r AS (SELECT * FROM read_parquet({registry})),
  mine AS (SELECT meter_id FROM r SEMI JOIN (SELECT household_id FROM r WHERE lives_alone)
    USING (household_id))
  SELECT r.* FROM r SEMI JOIN mine USING (meter_id)
) TO {part} (FORMAT parquet)
"""


def _consenting_universe(home: Home, con: Duck) -> Universe:
    """The consenting homes, and those that share a meter with one of them."""
    empty = Universe(HOMES_SCHEMA.empty_table(), METERS_SCHEMA.empty_table())
    if not home.registry_file.exists():
        return empty
    registry = quoted(str(home.registry_file))
    if not con.rows(f"SELECT 1 FROM read_parquet({registry}) WHERE lives_alone LIMIT 1"):
        return empty
    part = home.tmp_dir / f"consenting-{uuid.uuid4().hex}.parquet"
    try:
        con.run(_TIED.format(registry=registry, part=quoted(str(part))))
        return registered(con, part)
    finally:
        part.unlink(missing_ok=True)


def _fold(replay: Replay) -> Fold:
    own = {t.name for t in routine_fold().thresholds}
    given = replay.home.config.detector.items()
    return routine_fold({k: float(v) for k, v in given if k in own})


def _course(replay: Replay, rows: Array, first: date, last: date) -> Course:
    """The homes' slots from 29 days before `first` to `last`, with what the gate says of each."""
    start = max(replay.first, first - timedelta(DAYS_NEEDED - 1))
    before = max(replay.first, start - timedelta(GATE_DAYS))
    panel, small = replay.panel(rows, before, last)
    carried = start_carried(replay.fold, small.count)
    _, seen, _ = run_fold(replay.fold, panel, carried, ("valid", "next_away"))
    skip = (start - before).days
    days = panel.days - skip
    away = np.vstack([np.zeros((1, small.count)), seen["next_away"][:-1]])[skip:] > 0
    kwh, slots = _slots(replay, small, day_number(start), days)
    valid = (seen["valid"][skip:] > 0) & (panel.features["coverage"][skip:] >= FULL)
    whole = (~np.isnan(kwh)).sum(axis=2) == slots
    return Course(kwh, slots, valid.T & whole & (slots > 0), away.T)


def _slots(replay: Replay, small: Universe, first: int, days: int) -> tuple[Array, Array]:
    """(kWh by home, day and slot; slots of each home-day), a home's several meters added up."""
    con = replay.con
    start = date.fromordinal(date(1970, 1, 1).toordinal() + first)
    days_sql = replay.lake.sql(start, start + timedelta(days - 1), COLUMNS)
    con.register("routine_meters", small.meters)
    number = "CAST(d.day - DATE '1970-01-01' AS INTEGER)"
    table = con.arrow(f"""
        SELECT m.home, {number} AS day, d.intervals
        FROM {days_sql} d JOIN routine_meters m ON d.meter_id = m.meter_id
          AND {number} >= m.from_day AND {number} < m.to_day
        WHERE d.quality = 0 AND d.slots_read = d.slots AND d.intervals IS NOT NULL
    """)
    con.unregister("routine_meters")
    return _cube(table, small.count, first, days)


def _cube(table: pa.Table, homes: int, first: int, days: int) -> tuple[Array, Array]:
    lists = table["intervals"].combine_chunks()
    size = lists.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    values = lists.flatten().to_numpy(zero_copy_only=False)
    home = table["home"].to_numpy().astype(np.int64)
    day = table["day"].to_numpy().astype(np.int64) - first
    slots = np.zeros((homes, days), dtype=np.int64)
    np.maximum.at(slots, (home, day), size)
    kwh = np.full((homes, days, int(size.max(initial=1))), np.nan, dtype=np.float32)
    starts = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size
    for length in np.unique(size):
        at = size == length
        mine = values[starts[at][:, None] + np.arange(length)[None, :]]
        part = np.zeros((homes, days, length), dtype=np.float32)
        np.add.at(part, (home[at], day[at]), mine)
        here = np.zeros((homes, days), dtype=bool)
        here[home[at], day[at]] = True
        kwh[here, :length] = part[here]
        # Meters of one home that cut the day differently can't be added up.
        slots[here & (slots != length)] = 0
    return kwh, slots


def _looks(
    replay: Replay, rows: Array, day: date, verdicts: Verdicts, shown: Fold | None
) -> list[RoutineLook]:
    ids = replay.universe.homes["household_id"]
    spoke = verdicts.seen["speaks"] > 0
    found = []
    for at in range(len(rows)) if shown else np.flatnonzero(spoke):
        one = verdicts.one(int(at))
        rule = RULES.get(int(one["rule"]), "")
        steps = _steps(shown, one) if shown else ()
        found.append(
            RoutineLook(
                home=int(rows[at]),
                household_id=ids[int(rows[at])].as_py(),
                day=day,
                kwh=one["kwh"],
                usual_kwh=one["usual_kwh"],
                spoke=bool(spoke[at]),
                broken=one["broken"] > 0,
                rule=rule,
                probability=one["probability"],
                missed=_missed(one, rule),
                since=day,
                steps=steps,
            )
        )
    return found


def _missed(one: dict[str, float], rule: str) -> Missed:
    return Missed(
        overdue=rule == "overdue",
        kwh=one["kwh"],
        usual_kwh=one["usual_kwh"],
        activity=one["activity"],
        usual_activity=one["usual_activity"],
        alike=one["alike"],
        first_use=one["first_use"],
        usual_first=one["usual_first"],
        by_usual=int(one["by_usual"]),
        days=int(one["days"]),
        eve_quiet=one["eve_points"] > 0,
    )


def _steps(fold: Fold, one: dict[str, float]) -> tuple[RoutineStep, ...]:
    return tuple(RoutineStep(s.name, s.rule, s.says, one[s.name]) for s in STEPS if s in fold.steps)
