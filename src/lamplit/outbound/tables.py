"""A table as a file: CSV, Excel, Parquet or JSON by its suffix, whole or not at all.

Text stays text where a spreadsheet would run it: see `lamplit.domain.cells`.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from lamplit.domain.cells import FORMULA
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language, Text
from lamplit.domain.problems import outbound as problem
from lamplit.outbound.markup import width
from lamplit.outbound.watermark import Watermark

SUFFIXES = (".csv", ".xlsx", ".parquet", ".json")

EXCEL_ROWS = 1_048_576
EXCEL_CELL = 32_767
"""The longest text that a cell of Excel holds."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class TableStyle:
    """How a table is dressed for people; Parquet and JSON are for machines and ignore it.

    headings: column -> text; with `both_languages` Excel gets a second header row in the other
    language. percent: columns of shares shown as percentages. bom: begin a CSV with the mark by
    which Excel knows UTF-8 (else Chinese turns to rubbish there).
    """

    language: Language = "en"
    headings: Mapping[str, Text] = field(default_factory=dict)
    both_languages: bool = False
    percent: tuple[str, ...] = ("probability", "raw_probability", "coverage")
    bom: bool = True
    sheet: str = "doors"
    watermark: Watermark | None = None


def write_table(table: pa.Table, path: Path, style: TableStyle | None = None) -> None:
    """Write one table to `path`; see `write_tables`."""
    write_tables([table], table.schema, path, style)


def write_tables(
    tables: Iterable[pa.Table], schema: pa.Schema, path: Path, style: TableStyle | None = None
) -> int:
    """Write tables of one schema one after another to `path`, and give the number of rows.

    The suffix chooses the kind; all kinds but Excel are written as the tables come, so that the
    whole need not fit in memory. The file appears complete or the old one stays. Raises
    LamplitError: outbound.unknown-suffix, outbound.folder-missing, outbound.is-folder,
    outbound.not-writable, outbound.too-many-rows.
    """
    dressed = style or TableStyle()
    writer = _WRITERS[check_path(path, SUFFIXES)]
    rows = 0

    def write(to: Path) -> None:
        nonlocal rows
        rows = writer(tables, schema, to, dressed)

    write_whole(path, write)
    return rows


def write_text(path: Path, text: str, suffixes: tuple[str, ...]) -> None:
    """Write text (a picture, a page, a report) in UTF-8, whole or not at all; errors as above."""
    check_path(path, suffixes)

    def write(to: Path) -> None:
        to.write_bytes(text.encode("utf-8"))

    write_whole(path, write)


def check_path(path: Path, suffixes: tuple[str, ...]) -> str:
    """The suffix in lower case, if the file could be written there; asked before long work."""
    suffix = path.suffix.lower()
    if path.is_dir():
        raise LamplitError(problem.IS_FOLDER, where=str(path))
    if suffix not in suffixes:
        known = ", ".join(suffixes)
        raise LamplitError(
            problem.UNKNOWN_SUFFIX, where=str(path), suffix=suffix or path.name, known=known
        )
    if not path.parent.is_dir():
        raise LamplitError(problem.FOLDER_MISSING, where=str(path), folder=path.parent)
    return suffix


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a new file beside `path`, then put it in its place in one step."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # mkstemp's files are private; the finished one gets what the user's umask gives.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        reason = error.strerror or str(error)
        raise LamplitError(problem.NOT_WRITABLE, where=str(path), reason=reason) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _csv(tables: Iterable[pa.Table], schema: pa.Schema, path: Path, style: TableStyle) -> int:
    rows = 0
    with path.open("wb") as file:
        if style.bom:
            file.write(_BOM)
        written = _harmless(schema.empty_table()).schema
        with pacsv.CSVWriter(file, written) as writer:
            for table in tables:
                writer.write_table(_harmless(table.cast(schema)))
                rows += table.num_rows
    return rows


def _parquet(tables: Iterable[pa.Table], schema: pa.Schema, path: Path, _: TableStyle) -> int:
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table.cast(schema))
            rows += table.num_rows
    return rows


def _harmless(table: pa.Table) -> pa.Table:
    """Texts that a spreadsheet would run get an apostrophe in front, which it does not show."""
    for place, name in enumerate(table.column_names):
        values = table.column(name)
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            runs = pc.match_substring_regex(values, FORMULA)
            marked = pc.binary_join_element_wise("'", values, "")
            table = table.set_column(place, name, pc.if_else(runs, marked, values))
    return table


def _json(tables: Iterable[pa.Table], _: pa.Schema, path: Path, __: TableStyle) -> int:
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for table in tables:
            for row in _records(table):
                file.write(",\n " if rows else "\n ")
                json.dump(row, file, ensure_ascii=False, allow_nan=False)
                rows += 1
        file.write("\n]\n" if rows else "]\n")
    return rows


def _records(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _xlsx(tables: Iterable[pa.Table], schema: pa.Schema, path: Path, style: TableStyle) -> int:
    import xlsxwriter

    parts, rows = [], 0
    for part in tables:
        rows += part.num_rows
        if rows + 2 > EXCEL_ROWS:
            raise LamplitError(
                problem.TOO_MANY_ROWS, where=path.suffix, rows=rows, limit=EXCEL_ROWS
            )
        parts.append(part)
    table = pa.concat_tables(parts) if parts else schema.empty_table()
    # strings_to_*: a text is written as the text it is, never guessed into a formula or a link.
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "constant_memory": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        _sheet(book, table, style)
        if style.watermark is not None:
            _watermark_sheet(book, style.watermark, style.language)
    finally:
        book.close()
    return rows


def _sheet(book: Any, table: pa.Table, style: TableStyle) -> None:
    sheet = book.add_worksheet(style.sheet[:31] or "table")
    top = 2 if style.both_languages else 1
    heading = book.add_format({"bold": True, "bg_color": "#1b2450", "font_color": "#fbf4e2"})
    second = book.add_format({"italic": True, "bg_color": "#e7e3d6", "font_color": "#1b2036"})
    for place, name in enumerate(table.column_names):
        for row, form in zip(range(top), (heading, second), strict=False):
            sheet.write_string(row, place, _heading(name, style, other=row == 1), form)
        _column(book, sheet, table, place, top, style)
    sheet.freeze_panes(top, 0)
    if table.num_columns:
        sheet.autofilter(top - 1, 0, top - 1 + table.num_rows, table.num_columns - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, top - 1)
    if style.watermark is not None:
        # An ampersand starts a code in Excel's footers.
        line = style.watermark.line(style.language).replace("&", "&&")
        sheet.set_footer(f"&L&8{line[:200]}&R&8&P / &N")


def _heading(name: str, style: TableStyle, *, other: bool) -> str:
    text = style.headings.get(name)
    if text is None:
        return name
    language: Language = style.language
    if other:
        language = "en" if style.language == "zh" else "zh"
    return text.say(language)


def _column(
    book: Any, sheet: Any, table: pa.Table, place: int, top: int, style: TableStyle
) -> None:
    name = table.column_names[place]
    values = table.column(place).to_pylist()
    form = book.add_format(_look(table.schema.field(place).type, name, style))
    widest = max(width(_heading(name, style, other=k == 1), 1.1) for k in range(top)) + 2
    for row, value in enumerate(values, start=top):
        _cell(sheet, row, place, value, form)
        if row < 500:
            widest = max(widest, 10 if isinstance(value, date) else width(str(value or ""), 1.1))
    sheet.set_column(place, place, max(6, min(60, widest + 1.5)), form)


def _look(kind: pa.DataType, name: str, style: TableStyle) -> dict[str, Any]:
    if pa.types.is_timestamp(kind):
        return {"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}
    if pa.types.is_date(kind):
        return {"num_format": "yyyy-mm-dd", "valign": "top"}
    if pa.types.is_floating(kind):
        return {"num_format": "0%" if name in style.percent else "0.00", "valign": "top"}
    return {
        "text_wrap": pa.types.is_string(kind) and name.startswith(("evidence", "against")),
        "valign": "top",
    }


def _cell(sheet: Any, row: int, place: int, value: Any, form: Any) -> None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        sheet.write_blank(row, place, None, form)
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value, form)
    elif isinstance(value, int | float):
        sheet.write_number(row, place, value, form)
    elif isinstance(value, date | datetime):
        naive = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        sheet.write_datetime(row, place, naive, form)
    else:
        sheet.write_string(row, place, str(value)[:EXCEL_CELL], form)


_MARK_ROWS = (
    (Text("For", "使用人"), "who"),
    (Text("Made", "生成时间"), "when"),
    (Text("Purpose", "用途"), "purpose"),
)
MARK_SHEET = Text("about", "说明")


def _watermark_sheet(book: Any, mark: Watermark, language: Language) -> None:
    sheet = book.add_worksheet(MARK_SHEET.say(language))
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 80)
    said = {"who": mark.who, "when": mark.when.strftime("%Y-%m-%d %H:%M"), "purpose": mark.purpose}
    for row, (label, key) in enumerate(_MARK_ROWS):
        sheet.write_string(row, 0, f"{label.en} · {label.zh}", bold)
        sheet.write_string(row, 1, said[key], wrapped)
    sheet.write_string(len(_MARK_ROWS) + 1, 1, mark.line("en"), wrapped)
    sheet.write_string(len(_MARK_ROWS) + 2, 1, mark.line("zh"), wrapped)


_Writer = Callable[[Iterable[pa.Table], pa.Schema, Path, TableStyle], int]
_WRITERS: dict[str, _Writer] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".json": _json,
}
