"""Where the carried states lie: one table per kept night, and a manifest that commits them.

`state/manifest.json` names the files that count; files it does not name are leftovers of a night
that was cut off, and are swept by the next. A snapshot holds the homes as the night left them, so
a late reading is worked in from the last snapshot before it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.services.home import write_atomically
from lamplit.services.night.universe import HOMES_SCHEMA
from lamplit.signals.fold import Arrays

MANIFEST = "manifest.json"
FORMAT = 1
KEEP_NIGHTS = 7
KEEP_MONTHS = 14
"""Kept: the last week's nights, and the last night of each month for a year and a bit."""


@dataclass(slots=True)
class StateManifest:
    """What the nights have come to.

    `through`: the last day worked, empty before the first night. `batch`: the last batch of the
    lake taken in. `rules`: which rules and thresholds gave these states. `snapshots`: day → files.
    `logs`: first day of a stretch worked in one go → the log of what its groups said.
    """

    format: int = FORMAT
    first_day: str = ""
    through: str = ""
    batch: int = 0
    rules: str = ""
    generation: int = 0
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    def days(self) -> list[date]:
        """The snapshots' days, in order."""
        return sorted(date.fromisoformat(day) for day in self.snapshots)


@dataclass(slots=True)
class Snapshot:
    """The homes as one night left them: who they are, what they carry, what the groups remember."""

    homes: pa.Table
    carried: Arrays
    peers: dict[str, tuple[float, float]]
    zeros: dict[str, float]


def read_manifest(state_dir: Path) -> StateManifest:
    """The manifest; a fresh one where no night has run.

    Raises LamplitError `night.state-damaged` where it can't be read.
    """
    file = state_dir / MANIFEST
    if not file.exists():
        return StateManifest()
    try:
        found = json.loads(file.read_text("utf-8"))
        if found["format"] != FORMAT:
            return StateManifest()
        return StateManifest(**found)
    except (ValueError, TypeError, KeyError) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(file)) from reason


def commit(state_dir: Path, manifest: StateManifest) -> None:
    """Make the manifest count, then sweep the files that it no longer names."""
    write_atomically(state_dir / MANIFEST, json.dumps(asdict(manifest), indent=1))
    sweep_leftovers(state_dir, manifest)


def sweep_leftovers(state_dir: Path, manifest: StateManifest) -> None:
    """Remove files that the manifest does not name."""
    named = {name for files in manifest.snapshots.values() for name in files.values()}
    named |= set(manifest.logs.values())
    for file in state_dir.glob("*.parquet*"):
        if file.name not in named:
            file.unlink(missing_ok=True)


def write_snapshot(
    state_dir: Path,
    day: date,
    generation: int,
    snapshot: Snapshot,
) -> dict[str, str]:
    """Write a snapshot's files; they count once the manifest names them. Returns their names."""
    table = snapshot.homes
    for name, values in snapshot.carried.items():
        table = table.append_column(name, pa.array(values))
    names = {
        "homes": f"homes-{day}-{generation}.parquet",
        "groups": f"groups-{day}-{generation}.parquet",
    }
    _write(state_dir / names["homes"], table)
    _write(state_dir / names["groups"], _groups_table(snapshot))
    return names


def _groups_table(snapshot: Snapshot) -> pa.Table:
    peers, zeros = snapshot.peers, snapshot.zeros
    nothing = [math.nan]
    return pa.table(
        {
            "kind": pa.array(["peer"] * len(peers) + ["silence"] * len(zeros), pa.string()),
            "id": pa.array([*peers, *zeros], pa.string()),
            "level": pa.array([v[0] for v in peers.values()] + nothing * len(zeros), pa.float64()),
            "days": pa.array([v[1] for v in peers.values()] + nothing * len(zeros), pa.float64()),
            "zeros": pa.array(nothing * len(peers) + list(zeros.values()), pa.float64()),
        }
    )


def write_log(state_dir: Path, first: date, generation: int, table: pa.Table) -> str:
    """Write what the groups said over a stretch that begins on `first`; returns the file's name."""
    name = f"areas-{first}-{generation}.parquet"
    _write(state_dir / name, table)
    return name


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(
        table, path, compression="lz4", use_dictionary=False, write_statistics=False,
        row_group_size=1 << 18,
    )  # fmt: skip
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_snapshot(state_dir: Path, manifest: StateManifest, day: date) -> Snapshot:
    """The snapshot of `day`, which the manifest must name.

    Raises LamplitError `night.state-damaged` where its files are missing or unreadable.
    """
    files = manifest.snapshots[day.isoformat()]
    try:
        table = pq.read_table(state_dir / files["homes"])
        groups = pq.read_table(state_dir / files["groups"]).to_pylist()
    except (OSError, pa.ArrowInvalid) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(state_dir)) from reason
    carried = {
        name: np.array(table[name]) for name in table.column_names if name not in HOMES_SCHEMA.names
    }
    return Snapshot(
        table.select(HOMES_SCHEMA.names).cast(HOMES_SCHEMA),
        carried,
        {g["id"]: (g["level"], g["days"]) for g in groups if g["kind"] == "peer"},
        {g["id"]: g["zeros"] for g in groups if g["kind"] == "silence"},
    )


def days_to_keep(first: date, last: date) -> set[date]:
    """The days between `first` and `last` whose snapshots are kept once `last` is through."""
    keep = {last - timedelta(n) for n in range(KEEP_NIGHTS)}
    month_end = last.replace(day=1) - timedelta(1)
    for _ in range(KEEP_MONTHS):
        keep.add(month_end)
        month_end = month_end.replace(day=1) - timedelta(1)
    return {day for day in keep if first <= day <= last}
