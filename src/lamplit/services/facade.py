"""`lamplit facade`: a building's homes as windows, as they stood on a day."""

from __future__ import annotations

import difflib
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import language_of
from lamplit.domain.problems import night as problems
from lamplit.domain.words import EMPTY_STATES, HomeEvent, HomeState
from lamplit.outbound.facade import Facade, Window
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import day_date, day_number
from lamplit.services.night.replay import Replay
from lamplit.services.routine import lately_broken
from lamplit.services.sweep import fresh_event, places_of, states_on, still_news
from lamplit.signals.home_state.calibration import asof_probability


def facade_of(home: Home, building: str, as_of: date | None = None) -> Facade:
    """The building's doors with the state of each as the evening of `as_of` knew it.

    Raises LamplitError `night.unknown-place` and the errors of `Replay.open` and `.checked`.
    """
    with open_engine(home) as con:
        replay = Replay.open(home, con, detector(home))
        day = as_of or replay.through
        replay.checked(day, day)
        rows = _homes_of(replay, building)
        # A meter that nobody registered may bear a household's name; registered homes come first.
        known = pc.index_in(rows, replay.universe.homes["household_id"].combine_chunks())
        mine = known.drop_null().to_numpy()
        homes, carried = states_on(replay, day, mine)
        at = pc.index_in(rows, homes["household_id"].combine_chunks()).to_pylist()
        places = places_of(replay.con, home, pa.table({"household_id": rows})).to_pylist()
        event = fresh_event(carried, day)
        for broken in lately_broken(replay, day, mine):
            place = int(np.flatnonzero(mine == broken.home)[0])
            if still_news(day_number(broken.day), carried["away"], carried["since"])[place]:
                event[place] = HomeEvent.ROUTINE_BROKEN
        windows = tuple(
            _window(carried, event, i, household, place)
            for i, household, place in zip(at, rows.to_pylist(), places, strict=True)
        )
        name = _name(places, "building_name")
        return Facade(building, name, _name(places, "community_name"), day, windows)


def _homes_of(replay: Replay, building: str) -> pa.Array:
    if not replay.home.registry_file.exists():
        raise LamplitError(problems.UNKNOWN_PLACE, place=building, near="")
    table = pa.parquet.read_table(
        replay.home.registry_file, columns=["household_id", "building_id"]
    )
    rows = pc.unique(table.filter(pc.equal(table["building_id"], building))["household_id"])
    if len(rows) == 0:
        known = pc.unique(table["building_id"]).drop_null().to_pylist()
        close = difflib.get_close_matches(building, known, n=3)
        near = f" ({', '.join(close)}?)" if close else ""
        raise LamplitError(problems.UNKNOWN_PLACE, place=building, near=near)
    return rows


def _window(
    carried: Any, event: Any, at: int | None, household: str, place: dict[str, Any]
) -> Window:
    state, chance, since, happened = HomeState.UNKNOWN, None, None, HomeEvent.NONE
    if at is not None and carried["state"][at] > 0:
        state = HomeState(int(carried["state"][at]))
        belief, called = carried["belief"][at], np.array(state in EMPTY_STATES)
        chance = float(asof_probability(belief, called))
        happened = HomeEvent(int(event[at]))
        since = day_date(np.nan_to_num(carried["since"][at]))
    return Window(
        unit=place["unit"] or "",
        floor=place["floor"],
        door=place["door"] or household,
        household_id=household,
        state=state,
        event=happened,
        since=since,
        probability=chance,
    )


def _name(places: list[dict[str, Any]], field: str) -> str:
    first, second = ("zh", "en") if language_of() == "zh" else ("en", "zh")
    for suffix in (first, second):
        for place in places:
            if place.get(f"{field}_{suffix}"):
                return str(place[f"{field}_{suffix}"])
    return ""
