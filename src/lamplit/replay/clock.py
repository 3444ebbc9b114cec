"""A clock that stands still until the story turns it; the server reads it as its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from zoneinfo import ZoneInfo


class VirtualClock:
    """Gives the story's present instant, aware; safe among threads.

    It never goes back: a log whose entries jump backwards would be no log.
    """

    def __init__(self, now: datetime) -> None:
        self._now, self._guard = now.astimezone(UTC), Lock()

    def __call__(self) -> datetime:
        """The present instant."""
        with self._guard:
            return self._now

    def turn_to(self, instant: datetime) -> None:
        """Go on to an instant. ValueError for one that is over."""
        with self._guard:
            if instant < self._now:
                raise ValueError(f"the clock stands at {self._now}, {instant} is over")
            self._now = instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Days:
    """The story's calendar: minutes since local midnight of its first day, as the planner counts.

    DST is not in it: China has none, and the story is over in a fortnight.
    """

    first: date
    zone: ZoneInfo

    def instant(self, minute: float) -> datetime:
        """The instant of a minute, in UTC."""
        midnight = datetime.combine(self.first, time(), tzinfo=self.zone)
        return (midnight + timedelta(minutes=minute)).astimezone(UTC)

    def minute(self, instant: datetime) -> float:
        """The minute of an instant."""
        midnight = datetime.combine(self.first, time(), tzinfo=self.zone)
        return (instant - midnight).total_seconds() / 60

    def day(self, minute: float) -> date:
        """The local day of a minute."""
        return self.first + timedelta(days=int(minute // 1440))
