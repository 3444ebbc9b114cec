"""What is so behind each door of the town, hour by hour: known to the robots only at the door."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from lamplit.town.arrays import Bool
from lamplit.town.build import MANIFEST, make_setting
from lamplit.town.calendar import Order
from lamplit.town.ids import household_ids, place_ids
from lamplit.town.presence import empty_spells
from lamplit.town.presets import PRESETS
from lamplit.town.shard import inhabit, shard_size

BACK_DAYS = 14
"""Whoever came back within so many days says so; the form's own words."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The town's doors, one element per home, in the town's order: building by building."""

    household: tuple[str, ...]
    building: tuple[str, ...]
    unit: np.ndarray
    floor: np.ndarray
    landing: np.ndarray
    """A number for each landing: the doors that hear one another's bell."""

    def __len__(self) -> int:
        return len(self.household)


@dataclass(frozen=True)
class Truth:
    """Who is there. `day` counts from the town's first; slots are of `minutes` minutes.

    `awake` and `present` (homes × days × slots) hold the days from `kept` on only. `empty` and
    `back_days` (homes × days): in a spell of three empty days or more; whole days since such a
    spell ended, -1 where that is more than BACK_DAYS ago or never was.
    """

    start: date
    kept: int
    minutes: int
    awake: Bool
    present: Bool
    empty: Bool
    back_days: np.ndarray
    vacant: Bool
    doors: Doors

    def __len__(self) -> int:
        return len(self.doors)

    def index(self, day: date) -> int:
        """The number of a day of the town."""
        return (day - self.start).days

    def slot(self, minute: float) -> int:
        """The slot that a minute of the day lies in."""
        return int(minute % 1440) // self.minutes

    def wanted(self, day: date) -> Bool:
        """Homes that a sweep on `day` should come to know: empty, or their people just back."""
        at = self.index(day)
        return np.asarray(self.empty[:, at] | (self.back_days[:, at] >= 0))


def truth_of(town: Path, kept_from: date) -> Truth:
    """The truth of the town that lies in a folder; who is there when is kept from a day on.

    It is lived through again from the town's order (nothing of it is in the town's files), a shard
    at a time, so that memory holds a few days of the whole town only.
    """
    order = _order(town)
    setting = make_setting(order)
    calendar, places = setting.calendar, setting.places
    kept = (kept_from - order.start).days
    if not 0 <= kept < order.days:
        raise ValueError(f"{kept_from} is not a day of the town")
    size = shard_size(calendar)
    awake, present, occupied, vacant = [], [], [], []
    for first in range(0, order.homes, size):
        lived = inhabit(setting, first, min(size, order.homes - first))
        shape = (len(lived.homes), calendar.days, calendar.slots)
        awake.append(lived.presence.awake.reshape(shape)[:, kept:] > 0)
        present.append(lived.presence.present.reshape(shape)[:, kept:] > 0)
        occupied.append(lived.presence.occupied(calendar.slots))
        vacant.append(~occupied[-1].any(axis=1))
    empty = empty_spells(np.concatenate(occupied))
    numbers = np.arange(order.homes)
    building = places.buildings_of(numbers)
    unit, floor, _ = places.door_of(numbers)
    landing = np.unique(np.stack([building, unit, floor]), axis=1, return_inverse=True)[1]
    doors = Doors(
        tuple(household_ids(numbers).to_pylist()),
        tuple(place_ids("B", building).to_pylist()),
        unit,
        floor,
        landing.ravel(),
    )
    return Truth(
        order.start, kept, calendar.minutes, np.concatenate(awake), np.concatenate(present),
        empty, back_days(empty), np.concatenate(vacant), doors,
    )  # fmt: skip


def back_days(empty: Bool) -> np.ndarray:
    """Whole days since each home's last empty spell ended: 0 on the first day back, else -1."""
    homes, days = empty.shape
    since = np.full(homes, -1, dtype=np.int16)
    found = np.full((homes, days), -1, dtype=np.int16)
    for day in range(1, days):
        ended = empty[:, day - 1] & ~empty[:, day]
        since = np.where(ended, 0, np.where(since >= 0, since + 1, -1)).astype(np.int16)
        since[empty[:, day] | (since > BACK_DAYS)] = -1
        found[:, day] = since
    return found


def _order(town: Path) -> Order:
    told = json.loads((town / MANIFEST).read_text("utf-8"))
    return Order(
        told["homes"], told["days"], told["seed"], PRESETS[told["preset"]], told["minutes"],
        told["layout"], told["format"], date.fromisoformat(told["start"]), told["timezone"],
        told.get("beyond", 0),
    )  # fmt: skip
