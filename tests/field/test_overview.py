"""A place with what belongs to it, and places found by what somebody types."""

from __future__ import annotations

import pytest
from people_world import build

from lamplit.domain.abilities import ABILITIES, Ability
from lamplit.domain.errors import LamplitError
from lamplit.services.field.campaigns.areas import areas
from lamplit.services.field.office import CLI
from lamplit.services.field.places.overview import overview, search


@pytest.fixture
def world(office):
    return build(office)


def codes(found) -> list[str]:
    return [one.place.code for one in found]


def test_a_community_tells_what_lies_above_it_in_it_and_which_campaign_runs_there(world):
    seen = overview(world.office, world.actor("leader"), "C1")
    assert [(one.code, one.open) for one in seen.above] == [("D1", False)]
    assert seen.inside == {"building": 2, "household": 20}
    assert [one.code for one in seen.campaigns] == ["SWEEP"]
    assert not seen.outlined


def test_the_same_campaign_is_told_at_the_district_above_and_the_building_below(world):
    district = overview(world.office, world.actor("analyst"), "D1")
    assert district.inside == {"community": 1, "building": 2, "household": 20}
    assert [(one.code, one.place.code) for one in district.campaigns] == [("SWEEP", "C1")]
    building = overview(world.office, world.actor("analyst"), "B1")
    assert [one.code for one in building.above] == ["D1", "C1"]
    assert [one.code for one in building.campaigns] == ["SWEEP"]


def test_a_campaign_that_one_may_not_see_is_not_told(world):
    # Responsible for one building: the campaign of the whole community is not theirs to see.
    assert overview(world.office, world.actor("owner"), "B1").campaigns == []


def test_a_place_of_others_is_not_shown(world):
    with pytest.raises(LamplitError) as met:
        overview(world.office, world.actor("leader"), "D2")
    assert met.value.code == "door.not-allowed"


@pytest.mark.parametrize(
    ("who", "text", "told"),
    [
        ("leader", "c", ["C1"]),
        ("leader", "B", ["B1", "B2"]),
        ("analyst", "1", ["D1", "C1", "B1"]),
        ("leader", "D1", []),  # It lies above: no place of theirs.
        ("other_leader", "B1", []),
        ("outsider", "C1", []),
        ("leader", "HOME", ["HOME"]),
        ("leader", "HOM", []),  # A home by its whole code only.
        ("privacy", "HOME", []),  # Who may not see which homes there are finds none.
        ("leader", "%", []),
        ("leader", " ", []),
    ],
)
def test_search_finds_one_s_own_places_only(world, who, text, told):
    assert codes(search(world.office, world.actor(who), text)) == told


@pytest.mark.parametrize(
    ("who", "needs", "told"),
    [
        ("leader", Ability.ASSIGN, ["C1", "B1", "B2"]),
        ("analyst", Ability.ASSIGN, []),  # Who may give nobody a role is offered no place for it.
        ("privacy", Ability.MANAGE_STOCK, []),
        ("leader", Ability.OPERATE, []),
    ],
)
def test_search_for_a_purpose_finds_only_where_one_may_do_it(world, who, needs, told):
    found = {code for text in ("C1", "B") for code in
             codes(search(world.office, world.actor(who), text, needs=needs))}  # fmt: skip
    assert found == set(told)


def test_whoever_has_any_ability_sees_the_area_so_search_tells_nobody_more():
    assert all(Ability.SEE_AREA in held for held in ABILITIES.values())


def test_search_says_what_a_place_lies_in_and_the_command_line_sees_all(world):
    (home,) = search(world.office, world.actor("leader"), "HOME")
    assert [one.code for one in home.above] == ["D1", "C1", "B1"]
    assert home.place.attrs is None
    assert codes(search(world.office, CLI, "d")) == ["D1", "D2"]
    assert codes(search(world.office, CLI, "d", limit=1)) == ["D1"]


def test_a_campaign_s_figures_by_area_add_up_to_the_board_s(world):
    buildings = areas(world.office, world.actor("leader"), "SWEEP")
    assert {one.place_id for one in buildings} == {world.places["b1"], world.places["b2"]}
    assert [one.enrolled for one in buildings] == [10, 10]
    (whole,) = areas(world.office, world.actor("leader"), "SWEEP", by_community=True)
    assert (whole.place_id, whole.enrolled, whole.done) == (world.places["c1"], 20, 0)
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        areas(world.office, world.actor("privacy"), "SWEEP")
