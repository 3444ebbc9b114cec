"""One MSCONS value: which relation it belongs to, and why it may be refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from lamplit.domain.words import Quality
from lamplit.meters.layouts.mscons_codes import QUALITIES, UNITS, Register
from lamplit.meters.layouts.mscons_rows import Relations
from lamplit.meters.layouts.mscons_time import DAY, EPOCH, Clock, Moment

LONGEST_DAYS = 800
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
SPREAD = "spread"
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Series:
    """A LIN whose register is active energy, and its intervals until it ends."""

    meter: str
    register: Register
    last_end: datetime | None = None
    short: list[tuple[datetime, int, Reading]] = field(default_factory=list)


@dataclass(slots=True)
class Value:
    """A QTY, with the times and statuses that follow it."""

    line: int
    qualifier: str
    number: str
    unit: str
    text: str
    times: dict[str, Moment | None] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)

    @property
    def method(self) -> str | None:
        """The statuses (STS) as `Z32:Z88+Z34:Z84`: how a substitute was made, and why."""
        return "+".join(self.statuses) or None


class Reading(NamedTuple):
    """A value that was understood."""

    value: Value
    kwh: float | None
    quality: Quality


@dataclass(slots=True)
class _Dial:
    """What the registers of one place, direction and day say, by tariff."""

    meter: str
    kwh: dict[int, float]
    quality: Quality
    raw_code: str
    line: int

    def total(self) -> float:
        """The total register where there is one, else the sum of the tariffs."""
        return self.kwh[0] if 0 in self.kwh else sum(self.kwh.values())


class Values:
    """Puts values into the relations."""

    def __init__(self, out: Relations, clock: Clock, midnight: Literal["starts", "ends"]) -> None:
        self._out = out
        self._clock = clock
        self._midnight = midnight
        self._dials: dict[tuple[str, date], _Dial] = {}
        self.seq: int | None = None

    def take(self, series: Series, value: Value) -> str:
        """Put a value where it belongs; or the code of the reason why not, and nothing is put."""
        quality, factor = QUALITIES.get(value.qualifier), UNITS.get(value.unit.upper())
        if quality is None or factor is None:
            return "mscons.kind" if quality is None else "mscons.unit"
        kwh: float | None = None
        if quality is not Quality.MISSING:
            if not NUMBER.fullmatch(value.number):
                return "mscons.value"
            kwh = float(value.number.replace(",", ".")) * factor
            if kwh < 0:
                return "mscons.negative"
        reading = Reading(value, kwh, quality)
        start, end = value.times.get("163"), value.times.get("164")
        at = value.times.get("9") or value.times.get("7")
        if start and end:
            return self._period(series, reading, start, end)
        if at and kwh is not None and not value.times.keys() & {"163", "164"}:
            return self._dial(series, reading, at)
        return "mscons.time"

    def _period(self, series: Series, reading: Reading, start: Moment, end: Moment) -> str:
        if series.register.tariff:
            return "mscons.tariff"
        since = start.as_start(series.last_end)
        until = end.as_end(since)
        series.last_end = until
        minutes, rest = divmod((until - since) // SECOND, 60)
        if not (start.is_date or end.is_date) and 0 < minutes < 1440:
            if rest or 1440 % minutes:
                return "mscons.period"
            series.short.append((since, minutes, reading))
            return ""
        days = list(self._days(since, until, end.is_date))
        for day in days:
            self._add_day(series, reading, day, len(days))
        return "" if days else "mscons.period"

    def end_series(self, series: Series) -> list[Value]:
        """Give out the intervals of a series that ends here; back come those off its grid.

        The grid is that of the commonest length, since one interval of another length among them
        is a slip of the pen and would overlap a neighbour or leave a hole.
        """
        if not series.short:
            return []
        common = Counter(minutes for _, minutes, _ in series.short).most_common(1)[0][0]
        refused = []
        for since, minutes, reading in series.short:
            if minutes != common or (since - EPOCH) % timedelta(minutes=min(common, 60)):
                refused.append(reading.value)
                continue
            value = reading.value
            head = (series.meter, since, minutes, series.register.direction, reading.kwh)
            code = (int(reading.quality), value.qualifier, value.method)
            self._out.intervals.add((*head, *code, self.seq, value.line))
        series.short = []
        return refused

    def _days(self, since: datetime, until: datetime, inclusive: bool) -> Iterator[date]:
        """The local days of a period: from midnight to midnight, or of more than one day.

        An end that is a date means the end of that day.
        """
        first, last = self._clock.local(since), self._clock.local(until)
        if inclusive:
            last += DAY
        whole = first.time() == last.time() == datetime.min.time()
        count = ((last + DAY / 2).date() - (first + DAY / 2).date()).days
        if count < 1 or count > LONGEST_DAYS or not (whole or last - first > DAY):
            return
        begin = first.date() if whole else (first + DAY / 2).date()
        for n in range(count):
            yield begin + timedelta(n)

    def _add_day(self, series: Series, reading: Reading, day: date, of: int) -> None:
        """One of the days that share a reading; of several, each has the mean, never evidence."""
        kwh = None if reading.kwh is None else reading.kwh / of
        quality, method = reading.quality, reading.value.method
        if of > 1:
            method = SPREAD
            quality = Quality.SUBSTITUTED if quality is Quality.ACTUAL else quality
        head = (series.meter, day, 0, series.register.direction, None, kwh, int(quality), None)
        value = reading.value
        self._out.days.add((*head, value.qualifier, method, self.seq, None, value.line))

    def _dial(self, series: Series, reading: Reading, at: Moment) -> str:
        if at.is_date:
            ends = self._midnight == "ends"
            day = self._clock.local(at.utc).date() + timedelta(1 if ends else 0)
        else:
            day = self._clock.nearest_day(at.utc)
        key = (series.register.direction, day)
        value, quality = reading.value, reading.quality
        dial = self._dials.setdefault(
            key, _Dial(series.meter, {}, quality, value.qualifier, value.line)
        )
        dial.kwh[series.register.tariff] = reading.kwh or 0.0
        if quality > dial.quality:
            dial.quality, dial.raw_code = quality, value.qualifier
        return ""

    def end_place(self) -> None:
        """Give out the registers of the place that ends here, tariffs added up."""
        for (direction, day), dial in self._dials.items():
            head = (dial.meter, day, direction, dial.total(), None, None, int(dial.quality))
            self._out.registers.add((*head, dial.raw_code, self.seq, dial.line))
        self._dials.clear()
