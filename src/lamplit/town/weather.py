"""The town's weather: one temperature and one daylight series for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplit.town.arrays import F32, stream
from lamplit.town.calendar import Calendar
from lamplit.town.presets import Preset

MEAN_C, SWING_C, COLDEST_DAY = 16.8, 12.4, 20
"""A city on the middle Yangtze: the year's mean, half its swing, and the coldest day."""

LATITUDE = np.radians(30.6)


@dataclass(frozen=True)
class Weather:
    """By nominal slot: temperature in °C and darkness from 0 (day) to 1 (night)."""

    temperature: F32
    dark: F32
    dusk_hour: F32


def make_weather(calendar: Calendar, preset: Preset, seed: int) -> Weather:
    """The weather of the calendar's days, reproducible by seed."""
    rng = stream(seed, 1)
    year = calendar.day_of_year
    mean = MEAN_C - SWING_C * np.cos(2 * np.pi * (year - COLDEST_DAY) / 365.25)
    drift = np.zeros(calendar.days)
    for n in range(1, calendar.days):
        drift[n] = 0.78 * drift[n - 1] + 1.9 * rng.standard_normal()
    mean = mean + drift + _episode(calendar.days, preset, rng)
    hours = (np.arange(calendar.slots) + 0.5) * calendar.hours
    swing = rng.uniform(2.0, 5.5, calendar.days)
    daily = -np.cos(2 * np.pi * (hours - 3.5) / 24)
    temperature = mean[:, None] + swing[:, None] * daily[None, :]
    half_day = _half_day_hours(year.astype(np.float64))
    away = np.abs(hours[None, :] - 12.2) - half_day[:, None]
    cloud = rng.uniform(-0.4, 0.5, calendar.days)
    dark = np.clip((away + cloud[:, None] + 0.6) / 1.2, 0, 1)
    return Weather(
        temperature.astype(np.float32).ravel(),
        dark.astype(np.float32).ravel(),
        (12.2 + half_day).astype(np.float32),
    )


def _episode(days: int, preset: Preset, rng: np.random.Generator) -> np.ndarray:
    """A cold snap or a heat wave of about a week, somewhere in the middle."""
    centre = days * rng.uniform(0.35, 0.8)
    shape = np.exp(-0.5 * ((np.arange(days) - centre) / 3.5) ** 2)
    return np.asarray((preset.heat_wave - preset.cold_snap) * shape)


def _half_day_hours(day_of_year: np.ndarray) -> np.ndarray:
    """Half the time between sunrise and sunset (Cooper's declination)."""
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day_of_year) / 365)
    angle = np.arccos(np.clip(-np.tan(LATITUDE) * np.tan(declination), -1, 1))
    return np.asarray(angle * 12 / np.pi)
