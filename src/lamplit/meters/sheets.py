"""Reads a CSV, XLSX or Parquet file as a table of text, with the row that each record stood in."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import registry as problems

Rows = npt.NDArray[np.int64]
Recognise = Callable[[str], str | None]

DELIMITERS = (",", "\t", ";", "|")
TITLE_ROWS = 10
"""A header is looked for in so many rows: spreadsheets like to begin with a title."""

_MOST_RATIO, _MOST_BYTES = 200, 4 << 30


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text, as `headers` heads it.

    `rows` gives each record's row in the file (1 is the first); `ragged` the rows that had
    another number of cells than the header, with a word on each.
    """

    headers: list[str]
    columns: list[pa.Array]
    rows: Rows
    ragged: list[tuple[int, str]] = field(default_factory=list)


def read_sheet(file: Path, recognise: Recognise) -> Sheet:
    """The table in `file`; `recognise` tells a known header, and so finds header and delimiter.

    Raises LamplitError `registry.unknown-format`, `registry.empty-file`, `registry.unreadable`
    or `registry.too-large-inside`.
    """
    readers = {
        ".csv": _read_csv, ".txt": _read_csv, ".tsv": _read_csv,
        ".xlsx": _read_xlsx, ".xlsm": _read_xlsx,
        ".parquet": _read_parquet, ".pq": _read_parquet,
    }  # fmt: skip
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise LamplitError(problems.UNKNOWN_FORMAT, where=str(file), suffix=file.suffix)
    if file.stat().st_size == 0:
        raise LamplitError(problems.EMPTY_FILE, where=str(file))
    try:
        return reader(file, recognise)
    except (pa.ArrowException, zipfile.BadZipFile, UnicodeError, KeyError, ValueError) as fault:
        reason = str(fault).splitlines()[0][:200]
        raise LamplitError(problems.UNREADABLE, where=str(file), reason=reason) from fault


def encoding_of(data: bytes) -> str:
    """The encoding of a text file: by its mark, else UTF-8 if it is that, else GB 18030.

    UTF-16 without a mark is told by the NULs in it. GB 18030 reads GBK and GB 2312 too.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return name
    head = data[:4096]
    if head.count(0) > len(head) // 8:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    try:
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _read_csv(file: Path, recognise: Recognise) -> Sheet:
    text = file.read_bytes()
    encoding = encoding_of(text)
    if encoding != "utf-8":
        text = text.decode(encoding).encode("utf-8")
    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not text.strip():
        raise LamplitError(problems.EMPTY_FILE, where=str(file))
    top = text[: 1 << 20].decode("utf-8", "ignore").split("\n")[:TITLE_ROWS]
    at, delimiter = _header_and_delimiter(top, recognise)
    headers = _split(top[at], delimiter)
    columns, ragged = _parse_csv(text, at + 1, delimiter, len(headers))
    rows = np.arange(at + 2, at + 2 + len(columns[0]) + len(ragged), dtype=np.int64)
    rows = rows[~np.isin(rows, [row for row, _ in ragged])]
    return _without_blanks(headers, columns, rows, ragged)


def _parse_csv(
    text: bytes, skip: int, delimiter: str, width: int
) -> tuple[list[pa.Array], list[tuple[int, str]]]:
    """The columns below the header, and the rows that had another number of cells."""
    ragged: list[tuple[int, str]] = []

    def refuse(row: Any) -> str:
        ragged.append((row.number, f"{row.actual_columns} ≠ {width}"))
        return "skip"

    if not b"".join(text.split(b"\n", skip)[skip:]).strip():
        return [pa.array([], pa.string()) for _ in range(width)], []
    names = [f"c{i}" for i in range(width)]
    table = pcsv.read_csv(
        pa.BufferReader(text),
        # One thread, or the reader gives no row numbers.
        read_options=pcsv.ReadOptions(
            use_threads=False, skip_rows=skip, column_names=names, block_size=16 << 20
        ),
        parse_options=pcsv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=refuse,
        ),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    return [column.combine_chunks() for column in table.columns], ragged


def _split(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _header_and_delimiter(top: Sequence[str], recognise: Recognise) -> tuple[int, str]:
    """The line and the delimiter that make the most known headers; ties go to more cells."""

    def merit(choice: tuple[int, str]) -> tuple[int, int, int]:
        cells = _split(top[choice[0]], choice[1])
        return _known(cells, recognise), len(cells), -choice[0]

    filled = [at for at, line in enumerate(top) if line.strip()]
    best = max(((at, mark) for at in filled for mark in DELIMITERS), key=merit)
    if merit(best)[0] == 0:
        return max(((filled[0], mark) for mark in DELIMITERS), key=merit)
    return best


def _known(cells: Sequence[str], recognise: Recognise) -> int:
    return sum(recognise(cell) is not None for cell in cells)


def _read_xlsx(file: Path, recognise: Recognise) -> Sheet:
    """The first sheet with a known header; else the first sheet."""
    import openpyxl

    _refuse_bomb(file)
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        sheets = [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book]
    finally:
        book.close()
    best, at = max(
        ((sheet, at) for sheet in sheets for at in range(min(len(sheet), TITLE_ROWS))),
        key=lambda choice: _known([_cell(c) for c in choice[0][choice[1]]], recognise),
        default=([], 0),
    )
    if not any(_cell(c) for row in best for c in row):
        raise LamplitError(problems.EMPTY_FILE, where=str(file))
    headers = [_cell(c) for c in best[at]]
    below = best[at + 1 :]
    columns = [
        pa.array([_cell(row[i]) if i < len(row) else "" for row in below], pa.string())
        for i in range(len(headers))
    ]
    rows = np.arange(at + 2, at + 2 + len(below), dtype=np.int64)
    return _without_blanks(headers, columns, rows, [])


def _refuse_bomb(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    ratio = unpacked // max(file.stat().st_size, 1)
    if unpacked > _MOST_BYTES or (ratio > _MOST_RATIO and unpacked > 100 << 20):
        raise LamplitError(
            problems.TOO_LARGE_INSIDE, where=str(file), megabytes=unpacked >> 20, ratio=ratio
        )


def _cell(value: object) -> str:
    """A workbook's cell as text: whole numbers without `.0`, dates without midnight."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value)


def _read_parquet(file: Path, recognise: Recognise) -> Sheet:
    """A Parquet file with its typed columns told as text; `recognise` picks the columns."""
    table = pq.read_table(file)
    columns = [_as_text(column.combine_chunks()) for column in table.columns]
    rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return Sheet([str(name) for name in table.column_names], columns, rows)


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if pa.types.is_floating(kind):
        # Ids and floors that pandas turned to floats because one of them was missing.
        whole = pc.equal(column, pc.floor(column))
        text = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
        column = pc.if_else(whole, text, column.cast(pa.string()))
    elif pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    elif pa.types.is_nested(kind):
        return pa.array([""] * len(column), pa.string())
    return pc.fill_null(column.cast(pa.string()), "")


def _without_blanks(
    headers: list[str], columns: list[pa.Array], rows: Rows, ragged: list[tuple[int, str]]
) -> Sheet:
    """The sheet without rows whose cells are all blank."""
    filled = np.zeros(len(rows), dtype=bool)
    for column in columns:
        filled |= pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
    keep = pa.array(filled)
    return Sheet(headers, [column.filter(keep) for column in columns], rows[filled], ragged)
