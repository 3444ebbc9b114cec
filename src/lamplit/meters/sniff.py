"""What a file is, from its first 64 KiB: encoding, delimiter, header, and the layout that fits."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import ingest as problems
from lamplit.meters.archive import Input, opened, plain
from lamplit.meters.layouts import layouts
from lamplit.meters.layouts.base import Layout, Match, Options, Sample

HEAD: Final = 64 << 10
ROWS: Final = 200
COLUMNS_MAX: Final = 2_000
DELIMITERS: Final = (",", "\t", ";", "|")
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CERTAIN: Final = 0.3
"""A layout must score this much to be taken."""
_ASKED: Final = Text("the layout that was asked for", "由您指定")


def sample_of(item: Input, options: Options) -> Sample:
    """The start of a file. Raises LamplitError `ingest.empty-file`, `ingest.not-readings`, …"""
    with opened(item) as stream:
        head = stream.read(HEAD)
    if not head:
        raise LamplitError(problems.EMPTY_FILE, where=item.name)
    if head[:4] == b"PAR1":
        return _parquet_sample(item, head)
    encoding = options.encoding or encoding_of(head, item.name)
    text = _decoded(head, encoding, item.name)
    if not text.strip("\ufeff\x00 \t\r\n\x1a"):
        raise LamplitError(problems.EMPTY_FILE, where=item.name)
    delimiter = options.delimiter or delimiter_of(text)
    lines = list(_lines(text, delimiter, whole=len(head) < HEAD))
    header = lines[0] if lines else ()
    return Sample(item.name, head, text, encoding, delimiter, header, tuple(lines[1 : ROWS + 1]))


def encoding_of(head: bytes, where: str = "") -> str:
    """The encoding of a text that starts with `head`: utf-8, utf-8-sig, utf-16(-le/-be), gb18030.

    Raises LamplitError `ingest.not-readings` where it looks like no text at all.
    """
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    zeros = head.count(0)
    if zeros:
        # ASCII in UTF-16 has a zero in every other byte; anything else with zeros is binary.
        odd, even = head[1::2].count(0), head[0::2].count(0)
        if odd > 0.3 * len(head) / 2 and even < odd / 10:
            return "utf-16-le"
        if even > 0.3 * len(head) / 2 and odd < even / 10:
            return "utf-16-be"
        if zeros > len(head) // 1000 + 2:
            raise LamplitError(problems.NOT_TEXT, where=where)
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)("strict").decode(head, final=False)
        except UnicodeDecodeError:
            continue
        return encoding
    return "utf-8"


def delimiter_of(text: str) -> str:
    """The delimiter that splits the first lines most evenly; a comma when none does."""
    lines = [line for line in text.splitlines()[:20] if line.strip()][:10]
    if not lines:
        return ","
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = [_count_outside_quotes(line, delimiter) for line in lines]
        if counts[0] == 0:
            continue
        same = sum(c == counts[0] for c in counts) / len(counts)
        score = same * (1 + min(counts[0], 20) / 20)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def choose(sample: Sample, options: Options) -> tuple[Layout, Match]:
    """The layout that fits best, and why; the one that was asked for, when one was.

    Raises LamplitError `ingest.no-such-layout`, `ingest.unknown-layout`,
    `ingest.wrong-delimiter`, `ingest.too-many-columns`.
    """
    known = layouts()
    if options.layout is not None:
        if options.layout not in known:
            raise LamplitError(
                problems.NO_SUCH_LAYOUT, name=options.layout, layouts=", ".join(known)
            )
        layout = known[options.layout]
        return layout, Match(1.0, _ASKED)
    found: list[tuple[float, int, Layout, Match]] = []
    for order, layout in enumerate(known.values()):
        match = layout.sniff(sample)
        if match is not None and match.score >= CERTAIN:
            found.append((-match.score, order, layout, match))
    if found:
        _, _, layout, match = min(found, key=lambda f: f[:2])
        return layout, match
    raise _unknown(sample, list(known))


def _unknown(sample: Sample, names: list[str]) -> LamplitError:
    if len(sample.header) > COLUMNS_MAX or ("\n" not in sample.text and len(sample.head) >= HEAD):
        return LamplitError(problems.TOO_MANY_COLUMNS, where=sample.name, count=COLUMNS_MAX)
    columns = sample.header
    if sample.parquet is not None:
        columns = tuple(sample.parquet.names)
    elif len(columns) == 1:
        return LamplitError(
            problems.ONE_COLUMN,
            where=sample.name,
            delimiter=sample.delimiter,
            header=columns[0][:80],
        )
    shown = ", ".join(c[:40] for c in columns[:20]) + (" …" if len(columns) > 20 else "")
    return LamplitError(
        problems.UNKNOWN_LAYOUT, where=sample.name, columns=shown, layouts=", ".join(names)
    )


def _parquet_sample(item: Input, head: bytes) -> Sample:
    if item.packing != "plain":
        raise LamplitError(problems.NESTED, where=item.name)
    try:
        with plain(item.place) as stream, pq.ParquetFile(stream) as file:
            schema = file.schema_arrow
            if file.metadata.num_rows == 0:
                raise LamplitError(problems.HEADER_ONLY, where=item.name)
            batch = next(file.iter_batches(batch_size=ROWS), None)
    except (pa.ArrowException, OSError) as cause:
        short = str(cause).splitlines()[0]
        raise LamplitError(
            problems.CUT_OFF, where=item.name, kind="Parquet", cause=short
        ) from cause
    rows = [] if batch is None else batch.to_pylist()
    cells = tuple(tuple("" if v is None else str(v) for v in row.values()) for row in rows)
    return Sample(
        item.name, head, header=tuple(schema.names), rows=cells, parquet=schema, encoding="binary"
    )


def _decoded(head: bytes, encoding: str, where: str) -> str:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        return decoder.decode(head, final=False)
    except (UnicodeDecodeError, LookupError) as cause:
        raise LamplitError(problems.BAD_ENCODING, where=where, encoding=encoding) from cause


def _lines(text: str, delimiter: str, *, whole: bool) -> Iterator[tuple[str, ...]]:
    """The cells of each line; the last line of a head that was cut is left out."""
    body = text if whole else text[: text.rfind("\n") + 1] or text
    reader = csv.reader(io.StringIO(re.sub(r"\r\n?", "\n", body)), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader):
            if number > ROWS + 1:
                return
            if any(c.strip() for c in cells):
                yield tuple(c.strip().lstrip("\ufeff") for c in cells)
    except csv.Error:
        return


def _count_outside_quotes(line: str, delimiter: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(delimiter)
