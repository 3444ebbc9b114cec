"""Where carried courses lie: an index of homes, and one file a day with a row for each of them.

A row group holds HOMES_AT_ONCE homes, so that a lot of homes is read from the same place of every
day. A day's slots are bytes (float32, little-endian), which cost nothing to lay out; of a day that
is not known in full they are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck
from lamplit.meters.manifest import sync_file
from lamplit.meters.shelf import Shelf, written
from lamplit.services.night.carried import fetched, keep_table, no_room, read_table
from lamplit.services.night.snapshots import StateManifest
from lamplit.services.night.universe import Universe, subset
from lamplit.signals.routine.course import Course

Array = np.ndarray[Any, Any]

HOMES_AT_ONCE = 8192
KWH = np.dtype("<f4")
SCHEMA = pa.schema(
    [("valid", pa.bool_()), ("away", pa.bool_()), ("slots", pa.int16()), ("kwh", pa.binary())]
)
"""As `Course` has them, of one day."""

_MARKS = """
SELECT md5(concat_ws(';', coalesce(any_value(h.community_id), ''),
  coalesce(any_value(h.silence_id), ''),
  string_agg(concat_ws(' ', m.meter_id, m.from_day, m.to_day), ','
    ORDER BY m.from_day, m.meter_id, m.to_day))) AS mark
FROM course_homes h JOIN course_meters m ON m.home = h.home GROUP BY h.home ORDER BY h.home
"""


def lots(homes: int) -> list[slice]:
    """So many homes, HOMES_AT_ONCE at a time."""
    return [slice(at, min(at + HOMES_AT_ONCE, homes)) for at in range(0, homes, HOMES_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Index:
    """The homes that have a course, in order: `household_id`, and `mark` of what speaks for each.

    A home under another mark has another course: its meters or its neighbours are others.
    """

    table: pa.Table

    @classmethod
    def of(cls, con: Duck, universe: Universe, rows: Array) -> Index:
        """The index of these homes of a universe."""
        small = subset(universe, rows)
        homes = small.homes.select(["household_id", "community_id", "silence_id"])
        numbered = homes.append_column("home", pa.array(np.arange(small.count, dtype=np.int32)))
        con.register("course_homes", numbered)
        con.register("course_meters", small.meters)
        try:
            marks = con.arrow(_MARKS)["mark"]
        finally:
            con.unregister("course_homes")
            con.unregister("course_meters")
        names = {"household_id": homes["household_id"], "mark": marks}
        return cls(pa.table(names).combine_chunks())

    @property
    def count(self) -> int:
        """How many homes."""
        return int(self.table.num_rows)

    def equals(self, other: Index) -> bool:
        """Whether the same homes are in it, in the same order, with the same marks."""
        return bool(self.table.equals(other.table))

    def named(self, households: pa.Array) -> Array:
        """Which homes bear one of these ids: (count,)."""
        found: Array = pc.is_in(self.table["household_id"], value_set=households).to_numpy()
        return found

    def places_in(self, other: Index) -> Array:
        """The place of each home in another index, -1 where it is not there under its mark."""
        if self.equals(other):
            return np.arange(self.count)
        there = other.table["household_id"].combine_chunks()
        at = pc.index_in(self.table["household_id"], value_set=there)
        places: Array = at.fill_null(-1).to_numpy().astype(np.int64)
        known = np.flatnonzero(places >= 0)
        was = other.table["mark"].take(pa.array(places[known]))
        same = pc.equal(self.table["mark"].take(pa.array(known)), was).to_numpy()
        places[known[~same]] = -1
        return places


def read_index(shelf: Shelf, name: str) -> Index:
    """An index as `write_index` left it. Raises LamplitError `night.state-damaged`."""
    return Index(read_table(shelf, name).combine_chunks())


def write_index(shelf: Shelf, generation: int, index: Index) -> str:
    """Write an index; its file counts once the manifest names it."""
    name = f"course-homes-{generation}.parquet"
    keep_table(shelf, name, index.table)
    return name


@dataclass(slots=True)
class Stored:
    """Carried courses as a manifest names them: `days`, day → file, in order."""

    shelf: Shelf
    index: Index
    days: dict[date, str]

    @classmethod
    def open(cls, shelf: Shelf, manifest: StateManifest) -> Stored:
        """The courses of a manifest that has some. Raises LamplitError `night.state-damaged`."""
        days = {date.fromisoformat(day): name for day, name in sorted(manifest.course.items())}
        return cls(shelf, read_index(shelf, manifest.course_homes), days)

    def read(self, places: Array, days: Sequence[date]) -> Course:
        """The courses at these places of the index, nothing known where a place is -1.

        Places are best in order: what lies between the first and the last is read.
        """
        parts = [self._day(self.days[day], places) for day in days]
        size = max(part[3].shape[1] for part in parts)
        kwh = np.full((len(places), len(days), size), np.nan, dtype=np.float32)
        for number, part in enumerate(parts):
            kwh[:, number, : part[3].shape[1]] = part[3]
        valid, away, slots = (np.stack([part[i] for part in parts], axis=1) for i in range(3))
        return Course(kwh, slots, valid, away)

    def _day(self, name: str, places: Array) -> tuple[Array, Array, Array, Array]:
        """(valid, away, slots, kWh by slot) of one day's file at these places."""
        count = len(places)
        known = np.flatnonzero(places >= 0)
        valid, away = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        slots = np.zeros(count, dtype=np.int64)
        if not len(known):
            return valid, away, slots, np.full((count, 1), np.nan, dtype=np.float32)
        (path,) = fetched(self.shelf, [name])
        try:
            with pq.ParquetFile(path) as file:
                if file.metadata.num_rows != self.index.count:
                    raise ValueError
                size = file.metadata.row_group(0).num_rows
                first, last = (int(f(places[known])) // size for f in (np.min, np.max))
                table = file.read_row_groups(list(range(first, last + 1)), use_threads=False)
            at = places[known] - first * size
            valid[known] = table["valid"].to_numpy()[at]
            away[known] = table["away"].to_numpy()[at]
            every = table["slots"].to_numpy().astype(np.int64)
            kwh = np.full((count, max(1, int(every.max(initial=1)))), np.nan, dtype=np.float32)
            _unpack(kwh, known, table["kwh"].combine_chunks(), every, at)
        except (OSError, pa.ArrowException, IndexError, ValueError) as reason:
            where = self.shelf.where(name)
            raise LamplitError(problems.STATE_DAMAGED, where=where) from reason
        slots[known] = every[at]
        return valid, away, slots, kwh


def _unpack(kwh: Array, into: Array, packed: pa.Array, slots: Array, at: Array) -> None:
    """Lay the slots of the rows `at` of a file into the rows `into` of `kwh`."""
    starts = np.cumsum(slots) - slots
    _, ends, buffer = packed.buffers()
    begin = int(np.frombuffer(ends, np.int32)[packed.offset]) // KWH.itemsize
    values = np.frombuffer(buffer, KWH)[begin:] if buffer else np.empty(0, KWH)
    if len(values) < slots.sum():
        raise ValueError
    for size in np.unique(slots[at]):
        if size == 0:
            continue
        mine = slots[at] == size
        if mine.all() and (slots == size).all():
            kwh[into, :size] = values[: len(slots) * size].reshape(-1, size)[at]
        else:
            rows = starts[at[mine]][:, None] + np.arange(size)[None, :]
            kwh[into[mine], :size] = values[rows]


def write_days(
    shelf: Shelf, generation: int, days: Sequence[date], courses: Iterable[Course]
) -> dict[str, str]:
    """Write a file for each day of courses, which come a lot of HOMES_AT_ONCE homes at a time.

    Gives day → file; the files count once the manifest names them. Raises LamplitError
    `home.disk-full`.
    """
    names = {day.isoformat(): f"course-{day}-{generation}.parquet" for day in days}
    try:
        with ExitStack() as stack:
            drafts = [stack.enter_context(written(shelf, name)) for name in names.values()]
            writers = [stack.enter_context(_writer(draft)) for draft in drafts]
            for course in courses:
                for number, writer in enumerate(writers):
                    writer.write_table(_day_table(course, number), row_group_size=HOMES_AT_ONCE)
            for writer, draft in zip(writers, drafts, strict=True):
                writer.close()
                sync_file(draft)
    except OSError as fault:
        raise no_room(fault, Path(shelf.where(""))) from fault
    return names


def _writer(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path, SCHEMA, compression="lz4", use_dictionary=False, write_statistics=False
    )


def _day_table(course: Course, number: int) -> pa.Table:
    """One day of courses as rows."""
    slots = course.slots[:, number]
    kwh = course.kwh[:, number]
    size = int(slots.max(initial=0))
    if size and (slots == size).all():
        packed = np.ascontiguousarray(kwh[:, :size], dtype=KWH)
    else:
        packed = kwh[np.arange(kwh.shape[1])[None, :] < slots[:, None]].astype(KWH)
    ends = np.concatenate([[0], np.cumsum(slots * KWH.itemsize)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(packed)]
    column = pa.Array.from_buffers(pa.binary(), len(slots), buffers)
    return pa.table(
        [
            pa.array(course.valid[:, number]), pa.array(course.away[:, number]),
            pa.array(slots.astype(np.int16)), column,
        ],
        schema=SCHEMA,
    )  # fmt: skip
