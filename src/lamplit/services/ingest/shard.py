"""A shard of a file: the same reading and merging as of a whole file, on a worker.

A shard holds all lines (of Parquet: rows) of its meters, so that what it makes of them needs no
other shard. What it writes lies on the lake's shelf under names of its own, and counts once the
driver's manifest names it. Days that change wait as patches, since a month's delta is one file.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplit.engine.duckdb import Duck, DuckError
from lamplit.engine.workers import scratch
from lamplit.meters import slots
from lamplit.meters.archive import Input
from lamplit.meters.lake import FILES, Lake
from lamplit.meters.layouts import layouts
from lamplit.meters.layouts.base import Options, Sample
from lamplit.meters.layouts.csvfile import MAX_LINE
from lamplit.meters.lines import decoded
from lamplit.meters.manifest import LakeFile
from lamplit.services.ingest.group import Group, Staging
from lamplit.services.ingest.land import ALL, Landing
from lamplit.services.ingest.packets import put_together
from lamplit.services.ingest.result import FileResult
from lamplit.services.ingest.stage import no_room, stage

UTF8: Final = ("utf-8", "utf-8-sig", "ascii")
LINES_AT_ONCE: Final = 100_000

HourTally = tuple[int, int, int, object, object]
"""A row of `slots.minutes_of_the_hour`."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a shard is given. `head`: of a text, the file's lines down to its header.

    `common`: the interval length of the whole file, in minutes; None where it keeps to none.
    `common_known`: whether that has been looked into.
    """

    lake: Lake
    timezone: str
    name: str
    batch: int
    layout: str
    options: Options
    sample: Sample
    head: tuple[str, ...]
    common: int | None = None
    common_known: bool = False


@dataclass(slots=True)
class Landed:
    """What became of a shard. `wants_common`: nothing, as it needs the file's interval length.

    `wants_encoding`: nothing, as the file is in another encoding than its start seemed to be in.
    `hours`: what its stamps say of that length. `patches`: names of the files of days that change.
    """

    result: FileResult
    added: list[LakeFile] = field(default_factory=list)
    patches: list[str] = field(default_factory=list)
    wants_common: bool = False
    wants_encoding: bool = False
    hours: list[HourTally] = field(default_factory=list)


def land_shard(part: Part, rows: pa.Table) -> Landed:
    """Read a shard's lines (`line`, `text`) or packets; write what they change, uncommitted.

    Raises the errors of `stage` and of `deal`, and `home.disk-full`, which no other try would mend.
    """
    result = FileResult(part.name, batch=part.batch)
    if not rows.num_rows:
        return Landed(result)
    try:
        with scratch() as folder, Duck(threads=1, temp_dir=folder / "spill") as duck:
            return _landed(part, rows, folder, duck, result)
    except (DuckError, OSError) as fault:
        full = no_room(fault, part.lake.folder)
        if full is None:
            raise
        raise full from fault


def _landed(part: Part, rows: pa.Table, folder: Path, duck: Duck, result: FileResult) -> Landed:
    work = _ShardStaging(duck, part.lake, part, folder)
    group = work.begin(folder / "staged")
    sample, tidy = part.sample, False
    if sample.parquet is not None:
        file = put_together(duck, rows["packet"].to_pylist(), folder)
    else:
        file = folder / "lines.csv"
        work.lines = write_lines(file, part, rows)
        # In UTF-8 from here on; and its lines tidied where one machine would tidy the file's.
        if sample.encoding not in UTF8:
            sample = replace(sample, encoding="utf-8")
        longest = pc.max(pc.binary_length(rows["text"])).as_py()
        tidy = sample is not part.sample or longest > MAX_LINE
    item = Input(part.name, file, "plain", None, file.stat().st_size)
    done = Landed(result)
    try:
        stage(work, item, sample, layouts()[part.layout], part.options, result, tidy=tidy)
    except _WantsCommonError:
        done.wants_common = True
    except _WantsEncodingError:
        done.wants_encoding = True
    done.hours = work.hours
    if done.wants_common or done.wants_encoding:
        return done
    group.results.append(result)
    landing = _ShardLanding(duck, part.lake, group)
    landing.prepare()
    done.added, done.patches = landing.added, landing.patches
    return done


def write_lines(file: Path, part: Part, lines: pa.Table) -> Sequence[int]:
    """Write a shard's lines as a file like the one they come from, each with its line at its end,
    in UTF-8 (with what is no text in it where the file was meant to be in UTF-8).

    Returns the line there of each line here.
    """
    lines = lines.sort_by("line")
    delimiter = part.sample.delimiter
    with file.open("wb") as stream:
        *before, header = part.head
        head = "".join(f"{line}\n" for line in before) + f"{header}{delimiter}line\n"
        stream.write(head.encode())
        for at in range(0, lines.num_rows, LINES_AT_ONCE):
            some = lines.slice(at, LINES_AT_ONCE)
            told = pc.binary_join_element_wise(
                _without_loose_end(_in_utf8(some["text"], part.sample), part.sample),
                some["line"].cast(pa.string()).cast(pa.binary()),
                delimiter.encode(),
            )
            stream.write(b"\n".join(told.to_pylist()) + b"\n")
    return [*range(1, len(part.head) + 1), *lines["line"].to_pylist()]


def _in_utf8(text: pa.ChunkedArray, sample: Sample) -> pa.ChunkedArray:
    if sample.encoding in UTF8:
        return text
    told = decoded(text.to_pylist(), sample.encoding)
    return pa.chunked_array([pa.array([line.encode() for line in told], pa.binary())])


def _without_loose_end(text: pa.ChunkedArray, sample: Sample) -> pa.ChunkedArray:
    """The lines without the empty cell after the last, which DuckDB overlooks at a line's end."""
    delimiter = sample.delimiter
    cells = pc.count_substring(text, delimiter)
    quoted_cells = pc.match_substring(text, '"')
    loose = pc.and_(pc.ends_with(text, delimiter), pc.equal(cells, len(sample.header)))
    cut = pc.binary_slice(text, 0, -1)
    return pc.if_else(pc.and_not(loose, quoted_cells), cut, text)


class _WantsCommonError(Exception):
    """The interval length of the whole file is wanted, and a shard does not know it."""


class _WantsEncodingError(Exception):
    """The whole file is to be read in another encoding, and other shards do not know it."""


class _ShardStaging(Staging):
    """Staging that asks the driver for what only the whole file can say."""

    def __init__(self, duck: Duck, lake: Lake, part: Part, tmp: Path) -> None:
        super().__init__(duck, lake, part.timezone, tmp)
        self.part, self.shard = part, True
        self.hours: list[HourTally] = []

    def common_length(self, stamps: str) -> int | None:
        """The length that the driver gave."""
        if not self.part.common_known:
            raise _WantsCommonError
        return self.part.common

    def other_encoding(self) -> None:
        """Let the driver have every shard read in it."""
        raise _WantsEncodingError

    def look_at(self, stamps: str) -> None:
        """Keep what the stamps say of the file's interval length."""
        rows = self.duck.rows(slots.minutes_of_the_hour(stamps, per_meter=False))
        self.hours = [(r[0], r[1], r[2], r[3], r[4]) for r in rows]


class _ShardLanding(Landing):
    """Lands new days; days that change are left as patches for the driver."""

    def __init__(self, duck: Duck, lake: Lake, group: Group) -> None:
        super().__init__(duck, lake, group)
        self.patches: list[str] = []

    def write_again(self, table: str) -> None:
        """Keep the days that changed (`known` rows of the table) as a patch."""
        if self.duck.value(f"SELECT count(*) FROM {table} WHERE known"):
            name = f"{FILES}/patch-{uuid.uuid4().hex}.parquet"
            self.write_file(f"SELECT {ALL} FROM {table} WHERE known", name)
            self.patches.append(name)
