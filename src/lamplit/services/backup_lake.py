"""What of a home lies at an address, fetched into a backup.

It may be much, and take hours. So a backup that fetches has a folder beside its target that a run
which was cut off leaves for the next, with the files that had come; and the home's lock is held
only once most has come. Files never change: what the manifests name then is fetched, what came in
vain meanwhile is let go of.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import backup as problems
from lamplit.meters import manifest as manifests
from lamplit.meters.address import AddressShelf
from lamplit.services.home import Home
from lamplit.services.lock import NAME as LOCK
from lamplit.services.lock import writing
from lamplit.services.night.snapshots import read_manifest

PARTS: Final = ("lake", "state")
"""The folders of a home whose files may lie at an address."""

Progress = Callable[[int, int], None]
"""Told (bytes that have come, of how many)."""


@dataclass(slots=True)
class Fetched:
    """What of the address is in a backup, and what is wrong with that which is not."""

    files: int = 0
    bytes: int = 0
    problems: list[LamplitError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    shelf: AddressShelf
    folder: Path
    sizes: dict[str, int]
    """Name → bytes, of what the manifest names and is at the address."""
    digests: dict[str, str]
    """Name → digest, empty where it has none, of what the manifest names."""

    def missing(self) -> dict[str, int]:
        """What is still to come."""
        return {n: size for n, size in self.sizes.items() if _size(self.folder / n) != size}

    def prune(self) -> None:
        """Let go of what the manifest does not name, drafts of a run that was cut off among it."""
        for path in list(self.folder.rglob("*")):
            if path.is_file() and path.relative_to(self.folder).as_posix() not in self.digests:
                path.unlink()


@contextmanager
def resumed(home: Home, target: Path) -> Iterator[Path]:
    """The folder where the backup `target` comes to be, with what an earlier run has fetched.

    Raises LamplitError `lake.locked` while another backup is at work there.
    """
    shelf = home.lake_shelf
    assert isinstance(shelf, AddressShelf)
    coming = target.parent / f".{target.name}.{shelf.home[:8]}"
    coming.mkdir(mode=0o700, exist_ok=True)
    with writing(coming, "backup"):
        _strip(coming)
        try:
            yield coming
        except BaseException:
            if coming.exists():
                _strip(coming)
                if not any(coming.rglob("*.parquet")):
                    shutil.rmtree(coming)
            raise


def fetch(home: Home, coming: Path, progress: Progress | None = None) -> Fetched:
    """Bring into `coming` what the manifests name now, as far as it is not there yet.

    A file whose bytes are not those of its digest is left out and told of; one that is not at the
    address is left out. Raises LamplitError `backup.no-room` before anything comes, and
    `lake.address-unreached`.
    """
    parts = _parts(home, coming)
    for part in parts:
        part.prune()
    missing = [(part, part.missing()) for part in parts]
    total = sum(sum(sizes.values()) for _, sizes in missing)
    free = shutil.disk_usage(coming).free
    if total > free:
        raise LamplitError(problems.NO_ROOM, where=str(coming.parent), size=_said(total),
                           free=_said(free))  # fmt: skip
    came = _counter(total, progress)
    done = Fetched()
    for part, sizes in missing:
        done.problems += part.shelf.copy_to(part.folder, sizes, part.digests, came)
    there = [_size(part.folder / name) for part in parts for name in part.digests]
    come = [size for size in there if size is not None]
    done.files, done.bytes = len(come), sum(come)
    return done


def _parts(home: Home, coming: Path) -> list[_Part]:
    lake, states = manifests.load(home.lake_dir), read_manifest(home.state_dir)
    digests = {file.path: file.digest for file in lake.files}
    named = ((home.lake_shelf, digests), (home.state_shelf, dict.fromkeys(states.named(), "")))
    parts = []
    for name, (shelf, known) in zip(PARTS, named, strict=True):
        assert isinstance(shelf, AddressShelf)
        (coming / name).mkdir(exist_ok=True)
        sizes = {n: size for n, size in shelf.sizes().items() if n in known}
        parts.append(_Part(shelf, coming / name, sizes, known))
    return parts


def _counter(total: int, progress: Progress | None) -> Callable[[int], None]:
    """Adds up what comes, from several threads."""
    done, alone = 0, threading.Lock()

    def came(size: int) -> None:
        nonlocal done
        with alone:
            done += size
            if progress:
                progress(done, total)

    return came


def _strip(coming: Path) -> None:
    """Leave what was fetched alone: all else is copied anew."""
    for path in coming.iterdir():
        if path.name in (*PARTS, LOCK):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _said(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
