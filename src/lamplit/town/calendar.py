"""The order for a town and its calendar: local days, their slots, their instants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from lamplit.town.arrays import I64
from lamplit.town.presets import FileFormat, Layout, Preset


@dataclass(frozen=True)
class Order:
    """What was asked for; all that a town depends on.

    Of its `days` the last `beyond` are lived through and told in the truth, but never read: a spell
    that has just begun is known for one only by the days that follow.
    """

    homes: int
    days: int
    seed: int
    preset: Preset
    minutes: int
    layout: Layout
    fmt: FileFormat
    start: date
    timezone: str
    beyond: int = 0

    @property
    def read_days(self) -> int:
        """The days from the first on that meters report."""
        return self.days - self.beyond


@dataclass(frozen=True)
class Calendar:
    """The town's days. Homes live on nominal days of 24 hours; `wall` turns these into real ones.

    On the day the clocks go forward an hour is missing, on the day they go back one is lived
    twice: `wall[d]` lists the nominal slot of each real slot of day `d`, in order of time.
    """

    start: date
    days: int
    minutes: int
    timezone: str
    wall: list[I64] = field(default_factory=list)
    midnight: list[datetime] = field(default_factory=list)

    @classmethod
    def of(cls, start: date, days: int, minutes: int, timezone: str) -> Calendar:
        """The calendar of `days` local days from `start`; `minutes` divides 60."""
        zone = ZoneInfo(timezone)
        made = cls(start, days, minutes, timezone)
        for n in range(days):
            day = start + timedelta(days=n)
            first = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
            following = day + timedelta(days=1)
            last = datetime(following.year, following.month, following.day, tzinfo=zone)
            made.midnight.append(first.replace(tzinfo=None))
            made.wall.append(_wall_slots(first, last.astimezone(UTC), minutes, zone))
        return made

    @property
    def slots(self) -> int:
        """Slots of a nominal day."""
        return 1440 // self.minutes

    @property
    def hours(self) -> float:
        """Hours of a slot."""
        return self.minutes / 60

    @property
    def total(self) -> int:
        """Nominal slots of all days."""
        return self.days * self.slots

    @cached_property
    def odd_days(self) -> list[int]:
        """Days that do not have the nominal slots in the nominal order."""
        plain = np.arange(self.slots)
        return [d for d, w in enumerate(self.wall) if not np.array_equal(w, plain)]

    @cached_property
    def weekday(self) -> I64:
        """0 for Monday … 6 for Sunday, by day."""
        return (self.start.weekday() + np.arange(self.days)) % 7

    @cached_property
    def day_of_year(self) -> I64:
        """1 … 366, by day."""
        first = self.start.toordinal()
        days = [date.fromordinal(first + n).timetuple().tm_yday for n in range(self.days)]
        return np.asarray(days, dtype=np.int64)

    def day(self, n: int) -> date:
        """The date of day `n`."""
        return self.start + timedelta(days=n)


def _wall_slots(first: datetime, last: datetime, minutes: int, zone: ZoneInfo) -> I64:
    """The nominal slot of each real slot between two instants."""
    count = int((last - first).total_seconds()) // (60 * minutes)
    local = [(first + timedelta(minutes=minutes * i)).astimezone(zone) for i in range(count)]
    return np.asarray([(t.hour * 60 + t.minute) // minutes for t in local], dtype=np.int64)
