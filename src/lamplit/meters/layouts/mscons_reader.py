"""From the segments of an interchange to readings: the state of one pass over MSCONS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

import pyarrow as pa

from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import layouts_text as problems
from lamplit.meters.layouts.base import Options, Reject
from lamplit.meters.layouts.mscons_codes import REASONS, Register, register_of
from lamplit.meters.layouts.mscons_edifact import Interchange, Segment
from lamplit.meters.layouts.mscons_rows import Relations
from lamplit.meters.layouts.mscons_time import Clock, Moment, seconds
from lamplit.meters.layouts.mscons_values import Series, Value, Values

SERIES_ENDS = frozenset(("LIN", "LOC", "NAD", "UNT"))
"""Segments before which a series, and so its rows, may have been given out."""
TOLD = "told"
CANCELLATION = "1"
"""BGM 1225: the message takes back what an earlier one said."""


class Reader:
    """Reads one interchange; `run` may be called once."""

    def __init__(self, interchange: Interchange, options: Options) -> None:
        self._interchange = interchange
        self._clock = Clock(options.timezone)
        self._dtm = lru_cache(maxsize=1 << 16)(self._read_dtm)
        self._out = Relations()
        self._values = Values(self._out, self._clock, options.midnight or "starts")
        self._rejects: list[Reject] = []
        self._aside: Counter[str] = Counter()
        self._given = False
        self._closed = False
        self._interchange_reference = ""
        self._messages = 0
        self._message: Segment | None = None
        self._message_reference = ""
        self._cancelled = False
        self._meter = ""
        self._message_seq: int | None = None
        self._line = 0
        self._code = ""
        self._reason = ""
        self._series: Series | None = None
        self._value: Value | None = None
        self._handlers: dict[str, Callable[[Segment], None]] = {
            "QTY": self._on_qty,
            "DTM": self._on_dtm,
            "STS": self._on_sts,
            "LIN": self._on_lin,
            "PIA": self._on_pia,
            "LOC": self._on_loc,
            "NAD": self._on_nad,
            "BGM": self._on_bgm,
            "UNB": self._on_unb,
            "UNH": self._on_unh,
            "UNT": self._on_unt,
            "UNZ": self._on_unz,
        }

    def run(self) -> Iterator[pa.RecordBatch | Reject]:
        """Batches and rejects, in the file's order as far as batches allow."""
        number = 0
        for segment in self._interchange.segments():
            number = segment.number
            handler = self._handlers.get(segment.tag)
            if handler is None:
                continue
            handler(segment)
            if segment.tag in SERIES_ENDS or self._rejects:
                yield from self._give(self._out.full())
        if not self._closed or self._message:
            raise LamplitError(
                problems.MSCONS_TRUNCATED, where=self._interchange.where(number), excerpt="UNZ"
            )
        yield from self._give(self._out.rest())
        if self._aside and not self._given:
            raise LamplitError(
                problems.MSCONS_NO_ACTIVE_ENERGY,
                where=self._interchange.where(number),
                values=self._aside.total(),
                codes=", ".join(sorted(self._aside)[:8]),
            )

    def _give(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch | Reject]:
        for batch in batches:
            self._given = True
            yield batch
        for reject in self._rejects:
            self._given = True
            yield reject
        self._rejects.clear()

    # Interchange and message

    def _on_unb(self, segment: Segment) -> None:
        self._interchange_reference = self._at(segment, 4)
        self._messages = 0
        self._closed = False

    def _on_unz(self, segment: Segment) -> None:
        self._check_reference(segment, self._interchange_reference)
        self._check_count(segment, self._messages, problems.MSCONS_MESSAGE_COUNT)
        self._closed = True

    def _on_unh(self, segment: Segment) -> None:
        kind = self._at(segment, 1)
        if kind != "MSCONS":
            raise LamplitError(
                problems.MSCONS_OTHER_MESSAGE,
                where=self._interchange.where(segment.number),
                kind=kind,
            )
        self._message, self._message_reference = segment, self._at(segment, 0)
        self._messages += 1
        self._cancelled, self._message_seq = False, None
        self._meter = ""

    def _on_unt(self, segment: Segment) -> None:
        self._end_place()
        first = self._message.number if self._message else segment.number
        self._check_reference(segment, self._message_reference)
        counted = segment.number - first + 1
        self._check_count(segment, counted, problems.MSCONS_SEGMENT_COUNT)
        self._message = None

    def _check_reference(self, segment: Segment, opened: str) -> None:
        said = self._at(segment, 1)
        if said != opened:
            raise LamplitError(
                problems.MSCONS_REFERENCE,
                where=self._interchange.where(segment.number),
                tag=segment.tag,
                said=said,
                opened=opened,
            )

    def _check_count(self, segment: Segment, counted: int, problem: Problem) -> None:
        said = self._at(segment, 0)
        if said.strip().lstrip("0") != str(counted):
            raise LamplitError(
                problem,
                where=self._interchange.where(segment.number),
                said=said,
                counted=counted,
            )

    def _on_bgm(self, segment: Segment) -> None:
        self._cancelled = self._at(segment, 2) == CANCELLATION

    # Place and series

    def _on_nad(self, _: Segment) -> None:
        self._end_place()
        self._meter = ""

    def _on_loc(self, segment: Segment) -> None:
        if self._at(segment, 0) == "172":
            self._end_place()
            self._meter = self._at(segment, 1).strip()
            self._values.seq = self._message_seq

    def _end_place(self) -> None:
        self._end_series()
        self._line = 0
        self._values.end_place()

    def _end_series(self) -> None:
        self._end_value()
        if self._series is not None:
            for value in self._values.end_series(self._series):
                self._refuse(value.line, "mscons.uneven", f"QTY+{value.text}")
        self._series = None
        self._reason, self._code = "mscons.no-product", ""

    def _on_lin(self, segment: Segment) -> None:
        self._end_series()
        self._line = segment.number

    def _on_pia(self, segment: Segment) -> None:
        if self._at(segment, 0) != "5" or not self._line:
            return
        self._code = self._at(segment, 1)
        found = register_of(self._code)
        self._reason = found if isinstance(found, str) else ""
        if found is None or self._reason:
            return
        if self._cancelled:
            self._reason = "mscons.cancelled"
        elif not self._meter:
            self._reason = "mscons.no-place"
        elif isinstance(found, Register):
            self._series = Series(self._meter, found)

    # Values

    def _on_qty(self, segment: Segment) -> None:
        self._end_value()
        parts = self._interchange.elements(segment)[0]
        parts += [""] * (3 - len(parts))
        self._value = Value(segment.number, parts[0], parts[1], parts[2], segment.text)

    def _on_dtm(self, segment: Segment) -> None:
        qualifier, moment = self._dtm(segment.text)
        if self._value is not None:
            self._value.times[qualifier] = moment
        elif moment is not None and qualifier == "137":
            self._message_seq = self._values.seq = seconds(moment.utc)
        elif moment is not None and qualifier == "293":
            # A location's own version is finer than its message's date.
            self._values.seq = seconds(moment.utc)

    def _read_dtm(self, text: str) -> tuple[str, Moment | None]:
        parts = self._interchange.elements(Segment(0, "DTM", text))[0]
        if len(parts) < 3:
            return parts[0], None
        return parts[0], self._clock.read(parts[1], parts[2])

    def _on_sts(self, segment: Segment) -> None:
        if self._value is not None:
            codes = [self._at(segment, i) for i in (0, 2)]
            self._value.statuses.append(":".join(c for c in codes if c))

    def _end_value(self) -> None:
        """Judge the open value, now that all that belongs to it was seen.

        A series that can't be used is refused once, at its LIN, and not value by value.
        """
        value, self._value = self._value, None
        if value is None:
            return
        if self._series is not None:
            if code := self._values.take(self._series, value):
                self._refuse(value.line, code, f"QTY+{value.text}")
        elif self._reason:
            if self._reason != TOLD:
                self._refuse(self._line or value.line, self._reason, self._code or value.text)
                self._reason = TOLD
        else:
            self._aside[self._code] += 1

    def _refuse(self, line: int, code: str, raw: str) -> None:
        self._rejects.append(Reject(line, code, REASONS[code], raw[:200]))

    def _at(self, segment: Segment, element: int) -> str:
        """The first component of an element; empty where there is none."""
        elements = self._interchange.elements(segment)
        return elements[element][0] if len(elements) > element else ""
