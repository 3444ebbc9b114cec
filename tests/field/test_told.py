"""What is told of buildings from night to night gives no single home away by subtraction."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Sum, determined
from lamplit.services.field.homes.told import (
    STATES,
    Showing,
    Told,
    _load,
    _save,
    advance,
    fresh_of,
    released,
    standing,
)
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


@settings(max_examples=60)
@given(towns())
def test_between_two_showings_of_a_place_fifteen_homes_changed(town):
    states, members = town
    told = Told()
    advance(told, reel(states), members)
    assert told.whole[0].day == FIRST
    everybody = [home for homes in members.values() for home in homes]
    for showings, homes in [
        (told.whole, everybody), *((told.buildings[b], homes) for b, homes in members.items())
    ]:  # fmt: skip
        for before, after in itertools.combinations([one.day for one in showings], 2):
            assert changed(states, homes, before, after) >= LEAST_HOMES


class Attacker:
    """Keeps all that was told and subtracts it; here with the truth at hand, to say of how many
    homes a difference speaks: those that do not cancel out.
    """

    def __init__(self, states: np.ndarray, members: dict[str, list[str]], told: Told) -> None:
        self.states, self.members, self.told = states, members, told
        self.sum = np.zeros((len(states), len(STATES)), int)

    def take(self, sign: int, homes: list[str], showing: Showing) -> None:
        rows = [int(home[1:]) for home in homes]
        self.sum[rows, self.states[rows, (showing.day - FIRST).days]] += sign

    def spoken_of(self) -> int:
        return int(self.sum.any(axis=1).sum())


@settings(max_examples=40)
@given(towns(), st.randoms(use_true_random=False))
def test_whatever_is_subtracted_speaks_of_fifteen_homes_or_of_none(town, chance):
    states, members = town
    told = Told()
    advance(told, reel(states), members)
    everybody = [home for homes in members.values() for home in homes]
    for _ in range(60):
        first, second = chance.choice(told.whole), chance.choice(told.whole)
        some = [b for b in members if chance.random() < 0.7]
        # One night of the community without its buildings, as they were told on whatever nights;
        # or two nights of it, with some buildings taken out of both.
        one_night = chance.random() < 0.5
        thief = Attacker(states, members, told)
        thief.take(1, everybody, first)
        if not one_night:
            thief.take(-1, everybody, second)
        for b in members if one_night else some:
            # Of all nights on which it was told those that are nearest tell the most.
            thief.take(-1, members[b], nearest(states, members[b], told.buildings[b], first))
            if not one_night:
                thief.take(1, members[b], nearest(states, members[b], told.buildings[b], second))
        homes = thief.spoken_of()
        assert homes == 0 or homes >= LEAST_HOMES


def nearest(states, homes: list[str], told: list[Showing], to: Showing) -> Showing:
    return min(told, key=lambda one: changed(states, homes, one.day, to.day))


def two_worlds(changing: int) -> tuple[Told, Told]:
    """What is told of a quiet community, and of the same where some homes go dark on the third
    night: from two buildings, from the first to the last.
    """
    quiet = np.repeat(np.repeat(np.arange(5, dtype=np.int8), [16, 20, 17, 18, 49])[:, None], 4, 1)
    other = quiet.copy()
    other[75 : 75 + changing, 2:] = 1
    members = {"A": [f"H{n}" for n in range(80)], "B": [f"H{n}" for n in range(80, 120)]}
    told = Told(), Told()
    for one, states in zip(told, (quiet, other), strict=True):
        advance(one, reel(states), members)
    return told


def test_an_attacker_cannot_tell_a_world_in_which_one_home_went_dark():
    """The subtraction that this is all about: dark homes tonight less dark homes last night."""
    for changing in (1, LEAST_HOMES - 1):
        quiet, other = two_worlds(changing)
        assert (other.whole, other.buildings) == (quiet.whole, quiet.buildings)
    _, other = two_worlds(LEAST_HOMES)
    assert [one.counts["dark"] for one in other.whole] == [20, 35]


def test_a_community_with_much_going_on_is_told_every_night():
    rng = np.random.default_rng(1)
    states = rng.choice([0, 1, 2, 3, 4, 4, 4], (3_000, 8)).astype(np.int8)
    members = {f"B{b}": [f"H{n}" for n in range(b * 60, b * 60 + 60)] for b in range(50)}
    told = Told()
    advance(told, reel(states), members)
    assert len(told.whole) == 8
    for showing in told.whole:
        night = states[:, (showing.day - FIRST).days]
        assert showing.counts["dark"] == int((night == 1).sum())


def test_the_counts_of_a_small_building_are_not_left_over_from_what_is_known():
    """Nine homes are never told; nor are they what remains of the community without the others."""
    states = np.full((109, 2), 4, np.int8)
    states[0:9] = 1
    states[9:59] = 1
    states[59:84, 1] = 1
    members = {"small": [f"H{n}" for n in range(9)], "A": [f"H{n}" for n in range(9, 59)],
               "B": [f"H{n}" for n in range(59, 109)]}  # fmt: skip
    told = Told()
    advance(told, reel(states), members)
    assert set(told.buildings["small"][-1].counts.values()) == {None}
    for whole in told.whole:
        known = [standing(told.buildings[b], whole.day).counts["dark"] for b in ("A", "B")]
        assert None in (whole.counts["dark"], *known)


@settings(max_examples=30)
@given(towns(), st.integers(1, 11))
def test_it_does_not_matter_on_which_nights_somebody_asked(town, cut):
    states, members = town
    at_once = Told()
    advance(at_once, reel(states), members)
    in_two = Told()
    advance(in_two, reel(states[:, :cut]), members)
    advance(in_two, reel(states[:, cut:], FIRST + timedelta(cut)), members)
    assert in_two == at_once


def test_what_was_told_is_kept_as_it_was(tmp_path):
    states = np.full((40, 3), 4, np.int8)
    states[:20, 2] = 1
    told = Told(FIRST, FIRST + timedelta(2))
    advance(told, reel(states), {"B": [f"H{n}" for n in range(30)]})
    file = tmp_path / "told.json"
    _save(file, told)
    assert _load(file) == told
    assert [len(told.whole), len(told.buildings["B"])] == [2, 2]


@settings(max_examples=60)
@given(towns())
def test_a_count_under_fifteen_is_neither_shown_nor_left_by_subtraction(town):
    states, members = town
    table = {
        b: {s.word: int((states[[int(h[1:]) for h in homes], 0] == s).sum()) for s in STATES}
        for b, homes in members.items()
    }
    *fresh, last = table
    _, shown = released({b: table[b] for b in fresh}, [table[last]])
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
    told = Told()
    advance(told, reel(states[:20]), {"B": [f"H{n}" for n in range(20)]})
    later = FIRST + timedelta(2)
    advance(told, reel(states[:34], later), {"B": [f"H{n}" for n in range(34)]})
    assert [one.day for one in told.buildings["B"]] == [FIRST]
    latest = later + timedelta(2)
    advance(told, reel(states[:35], latest), {"B": [f"H{n}" for n in range(35)]})
    assert [(one.day, one.homes) for one in told.buildings["B"]] == [(FIRST, 20), (latest, 35)]


def test_a_file_of_an_earlier_form_is_told_anew(tmp_path):
    file = tmp_path / "old.json"
    file.write_text('{"through": "2026-01-01", "buildings": {}}', "utf-8")
    assert _load(file) == Told()
