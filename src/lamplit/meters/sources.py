"""Files to take in that lie at an address: an object store or HDFS, by PyArrow's own clients.

What is typed is an address with its settings. What people are told of, and what the manifest keeps
of a batch, is the address without them.
"""

from __future__ import annotations

import errno
import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, unquote

from lamplit.domain.errors import FULL, LamplitError
from lamplit.domain.problems import sources as problems
from lamplit.domain.problems.home import DISK_FULL
from lamplit.meters.address import PIECE, SCHEMES, bad_address, connected, reason_of, told

ROOM_LEFT: Final = 256 << 20
"""Bytes of disk that a copy leaves free."""
BUFFER: Final = 1 << 16
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_USER: Final = re.compile(r"//[^/?@]*@")
_ENDING: Final = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,2}$")
"""Of a name, what says how the file is packed or read."""


@dataclass(frozen=True, slots=True)
class FarFile:
    """A file at an address. It is pickled and sent to workers, so that it holds no connection.

    `name`: as people know it. `address`: what is connected to. `place`: the path there, as PyArrow
    has it. Raises LamplitError `source.address-unreached`, and FileNotFoundError where the file is
    gone.
    """

    name: str
    address: str
    place: str
    size: int

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file as a stream that can seek, of which only what is asked for is read."""
        with reaching(self.address, self.name) as (system, _):
            stream = system.open_input_file(self.place)
        with stream, io.BufferedReader(_Told(stream, self), BUFFER) as told_of:
            yield told_of

    def fetch(self, target: Path, come: Callable[[int], None]) -> None:
        """Copy the file to `target`; `come` is told how many bytes there are, now and then.

        Raises LamplitError `home.disk-full`, before anything is fetched where that is known.
        """
        self._check_room(target)
        copied = 0
        with (
            reaching(self.address, self.name) as (system, _),
            # By default it would unpack what is called .gz, on its own terms.
            system.open_input_stream(self.place, compression=None) as stream,
            target.open("wb") as sink,
        ):
            while piece := stream.read(PIECE):
                sink.write(piece)
                copied += len(piece)
                come(copied)
        if copied != self.size:
            reason = f"{copied} of {self.size} bytes came"
            raise LamplitError(problems.UNREACHED, where=self.name, reason=reason)

    def _check_room(self, target: Path) -> None:
        free = shutil.disk_usage(target.parent).free
        if self.size + ROOM_LEFT > free:
            reason = f"{self.size >> 20} MB are to come, {free >> 20} MB are free"
            raise LamplitError(DISK_FULL, where=self.name, reason=reason)

    def copy_name(self) -> str:
        """What a copy is called: the file's ending counts, and all else may be too long for it."""
        ending = _ENDING.search(self.name)
        return "copy" + (ending[0] if ending else "")


class _Told(io.RawIOBase):
    """A stream at an address, whose own faults are told as what they are: what a reader of it finds
    wrong with the file is another matter.
    """

    def __init__(self, stream: Any, file: FarFile) -> None:
        self._stream, self._file = stream, file

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return int(self._stream.tell())

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; nothing is read for it."""
        return int(self._stream.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        """Read at most as much as there is room for."""
        with reaching(self._file.address, self._file.name):
            piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def is_address(text: str) -> bool:
    """Whether `text` is meant as an address, rather than as a path of this machine."""
    return bool(_ADDRESS.match(text)) and not Path(text).exists()


def find_far(address: str) -> list[FarFile]:
    """The files that an address stands for, by name: itself, all below it, or what its `*` finds.

    A `*` is read in the last part only. Hidden files are left out. Raises LamplitError
    `source.bad-address` or `source.address-unreached`, and FileNotFoundError where nothing is.
    """
    from pyarrow.fs import FileSelector, FileType

    if bad_address(address):
        schemes = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        shown = _USER.sub("//…@", told(address))
        raise LamplitError(problems.BAD_ADDRESS, where=shown, schemes=schemes)
    asked = unquote(told(address))
    pattern = ""
    if "*" in asked.rpartition("/")[2]:
        address, pattern = _above(address)
    folder = unquote(told(address))
    with reaching(address, asked) as (system, root):
        info = system.get_file_info(root)
        if info.type == FileType.File and not pattern:
            return [FarFile(asked, address, info.path, int(info.size))]
        if info.type != FileType.Directory:
            raise FileNotFoundError(errno.ENOENT, "no such file", asked)
        found = system.get_file_info(FileSelector(root, recursive=not pattern))
    files = []
    for info in found:
        below = info.path[len(root) :]
        hidden = any(part.startswith(".") for part in below.split("/"))
        wanted = not pattern or re.fullmatch(pattern, info.base_name)
        if info.type == FileType.File and wanted and not hidden:
            files.append(FarFile(folder + below, address, info.path, int(info.size)))
    if pattern and not files:
        raise FileNotFoundError(errno.ENOENT, "no such file", asked)
    return sorted(files, key=lambda file: file.name)


def _above(address: str) -> tuple[str, str]:
    """The folder of an address whose last part is a pattern, and that pattern."""
    place, mark, settings = address.partition("?")
    folder, _, last = place.rstrip("/").rpartition("/")
    pattern = ".*".join(re.escape(unquote(part)) for part in last.split("*"))
    return folder + mark + settings, pattern


@contextmanager
def reaching(address: str, where: str) -> Iterator[tuple[Any, str]]:
    """(PyArrow's file system of an address, the path there); what fails is told as what it is."""
    try:
        yield connected(_escaped(address))
    except FileNotFoundError as gone:
        raise FileNotFoundError(errno.ENOENT, "no such file", where) from gone
    except LamplitError:
        raise
    except Exception as fault:
        from pyarrow.lib import ArrowException

        if not isinstance(fault, (OSError, ArrowException)) or _full(fault):
            raise
        raise LamplitError(problems.UNREACHED, where=where, reason=reason_of(fault)) from fault


@lru_cache(64)
def _escaped(address: str) -> str:
    """An address as a URI: what people type has spaces and letters of all alphabets in it."""
    place, mark, settings = address.partition("?")
    return quote(place, safe="/%:@!$&'()*+,;=[]~") + mark + settings


def _full(fault: Exception) -> bool:
    return getattr(fault, "errno", None) in FULL
