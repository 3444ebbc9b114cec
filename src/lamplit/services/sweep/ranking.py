"""Which homes are worth a knock, in which order: probability × vulnerability × urgency.

The same words serve the list and its summary, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.engine.duckdb import quoted
from lamplit.services.night.gather import day_number
from lamplit.services.routine import RoutineBreak
from lamplit.services.sweep.evening import Evening
from lamplit.signals.fold import Arrays
from lamplit.signals.home_state.calibration import CALLED, UNCALLED, asof_probability

Array = np.ndarray[Any, Any]

EVENT_FRESH_DAYS = 14
"""A return or a frozen load is news for this long; after that the home is as it is."""
VULNERABLE = 1.5
"""Weight of a consenting person who lives alone."""
URGENCY = {HomeEvent.ROUTINE_BROKEN: 2.0, HomeEvent.FROZEN_HIGH: 1.5, HomeEvent.RETURNED: 1.3,
           HomeEvent.WENT_DARK: 1.2, HomeEvent.NONE: 0.8}  # fmt: skip
"""Weight of what happened: somebody may lie ill; somebody is back; a home just emptied."""
FADES_DAYS = 365.0
"""After so many days in its state a home weighs half: who has been gone a year can wait a week."""

EMPTY_DAYS = 3
"""A home that was empty for so long has gone dark: that is no broken routine."""

HAPPENINGS: tuple[HomeEvent, ...] = tuple(e for e in HomeEvent if e is not HomeEvent.NONE)


def fresh_event(carried: Arrays, day: Any) -> Array:
    """The event of each home while it is news; NONE after. `day` is a date.

    Without the broken routines, which no home carries.
    """
    event = carried["event"].astype(np.int8)
    age = day_number(day) - carried["event_found"]
    away = carried["away"] > 0
    # A home with somebody in it tonight is not told as dark; a visit leaves the spell standing.
    dark = away & np.isin(carried["state"], EMPTY_STATES)
    news = np.where(event == HomeEvent.WENT_DARK, dark, (age < EVENT_FRESH_DAYS) & (age >= 0))
    news &= ~((event == HomeEvent.RETURNED) & away)
    return np.where(news, event, HomeEvent.NONE).astype(np.int8)


def _double(value: float) -> str:
    """A number as SQL that every engine takes for a DOUBLE, where `0.1` may be a decimal."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def _case(cases: dict[int, float], of: str) -> str:
    whens = " ".join(f"WHEN {key} THEN {_double(value)}" for key, value in cases.items())
    return f"CASE {of} {whens} END"


def _through(knots: Sequence[tuple[float, float]], of: str) -> str:
    """Straight lines between knots (x, y), level beyond them, as SQL."""
    of = f"CAST({of} AS DOUBLE)"
    cases = [f"WHEN {of} <= {_double(knots[0][0])} THEN {_double(knots[0][1])}"]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if x0 == x1:
            continue
        slope = _double((y1 - y0) / (x1 - x0))
        cases.append(
            f"WHEN {of} <= {_double(x1)} THEN {_double(y0)} + ({of} - {_double(x0)}) * {slope}"
        )
    return f"CASE {' '.join(cases)} ELSE {_double(knots[-1][1])} END"


def chance_of(belief: Array, empty: Array) -> Array:
    """The probability of what the list says of each home: empty, or somebody there."""
    probability = asof_probability(belief, empty)
    return np.where(empty, probability, 1 - probability)


def still_news(on: Any, away: Array, since: Array) -> Array:
    """Whether a routine broken on a day (its number) is the news of a home: one that was empty for
    EMPTY_DAYS by then has gone dark, and is told as such.
    """
    found: Array = ~((away > 0) & (on - since >= EMPTY_DAYS))
    return found


def judged_sql(evening: Evening, *, broken: bool) -> str:
    """SELECT of every home with `happening`, `empty`, `chance`, `wanted` and `age`.

    `broken`: whether the table BREAKS holds broken routines (household_id, chance, age, day). The
    text means the same to DuckDB and to Spark.
    """
    day = evening.number
    empty = f"away > 0 AND state IN ({', '.join(str(int(s)) for s in EMPTY_STATES)})"
    age = f"{day} - event_found"
    news = f"({age} < {EVENT_FRESH_DAYS} AND {age} >= 0)"
    went, returned = int(HomeEvent.WENT_DARK), int(HomeEvent.RETURNED)
    routine, frozen = int(HomeEvent.ROUTINE_BROKEN), int(HomeEvent.FROZEN_HIGH)
    join = f"LEFT JOIN {evening.breaks} b ON e.household_id = b.household_id AND NOT e.stranger"
    gone = f"(away > 0 AND b.day - since >= {EMPTY_DAYS})"
    found = f"b.household_id IS NOT NULL AND NOT {gone}" if broken else "false"
    return f"""
SELECT e.row, e.community_id, e.lives_alone, e.state, e.away,
  NOT e.shared AND ({empty}) AS empty,
  CASE WHEN {found} THEN {routine} WHEN event = {went} AND {empty} THEN {went}
    WHEN event = {returned} AND away = 0 AND {news} THEN {returned}
    WHEN event = {frozen} AND {news} THEN {frozen} ELSE 0 END AS happening,
  CASE WHEN {found} THEN {"b.chance" if broken else "0e0"}
    WHEN {empty} THEN {_through(CALLED, "belief")}
    ELSE 1e0 - {_through(UNCALLED, "belief")} END AS chance,
  NOT e.shared AND (happening <> 0 OR ({empty})) AS wanted,
  greatest(CASE happening WHEN {routine} THEN {"b.age" if broken else "0"}
    WHEN {frozen} THEN {age} ELSE {day} - since END, 0) AS age
FROM {evening.city} e {join if broken else ""}"""


def ranked(
    evening: Evening,
    communities: tuple[str, ...] | None,
    top: int | None,
    *,
    broken: bool,
    knots: Sequence[tuple[float, float]] = (),
) -> tuple[Array, Array]:
    """(rows of the homes worth a knock, best first; the event of each), of all or some places.

    `knots`: what labels made of the chances, where there were enough of them.
    """
    chance = f"({_through(knots, 'chance')})" if knots else "chance"
    urgency = _case({int(e): w for e, w in URGENCY.items()}, "happening")
    place = ""
    if communities is not None:
        place = f"AND community_id IN ({', '.join(quoted(one) for one in communities) or 'NULL'})"
    limit = f"LIMIT {top}" if top is not None else ""
    found = evening.of_city(f"""
        SELECT row, happening,
          {chance} * {urgency} * CASE WHEN lives_alone THEN {_double(VULNERABLE)} ELSE 1e0 END
            / (1e0 + CAST(age AS DOUBLE) / {_double(FADES_DAYS)}) AS score
        FROM ({judged_sql(evening, broken=broken)}) WHERE wanted {place}
        ORDER BY score DESC, row {limit}
    """)
    return found["row"].to_numpy(), found["happening"].to_numpy()


@dataclass(frozen=True, slots=True)
class Counted:
    """One community's homes: by state, by event, how many are worth a knock, and how many look
    lived in (`lit`) of those with a state at all (`read`). `place` is empty for homes of none.
    """

    place: str
    homes: int
    states: dict[HomeState, int]
    events: dict[HomeEvent, int]
    wanted: int
    lit: int
    read: int


def counted(evening: Evening, *, broken: bool) -> dict[str, Counted]:
    """Every community's count, by its id."""
    by_state = ", ".join(
        f"count(*) FILTER (WHERE state = {int(s)}) AS state_{s.word}" for s in HomeState
    )
    by_event = ", ".join(
        f"count(*) FILTER (WHERE happening = {int(e)}) AS event_{e.word}" for e in HAPPENINGS
    )
    rows = evening.of_city(f"""
        SELECT coalesce(community_id, '') AS place, count(*) AS homes, {by_state}, {by_event},
          count(*) FILTER (WHERE wanted) AS wanted, count(*) FILTER (WHERE state > 0) AS read,
          count(*) FILTER (WHERE state > 0 AND away = 0) AS lit
        FROM ({judged_sql(evening, broken=broken)}) GROUP BY 1 ORDER BY 1
    """).to_pylist()
    return {
        row["place"]: Counted(
            row["place"],
            row["homes"],
            {s: row[f"state_{s.word}"] for s in HomeState},
            {e: row[f"event_{e.word}"] for e in HAPPENINGS},
            row["wanted"],
            row["lit"],
            row["read"],
        )
        for row in rows
    }


def breaks_table(breaks: list[RoutineBreak], evening: Evening) -> pa.Table:
    """The table BREAKS."""
    return pa.table(
        {
            "household_id": pa.array([b.household_id for b in breaks], pa.string()),
            "chance": pa.array([b.probability for b in breaks], pa.float64()),
            "age": pa.array([(evening.day - b.day).days for b in breaks], pa.int32()),
            "day": pa.array([day_number(b.day) for b in breaks], pa.int32()),
        }
    )
