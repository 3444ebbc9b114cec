"""What homes carry from night to night, read from a snapshot's files only as far as it is asked.

A snapshot is one file of homes, or one for each shard, with patches laid over it. Here is which
file and row speaks for each home, so that a shard's values, or those of a few homes worked again,
are read without the rest of the city.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import FULL, LamplitError
from lamplit.domain.problems import home as home_problems
from lamplit.domain.problems import night as problems
from lamplit.meters.shelf import Shelf, written
from lamplit.services.night.universe import HOMES_SCHEMA, places_in
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.panel import start_carried

Array = np.ndarray[Any, Any]
Rows = slice | Array

HOMES, PATCH = "homes", "patch"
"""How the names of a snapshot's parts begin: whole homes, in order, and what is laid over them."""
GROUP_ROWS = 1 << 17
"""Rows of a group in a file: what is read for a single home."""


class Carried(Protocol):
    """What homes carry, for as many of them as are asked."""

    def at(self, rows: Rows) -> Arrays:
        """Name → values of these rows. Raises LamplitError `night.state-damaged`."""


class Held:
    """Carried values that are in memory."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def at(self, rows: Rows) -> Arrays:
        """As `Carried.at`."""
        return {name: values[rows] for name, values in self.arrays.items()}


class Filed:
    """Carried values that lie in files of a shelf: `file` (of `names`) and `row` of each home."""

    def __init__(self, shelf: Shelf, names: Sequence[str], file: Array, row: Array) -> None:
        self.shelf, self.names, self.file, self.row = shelf, list(names), file, row

    @classmethod
    def of_parts(cls, shelf: Shelf, names: Sequence[str], counts: Sequence[int]) -> Filed:
        """The files of a snapshot without patches, which have so many homes each."""
        file = np.repeat(np.arange(len(counts), dtype=np.int16), counts)
        row = np.concatenate([np.arange(n, dtype=np.int32) for n in counts] or [np.empty(0, int)])
        return cls(shelf, names, file, row)

    def at(self, rows: Rows) -> Arrays:
        """As `Carried.at`; each file's row groups are read once, and only those that are needed."""
        file, row = self.file[rows], self.row[rows]
        found: Arrays = {}
        numbers = np.unique(file) if len(file) else np.zeros(1, int)
        paths = fetched(self.shelf, [self.names[number] for number in numbers])
        for number, path in zip(numbers, paths, strict=True):
            mine = np.flatnonzero(file == number)
            _read_into(found, path, row[mine], mine, len(file))
        return found


class Placed:
    """Carried values in another order: row i is row `places[i]` of `under`, a fresh home at -1."""

    def __init__(self, fold: Fold, under: Carried, places: Array) -> None:
        self.fold, self.under, self.places = fold, under, places

    def at(self, rows: Rows) -> Arrays:
        """As `Carried.at`."""
        places = self.places[rows]
        known = np.flatnonzero(places >= 0)
        if len(known) == len(places):
            return self.under.at(places)
        values = start_carried(self.fold, len(places))
        if len(known):
            for name, found in self.under.at(places[known]).items():
                values[name][known] = found
        return values


def grown(fold: Fold, carried: Carried | None, known: int, rows: slice) -> Arrays:
    """Carried values of `rows`, of which those from `known` on are of homes never seen before."""
    count, stop = rows.stop - rows.start, min(rows.stop, known)
    if carried is None or stop <= rows.start:
        return start_carried(fold, count)
    found = carried.at(slice(rows.start, stop))
    if stop == rows.stop:
        return found
    fresh = start_carried(fold, rows.stop - stop)
    return {name: np.concatenate([found[name], fresh[name]]) for name in fold.carried}


def carried_at(fold: Fold, carried: Arrays, rows: Array) -> Arrays:
    """The carried values at these rows; what a home starts from where the row is -1."""
    fresh = start_carried(fold, len(rows))
    if len(next(iter(carried.values()))) == 0:
        return fresh
    return {n: np.where(rows >= 0, carried[n][rows], fresh[n]) for n in fold.carried}


# --- files ------------------------------------------------------------------------------------


def open_files(shelf: Shelf, files: dict[str, str]) -> tuple[pa.Table, Filed]:
    """(homes, what they carry) of a snapshot's files, the patches laid over.

    Raises LamplitError `night.state-damaged` where a file is missing or unreadable.
    """
    bases = [files[part] for part in sorted(files) if part.startswith(HOMES)]
    patches = [files[part] for part in sorted(files) if part.startswith(PATCH)]
    paths = fetched(shelf, [*(bases or [HOMES]), *patches])
    tables = [_homes_in(path) for path in paths[: len(paths) - len(patches)]]
    homes = pa.concat_tables(tables)
    filed = Filed.of_parts(shelf, bases, [table.num_rows for table in tables])
    for name, path in zip(patches, paths[len(tables) :], strict=True):
        over = _homes_in(path)
        place = places_in(over, homes)
        new = np.flatnonzero(place < 0)
        place[new] = homes.num_rows + np.arange(len(new))
        filed.file = np.append(filed.file, np.zeros(len(new), filed.file.dtype))
        filed.row = np.append(filed.row, np.zeros(len(new), filed.row.dtype))
        filed.file[place], filed.row[place] = len(filed.names), np.arange(over.num_rows)
        filed.names.append(name)
        # A patched home may be called otherwise in its patch; its place in the order stays.
        both = pa.concat_tables([homes, over])
        take = np.append(np.arange(homes.num_rows), np.zeros(len(new), dtype=np.int64))
        take[place] = homes.num_rows + np.arange(over.num_rows)
        homes = both.take(pa.array(take)).combine_chunks()
    return homes, filed


def _homes_in(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read(HOMES_SCHEMA.names).cast(HOMES_SCHEMA)
    except (OSError, pa.ArrowException) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(path)) from reason


def _read_into(found: Arrays, path: Path, row: Array, into: Array, count: int) -> None:
    """Put the values of rows `row` of a file at `into` of the arrays of `found`."""
    try:
        with pq.ParquetFile(path) as file:
            ends = np.cumsum([file.metadata.row_group(i).num_rows
                              for i in range(file.num_row_groups)])  # fmt: skip
            types = {f.name: f.type.to_pandas_dtype() for f in file.schema_arrow}
        names = [name for name in types if name not in HOMES_SCHEMA.names]
        for name in names:
            found.setdefault(name, np.empty(count, types[name]))
        group = np.searchsorted(ends, row, side="right")

        def read(number: int) -> None:
            mine = group == number
            with pq.ParquetFile(path) as file:
                table = file.read_row_group(number, names, use_threads=False)
            at = row[mine] - (ends[number] - table.num_rows)
            target = into[mine]
            for name in names:
                found[name][target] = table[name].to_numpy()[at]

        # Row groups side by side: each fills places of its own.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(read, np.unique(group).tolist()))
    except (OSError, pa.ArrowException, IndexError) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(path)) from reason


def keep_table(shelf: Shelf, name: str, table: pa.Table) -> None:
    """Put a table on the shelf. Raises LamplitError `home.disk-full` where it does not fit."""
    with written(shelf, name) as draft:
        write_table(draft, table)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a file durably. Raises LamplitError `home.disk-full` where it does not fit."""
    try:
        pq.write_table(
            table, path, compression="lz4", use_dictionary=False, write_statistics=False,
            row_group_size=GROUP_ROWS,
        )  # fmt: skip
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise no_room(fault, path) from fault


def fetched(shelf: Shelf, names: Sequence[str]) -> list[Path]:
    """Files of the state on this machine.

    Raises LamplitError `night.state-damaged` where one is missing.
    """
    try:
        return shelf.fetch(names)
    except FileNotFoundError as gone:
        raise LamplitError(problems.STATE_DAMAGED, where=str(gone.filename)) from gone


def read_table(shelf: Shelf, name: str) -> pa.Table:
    """One of the state's files.

    Raises LamplitError `night.state-damaged` where it is missing or unreadable.
    """
    (path,) = fetched(shelf, [name])
    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (OSError, pa.ArrowException) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=shelf.where(name)) from reason


def no_room(fault: OSError, path: Path) -> Exception:
    """The full disk that this fault tells of, or the fault itself."""
    if fault.errno not in FULL:
        return fault
    reason = os.strerror(fault.errno)
    return LamplitError(home_problems.DISK_FULL, where=str(path), reason=reason)
