"""From the belief of the rules to a probability that can be taken at its word.

The rules weigh each day as if the days were more independent than they are, so their belief runs
ahead. The knots below put it right: each pairs a belief with the share of such home-days that were
truly empty, in towns and obgeneration homes other than those of docs/accuracy.md. `lamplit score`
shows how far they hold elsewhere; answers from the doors are to replace them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

REVISED = (
    (0.0, 0.004), (0.003, 0.008), (0.01, 0.02), (0.03, 0.03), (0.1, 0.042), (0.25, 0.11),
    (0.42, 0.18), (0.55, 0.33), (0.65, 0.36), (0.75, 0.43), (0.85, 0.5), (0.925, 0.61),
    (0.965, 0.78), (0.985, 0.82), (0.992, 0.88), (0.995, 0.98),
)  # fmt: skip
"""With hindsight."""
CALLED = (
    (0.5, 0.70), (0.85, 0.75), (0.965, 0.78), (0.985, 0.86), (0.992, 0.91), (0.995, 0.98),
)  # fmt: skip
"""As known on the day, of homes called empty."""
UNCALLED = (
    (0.0, 0.005), (0.006, 0.04), (0.02, 0.11), (0.06, 0.21), (0.14, 0.3), (0.35, 0.38),
    (0.49, 0.48), (0.995, 0.49),
)  # fmt: skip
"""As known on the day, of homes not called empty; the call waits for the third quiet day."""

CALLED_AT = 0.85
"""The belief at which a day is as likely empty as not, with hindsight."""


def _through(knots: tuple[tuple[float, float], ...], belief: Array) -> Array:
    believed, true = zip(*knots, strict=True)
    return np.asarray(np.interp(belief, believed, true))


def revised_probability(belief: Array) -> Array:
    """The probability behind a smoothed belief; NaN stays NaN."""
    return np.where(np.isnan(belief), np.nan, _through(REVISED, belief))


def asof_probability(belief: Array, called: Array) -> Array:
    """The probability behind a day's belief; on the side of a half that its state is on."""
    return np.where(called, _through(CALLED, belief), _through(UNCALLED, belief))
