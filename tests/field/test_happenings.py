"""Events over the city: weeks under the 15/15 rule for an area, the homes for analysts."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest
from film_world import in_town
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeEvent
from lamplit.services.field.homes import films, happenings
from lamplit.services.film import Happening, Reel
from lamplit.services.home import Home
from lamplit.store.schema import event
from small_town import small_town

MONDAY = date(2020, 1, 6)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("events"))


@pytest.fixture
def world(office, town):
    with in_town(office, town) as made:
        yield made


def reel_with(happened: dict[str, int], nights: int = 7, first: date = MONDAY) -> Reel:
    """So many homes of each community went dark on the first night."""
    communities = [code for code, homes in happened.items() for _ in range(homes)]
    events = [Happening(at, first, HomeEvent.WENT_DARK, first) for at in range(len(communities))]
    names = [f"H{at}" for at in range(len(communities))]
    return Reel(first, first + timedelta(nights - 1), names, communities,
                np.zeros((len(names), nights), np.int8), events)  # fmt: skip


def told(happened: dict[str, int]) -> dict[str, int | None]:
    found = happenings.by_week(reel_with(happened), sorted(happened))
    return {one.community: one.homes for one in found if one.kind == "went_dark"}


def test_a_week_is_told_from_fifteen_homes_on():
    assert told({"A": 15, "B": 40, "C": 15}) == {"A": 15, "B": 40, "C": 15, "": 70}
    assert told({"A": 14, "B": 40}) == {"A": None, "B": 40, "": None}
    assert told({"A": 9, "B": 8, "C": 20}) == {"A": None, "B": None, "C": 20, "": 37}
    assert told({"A": 3}) == {"A": None}


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 40), min_size=1))
def test_what_subtraction_leaves_holds_fifteen_homes(happened):
    shown = told(happened)
    assert all(n is None or n >= LEAST_HOMES for n in shown.values())
    if shown.get("") is not None:
        left = shown[""] - sum(n for c, n in shown.items() if c and n is not None)
        assert left == 0 or left >= LEAST_HOMES
        assert left > 0 or None not in shown.values()


def test_only_whole_weeks_are_told_to_others():
    reel = reel_with({"A": 20}, nights=16, first=MONDAY - timedelta(2))
    weeks = {(one.first, one.last) for one in happenings.by_week(reel, ["A"])}
    assert weeks == {
        (MONDAY, MONDAY + timedelta(6)),
        (MONDAY + timedelta(7), MONDAY + timedelta(13)),
    }


def test_analysts_see_days_and_homes_as_the_film_has_them(world):
    c1 = world.places["c1"]
    found = happenings.counts(world.office, world.actor("analyst"), c1)
    assert found.by == "day"
    listed = happenings.homes(world.office, world.actor("analyst"), c1, purpose="cold snap")
    film = json.loads(films.film(world.office, world.actor("analyst"), c1).body)
    shown = sorted(
        (w["place_id"], e["day"], e["kind"])
        for b in film["buildings"] for w in b["households"] for e in w["events"]
    )  # fmt: skip
    assert shown
    mine = [(one.place_id, str(one.day), one.kind) for one in listed if one.place_id]
    assert sorted(mine) == shown
    assert sum(one.homes for one in found.counts) == len(listed)


def test_pages_follow_on_each_other_and_each_is_logged(world):
    ask = (world.office, world.actor("analyst"), world.places["d1"])
    whole = happenings.homes(*ask, purpose="cold snap")
    first = happenings.homes(*ask, purpose="cold snap", limit=3)
    rest = happenings.homes(*ask, purpose="cold snap", after=first[-1].order)
    assert first + rest == whole
    with world.office.db.read() as conn:
        kinds = conn.scalars(select(event.c.kind)).all()
    assert kinds.count("list.opened") == 3
    with pytest.raises(LamplitError, match=r"door\.purpose-needed"):
        happenings.homes(*ask, purpose="")


def test_leaders_see_weeks_and_no_homes(world):
    ask = (world.office, world.actor("leader"), world.places["c1"])
    found = happenings.counts(*ask)
    assert found.by == "week"
    assert {one.first.weekday() for one in found.counts} == {0}
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        happenings.homes(*ask, purpose="cold snap")
