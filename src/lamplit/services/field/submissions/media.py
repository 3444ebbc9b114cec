"""Photos and other attachments, kept by the hash of their bytes.

A file's name on the disk is its SHA-256 and nothing that anybody sent, so no name can lead it
astray. It is written beside its place, synced, and renamed: a reader sees all of it or nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that comes with a submission; `content` is its bytes, or a stream of them."""

    name: str
    media_type: str
    content: bytes | BinaryIO


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment on the disk."""

    name: str
    media_type: str
    sha256: str
    bytes: int


def keep(folder: Path, one: Attachment) -> Kept:
    """Keep an attachment under `folder`; the same bytes twice are one file.

    Raises OSError where the disk is full; nothing is left behind then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stream = BytesIO(one.content) if isinstance(one.content, bytes) else one.content
    handle, name = tempfile.mkstemp(dir=folder, prefix=".coming-")
    temporary = Path(name)
    try:
        mark, size = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as out:
            while chunk := stream.read(CHUNK):
                mark.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        target = path_of(folder, mark.hexdigest())
        target.parent.mkdir(exist_ok=True)
        temporary.replace(target)
        _sync(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Kept(plain_name(one.name), one.media_type[:200], mark.hexdigest(), size)


def path_of(folder: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie. Raises ValueError for what is no hash."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return folder / sha256[:2] / sha256


def plain_name(name: str) -> str:
    """The name without folders and control characters, at most 200 characters long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable()).strip()
    return kept[-200:] if kept.strip(".") else "attachment"


def _sync(folder: Path) -> None:
    # The rename itself is durable only when the folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
