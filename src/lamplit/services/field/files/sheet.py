"""A file of places or people as rows of text, and the rows of it that can't be used."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lamplit.domain.cells import inert
from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import home as home_problems
from lamplit.domain.problems import imports as problems
from lamplit.domain.problems import registry as sheet_problems
from lamplit.meters.registry import folded
from lamplit.meters.registry_values import ROUNDED, read_day
from lamplit.meters.sheets import read_sheet
from lamplit.services.field.files.columns import Layout, Said, take_columns, worth_keeping
from lamplit.services.home import Home
from lamplit.services.registry import RowFault

MOST_LETTERS = 500
"""A longer cell is cut: no name or code is; a novel pasted in by mistake may be."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, its cells by column (only those that the file has)."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell's text, empty where blank or absent."""
        return self.cells.get(column, "")


class BadRowError(Exception):
    """A row can't be used: where in it, and why."""

    def __init__(self, column: str, problem: Problem, value: str = "") -> None:
        self.column, self.problem, self.value = column, problem, value
        super().__init__(problem.code)

    def at(self, row: Row) -> RowFault:
        """The fault as it is shown."""
        return RowFault(row.number, self.column, self.problem, self.value)


@contextmanager
def in_pages_words(file: Path) -> Iterator[None]:
    """Problems of `file` name it as its sender did, not where it lies on this machine."""
    try:
        yield
    except LamplitError as fault:
        fault.where = fault.where.replace(str(file), file.name)
        raise


@dataclass(slots=True)
class Table:
    """The rows of a file that can be read, those that can't, and the headers left aside."""

    file: Path
    rows: list[Row]
    faults: list[RowFault]
    columns: frozenset[str]
    ignored: list[str] = field(default_factory=list)
    keep: dict[str, str] = field(default_factory=dict)
    """What the next file of its kind is to know of headings."""

    @property
    def total(self) -> int:
        """All rows of the file."""
        return len({row.number for row in self.rows} | {fault.row for fault in self.faults})


def read_table(file: Path, layout: Layout, said: Said | None = None) -> Table:
    """The rows of `file` (CSV, XLSX, Parquet) by the columns of `layout`.

    `said` tells of columns that would not be recognised. Rows with a blank needed cell, or an id
    that a spreadsheet rounded, are refused. Raises LamplitError `import.no-column`,
    `home.no-such-file`, `registry.same-column-twice`, `registry.bad-map`, `registry.no-rows`, and
    those of `read_sheet`.
    """
    said = said or Said()
    if not file.is_file():
        raise LamplitError(home_problems.NO_SUCH_FILE, where=str(file))
    kept = said.kept
    sheet = read_sheet(file, lambda one: layout.column_of(one) or kept.get(folded(one)))
    at = take_columns(str(file), sheet.headers, layout, said)
    if not len(sheet.rows) and not sheet.ragged:
        raise LamplitError(sheet_problems.NO_ROWS, where=str(file))
    texts = {name: [clean(t) for t in sheet.columns[i].to_pylist()] for name, i in at.items()}
    same = {name: clean(value) for name, value in said.fixed.items() if name not in at}
    faults = [RowFault(n, "", sheet_problems.RAGGED_ROW, word) for n, word in sheet.ragged]
    rows = []
    for index, number in enumerate(sheet.rows.tolist()):
        row = Row(number, {**same, **{name: column[index] for name, column in texts.items()}})
        fault = _fault(row, layout)
        if fault:
            faults.append(fault)
        else:
            rows.append(row)
    used = {sheet.headers[i] for i in at.values()}
    ignored = [header for header in sheet.headers if header and header not in used]
    keep = worth_keeping(sheet.headers, layout, said)
    return Table(file, rows, faults, frozenset({*at, *same}), ignored, keep)


def clean(text: str) -> str:
    """A cell without control characters, spaces about it, or Excel's `="…"` for text."""
    wanted = re.fullmatch(r'="(.*)"', text.strip())
    plain = wanted[1] if wanted else text
    kept = "".join(" " if c.isspace() else c for c in plain if c.isspace() or _printable(c))
    return " ".join(kept.split())[:MOST_LETTERS]


def read_each(
    table: Table, read: Callable[[Row], tuple[str, ...]]
) -> tuple[dict[tuple[str, ...], Row], list[RowFault]]:
    """The rows by the key that `read` gives; and those that it refuses, or that repeat a key."""
    found: dict[tuple[str, ...], Row] = {}
    faults = []
    for row in table.rows:
        try:
            key = read(row)
        except BadRowError as bad:
            faults.append(bad.at(row))
            continue
        if key in found:
            first = str(found[key].number)
            faults.append(RowFault(row.number, "code", problems.DUPLICATE, first))
        else:
            found[key] = row
    return found, faults


def read_date(row: Row, column: str) -> date | None:
    """A date, None where blank. Raises BadRowError."""
    try:
        return read_day(row[column]) if row[column] else None
    except ValueError:
        raise BadRowError(column, sheet_problems.BAD_DATE, row[column]) from None


def read_number(row: Row, column: str, least: float, most: float) -> float | None:
    """A number from `least` to `most`, None where blank. Raises BadRowError."""
    text = unicodedata.normalize("NFKC", row[column])
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise BadRowError(column, problems.BAD_NUMBER, row[column])
    return value


def quarantine(home: Home, kind: str, file: Path, faults: list[RowFault]) -> Path:
    """Write the refused rows with reason and cure, in both languages; gives the file."""
    mark = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    target = home.quarantine_dir / f"{kind}-{_safe(file.stem)}-{mark}.csv"
    header = ("file", "row", "column", "code", "value", "says_en", "cure_en", "says_zh", "cure_zh")
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for fault in sorted(faults, key=lambda f: (f.row, f.column)):
            cure = fault.problem.remedy
            said = (fault.says("en"), cure.en, fault.says("zh"), cure.zh)
            where = (file.name, fault.row, fault.column, fault.problem.code, fault.value)
            writer.writerow([inert(str(cell)) for cell in (*where, *said)])
    return target


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[-80:]


def _printable(letter: str) -> bool:
    # Cc: control (NUL is refused by PostgreSQL); Cs: half of a surrogate pair.
    return unicodedata.category(letter) not in ("Cc", "Cs")


def _fault(row: Row, layout: Layout) -> RowFault | None:
    for column in layout.needed:
        if not row[column]:
            return RowFault(row.number, column, problems.BLANK, "")
    for column in layout.codes:
        if re.match(ROUNDED, row[column]):
            return RowFault(row.number, column, sheet_problems.ROUNDED_ID, row[column])
    return None
