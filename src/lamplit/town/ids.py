"""Numbers that look like a utility's: households by ten digits, meters by thirteen."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.town.arrays import I64, Bool
from lamplit.town.confounders import words_of

FIRST_HOUSEHOLD = 4_207_000_000
FIRST_METER = 4_230_000_000_000
MAX_HOMES = 90_000_000


def household_ids(homes: I64) -> pa.Array:
    """The ids of homes, as text."""
    return pc.cast(pa.array(FIRST_HOUSEHOLD + homes), pa.string())


def meter_ids(homes: I64, replaced: I64 | Bool) -> pa.Array:
    """The ids of the first (0) or second (1) meter of homes; the last digit checks the rest."""
    number = homes * 2 + np.asarray(replaced, dtype=np.int64)
    check = (number * 7 + number // 10 * 3 + 5) % 10
    return pc.cast(pa.array(FIRST_METER + number * 10 + check), pa.string())


def place_ids(letter: str, numbers: I64) -> pa.Array:
    """`C12`, `B305`, `K77`: communities, buildings, collectors."""
    text = pc.cast(pa.array(numbers + 1), pa.string())
    return pc.binary_join_element_wise(pa.scalar(letter), text, "")


def mask_words(masks: np.ndarray) -> pa.DictionaryArray:
    """Confounder masks spelt out, as a dictionary array of the masks' shape, flattened."""
    unique, index = np.unique(masks, return_inverse=True)
    words = pa.array([words_of(int(m)) for m in unique], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(index.ravel().astype(np.int32)), words)


@cache
def days_array(first_ordinal: int, days: int) -> np.ndarray:
    """Days since 1970 of each day, for date32 columns."""
    epoch = 719_163
    return np.arange(days, dtype=np.int32) + np.int32(first_ordinal - epoch)
