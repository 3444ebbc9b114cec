"""The group at work, and what the lanes stage its files with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lamplit.engine.duckdb import Duck
from lamplit.meters import slots
from lamplit.meters.canonical import REGISTERS, SQL_TYPES
from lamplit.meters.lake import Lake
from lamplit.services.ingest.result import FileResult


@dataclass(slots=True)
class Group:
    """The files that are committed together, and what has been staged of them."""

    folder: Path
    """Where staged Parquet lies, on the lake's disk."""
    results: list[FileResult] = field(default_factory=list)
    wide: list[Path] = field(default_factory=list)
    bytes: int = 0
    registers: bool = False
    max_kwh: float = 1000.0
    unique: bool = False
    """Whether the last wide file was found to have no meter-day twice."""


class Staging:
    """The tables `slots` and `registers`, the wide Parquet files, and what fills them."""

    def __init__(self, duck: Duck, lake: Lake, timezone: str, tmp: Path) -> None:
        """`timezone`: the home's, which says what a local day is."""
        self.duck, self.lake, self.timezone, self.tmp = duck, lake, timezone, tmp
        self.group = Group(tmp)
        self.source_zone = timezone
        """The timezone of the file that is being read."""
        self.shard = False
        """Whether the file that is being read is a part of another."""
        self.lines: Sequence[int] = ()
        """Of a text that is one: the line there of each line here."""

    def begin(self, folder: Path) -> Group:
        """Start a group, with empty tables."""
        self.duck.drop(("slots", "registers"))
        self.duck.run(slots.create_slots("slots"))
        columns = ", ".join(f"{f.name} {SQL_TYPES[f.type]}" for f in REGISTERS)
        self.duck.run(f"CREATE TEMP TABLE registers (batch INTEGER, {columns})")
        folder.mkdir(parents=True, exist_ok=True)
        self.group = Group(folder)
        return self.group

    def common_length(self, stamps: str) -> int | None:
        """The interval length that the stamps of the whole file keep to, None where they say none.

        `stamps`: the relation of the file's stamps.
        """
        n, _, _, common = self.duck.row(slots.grids(stamps, per_meter=False))
        return int(common) if common is not None and n >= 2 else None

    def look_at(self, stamps: str) -> None:
        """Called with the stamps of a file whose interval length is looked for."""

    def other_encoding(self) -> None:
        """Called where a file is not in the encoding that its start seemed to be in."""

    def wide_folder(self, batch: int) -> Path:
        """Where a batch's wide rows are written first; the names of the kept begin alike."""
        return self.group.folder / f"w{batch:06d}"

    def forget(self, result: FileResult) -> None:
        """Undo what a file has staged so far."""
        self.duck.run(f"DELETE FROM slots WHERE batch = {result.batch}")
        self.duck.run(f"DELETE FROM registers WHERE batch = {result.batch}")
        folder = self.wide_folder(result.batch)
        for path in [p for p in self.group.wide if p.name.startswith(folder.name)]:
            path.unlink(missing_ok=True)
            self.group.wide.remove(path)
        shutil.rmtree(folder, ignore_errors=True)
