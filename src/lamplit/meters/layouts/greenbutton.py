"""Green Button (ESPI, NAESB REQ.21): an Atom feed of interval blocks.

A reading's time is the epoch second at which its interval starts, with a duration in seconds; its
value is a whole number in the ReadingType's unit, times ten to `powerOfTenMultiplier`. The feed
may give the blocks before the ReadingType that explains them. docs/reference/layouts-xml.md has a
sample, and what becomes of each quality code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from operator import attrgetter, is_
from typing import Any, BinaryIO

import pyarrow as pa
from lxml import etree

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import layouts_xml as problems
from lamplit.meters.layouts.base import Match, Options, Reject, Sample
from lamplit.meters.layouts.cim_rows import RAW, Emitter, Item, Waiting, reject
from lamplit.meters.layouts.cim_types import REASONS, CimType, espi_quality
from lamplit.meters.layouts.greenbutton_links import Entry, Links, plain
from lamplit.meters.xml import XmlStream, excerpt, forget, root_of

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
BLOCK, READING = f"{ESPI}IntervalBlock", f"{ESPI}IntervalReading"
VALUE, PERIOD = f"{ESPI}value", f"{ESPI}timePeriod"
START, DURATION, QUALITY = f"{ESPI}start", f"{ESPI}duration", f"{ESPI}quality"
EARLIEST, LATEST = 0, 4_102_444_800
"""1970 to 2100: an instant outside is no reading's."""
LINK, INTERVAL = f"{ATOM}link", f"{ESPI}interval"
HELD_BATCHES = 1024
"""Batches of one entry; at a piece of the file each, entries beyond wait on disk."""

_parent = etree._Element.getparent
_text = attrgetter("text")
_line = attrgetter("sourceline")
_Row = tuple[int, int | None, float | None, int | None, str | None, int, int]


class GreenButton:
    """The layout."""

    name = "greenbutton"
    label = Text("Green Button (ESPI XML)", "Green Button（ESPI XML）")
    reasons: Mapping[str, Text] = REASONS

    def sniff(self, sample: Sample) -> Match | None:
        """An Atom feed or entry in which ESPI's namespace stands."""
        root, _ = root_of(sample.head)
        if root not in ("feed", "entry"):
            return None
        if b"naesb.org/espi" in sample.head.replace(b"\0", b""):
            return Match(1.0, Text("an Atom feed of ESPI resources", "含 ESPI 资源的 Atom 订阅"))
        return Match(0.3, Text("an Atom feed", "Atom 订阅"))

    def read(self, stream: BinaryIO, sample: Sample, options: Options) -> Iterator[Item]:
        """INTERVALS, DAYS (daily energy) and REGISTERS (cumulative types), and rejects.

        Raises LamplitError `layout.xml.…` where the XML is unsafe, malformed, something else, or
        holds no reading.
        """
        xml = XmlStream(stream, sample.name, (f"{ATOM}entry", BLOCK), roots=("feed", "entry"))
        feed = _Feed(xml, Emitter(options))
        yield from feed.items()


class _Feed:
    """One feed on its way through: what is open, what waits, what is known of the links."""

    def __init__(self, xml: XmlStream, emitter: Emitter) -> None:
        self.xml = xml
        self.emitter = emitter
        self.links = Links()
        self.waiting = Waiting()
        self.entry = Entry()
        self.held: list[pa.RecordBatch] = []
        self.block: Any = None
        self.reader = _Readings()

    def items(self) -> Iterator[Item]:
        for event, element in self.xml:
            if event == "piece":
                yield from self._some_of_block(final=False)
            elif element.tag == BLOCK:
                if event == "start":
                    self.block = element
                    self.reader.begin()
                else:
                    yield from self._some_of_block(final=True)
                    self.block = None
                    element.clear()
            elif event == "end":
                yield from self._end_of_entry(element)
        yield from self._rest()

    def _some_of_block(self, *, final: bool) -> Iterator[Item]:
        """Take the readings that are whole out of the open block; the last may be half there."""
        if self.block is None:
            return
        self.reader.note_start(self.block)
        readings = list(self.block.iterchildren(READING))
        if not final and readings and self.block[-1] is readings[-1]:
            readings.pop()
        batch, rejects = self.reader.take(self.block, readings) if readings else (None, [])
        if not final and len(self.block) > 1:
            del self.block[:-1]
            self.xml.emptied()
        yield from rejects
        self.emitter.readings += len(rejects)
        if batch is not None:
            self._hold(batch)

    def _hold(self, batch: pa.RecordBatch) -> None:
        """Keep a batch until its entry ends, for only then are the entry's links known."""
        if len(self.held) < HELD_BATCHES:
            self.held.append(batch)
        else:
            self.waiting.add(self.entry, batch)

    def _end_of_entry(self, element: Any) -> Iterator[Item]:
        entry = self.entry
        _fill_entry(entry, element)
        for content in element.iterchildren(f"{ATOM}content"):
            for resource in content:
                self._learn(entry, resource)
        forget(element)
        self.xml.emptied()
        self.entry = Entry()
        held, self.held = self.held, []
        series = self.links.series(entry) if held else None
        for batch in held:
            if series is None:
                self.waiting.add(entry, batch)
            else:
                yield from self.emitter.emit(batch, series)

    def _learn(self, entry: Entry, resource: Any) -> None:
        name = resource.tag.removeprefix(ESPI) if isinstance(resource.tag, str) else ""
        if name == "UsagePoint":
            kind = resource.findtext(f"{ESPI}ServiceCategory/{ESPI}kind") or ""
            self.links.add_point(entry, kind.strip())
        elif name == "MeterReading":
            self.links.add_reading(entry)
        elif name == "ReadingType":
            self.links.add_type(entry, reading_type(resource))

    def _rest(self) -> Iterator[Item]:
        for key, batch in self.waiting.drain():
            series = self.links.series(key, at_end=True)
            yield from self.emitter.emit(batch, series or "xml.no-type")
        yield from self.emitter.finish()
        if self.emitter.readings == 0:
            raise LamplitError(problems.NO_READINGS, where=self.xml.where(None))


class _Readings:
    """IntervalReadings to raw batches: a fast way for the usual form, a careful one else."""

    def __init__(self) -> None:
        self.count = 0
        self.next_start: int | None = None

    def begin(self) -> None:
        """A new block: its `interval` will say where readings without a start begin."""
        self.next_start = None

    def note_start(self, block: Any) -> None:
        """Where the block's own interval begins, for readings that name no start."""
        interval = block.find(INTERVAL)
        if interval is not None and interval.getnext() is not None:
            self.next_start = _whole(interval.findtext(START))
            block.remove(interval)

    def take(self, block: Any, readings: list[Any]) -> tuple[pa.RecordBatch | None, list[Reject]]:
        """The raw batch of a block's whole readings, and those that could not be read."""
        columns = self._fast(block, readings)
        if columns is not None:
            self.count += len(readings)
            return pa.RecordBatch.from_arrays(columns, schema=RAW), []
        return self._careful(readings)

    def _fast(self, block: Any, readings: list[Any]) -> list[pa.Array] | None:
        """All at once, when each reading has one start, one duration and one numeric value.

        That each lies in its own reading is checked by identity, so a missing element can't
        shift the rest. None: some reading differs, go the careful way.
        """
        n = len(readings)
        periods = list(block.iter(PERIOD))[:n]
        values, starts, lengths = (list(block.iter(tag))[:n] for tag in (VALUE, START, DURATION))
        pairs = ((values, readings), (periods, readings), (starts, periods), (lengths, periods))
        for inner, outer in pairs:
            if len(inner) != n or not all(map(is_, map(_parent, inner), outer)):
                return None
        texts = list(map(_text, values))
        try:
            at = list(map(int, map(_text, starts)))
            seconds = list(map(int, map(_text, lengths)))
            value = list(map(float, texts))
        except (TypeError, ValueError):
            return None
        arrays = _checked(at, seconds, value, texts)
        if arrays is None:
            return None
        quality, code = _qualities(block, readings)
        return [
            *arrays,
            quality,
            code,
            pa.array(range(self.count + 1, self.count + 1 + n), pa.int64()),
            pa.array(map(_line, readings), pa.int64()),
        ]

    def _careful(self, readings: list[Any]) -> tuple[pa.RecordBatch | None, list[Reject]]:
        rows: list[_Row] = []
        rejects: list[Reject] = []
        for reading in readings:
            self.count += 1
            row = self._row(reading)
            if isinstance(row, tuple):
                rows.append(row)
                if row[1] is not None:
                    self.next_start = row[0] + row[1]
            else:
                rejects.append(row)
        if not rows:
            return None, rejects
        columns = [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), RAW, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=RAW), rejects

    def _row(self, reading: Any) -> _Row | Reject:
        line = reading.sourceline or 0
        start_text = reading.findtext(f"{PERIOD}/{START}")
        length_text = reading.findtext(f"{PERIOD}/{DURATION}")
        start = self.next_start if start_text is None else _whole(start_text)
        seconds = None if length_text is None else _whole(length_text)
        bad_length = length_text is not None and (seconds is None or not 0 <= seconds < 1 << 31)
        if start is None or not EARLIEST <= start <= LATEST or bad_length:
            return reject("xml.bad-time", self.count, line, excerpt(reading), "timePeriod")
        text = (reading.findtext(VALUE) or "").strip() or None
        value = None if text is None else _number(text)
        if text is not None and value is None:
            return reject("xml.bad-value", self.count, line, excerpt(reading), "value")
        codes = [(q.text or "").strip() for q in reading.iter(QUALITY)]
        worst = max(codes, key=espi_quality) if codes else None
        quality = None if worst is None else int(espi_quality(worst))
        return start, seconds, value, quality, worst, self.count, line


def _checked(
    at: list[int], seconds: list[int], value: list[float], texts: list[str | None]
) -> list[pa.Array] | None:
    """The columns, unless a number is one only to Python (`nan`, `1_000`) or out of bounds."""
    if min(at) < EARLIEST or max(at) > LATEST or min(seconds) < 0 or max(seconds) >= 1 << 31:
        return None
    if not all(map(isfinite, value)) or "_" in "".join(filter(None, texts)):
        return None
    return [pa.array(at, pa.int64()), pa.array(seconds, pa.int32()), pa.array(value, pa.float64())]


def _qualities(block: Any, readings: list[Any]) -> tuple[pa.Array, pa.Array]:
    """Quality and code of each reading; the worst of several codes counts."""
    n = len(readings)
    elements = list(block.iter(QUALITY))
    if not elements:
        return pa.nulls(n, pa.uint8()), pa.nulls(n, pa.string())
    owners = list(map(_parent, map(_parent, elements)))
    given = list(map(_text, elements))
    known = {code: espi_quality(code) for code in set(given) if code}
    if len(elements) == n and all(map(is_, owners, readings)) and None not in given:
        return pa.array([int(known[code]) for code in given], pa.uint8()), pa.array(given)
    worst: dict[Any, str] = {}
    for reading, code in zip(owners, given, strict=True):
        if code and (reading not in worst or known[code] > known[worst[reading]]):
            worst[reading] = code
    codes = [worst.get(reading) for reading in readings]
    quality = [None if code is None else int(known[code]) for code in codes]
    return pa.array(quality, pa.uint8()), pa.array(codes, pa.string())


def reading_type(element: Any) -> CimType:
    """An ESPI ReadingType; an element that is absent or no number is "not applicable".

    The tariff is never 0 for a time-of-use tier, a critical-peak tier or a consumption block.
    """

    def code(name: str) -> int:
        return _whole(element.findtext(ESPI + name)) or 0

    length = code("intervalLength")
    return CimType(
        unit=code("uom"),
        power=max(-30, min(30, code("powerOfTenMultiplier"))),
        accumulation=code("accumulationBehaviour"),
        flow=code("flowDirection"),
        commodity=code("commodity"),
        kind=code("kind"),
        aggregate=code("dataQualifier"),
        tariff=code("tou") or code("cpp") or code("consumptionTier"),
        phase=code("phase"),
        seconds=length if length > 0 else None,
        default_quality=element.findtext(f"{ESPI}defaultQuality"),
    )


def _fill_entry(entry: Entry, element: Any) -> None:
    related = []
    for link in element.iterchildren(LINK):
        href = plain(link.get("href") or "")
        rel = link.get("rel")
        if rel == "self":
            entry.own = href
        elif rel == "up":
            entry.up = href
        else:
            related.append(href)
    entry.related = tuple(related)
    entry.title = (element.findtext(f"{ATOM}title") or "").strip()
    entry.seq = epoch(element.findtext(f"{ATOM}updated"))


def epoch(text: str | None) -> int | None:
    """Epoch seconds of an ISO 8601 instant; UTC where it has no offset; None where it is none."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _whole(text: str | None) -> int | None:
    """A whole number; None where the text is none."""
    try:
        return int(text) if text is not None and "_" not in text else None
    except ValueError:
        return None


def _number(text: str) -> float | None:
    """A finite number; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if "_" not in text and abs(value) < float("inf") else None


LAYOUT = GreenButton()
