"""How a delimited text file is read in SQL: every cell as text, by its place, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lamplit.meters.layouts.base import Source, SqlPlan

REJECTS = "csv_rejects"
"""The table to which DuckDB writes the lines that it could not split or cast."""

MAX_LINE = 32 << 10
"""Characters beyond which a line is no line of readings: 1,440 minutes' values have 20,000."""
NULL_CELLS = ("", "NULL", "null", "Null", "NaN", "nan", "NA", "N/A", "-", "--", "/", "\\N", "无")
"""Cells that a typed column takes for "no value" (DuckDB compares them as they are)."""


def lines_before_data(source: Source) -> int:
    """Lines down to the header, inclusive."""
    for number, line in enumerate(source.sample.text.splitlines(), start=1):
        if line.strip("\ufeff \t"):
            return number
    return 1


def cells(source: Source, types: Mapping[int, str] | None = None, *, numbered: bool = True) -> str:
    """A FROM-able relation of columns c0, c1 … (VARCHAR but for `types`), and `line`.

    Without `numbered`, `line` is NULL in text files, and DuckDB may read them on all its threads.
    """
    sample = source.sample
    if sample.parquet is not None and source.shard:
        return f"(SELECT * FROM read_parquet({source.sql_path}))"
    if sample.parquet is not None:
        names = [n.replace('"', '""') for n in sample.parquet.names]
        picked = ", ".join(f'"{name}" AS c{i}' for i, name in enumerate(names))
        return (
            f"(SELECT file_row_number + 1 AS line, {picked} "
            f"FROM read_parquet({source.sql_path}, file_row_number = true))"
        )
    types = types or {}
    places = range(len(sample.header))
    columns = ", ".join(f"'c{i}': '{types.get(i, 'VARCHAR')}'" for i in places)
    delimiter = sample.delimiter.replace("'", "''")
    before = lines_before_data(source)
    nulls = ", ".join("'" + n.replace("'", "''") + "'" for n in _nulls(source, types))
    line = f"row_number() OVER () + {before}" if numbered else "CAST(NULL AS BIGINT)"
    picked = "*"
    if source.shard:
        line, picked = "line", "* EXCLUDE (line)"
        columns += ", 'line': 'BIGINT'"
    return (
        f"(SELECT {line} AS line, {picked} FROM read_csv({source.sql_path}, "
        f"auto_detect = false, header = true, skip = {before - 1}, delim = '{delimiter}', "
        "quote = '\"', escape = '\"', "
        f"nullstr = [{nulls}], columns = {{{columns}}}, "
        f"store_rejects = true, rejects_table = '{REJECTS}', "
        f"rejects_scan = '{REJECTS}_scans', rejects_limit = 0, max_line_size = {2 << 20}))"
    )


def places_read(plan: SqlPlan) -> list[int]:
    """The places of the columns that a plan reads. The plan is one of a shard, whose relation of
    `cells` names none.
    """
    texts = " ".join((plan.select, plan.rejects or "", *(sql for _, sql in plan.steps)))
    return sorted({int(place) for place in _PLACE.findall(texts)})


_PLACE = re.compile(r"\bc(\d+)\b")


def _nulls(source: Source, types: Mapping[int, str]) -> tuple[str, ...]:
    """The words for "no value" that the sample's typed columns use.

    DuckDB compares every cell with every word, which costs an eighth of its time for a dozen; a
    word that only comes later makes it reject the line, and the file is read patiently.
    """
    cells = {row[at] for row in source.sample.rows for at in types if at < len(row)}
    return ("", *(n for n in NULL_CELLS if n and n in cells))


def raw_line(count: int, limit: int = 40) -> str:
    """The cells put together again, empty ones too, for the quarantine."""
    shown = ", ".join(f"coalesce(CAST(c{i} AS VARCHAR), '')" for i in range(min(count, limit)))
    return f"concat_ws(',', {shown})"
