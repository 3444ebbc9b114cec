"""The truth comes from who is there, and the loads follow it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.services.town import TownRequest, check_order
from lamplit.town.absences import (
    MAIN_OFF,
    ROUTER_ONLY,
    STANDBY_ONLY,
    draw_leaves,
    draw_trips,
    draw_visits,
)
from lamplit.town.arrays import stream
from lamplit.town.build import make_setting
from lamplit.town.classes import CLASSES
from lamplit.town.homes import draw_homes, draw_people
from lamplit.town.loads import Town, simulate_load
from lamplit.town.presence import empty_spells, live
from lamplit.town.troubles import Troubles, strike


@pytest.fixture(scope="module")
def lived():
    """150 homes over 40 days, before any meter."""
    order = check_order(TownRequest(150, 40, 3, preset="hard"))
    setting = make_setting(order)
    rng = stream(3, 99)
    homes = draw_homes(0, 150, order.preset, rng)
    people = draw_people(homes, rng)
    trips = draw_trips(homes, setting.calendar, order.preset, rng)
    visits = draw_visits(trips, setting.calendar, order.preset, rng)
    leaves = draw_leaves(homes, people, trips, setting.calendar, order.preset, rng)
    presence = live(150, people, trips, leaves, visits, setting.calendar, rng)
    town = Town(homes, presence, setting.calendar, setting.weather, Troubles())
    return town, people, trips, visits, simulate_load(town, rng)


def hours_of(trips, home):
    mine = trips.home == home
    return list(zip(trips.depart[mine], trips.back[mine], strict=True))


def test_nobody_is_there_during_a_trip_but_visitors_and_lodgers(lived):
    town, people, trips, visits, _ = lived
    present, calendar = town.presence.present, town.calendar
    stays = set(people.home[people.stays])
    checked = 0
    for home, depart, back in zip(trips.home, trips.depart, trips.back, strict=True):
        if home in stays or home in visits.home:
            continue
        start = max(int(np.ceil(depart / calendar.hours)), 0)
        end = max(min(int(np.floor(back / calendar.hours)), calendar.total), 0)
        assert present[home, start:end].max(initial=0) == 0
        checked += 1
    assert checked > 40


def test_somebody_sleeps_at_home_on_nights_without_a_trip(lived):
    town, _, trips, _, _ = lived
    calendar = town.calendar
    three_o_clock = np.arange(calendar.days) * calendar.slots + int(3 / calendar.hours)
    night = [i for i, c in enumerate(CLASSES) if c.code == "night_shift"]
    quiet = [h for h in range(150) if not hours_of(trips, h) and town.homes.cls[h] not in night]
    assert len(quiet) > 20
    assert (town.presence.present[quiet][:, three_o_clock] > 0).all()


def test_awake_people_are_present(lived):
    town = lived[0]
    assert (town.presence.awake <= town.presence.present).all()
    assert town.presence.awake.max() >= 2


def test_main_switch_off_is_exactly_zero_from_the_departure_slot(lived):
    town, _, _, _, load = lived
    off = town.presence.mode == MAIN_OFF
    assert off.sum() > 1000
    assert (load[off] == 0).all()
    before = np.flatnonzero(off[:, 1:] & ~off[:, :-1])
    assert len(before) > 3
    assert np.median(load[:, :-1].reshape(-1)[before]) > 0


def test_a_home_in_use_draws_more_than_when_it_is_left(lived):
    town, _, _, _, load = lived
    slots = town.calendar.slots
    occupied = town.presence.occupied(slots)
    daily = load.reshape(150, -1, slots).sum(axis=2)
    some = (occupied.any(axis=1)) & ((~occupied).sum(axis=1) >= 3)
    assert some.sum() > 25
    used = np.asarray([daily[h][occupied[h]].mean() for h in np.flatnonzero(some)])
    left = np.asarray([daily[h][~occupied[h]].mean() for h in np.flatnonzero(some)])
    assert np.mean(used > left) > 0.9


def test_only_a_router_draws_where_all_else_was_unplugged(lived):
    town, _, _, _, load = lived
    alone = town.presence.mode == ROUTER_ONLY
    watts = load[alone] / town.calendar.hours * 1000
    assert len(watts) > 100
    assert watts.max() < 15


def test_no_fridge_runs_where_it_was_switched_off(lived):
    town, _, _, _, load = lived
    off = town.presence.mode == STANDBY_ONLY
    kept = load[off] / town.calendar.hours
    limit = 0.6 * town.homes.standby + town.homes.router + town.homes.extra_base
    home = np.nonzero(off)[0]
    assert len(home) > 100
    assert (kept <= limit[home] + 1e-6).all()


def test_frugal_elders_use_little_with_somebody_there():
    order = replace(check_order(TownRequest(1, 30, 1, preset="plain")), start=date(2024, 3, 4))
    setting = make_setting(replace(order, homes=3000))
    rng = stream(8, 8)
    homes = draw_homes(0, 3000, order.preset, rng)
    frugal = [i for i, c in enumerate(CLASSES) if c.code == "frugal_elder"]
    people = draw_people(homes, rng)
    trips = draw_trips(homes, setting.calendar, order.preset, rng)
    visits = draw_visits(trips, setting.calendar, order.preset, rng)
    leaves = draw_leaves(homes, people, trips, setting.calendar, order.preset, rng)
    presence = live(3000, people, trips, leaves, visits, setting.calendar, rng)
    load = simulate_load(Town(homes, presence, setting.calendar, setting.weather, Troubles()), rng)
    daily = load.reshape(3000, -1, setting.calendar.slots).sum(axis=2)
    there = presence.occupied(setting.calendar.slots) & (homes.cls == frugal[0])[:, None]
    low, middle, high = np.quantile(daily[there], [0.05, 0.5, 0.95])
    assert 0.15 < low < middle < high < 2.0
    assert 0.4 < middle < 1.2


def test_a_broken_routine_leaves_somebody_there_who_does_not_stir():
    order = check_order(TownRequest(4000, 40, 1, preset="hard"))
    setting = make_setting(order)
    rng = stream(4, 4)
    homes = draw_homes(0, 4000, order.preset, rng)
    people = draw_people(homes, rng)
    trips = draw_trips(homes, setting.calendar, order.preset, rng)
    visits = draw_visits(trips, setting.calendar, order.preset, rng)
    leaves = draw_leaves(homes, people, trips, setting.calendar, order.preset, rng)
    presence = live(4000, people, trips, leaves, visits, setting.calendar, rng)
    troubles = strike(homes, presence, setting.calendar, order.preset, rng)
    assert len(troubles.broken) > 5
    for trouble in troubles.broken:
        assert homes.lives_alone[trouble.home]
        stretch = slice(trouble.start, trouble.end)
        assert presence.present[trouble.home, stretch].min() >= 1
        assert presence.awake[trouble.home, stretch].max() == 0


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=8))
def test_empty_spells_are_the_runs_of_three_days_or_more(rows):
    occupied = np.asarray(rows)
    found = empty_spells(occupied)
    for home, row in enumerate(rows):
        for day in range(6):
            start = end = day
            while start > 0 and not row[start - 1]:
                start -= 1
            while end < 5 and not row[end + 1]:
                end += 1
            assert found[home, day] == (not row[day] and end - start + 1 >= 3)
