"""Two plain rules that a careful person might write in an afternoon, as bars to beat.

Both see daily kWh alone and believe every value they are given: a zero that stands for a
silent meter is a dark home to them. They carry no state and know no events.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import score as problem
from lamplit.domain.words import HomeState
from lamplit.services.score_input import Array, column, days_of

FIXED_KWH = 0.7
"""kWh a day: the micro threshold of DETECTION's table, without anything around it."""

DARK_KWH = 0.05
"""At or under this a flagged day is called dark rather than micro; it changes no score."""

OWN_SHARE = 0.2
"""Zhejiang's and Yunnan's rule: at home if the day exceeds a fifth of the home's own level."""

LEAST_HISTORY = 7
"""Days of a home's own past before its median is believed; until then it is not flagged."""

STATES = pa.schema(
    [
        ("household_id", pa.string()),
        ("day", pa.date32()),
        ("state", pa.string()),
        ("probability", pa.float64()),
    ]
)


def fixed_threshold(daily: pa.Table, kwh: float = FIXED_KWH) -> pa.Table:
    """States by kWh under a fixed threshold.

    daily: household_id, day, kwh (NULL = unknown; several rows of a home-day are summed).
    Gives a table in the schema STATES: a row per home and day from the first to the last day of
    the table, unknown where nothing was read. Probability is 1, 0 or NULL.
    """
    homes, first, grid = _grid(daily)
    with np.errstate(invalid="ignore"):
        return _states(homes, first, grid, grid < kwh)


def own_median(
    daily: pa.Table, share: float = OWN_SHARE, least_history: int = LEAST_HISTORY
) -> pa.Table:
    """States by kWh under `share` of the median of the home's own days before.

    Same table as `fixed_threshold`. A home with fewer than `least_history` days read before is
    called lived-in, and so is a day of zero against a median of zero.
    """
    homes, first, grid = _grid(daily)
    with np.errstate(invalid="ignore"):
        return _states(homes, first, grid, grid < share * _median_before(grid, least_history))


def baselines(daily: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Both, each under the name that reports give it."""
    yield f"kWh < {FIXED_KWH}", fixed_threshold(daily)
    yield f"kWh < {OWN_SHARE:.0%} of own median", own_median(daily)


def days_unread(daily: pa.Table) -> pa.Table:
    """(household_id, day) of the home-days without an energy, between first and last day."""
    homes, first, grid = _grid(daily)
    home, offset = np.nonzero(np.isnan(grid))
    return pa.table(
        {
            "household_id": homes.take(pa.array(home)),
            "day": pa.array((offset + first).astype(np.int32)).cast(pa.date32()),
        }
    )


def _grid(daily: pa.Table) -> tuple[pa.Array, int, Array]:
    """(homes, first day since 1970, kWh as homes x days with NaN where nothing was read)."""
    if daily.num_rows == 0:
        raise LamplitError(problem.NO_ROWS, where="readings")
    ids = column(daily, "household_id", "readings").cast(pa.string()).combine_chunks()
    coded = ids.dictionary_encode()
    day = days_of(daily, "readings")
    kwh = column(daily, "kwh", "readings").cast(pa.float64()).to_numpy()
    first, width = int(day.min()), int(day.max()) - int(day.min()) + 1
    homes = coded.dictionary
    cell = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64) * width + (day - first)
    size = len(homes) * width
    read = ~np.isnan(kwh)
    summed = np.bincount(cell[read], weights=kwh[read], minlength=size)
    counted = np.bincount(cell[read], minlength=size)
    return homes, first, np.where(counted > 0, summed, np.nan).reshape(len(homes), width)


def _median_before(grid: Array, least: int) -> Array:
    """For each home-day the median of the days read before it; NaN until there are enough.

    Each home's past is kept sorted and a day is put in its place, for all homes at once: a day
    costs homes x days, where sorting afresh would cost a logarithm more.
    """
    homes, width = grid.shape
    past = np.full((homes, width + 1), np.inf)
    count = np.zeros(homes, dtype=np.int64)
    medians = np.full_like(grid, np.nan)
    row = np.arange(homes)
    for day in range(width):
        enough = count >= least
        low, high = past[row, (np.maximum(count, 1) - 1) // 2], past[row, count // 2]
        medians[enough, day] = ((low + high) / 2)[enough]
        _put(past, count, grid[:, day], day + 1)
    return medians


def _put(past: Array, count: Array, values: Array, used: int) -> None:
    """Put each home's value (if not NaN) in its place among the first `used` of its past."""
    new = ~np.isnan(values)
    head = past[new, :used]
    value = values[new, None]
    # Sorted insertion without a loop: the larger of (left neighbour, value) capped by the old.
    shifted = np.hstack([np.full((len(head), 1), -np.inf), head[:, :-1]])
    past[new, :used] = np.minimum(head, np.maximum(shifted, value))
    count += new


def _states(homes: pa.Array, first: int, grid: Array, flagged: Array) -> pa.Table:
    known = ~np.isnan(grid)
    number = np.where(flagged, np.where(grid <= DARK_KWH, 1, 2), 4) * known
    words = pa.array([state.word for state in HomeState])
    day = np.tile(np.arange(first, first + grid.shape[1], dtype=np.int32), grid.shape[0])
    repeated = np.repeat(np.arange(grid.shape[0]), grid.shape[1])
    chance = pa.array(flagged.ravel().astype(np.float64), mask=~known.ravel())
    return pa.table(
        [
            homes.take(pa.array(repeated)),
            pa.array(day).cast(pa.date32()),
            pc.take(words, pa.array(number.ravel().astype(np.int8))),
            chance,
        ],
        schema=STATES,
    )
