"""IEC 61968-9 MeterReadings, alone or in a message's payload.

Two styles: IntervalBlocks with IntervalReadings, and Readings one by one (registers, or energy
with a timePeriod). What was measured is the 18-part code in ReadingType's `ref`. The stamp of an
interval names its end. docs/reference/layouts-xml.md has samples and what becomes of each code.

No file of a live system was at hand: the reader follows the standard's 2011 schema and messages
quoted in public code, and takes any namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import layouts_xml as problems
from lamplit.meters.layouts.base import Match, Options, Reject, Sample
from lamplit.meters.layouts.cim_rows import RAW, Emitter, Item, Series, Waiting
from lamplit.meters.layouts.cim_types import REASONS, CimType, of_dotted
from lamplit.meters.layouts.iec61968_rows import ReadingRows, Row, instant
from lamplit.meters.xml import XmlStream, forget, root_of

TAGS = ("{*}MeterReading", "{*}IntervalBlocks", "{*}ReadingType", "{*}Header")
HELD_BATCHES = 1024
_UUID = re.compile(r"(urn:uuid:)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DEVICES = (
    "Meter",
    "EndDevice",
    "MeterAsset",
    "EndDeviceAsset",
    "UsagePoint",
    "ServiceDeliveryPoint",
)


class Iec61968:
    """The layout."""

    name = "iec61968"
    label = Text("IEC 61968-9 MeterReadings (XML)", "IEC 61968-9 MeterReadings（XML）")
    reasons: Mapping[str, Text] = REASONS

    def sniff(self, sample: Sample) -> Match | None:
        """MeterReadings as the root, or anywhere in the first 64 KiB of a message."""
        root, _ = root_of(sample.head)
        if not root or root in ("feed", "entry"):
            return None
        if root == "MeterReadings":
            return Match(1.0, Text("the root is MeterReadings", "根元素为 MeterReadings"))
        if b"MeterReadings" in sample.head.replace(b"\0", b""):
            return Match(
                0.9, Text("a message that carries MeterReadings", "载有 MeterReadings 的消息")
            )
        return None

    def read(self, stream: BinaryIO, sample: Sample, options: Options) -> Iterator[Item]:
        """INTERVALS, DAYS (daily energy) and REGISTERS, and rejects.

        Raises LamplitError `layout.xml.…` where the XML is unsafe, malformed, something else, or
        holds no reading.
        """
        yield from _Message(XmlStream(stream, sample.name, TAGS), options).items()


@dataclass(slots=True, eq=False)
class _Origin:
    """Where a batch comes from; its fields are filled as the file tells them."""

    meter_id: str = ""
    ref: str = ""
    seq: int | None = None
    refused: str | None = None


class _Message:
    """One file on its way through."""

    def __init__(self, xml: XmlStream, options: Options) -> None:
        self.xml = xml
        self.options = options
        self.emitter = Emitter(options)
        self.rows = ReadingRows(ZoneInfo(options.timezone), options.stamp or "end")
        self.waiting = Waiting()
        self.types: dict[str, CimType] = {}
        self.sent: int | None = None
        self.meter: Any = None
        self.block: Any = None
        self.origins: list[_Origin] = []
        self.devices: dict[str, str] = {}
        self.block_origin = _Origin()
        self.held: list[tuple[_Origin, pa.RecordBatch]] = []
        self.seen = False

    def items(self) -> Iterator[Item]:
        for event, element in self.xml:
            if event == "piece":
                yield from self._some(final=False)
                continue
            name = local(element)
            if event == "start":
                self._start(name, element)
            elif name == "IntervalBlocks" and element is self.block:
                yield from self._end_of_block()
            elif name == "MeterReading" and element is self.meter:
                yield from self._end_of_meter()
            elif name == "ReadingType" and self.meter is None:
                self._define(element)
            elif name == "Header":
                # A SOAP envelope has a Header of its own, without a Timestamp's text.
                sent = instant(_text_of(element, "Timestamp"), self.rows.zone)
                self.sent = self.sent if sent is None else sent
        yield from self._rest()

    def _start(self, name: str, element: Any) -> None:
        if name == "MeterReading":
            self.seen = True
            self.meter, self.origins, self.devices = element, [], {}
        elif name == "IntervalBlocks":
            self.block, self.block_origin = element, _Origin()
            self.origins.append(self.block_origin)
            self.rows.begin()

    def _some(self, *, final: bool) -> Iterator[Reject]:
        """Take what is whole out of the open element; the last child may be half there."""
        parent = self.block if self.block is not None else self.meter
        if parent is None:
            return
        name = "Readings" if self.block is None else "IntervalReadings"
        children = list(parent) if final else parent[:-1]
        elements = []
        for child in children:
            if local(child) == name:
                elements.append(child)
            else:
                self._note(child)
        batch = self.rows.take_block(parent, elements) if self.block is not None else None
        if batch is not None:
            self._hold(self.block_origin, batch)
        else:
            yield from self._carefully(elements)
        if children and not final:
            del parent[: len(children)]
            self.xml.emptied()

    def _note(self, child: Any) -> None:
        """What a child that is no reading says of the readings around it."""
        name = local(child)
        if self.block is not None:
            if name == "ReadingType":
                self.block_origin.ref = reference(child)
            elif name == "Pending":
                self.block_origin.refused = "xml.pending-conversion"
        elif name in _DEVICES:
            found = device_id(child)
            if found is not None:
                self.devices[name] = found

    def _carefully(self, elements: list[Any]) -> Iterator[Reject]:
        if not elements:
            return
        rows, rejects = self.rows.take(elements)
        if self.block is None:
            self._hold_by_type(rows)
        elif rows:
            self.block_origin.seq = _latest(self.block_origin.seq, rows)
            self._hold(self.block_origin, _raw(rows))
        self.emitter.readings += len(rejects)
        yield from rejects

    def _hold_by_type(self, rows: list[Row]) -> None:
        parts: dict[str, list[Row]] = {}
        for row in rows:
            parts.setdefault(row.ref, []).append(row)
        for ref, part in parts.items():
            origin = _Origin(ref=ref, seq=_latest(None, part))
            self.origins.append(origin)
            self._hold(origin, _raw(part))

    def _hold(self, origin: _Origin, batch: pa.RecordBatch) -> None:
        """Keep a batch until its MeterReading ends: the meter may be named last."""
        if len(self.held) < HELD_BATCHES:
            self.held.append((origin, batch))
        else:
            self.waiting.add(origin, batch)

    def _end_of_block(self) -> Iterator[Reject]:
        yield from self._some(final=True)
        self.block.clear()
        self.block = None

    def _end_of_meter(self) -> Iterator[Item]:
        yield from self._some(final=True)
        named = next((self.devices[name] for name in _DEVICES if name in self.devices), None)
        meter_id = named or self.options.meter_id or ""
        for origin in self.origins:
            origin.meter_id = meter_id
            origin.seq = self.sent if self.sent is not None else origin.seq
        forget(self.meter)
        self.meter = None
        self.xml.emptied()
        held, self.held = self.held, []
        for origin, batch in held:
            kind = of_dotted(origin.ref)
            if kind is None and origin.meter_id and not origin.refused:
                self.waiting.add(origin, batch)  # a type that the file may define further down
            else:
                yield from self.emitter.emit(batch, self._series(origin, kind, batch))

    def _series(self, origin: _Origin, kind: CimType | None, batch: pa.RecordBatch) -> Series | str:
        if origin.refused is not None:
            return origin.refused
        if not origin.meter_id:
            return "xml.no-meter"
        if kind is None:
            return "xml.no-type"
        if kind.seconds is None and not kind.cumulative and self.options.minutes is None:
            kind = replace(kind, seconds=_even_spacing(batch))
        return Series(origin.meter_id, kind, origin.seq, self.rows.stamp)

    def _define(self, element: Any) -> None:
        """A ReadingType that the file itself describes: its name or mRID is the dotted code."""
        names = [text for text in (_text_of(element, "mRID"), *_names(element)) if text]
        kind = next((k for k in map(of_dotted, names) if k is not None), None)
        if kind is not None:
            self.types.update(dict.fromkeys(names, kind))
        forget(element)
        self.xml.emptied()

    def _rest(self) -> Iterator[Item]:
        if not self.seen:
            raise self.xml.wrong_root(("MeterReadings",))
        for origin, batch in self.waiting.drain():
            kind = of_dotted(origin.ref) or self.types.get(origin.ref)
            yield from self.emitter.emit(batch, self._series(origin, kind, batch))
        yield from self.emitter.finish()
        if self.emitter.readings == 0:
            raise LamplitError(problems.NO_READINGS, where=self.xml.where(None))


def local(element: Any) -> str:
    """An element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def reference(element: Any) -> str:
    """What a ReadingType points at: its `ref`, or the text of older schemas."""
    return (element.get("ref") or element.text or _text_of(element, "mRID") or "").strip()


def device_id(device: Any) -> str | None:
    """A meter's id: its mRID, or its name where the mRID is a UUID that nobody knows it by."""
    mrid = (device.get("ref") or _text_of(device, "mRID") or "").strip()
    names = _names(device)
    if mrid and not (_UUID.fullmatch(mrid) and names):
        return mrid
    return names[0] if names else None


def _names(element: Any) -> list[str]:
    """Texts of Names/name, and of the older schemas' bare name."""
    found = [_text_of(child, "name") for child in element if local(child) in ("Names", "Name")]
    return [name for name in (*found, _text_of(element, "name")) if name]


def _text_of(element: Any, name: str) -> str | None:
    """The stripped text of the first child of that local name."""
    for child in element:
        if local(child) == name:
            return (child.text or "").strip() or None
    return None


def _raw(rows: list[Row]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))[: len(RAW)]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, RAW, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=RAW)


def _latest(seq: int | None, rows: list[Row]) -> int | None:
    """The latest reportedDateTime: the sequence where the message has no Header."""
    known = [row.reported for row in rows if row.reported is not None]
    return max(known + ([seq] if seq is not None else []), default=None)


def _even_spacing(batch: pa.RecordBatch) -> int | None:
    """The seconds between stamps that all lie equally far apart; None where they don't."""
    steps = np.unique(np.diff(np.sort(batch.column("at").to_numpy())))
    return int(steps[0]) if len(steps) == 1 and steps[0] > 0 else None


LAYOUT = Iec61968()
