"""From what the user named to plain files: folders walked, packed files unpacked within limits."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

import zstandard

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import ingest as problems
from lamplit.meters.address import PIECE, told
from lamplit.meters.sources import ROOM_LEFT, FarFile, find_far, is_address

Packing = Literal["plain", "gzip", "zstd", "zip"]

CHUNK: Final = 1 << 20
BOMB_RATIO: Final = 250
BOMB_BYTES: Final = 256 << 20
"""Text of readings packs to a tenth, at the very best to a sixtieth: past 250 times its packed
size, and past 256 MB, a file is not unpacked further."""
LINE_WINDOW: Final = 16 << 10
MEMBERS_MAX: Final = 200_000
PACKED_ENDINGS: Final = (".zip", ".gz", ".zst", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")


Place = Path | FarFile
"""Where a file's bytes are."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read, as it lies on disk or within a zip."""

    name: str
    """What the user knows it by: `july.zip/a.csv`."""
    path: Path
    packing: Packing
    member: str | None = None
    size: int = 0
    """Bytes as they lie on disk (packed, for a member of a zip)."""
    far: FarFile | None = None
    """Where it lies at an address and is read there: nothing is at `path` then."""

    @property
    def place(self) -> Place:
        """Where its bytes are, for whoever reads them on another machine."""
        return self.far or self.path.absolute()


def find_inputs(given: Iterable[Path | str]) -> list[Input | FarFile]:
    """Every file under the paths and addresses `given`, in that order; folders by name.

    Of this machine, zips are given member by member. Raises LamplitError `ingest.no-such-file`,
    `ingest.no-files`, and those of `find_far`.
    """
    found: list[Input | FarFile] = []
    for one in given:
        found += _far_inputs(str(one)) if is_address(str(one)) else _near_inputs(Path(one))
    return found


def _far_inputs(address: str) -> list[FarFile]:
    try:
        found = find_far(address)
    except FileNotFoundError as gone:
        raise LamplitError(problems.NO_SUCH_FILE, where=str(gone.filename)) from gone
    if not found:
        raise LamplitError(problems.NO_FILES, where=told(address))
    return found


def _near_inputs(path: Path) -> list[Input]:
    if not path.exists():
        raise LamplitError(problems.NO_SUCH_FILE, where=str(path))
    if not path.is_dir():
        return inputs_of(path, path.name)
    inside = [p for p in sorted(path.rglob("*")) if _is_data(p, path)]
    if not inside:
        raise LamplitError(problems.NO_FILES, where=str(path))
    names = {file: str(file.relative_to(path.parent)) for file in inside}
    return [one for file in inside for one in inputs_of(file, names[file])]


def digest(item: Input) -> str:
    """The SHA-256 of the file's unpacked bytes, in hex. Raises as `opened` does."""
    state = hashlib.sha256()
    with opened(item) as stream:
        # Of an address, each read is a request.
        while chunk := stream.read(PIECE if item.far else CHUNK):
            state.update(chunk)
    return state.hexdigest()


def has_long_lines(item: Input) -> bool:
    """Whether there are stretches without a line feed longer than any line should be."""
    with opened(item) as stream:
        while chunk := stream.read(CHUNK):
            # A line twice as long as the window covers one whole; most windows end at once.
            for at in range(0, len(chunk) - LINE_WINDOW + 1, LINE_WINDOW):
                if chunk.find(b"\n", at, at + LINE_WINDOW) < 0:
                    return True
    return False


@contextmanager
def opened(item: Input) -> Iterator[BinaryIO]:
    """The file unpacked, as a stream of bytes.

    Raises LamplitError `ingest.cut-off`, `ingest.archive-bomb`, `ingest.encrypted` while it is
    read, and OSError.
    """
    with plain(item.place) as raw:
        if item.packing == "plain":
            yield raw
        elif item.packing == "zip":
            with _zip(item) as archive, _member(archive, item) as stream:
                yield _Guarded(stream, item)  # type: ignore[misc]
        else:
            unpack = (
                gzip.GzipFile(fileobj=raw)
                if item.packing == "gzip"
                else zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            )
            with unpack as stream:
                yield _Guarded(stream, item)  # type: ignore[misc]


@contextmanager
def plain(place: Place) -> Iterator[BinaryIO]:
    """A file's bytes as they lie there, as a stream that can seek.

    Raises OSError; of an address, LamplitError `source.address-unreached` or
    `ingest.no-such-file`.
    """
    if isinstance(place, Path):
        with place.open("rb") as stream:
            yield stream
        return
    try:
        with place.opened() as stream:
            yield stream
    except FileNotFoundError as gone:
        raise LamplitError(problems.NO_SUCH_FILE, where=place.name) from gone


def unpack(item: Input, target: Path) -> None:
    """Write the unpacked bytes to `target`, within the limits and the room on the disk."""
    with opened(item) as source, target.open("wb") as sink:
        written = 0
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written % (64 * CHUNK) < CHUNK:
                _check_room(item, target, written)
            sink.write(chunk)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Guarded:
    """A stream that stops a bomb, and turns every way of being damaged into one problem."""

    def __init__(self, stream: _Readable, item: Input) -> None:
        self._stream = stream
        self._item = item
        self._total = 0

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        try:
            data = self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as cause:
            raise _cut_off(self._item, cause) from cause
        except zstandard.ZstdError as cause:
            raise _cut_off(self._item, cause) from cause
        self._total += len(data)
        packed = max(self._item.size, 1)
        if self._total > BOMB_BYTES and self._total / packed > BOMB_RATIO:
            ratio = round(self._total / packed)
            size_text = f"{self._total >> 20} MB"
            raise LamplitError(problems.BOMB, where=self._item.name, size=size_text, ratio=ratio)
        if not data and self._item.packing == "zstd":
            self._check_zstd_end()
        return data

    def _check_zstd_end(self) -> None:
        # zstandard's reader ends in silence where a frame is cut off: compare with its header.
        with self._item.path.open("rb") as raw:
            expected = zstandard.frame_content_size(raw.read(18))
        if expected > 0 and self._total < expected:
            raise _cut_off(self._item, EOFError(f"{self._total} of {expected} bytes"))
        if self._total == 0 and expected != 0:
            raise _cut_off(self._item, EOFError("no data"))


def inputs_of(path: Path, name: str) -> list[Input]:
    """A file of this machine as what is to be read of it: itself, or a zip's members.

    `name`: what people know it by. Raises LamplitError `ingest.cut-off`, `ingest.no-files`,
    `ingest.encrypted`, `ingest.archive-bomb`.
    """
    size = path.stat().st_size
    packing, magic = packing_of(path)
    if packing != "plain":
        return [Input(name, path, packing, None, size)]
    if magic[:2] == b"PK" and path.suffix.lower() not in (".xlsx", ".xlsm"):
        return _members(Input(name, path, "zip", None, size))
    if path.suffix.lower() == ".zip" and size:
        raise _cut_off(Input(name, path, "zip"), zipfile.BadZipFile("no zip signature"))
    return [Input(name, path, "plain", None, size)]


def packing_of(place: Place) -> tuple[Packing, bytes]:
    """How a file is packed, but for zips, by its first four bytes; and these."""
    with plain(place) as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        return "gzip", magic
    return ("zstd" if magic == b"\x28\xb5\x2f\xfd" else "plain"), magic


def _members(item: Input) -> list[Input]:
    found = []
    with _zip(item) as archive:
        infos = archive.infolist()
        if len(infos) > MEMBERS_MAX:
            raise LamplitError(problems.BOMB, where=item.name, size=f"{len(infos)} files", ratio=1)
        for info in infos:
            if info.is_dir() or Path(info.filename).name.startswith((".", "__MACOSX")):
                continue
            if info.flag_bits & 0x1:
                raise LamplitError(problems.ENCRYPTED, where=item.name)
            # Names that were not written as UTF-8 come out as CP437; in China they were GBK.
            shown = info.filename if info.flag_bits & 0x800 else _gbk_name(info.filename)
            packed = max(info.compress_size, 1)
            name = f"{item.name}/{shown}"
            found.append(Input(name, item.path, "zip", info.filename, packed))
    if not found:
        raise LamplitError(problems.NO_FILES, where=item.name)
    return found


def _gbk_name(name: str) -> str:
    try:
        return name.encode("cp437").decode("gbk")
    except UnicodeError:
        return name


@contextmanager
def _zip(item: Input) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(item.path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as cause:
        raise _cut_off(item, cause) from cause


@contextmanager
def _member(archive: zipfile.ZipFile, item: Input) -> Iterator[BinaryIO]:
    member = item.member or ""
    if Path(member).suffix.lower() in PACKED_ENDINGS:
        raise LamplitError(problems.NESTED, where=item.name)
    with archive.open(member) as stream:
        yield stream  # type: ignore[misc]


def _check_room(item: Input, target: Path, written: int) -> None:
    if shutil.disk_usage(target.parent).free < ROOM_LEFT:
        ratio = round(written / max(item.size, 1))
        raise LamplitError(
            problems.NO_ROOM, where=item.name, size=f"{written >> 20} MB", ratio=ratio
        )


def _cut_off(item: Input, cause: BaseException) -> LamplitError:
    kind = {"gzip": "gz", "zstd": "zst", "zip": "zip", "plain": ""}[item.packing]
    return LamplitError(problems.CUT_OFF, where=item.name, kind=kind, cause=cause)


def _is_data(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden
