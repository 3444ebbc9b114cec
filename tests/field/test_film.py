"""The film of a community: every window for analysts, what is told of buildings for others."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from film_world import in_town
from sqlalchemy import select, update

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.services.field.homes import facades, films
from lamplit.services.home import Home
from lamplit.services.states import states_between
from lamplit.store.schema import event, place
from small_town import small_town

LAST = date(2020, 2, 19)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("film"))


@pytest.fixture
def world(office, town):
    with in_town(office, town) as made:
        yield made


def shown(world, who: str, first: date | None = None, last: date | None = None) -> dict:
    found = films.film(world.office, world.actor(who), world.places["c1"], first, last)
    return json.loads(found.body)


def entries(world) -> list:
    with world.office.db.read() as conn:
        return conn.execute(select(event).where(event.c.kind == "facade.opened")).all()


def test_the_analyst_sees_each_window_night_by_night_as_the_evenings_knew_it(world):
    film = shown(world, "analyst")
    assert (film["first"], film["last"]) == ("2020-01-01", str(LAST))
    windows = {w["place_id"]: w for b in film["buildings"] for w in b["households"]}
    assert len(windows) == 20
    table = pq_states(world.office.home)
    with world.office.db.read() as conn:
        code = dict(conn.execute(select(place.c.id, place.c.code)).all())
    seen = 0
    for place_id, window in windows.items():
        assert len(window["states"]) == 50
        for at, sign in enumerate(window["states"]):
            state = table[code[place_id], date(2020, 1, 1) + timedelta(at)]
            if state == "unknown":
                assert sign in "0abcd"
            else:
                assert film["signs"][sign] == state
                assert sign.isdigit()
                seen += 1
    assert seen > 500


def pq_states(home: Home) -> dict:
    return {
        (row["household_id"], row["day"]): row["state"]
        for table in states_between(home, date(2020, 1, 1), LAST)
        for row in table.to_pylist()
    }


def test_an_event_stands_at_the_night_on_which_the_home_turned(world):
    film = shown(world, "analyst")
    events = [
        (window["states"], one)
        for building in film["buildings"]
        for window in building["households"]
        for one in window["events"]
    ]
    dark = [(states, one) for states, one in events if one["kind"] == "went_dark"]
    assert dark
    for states, one in dark:
        at = (date.fromisoformat(one["day"]) - date(2020, 1, 1)).days
        assert states[at] in "12"
        assert one["since"] <= one["day"]


def test_a_span_of_it_shows_the_same_nights(world):
    whole = shown(world, "analyst")
    part = shown(world, "analyst", date(2020, 1, 20), date(2020, 2, 2))
    strips = {
        w["place_id"]: w["states"][19:33] for b in whole["buildings"] for w in b["households"]
    }
    assert strips == {
        w["place_id"]: w["states"] for b in part["buildings"] for w in b["households"]
    }


def test_each_look_at_single_homes_is_logged_also_the_second(world):
    for _ in range(2):
        shown(world, "analyst", date(2020, 2, 1), date(2020, 2, 9))
    assert [(e.place_id, e.data) for e in entries(world)] == [
        (world.places["c1"], {"first": "2020-02-01", "last": "2020-02-09"})
    ] * 2


def test_the_leader_sees_counts_that_stand_until_fifteen_homes_changed(world):
    film = shown(world, "leader")
    assert entries(world) == []
    (building,) = film["buildings"]
    assert "households" not in building
    assert building["homes"] == 20
    counts = [n for one in building["showings"] for n in one["counts"].values()]
    assert all(n is None or n >= LEAST_HOMES for n in counts)
    assert film["told_since"] == "2020-01-01"


def test_a_leaders_facade_of_any_day_is_what_the_film_tells(world):
    showings = shown(world, "leader")["buildings"][0]["showings"]
    for day in (date(2020, 1, 1), date(2020, 1, 25), LAST):
        found = facades.community(world.office, world.actor("leader"), world.places["c1"], day)
        (building,) = found.buildings
        stands = [one for one in showings if one["day"] <= str(day)][-1]
        assert (str(building.as_of), building.counts) == (stands["day"], stands["counts"])
        assert building.windows is None


def test_the_second_ask_is_the_kept_answer_until_a_place_changes(world):
    ask = (world.office, world.actor("analyst"), world.places["c1"])
    first = films.film(*ask)
    assert films.film(*ask) is first
    with world.office.db.begin() as conn:
        conn.execute(
            update(place).where(place.c.id == world.places["home3"]).values(door="999", version=2)
        )
    again = films.film(*ask)
    assert again.tag != first.tag
    assert b'"999"' in again.body


@pytest.mark.parametrize("who", ["other_leader", "withdrawn", "outsider", "owner"])
def test_others_see_no_film(world, who):
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        shown(world, who)


def test_more_than_120_nights_are_refused(world):
    with pytest.raises(LamplitError, match=r"night\.long-film"):
        shown(world, "analyst", date(2019, 10, 1), LAST)
    with pytest.raises(LamplitError, match=r"night\.not-yet"):
        shown(world, "analyst", date(2020, 2, 1), date(2020, 3, 1))
