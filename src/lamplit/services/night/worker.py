"""A shard of a night on a worker: what it is given, and what it gives back.

The functions are those of a night on one machine, over the rows of one shard. Files are put
on the shelf whole under names of their own, so that a task that runs twice does no harm. What only
the next job needs is no file: Spark keeps its bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.engine.workers import left_table, left_whole, table_left
from lamplit.meters.shelf import Shelf
from lamplit.services.home import Home
from lamplit.services.lake_on_spark import shard_lake
from lamplit.services.night.areas import AREA_INPUT, KINDS, SUMS
from lamplit.services.night.carried import Carried, Filed, Held, Placed, grown
from lamplit.services.night.courses import Nights, course_of
from lamplit.services.night.gather import day_number, describe, gather_sql, panel_of
from lamplit.services.night.snapshots import StateManifest, write_part, write_patch
from lamplit.services.night.universe import Universe
from lamplit.signals.context import GroupSums, spread
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.panel import Panel, run_fold
from lamplit.signals.routine.course import Course

Array = np.ndarray[Any, Any]

Spoken = dict[str, tuple[Array, Array]]
"""Kind → (group number of each home of a shard, what its groups say: values (days, groups))."""
LocalSums = dict[str, tuple[Array, GroupSums]]
"""Kind → (the groups' numbers in the city, what the shard's homes add to each)."""


@dataclass(frozen=True, slots=True)
class ToGather:
    """Homes of a shard whose days are gathered. `span`: first and last day, as day numbers."""

    universe: Universe
    span: tuple[int, int]
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToSum:
    """A shard's groups. `groups`: kind → (group number of each home here, the city's numbers)."""

    gathered: ToGather
    groups: dict[str, tuple[Array, Array]]


def gather_and_sum(part: ToSum, rows: pa.Table) -> tuple[LocalSums, pa.Buffer]:
    """Lay a shard's days by home, to be left, and add up what its homes say of their groups."""
    with Duck(threads=1) as con:
        con.register("home_meters", part.gathered.universe.meters)
        days = shard_lake(con, rows).table
        found = con.arrow(gather_sql(days, part.gathered.features))
    panel = _panel(part.gathered, found)
    sums = {
        kind: (of_city, SUMS[kind](panel, number, len(of_city)))
        for kind, (number, of_city) in part.groups.items()
    }
    return sums, table_left(found)


def _panel(part: ToGather, days: pa.Table) -> Panel:
    count = part.universe.count
    panel = panel_of(days, count, part.span, part.features)
    describe(panel, part.universe, slice(0, count), part.universe.swap_days())
    return panel


@dataclass(frozen=True, slots=True)
class ToWork:
    """A shard whose days are gathered, and what its homes start from.

    `carried`: of the first `known` homes. `keep`: the days whose carried values are kept.
    """

    gathered: ToGather
    groups: Spoken
    fold: Fold
    carried: Carried | None
    known: int
    keep: tuple[date, ...]
    shelf: Shelf
    generation: int
    number: int | None


def work_shard(part: ToWork, days: pa.Table) -> dict[str, dict[str, str]]:
    """Work a shard through its days, of which `gather_and_sum` left the packets.

    Returns the files of each kept day, under their parts.
    """
    panel = _spoken_to(part.gathered, days, part.groups)
    count = part.gathered.universe.count
    carried = grown(part.fold, part.carried, part.known, slice(0, count))
    homes = part.gathered.universe.homes

    def write(day: date, values: Arrays) -> dict[str, str]:
        return write_part(part.shelf, day, part.generation, part.number, (homes, values))

    files = _worked(part, panel, carried, write)
    return {day.isoformat(): written for day, written in files.items()}


@dataclass(frozen=True, slots=True)
class ToWorkAgain:
    """A shard of which the homes `rows` are worked again; `carried`: of those alone, fresh where
    None. Otherwise as `ToWork`.
    """

    gathered: ToGather
    groups: Spoken
    fold: Fold
    carried: Carried | None
    rows: Array
    keep: tuple[date, ...]
    shelf: Shelf
    generation: int
    number: int


def work_again(part: ToWorkAgain, days: pa.Table) -> dict[date, dict[str, str]]:
    """Work some homes of a shard again; returns the patches of each kept day, under their parts."""
    panel = _spoken_to(part.gathered, days, part.groups).of_homes(part.rows)
    count = len(part.rows)
    carried = grown(part.fold, part.carried, count, slice(0, count))
    homes = part.gathered.universe.homes.take(pa.array(part.rows))

    def write(day: date, values: Arrays) -> dict[str, str]:
        return write_patch(part.shelf, day, part.generation, part.number, (homes, values))

    return _worked(part, panel, carried, write)


def _worked(
    part: ToWork | ToWorkAgain,
    panel: Panel,
    carried: Arrays,
    write: Callable[[date, Arrays], dict[str, str]],
) -> dict[date, dict[str, str]]:
    """Work homes through their days; what `write` says of what they carry after each kept day."""
    days = {day: day_number(day) for day in part.keep}
    _, _, kept = run_fold(part.fold, panel, carried, keep_days=tuple(days.values()))
    return {day: write(day, kept[at]) for day, at in days.items()}


@dataclass(frozen=True, slots=True)
class ToWrite:
    """Homes of a kept day whose file is written whole again."""

    homes: pa.Table
    carried: Carried
    day: date
    shelf: Shelf
    generation: int
    number: int | None


def write_whole(part: ToWrite, _: pa.Table) -> dict[str, str]:
    """Write a shard of a kept day; returns its file, under its part."""
    homes = (part.homes, part.carried.at(np.arange(part.homes.num_rows)))
    return write_part(part.shelf, part.day, part.generation, part.number, homes)


@dataclass(frozen=True, slots=True)
class ToCourse:
    """Homes of a shard whose courses are read. `carried`, `days`: as `course_of` has them."""

    home: Home
    fold: Fold
    manifest: StateManifest
    universe: Universe
    shaped: bool
    carried: Carried | None
    days: tuple[date, date, date]


def course_shard(part: ToCourse, rows: pa.Table) -> tuple[None, pa.Buffer]:
    """Leave a shard's courses, as `read_course` reads them."""
    count = part.universe.count
    with Duck(threads=1) as con:
        lake = shard_lake(con, rows)
        nights = Nights(part.home, con, part.fold, lake, part.manifest, part.universe, part.shaped)
        eve = grown(part.fold, part.carried, count, slice(0, count))
        found = course_of(nights, lake, part.universe, eve, part.days)
    file = io.BytesIO()
    np.savez(file, kwh=found.kwh, slots=found.slots, valid=found.valid, away=found.away)
    return None, pa.py_buffer(file.getbuffer())


def read_course(file: Path) -> Course:
    """What `course_shard` left, in a file."""
    with np.load(file) as found:
        return Course(found["kwh"], found["slots"], found["valid"], found["away"])


def _spoken_to(part: ToGather, days: pa.Table, groups: Spoken) -> Panel:
    """A shard's panel, of the packets of its days, with what its groups say."""
    panel = _panel(part, left_table(left_whole(days)))
    for kind, (number, values) in groups.items():
        panel.area[AREA_INPUT[kind]] = spread(values, number, KINDS[kind][1])
    return panel


def of_rows(carried: Carried, rows: Array) -> Carried:
    """What these rows carry, without the rest, to be sent to a worker."""
    if isinstance(carried, Filed):
        shelf = carried.shelf.for_workers()
        return Filed(shelf, carried.names, carried.file[rows], carried.row[rows])
    if isinstance(carried, Placed):
        places = carried.places[rows]
        known = places >= 0
        here = np.where(known, np.cumsum(known) - 1, -1)
        return Placed(carried.fold, of_rows(carried.under, places[known]), here)
    return Held(carried.at(rows))


def local(number: Array) -> tuple[Array, Array]:
    """Group numbers of some homes counted anew from 0: (number of each, the old numbers)."""
    olds, news = np.unique(number, return_inverse=True)
    none = int(len(olds) > 0 and olds[0] < 0)
    return news - none, olds[none:]
