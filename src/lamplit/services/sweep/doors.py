"""The list itself: from an evening's states to doors in order, with their evidence."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.domain.words import HomeState
from lamplit.engine.duckdb import Duck
from lamplit.outbound.terminal import CommunityRow
from lamplit.services.calibration import Calibration, Knots, read_calibration, through
from lamplit.services.engine import maybe_spark, open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.replay import Replay
from lamplit.services.routine import RoutineBreak, lately_broken, watched
from lamplit.services.sweep.evening import BREAKS, Evening, evening_of
from lamplit.services.sweep.facts import facts_of, taken_rows
from lamplit.services.sweep.places import community_names, places_of
from lamplit.services.sweep.ranking import Counted, breaks_table, counted, ranked
from lamplit.signals.home_state.sentences import Facts, against, evidence

Array = np.ndarray[Any, Any]

DOORS_SCHEMA = pa.schema(
    [
        ("rank", pa.int32()), ("household_id", pa.string()), ("meter_id", pa.string()),
        ("community_id", pa.string()), ("building_id", pa.string()), ("unit", pa.string()),
        ("floor", pa.int32()), ("door", pa.string()), ("state", pa.string()),
        ("since", pa.date32()), ("event", pa.string()), ("event_day", pa.date32()),
        ("probability", pa.float64()), ("kwh_day_before", pa.float64()),
        ("kwh_day_now", pa.float64()), ("days_read", pa.int32()), ("evidence_en", pa.string()),
        ("evidence_zh", pa.string()), ("against_en", pa.string()), ("against_zh", pa.string()),
        ("raw_probability", pa.float64()),
    ]
)  # fmt: skip
"""`probability`: of what the list says of the home: that nobody is there; of a return or a frozen
load, that somebody is; of a broken routine, that nobody stirred as usual. `days_read`: the days
read since the event, else since the state began. `raw_probability`: what the rules alone say, where
answers from the doors have put `probability` right (see `services.calibration`); else empty."""


@dataclass(slots=True)
class SweepResult:
    """The list (DOORS_SCHEMA), and the summary by community.

    `found`: homes worth a knock, of which `doors` may hold the first only. `homes`: all looked at;
    `unknown`: those of them without a state. `calibration`: what put the probabilities right.
    """

    as_of: date
    doors: pa.Table
    found: int
    homes: int
    communities: list[CommunityRow] = field(default_factory=list)
    unknown: int = 0
    calibration: Calibration | None = None


def sweep(
    home: Home,
    as_of: date | None = None,
    *,
    community: str = "",
    communities: tuple[str, ...] | None = None,
    top: int | None = None,
) -> SweepResult:
    """The doors worth knocking on as the evening of `as_of` knew them (default: the last night).

    `community`: of this one, which must be known; `communities`: of those of these that are.
    Raises the errors of `Replay.open` and `Replay.checked`; `night.unknown-place`.
    """
    asked = (community,) if community else communities
    with open_engine(home) as con, maybe_spark(home) as spark:
        replay = watched(home, con, detector(home))
        day = as_of or replay.through
        replay.checked(day, day)
        breaks = {b.household_id: b for b in lately_broken(replay, day)}
        if day not in replay.manifest.days():
            replay = Replay.open(home, con, replay.fold)
        with evening_of(replay, day, spark=spark) as evening:
            broken = breaks_table(list(breaks.values()), evening)
            con.register(BREAKS, broken)
            try:
                return _swept(
                    replay, evening.with_breaks(broken), breaks, asked, top, strict=bool(community)
                )
            finally:
                con.unregister(BREAKS)


def _swept(
    replay: Replay,
    evening: Evening,
    breaks: dict[str, RoutineBreak],
    communities: tuple[str, ...] | None,
    top: int | None,
    *,
    strict: bool,
) -> SweepResult:
    near = counted(evening, broken=bool(breaks))
    inside = _inside(near, communities, strict=strict)
    calibration = read_calibration(replay.home)
    knots = calibration.knots if calibration else []
    rows, events = ranked(evening, communities, top, broken=bool(breaks), knots=knots)
    taken = taken_rows(evening, rows)
    facts = facts_of(replay, evening, taken, events, near, breaks)
    return SweepResult(
        evening.day,
        _doors(replay.con, replay.home, taken, facts, knots),
        sum(c.wanted for c in inside),
        sum(c.homes for c in inside),
        _communities(replay, inside),
        sum(c.states[HomeState.UNKNOWN] for c in inside),
        calibration,
    )


def _inside(
    near: dict[str, Counted], communities: tuple[str, ...] | None, *, strict: bool
) -> list[Counted]:
    if communities is None:
        return list(near.values())
    for community in communities:
        if strict and community not in near:
            close = difflib.get_close_matches(community, near, n=3)
            hint = f" ({', '.join(close)}?)" if close else ""
            raise LamplitError(problems.UNKNOWN_PLACE, place=community, near=hint)
    return [near[community] for community in communities if community in near]


def _communities(replay: Replay, inside: list[Counted]) -> list[CommunityRow]:
    named = community_names(replay.con, replay.home)
    return [
        CommunityRow(c.place, named.get(c.place, ""), c.states, c.events) for c in inside if c.homes
    ]


def _doors(con: Duck, home: Home, taken: pa.Table, facts: list[Facts], knots: Knots) -> pa.Table:
    places = places_of(con, home, taken)
    said = [f.probability for f in facts]
    columns: dict[str, Any] = {
        "rank": np.arange(1, len(facts) + 1, dtype=np.int32),
        **{name: taken[name] for name in ("household_id", "meter_id", "community_id")},
        **{name: places[name] for name in ("building_id", "unit", "floor", "door")},
        "state": [f.state.word for f in facts],
        "since": [f.since for f in facts],
        "event": [f.event.word or None for f in facts],
        "event_day": [f.event_day for f in facts],
        "probability": [round(p, 4) for p in (through(knots, said) if knots else said)],
        "raw_probability": [round(p, 4) if knots else None for p in said],
        "kwh_day_before": [_rounded(f.before) for f in facts],
        "kwh_day_now": [_rounded(f.now) for f in facts],
        "days_read": [f.read for f in facts],
        "evidence_en": [evidence(f, "en") for f in facts],
        "evidence_zh": [evidence(f, "zh") for f in facts],
        "against_en": [against(f, "en") for f in facts],
        "against_zh": [against(f, "zh") for f in facts],
    }
    arrays = [
        column.cast(kind.type)
        if isinstance(column, pa.ChunkedArray)
        else pa.array(column, kind.type)
        for kind, column in ((kind, columns[kind.name]) for kind in DOORS_SCHEMA)
    ]
    return pa.table(arrays, schema=DOORS_SCHEMA)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
