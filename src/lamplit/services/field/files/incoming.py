"""Large files that come in parts, so that a dropped line or a restart costs one part.

The file lies at its full length from the start and each part is written at its place, synced, and
only then noted in the store: what is noted has come. Parts may come in any order, twice, and from
several tabs; a part that came with other bytes is refused, so that two files never mix.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import jobs as problems
from lamplit.services.field import door
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.services.field.submissions.media import plain_name
from lamplit.services.settings import bytes_of
from lamplit.store import import_files as store
from lamplit.store import jobs as job_store
from lamplit.store.guard import not_found
from lamplit.store.work import import_file

PART_BYTES = 8 << 20
USUAL_MOST = "10GB"
MOST_WAITING = 200
RESERVE = 256 << 20
"""Bytes of disk that stay free."""
KEEP = timedelta(days=7)
"""So long a file is kept to which nothing is added and that no job reads."""
REMEMBERED = timedelta(days=90)
"""So long after its bytes went it is known that a file came, from whom, and how it was called."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that comes in: `missing` are the numbers of the parts that have not come."""

    id: str
    name: str
    size: int
    sha256: str | None
    part_bytes: int
    parts: int
    missing: list[int]
    received: int
    made_at: datetime

    @property
    def whole(self) -> bool:
        """Whether all of it has come."""
        return not self.missing


def begin(
    office: Office, actor: Actor, name: str, size: int, sha256: str | None = None
) -> Incoming:
    """Announce a file, or find again the one that was announced alike with the same hash.

    Needs IMPORT somewhere. Raises LamplitError `incoming.too-large`, `incoming.too-many`,
    `incoming.no-room` or `door.not-allowed`.
    """
    plain = plain_name(name).lstrip(".") or "upload"
    most = most_bytes(office)
    if size > most:
        raise LamplitError(problems.FILE_TOO_LARGE, name=plain, size=size, most=most)
    with office.begin(actor) as tx:
        door.require_somewhere(tx, Ability.IMPORT)
        mine = store.of_maker(tx.conn, actor.person_id)
        for row in mine:
            if sha256 and (row.name, row.size, row.sha256) == (plain, size, sha256):
                return _shown(tx, row)
        if len(mine) >= MOST_WAITING:
            raise LamplitError(problems.TOO_MANY, most=MOST_WAITING)
        _check_room(office, tx, size)
        made = new_id()
        store.add(
            tx.conn, id=made, maker_id=actor.person_id, name=plain, size=size, sha256=sha256,
            part_bytes=PART_BYTES, made_at=tx.now, touched_at=tx.now,
        )  # fmt: skip
        tx.log("import.begun", "import", made, size=size)
        _make(_path(office, made, plain), size)
        return _shown(tx, _row(tx, actor, made))


def mine(office: Office, actor: Actor) -> list[Incoming]:
    """The caller's files that are still kept, the newest first. Needs IMPORT somewhere."""
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.IMPORT)
        return [_shown(tx, row) for row in store.of_maker(tx.conn, actor.person_id)]


def look(office: Office, actor: Actor, import_id: str) -> Incoming:
    """One of the caller's files. Raises LamplitError `store.not-found`, `door.not-allowed`."""
    with office.read(actor) as tx:
        row = _row(tx, actor, import_id)
        door.require_somewhere(tx, Ability.IMPORT)
        return _shown(tx, row)


def put(
    office: Office,
    actor: Actor,
    import_id: str,
    number: int,
    content: bytes,
    sha256: str | None = None,
) -> None:
    """Take a part; the same again is no harm. `sha256`: what its bytes should hash to.

    Raises LamplitError `incoming.no-such-part`, `incoming.part-size`, `incoming.part-broken`,
    `incoming.part-conflict`, `incoming.no-room`, `store.not-found` or `door.not-allowed`.
    """
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256 != found:
        raise LamplitError(problems.PART_BROKEN, number=number)
    with office.read(actor) as tx:
        row = _row(tx, actor, import_id)
        door.require_somewhere(tx, Ability.IMPORT)
    wanted = part_size(row.size, row.part_bytes, number)
    if len(content) != wanted:
        raise LamplitError(problems.PART_SIZE, number=number, found=len(content), wanted=wanted)
    with _alone(_path(office, row.id, row.name)) as handle:
        with office.read(actor) as tx:
            before = store.part(tx.conn, row.id, number)
        if before is not None and before != found:
            raise LamplitError(problems.PART_CONFLICT, number=number)
        if before is None:
            _write(handle, content, number * row.part_bytes)
            with office.begin(actor) as tx:
                store.add_part(tx.conn, row.id, number, found, tx.now)


def drop(office: Office, actor: Actor, import_id: str) -> None:
    """Let go of one of the caller's files. Raises LamplitError `incoming.already-in-use` too."""
    with office.begin(actor) as tx:
        row = _row(tx, actor, import_id)
        door.require_somewhere(tx, Ability.IMPORT)
        if row.id in in_use(tx):
            raise LamplitError(problems.IN_USE)
        store.end(tx.conn, row.id, tx.now)
        tx.log("import.dropped", "import", row.id)
    _remove(office, row.id)


def whole_of(tx: Transaction, import_id: str) -> Row[Any]:
    """The row of one of the caller's files, all of which has come.

    Raises LamplitError `incoming.not-whole` or `store.not-found`.
    """
    row = _row(tx, tx.actor, import_id)
    shown = _shown(tx, row)
    if shown.missing:
        raise LamplitError(problems.NOT_WHOLE, name=row.name, missing=len(shown.missing))
    return row


def checked(
    office: Office, actor: Actor, import_id: str, told: Callable[[float, str], None]
) -> Path:
    """Where a whole file lies, after its hash was held against the one announced.

    `told` hears how much of it is checked, and its name. Raises LamplitError
    `incoming.wrong-hash` and those of `whole_of`.
    """
    with office.read(actor) as tx:
        row = whole_of(tx, import_id)
    file = _path(office, row.id, row.name)
    if row.sha256:
        mark, done = hashlib.sha256(), 0
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                mark.update(chunk)
                done += len(chunk)
                told(done / row.size, row.name)
        if mark.hexdigest() != row.sha256:
            raise LamplitError(problems.WRONG_HASH, name=row.name)
    return file


def used_up(office: Office, actor: Actor, import_ids: list[str]) -> None:
    """Let go of files that were read."""
    with office.begin(actor) as tx:
        for import_id in import_ids:
            store.end(tx.conn, import_id, tx.now)
    for import_id in import_ids:
        _remove(office, import_id)


def tidy(office: Office) -> int:
    """Let go of files that nobody went on with, and forget those that went long ago.

    Gives how many were let go of; both are logged.
    """
    with office.begin(SYSTEM) as tx:
        used = in_use(tx)
        old = [one for one in store.untouched_since(tx.conn, tx.now - KEEP) if one not in used]
        for import_id in old:
            store.end(tx.conn, import_id, tx.now)
        forgotten = store.forget(tx.conn, tx.now - REMEMBERED)
        if old or forgotten:
            tx.log("import.expired", "import", "all", files=len(old), forgotten=forgotten)
    for import_id in old:
        _remove(office, import_id)
    return len(old)


def in_use(tx: Transaction) -> set[str]:
    """The files that waiting or running jobs name."""
    return {
        str(one) for row in job_store.open_jobs(tx.conn) for one in row.asked.get("imports", [])
    }


def most_bytes(office: Office) -> int:
    """How large a file may be: [web] max_upload."""
    return bytes_of(str(office.home.config.web.get("max_upload", USUAL_MOST)))


def part_size(size: int, part_bytes: int, number: int) -> int:
    """How many bytes a part has. Raises LamplitError `incoming.no-such-part`."""
    parts = -(-size // part_bytes)
    if not 0 <= number < parts:
        raise LamplitError(problems.NO_PART, number=number, last=parts - 1)
    return min(part_bytes, size - number * part_bytes)


def _shown(tx: Transaction, row: Row[Any]) -> Incoming:
    come = store.parts_of(tx.conn, row.id)
    parts = -(-row.size // row.part_bytes)
    missing = [number for number in range(parts) if number not in come]
    received = sum(part_size(row.size, row.part_bytes, number) for number in come)
    return Incoming(
        row.id, row.name, row.size, row.sha256, row.part_bytes, parts, missing, received,
        row.made_at,
    )  # fmt: skip


def _row(tx: Transaction, actor: Actor, import_id: str) -> Row[Any]:
    # What somebody else sends is nobody's business: it is answered like what is not there.
    row = store.by_id(tx.conn, import_id)
    if row is None or row.maker_id != actor.person_id:
        raise not_found(import_file, import_id)
    return row


def _check_room(office: Office, tx: Transaction, size: int) -> None:
    folder = office.home.incoming_dir
    folder.mkdir(exist_ok=True)
    held = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
    promised = max(0, store.room_promised(tx.conn) - held)
    if shutil.disk_usage(folder).free < size + promised + RESERVE:
        raise LamplitError(problems.NO_ROOM, size=size)


def _path(office: Office, import_id: str, name: str) -> Path:
    return office.home.incoming_dir / import_id / name


def _make(file: Path, size: int) -> None:
    file.parent.mkdir(parents=True)
    with file.open("xb") as stream:
        stream.truncate(size)


@contextmanager
def _alone(file: Path) -> Iterator[int]:
    """The open file, which no other part is written to meanwhile; the kernel lets go of it."""
    handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _write(handle: int, content: bytes, at: int) -> None:
    try:
        view = memoryview(content)
        while view:
            written = os.pwrite(handle, view, at)
            view, at = view[written:], at + written
        os.fsync(handle)
    except OSError as fault:
        raise LamplitError(problems.NO_ROOM, size=len(content)) from fault


def _remove(office: Office, import_id: str) -> None:
    shutil.rmtree(office.home.incoming_dir / import_id, ignore_errors=True)
