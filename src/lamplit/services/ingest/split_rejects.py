"""Lines that were no rows: what DuckDB could not split into cells, and the line each stands on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from lamplit.domain.language import Text
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.layouts.base import Reject, Source, SqlLayout, SqlPlan
from lamplit.meters.layouts.csvfile import REJECTS
from lamplit.meters.quarantine import RAW_CHARACTERS, RAW_HELD, REASONS, reject

_SPLIT: Final = {
    "MISSING COLUMNS": "columns",
    "TOO MANY COLUMNS": "columns",
    "UNQUOTED VALUE": "quotes",
    "LINE SIZE OVER MAXIMUM": "too-long",
    "INVALID ENCODING": "encoding",
    "INVALID STATE": "quotes",
    "CAST": "not-a-number",
}


def split_count(duck: Duck) -> int:
    """How many lines could not be split."""
    if not _has_rejects(duck):
        return 0
    return int(duck.value(f"SELECT count(DISTINCT line) FROM {REJECTS}"))


def _has_rejects(duck: Duck) -> bool:
    sql = f"SELECT count(*) FROM duckdb_tables() WHERE table_name = {quoted(REJECTS)}"
    return bool(duck.value(sql))


def split_rejects(duck: Duck, source: Source) -> list[Reject]:
    """The lines that DuckDB could not split into cells."""
    if not _has_rejects(duck):
        return []
    rows = duck.rows(
        "SELECT line, arg_min(CAST(error_type AS VARCHAR), coalesce(column_idx, 0)), "
        f"any_value(csv_line) FROM {REJECTS} GROUP BY line ORDER BY line"
    )
    return [reject(line, _SPLIT.get(kind, "unreadable"), raw or "") for line, kind, raw in rows]


def listed_rejects(duck: Duck, plan: SqlPlan, layout: SqlLayout) -> list[Reject]:
    """The rows that the plan itself lists as unusable, with the layout's own reasons."""
    if plan.rejects is None:
        return []
    own: dict[str, Text] = getattr(layout, "reasons", {})
    return [
        Reject(
            line,
            code,
            own.get(code) or REASONS.get(code) or REASONS["unreadable"],
            (raw or "")[:RAW_CHARACTERS],
            column or "",
        )
        for line, column, code, raw in duck.rows(
            f"SELECT line, field, code, raw FROM ({plan.rejects})"
        )
    ]


def numbered(own: list[Reject], split: list[Reject], source: Source) -> list[Reject]:
    """Rejects found by row, with the line that they stand on: lines not split come before."""
    if not split or source.sample.parquet is not None:
        return own
    skipped = sorted(r.line for r in split)
    fixed = []
    for row in sorted(own, key=lambda r: r.line):
        line = row.line
        for before in skipped:
            if before > line:
                break
            line += 1
        fixed.append(Reject(line, row.code, row.reason, row.raw, row.column))
    return fixed


def lined(rejects: list[Reject], source: Source) -> list[Reject]:
    """Rejects found by the line of a shard, by the line of the file that it is a shard of."""
    last = re.compile(re.escape(source.sample.delimiter) + r"\d+\n?$")
    found = []
    for row in rejects:
        line, raw = row.line, row.raw
        if source.lines:
            line = source.lines[line - 1]
            raw = raw if len(raw) == RAW_HELD else last.sub("", raw)
        found.append(replace(row, line=line, raw=raw[:RAW_CHARACTERS]))
    return found


def forget_rejects(duck: Duck) -> None:
    """Let the next file begin without any."""
    duck.drop((REJECTS, f"{REJECTS}_scans"))
