"""Where the carried states lie: one snapshot per kept night, and a manifest that commits them.

`state/manifest.json` names the files that count; files it does not name are leftovers of a night
that was cut off, and are swept by the next. A snapshot holds the homes as the night left them, so
a late reading is worked in from the last snapshot before it. Homes that a rework changed lie in
small patch files over a snapshot, so that one late reading does not write a million homes again.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.meters.shelf import Shelf
from lamplit.services.home import Home, write_atomically
from lamplit.services.night.carried import (
    HOMES,
    PATCH,
    Carried,
    keep_table,
    no_room,
    open_files,
    read_table,
)
from lamplit.services.night.ledger import unfinished
from lamplit.services.night.universe import LINKS_SCHEMA
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
    homes with several, as they were taken into account. `expired`: the last day whose readings were
    let go; what comes late for it or for days before it is not worked in any more. `course`: day →
    the file of that day's courses (courses.py); `course_homes`: whose they are. `after`: the digest
    of the manifest that this took the place of, empty where the states lie in a folder.
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
    expired: str = ""
    course: dict[str, str] = field(default_factory=dict)
    course_homes: str = ""
    after: str = ""

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
        single = {name for name in (self.links, self.course_homes) if name}
        return names | set(self.logs.values()) | set(self.course.values()) | single


@dataclass(slots=True)
class Snapshot:
    """The homes as one night left them: who they are, what they carry, what the groups remember.

    `peers`: community → (level, days); `zeros`: collector or building → usual share of zeros.
    """

    homes: pa.Table
    carried: Arrays
    peers: dict[str, tuple[float, float]]
    zeros: dict[str, float]


@dataclass(slots=True)
class Standing:
    """As `Snapshot`, but what the homes carry may still lie in files."""

    homes: pa.Table
    carried: Carried
    peers: dict[str, tuple[float, float]]
    zeros: dict[str, float]


Remembered = Snapshot | Standing
"""What has a word of the groups' memory."""


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


def commit(home: Home, manifest: StateManifest) -> None:
    """Make the manifest count, in one rename.

    The files that it no longer names stay until the next run sweeps, since a reader may be in the
    middle of them. Raises LamplitError `home.address-differs` or `home.disk-full`, and commits
    nothing.
    """
    file = home.state_dir / MANIFEST
    manifest.after = home.state_shelf.abreast(file)
    try:
        write_atomically(file, json.dumps(asdict(manifest), indent=1))
    except OSError as fault:
        raise no_room(fault, home.state_dir) from fault
    home.state_shelf.note(file)


def sweep_leftovers(home: Home, *manifests: StateManifest) -> None:
    """Remove files that none of these manifests names, nor the ledger of a night cut off.

    Raises LamplitError `home.address-differs`.
    """
    named = {name for manifest in manifests for name in manifest.named()}
    named |= unfinished(home.state_dir)
    shelf = home.state_shelf
    shelf.abreast(home.state_dir / MANIFEST)
    shelf.remove(name for name in shelf.sizes() if ".parquet" in name and name not in named)
    for file in home.state_dir.glob(".*.json.*"):
        file.unlink(missing_ok=True)


# --- writing ----------------------------------------------------------------------------------


def write_snapshot(shelf: Shelf, day: date, generation: int, snapshot: Snapshot) -> dict[str, str]:
    """Write a snapshot's files; they count once the manifest names them. Returns their names."""
    part = write_part(shelf, day, generation, None, (snapshot.homes, snapshot.carried))
    return part | write_groups(shelf, day, generation, snapshot)


def write_part(
    shelf: Shelf,
    day: date,
    generation: int,
    shard: int | None,
    homes: tuple[pa.Table, Arrays],
) -> dict[str, str]:
    """Write (homes, what they carry) of one shard, or of all; the file's name under its part."""
    mark = "" if shard is None else f"s{shard:04d}-"
    name = f"{HOMES}-{day}-{mark}{generation}.parquet"
    keep_table(shelf, name, _homes_table(*homes))
    return {HOMES if shard is None else f"{HOMES}{shard:04d}": name}


def write_groups(shelf: Shelf, day: date, generation: int, words: Remembered) -> dict[str, str]:
    """Write what the groups remember alone; returns the file's name under its part."""
    name = f"groups-{day}-{generation}.parquet"
    keep_table(shelf, name, _groups_table(words.peers, words.zeros))
    return {"groups": name}


def write_patch(
    shelf: Shelf, day: date, generation: int, shard: int, homes: tuple[pa.Table, Arrays]
) -> dict[str, str]:
    """Write changed homes of a shard, to lie over a snapshot; the file's name under its part."""
    name = f"{PATCH}-{day}-s{shard:04d}-{generation}.parquet"
    keep_table(shelf, name, _homes_table(*homes))
    return {f"{PATCH}{generation:09d}-{shard:04d}": name}


def patched_enough(shelf: Shelf, files: dict[str, str], homes: int) -> bool:
    """Whether a snapshot is to be written whole again, rather than patched in so many homes."""
    patches = {part.partition("-")[0] for part in files if part.startswith(PATCH)}
    whole = sum(_rows(shelf, name) for part, name in files.items() if part.startswith(HOMES))
    return len(patches) >= PATCHES or homes * PATCH_SHARE > whole


def write_links(shelf: Shelf, manifest: StateManifest, links: pa.Table) -> None:
    """Keep the links that the states take into account; written only where they changed."""
    if manifest.links and read_links(shelf, manifest).equals(links):
        return
    manifest.links = f"links-{manifest.generation}.parquet"
    keep_table(shelf, manifest.links, links)


def _rows(shelf: Shelf, name: str) -> int:
    with shelf.open(name) as stream:
        return int(pq.read_metadata(stream).num_rows)


def _homes_table(homes: pa.Table, carried: Arrays) -> pa.Table:
    for name, values in carried.items():
        homes = homes.append_column(name, pa.array(values))
    return homes


def _groups_table(peers: dict[str, tuple[float, float]], zeros: dict[str, float]) -> pa.Table:
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


def read_snapshot(shelf: Shelf, manifest: StateManifest, day: date) -> Snapshot:
    """The snapshot of `day`, which the manifest must name, with all that its homes carry.

    Raises LamplitError `night.state-damaged` where its files are missing or unreadable.
    """
    found = open_snapshot(shelf, manifest, day)
    return Snapshot(found.homes, found.carried.at(slice(None)), found.peers, found.zeros)


def open_snapshot(shelf: Shelf, manifest: StateManifest, day: date) -> Standing:
    """As `read_snapshot`, but what homes carry is read when it is asked for."""
    files = manifest.snapshots[day.isoformat()]
    homes, carried = open_files(shelf, files)
    return Standing(homes, carried, *read_groups(shelf, files))


def read_groups(
    shelf: Shelf, files: dict[str, str]
) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """(peers, zeros) of a snapshot's files, as `Snapshot` has them."""
    groups = read_table(shelf, files.get("groups", "")).to_pylist()
    return (
        {g["id"]: (g["level"], g["days"]) for g in groups if g["kind"] == "peer"},
        {g["id"]: g["zeros"] for g in groups if g["kind"] == "silence"},
    )


def read_links(shelf: Shelf, manifest: StateManifest) -> pa.Table:
    """The links kept by `write_links`; none where none were."""
    if not manifest.links:
        return LINKS_SCHEMA.empty_table()
    return read_table(shelf, manifest.links).combine_chunks()


def days_to_keep(first: date, last: date) -> set[date]:
    """The days between `first` and `last` whose snapshots are kept once `last` is through."""
    keep = {last - timedelta(n) for n in range(KEEP_NIGHTS)}
    month_end = last.replace(day=1) - timedelta(1)
    for _ in range(KEEP_MONTHS):
        keep.add(month_end)
        month_end = month_end.replace(day=1) - timedelta(1)
    return {day for day in keep if first <= day <= last}
