"""One file that lies at an address, as a copy on the home's disk while it is read."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import sources as problems
from lamplit.meters.sources import find_far
from lamplit.services.home import Home
from lamplit.services.lock import alone

PREFIX: Final = "fetched-"


@contextmanager
def fetched(home: Home, address: str) -> Iterator[tuple[Path, str]]:
    """(A copy of the one file at an address, what people know it by); the copy is gone afterwards.

    A LamplitError that the block raises of the copy is told of the file. Raises LamplitError
    `source.not-one-file`, `home.disk-full` and those of `find_far`; FileNotFoundError.
    """
    found = find_far(address)
    if len(found) != 1:
        example = found[0].name if found else f"{address.partition('?')[0]}/…"
        raise LamplitError(problems.NOT_ONE_FILE, count=len(found), name=example)
    (file,) = found
    with _scratch(home) as folder:
        copy = folder / file.copy_name()
        file.fetch(copy, lambda _: None)
        try:
            yield copy, file.name
        except LamplitError as fault:
            fault.where = fault.where.replace(str(copy), file.name)
            raise


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """A folder of one's own; those of processes that are no more go first, as they hold no lock."""
    with alone(home.path, "fetched"):
        for left in home.tmp_dir.glob(f"{PREFIX}*"):
            handle = os.open(left, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except BlockingIOError:
                continue
            finally:
                os.close(handle)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home.tmp_dir))
        held = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)
