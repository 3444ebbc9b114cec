"""What the machine and the settings allow: versions, space, permissions, engine, store, clock."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import tempfile
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from lamplit import __version__
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import doctor as problems
from lamplit.domain.problems import store as store_problems
from lamplit.engine.spark import check_spark, spark_version
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.field.office import has_store, store_url
from lamplit.services.home import FOLDERS, Home
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.settings import bytes_of
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import event

if TYPE_CHECKING:
    from lamplit.services.doctor.examine import Check

LIBRARIES = ("duckdb", "pyarrow", "numpy", "sqlalchemy", "alembic", "pyxform", "fastapi")
"""Libraries whose versions are told; all that lamplit requires are held against what it needs."""
ROOM_TIMES = 3
"""A night may need its last snapshot and its day so many times over: new states, spilled days."""
ROOM_LEAST = 1_000_000_000
CLOCK_SLACK = timedelta(minutes=5)


def versions(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """The program, Python, and libraries that are older than the program needs."""
    check.facts["lamplit"] = __version__
    check.facts["python"] = platform.python_version()
    try:
        needed = requires("lamplit") or []
    except PackageNotFoundError:  # run from its sources
        needed = []
    for line in needed:
        least = re.search(r">=\s*([\d.]+)", line.partition(";")[0])
        if least is None or "extra ==" in line:
            continue
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        have = version(name)
        if _numbers(have) < _numbers(least[1]):
            check.problems.append(
                LamplitError(problems.OLD_LIBRARY, name=name, found=have, wanted=f"≥ {least[1]}")
            )
    check.facts |= {name: version(name) for name in LIBRARIES}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def settings(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether the limits fit the machine."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = home.config.memory_limit
    check.facts |= {"timezone": home.timezone, "memory_limit": limit, "memory": whole,
                    "threads": home.config.threads, "cores": os.cpu_count()}  # fmt: skip
    if limit and bytes_of(limit) > whole:
        check.warnings.append(LamplitError(problems.MEMORY_BEYOND, limit=limit, whole=human(whole)))


def space(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether the next night has room."""
    free = shutil.disk_usage(home.path).free
    manifest, lake = read_manifest(home.state_dir), Lake(home)
    last = manifest.snapshots.get(manifest.through, {})
    span = lake.day_range()
    if span:
        last_files = lake.files(span[1], span[1])
        for file, size in zip(last_files, lake.sizes(last_files), strict=True):
            # Of a month's file a day is but a part.
            days = (file.day_max - file.day_min).days + 1
            check.facts["day"] = check.facts.get("day", 0) + (size or 0) // days
    kept = home.state_shelf.sizes()
    state = sum(kept.get(name, 0) for name in last.values())
    need = max(ROOM_LEAST, ROOM_TIMES * (state + check.facts.get("day", 0)))
    check.facts |= {"free": free, "state": state, "need": need}
    error = LamplitError(
        problems.LOW_SPACE, where=str(home.path), free=human(free), need=human(need)
    )
    if free < need:
        check.problems.append(error)
    elif free < 2 * need:
        check.warnings.append(error)


def permissions(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether lamplit can write where it must, and others can't read."""
    for folder in (home.path, *(home.path / name for name in FOLDERS)):
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as fault:
            reason = fault.strerror
            error = LamplitError(problems.NOT_WRITABLE, where=str(folder), reason=reason)
            check.problems.append(error)
    mode = stat.S_IMODE(home.path.stat().st_mode)
    check.facts["mode"] = f"{mode:o}"
    # Execute for others on the home itself is what lets them reach the folders in it.
    if mode & stat.S_IXOTH and not _shut(home.path.resolve().parent):
        path = home.path
        check.warnings.append(LamplitError(problems.OPEN_TO_OTHERS, where=str(path), path=path))


def _shut(folder: Path) -> bool:
    """Whether others are kept out by a folder above."""
    return any(not f.stat().st_mode & stat.S_IXOTH for f in (folder, *folder.parents))


def engine(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether DuckDB opens under the home's limits, and Spark can be had where it is asked for."""
    with open_engine(home) as con:
        check.facts["version"] = con.value("SELECT version()")
        check.facts["memory_limit"] = con.value("SELECT current_setting('memory_limit')")
        check.facts["threads"] = con.value("SELECT current_setting('threads')")
    if home.config.engine == "spark":
        check.facts |= {"pyspark": spark_version(), "spark_master": home.config.spark_master}
        try:
            check_spark()
        except LamplitError as problem:
            check.problems.append(problem)


def store(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether the store's tables are those of this program."""
    if not has_store(home):
        check.facts["store"] = None
        return
    db = Database(store_url(home))
    check.facts["where"] = db.where
    with db.read() as conn:
        found, wanted = migrate.current(conn), migrate.newest()
    check.facts |= {"revision": found, "newest": wanted}
    if found is not None and found not in migrate.known():
        check.problems.append(LamplitError(store_problems.AHEAD, where=db.where, found=found))
    elif found != wanted:
        check.problems.append(
            LamplitError(store_problems.BEHIND, where=db.where, found=found or "–", wanted=wanted)
        )


def clock(check: Check, home: Home, now: datetime, deep: bool) -> None:
    """Whether anything was written in what the clock calls the future."""
    check.facts["now"] = now.isoformat(timespec="seconds")
    written: list[tuple[Text, datetime]] = []
    made = [batch.at for batch in Lake(home).manifest.batches if batch.at]
    if made:
        newest = max(map(datetime.fromisoformat, made))
        written.append((Text("the lake's last batch", "湖的最后批次"), newest))
    if has_store(home):
        with Database(store_url(home)).read() as conn:
            if migrate.current(conn) == migrate.newest():
                entry = conn.scalar(select(event.c.at).order_by(event.c.seq.desc()).limit(1))
                if entry is not None:
                    written.append((Text("the store's last entry", "数据库的最后条目"), entry))
    for what, at in written:
        last = at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
        check.facts[what.en] = last.isoformat(timespec="seconds")
        if last > now + CLOCK_SLACK:
            check.problems.append(
                LamplitError(
                    problems.CLOCK_BACK, what=what, now=check.facts["now"],
                    last=check.facts[what.en],
                )
            )  # fmt: skip


def human(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"
