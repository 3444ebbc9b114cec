"""A whole, checked copy of a home, taken while its server works on.

The store comes first, and what it names after it: a photo lies on the disk before the row that
names it is written, and a night before what a campaign says of it, so nothing that the copied store
names is younger than the rest of the copy. The lake and the states are copied under the home's
lock, as one moment of both; their files are replaced by renaming and never written over. All goes
to a folder beside the target that is renamed when it is whole.

Where readings and nights lie at an address, they stay there, and the copy has their manifests;
or they are fetched into it, and it is a home in a folder (`backup_lake`).
What is left out: `tmp`, files on their way in (`incoming`: they are sent again), and the salt of
addresses, which is to be gone by tomorrow.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import backup as problems
from lamplit.domain.problems import store as store_problems
from lamplit.meters.address import told
from lamplit.services.backup_lake import Fetched, Progress, fetch, resumed
from lamplit.services.doctor import data
from lamplit.services.doctor.examine import Check
from lamplit.services.field.office import CLI, Office, has_store, system_clock
from lamplit.services.field.submissions import media
from lamplit.services.home import SETTINGS_FILE, Home, write_atomically
from lamplit.services.lock import NAME as LOCK
from lamplit.services.lock import writing
from lamplit.services.settings import without_lake
from lamplit.store import import_files, log, photos
from lamplit.store.database import Database

UNDER_LOCK = ("lake", "registry", "state")
BESIDE = ("quarantine", "programmes")
NOT_COPIED = ("lamplit.db", "lamplit.db-wal", "lamplit.db-shm", "address-salt", "media")
"""Of the store's folder: the database and the photos are copied apart."""


@dataclass(slots=True)
class BackedUp:
    """What a backup holds. `store`: `sqlite` (in it), `postgresql` (not in it) or None.

    `lake`: the address where readings and nights stay, empty where they are in the copy too;
    `fetched`: how many of the files came from an address, by this run or one that was cut off.
    `entries` and `head` are the log's end as the copy has it. `problems` are those of the copy,
    which has what the home has, damage too.
    """

    path: Path
    at: datetime
    files: int = 0
    bytes: int = 0
    store: str | None = None
    entries: int = 0
    head: str | None = None
    photos: int = 0
    lake: str = ""
    fetched: int = 0
    problems: list[LamplitError] = field(default_factory=list)


def backup(
    home: Home,
    target: Path,
    *,
    with_lake: bool = False,
    office: Office | None = None,
    progress: Progress | None = None,
) -> BackedUp:
    """Copy `home` to the new folder `target`, check the copy, and log that it was made.

    `with_lake`: what lies at an address is fetched too, which `progress` is told of. A store in
    PostgreSQL is not in it: `pg_dump` copies that, before this. Raises LamplitError
    `backup.exists`, `backup.no-folder`, `backup.inside`, `lake.locked` while somebody writes to
    the lake, those of opening the store, and those of `fetch`; OSError where the disk is full.
    Nothing is left then but what was fetched, for the next run to the same target to go on from.
    """
    _check_target(home, target)
    if office is None and has_store(home):
        office = Office.open(home)
    done = BackedUp(target, office.clock() if office else system_clock())
    fetching = with_lake and bool(home.config.lake)
    with resumed(home, target) if fetching else _afresh(target) as coming:
        if fetching:
            # Most of it here, while others may write; the rest as one moment, under the lock.
            fetch(home, coming, progress)
        _fill(home, office, coming, done, fetching=fetching)
        done.lake = "" if fetching else told(home.config.lake)
        if not done.lake:
            done.problems += _checked(coming)
        (coming / LOCK).unlink(missing_ok=True)
        coming.rename(target)
        _sync(target.parent)
    if office is not None:
        with office.begin(CLI) as tx:
            tx.log(
                "backup.made", "home", target.name,
                files=done.files, bytes=done.bytes, entries=done.entries,
            )  # fmt: skip
    return done


@contextmanager
def _afresh(target: Path) -> Iterator[Path]:
    """A folder where the backup comes to be; it is gone where that fails."""
    coming = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield coming
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        raise


def _check_target(home: Home, target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise LamplitError(problems.EXISTS, where=str(target))
    if not target.parent.is_dir():
        raise LamplitError(problems.NO_PARENT, where=str(target), folder=target.parent)
    if target.parent.resolve().is_relative_to(home.path.resolve()):
        raise LamplitError(problems.INSIDE, where=str(target))


def _fill(
    home: Home, office: Office | None, coming: Path, done: BackedUp, *, fetching: bool
) -> None:
    named: set[str] | None = set()
    store = coming / "store"
    store.mkdir()
    if office is not None:
        done.store = "sqlite" if office.db.is_sqlite else "postgresql"
        named = _store(office, store / "lamplit.db", done) if office.db.is_sqlite else None
    with writing(home.path, "backup"):
        if fetching:
            _take_up(fetch(home, coming), done)
        for name in UNDER_LOCK:
            _copy(done, home.path / name, coming / name, _files(home.path / name))
    for name in BESIDE:
        if (home.path / name).is_dir():
            _copy(done, home.path / name, coming / name, _files(home.path / name))
    _copy(done, home.path, coming, [home.path / SETTINGS_FILE])
    if fetching:
        settings = coming / SETTINGS_FILE
        write_atomically(settings, without_lake(settings.read_text("utf-8-sig")))
    kept = [f for f in _files(home.store_dir) if f.relative_to(home.store_dir).parts[0] not in
            NOT_COPIED]  # fmt: skip
    _copy(done, home.store_dir, store, kept)
    if office is not None:
        _photos(office, store / "media", named, done)


def _take_up(fetched: Fetched, done: BackedUp) -> None:
    done.fetched = fetched.files
    done.files, done.bytes = done.files + fetched.files, done.bytes + fetched.bytes
    done.problems += fetched.problems


def _store(office: Office, copy: Path, done: BackedUp) -> set[str]:
    """Copy the store and check the copy; gives the hashes of the photos that it names."""
    office.db.copy_to(copy)
    copied = Database(f"sqlite:///{copy}")
    try:
        with copied.begin() as conn:
            # Their bytes are not copied: whoever was sending one begins again.
            import_files.end_all(conn, done.at)
        with copied.read() as conn:
            fault = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if fault != "ok":
                done.problems.append(LamplitError(problems.STORE_DAMAGED, reason=fault))
            breaks = [one for one in log.verify(conn) if isinstance(one, log.Break)]
            if breaks:
                first = min(one.seq for one in breaks)
                done.problems.append(LamplitError(
                    store_problems.LOG_BROKEN, where=office.db.where, count=len(breaks), first=first
                ))  # fmt: skip
            done.entries, done.head = log.head(conn)
            named = photos.named(conn)
    finally:
        copied.close()
    _sync(copy)
    done.files, done.bytes = done.files + 1, done.bytes + copy.stat().st_size
    return named


def _photos(office: Office, target: Path, named: set[str] | None, done: BackedUp) -> None:
    """Copy the photos that the copied store names; all, where the store is copied otherwise."""
    folder = office.media_dir
    if named is None:
        wanted = list(_files(folder))
        missing: set[str] = set()
    else:
        wanted = [media.path_of(folder, one) for one in sorted(named)]
        missing = {path.name for path in wanted if not path.exists()}
    done.photos = _copy(done, folder, target, wanted)
    if missing:
        # What expired meanwhile is no loss: the copy lets go of it on its first night.
        with office.db.read() as conn:
            lost = missing & photos.named(conn)
        if lost:
            done.problems.append(LamplitError(problems.PHOTOS_MISSING, count=len(lost)))


def _checked(coming: Path) -> list[LamplitError]:
    """What is wrong with the lake and the states of a copy."""
    copied, check = Home.open(coming), Check("backup")
    now = system_clock()
    data.lake(check, copied, now, False)
    data.nights(check, copied, now, False)
    return check.problems


def _files(folder: Path) -> Iterator[Path]:
    """The files under a folder, but those that are still being written, which begin with a dot."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _copy(done: BackedUp, source: Path, target: Path, files: Iterable[Path]) -> int:
    """Copy files to the same places under another folder, and count them; gives how many."""
    target.mkdir(exist_ok=True)
    count = 0
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(file, copy)
        except FileNotFoundError:
            # It expired or was replaced since it was listed; what must be there is checked after.
            continue
        _sync(copy)
        count, done.bytes = count + 1, done.bytes + copy.stat().st_size
    done.files += count
    return count


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
