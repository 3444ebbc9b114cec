"""`lamplit states`: what each home was on each day, as known then or with hindsight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.words import HomeState
from lamplit.meters.lake import Lake
from lamplit.services.blame import blaming
from lamplit.services.engine import maybe_spark, open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import LAKE_COLUMNS
from lamplit.services.night.replay import LEAD_DAYS, TRAIL_DAYS, Replay
from lamplit.services.night.universe import Universe, subset
from lamplit.services.replay_on_spark import looked_at
from lamplit.signals.home_state.calibration import asof_probability
from lamplit.signals.panel import Panel

Array = np.ndarray[Any, Any]
View = Literal["asof", "revised"]

STATES_SCHEMA = pa.schema(
    [
        ("household_id", pa.string()),
        ("meter_id", pa.string()),
        ("day", pa.date32()),
        ("state", pa.string()),
        ("since", pa.date32()),
        ("probability", pa.float32()),
        ("coverage", pa.float32()),
    ]
)
"""`since`: the day since which the home has been empty, or in use. `probability`: that nobody was
there that day. Both are NULL where the state is unknown. `coverage`: share of the day's slots
read."""

CELLS_AT_ONCE = 12_000_000
DARK_KWH = "dark_kwh"

WORDS = pa.array([state.word for state in HomeState], pa.string())


def states_between(
    home: Home,
    first: date,
    last: date,
    view: View = "asof",
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[pa.Table]:
    """Tables of STATES_SCHEMA, a batch of homes each, by household and day.

    `asof` uses only readings of days up to each day; `revised` uses those after it too, and dates
    a spell from its onset. Raises `lake.file-damaged`, and the errors of `Replay.open` and
    `Replay.checked`.
    """
    lake = Lake(home)
    with (
        open_engine(home) as con,
        blaming(lake, con, LAKE_COLUMNS),
        maybe_spark(home) as spark,
    ):
        replay = Replay.open(home, con, detector(home))
        first, last = replay.checked(first, last)
        order = pc.sort_indices(
            replay.universe.homes, [("household_id", "ascending"), ("stranger", "ascending")]
        ).to_numpy()
        days = (last - first).days + 1 + LEAD_DAYS + TRAIL_DAYS
        size = max(1, CELLS_AT_ONCE // max(days, 1))
        look = partial(states_table, first=first, last=last, view=view)
        span = _span(replay, first, last, view)
        yield from looked_at(spark, replay, order, span, size, look, progress)


def _span(replay: Replay, first: date, last: date, view: View) -> tuple[date, date, date]:
    """(the day whose eve is started from, the first and the last day that are looked at)."""
    if view == "asof":
        return first, first, last
    start, stop = replay.hindsight_span(first, last)
    # Hindsight dates a run that began earlier as the eve of its days knew it.
    return (start - timedelta(1) if start > replay.first else start), start, stop


def states_table(replay: Replay, rows: Array, first: date, last: date, view: View) -> pa.Table:
    """STATES_SCHEMA's rows of some homes over days that the nights have reached."""
    worked = _asof if view == "asof" else _revised
    return _table(*worked(replay, rows, first, last), subset(replay.universe, rows))


def _asof(
    replay: Replay, rows: Array, first: date, last: date
) -> tuple[Panel, Array, Array, Array]:
    outputs = ("verdict", "next_since", "next_belief", "valid")
    panel, seen, _ = replay.as_known(rows, first, last, outputs)
    state = seen["verdict"].astype(np.int8)
    chance = shown(seen["next_belief"], state)
    return panel, state, seen["next_since"], np.where(seen["valid"] > 0, chance, np.nan)


def shown(belief: Array, state: Array) -> Array:
    """The probability that is shown for a belief, on the side of a half that the state is on.

    A home is called empty only after `enter_days` quiet days, because a trip of a day or two is
    no spell; until then it is less likely empty than not.
    """
    return asof_probability(belief, (state == HomeState.DARK) | (state == HomeState.MICRO))


def _revised(
    replay: Replay, rows: Array, first: date, last: date
) -> tuple[Panel, Array, Array, Array]:
    panel, seen, empty, chance, valid = replay.in_hindsight(rows, first, last)
    dark = seen["spell_use"] <= replay.fold.constants()[DARK_KWH]
    lived = np.where(seen["lowish"] > 0, HomeState.LOW, HomeState.LIVED_IN)
    state = np.where(empty, np.where(dark, HomeState.DARK, HomeState.MICRO), lived)
    state = np.where(valid, state, HomeState.UNKNOWN).astype(np.int8)
    return panel, state, seen["since"], chance


def _table(panel: Panel, state: Array, since: Array, chance: Array, small: Universe) -> pa.Table:
    days, homes = state.shape
    number = np.arange(panel.first_day, panel.first_day + days, dtype=np.int32)
    coverage = np.nan_to_num(panel.features["coverage"], nan=0.0)
    household = pa.DictionaryArray.from_arrays(
        pa.array(np.repeat(np.arange(homes, dtype=np.int32), days)),
        small.homes["household_id"].combine_chunks(),
    )
    return pa.table(
        [
            household.cast(pa.string()),
            _meters(small, number),
            pa.array(np.tile(number, homes), pa.int32()).cast(pa.date32()),
            WORDS.take(pa.array(state.T.ravel())),
            _days(since.T.ravel(), state.T.ravel() != HomeState.UNKNOWN),
            pa.array(np.round(chance.T.ravel(), 4), pa.float32(), from_pandas=True),
            pa.array(np.round(coverage.T.ravel(), 4), pa.float32()),
        ],
        schema=STATES_SCHEMA,
    )


def _days(number: Array, known: Array) -> pa.Array:
    """Day numbers as dates, NULL where not known."""
    known = known & (number > 0)
    return pa.array(np.where(known, number, 0).astype(np.int32), mask=~known).cast(pa.date32())


def _meters(small: Universe, number: Array) -> pa.Array:
    """The meter that spoke for each home on each day."""
    days = len(number)
    ids = small.homes["meter_id"].combine_chunks()
    several = small.meters.filter(pc.invert(small.meters["alone"]))
    index = np.repeat(np.arange(small.count, dtype=np.int64), days)
    words = pa.concat_arrays([ids, several["meter_id"].combine_chunks()])
    for at, row in enumerate(several.to_pylist()):
        low = np.searchsorted(number, row["from_day"])
        high = np.searchsorted(number, row["to_day"])
        index[row["home"] * days + low : row["home"] * days + high] = small.count + at
    return words.take(pa.array(index))
