"""What-if over the door: who may play, what is told of it, and what is logged."""

from __future__ import annotations

import pytest
from film_world import in_town
from sqlalchemy import select

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.services.field.homes import what_ifs
from lamplit.services.home import Home
from lamplit.store.schema import event
from small_town import small_town

STRONG = {"dark_kwh": 1.0, "low_kwh": 10.0}
"""Enough of a change for 15 homes of the town."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_town(tmp_path_factory.mktemp("what-ifs"), homes=200)


@pytest.fixture
def world(office, town):
    with in_town(office, town) as made:
        yield made


def asked(world, who: str, changes=STRONG, **more) -> what_ifs.Answer:
    return what_ifs.ask(world.office, world.actor(who), changes, **more)


def entries(world, kind: str) -> list:
    with world.office.db.read() as conn:
        return conn.execute(select(event).where(event.c.kind == kind)).all()


@pytest.mark.parametrize("who", ["leader", "owner", "other_leader", "operator", "outsider"])
def test_only_who_may_analyse_there_plays(world, who):
    for place in (world.places["c1"], None):
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            asked(world, who, place=place)
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        what_ifs.thresholds(world.office, world.actor(who))


def test_counts_alone_hold_back_what_fewer_than_fifteen_homes_would_change(world):
    little = asked(world, "analyst", {"dark_kwh": 0.06}, place=world.places["c1"])
    assert little.whole.after is None
    assert little.whole.moved is None
    assert little.doors is None
    much = asked(world, "analyst", place=world.places["c1"])
    assert much.whole.moved >= LEAST_HOMES
    for side in (much.whole.before, much.whole.after):
        counts = [*side.states.values(), side.doors, *side.events.values()]
        assert all(n is None or n >= LEAST_HOMES for n in counts)
        assert any(n is not None for n in counts)


def test_the_doors_that_move_are_told_for_a_purpose_and_logged_as_a_list(world):
    with pytest.raises(LamplitError, match=r"door\.purpose-needed"):
        asked(world, "analyst", place="D1", doors=True, purpose="  ")
    found = asked(world, "analyst", place="D1", doors=True, purpose="tuning for the cold snap")
    assert found.whole.after.doors is not None
    assert found.doors_moved >= len(found.doors) > 0
    homes = {world.places[name] for name in world.places if name.startswith("home")}
    assert {one.place_id for one in found.doors} <= homes
    assert all(one.where.place_id == one.place_id for one in found.doors)
    # Communities number their buildings alike: a line says which one it is.
    towns = {one.place_id: one.where.community for one in found.doors}
    assert set(towns.values()) == {Text("c1", "c1")}
    assert all(
        one.before != one.after or one.listed_before != one.listed_after for one in found.doors
    )
    (entry,) = entries(world, "list.opened")
    assert (entry.place_id, entry.purpose) == (world.places["d1"], "tuning for the cold snap")
    assert entry.data["thresholds"] == STRONG


def test_a_look_of_ten_minutes_is_one_line_whatever_is_tried_in_it(world, clock):
    d1, c1 = world.places["d1"], world.places["c1"]

    def told() -> list[tuple]:
        lines = entries(world, "what-if.asked")
        return [(one.actor_id, one.place_id, one.data["thresholds"]) for one in lines]

    asked(world, "analyst", {"dark_kwh": 0.2}, place=d1)
    first = (world.people["analyst"], d1, {"dark_kwh": 0.2})
    for dark in (0.3, 0.4):
        asked(world, "analyst", {"dark_kwh": dark}, place=d1)
    assert told() == [first]
    # Another place is another look; so is what comes later, and the doors themselves.
    asked(world, "analyst", {"dark_kwh": 0.4}, place=c1)
    clock.turn(minutes=11)
    asked(world, "analyst", {"dark_kwh": 0.5}, place=d1)
    second, third = (
        (world.people["analyst"], at, {"dark_kwh": n}) for at, n in ((c1, 0.4), (d1, 0.5))
    )
    assert told() == [first, second, third]
    for _ in range(2):
        asked(world, "analyst", {"dark_kwh": 0.5}, place=d1, doors=True, purpose="tuning")
    assert len(entries(world, "list.opened")) == 2
    assert told() == [first, second, third]


def test_without_a_place_one_asks_for_where_one_may_analyse(world):
    mine = asked(world, "analyst", {"dark_kwh": 0.2})
    there = asked(world, "analyst", {"dark_kwh": 0.2}, place=world.places["d1"])
    assert mine.communities == there.communities
    assert mine.of == there.of == 200
