"""Local days without time-zone arithmetic in SQL: a calendar of UTC offsets, written as CASE.

`AT TIME ZONE` means different things to different engines and is slow, so the changes of a
zone's offset are found here, once, and rendered as comparisons. All instants are naive UTC
timestamps; all local times are naive wall-clock timestamps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of offset: from `at` (naive UTC) on, local time is `after` seconds ahead."""

    at: datetime
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The offsets of one zone between two days (inclusive), and the SQL that applies them."""

    timezone: str
    first_offset: int
    changes: tuple[Change, ...]

    @property
    def fixed(self) -> bool:
        """Whether the offset never changes in the span."""
        return not self.changes

    def local_of_utc(self, instant: str) -> str:
        """The wall-clock time of a UTC instant."""
        cases = [(f"{instant} >= {_stamp(c.at)}", c.after) for c in self.changes]
        return f"({instant} + to_seconds({_case(cases, self.first_offset)}))"

    def utc_of_local(self, local: str, second: str = "false") -> str:
        """The UTC instant of a wall-clock time.

        Where a time comes twice, `second` (a boolean expression) picks the later instant.
        """
        cases = []
        for change in self.changes:
            early = change.at + timedelta(seconds=min(change.before, change.after))
            late = change.at + timedelta(seconds=max(change.before, change.after))
            if change.after > change.before:
                cases.append((f"{local} >= {_stamp(early)}", change.after))
            else:
                condition = (
                    f"{local} >= {_stamp(late)} OR ({local} >= {_stamp(early)} AND {second})"
                )
                cases.append((f"({condition})", change.after))
        return f"({local} - to_seconds({_case(cases, self.first_offset)}))"

    def never(self, local: str) -> str:
        """Whether a wall-clock time never came, since the clocks skipped it."""
        return self._within(local, forward=True)

    def twice(self, local: str) -> str:
        """Whether a wall-clock time came twice, since the clocks were put back."""
        return self._within(local, forward=False)

    def day_start_utc(self, day: str) -> str:
        """The UTC instant at which a local day starts."""
        cases = []
        for change in self.changes:
            # Clocks put forward at midnight itself: the day begins at that instant, which the old
            # offset calls 00:00. Put back at midnight: it is the day before that is longer.
            first = _last_second(change).date() + DAY
            cases.append((f"{day} >= DATE '{first}'", change.after))
        return f"(CAST({day} AS TIMESTAMP) - to_seconds({_case(cases, self.first_offset)}))"

    def day_minutes(self, day: str) -> str:
        """How many minutes a local day has: 1440, but for the days on which the clocks change."""
        cases = [(f"{day} = DATE '{d}'", minutes) for d, minutes in self.odd_days().items()]
        return _case(cases, 1440, ascending=False)

    def odd_days(self) -> dict[date, int]:
        """The local days that have not 1440 minutes, with the minutes that they have."""
        found: dict[date, int] = {}
        for change in self.changes:
            day = _last_second(change).date()
            found[day] = found.get(day, 1440) - (change.after - change.before) // 60
        return {day: minutes for day, minutes in found.items() if minutes != 1440}

    def _within(self, local: str, *, forward: bool) -> str:
        spans = []
        for change in self.changes:
            if (change.after > change.before) is forward:
                low = change.at + timedelta(seconds=min(change.before, change.after))
                high = change.at + timedelta(seconds=max(change.before, change.after))
                spans.append(f"({local} >= {_stamp(low)} AND {local} < {_stamp(high)})")
        return "(" + (" OR ".join(spans) or "false") + ")"


@cache
def calendar(timezone: str, first: date, last: date) -> Calendar:
    """The offsets of `timezone` that local days from `first` to `last` may need."""
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, datetime.min.time()) - 2 * DAY
    end = datetime.combine(last, datetime.min.time()) + 3 * DAY
    changes = []
    at, offset = start, _offset(zone, start)
    while at < end:
        # No zone has ever changed there and back within a week.
        following = at + 7 * DAY
        new = _offset(zone, following)
        if new != offset:
            changes.append(Change(_moment(zone, at, following), offset, new))
        at, offset = following, new
    return Calendar(timezone, _offset(zone, start), tuple(changes))


def always(timezone: str) -> Calendar:
    """The offsets of `timezone` for all days that readings may be of."""
    return calendar(timezone, date(1970, 1, 1), date(2100, 1, 1))


def _last_second(change: Change) -> datetime:
    """A wall-clock time of the day that a change makes longer or shorter."""
    local = change.at + timedelta(seconds=change.before)
    return local if change.after > change.before else local - timedelta(seconds=1)


def _offset(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _moment(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second at which the offset is that of `high`."""
    before = _offset(zone, low)
    seconds = int((high - low).total_seconds())
    left, right = 0, seconds
    while right - left > 1:
        middle = (left + right) // 2
        if _offset(zone, low + timedelta(seconds=middle)) == before:
            left = middle
        else:
            right = middle
    return low + timedelta(seconds=right)


def _stamp(instant: datetime) -> str:
    return f"TIMESTAMP '{instant:%Y-%m-%d %H:%M:%S}'"


def _case(cases: list[tuple[str, int]], otherwise: int, *, ascending: bool = True) -> str:
    """CASE text; for thresholds that ascend, the last that holds is the one that counts."""
    if not cases:
        return str(otherwise)
    ordered = reversed(cases) if ascending else cases
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in ordered)
    return f"(CASE {whens} ELSE {otherwise} END)"
