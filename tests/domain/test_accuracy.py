"""The plain figures of an accuracy report (issue 2, item 9)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.domain.accuracy import Confusion
from lamplit.domain.intervals import inverse, quantile, wilson


def test_wilson_agrees_with_the_published_example():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    interval = wilson(81, 263)
    assert interval is not None
    assert (interval.low, interval.high) == (
        pytest.approx(0.2553, abs=5e-5),
        pytest.approx(0.3662, abs=5e-5),
    )


def test_wilson_of_none_in_twenty_still_allows_a_sixth():
    # Newcombe (1998), table I: 0 of 20 gives 0 to 0.1611.
    interval = wilson(0, 20)
    assert interval is not None
    assert interval.low == 0.0
    assert interval.high == pytest.approx(0.1611, abs=5e-5)


def test_wilson_of_nothing_tried_is_nothing():
    assert wilson(0, 0) is None


def test_wilson_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="5 successes of 4"):
        wilson(5, 4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_stays_between_zero_and_one(successes, more):
    trials = successes + more
    for hits in (successes, trials - successes):
        interval = wilson(hits, trials)
        assert 0 <= interval.low <= hits / trials <= interval.high <= 1


def test_knocks_per_find_turn_the_precision_interval_over():
    knocks = inverse(wilson(50, 100))
    assert knocks.low < 2 < knocks.high
    assert inverse(wilson(0, 10)).high == float("inf")


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3, 1, 2], 0.5, 2),
        ([1, 2, 3, 4], 0.5, 2),
        (list(range(1, 11)), 0.9, 9),
        ([7], 0.9, 7),
        ([], 0.5, None),
    ],
)
def test_a_quantile_of_days_is_one_of_the_days(values, share, expected):
    assert quantile(values, share) == expected


def test_figures_of_a_confusion_worked_by_hand():
    counts = Confusion(tp=90, fp=10, fn=30, tn=870)
    assert counts.precision == pytest.approx(0.9)
    assert counts.recall == pytest.approx(0.75)
    assert counts.f1 == pytest.approx(2 * 0.9 * 0.75 / 1.65)
    assert counts.mcc == pytest.approx((90 * 870 - 10 * 30) / (100 * 120 * 880 * 900) ** 0.5)


def test_figures_that_cannot_be_worked_out_are_none_not_zero():
    nothing = Confusion(0, 0, 0, 10)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.mcc) == (None,) * 4
    assert json.dumps(nothing.mcc) == "null"
