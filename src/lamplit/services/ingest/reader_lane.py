"""The readers' lane: files that Python reads, record by record, into Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import pyarrow as pa

from lamplit.meters.archive import Input, opened
from lamplit.meters.canonical import DAYS, INTERVALS, REGISTERS
from lamplit.meters.layouts.base import Options, ReaderLayout, Reject, Sample
from lamplit.services.ingest.group import Staging
from lamplit.services.ingest.placing import take
from lamplit.services.ingest.result import FileResult

_RELATIONS: Final = {
    tuple(INTERVALS.names): "intervals",
    tuple(DAYS.names): "days",
    tuple(REGISTERS.names): "registers",
}


def stage_read(
    work: Staging,
    item: Input,
    sample: Sample,
    layout: ReaderLayout,
    options: Options,
    result: FileResult,
) -> list[Reject]:
    """Read one file whole, then place what it said, shape by shape."""
    rejects: list[Reject] = []
    held: dict[str, list[pa.RecordBatch]] = {}
    with opened(item) as stream:
        found: Iterator[pa.RecordBatch | Reject] = iter(layout.read(stream, sample, options))
        while chunk := list(islice(found, 64)):
            for piece in chunk:
                if isinstance(piece, Reject):
                    rejects.append(piece)
                elif piece.num_rows:
                    held.setdefault(_RELATIONS[tuple(piece.schema.names)], []).append(piece)
    # A record may speak in several batches, so lines are counted over the whole file.
    lines: list[str] = []
    for relation, batches in held.items():
        table = pa.Table.from_batches(batches)
        work.duck.register(f"in_{relation}", table)
        work.duck.run(f"CREATE TEMP TABLE read_{relation} AS SELECT * FROM in_{relation}")
        work.duck.unregister(f"in_{relation}")
        lines.append(f"SELECT line FROM read_{relation}")
    if lines:
        union = " UNION ALL ".join(lines)
        result.rows.read += work.duck.value(f"SELECT count(DISTINCT line) FROM ({union})")
    result.rows.read += len(rejects)
    for relation in held:
        rejects += take(work, f"read_{relation}", relation, result)
        work.duck.drop((f"read_{relation}",))
    return rejects
