"""The reliability diagram says of overconfident probabilities that they are, and by how much."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.domain.field import Found
from lamplit.services.calibration import Calibration, through
from lamplit.services.field.campaigns.labels import LEAST_LABELS, Label, _summed
from lamplit.services.field.campaigns.reliability import cross_fitted, curve, diagram


def label(at: int, said: float, right: bool, **more) -> Label:
    found = Found.EMPTY if right else Found.LIVED_IN
    return Label(f"h{at:04}", "dark", "dark", said, found, right, more.pop("random", False),
                 more.pop("raw", said))  # fmt: skip


def overconfident(count: int) -> list[Label]:
    """Said to be empty with 95 % or 70 %, and so in 70 % and 40 % of the cases."""
    draw = random.Random(3)
    return [
        label(at, said, draw.random() < said - 0.25 - 0.05 * (said < 0.9))
        for at in range(count)
        for said in [draw.choice([0.955, 0.7])]
    ]


def test_each_bin_says_how_often_it_was_so_with_its_interval():
    found = curve([0.9] * 10 + [0.55] * 4, [True] * 8 + [False] * 2 + [True, True, False, False])
    low, high = found.points
    assert (low.low, low.high, low.labels, low.right, low.said, low.share) == (
        0.5, 0.6, 4, 2, 0.55, 0.5
    )  # fmt: skip
    assert (high.low, high.labels, high.right, high.share) == (0.9, 10, 8, 0.8)
    assert (high.share_low, high.share_high) == (0.4902, 0.9433)
    assert found.ece == pytest.approx((0.05 * 4 + 0.1 * 10) / 14, abs=1e-4)
    assert found.brier == pytest.approx(
        (8 * 0.01 + 2 * 0.81 + 2 * 0.2025 + 2 * 0.3025) / 14, abs=1e-4
    )


def test_recalibration_brings_overconfident_probabilities_nearer_to_the_truth():
    found = diagram(_summed(overconfident(400), 0, 400, 0))
    assert found.labels == 400
    assert found.raw.ece > 0.2
    assert found.recalibrated.ece < 0.1
    assert found.recalibrated.brier < found.raw.brier


def test_what_stood_on_the_list_is_a_curve_of_its_own():
    some = [label(at, 0.7, at % 10 < 7, raw=0.99) for at in range(100)]
    found = diagram(_summed(some, 0, 100, 0))
    assert [one.said for one in found.listed.points] == [0.7]
    assert [one.said for one in found.raw.points] == [0.99]
    assert found.listed.ece < found.raw.ece


def test_what_applying_would_make_of_a_probability_is_told_before_it_is_done():
    in_force = Calibration(datetime(2026, 3, 1, tzinfo=UTC), 120, [(0.5, 0.4), (0.9, 0.8)])
    found = diagram(_summed(overconfident(400), 0, 400, 0), in_force)
    assert found.in_force is in_force
    assert through(found.knots, 0.955) < 0.8
    assert [so for _, so in found.knots] == sorted(so for _, so in found.knots)
    assert diagram(_summed(overconfident(LEAST_LABELS - 1), 0, 99, 0)).knots is None


def test_few_labels_give_no_recalibrated_curve():
    found = diagram(_summed(overconfident(LEAST_LABELS - 1), 0, 99, 0))
    assert found.recalibrated is None
    assert found.raw.points


def test_doors_that_chance_chose_count_for_recall_only():
    chosen = [label(1000 + at, 0.1, at == 0, random=True) for at in range(40)]
    summed = _summed([*overconfident(100), *chosen], 0, 100, 2000)
    assert (summed.labels, summed.pointed_to) == (140, 100)
    found = diagram(summed)
    assert found.labels == 100
    assert found.recall.low < found.recall.value < found.recall.high


def test_a_label_is_never_put_right_by_itself():
    some = overconfident(200)
    turned = [replace(some[0], right=not some[0].right), *some[1:]]
    assert cross_fitted(some)[0] == cross_fitted(turned)[0]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_every_label_is_in_one_bin(pairs):
    found = curve([p for p, _ in pairs], [so for _, so in pairs])
    assert sum(one.labels for one in found.points) == len(pairs)
    assert sum(one.right for one in found.points) == sum(so for _, so in pairs)
    for one in found.points:
        assert one.low <= one.said <= one.high
        assert one.share_low <= one.share <= one.share_high


def test_without_labels_there_is_nothing_to_draw():
    found = diagram(_summed([], 0, 0, 0))
    assert (found.raw.points, found.raw.ece, found.recall) == ([], None, None)
