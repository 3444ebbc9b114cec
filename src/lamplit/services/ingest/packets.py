"""A Parquet file dealt out by meter: its rows travel in packets, which are Parquet themselves.

Some row groups are read at a time, by DuckDB on a worker, and written as one packet for each shard;
Spark carries the packets as bytes. So no value passes through Spark's own types, which are others:
what a shard reads, it reads as one machine reads it from the file.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.engine.workers import scratch
from lamplit.meters.address import PIECE
from lamplit.meters.archive import Place, plain
from lamplit.meters.layouts.base import Options, Sample, Source, SqlLayout
from lamplit.meters.layouts.csvfile import cells, places_read
from lamplit.meters.layouts.names import find_columns
from lamplit.services.ingest.stage import no_room, unreadable

SHARD_CELLS: Final = 4 << 20
"""Values of a shard: small enough for a worker's memory, large enough to be worth a task."""
CUT_CELLS: Final = 4 * SHARD_CELLS
HELD_CELLS: Final = SHARD_CELLS
"""Values that wait in memory to be written to their packets."""
LEAST_HELD: Final = 4_096
MAGIC: Final = b"PAR1"
TAIL: Final = 8
"""Bytes at a file's end: how long its footer is, and the magic."""
SLACK: Final = 100
"""Bytes by which old writers said that a column is shorter than it is (PARQUET-816)."""
AROUND: Final = r"""^[\s\p{Zs}="']+|[\s\p{Zs}="']+$"""
"""What Excel, or a careless hand, puts around an id."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows `first` to `last` (from 0, inclusive) of a file, to be dealt to `shards` shards.

    `places`: the columns that are read. `meter`: the one of them that names the meter, if any.
    """

    place: Place
    sample: Sample
    layout: str
    places: tuple[int, ...]
    meter: int | None
    shards: int
    first: int
    last: int


def cuts(
    place: Place, sample: Sample, layout: SqlLayout, options: Options, tasks: int
) -> list[Cut]:
    """A file's rows in cuts of whole row groups, `tasks` of them where there are groups enough.

    Raises LamplitError `ingest.missing-column`.
    """
    # Of the sample, what names the columns: it is told to each task.
    told = replace(sample, head=b"", rows=())
    places = tuple(places_read(layout.plan(Source(Path(), sample, shard=True), options)))
    meter = find_columns(sample.header, options.columns, ("meter_id",)).get("meter_id")
    with plain(place) as stream, pq.ParquetFile(stream) as file:
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    width = max(len(places), 1)
    shards = max(tasks, sum(groups) * width // SHARD_CELLS + 1)
    whole = Cut(place, told, layout.name, places, meter, shards, 0, -1)
    most = min(CUT_CELLS // width, -(-sum(groups) // tasks))
    found, first, last = [], 0, -1
    for at, rows in enumerate(groups):
        last += rows
        if last + 1 - first >= most or at + 1 == len(groups):
            found.append(replace(whole, first=first, last=last))
            first = last + 1
    return found


def deal(cut: Cut) -> Iterator[tuple[int, bytes]]:
    """The packets of a cut, each with its shard; where its rows can't be read, why, for each."""
    with scratch() as folder:
        try:
            path = _at_hand(cut, folder / "source.parquet")
            with Duck(threads=1, temp_dir=folder / "spill") as duck:
                _write(cut, path, duck, folder / "packets")
            for packet in sorted(folder.glob("packets/*/*.parquet")):
                yield int(packet.parent.name.removeprefix("shard=")), packet.read_bytes()
                packet.unlink()
        except (DuckError, OSError, LamplitError) as fault:
            told: Exception = fault
            if not isinstance(fault, LamplitError):
                told = no_room(fault, folder) or unreadable(fault, cut.layout, cut.sample.name)
            if not isinstance(told, LamplitError):
                raise
            problem = pickle.dumps((told.problem, told.where, told.fields))
            yield from ((shard, problem) for shard in range(cut.shards))


def _at_hand(cut: Cut, target: Path) -> Path:
    """The file of a cut as DuckDB can read it; what lies at an address, as a copy with holes.

    Of the copy only the footer and the cut's row groups are there, each at its own place: DuckDB
    asks for no other bytes, and for these it reads what it reads on one machine.
    """
    if isinstance(cut.place, Path):
        return cut.place
    with plain(cut.place) as source, target.open("wb") as sink:
        size = source.seek(0, os.SEEK_END)
        source.seek(size - TAIL)
        footer = int.from_bytes(source.read(4), "little") + TAIL
        spans = [(0, len(MAGIC)), (size - footer, size)]
        with pq.ParquetFile(source) as file:
            spans += _groups(file.metadata, cut.first, cut.last)
        sink.truncate(size)
        for first, end in spans:
            source.seek(first)
            sink.seek(first)
            left = min(end, size) - first
            while left > 0 and (piece := source.read(min(left, PIECE))):
                sink.write(piece)
                left -= len(piece)
    return target


def _groups(metadata: pq.FileMetaData, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Where the row groups lie that have the rows from `first` to `last`."""
    before = 0
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        if before <= last and before + group.num_rows > first:
            columns = [group.column(i) for i in range(group.num_columns)]
            begins = [
                min(c.data_page_offset, c.dictionary_page_offset or c.data_page_offset)
                for c in columns
            ]
            ends = [b + c.total_compressed_size for b, c in zip(begins, columns, strict=True)]
            yield min(begins), max(ends) + SLACK
        before += group.num_rows


def _write(cut: Cut, path: Path, duck: Duck, target: Path) -> None:
    width = max(len(cut.places), 1)
    duck.run(f"SET partitioned_write_flush_threshold = {max(HELD_CELLS // width, LEAST_HELD)}")
    meter = "''" if cut.meter is None else f"coalesce(CAST(c{cut.meter} AS VARCHAR), '')"
    bare = f"regexp_replace({meter}, {quoted(AROUND)}, '', 'g')"
    columns = ", ".join(("line", *(f"c{place}" for place in cut.places)))
    duck.run(
        f"COPY (SELECT CAST(hash({bare}) % {cut.shards} AS INTEGER) AS shard, {columns} "
        f"FROM {cells(Source(path, cut.sample))} "
        f"WHERE line BETWEEN {cut.first + 1} AND {cut.last + 1}) TO {quoted(str(target))} "
        "(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (shard))"
    )


def put_together(duck: Duck, packets: Sequence[bytes], folder: Path) -> Path:
    """A shard's packets as one file, in the order of the lines that its rows stand on.

    Raises what `deal` found to be wrong with the file.
    """
    for packet in packets:
        if not packet.startswith(MAGIC):
            problem, where, fields = pickle.loads(packet)
            raise LamplitError(problem, where=where, **fields)
    paths = [folder / f"{at}.parquet" for at in range(len(packets))]
    for path, packet in zip(paths, packets, strict=True):
        path.write_bytes(packet)
    file = folder / "rows.parquet"
    listed = ", ".join(quoted(str(path)) for path in paths)
    duck.run(
        f"COPY (SELECT * FROM read_parquet([{listed}]) ORDER BY line) TO {quoted(str(file))} "
        "(FORMAT parquet, COMPRESSION snappy)"
    )
    for path in paths:
        path.unlink()
    return file
