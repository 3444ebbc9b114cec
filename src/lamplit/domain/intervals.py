"""How sure a figure is: the Wilson interval, and quantiles that are days rather than half-days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

Z95 = 1.959963984540054
"""The standard normal's 97.5 % point: two-sided 95 %."""

Method = Literal["wilson", "bootstrap-by-home"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and how it was made."""

    low: float
    high: float
    method: Method

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(successes: float, trials: float, z: float = Z95) -> Interval | None:
    """Wilson's score interval for a share; None where nothing was tried.

    `successes` may be a fraction (a tie at the cut of a ranking counts in part).
    Raises ValueError unless 0 <= successes <= trials.
    Source: E. B. Wilson, JASA 22 (1927) 209-212.
    """
    if trials == 0:
        return None
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    share = successes / trials
    spread = z * z / trials
    middle = share + spread / 2
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    # At the ends the formula is exactly 0 or 1; rounding would leave 1e-17 there.
    low = 0.0 if successes == 0 else max(0.0, (middle - half) / (1 + spread))
    high = 1.0 if successes == trials else min(1.0, (middle + half) / (1 + spread))
    return Interval(low, high, "wilson")


def inverse(interval: Interval | None) -> Interval | None:
    """The interval of 1/x for a positive x: knocks per find from a precision.

    A low end of 0 becomes infinity. None stays None.
    """
    if interval is None:
        return None
    high = 1 / interval.low if interval.low > 0 else float("inf")
    low = 1 / interval.high if interval.high > 0 else float("inf")
    return Interval(low, high, interval.method)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed; None of none.

    Delays are whole days, so the answer is one of the values and never between two.
    """
    if not values:
        return None
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    # The tiny step back keeps 0.9 * 10 = 9.000000000000002 from being taken for a tenth value.
    place = max(1, ceil(share * len(values) - 1e-9))
    return sorted(values)[place - 1]
