"""EDIFACT MSCONS: meter values as the German-speaking markets send them, read as a stream.

Load profiles (QTY with DTM 163 and 164) become intervals, daily energy days, register readings
(DTM 9) registers; energy over many days is spread evenly and never evidence. `line` is the number
of the QTY's segment in the file, since such a file is often a single line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pyarrow as pa

from lamplit.domain.language import Text
from lamplit.meters.layouts.base import Match, Options, Reject, Sample
from lamplit.meters.layouts.mscons_codes import REASONS
from lamplit.meters.layouts.mscons_edifact import Interchange
from lamplit.meters.layouts.mscons_reader import Reader


@dataclass(frozen=True, slots=True)
class Mscons:
    """The layout `mscons`."""

    name: str = "mscons"
    label: Text = Text("EDIFACT MSCONS (EDI@Energy)", "EDIFACT MSCONS（EDI@Energy）")
    reasons: Mapping[str, Text] = field(default_factory=lambda: REASONS)

    def sniff(self, sample: Sample) -> Match | None:
        """Certain where the interchange's first message is MSCONS; likely where it is EDIFACT."""
        head = sample.head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not head.startswith((b"UNA", b"UNB")):
            return None
        if b"MSCONS" in head[:4096]:
            return Match(1.0, Text("an EDIFACT message MSCONS", "EDIFACT 报文 MSCONS"))
        return Match(0.6, Text("an EDIFACT interchange", "EDIFACT 交换文件"))

    def read(
        self, stream: BinaryIO, sample: Sample, options: Options
    ) -> Iterator[pa.RecordBatch | Reject]:
        """Batches of INTERVALS, DAYS and REGISTERS, and rejects.

        Raises LamplitError `layout.mscons.*` where the interchange is not whole (cut, a wrong
        count or reference in UNT or UNZ), is not EDIFACT, holds another message, or has no active
        energy at all: then nothing of it should be kept, whatever was given out before.
        """
        yield from Reader(Interchange(stream, sample.name), options).run()


LAYOUT: Final = Mscons()
