"""A home in a temporary folder, files in it, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest import FileResult, IngestReport, ingest

SAYS = (
    "meter_id, day, minutes, slots, slots_read, kwh, kwh_export, quality, intervals, exports, "
    "slot_quality"
)
"""What the lake says, apart from where it has it from."""


@dataclass
class Bench:
    """One home and a folder for its source files."""

    home: Home
    folder: Path

    @classmethod
    def make(cls, folder: Path, timezone: str = "Asia/Shanghai") -> Bench:
        (folder / "in").mkdir(parents=True, exist_ok=True)
        return cls(Home.create(folder / "home", timezone), folder / "in")

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, *paths: Path, **options: Any) -> IngestReport:
        plain = Options(timezone=self.home.timezone)
        done = ingest(self.home, paths, Options(**{"timezone": plain.timezone, **options}))
        for result in done.files:
            assert result.rows.adds_up, result
        return done

    def take_one(self, name: str, content: str | bytes, **options: Any) -> FileResult:
        (result,) = self.take(self.file(name, content), **options).files
        return result

    def lake(self) -> Lake:
        return Lake(self.home)

    def rows(self, columns: str = SAYS, where: str = "true") -> list[tuple[Any, ...]]:
        with Duck() as duck:
            return duck.rows(
                f"SELECT {columns} FROM {self.lake().sql()} WHERE {where} ORDER BY meter_id, day"
            )

    def row(self, columns: str = SAYS, where: str = "true") -> tuple[Any, ...]:
        (row,) = self.rows(columns, where)
        return row

    def total(self, columns: str, where: str = "true") -> tuple[Any, ...]:
        """Aggregates over the lake."""
        with Duck() as duck:
            return duck.row(f"SELECT {columns} FROM {self.lake().sql()} WHERE {where}")


def counts(result: FileResult) -> tuple[int, int, int, int, int]:
    rows = result.rows
    return rows.read, rows.kept, rows.corrected, rows.duplicate, rows.quarantined


def long_lines(
    meter: str, start: datetime, values: Sequence[object], minutes: int = 30
) -> list[str]:
    return [
        f"{meter},{start + timedelta(minutes=minutes * i):%Y-%m-%d %H:%M},{value}"
        for i, value in enumerate(values)
    ]


def long_csv(lines: Sequence[str], header: str = "meter_id,time,kwh") -> str:
    return "\n".join([header, *lines]) + "\n"


def wide_csv(rows: Sequence[tuple[str, date, Sequence[object]]], **extra: Sequence[object]) -> str:
    points = len(rows[0][2])
    names = ["meter_id", "date", *extra, *[f"P{i + 1}" for i in range(points)]]
    lines = [",".join(names)]
    for at, (meter, day, values) in enumerate(rows):
        more = [str(column[at]) for column in extra.values()]
        lines.append(
            ",".join([meter, str(day), *more, *["" if v is None else str(v) for v in values]])
        )
    return "\n".join(lines) + "\n"
