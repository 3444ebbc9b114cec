"""An Excel sheet as delimited text, so that the layouts of text files read it too."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime, time
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import ingest as problems
from lamplit.meters.archive import BOMB_BYTES, BOMB_RATIO, Input

ENDINGS = (".xlsx", ".xlsm")


def as_text(item: Input, tmp: Path) -> Input:
    """The first sheet of a workbook as a CSV file in `tmp`; other files as they are.

    Raises LamplitError `ingest.cut-off`, `ingest.archive-bomb`, `ingest.empty-file`.
    """
    if item.packing != "plain" or item.path.suffix.lower() not in ENDINGS:
        return item
    if not item.size:
        raise LamplitError(problems.EMPTY_FILE, where=item.name)
    _check_size(item)
    import openpyxl

    target = tmp / "sheet.csv"
    try:
        book = openpyxl.load_workbook(item.path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            for row in sheet.iter_rows(values_only=True):
                if any(v is not None for v in row):
                    writer.writerow([_cell(v) for v in row])
        book.close()
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as cause:
        raise LamplitError(
            problems.CUT_OFF, where=item.name, kind="Excel", cause=str(cause)
        ) from cause
    return Input(item.name, target, "plain", None, target.stat().st_size)


def _check_size(item: Input) -> None:
    try:
        with zipfile.ZipFile(item.path) as archive:
            total = sum(i.file_size for i in archive.infolist())
    except zipfile.BadZipFile as cause:
        raise LamplitError(problems.CUT_OFF, where=item.name, kind="Excel", cause=cause) from cause
    ratio = total / max(item.size, 1)
    if total > BOMB_BYTES and ratio > BOMB_RATIO:
        raise LamplitError(
            problems.BOMB, where=item.name, size=f"{total >> 20} MB", ratio=round(ratio)
        )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        # Excel holds days as floating point: a quarter past may read as 00:14:59.999.
        rounded = value.replace(microsecond=0)
        if value.microsecond >= 500_000:
            from datetime import timedelta

            rounded += timedelta(seconds=1)
        return rounded.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
