"""What is told of buildings from night to night gives no single home away by subtraction."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Sum, determined
from lamplit.services.field.homes.told import STATES, advance, fresh_of, release, standing
from lamplit.services.film import Reel

FIRST = date(2020, 1, 20)


def reel(states: np.ndarray, first: date = FIRST) -> Reel:
    homes = [f"H{n}" for n in range(len(states))]
    return Reel(first, first + timedelta(states.shape[1] - 1), homes, ["C"] * len(states), states,
                [])  # fmt: skip


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, list[str]]]:
    """Up to five buildings over twelve nights, in which some homes change their state."""
    sizes = draw(st.lists(st.integers(5, 60), min_size=1, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    turns = rng.random((sum(sizes), 12)) < draw(st.sampled_from([0.0, 0.02, 0.1, 0.3]))
    states = np.empty(turns.shape, np.int8)
    now = rng.choice([1, 3, 4, 4, 4, 4], len(turns))
    for night in range(12):
        now = np.where(turns[:, night], rng.integers(0, 5, len(turns)), now)
        states[:, night] = now
    ends = np.cumsum([0, *sizes])
    members = {
        f"B{n}": [f"H{home}" for home in range(ends[n], ends[n + 1])] for n in range(len(sizes))
    }
    return states, members


def changed(states: np.ndarray, homes: list[str], first: date, last: date) -> int:
    rows = [int(home[1:]) for home in homes]
    then, now = (states[rows, (day - FIRST).days] for day in (first, last))
    return int((then != now).sum())


@settings(max_examples=60, deadline=None)
@given(towns())
def test_between_two_showings_of_a_building_fifteen_homes_changed(town):
    states, members = town
    kept: dict = {}
    advance(kept, reel(states), members)
    for building, homes in members.items():
        days = [one.day for one in kept[building].showings]
        assert days[0] == FIRST
        for before, after in itertools.pairwise(days):
            assert changed(states, homes, before, after) >= LEAST_HOMES


@settings(max_examples=60, deadline=None)
@given(towns())
def test_what_is_not_shown_anew_changed_by_none_or_by_fifteen_together(town):
    states, members = town
    kept: dict = {}
    advance(kept, reel(states), members)
    for night in {one.day for some in kept.values() for one in some.showings}:
        last = {b: standing(kept[b].showings, night) for b in members}
        stale = {b: one for b, one in last.items() if one.day != night}
        moved = sum(changed(states, members[b], one.day, night) for b, one in stale.items())
        assert moved == 0 or moved >= LEAST_HOMES


@settings(max_examples=30, deadline=None)
@given(towns(), st.integers(1, 11))
def test_it_does_not_matter_on_which_nights_somebody_asked(town, cut):
    states, members = town
    at_once: dict = {}
    advance(at_once, reel(states), members)
    in_two: dict = {}
    advance(in_two, reel(states[:, :cut]), members)
    advance(in_two, reel(states[:, cut:], FIRST + timedelta(cut)), members)
    assert in_two == at_once


@settings(max_examples=60, deadline=None)
@given(towns())
def test_a_count_under_fifteen_is_neither_shown_nor_left_by_subtraction(town):
    states, members = town
    table = {
        b: {s.word: int((states[[int(h[1:]) for h in homes], 0] == s).sum()) for s in STATES}
        for b, homes in members.items()
    }
    *fresh, last = table
    shown = release({b: table[b] for b in fresh}, [table[last]])
    told = [n for counts in shown.values() for n in counts.values() if n is not None]
    assert all(n >= LEAST_HOMES for n in told)
    hidden = {(b, w) for b, counts in shown.items() for w, n in counts.items() if n is None}
    rows = [Sum((b, ""), tuple((b, s.word) for s in STATES)) for b in fresh]
    assert determined(hidden, rows) == set()


def test_a_building_waits_where_the_others_would_be_found_by_subtraction():
    assert fresh_of({"a": 20, "b": 16, "c": 3}) == ["a"]
    assert fresh_of({"a": 20, "b": 16, "c": 0}) == ["a", "b"]
    assert fresh_of({"a": 20, "b": 16, "c": 14, "d": 1}) == ["a", "b"]
    assert fresh_of({"a": 14, "b": 1}) == []


def test_a_home_that_is_new_or_gone_counts_as_changed():
    states = np.full((40, 2), 4, np.int8)
    kept: dict = {}
    advance(kept, reel(states[:20]), {"B": [f"H{n}" for n in range(20)]})
    later = FIRST + timedelta(2)
    advance(kept, reel(states, later), {"B": [f"H{n}" for n in range(34)]})
    assert [one.day for one in kept["B"].showings] == [FIRST]
    advance(kept, reel(states, later), {"B": [f"H{n}" for n in range(35)]})
    assert [(one.day, one.homes) for one in kept["B"].showings] == [(FIRST, 20), (later, 35)]
