"""Single readings of IEC 61968-9, from XML to raw rows."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from operator import attrgetter, is_
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
from lxml import etree

from lamplit.domain.words import Quality
from lamplit.meters.layouts.base import Reject
from lamplit.meters.layouts.cim_rows import RAW, reject
from lamplit.meters.layouts.cim_types import iec_worst
from lamplit.meters.xml import excerpt

EARLIEST, LATEST = 0, 4_102_444_800

_parent = etree._Element.getparent
_text = attrgetter("text")
_line = attrgetter("sourceline")


class Row(NamedTuple):
    """One raw reading: the columns of RAW in their order, and what else it says of itself."""

    at: int
    seconds: int | None
    value: float | None
    quality: int | None
    code: str | None
    record: int
    xml_line: int
    ref: str
    reported: int | None


def instant(text: str | None, zone: ZoneInfo, after: int | None = None) -> int | None:
    """Epoch seconds of an ISO 8601 time; None where the text is none.

    A time without an offset is local. Where summer time ends, a local time comes twice: the later
    one is meant when the earlier is not after `after`, the reading before.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    first = int(moment.replace(tzinfo=zone).timestamp())
    if after is not None and first <= after:
        second = int(moment.replace(tzinfo=zone, fold=1).timestamp())
        return second if second > after else first
    return first


class ReadingRows:
    """Reads IntervalReadings and Readings, numbering them through the file."""

    def __init__(self, zone: ZoneInfo, stamp: Literal["start", "end"]) -> None:
        self.zone = zone
        self.stamp = stamp
        self.count = 0
        self._after: int | None = None

    def begin(self) -> None:
        """A new block: the times before it say nothing of those in it."""
        self._after = None

    def take(self, elements: list[Any]) -> tuple[list[Row], list[Reject]]:
        """The rows of whole elements, and those that could not be read."""
        rows: list[Row] = []
        rejects: list[Reject] = []
        for element in elements:
            self.count += 1
            row = self._row(element)
            if isinstance(row, Row):
                rows.append(row)
            else:
                rejects.append(row)
        return rows, rejects

    def take_block(self, block: Any, readings: list[Any]) -> pa.RecordBatch | None:
        """The raw batch of a block's whole readings, all at once; None: go the careful way.

        The quick way is for readings of one timeStamp, one numeric value and perhaps qualities.
        That each lies in its own reading is checked by identity, so a missing element can't
        shift the rest.
        """
        n = len(readings)
        if n == 0:
            return None
        space = readings[0].tag.rpartition("IntervalReadings")[0]
        if next(block.iter(f"{space}timePeriod", f"{space}reportedDateTime"), None) is not None:
            return None
        values = list(block.iter(f"{space}value"))[:n]
        if len(values) != n or not all(map(is_, map(_parent, values), readings)):
            return None
        own = set(readings)
        stamps = [s for s in block.iter(f"{space}timeStamp") if _parent(s) in own][:n]
        if len(stamps) != n or not all(map(is_, map(_parent, stamps), readings)):
            return None
        at = self._instants(stamps)
        value = _numbers(list(map(_text, values)))
        if at is None or value is None:
            return None
        quality, code = _block_qualities(block, space, readings)
        first, self.count, self._after = self.count + 1, self.count + n, at[-1]
        columns = [
            pa.array(at, pa.int64()),
            pa.nulls(n, pa.int32()),
            pa.array(value, pa.float64()),
            quality,
            code,
            pa.array(range(first, first + n), pa.int64()),
            pa.array(map(_line, readings), pa.int64()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=RAW)

    def _instants(self, stamps: list[Any]) -> list[int] | None:
        """Epoch seconds of all, or None when one is no time or out of bounds."""
        after = self._after
        found = []
        for element in stamps:
            at = instant(element.text, self.zone, after)
            if at is None or not EARLIEST <= at <= LATEST:
                return None
            after = at
            found.append(at)
        return found

    def _row(self, element: Any) -> Row | Reject:
        line = element.sourceline or 0
        parts, codes, ref = _parts(element)
        seconds = None
        stamp = parts.get("timeStamp")
        at = instant(stamp, self.zone, self._after)
        period = parts.get("end"), parts.get("start")
        if period != (None, None):
            end, start = (instant(text, self.zone) for text in period)
            if end is not None and start is not None:
                at, seconds = (start if self.stamp == "start" else end), end - start
            else:
                at = at if at is not None else end
        if at is None or not EARLIEST <= at <= LATEST or not 0 <= (seconds or 0) < 1 << 31:
            return reject("xml.bad-time", self.count, line, excerpt(element), "timeStamp")
        self._after = at
        quality, code = iec_worst(tuple(codes))
        text = parts.get("value")
        value = None if text is None else number(text)
        if text is not None and value is None:
            return reject("xml.bad-value", self.count, line, excerpt(element), "value")
        if value is None:
            quality = Quality.MISSING
        reported = instant(parts.get("reportedDateTime"), self.zone)
        return Row(at, seconds or None, value, int(quality), code, self.count, line, ref, reported)


def _parts(element: Any) -> tuple[dict[str, str], list[str], str]:
    """A reading's simple children (and those of its timePeriod), quality codes and type."""
    parts: dict[str, str] = {}
    codes: list[str] = []
    ref = ""
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name == "ReadingQualities":
            codes.extend(_codes(child))
        elif name == "ReadingType":
            ref = (child.get("ref") or child.text or "").strip()
        elif name == "timePeriod":
            parts.update({c.tag.rpartition("}")[2]: c.text for c in child if c.text})
        elif child.text and child.text.strip():
            parts[name] = child.text
    return parts, codes, ref


def _block_qualities(block: Any, space: str, readings: list[Any]) -> tuple[pa.Array, pa.Array]:
    """Quality and code of each reading of a block."""
    n = len(readings)
    codes: dict[Any, tuple[str, ...]] = {}
    typed = list(block.iter(f"{space}ReadingQualityType"))
    if len(typed) == n and all(map(is_, map(_parent, map(_parent, typed)), readings)):
        codes = {r: (e.get("ref") or e.text or "",) for r, e in zip(readings, typed, strict=True)}
    else:
        for element in block.iter(f"{space}ReadingQualities"):
            reading = _parent(element)
            codes[reading] = codes.get(reading, ()) + tuple(_codes(element))
    worst = [iec_worst(codes.get(reading, ())) for reading in readings]
    quality = pa.array([int(quality) for quality, _ in worst], pa.uint8())
    return quality, pa.array([code for _, code in worst], pa.string())


def _codes(element: Any) -> list[str]:
    """Quality codes: `ref` of ReadingQualityType, or the text of older schemas."""
    found = []
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name in ("ReadingQualityType", "quality", "qualityTypeName"):
            code = (child.get("ref") or child.text or "").strip()
            if code:
                found.append(code)
    return found


def _numbers(texts: list[str | None]) -> list[float] | None:
    """All as finite numbers, or None when one is none."""
    try:
        values = list(map(float, texts))  # type: ignore[arg-type]  # None is caught below
    except (TypeError, ValueError):
        return None
    return (
        values if all(map(isfinite, values)) and "_" not in "".join(filter(None, texts)) else None
    )


def number(text: str) -> float | None:
    """A finite number as XML writes it; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if "_" not in text and abs(value) < float("inf") else None
