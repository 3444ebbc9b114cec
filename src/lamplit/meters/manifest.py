"""The lake's manifest: which files are in, and which source made them. Its rename is the commit."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems

VERSION: Final = 2
"""1 had no digests; it is read still, and written no more."""
NAME: Final = "manifest.json"

Kind = Literal["base", "delta"]


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file of the lake; its rows' days lie in one month."""

    path: str
    """Relative to the lake's folder."""
    kind: Kind
    month: int
    """2025-01 is 202501."""
    day_min: date
    day_max: date
    rows: int
    batch: int
    """The latest batch that any row of it comes from."""
    digest: str = ""
    """BLAKE2b of its bytes, 128 bits in hex; empty where it was written before digests were."""

    def overlaps(self, first: date | None, last: date | None) -> bool:
        """Whether it may hold days from `first` to `last`, inclusive; None is unbounded."""
        return (first is None or self.day_max >= first) and (last is None or self.day_min <= last)


@dataclass(frozen=True, slots=True)
class Batch:
    """One source file that was taken in."""

    id: int
    source: str
    sha256: str
    layout: str
    options: Mapping[str, object]
    rows: Mapping[str, int]
    """read, kept, corrected, duplicate, quarantined."""
    at: str
    """When, in UTC, as ISO 8601."""
    day_min: date | None = None
    day_max: date | None = None
    meters: int = 0
    size: int = 0
    """Bytes of the source as it lay on disk."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole lake at one moment."""

    next_batch: int = 1
    files: tuple[LakeFile, ...] = ()
    batches: tuple[Batch, ...] = ()
    after: str = ""
    """The digest of the manifest that it took the place of; empty where files are in a folder."""

    def overlapping(self, first: date | None, last: date | None) -> tuple[LakeFile, ...]:
        """The files that may hold days from `first` to `last`, inclusive."""
        return tuple(f for f in self.files if f.overlaps(first, last))

    def seen(self, sha256: str, options: Mapping[str, object]) -> Batch | None:
        """The batch that took in the same bytes with the same options; None if there is none."""
        for batch in reversed(self.batches):
            if batch.sha256 == sha256 and dict(batch.options) == dict(options):
                return batch
        return None

    def changed(
        self,
        *,
        add: tuple[LakeFile, ...] = (),
        drop: frozenset[str] = frozenset(),
        batches: tuple[Batch, ...] = (),
    ) -> Manifest:
        """The manifest after a commit that adds and drops files, and adds batches."""
        files = tuple(f for f in self.files if f.path not in drop) + add
        newest = max([self.next_batch - 1, *(b.id for b in batches)])
        ordered = tuple(sorted(files, key=lambda f: (f.day_min, f.kind, f.path)))
        return replace(self, files=ordered, batches=self.batches + batches, next_batch=newest + 1)


@dataclass(slots=True)
class _Cache:
    stamps: dict[Path, tuple[tuple[int, int, int], Manifest]] = field(default_factory=dict)


_CACHE = _Cache()


def load(lake_dir: Path) -> Manifest:
    """The manifest of the lake in `lake_dir`; an empty one where there is none yet.

    Raises LamplitError `lake.manifest-damaged`, or `lake.newer-version`.
    """
    path = lake_dir / NAME
    try:
        stat = path.stat()
    except FileNotFoundError:
        return Manifest()
    stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    known = _CACHE.stamps.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    try:
        manifest = _parse(json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError) as cause:
        raise LamplitError(problems.MANIFEST_DAMAGED, where=str(path), cause=cause) from cause
    _CACHE.stamps[path] = (stamp, manifest)
    return manifest


def save(lake_dir: Path, manifest: Manifest) -> None:
    """Put `manifest` in the place of the old one, in one rename, durably."""
    lake_dir.mkdir(parents=True, exist_ok=True)
    content = {
        "version": VERSION,
        "next_batch": manifest.next_batch,
        "after": manifest.after,
        "files": [asdict(f) for f in manifest.files],
        "batches": [asdict(b) for b in manifest.batches],
    }
    temporary = lake_dir / f".{NAME}.new"
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, default=_plain, separators=(",", ":"))
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(lake_dir / NAME)
    sync_dir(lake_dir)


def digest_of(path: Path) -> str:
    """The digest of a file's bytes, as `LakeFile.digest` has it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, new_digest).hexdigest()


def new_digest() -> hashlib.blake2b:
    """A digest to be given a file's bytes, as `digest_of` makes it."""
    return hashlib.blake2b(digest_size=16)


def sync_file(path: Path) -> None:
    """Make a file's bytes durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_dir(folder: Path) -> None:
    """Make a folder's entries durable, where the system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        # Some network file systems refuse to sync a folder; the rename itself still holds.
        pass
    finally:
        os.close(handle)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _parse(raw: dict[str, Any]) -> Manifest:
    if raw["version"] > VERSION:
        raise LamplitError(problems.NEWER_VERSION, found=raw["version"], known=VERSION)
    return Manifest(
        raw["next_batch"],
        tuple(_dated(LakeFile, f) for f in raw["files"]),
        tuple(_dated(Batch, b) for b in raw["batches"]),
        raw.get("after", ""),
    )


def _dated(kind: Any, raw: dict[str, Any]) -> Any:
    for key in ("day_min", "day_max"):
        if raw.get(key) is not None:
            raw[key] = date.fromisoformat(raw[key])
    return kind(**raw)
