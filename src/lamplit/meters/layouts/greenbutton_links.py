"""How the entries of a Green Button feed hang together.

An IntervalBlock says neither whose meter it is nor in what unit it counts: its links lead up to a
MeterReading, which links to a ReadingType and up to a UsagePoint. Entries come in any order.
Source: NAESB REQ.21 (ESPI 1.1), resource links; Atom (RFC 4287), link relations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lamplit.meters.layouts.cim_rows import Series
from lamplit.meters.layouts.cim_types import CimType

_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_USAGE_POINT = re.compile(r"(?:^|/)(?:([^/]+)/)?UsagePoint/([^/]+)", re.IGNORECASE)
SHORT_ID = 6


@dataclass(slots=True)
class Entry:
    """The links of one entry, without scheme and host, and what else of it is needed."""

    own: str = ""
    up: str = ""
    related: tuple[str, ...] = ()
    title: str = ""
    seq: int | None = None
    """Epoch seconds of `updated`."""


def plain(href: str) -> str:
    """A link without scheme, host and closing slash; some feeds mix full and bare ones.

    >>> plain("https://utility.example/espi/1_1/resource/ReadingType/07/")
    '/espi/1_1/resource/ReadingType/07'
    """
    return _HOST.sub("", href.strip()).rstrip("/")


def meter_id_of(href: str) -> str | None:
    """The meter's id from a link that leads to or below its UsagePoint.

    It is the id after `UsagePoint/`. Many exports number the usage points of each customer 01,
    02 …: an id of fewer than six characters has its customer's (or subscription's) before it, for
    otherwise the homes of different files would become one.

    >>> meter_id_of("/resource/RetailCustomer/9B6C7066/UsagePoint/5446AF3F/MeterReading/01")
    '5446AF3F'
    >>> meter_id_of("/resource/RetailCustomer/9B6C7066/UsagePoint/01")
    '9B6C7066-01'
    """
    found = _USAGE_POINT.search(href)
    if found is None:
        return None
    owner, own = found.groups()
    return own if len(own) >= SHORT_ID or not owner else f"{owner}-{own}"


@dataclass
class Links:
    """What the feed has said so far of its usage points, meter readings and reading types."""

    points: dict[str, tuple[Entry, str]] = field(default_factory=dict)
    """UsagePoint entries, and the kind of their ServiceCategory."""
    readings: dict[str, Entry] = field(default_factory=dict)
    types: dict[str, CimType] = field(default_factory=dict)
    _reading_below: dict[str, Entry] = field(default_factory=dict)
    _point_below: dict[str, tuple[Entry, str]] = field(default_factory=dict)

    def add_point(self, entry: Entry, service_kind: str) -> None:
        """A UsagePoint's entry."""
        self.points[entry.own] = (entry, service_kind)
        for link in entry.related:
            self._point_below[link] = (entry, service_kind)

    def add_reading(self, entry: Entry) -> None:
        """A MeterReading's entry."""
        self.readings[entry.own] = entry
        for link in entry.related:
            self._reading_below[link] = entry

    def add_type(self, entry: Entry, kind: CimType) -> None:
        """A ReadingType's entry."""
        self.types[entry.own] = kind

    def series(self, block: Entry, *, at_end: bool = False) -> Series | str | None:
        """What a block's readings mean.

        None: not known yet. At the end of the feed, what is linked to nothing falls to the only
        candidate; where there is none or several, a code of REASONS says so.
        """
        reading = self._reading_of(block)
        if reading is None and at_end and len(self.readings) == 1:
            reading = next(iter(self.readings.values()))
        kind = self._type_of(reading)
        if kind is None and at_end and len(self.types) == 1:
            kind = next(iter(self.types.values()))
        point = self._point_of(reading, block)
        if point is None and at_end and len(self.points) == 1:
            point = next(iter(self.points.values()))
        if not at_end and (kind is None or point is None):
            return None
        if point is not None and point[1] not in ("", "0"):
            return "xml.not-electricity"
        meter_id = self._meter_of(point, reading, block)
        if kind is None or meter_id is None:
            return "xml.no-type" if kind is None else "xml.no-meter"
        return Series(meter_id, kind, block.seq)

    def _reading_of(self, block: Entry) -> Entry | None:
        found = self._reading_below.get(block.up)
        for link in (block.up, block.own):
            if found is None and "/IntervalBlock" in link:
                found = self.readings.get(link.rpartition("/IntervalBlock")[0])
        return found or self.readings.get(block.up)

    def _type_of(self, reading: Entry | None) -> CimType | None:
        if reading is None:
            return None
        return next((self.types[link] for link in reading.related if link in self.types), None)

    def _point_of(self, reading: Entry | None, block: Entry) -> tuple[Entry, str] | None:
        for entry in (reading, block):
            if entry is None:
                continue
            if entry.up in self._point_below:
                return self._point_below[entry.up]
            for link in (entry.up, entry.own):
                found = self.points.get(link.partition("/MeterReading")[0])
                if found is not None:
                    return found
        return None

    def _meter_of(
        self, point: tuple[Entry, str] | None, reading: Entry | None, block: Entry
    ) -> str | None:
        own = (point[0].own, point[0].title) if point else ("", "")
        links = [own[0]] + [link for e in (reading, block) if e for link in (e.own, e.up)]
        by_link = next((m for m in map(meter_id_of, links) if m), None)
        return by_link or own[0].rpartition("/")[2] or own[1] or None
