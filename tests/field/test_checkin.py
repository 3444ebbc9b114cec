"""Check-in (报到): where one may, once, and how many come each day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from people_kit import Neighbourhood, neighbourhood

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EndReason, Role
from lamplit.services.field.door import abilities_at
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.people.assignments import chain, withdraw
from lamplit.services.field.people.checkin import check_in, checkin_curve, pair

FIRST = date(2020, 2, 10)


@pytest.fixture
def hood(office: Office) -> Neighbourhood:
    made = neighbourhood(office)
    pair(office, CLI, organisation="CO", community="C1")
    return made


def refused(code: str):
    return pytest.raises(LamplitError, match=rf"^\[{code}\]")


def test_one_checks_in_where_one_s_organisation_or_its_parent_is_paired(hood):
    done = check_in(hood.office, hood.as_("p1"), person="p1", community="C1")
    assert done.new
    assert (done.assignment.role, done.assignment.starts) == (Role.PAIRED, FIRST)


def test_where_it_is_not_paired_the_paired_ones_are_named(hood):
    with refused("checkin.not-paired") as told:
        check_in(hood.office, CLI, person="p1", community="C2")
    assert "paired are: C1" in told.value.says("en")


def test_who_is_paired_with_nothing_yet_is_told_so_in_a_sentence_without_a_gap(hood):
    hood.organisation("ALONE")
    hood.person("p9", "ALONE")
    with refused("checkin.nothing-paired") as told:
        check_in(hood.office, CLI, person="p9", community="C1")
    for language in ("en", "zh"):
        assert "ALONE" in told.value.says(language) and "–" not in told.value.says(language)


def test_who_has_no_organisation_is_told_so(hood):
    hood.person("free", None)
    with refused("checkin.no-organisation"):
        check_in(hood.office, CLI, person="free", community="C1")
    assert check_in(hood.office, CLI, person="free", community="C1", to=Role.HOME).new


def test_the_home_community_is_the_one_in_which_one_s_home_lies(hood):
    hood.person("p4", home_place_id=hood.ids["B3-1"])
    assert check_in(hood.office, CLI, person="p4", community="C2", to=Role.HOME).new
    with refused("checkin.not-home"):
        check_in(hood.office, CLI, person="p4", community="C1", to=Role.HOME)


def test_a_building_is_no_place_to_check_in(hood):
    with refused("place.wrong-kind"):
        check_in(hood.office, CLI, person="p1", community="B1", to=Role.HOME)


def test_a_second_check_in_is_the_same_one(hood, clock):
    first = check_in(hood.office, CLI, person="p1", community="C1")
    again = check_in(hood.office, CLI, person="p1", community="C1")
    clock.turn(days=1)
    later = check_in(hood.office, CLI, person="p1", community="C1")
    assert {first.assignment.id} == {again.assignment.id, later.assignment.id}
    assert not again.new
    assert check_in(hood.office, CLI, person="p1", community="C1", to=Role.HOME).new


def test_who_comes_back_goes_on_from_the_earlier_check_in(hood, clock):
    first = check_in(hood.office, CLI, person="p1", community="C1").assignment
    clock.turn(days=1)
    withdraw(hood.office, CLI, person="p1", reason=EndReason.WITHDRAWN)
    clock.turn(days=1)
    back = check_in(hood.office, CLI, person="p1", community="C1").assignment
    assert [one.id for one in chain(hood.office, CLI, back.id)] == [first.id, back.id]


def test_a_pairing_is_made_once(hood):
    assert not pair(hood.office, CLI, organisation="CO", community="C1").new


def test_nobody_checks_others_in_but_a_leader(hood):
    with refused("door.not-allowed"):
        check_in(hood.office, hood.as_("p2"), person="p1", community="C1")
    assert check_in(hood.office, hood.as_("lead"), person="p1", community="C1").new


def test_checking_in_opens_no_door(hood):
    check_in(hood.office, CLI, person="p1", community="C1")
    with hood.office.db.read() as conn:
        held = abilities_at(conn, hood.ids["p1"], hood.ids["B1-1"], FIRST)
    assert [ability.value for ability in held] == ["see_area"]


def test_the_curve_counts_each_day_s_people_and_their_growth(hood, clock):
    for code in ("p1", "p2"):
        check_in(hood.office, CLI, person=code, community="C1")
    check_in(hood.office, CLI, person="p1", community="C1", to=Role.HOME)
    clock.turn(days=1)
    clock.turn(days=1)
    check_in(hood.office, CLI, person="p3", community="C1", to=Role.HOME)
    withdraw(hood.office, CLI, person="p2")
    days = checkin_curve(hood.office, hood.as_("lead"), "C1", FIRST, FIRST + timedelta(days=2))
    told = [(d.paired, d.home, d.new, d.total, d.present, d.growth) for d in days]
    assert told == [(2, 1, 2, 2, 2, None), (0, 0, 0, 2, 2, 0.0), (0, 1, 1, 3, 2, 0.5)]


def test_a_district_s_curve_is_that_of_its_communities_and_people_count_once(hood):
    check_in(hood.office, CLI, person="p1", community="C1")
    check_in(hood.office, CLI, person="p1", community="C2", to=Role.HOME)
    (day,) = checkin_curve(hood.office, CLI, "D", FIRST, FIRST)
    assert (day.paired, day.home, day.new, day.total) == (1, 1, 1, 1)
    (later,) = checkin_curve(
        hood.office, CLI, "D", FIRST + timedelta(days=9), FIRST + timedelta(days=9)
    )
    assert (later.paired, later.total, later.present) == (0, 1, 1)


def test_the_curve_is_for_who_may_see_people_and_one_s_own_for_oneself(hood):
    check_in(hood.office, CLI, person="p1", community="C1")
    check_in(hood.office, CLI, person="p2", community="C1")
    with refused("door.not-allowed"):
        checkin_curve(hood.office, hood.as_("p1"), "C1", FIRST, FIRST)
    (mine,) = checkin_curve(hood.office, hood.as_("p1"), "C1", FIRST, FIRST, own=True)
    assert mine.total == 1
