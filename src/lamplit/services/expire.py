"""Letting old readings go: the lake's days up to a kept night, and the states before it.

Readings say when people were at home, and are kept no longer than they are needed. What a home's
rules remember is in its state, so nights go on from a kept one; but days before it can't be worked
again, and what comes late for them is no longer taken into account.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import COLUMNS, PARQUET, Lake, new_name
from lamplit.meters.manifest import LakeFile
from lamplit.meters.shelf import written
from lamplit.services.compact import duck_of
from lamplit.services.home import Home
from lamplit.services.ingest.land import listed
from lamplit.services.lock import committing
from lamplit.services.night.snapshots import StateManifest, commit, read_manifest, sweep_leftovers


@dataclass(frozen=True, slots=True)
class Expired:
    """What goes: the days `first` to `last`, in so many files and rows, and kept nights before.

    `first` is None where nothing goes.
    """

    first: date | None
    last: date
    files: int
    rows: int
    nights: int


def expire(home: Home, before: date, *, dry_run: bool = False) -> Expired:
    """Let go of the readings of days before `before`, as far as a kept night allows.

    The states are committed first, so that a run that is cut off can simply be run again. Raises
    LamplitError `lake.nothing-before` or `lake.locked`.
    """
    lake = Lake(home)
    with committing(home, "lake expire"), duck_of(home) as duck:
        manifest = read_manifest(home.state_dir)
        kept = [day for day in manifest.days() if day < before]
        if not kept:
            earliest = manifest.days()[0] if manifest.days() else "–"
            raise LamplitError(
                problems.NOTHING_BEFORE, where=str(home.path), day=before, first=earliest
            )
        last = kept[-1]
        files = lake.files(None, last)
        rows = _rows(duck, lake, files, last)
        first = min((file.day_min for file in files), default=None)
        gone = Expired(first, last, len(files), rows, len(kept) - 1)
        if not dry_run:
            _forget(home, manifest, last)
            _drop(duck, lake, files, last)
        return gone


def _rows(duck: Duck, lake: Lake, files: list[LakeFile], last: date) -> int:
    if not files:
        return 0
    return int(duck.value(f"SELECT count(*) FROM {lake.sql_of(files, None, last, ('day',))}"))


def _forget(home: Home, manifest: StateManifest, last: date) -> None:
    """The night of `last` becomes the first that is kept; what groups said before it goes."""
    after = last + timedelta(1)
    new = replace(
        manifest,
        expired=max(manifest.expired, last.isoformat()),
        first_day=max(manifest.first_day, after.isoformat()),
        snapshots={d: f for d, f in manifest.snapshots.items() if d >= last.isoformat()},
        logs={month: f for month, f in manifest.logs.items() if month >= f"{after:%Y-%m}"},
        course={d: f for d, f in manifest.course.items() if d > last.isoformat()},
    )
    commit(home, new)
    sweep_leftovers(home, new)


def _drop(duck: Duck, lake: Lake, files: list[LakeFile], last: date) -> None:
    """Take the days out of the lake: whole files, and what a file has up to `last`."""
    added = []
    for file in files:
        if file.day_max <= last:
            continue
        name = new_name(file.month, file.kind, file.batch)
        with written(lake.shelf, name) as target:
            duck.run(
                f"COPY (SELECT {', '.join(COLUMNS)} FROM read_parquet({lake.paths_sql([file])}) "
                f"WHERE day > DATE '{last}' ORDER BY meter_id, day) "
                f"TO {quoted(str(target))} ({PARQUET})"
            )
        added += listed(duck, lake, [name], file.kind)
    if files:
        dropped = frozenset(file.path for file in files)
        lake.commit(lake.manifest.changed(add=tuple(added), drop=dropped))
    lake.sweep()
