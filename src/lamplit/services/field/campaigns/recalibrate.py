"""Isotonic recalibration: a rising step from what was said to how often it was so.

Source: M. Ayer et al., Annals of Mathematical Statistics 26 (1955) 641-647 (pool adjacent
violators); as calibration: B. Zadrozny, C. Elkan, KDD 2002.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamplit.services.calibration import Knots

LEAST_A_STEP = 20
"""A step that rests on fewer labels is pooled with its neighbour."""


def isotonic(said: Sequence[float], right: Sequence[bool]) -> Knots:
    """The knots that labels give: `said` probabilities (0 to 1) and whether each was right.

    Each step is shrunk towards a half by one label each way, so that none says 0 or 1 outright.
    """
    order = np.argsort(np.asarray(said, dtype=float), kind="stable")
    values = np.asarray(said, dtype=float)[order]
    truths = np.asarray(right, dtype=float)[order]
    blocks: list[tuple[float, float, float]] = []  # labels, sum of said, sum of right
    for value in np.unique(values):
        same = values == value
        blocks.append((float(same.sum()), float(value * same.sum()), float(truths[same].sum())))
        while len(blocks) > 1 and _pools(blocks[-2], blocks[-1]):
            last = blocks.pop()
            before = blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    if len(blocks) > 1 and blocks[-1][0] < LEAST_A_STEP:
        last = blocks.pop()
        before = blocks.pop()
        blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    knots = [(round(s / n, 4), round((r + 1) / (n + 2), 4)) for n, s, r in blocks]
    # Shrinking small steps can turn the order of two that were close.
    rising: Knots = []
    for x, y in knots:
        rising.append((x, max(y, rising[-1][1]) if rising else y))
    return rising


def _pools(before: tuple[float, float, float], last: tuple[float, float, float]) -> bool:
    falls = last[2] / last[0] <= before[2] / before[0]
    return falls or before[0] < LEAST_A_STEP
