"""A shelf at an address: an object store or HDFS, reached by PyArrow's own clients.

Files go there whole and come from there whole, to a folder of copies on this machine, so that
whoever asks reads a file of this machine. One trap shapes what is written: a stream that an
exception closes leaves a finished object, with what had been sent by then. So a file is finished
here first, sent, read back and compared, and only then is it told to be there.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from lamplit.domain.errors import FULL, LamplitError
from lamplit.domain.problems import home as home_problems
from lamplit.domain.problems import lake as problems
from lamplit.meters.manifest import digest_of, new_digest, sync_file
from lamplit.meters.shelf import draft_beside

SCHEMES: Final = ("s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs", "file")
"""Of addresses that PyArrow has a client for."""
SECRETS: Final = {"client_secret", "sig"}
"""Settings of an address by which Azure would be told a password."""
MARK: Final = "lamplit-home-"
"""How the name of the file begins by which a home says that an address is its own."""
FOLDERS: Final = ("local", "hdfs")
"""PyArrow's file systems that have folders, which must be there, and where a half file shows."""
AT_ONCE: Final = 8
"""Files that are sent or fetched side by side."""
PIECE: Final = 8 << 20
IN_USE_SECONDS: Final = 600
"""A copy that was asked for so lately may still be read, and is not given up for room."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AddressShelf:
    """The files below `part` at `address`, with copies of those in use in the folder `copies`.

    `home`: the id by which the home's own marker goes. `claim`: the file that says that the marker
    was put. `most`: bytes that copies may take, except while more is in use. A worker never puts
    a marker, and has copies where `worker_copies` says: there `claim` and `copies` are None.

    Raises LamplitError `lake.address-unreached` where the address does not do what it is asked,
    `home.address-taken`, `home.address-lost` or `home.disk-full`.
    """

    address: str
    part: str
    home: str
    most: int
    copies: Path | None = None
    claim: Path | None = None

    @property
    def _folder(self) -> Path:
        return self.copies or worker_copies() / self.home / self.part

    def where(self, name: str) -> str:
        """As `Shelf.where`."""
        return f"{told(self.address)}/{self.part}/{name}"

    def fetch(self, names: Sequence[str], digests: Mapping[str, str] | None = None) -> list[Path]:
        """As `Shelf.fetch`: copies, which may go once nobody has asked for them in a while.

        Raises LamplitError `lake.file-altered` where a file's bytes are not those of its digest.
        """
        known, now = digests or {}, time.time()
        paths = [self._folder / name for name in names]
        missing = []
        for name, path in zip(names, paths, strict=True):
            try:
                os.utime(path, (now, now))
            except FileNotFoundError:
                missing.append(name)
        if missing:
            sizes = dict(zip(missing, self._each(missing, self._size), strict=True))
            self._make_room(sum(sizes.values()), set(paths))
            self._each(
                missing, lambda n: self._fill(n, sizes[n], known.get(n, ""), self._copy_of(n))
            )
        return paths

    def copy_to(
        self,
        folder: Path,
        sizes: Mapping[str, int],
        digests: Mapping[str, str],
        came: Callable[[int], None],
    ) -> list[LamplitError]:
        """Lay files into a folder of this machine under their names, past the copies of `fetch`.

        `sizes`: name → bytes, as `sizes` tells them. `digests` as for `fetch`. `came` is told of
        bytes as they come, from several threads. A file is there whole or not at all. Gives a
        LamplitError `lake.file-altered` for each that is left out for its bytes; one that is gone
        meanwhile is left out.
        """

        def one(name: str) -> LamplitError | None:
            try:
                self._fill(name, sizes[name], digests[name], folder / name, came)
            except FileNotFoundError:
                return None
            except LamplitError as fault:
                if fault.problem is not problems.FILE_ALTERED:
                    raise
                return fault
            return None

        return [fault for fault in self._each(list(sizes), one) if fault]

    def open(self, name: str) -> BinaryIO:
        """As `Shelf.open`."""
        copy = self._folder / name
        if copy.exists():
            return copy.open("rb")
        with self._reaching(name) as (system, place):
            return cast(BinaryIO, system.open_input_file(place))

    def draft(self, name: str) -> Path:
        """As `Shelf.draft`: among the copies."""
        return draft_beside(self._copy_of(name))

    def put(self, local: Path, name: str) -> None:
        """As `Shelf.put`: sent, and read back; a driver keeps the file as its copy."""
        digest = digest_of(local)
        with local.open("rb") as source, self._reaching(name, making=True) as (system, place):
            with system.open_output_stream(place) as stream:
                shutil.copyfileobj(source, stream, PIECE)
            back = new_digest()
            with system.open_input_stream(place) as stream:
                while piece := stream.read(PIECE):
                    back.update(piece)
        if back.hexdigest() != digest:
            self.remove([name])
            reason = "it kept other bytes than it was sent"
            raise LamplitError(problems.UNREACHED, where=self.where(name), reason=reason)
        if self.claim is None:
            local.unlink()
            return
        copy = self._copy_of(name)
        shutil.move(local, copy)
        self._make_room(0, {copy})

    def settle(self, names: Iterable[str]) -> None:
        """As `Shelf.settle`: what was read back is kept by the store."""

    def note(self, file: Path) -> None:
        """As `Shelf.note`: the copy there is the old or the new, never a part.

        An object is there once it is whole; in a folder a file is written beside it first.
        """
        content = file.read_bytes()
        with self._reaching(file.name, making=True) as (system, place):
            draft = f"{place}.new" if system.type_name in FOLDERS else place
            with system.open_output_stream(draft) as stream:
                stream.write(content)
            if draft != place:
                with suppress(FileNotFoundError):
                    system.delete_file(place)  # HDFS renames onto nothing that is there
                system.move(draft, place)

    def abreast(self, file: Path) -> str:
        """As `Shelf.abreast`, by reading the copy.

        It is this home's manifest, or the one that this took the place of where a run was cut off
        between the commit and the copy. Any other was put by another copy of the home's folder.
        """
        own = file.read_bytes() if file.exists() else b""
        if own and _count(own) is None:
            return ""  # damaged, and told to be by whoever reads it
        there = self._noted(file.name)
        if there not in (own, None) and _said(own, "after") != _digest(there):
            raise LamplitError(
                home_problems.ADDRESS_DIFFERS, where=self.where(file.name),
                there=_count(there) or "–", here=_count(own) or "–",
            )  # fmt: skip
        if not own:
            return ""
        if there != own:
            self.note(file)
        return _digest(own)

    def _noted(self, name: str) -> bytes | None:
        """The copy of a manifest; None where there is none."""
        try:
            with self._reaching(name) as (system, place), system.open_input_file(place) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None

    def sizes(self) -> dict[str, int]:
        """As `Shelf.sizes`, by one list."""
        from pyarrow.fs import FileSelector, FileType

        with self._reaching("") as (system, place):
            root = place.rstrip("/")
            found = system.get_file_info(FileSelector(root, recursive=True, allow_not_found=True))
        return {
            info.path[len(root) + 1 :]: int(info.size)
            for info in found
            if info.type == FileType.File
        }

    def forget(self, names: Iterable[str]) -> None:
        """As `Shelf.forget`."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """As `Shelf.remove`; the copies on this machine go first."""
        names = list(names)
        self.forget(names)
        self._each(names, self._remove)

    def for_workers(self) -> AddressShelf:
        """As `Shelf.for_workers`: with copies in Spark's own scratch, which goes with its job."""
        return replace(self, copies=None, claim=None)

    def _copy_of(self, name: str) -> Path:
        """Where a file's copy goes; its folder is there."""
        place = self._folder / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place

    # --- one file -----------------------------------------------------------------------------

    def _size(self, name: str) -> int:
        with self._reaching(name) as (system, place):
            info = system.get_file_info(place)
        if info.size is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self.where(name))
        return int(info.size)

    def _fill(
        self,
        name: str,
        size: int,
        digest: str,
        place: Path,
        came: Callable[[int], None] | None = None,
    ) -> None:
        """Bring a file to `place`, whole and as it is to be."""
        draft, seen = draft_beside(place), new_digest()
        try:
            with (
                self._reaching(name) as (system, there),
                system.open_input_stream(there) as stream,
                draft.open("wb") as target,
            ):
                while piece := stream.read(PIECE):
                    seen.update(piece)
                    target.write(piece)
                    if came:
                        came(len(piece))
            all_of_it = draft.stat().st_size
            if all_of_it != size:
                reason = f"{all_of_it} of {size} bytes came"
                raise LamplitError(problems.UNREACHED, where=self.where(name), reason=reason)
            if digest and seen.hexdigest() != digest:
                raise LamplitError(problems.FILE_ALTERED, where=self.where(name))
            # Else a loss of power could leave a copy of the right name without its bytes.
            sync_file(draft)
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)

    def _remove(self, name: str) -> None:
        with self._reaching(name) as (system, place):
            try:
                system.delete_file(place)
            except FileNotFoundError:
                return

    def _each(self, names: Sequence[str], work: Callable[[str], T]) -> list[T]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(work, names))

    def _make_room(self, coming: int, wanted: set[Path]) -> None:
        """Give up copies, those first that nobody has asked for longest."""
        there = []
        for path in self._folder.rglob("*"):
            try:
                if path.is_file():
                    there.append((path.stat().st_mtime, path.stat().st_size, path))
            except FileNotFoundError:
                continue  # another process made room
        over = sum(size for _, size, _ in there) + coming - self.most
        for at, size, path in sorted(there):
            if over <= 0 or at > time.time() - IN_USE_SECONDS:
                return
            if path not in wanted:
                path.unlink(missing_ok=True)
                over -= size

    # --- the address --------------------------------------------------------------------------

    @contextmanager
    def _reaching(self, name: str, *, making: bool = False) -> Iterator[tuple[Any, str]]:
        """(PyArrow's file system, the file's path there); what fails is told as what it is.

        `making`: folders above the file, where the file system has any.
        """
        where = self.where(name)
        try:
            system, root = owned(self.address, self.home, self.claim)
            place = f"{root}/{self.part}/{name}"
            if making and system.type_name in FOLDERS:
                system.create_dir(place.rpartition("/")[0], recursive=True)
            yield system, place
        except FileNotFoundError as gone:
            raise FileNotFoundError(errno.ENOENT, "no such file", where) from gone
        except Exception as fault:
            from pyarrow.lib import ArrowException

            if not isinstance(fault, (OSError, ArrowException)):
                raise
            raise _failure(fault, where) from fault


def told(address: str) -> str:
    """An address as it is told to people: without its settings."""
    return address.partition("?")[0].rstrip("/")


@lru_cache(1)
def worker_copies() -> Path:
    """Where a worker keeps copies: in the scratch of its job, which Spark removes with it."""
    scratch = os.environ.get("SPARK_LOCAL_DIRS", "").partition(",")[0]
    return Path(scratch or tempfile.mkdtemp(prefix="lamplit-")) / "lamplit-copies"


@lru_cache(64)
def connected(address: str) -> tuple[Any, str]:
    """(PyArrow's file system of an address, the path there). Raises OSError or ValueError."""
    from pyarrow.fs import FileSystem

    system, root = FileSystem.from_uri(address)
    return system, root.rstrip("/")


@lru_cache(64)
def owned(address: str, home: str, claim: Path | None) -> tuple[Any, str]:
    """As `connected`, once the home's marker has been seen there and no other home's.

    A process looks once. Two homes that come at the same moment both see the other's marker, and
    neither goes on. Raises LamplitError `home.address-taken` or `home.address-lost`, OSError.
    """
    system, root = connected(address)
    markers = _markers(system, root)
    if markers - {home}:
        raise _taken(address, markers - {home})
    if home in markers:
        if claim is not None and not claim.exists():
            claim.touch()
        return system, root
    if claim is None or claim.exists():
        raise LamplitError(home_problems.ADDRESS_LOST, where=told(address), name=MARK + home)
    if system.type_name in FOLDERS:
        system.create_dir(root, recursive=True)
    with system.open_output_stream(f"{root}/{MARK}{home}") as stream:
        stream.write(b"The files here belong to a lamplit home.\n")
    markers = _markers(system, root)
    if markers - {home}:
        system.delete_file(f"{root}/{MARK}{home}")
        raise _taken(address, markers - {home})
    claim.touch()
    return system, root


def _markers(system: Any, root: str) -> set[str]:
    """The ids of the homes that say that this address is theirs."""
    from pyarrow.fs import FileSelector

    found = system.get_file_info(FileSelector(root, recursive=False, allow_not_found=True))
    return {info.base_name.removeprefix(MARK) for info in found if info.base_name.startswith(MARK)}


def _taken(address: str, others: set[str]) -> LamplitError:
    return LamplitError(home_problems.ADDRESS_TAKEN, where=told(address), name=MARK + min(others))


def _failure(fault: Exception, where: str) -> LamplitError:
    """What a fault tells of: a full disk of this machine, or an address that fails."""
    number = getattr(fault, "errno", None)
    if number in FULL:
        reason = os.strerror(number)
        return LamplitError(home_problems.DISK_FULL, where=where, reason=reason)
    return LamplitError(problems.UNREACHED, where=where, reason=reason_of(fault))


def reason_of(fault: Exception) -> str:
    """What PyArrow says of a fault, in a line."""
    return re.sub(r"\s+", " ", str(fault)).partition(" Details:")[0].rstrip(";")[:300]


def _digest(content: bytes) -> str:
    digest = new_digest()
    digest.update(content)
    return digest.hexdigest()


def _said(manifest: bytes, *names: str) -> object:
    """What a manifest says under the first of these names that it has; None where under none."""
    try:
        said = json.loads(manifest)
    except ValueError:
        return None
    return next((said[name] for name in names if name in said), None)


def _count(manifest: bytes) -> object:
    """How far a manifest is: the lake's next batch, or the nights' generation."""
    return _said(manifest, "next_batch", "generation")


def bad_address(address: str) -> bool:
    """Whether an address is none that PyArrow has a client for, or holds a password.

    Credentials are found by the client, in the environment or with the machine.
    """
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0]
    secret = ":" in user or (bool(user) and parts.scheme == "s3")
    secret |= not SECRETS.isdisjoint(parse_qs(parts.query))
    return parts.scheme not in SCHEMES or secret or not (parts.netloc or parts.path.strip("/"))
