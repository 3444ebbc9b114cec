"""Broken routines: days on which somebody who lives alone, and agreed to this, did not stir.

Only homes whose registry says lives_alone are read, and only where the slots of the day are known:
no shared meter, no solar roof (which hides what is used by day), no daily energy alone. The day and
28 days before it are judged by signals/routine, with what each evening's state said of them. The
last days are judged by the courses that the nights carry, others by the lake: the answers are the
same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.night.course_files import Index, lots
from lamplit.services.night.courses import Nights, carried_courses, consenting, of_lake
from lamplit.services.night.gather import has_shape
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import Snapshot, read_manifest
from lamplit.services.night.universe import (
    HOMES_SCHEMA,
    METERS_SCHEMA,
    Universe,
    registered,
)
from lamplit.signals.fold import Fold
from lamplit.signals.panel import start_carried
from lamplit.signals.routine.course import Course
from lamplit.signals.routine.rules import DAYS_NEEDED, RULES, STEPS, Verdicts, judge, routine_fold
from lamplit.signals.routine.sentences import Missed

Array = np.ndarray[Any, Any]


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
    asked = tuple((d - last).days - 1 for d in days)
    for some, course in _courses(replay, mine, min(days), last):
        for day, verdicts in zip(days, judge(fold, course, asked), strict=True):
            found[day] += _looks(replay, some, day, verdicts, fold if steps else None)
    return [look for looks in found.values() for look in sorted(looks, key=lambda look: look.home)]


def _courses(
    replay: Replay, rows: Array, first: date, last: date
) -> Iterator[tuple[Array, Course]]:
    """(homes, their courses from 29 days before `first` to `last`), a lot at a time.

    As the last night carried them, where that is what is asked; else, and for homes that are others
    than they were then, from the lake.
    """
    rest = rows
    if last == replay.through and first >= last - timedelta(1):
        for some, course in _carried(replay, rows):
            rest = rest[~np.isin(rest, some)]
            yield some, course
    if not len(rest):
        return
    nights = Nights(
        replay.home, replay.con, replay.fold, replay.lake, replay.manifest, replay.universe,
        replay.shaped,
    )  # fmt: skip
    start = max(replay.first, first - timedelta(DAYS_NEEDED - 1))
    with of_lake(nights, rest, start, last) as of_lot:
        for lot in lots(len(rest)):
            yield rest[lot], of_lot(lot)


def _carried(replay: Replay, rows: Array) -> Iterator[tuple[Array, Course]]:
    """(homes, their courses) as the last night carried them, of those that are what they were."""
    stored = carried_courses(replay.home.state_shelf, replay.manifest)
    if stored is None:
        return
    places = Index.of(replay.con, replay.universe, rows).places_in(stored.index)
    known, places = rows[places >= 0], places[places >= 0]
    for lot in lots(len(known)):
        try:
            course = stored.read(places[lot], list(stored.days))
        except LamplitError:
            if carried_courses(replay.home.state_shelf, replay.manifest) is None:
                return  # removed meanwhile, as somebody withdrew: the lake has the rest
            raise
        yield known[lot], course


def watched(home: Home, con: Duck, fold: Fold) -> Replay:
    """A replay that holds only the consenting homes: what a list needs, without the town.

    Its `last` is blank. Raises LamplitError `night.none-yet` or `night.state-damaged`.
    """
    manifest = read_manifest(home.state_dir)
    if not manifest.through:
        raise LamplitError(problems.NO_NIGHT, where=str(home.path))
    universe = _consenting_universe(home, con)
    lake = Lake(home)
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
