"""Ingest on Spark: a file's lines dealt out by meter, each shard read and merged on a worker.

Workers read the lines, in byte ranges (of Parquet, row groups, of which Spark carries packets), and
Spark brings all lines of a meter together; what is done with them is what is done on one machine
(`shard.py`). The driver holds the lake's lock and is its only writer: it puts the shards' files
into one manifest, in one rename.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from lamplit.domain.language import Text
from lamplit.engine.duckdb import Duck, quoted
from lamplit.engine.spark import Spark
from lamplit.meters import slots
from lamplit.meters.archive import Input, packing_of
from lamplit.meters.lake import COLUMNS, Lake
from lamplit.meters.layouts import layouts
from lamplit.meters.layouts.base import Layout, Sample, Source, SqlLayout
from lamplit.meters.layouts.csvfile import lines_before_data
from lamplit.meters.layouts.names import find_columns
from lamplit.meters.lines import is_line_wise
from lamplit.meters.sources import FarFile
from lamplit.services.blame import blaming
from lamplit.services.engine import gap, open_spark
from lamplit.services.ingest.excel import ENDINGS
from lamplit.services.ingest.group import Group
from lamplit.services.ingest.land import Landing
from lamplit.services.ingest.lines import (
    DEALT,
    TextCut,
    count_begun,
    deal_lines,
    numbered_cuts,
    text_cuts,
)
from lamplit.services.ingest.packets import cuts, deal
from lamplit.services.ingest.result import FileResult, Rows
from lamplit.services.ingest.run import Run
from lamplit.services.ingest.shard import HourTally, Landed, Part, land_shard

BULK: Final = ("long", "wide", "registers")
SHARD_BYTES: Final = 32 << 20
"""A shard's lines: small enough for a worker's memory, large enough to be worth a task."""
_HOURS: Final = "minute INTEGER, n BIGINT, hours BIGINT, first TIMESTAMP, last TIMESTAMP"


class SparkRun(Run):
    """One run of an ingest on Spark; each file is committed by itself."""

    most_files = 1
    _spark: Spark | None = None

    def read(
        self, item: Input, sample: Sample, layout: Layout, result: FileResult, *, tidy: bool
    ) -> None:
        """Deal the file out, and gather what became of its shards.

        Raises LamplitError `engine.not-on-spark` for what Spark leaves out, `lake.file-damaged`,
        and those of `stage`.
        """
        _refuse(item, sample, layout)
        head = tuple(sample.text.splitlines()[: lines_before_data(Source(Path(), sample))])
        part = Part(
            self.lake.for_workers(), self.home.timezone, item.name,
            result.batch, layout.name, self.options, sample,
            tuple(line.lstrip("\ufeff") for line in head[:1]) + head[1:],
        )  # fmt: skip
        with blaming(self.lake, self.duck, COLUMNS):
            self.shards = self._landed(item, part)
        _gathered(result, self.shards)

    def fetched(self, item: FarFile, copy: Path, total: float) -> list[Input]:
        """The file as it lies there, for workers to read; the driver reads it once, for its digest.

        Raises `engine.not-on-spark` for what Spark leaves out.
        """
        packing, magic = packing_of(item)
        if packing != "plain" or magic[:2] == b"PK" or _is_workbook(item.name):
            raise gap("packed", item.name)
        return [Input(item.name, copy, packing, None, item.size, item)]

    def untidy(self, item: Input) -> bool:
        """No: each shard looks at its own lines."""
        return False

    def forget(self, result: FileResult) -> None:
        """Leave what the shards have written to nobody."""
        self._leave(self.shards)
        self.shards = []

    def _leave(self, shards: Iterable[Landed]) -> None:
        for shard in shards:
            self.lake.remove(shard.added)
            self.lake.shelf.remove(shard.patches)

    def landing(self) -> Landing:
        """What puts the shards' files into the lake."""
        return _AllShards(self.duck, self.lake, self.staging.group, self.shards)

    def close(self) -> None:
        """Give back the session too."""
        super().close()
        if self._spark is not None:
            self._spark.close()

    def _landed(self, item: Input, part: Part) -> list[Landed]:
        self._spark = self._spark or open_spark(self.home)
        spark = self._spark
        deal_out = _packets if part.sample.parquet is not None else _lines
        sql, count = deal_out(spark, item, part)
        found = spark.by_shard(sql, dict.fromkeys(range(count), part), land_shard)
        if any(done.wants_encoding for done in found.values()):
            self._leave(found.values())
            part = replace(part, sample=replace(part.sample, encoding="gb18030"))
            sql, count = _lines(spark, item, part)
            found = spark.by_shard(sql, dict.fromkeys(range(count), part), land_shard)
        wanting = [shard for shard, done in found.items() if done.wants_common]
        if wanting:
            common = _common(self.duck, [row for done in found.values() for row in done.hours])
            told = replace(part, common=common, common_known=True)
            found |= spark.by_shard(sql, dict.fromkeys(wanting, told), land_shard)
        return [found[shard] for shard in sorted(found)]


def _lines(spark: Spark, item: Input, part: Part) -> tuple[str, int]:
    """SQL of a text's lines, each with its shard; and how many shards there are."""
    sample = part.sample
    meter = find_columns(sample.header, part.options.columns, ("meter_id",)).get("meter_id")
    shards = max(spark.tasks, item.size // SHARD_BYTES + 1)
    whole = TextCut(
        item.place, sample.encoding, sample.delimiter, len(part.head), meter, shards, 0, item.size
    )
    cuts = text_cuts(whole, spark.tasks)
    counts = spark.each(dict(enumerate(cuts)), count_begun)
    told = numbered_cuts(cuts, [counts[at] for at in range(len(cuts))])
    return f"SELECT shard, line, text FROM {spark.read(told, deal_lines, DEALT)}", shards


def _packets(spark: Spark, item: Input, part: Part) -> tuple[str, int]:
    """SQL of the packets of a Parquet file, each with its shard; and how many shards there are."""
    layout = layouts()[part.layout]
    assert isinstance(layout, SqlLayout)
    dealt = cuts(item.place, part.sample, layout, part.options, spark.tasks)
    return f"SELECT shard, packet FROM {spark.packets(dealt, deal)}", dealt[0].shards


class _AllShards(Landing):
    """The shards' files as one batch; their patches make each month's delta."""

    def __init__(self, duck: Duck, lake: Lake, group: Group, shards: list[Landed]) -> None:
        super().__init__(duck, lake, group)
        self.added = [file for shard in shards for file in shard.added]
        self.patches = [name for shard in shards for name in shard.patches]

    def prepare(self) -> None:
        """Write the deltas, uncommitted; all else is written already."""
        if not self.patches:
            return
        paths = ", ".join(quoted(str(self.lake.named(name))) for name in self.patches)
        self.duck.run(
            "CREATE OR REPLACE TEMP VIEW patched AS "
            f"SELECT *, true AS known FROM read_parquet([{paths}])"
        )
        self.write_again("patched")
        self.duck.run("DROP VIEW patched")
        self.lake.shelf.remove(self.patches)

    def abandon(self) -> None:
        """Remove what the shards wrote, and the deltas."""
        super().abandon()
        self.lake.shelf.remove(self.patches)


def _refuse(item: Input, sample: Sample, layout: Layout) -> None:
    """Raise `engine.not-on-spark` for a file that Spark leaves to DuckDB."""
    if layout.name not in BULK:
        raise gap("layout", layout.name)
    if sample.parquet is not None:
        return
    if item.packing != "plain" or _is_workbook(item.name):
        raise gap("packed", item.name)
    if not is_line_wise(sample.encoding):
        raise gap("encoding", item.name)
    if any("\n" in cell or "\r" in cell for row in sample.rows for cell in row):
        raise gap("quotes", item.name)


def _is_workbook(name: str) -> bool:
    return Path(name).suffix.lower() in ENDINGS


def _common(duck: Duck, hours: list[HourTally]) -> int | None:
    """The interval length of a whole file, from what its shards saw."""
    if not hours:
        return None
    duck.run(f"CREATE OR REPLACE TEMP TABLE hours_seen ({_HOURS})")
    for minute, n, bits, first, last in hours:
        duck.run(
            f"INSERT INTO hours_seen VALUES ({minute}, {n}, {bits}, TIMESTAMP '{first}', "
            f"TIMESTAMP '{last}')"
        )
    merged = (
        "SELECT minute, sum(n) AS n, bit_or(hours) AS hours, min(first) AS first, "
        "max(last) AS last FROM hours_seen GROUP BY minute"
    )
    n, _, _, common = duck.row(slots.grids_of(merged, per_meter=False))
    return int(common) if common is not None and n >= 2 else None


def _gathered(result: FileResult, shards: list[Landed]) -> None:
    """Put into the file's result what became of its shards."""
    total, notes, reasons = Rows(), dict[str, Text](), Counter[str]()
    rejects = []
    for one in (shard.result for shard in shards):
        total = total + one.rows
        reasons.update(one.reasons)
        rejects += list(one.rejects)
        result.meters += one.meters
        # A note that counts something is told once, by the first shard that has it.
        notes |= {_plain(n): n for n in one.notes if _plain(n) not in notes}
        for day in (one.day_min, one.day_max):
            if day is not None:
                result.day_min = min(result.day_min or day, day)
                result.day_max = max(result.day_max or day, day)
    result.rows, result.reasons = total, dict(reasons.most_common())
    result.notes += notes.values()
    result.rejects = sorted(rejects, key=lambda r: r.line)
    result.usual = _usual([shard.result for shard in shards])


def _usual(shards: list[FileResult]) -> float | None:
    """What about half of a file's days have more than: the middle of what its shards say."""
    told = sorted((one.usual, one.rows.read) for one in shards if one.usual is not None)
    before, total = 0, sum(rows for _, rows in told)
    for usual, rows in told:
        before += rows
        if before * 2 >= total:
            return usual
    return None


def _plain(note: Text) -> str:
    return "".join(c for c in note.en if not c.isdigit())
