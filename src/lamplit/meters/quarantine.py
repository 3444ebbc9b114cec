"""Rows that could not be read: why, and the file in which they wait for someone to look."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TextIO

from lamplit.domain.cells import as_it_was, inert
from lamplit.domain.language import Text
from lamplit.meters.layouts.base import Reject

REASONS: Final = {
    "not-a-number": Text("a number was expected", "此处应为数字"),
    "not-a-time": Text("a date or time was expected", "此处应为日期或时间"),
    "no-such-time": Text(
        "the clocks skip this time (daylight saving)", "该时刻因夏令时拨快而不存在"
    ),
    "off-grid": Text("the time lies between two intervals", "该时刻不在区间边界上"),
    "odd-interval": Text("the interval length does not divide the day", "区间长度无法整除一天"),
    "negative": Text("negative energy", "电量为负"),
    "absurd": Text("more energy than any such meter can pass", "电量大得不合理"),
    "no-meter": Text("no meter id", "缺少表号"),
    "no-time": Text("no date or time", "缺少日期或时间"),
    "bad-direction": Text("a direction other than import or export", "方向既非正向也非反向"),
    "columns": Text("too few or too many columns", "列数过多或过少"),
    "encoding": Text("bytes that are not text in this encoding", "存在该编码无法识别的字节"),
    "too-long": Text("the line is longer than any line of readings", "该行过长，不像读数"),
    "quotes": Text("a quote that never ends", "引号未闭合"),
    "unreadable": Text("the line can't be read", "该行无法读取"),
}
"""Why a row went to quarantine, by its code."""

RAW_CHARACTERS: Final = 200
RAW_HELD: Final = RAW_CHARACTERS + 24
"""A shard's rows end in the line that they stand on, which is taken off before they are cut."""
GZIP_FROM_ROWS: Final = 20_000
HEADER: Final = ("file", "line", "column", "reason", "reason_en", "reason_zh", "raw")


def reject(line: int, code: str, raw: str, column: str = "") -> Reject:
    """A reject with one of the common reasons."""
    return Reject(line, code, REASONS[code], raw[:RAW_HELD], column)


def write_quarantine(folder: Path, batch: int, source: str, rejects: Iterable[Reject]) -> Path:
    """Write the rejects of one source file; gzip when there are many.

    People open it in a spreadsheet, so its cells are inert; `read_quarantine` gives them as they
    were.

    Called before the commit: a quarantine file without its batch does no harm, a batch whose
    rejected rows are nowhere would.
    """
    rows = sorted(rejects, key=lambda r: r.line)
    safe = re.sub(r"[^\w.-]+", "_", source)[-80:]
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{batch:06d}-{safe}.csv"
    if len(rows) < GZIP_FROM_ROWS:
        path = folder / name
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            _write(stream, source, rows)
        return path
    path = folder / f"{name}.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="", compresslevel=3) as stream:
        _write(stream, source, rows)
    return path


def read_quarantine(path: Path) -> Iterator[dict[str, str]]:
    """The rows of such a file by the columns of `HEADER`, what stood in the source as it stood."""
    with _opened(path) as stream:
        for row in csv.DictReader(stream, restval=""):
            yield {column: as_it_was(row[column]) for column in HEADER}


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _write(stream: TextIO, source: str, rows: list[Reject]) -> None:
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    for row in rows:
        where = (inert(source), row.line or "", inert(row.column), row.code)
        raw = inert(row.raw[:RAW_CHARACTERS])
        writer.writerow((*where, row.reason.en, row.reason.zh, raw))
