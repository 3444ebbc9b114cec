"""Where the carried states lie: one snapshot per kept night, and a manifest that commits them.

`state/manifest.json` names the files that count; files it does not name are leftovers of a night
that was cut off, and are swept by the next. A snapshot holds the homes as the night left them, so
a late reading is worked in from the last snapshot before it. Homes that a rework changed lie in
small patch files over a snapshot, so that one late reading does not write a million homes again.
"""

from __future__ import annotations

import errno
import json
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import home as home_problems
from lamplit.domain.problems import night as problems
from lamplit.services.home import write_atomically
from lamplit.services.night.universe import HOMES_SCHEMA, LINKS_SCHEMA, places_in
from lamplit.signals.fold import Arrays

MANIFEST = "manifest.json"
FORMAT = 2
KEEP_NIGHTS = 7
KEEP_MONTHS = 14
"""Kept: the last week's nights, and the last night of each month for a year and a bit."""
PATCHES = 12
PATCH_SHARE = 4
"""A snapshot takes so many patches, each of at most one in so many of its homes; then it is
written whole again."""


@dataclass(slots=True)
class StateManifest:
    """What the nights have come to.

    `through`: the last day worked, empty before the first night. `batch`: the last batch of the
    lake taken in. `rules`: which rules and thresholds gave these states. `snapshots`: day → files.
    `logs`: month (2025-01) → the log of what its groups said. `links`: the registry's links of
    homes with several, as they were taken into account.
    """

    format: int = FORMAT
    first_day: str = ""
    through: str = ""
    batch: int = 0
    rules: str = ""
    generation: int = 0
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    links: str = ""

    def days(self) -> list[date]:
        """The snapshots' days, in order."""
        return sorted(date.fromisoformat(day) for day in self.snapshots)

    def checked(self, first: date, last: date) -> tuple[date, date]:
        """The span, cut to the first day worked.

        Raises LamplitError `night.bad-span`, `night.before-first` or `night.not-yet`.
        """
        begun, through = date.fromisoformat(self.first_day), date.fromisoformat(self.through)
        if first > last:
            raise LamplitError(problems.BAD_SPAN, first=first, last=last)
        if last < begun:
            raise LamplitError(problems.BEFORE_FIRST, day=last, first=begun)
        if last > through:
            raise LamplitError(problems.NOT_YET, day=last, through=through)
        return max(first, begun), last

    def named(self) -> set[str]:
        """All files that count."""
        names = {name for files in self.snapshots.values() for name in files.values()}
        return names | set(self.logs.values()) | ({self.links} if self.links else set())


@dataclass(slots=True)
class Snapshot:
    """The homes as one night left them: who they are, what they carry, what the groups remember.

    `peers`: community → (level, days); `zeros`: collector or building → usual share of zeros.
    """

    homes: pa.Table
    carried: Arrays
    peers: dict[str, tuple[float, float]]
    zeros: dict[str, float]


def read_manifest(state_dir: Path) -> StateManifest:
    """The manifest; a fresh one where no night has run, or none in this format.

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
    """Make the manifest count, in one rename.

    The files that it no longer names stay until the next run sweeps, since a reader may be in the
    middle of them.
    """
    try:
        write_atomically(state_dir / MANIFEST, json.dumps(asdict(manifest), indent=1))
    except OSError as fault:
        raise _no_room(fault, state_dir) from fault


def sweep_leftovers(state_dir: Path, *manifests: StateManifest) -> None:
    """Remove files that none of these manifests names."""
    named = {name for manifest in manifests for name in manifest.named()}
    for file in (*state_dir.glob("*.parquet*"), *state_dir.glob(f".{MANIFEST}.*")):
        if file.name not in named:
            file.unlink(missing_ok=True)


# --- writing ----------------------------------------------------------------------------------


def write_snapshot(
    state_dir: Path, day: date, generation: int, snapshot: Snapshot
) -> dict[str, str]:
    """Write a snapshot's files; they count once the manifest names them. Returns their names."""
    homes = f"homes-{day}-{generation}.parquet"
    write_table(state_dir / homes, _homes_table(snapshot))
    return {"homes": homes} | write_groups(state_dir, day, generation, snapshot)


def write_groups(state_dir: Path, day: date, generation: int, snapshot: Snapshot) -> dict[str, str]:
    """Write what the groups remember alone; returns the file's name under its part."""
    name = f"groups-{day}-{generation}.parquet"
    write_table(state_dir / name, _groups_table(snapshot))
    return {"groups": name}


def write_patch(
    state_dir: Path, day: date, generation: int, files: dict[str, str], patch: Snapshot
) -> dict[str, str]:
    """Lay changed homes over a snapshot that lies in `files`; returns its files' names since.

    `patch` holds the changed homes, and what all groups remember.
    """
    patches = sum(name.startswith("patch") for name in files)
    whole = pq.read_metadata(state_dir / files["homes"]).num_rows
    if patches >= PATCHES or patch.homes.num_rows * PATCH_SHARE > whole:
        homes, carried = _read_homes(state_dir, files)
        homes, carried = _laid_over((homes, carried), (patch.homes, patch.carried))
        full = Snapshot(homes, carried, patch.peers, patch.zeros)
        return write_snapshot(state_dir, day, generation, full)
    name = f"patch-{day}-{generation}.parquet"
    write_table(state_dir / name, _homes_table(patch))
    return files | {f"patch{generation:09d}": name} | write_groups(
        state_dir, day, generation, patch
    )  # fmt: skip


def write_links(state_dir: Path, manifest: StateManifest, links: pa.Table) -> None:
    """Keep the links that the states take into account; written only where they changed."""
    if manifest.links and read_links(state_dir, manifest).equals(links):
        return
    manifest.links = f"links-{manifest.generation}.parquet"
    write_table(state_dir / manifest.links, links)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a file durably. Raises LamplitError `home.disk-full` where it does not fit."""
    try:
        pq.write_table(
            table, path, compression="lz4", use_dictionary=False, write_statistics=False,
            row_group_size=1 << 18,
        )  # fmt: skip
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise _no_room(fault, path) from fault


def _no_room(fault: OSError, path: Path) -> Exception:
    """The full disk that this fault tells of, or the fault itself."""
    if fault.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return fault
    reason = os.strerror(fault.errno)
    return LamplitError(home_problems.DISK_FULL, where=str(path), reason=reason)


def _homes_table(snapshot: Snapshot) -> pa.Table:
    table = snapshot.homes
    for name, values in snapshot.carried.items():
        table = table.append_column(name, pa.array(values))
    return table


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


# --- reading ----------------------------------------------------------------------------------


def read_snapshot(state_dir: Path, manifest: StateManifest, day: date) -> Snapshot:
    """The snapshot of `day`, which the manifest must name.

    Raises LamplitError `night.state-damaged` where its files are missing or unreadable.
    """
    files = manifest.snapshots[day.isoformat()]
    homes, carried = _read_homes(state_dir, files)
    return Snapshot(homes, carried, *read_groups(state_dir, files))


def read_groups(
    state_dir: Path, files: dict[str, str]
) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """(peers, zeros) of a snapshot's files, as `Snapshot` has them."""
    groups = read_table(state_dir, files.get("groups", "")).to_pylist()
    return (
        {g["id"]: (g["level"], g["days"]) for g in groups if g["kind"] == "peer"},
        {g["id"]: g["zeros"] for g in groups if g["kind"] == "silence"},
    )


def read_links(state_dir: Path, manifest: StateManifest) -> pa.Table:
    """The links kept by `write_links`; none where none were."""
    if not manifest.links:
        return LINKS_SCHEMA.empty_table()
    return read_table(state_dir, manifest.links).combine_chunks()


def read_table(state_dir: Path, name: str) -> pa.Table:
    """One of the state's files.

    Raises LamplitError `night.state-damaged` where it is missing or unreadable.
    """
    try:
        with pq.ParquetFile(state_dir / name) as file:
            return file.read()
    except (OSError, pa.ArrowException) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(state_dir / name)) from reason


def _read_homes(state_dir: Path, files: dict[str, str]) -> tuple[pa.Table, Arrays]:
    found = _homes_in(state_dir / files.get("homes", ""))
    for part in sorted(name for name in files if name.startswith("patch")):
        found = _laid_over(found, _homes_in(state_dir / files[part]))
    return found


def _homes_in(path: Path) -> tuple[pa.Table, Arrays]:
    """(homes, carried) of one file; its row groups are read side by side, straight into place."""
    try:
        with pq.ParquetFile(path) as file:
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            types = {f.name: f.type.to_pandas_dtype() for f in file.schema_arrow}
        names = [name for name in types if name not in HOMES_SCHEMA.names]
        carried = {name: np.empty(sum(sizes), types[name]) for name in names}

        def read(part: int) -> pa.Table:
            with pq.ParquetFile(path) as file:
                table = file.read_row_group(part, use_threads=False)
            start = sum(sizes[:part])
            for name in names:
                carried[name][start : start + sizes[part]] = table[name]
            return table.select(HOMES_SCHEMA.names).cast(HOMES_SCHEMA)

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            homes = list(pool.map(read, range(len(sizes))))
    except (OSError, pa.ArrowException) as reason:
        raise LamplitError(problems.STATE_DAMAGED, where=str(path)) from reason
    return pa.concat_tables(homes or [HOMES_SCHEMA.empty_table()]), carried


def _laid_over(
    under: tuple[pa.Table, Arrays], over: tuple[pa.Table, Arrays]
) -> tuple[pa.Table, Arrays]:
    """The homes of `over` in the place of those of `under`, and after them those that are new."""
    homes, carried = under
    place = places_in(over[0], homes)
    new = place < 0
    take = np.arange(homes.num_rows + int(new.sum()))
    take[place[~new]] = homes.num_rows + np.flatnonzero(~new)
    take[homes.num_rows :] = homes.num_rows + np.flatnonzero(new)
    both = pa.concat_tables([homes, over[0]]).take(pa.array(take)).combine_chunks()
    return both, {n: np.concatenate([v, over[1][n]])[take] for n, v in carried.items()}


def days_to_keep(first: date, last: date) -> set[date]:
    """The days between `first` and `last` whose snapshots are kept once `last` is through."""
    keep = {last - timedelta(n) for n in range(KEEP_NIGHTS)}
    month_end = last.replace(day=1) - timedelta(1)
    for _ in range(KEEP_MONTHS):
        keep.add(month_end)
        month_end = month_end.replace(day=1) - timedelta(1)
    return {day for day in keep if first <= day <= last}
