"""States over nights: as the film has them, for who may analyse, never of a handful of homes."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
from film_world import in_town

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeState
from lamplit.services.field.homes import films, nights
from lamplit.services.film import CARRIED_OVER, Reel
from lamplit.services.home import Home
from small_town import small_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("nights"))


@pytest.fixture
def world(office, town):
    with in_town(office, town) as made:
        yield made


def test_the_counts_are_those_of_the_windows(world):
    c1 = world.places["c1"]
    found = nights.nights(world.office, world.actor("analyst"), c1)
    [one] = [each for each in found.communities if each.place_id == c1]
    film = json.loads(films.film(world.office, world.actor("analyst"), c1).body)
    windows = [w["states"] for b in film["buildings"] for w in b["households"]]
    assert str(found.first) == film["first"]
    for night in (0, -1):
        shown = [film["signs"][states[night]].split()[0] for states in windows]
        # The film has the homes that the store knows; the counts those of the registry.
        for state in HomeState:
            assert one.counts[state.word][night] >= shown.count(state.word)
        assert sum(one.counts[state.word][night] for state in HomeState) == one.homes
    assert found.whole == one.counts


@pytest.mark.parametrize("who", ["leader", "owner", "outsider"])
def test_only_analysts_see_them(world, who):
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        nights.nights(world.office, world.actor(who), world.places["c1"])


def test_a_state_that_was_carried_over_a_silent_day_counts_as_that_state():
    dark = int(HomeState.DARK)
    states = np.array([[dark, dark + CARRIED_OVER], [0, dark]], np.int8)
    reel = Reel(date(2020, 1, 1), date(2020, 1, 2), ["a", "b"], ["A", "A"], states, [])
    assert nights.tables(reel)["A"][dark].tolist() == [1, 2]


def test_a_community_of_a_few_homes_is_told_neither_alone_nor_in_the_sum(world, monkeypatch):
    ask = (world.office, world.actor("analyst"), world.places["c1"])
    homes = nights.nights(*ask).homes
    monkeypatch.setattr(nights, "LEAST_HOMES", homes + 1)
    found = nights.nights(*ask)
    assert [one.counts for one in found.communities] == [None]
    assert (found.homes, sum(map(sum, found.whole.values()))) == (0, 0)
