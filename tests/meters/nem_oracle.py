"""Runs a layout's plan on DuckDB as the ingest core does, and unpacks the samples."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from lamplit.meters.layouts.base import Options, Sample, Source, SqlLayout


@dataclass
class Outcome:
    rows: list[dict[str, Any]]
    rejects: list[tuple[int, str, str, str]]

    @property
    def codes(self) -> list[str]:
        return [r[2] for r in self.rejects]


def sample_of(path: Path) -> Sample:
    head = path.read_bytes()[:65536]
    return Sample(name=path.name, head=head, text=head.decode("utf-8-sig", "replace"))


def run_plan(layout: SqlLayout, path: Path, timezone: str = "Australia/Brisbane") -> Outcome:
    plan = layout.plan(Source(path, sample_of(path)), Options(timezone=timezone))
    con = duckdb.connect()
    con.execute("SET threads = 2")
    for _, sql in plan.steps:
        con.execute(sql)
    found = con.execute(f"SELECT * FROM ({plan.select}) ORDER BY meter_id, day, direction, line")
    names = [c[0] for c in found.description]
    rows = [dict(zip(names, r, strict=True)) for r in found.fetchall()]
    rejects = con.execute(plan.rejects).fetchall() if plan.rejects else []
    con.close()
    return Outcome(rows, rejects)


def unpack(archive: Path, folder: Path) -> Path:
    """The one file in a sample's archive, in `folder`."""
    with zipfile.ZipFile(archive) as z:
        (name,) = z.namelist()
        target = folder / "sample.csv"
        target.write_bytes(z.read(name))
    return target
