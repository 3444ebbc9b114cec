"""One writer at a time in a home."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.meters.manifest import NAME as MANIFEST
from lamplit.services.home import Home

NAME = ".lock"
MOMENT_SECONDS = 0.5


@contextmanager
def writing(home: Path, what: str) -> Iterator[None]:
    """Hold the home for writing while the `with` lasts; `what` is told to whoever comes second.

    The kernel lets go of the lock when its holder dies, so a killed run leaves none behind.
    Raises LamplitError `lake.locked`, naming the holder's pid.
    """
    path = home / NAME
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, doing = _holder(path)
            raise LamplitError(problems.LOCKED, where=str(home), pid=pid, what=doing) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def committing(home: Home, what: str) -> Iterator[None]:
    """As `writing`, for whoever adds or removes files of the lake or of the nights.

    Of a home whose files are at an address, this is where a folder that was copied and run
    elsewhere is found out, before anything is written or removed. Raises LamplitError `lake.locked`
    or `home.address-differs`, and what reaching the address raises.
    """
    with writing(home.path, what):
        check_abreast(home)
        yield


def check_abreast(home: Home) -> None:
    """Raise LamplitError `home.address-differs` where another copy of the home's folder has run."""
    for shelf, folder in ((home.lake_shelf, home.lake_dir), (home.state_shelf, home.state_dir)):
        shelf.abreast(folder / MANIFEST)


@contextmanager
def alone(home: Path, name: str) -> Iterator[None]:
    """Let one at a time through steps of a moment, whoever writes in the home; others wait."""
    handle = os.open(home / f"{NAME}-{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_writing(home: Path, what: str) -> bool:
    """Whether somebody holds the home for writing, to do `what`."""
    try:
        handle = os.open(home / NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(home / NAME)[1] == what
    finally:
        os.close(handle)
    return False


def _holder(path: Path) -> tuple[str, str]:
    """Who holds the lock, and for what; whoever has just taken it says so a moment later."""
    until = time.monotonic() + MOMENT_SECONDS
    while True:
        try:
            holder = json.loads(path.read_text("utf-8"))
            return str(holder["pid"]), str(holder["what"])
        except (OSError, ValueError, KeyError):
            if time.monotonic() > until:
                return "?", "?"
        time.sleep(0.005)
