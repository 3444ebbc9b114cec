"""Segments of an EDIFACT interchange, read as a stream (ISO 9735, syntax levels A to Y).

A file may be hundreds of megabytes on one line, so it is read in pieces and never held whole:
memory is one piece plus the longest segment.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import layouts_text as problems

PIECE = 1 << 20
LONGEST_SEGMENT = 1 << 20
ENCODINGS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}
"""Character sets by the syntax identifier in UNB."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The service characters: what UNA declares, or ISO 9735's defaults where there is no UNA."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    terminator: str = "'"

    @classmethod
    def of_una(cls, una: str) -> Signs:
        """From the nine characters `UNA:+.? '`; the eighth is not used here."""
        return cls(una[3], una[4], una[5], una[6], una[8])


class Segment(NamedTuple):
    """One segment: its place in the file (1 comes after UNA), tag, and text after the tag."""

    number: int
    tag: str
    text: str


class Interchange:
    """The segments of one file, and the service characters they are written with."""

    def __init__(self, stream: BinaryIO, name: str = "") -> None:
        self._stream = stream
        self._name = name
        self._head = b""
        self.signs = Signs()
        self.encoding = "iso8859-1"

    def segments(self) -> Iterator[Segment]:
        """Each segment in turn.

        Raises LamplitError `layout.mscons.truncated` where text is left after the last terminator,
        `layout.mscons.not-edifact` where the file begins with neither UNA nor UNB, and
        `layout.mscons.runaway-segment` where no terminator comes for a mebibyte.
        """
        self._open()
        rest = ""
        number = 0
        for piece in self._pieces():
            *whole, rest = self._split(rest + piece)
            for raw in whole:
                text = raw.strip("\r\n\t ")
                if text:
                    number += 1
                    tag, _, body = text.partition(self.signs.element)
                    yield Segment(number, tag, body)
            if len(rest) > LONGEST_SEGMENT:
                raise LamplitError(
                    problems.MSCONS_RUNAWAY, where=self.where(number + 1), excerpt=rest[:60]
                )
        if rest.strip("\r\n\t \x1a"):
            raise LamplitError(
                problems.MSCONS_TRUNCATED, where=self.where(number + 1), excerpt=rest[:60]
            )

    def where(self, number: int) -> str:
        """A place for messages: `file.txt, segment 12`."""
        return f"{self._name}, segment {number}" if self._name else f"segment {number}"

    def _open(self) -> None:
        """Read UNA and the syntax identifier, and keep the text to begin with."""
        head = self._stream.read(PIECE).removeprefix(b"\xef\xbb\xbf").lstrip()
        if head.startswith(b"UNA") and len(head) >= 9:
            self.signs = Signs.of_una(head[:9].decode("iso8859-1"))
            head = head[9:].lstrip()
        if not head.startswith(b"UNB"):
            raise LamplitError(problems.MSCONS_NOT_EDIFACT, where=self._name)
        self.encoding = ENCODINGS.get(head[4:8].decode("ascii", "replace"), "iso8859-1")
        self._head = head

    def _pieces(self) -> Iterator[str]:
        """The file's text in pieces, UNA left out; a character cut in two waits for its rest."""
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        piece = self._head
        while piece:
            yield decoder.decode(piece)
            piece = self._stream.read(PIECE)

    def _split(self, text: str) -> list[str]:
        """Split at terminators that the release character does not cancel."""
        return split_released(text, self.signs.terminator, self.signs.release)

    def elements(self, segment: Segment) -> list[list[str]]:
        """The data elements of a segment, each as its components, release characters resolved."""
        signs = self.signs
        text = segment.text
        if signs.release not in text:
            return [e.split(signs.component) for e in text.split(signs.element)]
        return [
            [
                unreleased(c, signs.release)
                for c in split_released(e, signs.component, signs.release)
            ]
            for e in split_released(text, signs.element, signs.release)
        ]


def split_released(text: str, sign: str, release: str) -> list[str]:
    """Split `text` at each `sign` before which stands an even number of release characters."""
    parts = text.split(sign)
    if release not in text or not release.strip():
        return parts
    joined: list[str] = []
    open_part: str | None = None
    for part in parts:
        current = part if open_part is None else open_part + sign + part
        released = (len(current) - len(current.rstrip(release))) % 2 == 1
        if released:
            open_part = current
        else:
            joined.append(current)
            open_part = None
    if open_part is not None:
        joined.append(open_part)
    return joined


def unreleased(text: str, release: str) -> str:
    """`text` with each release character dropped and the character after it kept as it is."""
    if release not in text or not release.strip():
        return text
    kept: list[str] = []
    escaped = False
    for character in text:
        if character == release and not escaped:
            escaped = True
            continue
        kept.append(character)
        escaped = False
    return "".join(kept)
