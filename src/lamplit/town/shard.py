"""One shard of the town: some homes, all their days, from people to tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lamplit.town.absences import (
    Leaves,
    Trips,
    Visits,
    draw_leaves,
    draw_trips,
    draw_visits,
    label_visits,
)
from lamplit.town.arrays import Bool, stream
from lamplit.town.calendar import Calendar, Order
from lamplit.town.confounders import BIT, SHARE
from lamplit.town.faults import lay_faults
from lamplit.town.homes import TRAITS, Homes, People, draw_homes, draw_people
from lamplit.town.loads import Town, simulate_load
from lamplit.town.metering import Meters, Place, Window, black_out, count, cut_supply, sunshine
from lamplit.town.places import Places
from lamplit.town.presence import Presence, live
from lamplit.town.registry import registry_table
from lamplit.town.rows import before, corrected, delivered, late_rows
from lamplit.town.tables import daily_table, long_table, register_table, wide_table
from lamplit.town.troubles import Trouble, Troubles, strike
from lamplit.town.truth import event_table, truth_of, truth_table
from lamplit.town.weather import Weather

SHARD_SLOTS = 400_000
"""Home-slots of a shard: its arrays fit the processor's cache, whatever the town's size."""

FIRST_DELIVERY, SECOND_DELIVERY = 1, 2


@dataclass(frozen=True)
class Setting:
    """What every shard of a town is made in."""

    order: Order
    calendar: Calendar
    places: Places
    weather: Weather


@dataclass
class Lived:
    """Homes that have lived through the calendar, with what their meters hold."""

    first: int
    homes: Homes
    occupied: Bool
    meters: Meters
    troubles: list[Trouble]


@dataclass(frozen=True)
class Made:
    """The tables of a shard."""

    first: int
    homes: int
    registry: pa.Table
    readings: pa.Table
    corrections: pa.Table | None
    truth: pa.Table
    events: pa.Table
    windows: list[Window]


def shard_size(calendar: Calendar) -> int:
    """Homes to a shard; it depends on the calendar only."""
    return max(16, SHARD_SLOTS // max(calendar.total, 1))


@dataclass
class Inhabited:
    """Homes with their people's comings and goings, before anything is metered."""

    homes: Homes
    people: People
    trips: Trips
    visits: Visits
    leaves: Leaves
    presence: Presence
    troubles: Troubles
    rng: np.random.Generator


def inhabit(setting: Setting, first: int, n: int) -> Inhabited:
    """Let people live in homes `first` … `first + n`: the truth of who is there at which hour."""
    order, calendar, preset = setting.order, setting.calendar, setting.order.preset
    rng = stream(order.seed, 4, first)
    homes = draw_homes(first, n, preset, rng)
    people = draw_people(homes, rng)
    trips = draw_trips(homes, calendar, preset, rng)
    visits = draw_visits(trips, calendar, preset, rng)
    label_visits(homes, visits)
    leaves = draw_leaves(homes, people, trips, calendar, preset, rng)
    presence = live(n, people, trips, leaves, visits, calendar, rng)
    troubles = strike(homes, presence, calendar, preset, rng)
    return Inhabited(homes, people, trips, visits, leaves, presence, troubles, rng)


def live_shard(setting: Setting, first: int, n: int) -> Lived:
    """Let homes `first` … `first + n` live, and count what they draw."""
    order, calendar, preset = setting.order, setting.calendar, setting.order.preset
    lived = inhabit(setting, first, n)
    homes, presence, rng = lived.homes, lived.presence, lived.rng
    people, visits, leaves, troubles = lived.people, lived.visits, lived.leaves, lived.troubles
    load = simulate_load(Town(homes, presence, calendar, setting.weather, troubles), rng)
    place = place_of(setting.places, first, n)
    windows = black_out(load, place, calendar, preset, order.seed)
    cuts = cut_supply(load, calendar, preset, rng)
    sun = sunshine(setting.weather, calendar, order.seed)
    meters = count(load, homes.solar_kw, sun, homes.labels, homes.inverse_step, calendar)
    meters.windows.extend(windows)
    label_windows(meters, place)
    occupied = presence.occupied(calendar.slots)
    for cut in cuts:
        meters.label(cut.group, cut.start, cut.end, "cut_off")
    label_hours(meters, visits, calendar)
    label_leaves(meters, people, leaves, calendar)
    for trouble in troubles.all:
        meters.label(trouble.home, trouble.start, trouble.end, trouble.event)
    traits = np.bitwise_or.reduce([BIT[t] for t in TRAITS])
    meters.day_labels |= (meters.labels & traits)[:, None]
    lay_faults(meters, place, calendar, preset, order.seed, rng,
               corrections=order.layout != "registers")  # fmt: skip
    if order.layout == "registers":
        turning = rng.random(n) < SHARE["register_rollover"] * preset.rate
        meters.labels[turning & (meters.swap_slot < 0)] |= BIT["register_rollover"]
    return Lived(first, homes, occupied, meters, troubles.all)


def place_of(places: Places, first: int, n: int) -> Place:
    """Where homes hang."""
    numbers = np.arange(first, first + n)
    building = places.buildings_of(numbers)
    return Place(places.building_community[building], building, places.collectors_of(numbers))


def label_windows(meters: Meters, place: Place) -> None:
    """Label the homes in outages."""
    for window in meters.windows:
        group = place.building if window.kind == "building" else place.community
        for home in np.flatnonzero(group == window.group):
            meters.label(int(home), window.start, window.end, "outage")


def label_hours(meters: Meters, visits: Visits, calendar: Calendar) -> None:
    """Label the days on which somebody looked in."""
    for home, start, end, code in zip(
        visits.home, visits.start, visits.end, visits.code, strict=True
    ):
        low, high = int(start / calendar.hours), int(np.ceil(end / calendar.hours))
        meters.label(int(home), low, min(high, calendar.total), str(code))


def label_leaves(meters: Meters, people: People, leaves: Leaves, calendar: Calendar) -> None:
    """Label the days on which one of a household kept the home."""
    for person, depart, back in zip(leaves.person, leaves.depart, leaves.back, strict=True):
        start = max(int(depart / calendar.hours), 0)
        end = min(int(back / calendar.hours), calendar.total)
        if start < end:
            meters.label(int(people.home[person]), start, end, "partial_absence")


def make_shard(setting: Setting, first: int, n: int) -> Made:
    """The tables of homes `first` … `first + n`; the same for the same order, always."""
    lived = live_shard(setting, first, n)
    return tables_of(setting, lived)


def tables_of(setting: Setting, lived: Lived) -> Made:
    """Rows, registry and truth of homes that have lived."""
    order, calendar, first = setting.order, setting.calendar, lived.first
    meters, alone = lived.meters, lived.homes.lives_alone
    rng = stream(order.seed, 5, first)
    truth = truth_of(lived.occupied, meters, calendar, order.layout, lived.troubles)
    return Made(
        first=first,
        homes=len(lived.homes),
        registry=registry_table(meters, first, setting.places, calendar, alone),
        readings=_readings(setting, meters, first, rng),
        corrections=_corrections(setting, meters, first, rng),
        truth=truth_table(truth, first, lived.homes.cls, alone, calendar),
        events=event_table(truth, first, calendar),
        windows=meters.windows,
    )


def _readings(setting: Setting, meters: Meters, first: int, rng: np.random.Generator) -> pa.Table:
    calendar = setting.calendar
    if setting.order.layout == "registers":
        return register_table(
            meters, first, calendar, FIRST_DELIVERY, rng, read_days=setting.order.read_days
        )
    rows = before(delivered(meters, calendar), setting.order.read_days)
    if setting.order.layout == "wide":
        return wide_table(rows, first, calendar, FIRST_DELIVERY)
    if setting.order.layout == "long":
        return long_table(rows, first, calendar, FIRST_DELIVERY, meters)
    return daily_table(rows, first, calendar, FIRST_DELIVERY, meters)


def _corrections(
    setting: Setting, meters: Meters, first: int, rng: np.random.Generator
) -> pa.Table | None:
    if not meters.late:
        return None
    calendar, right = setting.calendar, corrected(meters)
    rows = before(late_rows(right, calendar, rng), setting.order.read_days)
    if setting.order.layout == "wide":
        return wide_table(rows, first, calendar, SECOND_DELIVERY)
    if setting.order.layout == "long":
        return long_table(rows, first, calendar, SECOND_DELIVERY, right)
    return daily_table(rows, first, calendar, SECOND_DELIVERY, right)
