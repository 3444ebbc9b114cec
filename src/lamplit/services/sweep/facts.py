"""What the sentences may say of each door: its own numbers, its neighbours', last year's."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.words import HomeEvent, HomeState
from lamplit.services.night.areas import Groups, read_log
from lamplit.services.night.gather import day_date, day_number
from lamplit.services.night.replay import Replay
from lamplit.services.routine import RoutineBreak, lately_broken
from lamplit.services.sweep.evening import Evening, evening_of
from lamplit.services.sweep.ranking import (
    Counted,
    chance_of,
    counted,
    fresh_event,
    still_news,
)
from lamplit.signals.context import GroupMemory
from lamplit.signals.fold import Arrays
from lamplit.signals.home_state.sentences import Facts

Array = np.ndarray[Any, Any]

CARRIED = (
    "state", "since", "belief", "away", "event", "event_day", "event_before", "event_now",
    "event_read", "event_found", "spell_days", "spell_kwh", "lived_kwh", "lived_days",
    "recent_kwh", "jumps", "valid_days",
)  # fmt: skip
IDENTITY = ("household_id", "meter_id", "community_id", "solar", "lives_alone", "stranger")

YEAR_DAYS, NEAR_DAYS = 364, 16
"""The same weeks last year: the nearest kept night within so many days of a year of whole weeks."""
KNOWN_DAYS = 14


def taken_rows(evening: Evening, rows: Array) -> pa.Table:
    """The homes of these rows, in this order: IDENTITY and CARRIED."""
    order = pa.table({"row": pa.array(rows, pa.int64()), "place": pa.array(np.arange(len(rows)))})
    evening.con.register("wanted_rows", order)
    try:
        columns = ", ".join(f"e.{name}" for name in (*IDENTITY, *CARRIED))
        return evening.arrow(
            f"SELECT {columns} FROM {evening.relation} e JOIN wanted_rows w ON e.row = w.row "
            "ORDER BY w.place"
        )
    finally:
        evening.con.unregister("wanted_rows")


def facts_of(
    replay: Replay,
    evening: Evening,
    taken: pa.Table,
    events: Array,
    near: dict[str, Counted],
    breaks: dict[str, RoutineBreak],
) -> list[Facts]:
    """The facts of each home in `taken` (see `taken_rows`), `events` being what happened there."""
    year_ago = year_before(replay, taken, evening.day)
    peer = peers_on(replay, evening.day, taken["community_id"])
    values = {name: taken[name].to_numpy() for name in CARRIED}
    values["event"] = events
    others = {name: taken[name].to_pylist() for name in IDENTITY}
    facts = []
    for i, place in enumerate(others["community_id"]):
        one = {name: float(column[i]) for name, column in values.items()}
        found = breaks.get(others["household_id"][i])
        facts.append(
            _fact(
                one, evening.day, solar=others["solar"][i], alone=others["lives_alone"][i],
                shaped=replay.shaped, near=_near(near.get(place or ""), one, place),
                peer=peer.get(place, 1.0), year_ago=year_ago[i],
                routine=found if one["event"] == HomeEvent.ROUTINE_BROKEN else None,
            )
        )  # fmt: skip
    return facts


def door_facts(replay: Replay, one_home: pa.Table, carried: Arrays, day: date) -> Facts:
    """The facts of one home from what it carries after `day` (arrays of one value each).

    Raises the errors of `Replay`.
    """
    community = one_home["community_id"][0].as_py()
    household = one_home["household_id"][0].as_py()
    row = pc.index(replay.universe.homes["household_id"], household).as_py()
    breaks = {b.household_id: b for b in lately_broken(replay, day, np.array([row]))}
    events = fresh_event(carried, day)
    found = breaks.get(household)
    if found and still_news(day_number(found.day), carried["away"], carried["since"]).all():
        events = np.full(1, int(HomeEvent.ROUTINE_BROKEN), dtype=np.int8)
    taken = one_home
    for name in CARRIED:
        taken = taken.append_column(name, pa.array(carried[name]))
    names = replay.universe.homes["community_id"]
    around = np.flatnonzero(pc.fill_null(pc.equal(names, community), False).to_numpy())
    with evening_of(replay, day, around if community else np.array([row])) as evening:
        near = counted(evening, broken=False) if community else {}
        return facts_of(replay, evening, taken, events, near, breaks)[0]


def _near(found: Counted | None, one: dict[str, float], place: str | None) -> tuple[int, int]:
    """(neighbours with a state, those of them that look lived in), the home itself left out."""
    if found is None or not place or found.read <= 1:
        return 0, 0
    read = one["state"] > 0
    return found.read - read, found.lit - (read and one["away"] == 0)


def _fact(
    one: dict[str, float], day: date, *, solar: bool, alone: bool, shaped: bool,
    near: tuple[int, int], peer: float, year_ago: bool | None, routine: RoutineBreak | None,
) -> Facts:  # fmt: skip
    event = HomeEvent(int(one["event"]))
    empty = one["away"] > 0
    start, before, now, read = _numbers(one, event, routine)
    span = int(day_number(day) - start) + 1 if start > 0 else 0
    happened = event is not HomeEvent.NONE
    chance = float(chance_of(np.array(one["belief"]), np.array(empty)))
    return Facts(
        state=HomeState(int(one["state"])),
        since=day_date(one["since"]) if one["since"] > 0 else None,
        event=event,
        event_day=day_date(start) if happened else None,
        before=_number(before),
        now=_number(now),
        read=min(int(read), span),
        span=span,
        flat=one["jumps"] < 1.0,
        shaped=shaped,
        solar=solar,
        lives_alone=alone,
        neighbours=near[0],
        neighbours_lit=near[1],
        peer=peer,
        year_ago=year_ago,
        settled=int(one["lived_days"]),
        probability=routine.probability if routine else chance,
        all_zero=empty and one["spell_kwh"] == 0,
        missed=routine.missed if routine else None,
        missed_on=routine.day if routine else None,
    )


def _numbers(
    one: dict[str, float], event: HomeEvent, routine: RoutineBreak | None
) -> tuple[float, float | None, float, float]:
    """(day number that it began on, kWh a day before it, kWh a day since, days read since)."""
    if routine:
        return day_number(routine.since), routine.usual_kwh, routine.kwh, routine.days_read
    if event is HomeEvent.FROZEN_HIGH:
        return one["event_day"], one["event_before"], one["recent_kwh"], one["event_read"]
    if event is not HomeEvent.NONE:
        return one["event_day"], one["event_before"], one["event_now"], one["event_read"]
    before = one["lived_kwh"] if one["lived_days"] >= 3 else None
    if one["away"] > 0:
        mean = one["spell_kwh"] / max(one["spell_days"], 1)
        return one["since"], before, mean, one["spell_days"]
    return one["since"], before, one["recent_kwh"], 0


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def year_before(replay: Replay, taken: pa.Table, day: date) -> list[bool | None]:
    """Whether each home was empty in the same weeks last year, by the nearest kept night."""
    want = day - timedelta(YEAR_DAYS)
    near = [d for d in replay.manifest.days() if abs((d - want).days) <= NEAR_DAYS]
    if not near or not taken.num_rows:
        return [None] * taken.num_rows
    nearest = min(near, key=lambda d: abs((d - want).days))
    names = taken.select(["household_id", "stranger"])
    replay.con.register("wanted_homes", names)
    try:
        with evening_of(replay, nearest) as evening:
            found = evening.arrow(
                "SELECT household_id, away > 0 AS away, valid_days "
                f"FROM {evening.relation} SEMI JOIN wanted_homes USING (household_id, stranger)"
            ).to_pylist()
    finally:
        replay.con.unregister("wanted_homes")
    was = {row["household_id"]: row for row in found if row["valid_days"] >= KNOWN_DAYS}
    ids = taken["household_id"].to_pylist()
    return [bool(was[home]["away"]) if home in was else None for home in ids]


def peers_on(replay: Replay, day: date, places: pa.ChunkedArray) -> dict[str | None, float]:
    """The peer index of each of these communities on a day, as logged; absent where it is 1."""
    ids = pc.unique(places).drop_null().to_pylist()
    none = np.empty(0)
    group = Groups("peer", none, ids, none, GroupMemory.fresh(len(ids)), {})
    values = read_log(replay.home.state_shelf, replay.manifest, day_number(day), 1, [group])[0]
    return {place: float(values[0, i]) for i, place in enumerate(ids) if values[0, i] != 1}
