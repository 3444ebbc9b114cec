"""The times of MSCONS: DTM formats, with an offset or by the home's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

FORMATS: Final = {
    "102": "%Y%m%d",
    "203": "%Y%m%d%H%M",
    "204": "%Y%m%d%H%M%S",
    "303": "%Y%m%d%H%M",
    "304": "%Y%m%d%H%M%S",
}
"""strptime's format of each code of DTM 2379; 303 and 304 end in an offset such as +01."""

EPOCH: Final = datetime(1970, 1, 1)
DAY: Final = timedelta(days=1)


class Moment(NamedTuple):
    """One DTM: an instant, and whether it names a whole day."""

    utc: datetime
    """Naive, in UTC; the first, where the clocks run through the hour twice."""
    later: datetime
    """The second, where the clocks run through the hour twice; else the same."""
    is_date: bool

    def as_start(self, last_end: datetime | None) -> datetime:
        """The instant, where a period starts here after one that ended at `last_end`."""
        return self.later if self.later == last_end else self.utc

    def as_end(self, start: datetime) -> datetime:
        """The instant, where a period that began at `start` ends here."""
        return self.utc if self.utc > start else self.later


class Clock:
    """Reads DTM values; those without an offset are in the home's timezone."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
        self.read = lru_cache(maxsize=1 << 16)(self._read)

    def _read(self, text: str, code: str) -> Moment | None:
        """The moment that `text` says in the format `code`; None where it can't be read."""
        pattern = FORMATS.get(code)
        if pattern is None:
            return None
        try:
            if code in ("303", "304"):
                width = 12 if code == "303" else 14
                offset = _offset(text[width:])
                said = datetime.strptime(text[:width], pattern)
                return Moment(said - offset, said - offset, False)
            said = datetime.strptime(text, pattern)
        except (ValueError, OverflowError):
            return None
        utc = self._utc(said, 0)
        return Moment(utc, max(utc, self._utc(said, 1)), code == "102")

    def _utc(self, said: datetime, fold: int) -> datetime:
        local = said.replace(tzinfo=self.zone, fold=fold)
        return local.astimezone(UTC).replace(tzinfo=None)

    def local(self, utc: datetime) -> datetime:
        """The home's wall clock at a naive UTC instant."""
        return utc.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)

    def nearest_day(self, utc: datetime) -> date:
        """The local day whose start is nearest: where a register read at that time belongs."""
        return (self.local(utc) + DAY / 2).date()


def _offset(text: str) -> timedelta:
    """`+01`, `-0330` or nothing."""
    if not text:
        raise ValueError("no offset")
    sign = {"+": 1, "-": -1}.get(text[0])
    digits = text[1:]
    if sign is None or len(digits) not in (2, 4) or not digits.isdecimal():
        raise ValueError("not an offset")
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))


def seconds(utc: datetime) -> int:
    """Seconds since 1970 of a naive UTC instant."""
    return (utc - EPOCH) // timedelta(seconds=1)
