"""A source file as DuckDB can read it: unpacked, in UTF-8, its lines tidied where they must be."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lamplit.meters.archive import Input, opened, unpack
from lamplit.meters.layouts.base import Reject, Sample
from lamplit.meters.layouts.csvfile import MAX_LINE
from lamplit.meters.quarantine import reject


def ready(tmp: Path, item: Input, sample: Sample, unfit: list[Reject], *, tidy: bool) -> Path:
    """The file as DuckDB can read it: unpacked, in UTF-8.

    `tidy`: lines ended alike, and without those that are far too long (DuckDB's time on a
    line grows with the square of its columns) or open a quote that swallows the lines after
    it; these are added to `unfit`.
    """
    utf8 = sample.encoding in ("utf-8", "utf-8-sig", "binary", "ascii") and not tidy
    if item.packing == "plain" and utf8:
        return item.path
    target = tmp / f"source-{os.getpid()}.txt"
    if utf8:
        unpack(item, target)
        return target
    with opened(item) as stream, target.open("w", encoding="utf-8", newline="") as sink:
        for line, text in enumerate(_lines(stream, sample.encoding), start=1):
            if len(text) > MAX_LINE:
                unfit.append(reject(line, "too-long", text))
            elif text.count('"') % 2:
                unfit.append(reject(line, "quotes", text.rstrip("\n")))
            else:
                sink.write(text)
    return target


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a text, each ended by a line feed; what is beyond MAX_LINE may be cut off."""
    newlines = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding)("replace"), translate=True
    )
    rest = ""
    while True:
        chunk = stream.read(1 << 20)
        text = rest + newlines.decode(chunk, final=not chunk)
        *whole, rest = text.split("\n")
        yield from (line + "\n" for line in whole)
        if len(rest) > 2 * MAX_LINE:
            rest = rest[: 2 * MAX_LINE]
        if not chunk:
            break
    if rest:
        yield rest + "\n"


def is_ascii(sample: Sample) -> bool:
    """Whether the start of a text says nothing of its encoding."""
    return sample.encoding == "utf-8" and sample.text.isascii() and bool(sample.text)


def mixed_line_ends(sample: Sample) -> bool:
    """Whether lines end in more than one way, or the old Macintosh one."""
    text = sample.text
    pairs, feeds, returns = text.count("\r\n"), text.count("\n"), text.count("\r")
    return returns > pairs or (pairs > 0 and feeds > pairs)
