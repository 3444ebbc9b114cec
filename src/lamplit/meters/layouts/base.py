"""What a layout is: how it is recognised, and how it hands its readings over.

Three kinds, told apart by the class that a layout builds on:

- `SqlLayout`: DuckDB SQL does the reading. `plan` gives the text; nothing here runs it.
- `WideLayout` (a SqlLayout whose relation is "wide"): one column per slot, the fast path.
- `ReaderLayout`: a Python generator of pyarrow record batches and rejects.

A *row*, in every count, is one reading record of the source: a line of a long file, a meter-day
line of a wide one, an IntervalReading in XML, a 300 record in NEM12. Rows are told apart by
`line`, so that several relation rows (import and export, or 48 intervals) may come from one.
Each row must come out once: as relation rows, or as a reject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, runtime_checkable

import pyarrow as pa

from lamplit.domain.language import Text

Relation = Literal["intervals", "days", "registers", "wide", "stamps"]
Unit = Literal["kwh", "wh", "kw", "w"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said about a file; None means: find out, or take the layout's default."""

    timezone: str = "Asia/Shanghai"
    """IANA name: what a local day is, and what times without an offset are in."""
    layout: str | None = None
    first_column: Literal["00:00", "00:15"] | None = None
    """Wide: the instant that names the first column (00:15 stands for one interval later)."""
    stamp: Literal["start", "end"] | None = None
    """Whether a time names the start or the end of its interval."""
    unit: Unit | None = None
    midnight: Literal["starts", "ends"] | None = None
    """Registers: a value dated D with no time of day is as at 00:00 when D starts, or ends."""
    digits: int | None = None
    """Registers: integer digits before the register rolls over."""
    direction: Literal["import", "export"] | None = None
    meter_id: str | None = None
    """For files of one meter that do not name it."""
    multiplier: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """The canonical name of a column (meter_id, time, kwh …) to its name in the file."""
    encoding: str | None = None
    delimiter: str | None = None
    minutes: int | None = None
    """Length of the intervals, where the file leaves it open; 1440 for daily values."""
    max_kwh: float = 1000.0
    """Energy of one interval above which a reading is absurd and goes to quarantine."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The start of a file, decompressed and decoded, for `sniff` and for planning."""

    name: str
    """The name that the user knows: `readings.csv`, `july.zip/a.csv`."""
    head: bytes
    """The first 64 KiB or less, decompressed, as they lie in the file."""
    text: str = ""
    """`head` decoded; empty when it is not text."""
    encoding: str = "utf-8"
    delimiter: str = ","
    header: tuple[str, ...] = ()
    """Cells of the first line that is not empty, stripped."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Cells of the whole lines that follow, at most 200, stripped."""
    parquet: pa.Schema | None = None
    """The schema, when the file is Parquet."""

    @property
    def stem(self) -> str:
        """The file's name without folders and without its last ending."""
        return Path(self.name).name.split(".")[0]


@dataclass(frozen=True, slots=True)
class Match:
    """How well a layout fits, from 0 (not at all) to 1 (certain), and why."""

    score: float
    why: Text


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: it goes to quarantine."""

    line: int
    code: str
    """A code of `lamplit.meters.quarantine.REASONS`, or of the layout's own `reasons`."""
    reason: Text
    raw: str
    """The row as it was, cut at 200 characters."""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, ready for DuckDB: UTF-8 text (plain, .gz or .zst) or Parquet."""

    path: Path
    sample: Sample
    shard: bool = False
    """Whether it is a part of another file: each row then ends in one more cell (`line`), the line
    that it stands on there. Of Parquet, the others are then named by their place (`c0` …)."""
    lines: Sequence[int] = ()
    """Of a text that is a shard: the line there of each line here."""

    @property
    def sql_path(self) -> str:
        """The path as a quoted SQL literal."""
        return "'" + str(self.path).replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class SqlPlan:
    """SQL that reads a file; every text is one statement without a semicolon.

    `select` yields the columns of the relation's schema in `lamplit.meters.canonical`, by name.
    For "wide", in place of `intervals`: `s0 … s{points-1}` (DOUBLE, kWh per slot), and `bad`
    VARCHAR (a reject's code or NULL). `rejects`
    yields line BIGINT, field VARCHAR, code VARCHAR, raw VARCHAR; NULL when there can be none.

    "stamps" is for readings whose time zone and interval length the core settles: meter_id,
    stamp TIMESTAMP, is_utc BOOLEAN (else wall clock), minutes SMALLINT (NULL: infer; 0: the
    day's total), kwh, kwh_export DOUBLE, has_import, has_export BOOLEAN (the record speaks of
    that direction), quality, raw_code, seq, line, bad VARCHAR (a reject's code or NULL),
    bad_field, raw VARCHAR.
    """

    relation: Relation
    select: str
    steps: tuple[tuple[str, str], ...] = ()
    """Named statements run before `select` (CREATE TEMP TABLE/VIEW), in order."""
    rejects: str | None = None
    points: int = 0
    """Wide: the number of slot columns."""
    day_column: int | None = None
    """Wide: the place of the column that names the day."""
    shift_minutes: int = 0
    """Wide: how much later than its place says each slot starts, by wall clock."""
    stamp_end: bool = False
    """Stamps: the time ends its interval."""
    notes: tuple[Text, ...] = ()
    """What was assumed, for the reader of the closing table."""


@runtime_checkable
class Layout(Protocol):
    """What every layout has."""

    @property
    def name(self) -> str:
        """The word for `--layout`: `long`, `nem12`."""

    @property
    def label(self) -> Text:
        """What the layout is called on the screen."""

    def sniff(self, sample: Sample) -> Match | None:
        """How well the sample fits this layout; None when it does not."""


@runtime_checkable
class SqlLayout(Layout, Protocol):
    """A layout that DuckDB reads."""

    def plan(self, source: Source, options: Options, *, patient: bool = False) -> SqlPlan:
        """The SQL that reads the source. Raises LamplitError where the file can't be read.

        `patient` is set when lines of the file could not be cast to the types that a first plan
        named: every cell is then to be read as text. Layouts that always do ignore it.
        """


@runtime_checkable
class ReaderLayout(Layout, Protocol):
    """A layout that Python reads."""

    def read(
        self, stream: BinaryIO, sample: Sample, options: Options
    ) -> Iterator[pa.RecordBatch | Reject]:
        """Batches (schema INTERVALS, DAYS or REGISTERS; any mix) and rejects, in file order.

        `stream` is the file decompressed, as bytes in its own encoding (`sample.encoding`).
        Raises LamplitError where nothing of the file can be used.
        """
