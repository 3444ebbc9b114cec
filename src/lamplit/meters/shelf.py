"""A shelf: where files that never change are kept, each under a name of its own.

A file is written to a draft, whole, and then put under its name; nobody reads it before a manifest
names it, and nobody writes it again. So a shelf needs no lock and no renaming of what others see.
"""

from __future__ import annotations

import errno
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from lamplit.meters.manifest import sync_dir, sync_file


class Shelf(Protocol):
    """Files by their names, which are relative paths with `/` between.

    It is pickled and sent to workers, so that it holds no connection. What is not there is told of
    by FileNotFoundError, whose `filename` is what `where` says.
    """

    def where(self, name: str) -> str:
        """The file's place, as it is told to people."""

    def fetch(self, names: Sequence[str], digests: Mapping[str, str] | None = None) -> list[Path]:
        """The files as files of this machine, to be read and never written.

        `digests`: name → the digest of its bytes, held against what comes over a network.
        """

    def open(self, name: str) -> BinaryIO:
        """The file as a stream that can seek, of which only what is asked for is read."""

    def draft(self, name: str) -> Path:
        """A fresh path to write to, from which `put` costs least."""

    def put(self, local: Path, name: str) -> None:
        """Keep a finished file of this machine under `name`; it is no longer at `local` then."""

    def settle(self, names: Iterable[str]) -> None:
        """See to it that files outlast a loss of power from here on."""

    def note(self, file: Path) -> None:
        """Lay a copy of a manifest beside the files, for whoever loses its folder."""

    def abreast(self, file: Path) -> str:
        """See to it that the copy of a manifest there is of this home's run, and of its last.

        Gives the digest by which the next manifest is to name this one, in its `after`; empty where
        there is none, and where no copies are kept. Raises LamplitError `home.address-differs`.
        """

    def sizes(self) -> dict[str, int]:
        """All there is, drafts that were left behind among it: name → bytes."""

    def forget(self, names: Iterable[str]) -> None:
        """Keep no copies of these: `fetch` gets them anew."""

    def remove(self, names: Iterable[str]) -> None:
        """Let go of files; those that are not there are left alone."""

    def for_workers(self) -> Shelf:
        """The same shelf as other machines reach it."""


@contextmanager
def written(shelf: Shelf, name: str) -> Iterator[Path]:
    """A path to write to; what lies there when the block ends well is kept under `name`."""
    draft = shelf.draft(name)
    try:
        yield draft
        shelf.put(draft, name)
    finally:
        draft.unlink(missing_ok=True)


def draft_beside(place: Path) -> Path:
    """A fresh path in the folder of a file that is to be, which is made where it is not there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    return place.with_name(f".{secrets.token_hex(8)}{place.suffix}")


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder that all machines see at the same path: files are read and written in place."""

    folder: Path

    def where(self, name: str) -> str:
        """As `Shelf.where`."""
        return str(self.folder / name)

    def fetch(self, names: Sequence[str], digests: Mapping[str, str] | None = None) -> list[Path]:
        """As `Shelf.fetch`: the files themselves."""
        paths = [self.folder / name for name in names]
        for path in paths:
            if not path.exists():
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return paths

    def open(self, name: str) -> BinaryIO:
        """As `Shelf.open`."""
        return (self.folder / name).open("rb")

    def draft(self, name: str) -> Path:
        """As `Shelf.draft`: beside its place, since a file is renamed within a disk only."""
        return draft_beside(self.folder / name)

    def put(self, local: Path, name: str) -> None:
        """As `Shelf.put`."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            local.replace(place)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            draft = self.draft(name)
            shutil.copyfile(local, draft)
            draft.replace(place)
            local.unlink()

    def settle(self, names: Iterable[str]) -> None:
        """As `Shelf.settle`."""
        folders = set()
        for name in names:
            path = self.folder / name
            sync_file(path)
            folders.add(path.parent)
        for folder in folders:
            sync_dir(folder)

    def note(self, file: Path) -> None:
        """As `Shelf.note`: it lies there."""

    def abreast(self, file: Path) -> str:
        """As `Shelf.abreast`: there is no other."""
        return ""

    def sizes(self) -> dict[str, int]:
        """As `Shelf.sizes`."""
        found = {}
        for path in self.folder.rglob("*"):
            try:
                if path.is_file():
                    found[path.relative_to(self.folder).as_posix()] = path.stat().st_size
            except FileNotFoundError:
                continue  # swept meanwhile
        return found

    def forget(self, names: Iterable[str]) -> None:
        """As `Shelf.forget`: there are none."""

    def remove(self, names: Iterable[str]) -> None:
        """As `Shelf.remove`."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def for_workers(self) -> FolderShelf:
        """As `Shelf.for_workers`: a worker has another current folder."""
        return replace(self, folder=self.folder.absolute())
