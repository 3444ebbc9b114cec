"""`lamplit areas`: what each community came to on each day, its homes by state and its energy.

Homes are looked at as `states` and the film look at them; what is kept of them are whole numbers by
community and day, which add up to the same in whatever shards the homes were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.words import HomeEvent, HomeState
from lamplit.meters.lake import Lake
from lamplit.services.blame import blaming
from lamplit.services.engine import maybe_spark, open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.gather import LAKE_COLUMNS
from lamplit.services.night.replay import Replay
from lamplit.services.night.universe import Universe, subset
from lamplit.services.replay_on_spark import looked_at

Array = np.ndarray[Any, Any]

CELLS_AT_ONCE = 12_000_000
WH = 1000
EVENTS = (HomeEvent.WENT_DARK, HomeEvent.RETURNED, HomeEvent.FROZEN_HIGH)
"""As the rules prefer them where a night brings two."""
_OUTPUTS = ("valid", "next_state", *(event.word for event in EVENTS))

_COUNTS = (
    "homes", *(state.word for state in HomeState), *(event.word for event in EVENTS), "read",
    "measured", "wh",
)  # fmt: skip
_KEYS = [("community_id", pa.string()), ("day", pa.date32())]
_TALLY = pa.schema([*_KEYS, *((name, pa.int64()) for name in _COUNTS)])

AREAS_SCHEMA = pa.schema(
    [
        *_KEYS, *((name, pa.int64()) for name in _COUNTS[:-1]), ("kwh", pa.float64()),
        ("kwh_a_home", pa.float64()),
    ]
)  # fmt: skip
"""`homes` by the state that the night left them in; those to which something happened, as that
night knew it (without broken routines); `read`: those whose day counted. `kwh`: what the `measured`
homes drew together, `kwh_a_home` on average; homes that share a meter, or were not read, are not in
it, and both are NULL where nothing was measured."""


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """Rows of AREAS_SCHEMA by community and day. `left_out`: communities with too few homes."""

    rows: pa.Table
    left_out: int


def area_summary(
    home: Home,
    first: date,
    last: date,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> AreaSummary:
    """What each community of LEAST_HOMES homes or more came to on each day from `first` to `last`.

    The numbers are exact, for those who may read the home's folder. Raises `lake.file-damaged`, and
    the errors of `Replay.open` and `Replay.checked`.
    """
    with open_engine(home) as con, blaming(Lake(home), con, LAKE_COLUMNS):
        replay = Replay.open(home, con, detector(home))
        first, last = replay.checked(first, last)
        order, left_out = _told(replay.universe)
        tallies = list(_tallies(home, replay, order, (first, last), progress))
    return AreaSummary(_added_up(pa.concat_tables([_TALLY.empty_table(), *tallies])), left_out)


def _told(universe: Universe) -> tuple[Array, int]:
    """(homes of the communities that are told, one community after the other; how many are not)."""
    number, ids = universe.groups("community_id")
    inside = ~universe.column("stranger").astype(bool) & (number >= 0)
    size = np.bincount(number[inside], minlength=len(ids))
    enough = size >= LEAST_HOMES
    rows = np.flatnonzero(inside & np.append(enough, False)[number])
    return rows[np.argsort(number[rows], kind="stable")], int((~enough & (size > 0)).sum())


def _tallies(
    home: Home,
    replay: Replay,
    order: Array,
    span: tuple[date, date],
    progress: Callable[[int, int], None] | None,
) -> Iterator[pa.Table]:
    """Tables of _TALLY, a batch of homes each."""
    first, last = span
    size = max(1, CELLS_AT_ONCE // ((last - first).days + 1))
    look = partial(tally, first=first, last=last)
    with maybe_spark(home) as spark:
        yield from looked_at(spark, replay, order, (first, first, last), size, look, progress)


def tally(replay: Replay, rows: Array, *, first: date, last: date) -> pa.Table:
    """_TALLY's rows of some homes: what they add to their communities, day by day."""
    panel, seen, _ = replay.as_known(rows, first, last, _OUTPUTS)
    small = subset(replay.universe, rows)
    number, ids = small.groups("community_id")
    valid = seen["valid"] > 0
    kwh = np.nan_to_num(panel.features["kwh"], nan=-1.0).astype(np.float64)
    measured = valid & (kwh >= 0) & ~small.column("shared").astype(bool)
    state, event = seen["next_state"].astype(np.int8), _event(seen)
    counted: dict[str, Array] = {
        "homes": np.ones_like(valid),
        **{one.word: state == one for one in HomeState},
        **{one.word: event == one for one in EVENTS},
        "read": valid,
        "measured": measured,
        # Whole watt-hours, as a sum of fractions would hang on the order of the homes.
        "wh": np.where(measured, np.rint(kwh * WH), 0.0),
    }
    days, groups = len(valid), len(ids)
    sums = {
        name: np.stack([np.bincount(number, day, minlength=groups) for day in values])
        for name, values in counted.items()
    }
    here = panel.first_day + np.arange(days, dtype=np.int32)
    return pa.table(
        [
            pa.array(ids, pa.string()).take(pa.array(np.tile(np.arange(groups), days))),
            pa.array(np.repeat(here, groups), pa.int32()).cast(pa.date32()),
            *(pa.array(np.rint(sums[name]).astype(np.int64).ravel()) for name in _COUNTS),
        ],
        schema=_TALLY,
    )


def _event(seen: dict[str, Array]) -> Array:
    """What happened to each home on each night, one thing at most."""
    found = np.full(seen["valid"].shape, HomeEvent.NONE, np.int8)
    for event in reversed(EVENTS):
        found[seen[event.word] > 0] = event
    return found


def _added_up(tallies: pa.Table) -> pa.Table:
    """AREAS_SCHEMA's rows of all that was tallied."""
    keys = [name for name, _ in _KEYS]
    whole = tallies.group_by(keys).aggregate([(name, "sum") for name in _COUNTS])
    whole = whole.sort_by([(name, "ascending") for name in keys])
    columns = {name: whole[f"{name}_sum"] for name in _COUNTS}
    some = pc.greater(columns["measured"], 0)
    kwh = pc.divide(pc.cast(columns.pop("wh"), pa.float64()), float(WH))
    kwh = pc.if_else(some, kwh, pa.scalar(None, pa.float64()))
    each = pc.divide(kwh, pc.cast(columns["measured"], pa.float64()))
    return pa.table(
        {**{name: whole[name] for name in keys}, **columns, "kwh": kwh, "kwh_a_home": each},
        schema=AREAS_SCHEMA,
    )
