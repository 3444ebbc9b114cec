"""Array types and small array tools of the town."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int8]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
Bool = npt.NDArray[np.bool_]


def stream(seed: int, *place: int) -> np.random.Generator:
    """A random stream of its own for one place in the town (a purpose and a number).

    The same seed and place always give the same numbers, whatever else was drawn before.
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *place])))


def lognormal(rng: np.random.Generator, median: F64 | float, sigma: float, n: int) -> F64:
    """`n` draws around `median` whose logarithm spreads by `sigma`."""
    return np.asarray(median * np.exp(sigma * rng.standard_normal(n)), dtype=np.float64)


def expand_ranges(start: I64, length: I64) -> tuple[I64, I64]:
    """Spell ranges out: (index of the range, value) for each value in [start, start + length)."""
    owner = np.repeat(np.arange(len(start)), length)
    first = np.repeat(np.cumsum(length) - length, length)
    return owner, np.arange(len(owner)) - first + np.repeat(start, length)
