"""What homes draw, given who is there: everything that runs by itself, and what people use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.absences import AS_IS, MAIN_OFF
from lamplit.town.appliances import cycling, use_appliances
from lamplit.town.arrays import F32, F64, I64, Bool
from lamplit.town.calendar import Calendar
from lamplit.town.homes import Homes
from lamplit.town.presence import Presence
from lamplit.town.troubles import Troubles
from lamplit.town.weather import Weather

#                     in use  as is  fridge on  router only  main off  standby only
STANDBY_KEPT = np.asarray([1.0, 0.85, 0.35, 0.0, 0.0, 0.5], dtype=np.float32)
ROUTER_KEPT = np.asarray([1.0, 1.0, 1.0, 1.0, 0.0, 1.0], dtype=np.float32)
FRIDGE_KEPT = np.asarray([1.0, 0.93, 0.93, 0.0, 0.0, 0.0], dtype=np.float32)
OTHER_KEPT = np.asarray([1.0, 1.0, 0.0, 0.0, 0.0, 0.0], dtype=np.float32)
"""What share of each part still runs, by how the home was left; a shut fridge runs less."""


@dataclass
class Town:
    """What all homes of a shard share while their loads are worked out."""

    homes: Homes
    presence: Presence
    calendar: Calendar
    weather: Weather
    troubles: Troubles


def simulate_load(town: Town, rng: np.random.Generator) -> F32:
    """Energy (kWh) by home and nominal slot at the home's own terminals, before meter and solar."""
    noise = rng.random(town.presence.present.shape, dtype=np.float32)
    load = use_appliances(town.homes, town.presence, town.calendar, rng)
    _keep(load, town.presence, OTHER_KEPT)
    _add_standing(load, town, noise)
    load += _fridge(town, rng)
    load += _company(town, noise)
    _add_climate(load, town, noise, rng)
    _add_machines(load, town, rng)
    _add_bought(load, town)
    _add_security_lamps(load, town, rng)
    _add_stuck(load, town)
    _switch_off(load, town.presence)
    return load


def _keep(part: F32, presence: Presence, kept: F32) -> None:
    """Reduce a part of the load in homes that were left."""
    part.reshape(-1)[presence.left_at] *= kept[presence.left_how]


def _column(values: F64, factor: float) -> F32:
    return (values * factor).astype(np.float32)[:, None]


def _add_standing(load: F32, town: Town, noise: F32) -> None:
    """Add standby, router, and what else is on day and night."""
    homes, hours, presence = town.homes, town.calendar.hours, town.presence
    part = noise * _column(homes.standby, 0.2 * hours)
    part += _column(homes.standby, 0.9 * hours)
    _keep(part, presence, STANDBY_KEPT)
    part += _column(homes.router + homes.extra_base, hours)
    router = (homes.router * hours).astype(np.float32)
    owner = presence.left_at // town.calendar.total
    part.reshape(-1)[presence.left_at] -= router[owner] * (1 - ROUTER_KEPT[presence.left_how])
    load += part


def _fridge(town: Town, rng: np.random.Generator) -> F32:
    """A compressor that cycles, faster when it is warm, and a defrost heater twice a day or so."""
    homes, calendar = town.homes, town.calendar
    warm = town.weather.temperature.reshape(calendar.days, -1).mean(axis=1)
    # A kitchen is heated in winter: only a part of the outdoor swing gets in.
    pace = np.clip(1 + 0.018 * (warm - 16), 0.8, 1.3).astype(np.float32)
    kw = homes.fridge / homes.fridge_duty
    part = cycling(len(homes), calendar, homes.fridge_period, homes.fridge_duty, kw, rng)
    part *= np.repeat(pace, calendar.slots)[None, :]
    _defrost(part, homes, calendar, rng)
    _keep(part, town.presence, FRIDGE_KEPT)
    return part


def _defrost(part: F32, homes: Homes, calendar: Calendar, rng: np.random.Generator) -> None:
    rows = np.flatnonzero(homes.defrost > 0)
    every = rng.uniform(8, 26, len(rows))
    count = int(calendar.days * 24 / 8) + 1
    hour = (rng.random(len(rows)) + np.arange(count)[:, None]) * every
    hour += rng.normal(0, 0.4, hour.shape)
    inside = (hour >= 0) & (hour < calendar.days * 24)
    turn, which = np.nonzero(inside)
    slot = (hour[turn, which] / calendar.hours).astype(np.int64)
    part[rows[which], slot] += (homes.defrost[rows] * 0.35)[which].astype(np.float32)


def _company(town: Town, noise: F32) -> F32:
    """Lights after dusk and the small things people have on while they are awake."""
    homes, hours = town.homes, town.calendar.hours
    awake = np.minimum(town.presence.awake, 3).astype(np.float32)
    lamps = (awake > 0) * town.weather.dark
    lamps *= _column(homes.lamp, 1.2 * hours)
    awake *= _column(homes.activity, 0.036 * hours)
    awake += lamps
    awake *= noise + np.float32(1 / 3)
    return awake


def _add_climate(load: F32, town: Town, noise: F32, rng: np.random.Generator) -> None:
    """Heating and cooling where somebody is, and heating that was left on."""
    homes, weather = town.homes, town.weather
    coldest, hottest = float(weather.temperature.min()), float(weather.temperature.max())
    heated = np.flatnonzero((homes.heat_ua > 0) & (homes.heat_set > coldest))
    cooled = np.flatnonzero((homes.cool_ua > 0) & (homes.cool_set < hottest))
    for rows, ua, point, cap, sign in (
        (heated, homes.heat_ua, homes.heat_set, homes.heat_cap, np.float32(-1)),
        (cooled, homes.cool_ua, homes.cool_set, homes.cool_cap, np.float32(1)),
    ):
        if len(rows):
            part = sign * (weather.temperature[None, :] - _column(point[rows], 1.0))
            part *= _column(ua[rows], 1.0)
            np.clip(part, 0, _column(cap[rows], 1.0), out=part)
            part *= _climate_use(town, rows, heating=bool(sign < 0), rng=rng)
            part *= np.float32(0.5) + noise[rows]
            part *= np.float32(town.calendar.hours)
            load[rows] += part


def _climate_use(town: Town, rows: I64, *, heating: bool, rng: np.random.Generator) -> F32:
    """How far it is turned on, 0 to 1: full for people awake, less for sleepers, by day's mood."""
    calendar, presence = town.calendar, town.presence
    keen = rng.uniform(0.35, 1.0, (len(rows), 1))
    on = (rng.random((len(rows), calendar.days)) < keen).astype(np.float32)
    sleeping = rng.choice([0.0, 0.5, 0.9], len(rows), p=[0.4, 0.35, 0.25])
    here = (presence.present[rows] > 0).astype(np.float32)
    up = (presence.awake[rows] > 0).astype(np.float32)
    use = (1 - _column(sleeping, 1.0)) * up + _column(sleeping, 1.0) * here
    use *= np.repeat(on, calendar.slots, axis=1)
    if heating:
        left = np.flatnonzero(town.homes.has("heating_left_on")[rows])
        away = presence.mode[rows[left]] == AS_IS
        use[left] = np.maximum(use[left], np.float32(0.35) * away)
    return use


def _add_machines(load: F32, town: Town, rng: np.random.Generator) -> None:
    """Keep-warm cycles of storage heaters, dehumidifiers, frost guards: nobody need be there."""
    homes, calendar, presence = town.homes, town.calendar, town.presence
    kept = np.flatnonzero((homes.heater_kw > 0) & (homes.heater_timer_hour < 0))
    if len(kept):
        kw = homes.heater_kw[kept]
        duty = homes.heater_loss[kept] / 24 / kw
        part = cycling(len(kept), calendar, rng.uniform(3, 11, len(kept)), duty, kw, rng)
        part *= OTHER_KEPT[presence.mode[kept]]
        load[kept] += part
    damp = np.flatnonzero(homes.has("dehumidifier"))
    if len(damp):
        m = len(damp)
        period, duty = rng.uniform(1, 5, m), rng.uniform(0.15, 0.5, m)
        load[damp] += cycling(m, calendar, period, duty, rng.uniform(0.15, 0.35, m), rng)
    frost = np.flatnonzero(homes.has("frost_guard"))
    if len(frost):
        m = len(frost)
        part = cycling(m, calendar, rng.uniform(0.5, 3, m), rng.uniform(0.2, 0.6, m),
                       rng.uniform(0.3, 1.2, m), rng)  # fmt: skip
        load[frost] += part * (town.weather.temperature < 5)[None, :]


def _add_bought(load: F32, town: Town) -> None:
    """A freezer or the like that was bought within the period, and stays on."""
    homes, calendar = town.homes, town.calendar
    for home in np.flatnonzero(homes.shift_kw > 0):
        start = int(homes.shift_at[home] * calendar.total)
        runs = FRIDGE_KEPT[town.presence.mode[home, start:]]
        load[home, start:] += runs * np.float32(homes.shift_kw[home] * calendar.hours)


def _add_security_lamps(load: F32, town: Town, rng: np.random.Generator) -> None:
    """Lamps on a timer, each evening that the home stands empty."""
    homes, calendar = town.homes, town.calendar
    rows = np.flatnonzero(homes.has("security_timer"))
    if not len(rows):
        return
    hour = (np.arange(calendar.total) % calendar.slots + 0.5) * calendar.hours
    start = rng.uniform(17.2, 19.5, (len(rows), 1))
    length = rng.uniform(0.8, 4.5, (len(rows), 1))
    kw = rng.uniform(0.02, 0.12, len(rows))
    lit: Bool = (hour >= start) & (hour < start + length)
    lit = lit & (town.presence.mode[rows] == AS_IS)
    load[rows] += lit * _column(kw, calendar.hours)


def _add_stuck(load: F32, town: Town) -> None:
    """A heater that runs on and on, flat and high."""
    for trouble in town.troubles.stuck:
        load[trouble.home, trouble.start : trouble.end] += np.float32(
            trouble.kw * town.calendar.hours
        )


def _switch_off(load: F32, presence: Presence) -> None:
    """Main switch off: nothing at all, from the slot of departure."""
    load.reshape(-1)[presence.left_at[presence.left_how == MAIN_OFF]] = 0
