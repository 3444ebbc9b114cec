"""The lake's upkeep: compaction, a check that it is whole, and what is in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.meters.lake import COLUMNS, PARQUET, Lake, new_name
from lamplit.meters.manifest import LakeFile
from lamplit.meters.shelf import written
from lamplit.services.home import Home
from lamplit.services.ingest.land import listed
from lamplit.services.lock import committing


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did to one month."""

    month: int
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    rows: int


@dataclass(frozen=True, slots=True)
class LakeStats:
    """What is in a lake."""

    meters: int
    meter_days: int
    readings: int
    first: date | None
    last: date | None
    files: int
    deltas: int
    bytes: int
    batches: int


def duck_of(home: Home) -> Duck:
    """A database with the home's limits."""
    return Duck(
        memory_limit=home.config.memory_limit,
        threads=home.config.threads,
        temp_dir=home.tmp_dir / "spill",
    )


def compact(home: Home, *, everything: bool = False) -> list[Compacted]:
    """Merge each month's files and delta into one file sorted by meter and day.

    Months that are one file without a delta are left alone, unless `everything`. Each month is a
    commit of its own. Raises LamplitError `lake.locked`.
    """
    lake = Lake(home)
    done = []
    with committing(home, "lake compact"), duck_of(home) as duck:
        lake.sweep()
        for month in sorted({f.month for f in lake.files()}):
            files = [f for f in lake.files() if f.month == month]
            if everything or len(files) > 1:
                done.append(_compact_month(duck, lake, month, files))
        lake.sweep()
    shutil.rmtree(home.tmp_dir / "spill", ignore_errors=True)
    return done


def _compact_month(duck: Duck, lake: Lake, month: int, files: list[LakeFile]) -> Compacted:
    newest = max(f.batch for f in files)
    name, columns = new_name(month, "base", newest), ", ".join(COLUMNS)
    with written(lake.shelf, name) as target:
        duck.run(
            f"COPY (SELECT {columns} FROM {lake.sql_of(files)} ORDER BY meter_id, day) "
            f"TO {quoted(str(target))} ({PARQUET})"
        )
    added = listed(duck, lake, [name], "base")
    before, after = lake.sizes(files), lake.sizes(added)
    dropped = frozenset(f.path for f in files)
    lake.commit(lake.manifest.changed(add=tuple(added), drop=dropped))
    return Compacted(
        month, len(files), 1, sum(n or 0 for n in before), sum(n or 0 for n in after),
        sum(f.rows for f in added),
    )  # fmt: skip


def verify(home: Home, *, deep: bool = False) -> list[LamplitError]:
    """What is wrong with the lake: files missing, damaged or not as listed, keys that repeat.

    `deep`: also files whose bytes are others than were written, by their digests; it reads them
    all.
    """
    lake = Lake(home)
    found: list[LamplitError] = []
    with duck_of(home) as duck:
        for file in lake.files():
            where = lake.where(file)
            try:
                if deep:
                    lake.shelf.forget([file.path])
                    lake.paths([file])
                (now,) = listed(duck, lake, [file.path], file.kind, digests=deep)
            except DuckError as cause:
                short = str(cause).splitlines()[0]
                found.append(LamplitError(problems.FILE_DAMAGED, where=where, cause=short))
                continue
            except LamplitError as missing:
                found.append(missing)
                continue
            if deep and file.digest and now.digest != file.digest:
                found.append(LamplitError(problems.FILE_ALTERED, where=where))
            elif replace(now, digest=file.digest) != file:
                cause_text = f"{now.rows} rows, {now.day_min} … {now.day_max}"
                found.append(LamplitError(problems.FILE_DAMAGED, where=where, cause=cause_text))
        if not found:
            found += _repeated(duck, lake)
    return found


def _repeated(duck: Duck, lake: Lake) -> list[LamplitError]:
    found = []
    for month in sorted({f.month for f in lake.files()}):
        files = [f for f in lake.files() if f.month == month]
        rows, keys = duck.row(
            "SELECT count(*), count(DISTINCT (meter_id, day)) "
            f"FROM {lake.sql_of(files, columns=('meter_id', 'day'))}"
        )
        if rows != keys:
            cause = f"{rows - keys} meter-days come twice in {month}"
            found.append(LamplitError(problems.FILE_DAMAGED, where=str(month), cause=cause))
    return found


def stats(home: Home) -> LakeStats:
    """What is in the lake."""
    lake = Lake(home)
    files = lake.files()
    span = lake.day_range()
    with duck_of(home) as duck:
        meters, days, readings = duck.row(
            "SELECT count(DISTINCT meter_id), count(*), coalesce(sum(slots_read), 0) "
            f"FROM {lake.sql(columns=('meter_id', 'slots_read'))}"
        )
    return LakeStats(
        meters,
        days,
        int(readings),
        span[0] if span else None,
        span[1] if span else None,
        len(files),
        sum(f.kind == "delta" for f in files),
        sum(size or 0 for size in lake.sizes(files)),
        len(lake.manifest.batches),
    )
