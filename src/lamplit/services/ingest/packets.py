"""A Parquet file dealt out by meter: its rows travel in packets, which are Parquet themselves.

Some row groups are read at a time, by DuckDB on a worker, and written as one packet for each shard;
Spark carries the packets as bytes. So no value passes through Spark's own types, which are others:
what a shard reads, it reads as one machine reads it from the file.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.engine.workers import scratch
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
AROUND: Final = r"""^[\s\p{Zs}="']+|[\s\p{Zs}="']+$"""
"""What Excel, or a careless hand, puts around an id."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows `first` to `last` (from 0, inclusive) of a file, to be dealt to `shards` shards.

    `places`: the columns that are read. `meter`: the one of them that names the meter, if any.
    """

    path: Path
    sample: Sample
    layout: str
    places: tuple[int, ...]
    meter: int | None
    shards: int
    first: int
    last: int


def cuts(path: Path, sample: Sample, layout: SqlLayout, options: Options, tasks: int) -> list[Cut]:
    """A file's rows in cuts of whole row groups, `tasks` of them where there are groups enough.

    Raises LamplitError `ingest.missing-column`.
    """
    # Of the sample, what names the columns: it is told to each task.
    told = replace(sample, head=b"", rows=())
    places = tuple(places_read(layout.plan(Source(path, sample, shard=True), options)))
    meter = find_columns(sample.header, options.columns, ("meter_id",)).get("meter_id")
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    width = max(len(places), 1)
    shards = max(tasks, sum(groups) * width // SHARD_CELLS + 1)
    whole = Cut(path, told, layout.name, places, meter, shards, 0, -1)
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
            with Duck(threads=1, temp_dir=folder / "spill") as duck:
                _write(cut, duck, folder / "packets")
            for packet in sorted(folder.glob("packets/*/*.parquet")):
                yield int(packet.parent.name.removeprefix("shard=")), packet.read_bytes()
                packet.unlink()
        except (DuckError, OSError) as fault:
            told = no_room(fault, folder) or unreadable(fault, cut.layout, cut.sample.name)
            if not isinstance(told, LamplitError):
                raise
            problem = pickle.dumps((told.problem, told.where, told.fields))
            yield from ((shard, problem) for shard in range(cut.shards))


def _write(cut: Cut, duck: Duck, target: Path) -> None:
    width = max(len(cut.places), 1)
    duck.run(f"SET partitioned_write_flush_threshold = {max(HELD_CELLS // width, LEAST_HELD)}")
    meter = "''" if cut.meter is None else f"coalesce(CAST(c{cut.meter} AS VARCHAR), '')"
    bare = f"regexp_replace({meter}, {quoted(AROUND)}, '', 'g')"
    columns = ", ".join(("line", *(f"c{place}" for place in cut.places)))
    duck.run(
        f"COPY (SELECT CAST(hash({bare}) % {cut.shards} AS INTEGER) AS shard, {columns} "
        f"FROM {cells(Source(cut.path, cut.sample))} "
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
