"""A text cut in byte ranges, each of which has the lines that begin in it.

A line ends with a line feed, a carriage return, or both; whichever way the cuts fall, also within
a pair of both, each line is in one range, whole. So the ranges can be read apart, in any order.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import BinaryIO, Final

PIECE: Final = 8 << 20
REST: Final = 64 << 10
LONGEST: Final = 4 << 20
"""Bytes of a line beyond its range, past which it is cut off: it is no line of readings."""
_END: Final = re.compile(rb"\n|\r(?!\n)")
_ANY: Final = re.compile(rb"[\r\n]")


def count_lines(stream: BinaryIO, first: int, end: int) -> int:
    """How many lines begin at the bytes from `first` to before `end`."""
    stream.seek(max(first - 1, 0))
    left = end - max(first - 1, 0)
    found, before = 0, b""
    while left > 0 and (piece := stream.read(min(PIECE, left))):
        left -= len(piece)
        chunk = before + piece
        # An end in the last byte begins a line in the next chunk; and a pair ends one line.
        inner = len(chunk) - 1
        found += chunk.count(b"\n", 0, inner) + chunk.count(b"\r", 0, inner) - chunk.count(b"\r\n")
        before = chunk[-1:]
    return found + (first == 0 and bool(before))


def read_lines(stream: BinaryIO, first: int, end: int) -> list[bytes]:
    """The lines that begin there, without their ends; a file's own without a UTF-8 mark."""
    stream.seek(max(first - 1, 0))
    data = _exactly(stream, end - max(first - 1, 0))
    if first > 0:
        begun = _END.search(data)
        data = data[begun.end() :] if begun else b""
    if not data:
        return []
    if not data.endswith((b"\n", b"\r")):
        data += _rest(stream)
    if first == 0:
        data = data.removeprefix(codecs.BOM_UTF8)
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.removesuffix(b"\n").split(b"\n")


def decoded(lines: Sequence[bytes], encoding: str) -> list[str]:
    """Lines as text, with U+FFFD for what is none.

    They are decoded with their ends between them: half a character at an end is then what it is in
    the whole file.
    """
    return b"\n".join(lines).decode(encoding, "replace").split("\n") if lines else []


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """So many bytes, or all that are left: a stream may give fewer at a time."""
    found = []
    while size > 0 and (piece := stream.read(size)):
        found.append(piece)
        size -= len(piece)
    return b"".join(found)


def _rest(stream: BinaryIO) -> bytes:
    """What is left of a line that has begun."""
    rest = b""
    while len(rest) < LONGEST and (piece := stream.read(REST)):
        end = _ANY.search(piece)
        if end:
            return rest + piece[: end.start()]
        rest += piece
    return rest


LINE_WISE: Final = frozenset(
    codecs.lookup(name).name
    for name in (
        "ascii", "utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950",
        "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "latin-1", "iso8859-15", "cp1252",
        "cp1250", "cp1251", "cp437", "cp850", "koi8-r",
    )
)  # fmt: skip
"""Encodings in which a byte that ends a line is never part of a character."""


def is_line_wise(encoding: str) -> bool:
    """Whether a text in this encoding can be cut between its lines."""
    try:
        return codecs.lookup(encoding).name in LINE_WISE
    except LookupError:
        return False
