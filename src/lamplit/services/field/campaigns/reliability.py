"""The reliability diagram: of the homes said to be so with 80 %, were 80 % so?

Three curves over the same labels: what the rules gave (`raw`), what stood on the list (`listed`,
put right by the labels of earlier campaigns where there were any), and what recalibration by these
labels gives (`recalibrated`). The last is cross-fitted: each fifth of the labels is put right by
the other four, since labels that are judged by themselves are always flattered.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from lamplit.domain.intervals import wilson
from lamplit.services.calibration import Calibration, Knots, through
from lamplit.services.field.campaigns.labels import (
    BINS,
    LEAST_LABELS,
    Label,
    Labels,
    Recall,
    flagged_labels,
)
from lamplit.services.field.campaigns.recalibrate import isotonic

FOLDS = 5


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """A bin of probabilities, `low` to `high`: the mean said, and how often it was so.

    `share` of `labels` with Wilson's 95 % interval.
    """

    low: float
    high: float
    labels: int
    right: int
    said: float
    share: float
    share_low: float
    share_high: float


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """One curve. `ece`: the bins' gaps, weighed by labels; `brier`: mean squared error."""

    points: list[ReliabilityPoint]
    ece: float | None
    brier: float | None


@dataclass(frozen=True, slots=True)
class Diagram:
    """All of it; `recalibrated` is None with fewer than LEAST_LABELS labels of flagged homes.

    `knots`: what applying these labels would make of a probability; `in_force`: what was applied.
    """

    labels: int
    least_labels: int
    raw: ReliabilityCurve
    listed: ReliabilityCurve
    recalibrated: ReliabilityCurve | None
    recall: Recall | None
    knots: Knots | None = None
    in_force: Calibration | None = None


def diagram(found: Labels, in_force: Calibration | None = None) -> Diagram:
    """The diagram of labels that `labels` gave, beside the recalibration in force."""
    flagged = flagged_labels(found.known)
    right = [one.right for one in flagged]
    raw, listed = [one.raw for one in flagged], [one.probability for one in flagged]
    enough = len(flagged) >= LEAST_LABELS
    return Diagram(
        len(flagged),
        LEAST_LABELS,
        curve(raw, right),
        curve(listed, right),
        curve(cross_fitted(flagged), right) if enough else None,
        found.recall,
        found.knots,
        in_force,
    )


def curve(said: Sequence[float], right: Sequence[bool]) -> ReliabilityCurve:
    """Bins, expected calibration error and Brier score of probabilities (0 to 1).

    Sources: G. W. Brier, Monthly Weather Review 78 (1950) 1-3; M. P. Naeini and others, AAAI 2015.
    """
    pairs = list(zip(said, right, strict=True))
    points = []
    for low, high in itertools.pairwise(BINS):
        some = [(p, so) for p, so in pairs if low <= p < high or (high == 1 == p)]
        share = wilson(sum(so for _, so in some), len(some))
        if share is not None:
            hits = sum(so for _, so in some)
            mean = sum(p for p, _ in some) / len(some)
            points.append(
                ReliabilityPoint(
                    low, high, len(some), hits, round(mean, 4), round(hits / len(some), 4),
                    round(share.low, 4), round(share.high, 4),
                )
            )  # fmt: skip
    if not pairs:
        return ReliabilityCurve([], None, None)
    ece = sum(abs(one.said - one.share) * one.labels for one in points) / len(pairs)
    brier = sum((p - so) ** 2 for p, so in pairs) / len(pairs)
    return ReliabilityCurve(points, round(ece, 4), round(brier, 4))


def cross_fitted(flagged: Sequence[Label]) -> list[float]:
    """Each label's probability as the labels of the other folds put it right."""
    fold = {
        at: turn % FOLDS
        for turn, at in enumerate(sorted(range(len(flagged)), key=lambda n: flagged[n].place_id))
    }
    found = [0.0] * len(flagged)
    for one in range(FOLDS):
        rest = [label for at, label in enumerate(flagged) if fold[at] != one]
        knots = isotonic([label.raw for label in rest], [label.right for label in rest])
        for at, label in enumerate(flagged):
            if fold[at] == one:
                found[at] = through(knots, label.raw)
    return found
