"""From raw CIM readings, and what their type says, to the canonical relations.

A *raw batch* holds readings as the file has them; a `Series` says what they mean. Files may give
the readings before the meaning, so that raw batches wait in a `Waiting` until it is known.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import layouts_xml as problems
from lamplit.domain.words import Quality
from lamplit.meters.canonical import DAYS, EXPORT, IMPORT, INTERVALS, REGISTERS
from lamplit.meters.layouts.base import Options, Reject
from lamplit.meters.layouts.cim_types import FORWARD, NET, REASONS, REVERSE, CimType, espi_quality

RAW: Final = pa.schema(
    [
        ("at", pa.int64()),  # epoch seconds of the stamp; Series.stamp says which end it names
        ("seconds", pa.int32()),  # length of the interval; NULL: the type's
        ("value", pa.float64()),  # NULL: the source says that there is none
        ("quality", pa.uint8()),  # NULL: the type's default, else actual
        ("code", pa.string()),
        ("record", pa.int64()),  # number of the reading in the file, from 1
        ("xml_line", pa.int64()),
    ]
)
"""Readings as the file has them."""

MINUTES_OF_DAY = 1440
MIDNIGHT_SLACK = 900
WAITING_ROWS = 1 << 21
GATHER_ROWS = 1 << 13

Item: TypeAlias = pa.RecordBatch | Reject


@dataclass(frozen=True, slots=True)
class Series:
    """What a run of readings means."""

    meter_id: str
    type: CimType
    seq: int | None = None
    stamp: Literal["start", "end"] = "start"


class Waiting:
    """Raw batches that wait for their meaning: in memory up to a limit, beyond it on disk."""

    def __init__(self, limit: int = WAITING_ROWS) -> None:
        self._limit = limit
        self._rows = 0
        self._kept: list[tuple[Any, pa.RecordBatch]] = []
        self._spilled: list[Any] = []
        self._file: Any = None
        self._writer: Any = None

    def add(self, key: Any, batch: pa.RecordBatch) -> None:
        """Keep a batch under a key that will be able to say what it means."""
        if self._rows + batch.num_rows <= self._limit:
            self._rows += batch.num_rows
            self._kept.append((key, batch))
            return
        if self._writer is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by drain()
            self._writer = pa.ipc.new_stream(self._file, RAW)
        self._writer.write_batch(batch)
        self._spilled.append(key)

    def drain(self) -> Iterator[tuple[Any, pa.RecordBatch]]:
        """All of it, in the order of arrival; nothing waits any more."""
        kept, self._kept, self._rows = self._kept, [], 0
        yield from kept
        if self._writer is None:
            return
        self._writer.close()
        self._file.seek(0)
        with self._file, pa.ipc.open_stream(self._file) as reader:
            yield from zip(self._spilled, reader, strict=True)
        self._writer, self._file, self._spilled = None, None, []


def reject(code: str, record: int, xml_line: int, raw: str, column: str = "") -> Reject:
    """A reading for quarantine; its place in the XML stands before what it said."""
    return Reject(record, code, REASONS[code], f"XML line {xml_line}: {raw}"[:200], column)


@dataclass
class Emitter:
    """Turns raw batches into canonical ones; remembers running registers from batch to batch.

    Give it every batch with `emit`, and call `finish` when there are no more.
    """

    options: Options
    zone: ZoneInfo = field(init=False)
    readings: int = 0
    _gathering: Series | str | None = None
    _gathered: list[pa.RecordBatch] = field(default_factory=list)
    _gathered_rows: int = 0
    _meters: set[str] = field(default_factory=set)
    _last: dict[tuple[str, str], tuple[int, float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.options.timezone)

    def emit(self, raw: pa.RecordBatch, series: Series | str) -> Iterator[Item]:
        """Canonical batches and rejects for one raw batch of one series.

        A series that is a string is the code of REASONS for which none of it can be used.
        """
        self.readings += raw.num_rows
        if isinstance(series, Series) and series.type.seconds is None and self.options.minutes:
            told = replace(series.type, seconds=self.options.minutes * 60)
            series = replace(series, type=told)
        code = series if isinstance(series, str) else series.type.refusal()
        if code is not None:
            yield from _all_rejected(raw, code)
            return
        if series != self._gathering or self._gathered_rows >= GATHER_ROWS:
            yield from self.finish()
        self._gathering = series
        self._gathered.append(raw)
        self._gathered_rows += raw.num_rows

    def finish(self) -> Iterator[Item]:
        """What was gathered of the last series: many small batches are dear, one is not."""
        series, batches = self._gathering, self._gathered
        self._gathering, self._gathered, self._gathered_rows = None, [], 0
        if not isinstance(series, Series):
            return
        series = self._as_told(series)
        for raw in pa.Table.from_batches(batches).combine_chunks().to_batches():
            if not series.type.cumulative:
                yield from self._deltas(raw, series)
            elif series.type.seconds is not None and series.type.seconds < MINUTES_OF_DAY * 60:
                yield from self._differences(raw, series)
            else:
                yield from self._registers(raw, series)

    def _as_told(self, series: Series) -> Series:
        """The series as the user's options have it. Raises `layout.xml.several-meters`."""
        given, direction = self.options.meter_id, self.options.direction
        if given is not None:
            self._meters.add(series.meter_id)
            if len(self._meters) > 1:
                found = ", ".join(sorted(self._meters))
                raise LamplitError(problems.SEVERAL_METERS, given=given, found=found)
            series = replace(series, meter_id=given)
        if direction is not None and series.type.flow != NET:
            flow = REVERSE if direction == "export" else FORWARD
            series = replace(series, type=replace(series.type, flow=flow))
        return series

    def _deltas(self, raw: pa.RecordBatch, series: Series) -> Iterator[Item]:
        seconds = _filled(raw, "seconds", series.type.seconds or 0)
        whole = (seconds > 0) & (seconds % 60 == 0) & ((MINUTES_OF_DAY * 60) % seconds.clip(1) == 0)
        short = whole & (seconds < MINUTES_OF_DAY * 60)
        if short.all():
            yield from self._intervals(raw, series, seconds)
            return
        if short.any():
            yield from self._intervals(raw.filter(pa.array(short)), series, seconds[short])
        rest = raw.filter(pa.array(~short))
        for row, length in zip(rest.to_pylist(), seconds[~short].tolist(), strict=True):
            yield self._long(row, length, series)

    def _intervals(
        self, raw: pa.RecordBatch, series: Series, seconds: np.ndarray[Any, Any]
    ) -> Iterator[pa.RecordBatch]:
        at = raw.column("at").to_numpy()
        start = at if series.stamp == "start" else at - seconds
        kwh = self._kwh(series, raw.column("value").to_numpy(zero_copy_only=False))
        for direction, part in _directions(kwh, series.type):
            yield _interval_batch(raw, series, start, seconds // 60, direction, part)

    def _long(self, row: dict[str, Any], length: int, series: Series) -> Item:
        """A reading of a day or more: a day's energy where it is a local day, else quarantine."""
        if length <= 0:
            return _rejected(row, "xml.no-period")
        if length % 60 or length < 23 * 3600:
            return _rejected(row, "xml.odd-period")
        if length > 25 * 3600:
            return _rejected(row, "xml.long-period")
        start = row["at"] if series.stamp == "start" else row["at"] - length
        local = datetime.fromtimestamp(start, self.zone)
        after = datetime.fromtimestamp(start + length, self.zone)
        if local.time().isoformat() != "00:00:00" or after.time().isoformat() != "00:00:00":
            return _rejected(row, "xml.not-a-local-day")
        value = None if row["value"] is None else self._kwh(series, row["value"])
        return _day_batch(row, series, local.date(), value)

    def _registers(self, raw: pa.RecordBatch, series: Series) -> Iterator[Item]:
        rows = []
        for row in raw.to_pylist():
            day = self._day_at_midnight(_instant(row, series))
            if day is None:
                yield _rejected(row, "xml.not-midnight")
            else:
                rows.append((row, day))
        if rows:
            yield self._register_batch(rows, series)

    def _register_batch(
        self, rows: list[tuple[dict[str, Any], date]], series: Series
    ) -> pa.RecordBatch:
        default = _default_quality(series.type)
        quality = [default if r["quality"] is None else r["quality"] for r, _ in rows]
        kwh = series.type.kwh
        n = len(rows)
        columns = {
            "meter_id": [series.meter_id] * n,
            "at_day": [day for _, day in rows],
            "direction": [EXPORT if series.type.flow == REVERSE else IMPORT] * n,
            "register_kwh": [None if r["value"] is None else kwh(r["value"]) for r, _ in rows],
            "digits": [self.options.digits] * n,
            "multiplier": [self.options.multiplier] * n,
            "quality": [
                int(Quality.MISSING) if r["value"] is None else q
                for (r, _), q in zip(rows, quality, strict=True)
            ],
            "raw_code": [r["code"] for r, _ in rows],
            "seq": [series.seq] * n,
            "line": [r["record"] for r, _ in rows],
        }
        return pa.RecordBatch.from_pydict(columns, schema=REGISTERS)

    def _differences(self, raw: pa.RecordBatch, series: Series) -> Iterator[Item]:
        """Intervals from a register read every few minutes: each less the one before.

        The state outlives the batch, for some head-ends send one message part per instant.
        """
        period = series.type.seconds or 0
        direction = EXPORT if series.type.flow == REVERSE else IMPORT
        key = (series.meter_id, direction)
        rows: list[dict[str, Any]] = []
        for row in sorted(raw.to_pylist(), key=lambda r: _instant(r, series)):
            row["at"] = _instant(row, series)
            value = row["value"]
            default = _default_quality(series.type)
            quality = default if row["quality"] is None else row["quality"]
            before = self._last.get(key)
            if value is None or quality == Quality.MISSING:
                yield _rejected(row, "xml.gap-in-series")
                continue
            self._last[key] = (row["at"], value, quality)
            code = _difference_problem(before, row["at"], value, period)
            if code is not None or before is None:
                yield _rejected(row, code or "xml.first-of-series")
                continue
            row |= {"value": value - before[1], "quality": max(quality, before[2])}
            rows.append(row)
        if rows:
            yield from self._difference_batch(rows, series, period)

    def _difference_batch(
        self, rows: list[dict[str, Any]], series: Series, period: int
    ) -> Iterator[pa.RecordBatch]:
        batch = pa.RecordBatch.from_pylist(rows, schema=RAW)
        lengths = np.full(len(rows), period, dtype=np.int64)
        ending = Series(series.meter_id, series.type, series.seq, "end")
        yield from self._intervals(batch, ending, lengths)

    def _day_at_midnight(self, at: int) -> date | None:
        """The local day that begins at an instant, within a quarter of an hour; else None."""
        local = datetime.fromtimestamp(at + MIDNIGHT_SLACK, self.zone)
        into = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
        return local.date() if into.total_seconds() <= 2 * MIDNIGHT_SLACK else None

    def _kwh(self, series: Series, value: Any) -> Any:
        kwh = series.type.kwh(value)
        return kwh if self.options.multiplier is None else kwh * self.options.multiplier


def _instant(row: dict[str, Any], series: Series) -> int:
    """When a register stood at its value: at the end of the period, where it has one."""
    length = row["seconds"] if series.stamp == "start" else None
    at: int = row["at"] + (length or 0)
    return at


def _difference_problem(
    before: tuple[int, float, int] | None, at: int, value: float, period: int
) -> str | None:
    """Why a register value yields no interval; None when it does."""
    if before is None:
        return "xml.first-of-series"
    if at - before[0] != period:
        return "xml.gap-in-series"
    return "xml.register-went-back" if value < before[1] else None


def _directions(
    kwh: np.ndarray[Any, Any], kind: CimType
) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Net flow is parted into what came in and what went out; other flows are one of the two."""
    if kind.flow == NET:
        yield IMPORT, np.maximum(kwh, 0.0)
        yield EXPORT, np.maximum(-kwh, 0.0) + 0.0  # never -0.0
    else:
        yield EXPORT if kind.flow == REVERSE else IMPORT, kwh


def _interval_batch(
    raw: pa.RecordBatch,
    series: Series,
    start: np.ndarray[Any, Any],
    minutes: np.ndarray[Any, Any],
    direction: str,
    kwh: np.ndarray[Any, Any],
) -> pa.RecordBatch:
    n = raw.num_rows
    missing = np.isnan(kwh)
    quality = _filled(raw, "quality", _default_quality(series.type)).astype(np.uint8)
    quality[missing] = Quality.MISSING
    # "Not recording" beside a figure: the figure is no reading.
    missing |= quality == Quality.MISSING
    columns = [
        pa.repeat(pa.scalar(series.meter_id), n),
        pa.array(start * 1_000_000, pa.int64()).cast(pa.timestamp("us")),
        pa.array(minutes.astype(np.int16)),
        pa.repeat(pa.scalar(direction), n),
        pa.array(kwh, mask=missing),
        pa.array(quality),
        raw.column("code"),
        pa.nulls(n, pa.string()),
        pa.repeat(pa.scalar(series.seq, pa.int64()), n),
        raw.column("record"),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=INTERVALS)


def _day_batch(row: dict[str, Any], series: Series, day: date, kwh: float | None) -> pa.RecordBatch:
    kind = series.type
    parts: list[tuple[str, float | None]]
    if kind.flow == NET and kwh is not None:
        parts = [(IMPORT, max(kwh, 0.0)), (EXPORT, max(-kwh, 0.0))]
    else:
        parts = [(EXPORT if kind.flow == REVERSE else IMPORT, kwh)]
    given = _default_quality(kind) if row["quality"] is None else row["quality"]
    quality = int(Quality.MISSING) if kwh is None else given
    rows = [
        {
            "meter_id": series.meter_id,
            "day": day,
            "minutes": 0,
            "direction": direction,
            "kwh": None if quality == Quality.MISSING else part,
            "quality": quality,
            "raw_code": row["code"],
            "seq": series.seq,
            "line": row["record"],
        }
        for direction, part in parts
    ]
    return pa.RecordBatch.from_pylist(rows, schema=DAYS)


def _default_quality(kind: CimType) -> int:
    if kind.default_quality is None:
        return int(Quality.ACTUAL)
    return int(espi_quality(kind.default_quality))


def _filled(raw: pa.RecordBatch, column: str, instead: int) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = (
        raw.column(column).fill_null(instead).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return values


def _rejected(row: dict[str, Any], code: str) -> Reject:
    when = datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    raw = f"time {when}, value {row['value']}, seconds {row['seconds']}, quality {row['code']}"
    return reject(code, row["record"], row["xml_line"], raw)


def _all_rejected(raw: pa.RecordBatch, code: str) -> Iterator[Reject]:
    for row in raw.to_pylist():
        yield _rejected(row, code)
