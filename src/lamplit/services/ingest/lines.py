"""A text dealt out by meter: tasks read its lines, in byte ranges, and tell each one's shard.

Lines travel as the bytes that they are, so that whoever reads a shard meets what one machine meets
in the file, also where it is no text.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from lamplit.meters import lines as texts
from lamplit.meters.archive import Place, plain

CUT_BYTES: Final = 16 << 20
"""A task's lines, which it holds in memory at once."""
LEAST_BYTES: Final = 64 << 10
BATCH_LINES: Final = 65_536
AROUND: Final = " \t\n\v\f\r\"'=\xa0\u1680\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What Excel, or a careless hand, puts around an id."""
DEALT: Final = pa.schema([("shard", pa.int32()), ("line", pa.int64()), ("text", pa.binary())])


@dataclass(frozen=True, slots=True)
class TextCut:
    """The lines that begin at the bytes from `first` to before `end` of a file.

    `head`: the lines of the file that are no rows. `meter`: the place of the cell that names the
    meter, if any. `before`: how many lines begin before these.
    """

    place: Place
    encoding: str
    delimiter: str
    head: int
    meter: int | None
    shards: int
    first: int
    end: int
    before: int = 0


def text_cuts(whole: TextCut, tasks: int) -> list[TextCut]:
    """A file (as one cut) in `tasks` cuts, or more where it is large."""
    step = min(max(-(-whole.end // tasks), LEAST_BYTES), CUT_BYTES)
    starts = range(0, whole.end, step)
    return [replace(whole, first=at, end=min(at + step, whole.end)) for at in starts]


def count_begun(cut: TextCut, rows: pa.Table) -> int:
    """How many lines a cut has. Raises the errors of `plain`."""
    with plain(cut.place) as stream:
        return texts.count_lines(stream, cut.first, cut.end)


def numbered_cuts(cuts: Sequence[TextCut], counts: Sequence[int]) -> list[TextCut]:
    """The cuts, each with the lines before it."""
    found, before = [], 0
    for cut, count in zip(cuts, counts, strict=True):
        found.append(replace(cut, before=before))
        before += count
    return found


def deal_lines(cut: TextCut) -> Iterator[pa.RecordBatch]:
    """A cut's lines in DEALT, without the head and those that are empty. As `count_begun`."""
    with plain(cut.place) as stream:
        lines = texts.read_lines(stream, cut.first, cut.end)
    numbers = range(cut.before + 1, cut.before + 1 + len(lines))
    kept = [(n, line) for n, line in zip(numbers, lines, strict=True) if n > cut.head and line]
    for at in range(0, len(kept), BATCH_LINES):
        some = kept[at : at + BATCH_LINES]
        told = [line for _, line in some]
        shards = [zlib.crc32(meter.encode()) % cut.shards for meter in _meters(told, cut)]
        columns = [shards, [n for n, _ in some], told]
        yield pa.record_batch(columns, schema=DEALT)


def _meters(lines: list[bytes], cut: TextCut) -> list[str]:
    """Of each line the meter's id, bare of what may surround it."""
    if cut.meter is None:
        return [""] * len(lines)
    found = texts.decoded(lines, cut.encoding)
    return [_cell(text, cut.delimiter, cut.meter).strip(AROUND) for text in found]


def _cell(text: str, delimiter: str, at: int) -> str:
    """A cell of a line; empty where the line has fewer."""
    cells = text.split(delimiter, at + 1)
    if any('"' in cell for cell in cells[: at + 1]):
        try:
            cells = next(csv.reader([text], delimiter=delimiter))
        except csv.Error:
            return ""
    return cells[at] if at < len(cells) else ""
