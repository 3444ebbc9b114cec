"""`lamplit nightly`: bring every home's state up to a day.

Three things happen, in this order, each committed by one atomic rename: late readings and registry
changes are worked into the nights already done (rework.py); the nights not yet done are worked in
stretches that fit in memory; the manifest says how far they have come. Cut off at any moment, the
next run goes on from the last commit and comes to the same states.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.lock import writing
from lamplit.services.night.areas import Groups, lay_over, log_table, work_groups
from lamplit.services.night.gather import (
    LAKE_COLUMNS,
    day_number,
    has_shape,
    read_days,
)
from lamplit.services.night.rework import rework
from lamplit.services.night.snapshots import (
    Snapshot,
    StateManifest,
    commit,
    days_to_keep,
    read_manifest,
    read_snapshot,
    sweep_leftovers,
    write_log,
    write_snapshot,
)
from lamplit.services.night.universe import Universe, registered
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.home_state.rules import home_state_fold
from lamplit.signals.panel import run_fold, start_carried

CELLS_AT_ONCE = 48_000_000
"""Home-days in memory at once: about 2.5 GB with shape, a third of that with daily energy alone."""

Progress = Callable[[str, int, int], None]
"""Told (what, done, of how many)."""


@dataclass(slots=True)
class NightReport:
    """What a run of nights did. `reworked` counts home-days worked again for late readings."""

    through: date | None = None
    nights: int = 0
    homes: int = 0
    reworked_homes: int = 0
    reworked_from: date | None = None
    afresh: str = ""
    notes: list[str] = field(default_factory=list)


def rules_mark(fold: Fold) -> str:
    """A mark of the rules and thresholds: states made under another mark are worked again."""
    text = repr([(s.name, s.rule, s.daily) for s in fold.steps])
    text += repr(sorted(fold.starts.items())) + repr(sorted(fold.constants().items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run_nights(
    home: Home,
    through: date | None = None,
    *,
    afresh: bool = False,
    progress: Progress | None = None,
) -> NightReport:
    """Bring every home's state up to `through` (default: the last day with readings).

    Raises LamplitError `night.no-readings`, `night.state-damaged`, `night.before-first`, and that
    of the writer's lock where another run holds it.
    """
    fold = detector(home)
    with writing(home.path, "nightly"), open_engine(home) as con:
        lake = Lake(home.lake_dir)
        span = lake.day_range()
        if span is None:
            raise LamplitError(problems.NO_READINGS, where=str(home.path))
        target = through or span[1]
        if target < span[0]:
            raise LamplitError(problems.BEFORE_FIRST, day=target, first=span[0])
        return _Night(home, con, lake, fold, progress or _silent).run(span[0], target, afresh)


def detector(home: Home) -> Fold:
    """The home's fold: the rules with the thresholds that its lamplit.toml overrides."""
    return home_state_fold({k: float(v) for k, v in home.config.detector.items()})


def _silent(what: str, done: int, total: int) -> None:
    """No progress to show."""


class _Night:
    """One run of nights: what it holds while it works."""

    def __init__(
        self,
        home: Home,
        con: Duck,
        lake: Lake,
        fold: Fold,
        progress: Progress,
    ) -> None:
        self.home, self.con, self.lake, self.fold = home, con, lake, fold
        self.progress = progress
        self.report = NightReport()
        self.shaped = has_shape(con, lake)

    def run(self, first: date, target: date, afresh: bool) -> NightReport:
        """Rework, then advance."""
        manifest = read_manifest(self.home.state_dir)
        sweep_leftovers(self.home.state_dir, manifest)
        manifest = self._checked(manifest, first, afresh)
        universe = registered(self.con, self.home.registry_file)
        current: Snapshot | None = None
        if manifest.through:
            universe, current = rework(self, manifest, universe)
        last_batch = self.lake.last_batch()
        start = date.fromisoformat(manifest.through) + timedelta(1) if manifest.through else first
        total = max(0, (target - start).days + 1)
        while start <= target:
            stop = self._stretch_end(start, target, universe.count)
            universe, current = self._stretch(manifest, universe, current, start, stop)
            manifest.batch = last_batch
            commit(self.home.state_dir, manifest)
            self.report.nights += (stop - start).days + 1
            self.progress("nights", self.report.nights, total)
            start = stop + timedelta(1)
        self.report.through = date.fromisoformat(manifest.through)
        self.report.homes = universe.count
        return self.report

    def _checked(self, manifest: StateManifest, first: date, afresh: bool) -> StateManifest:
        """The manifest, or a fresh one where the old states no longer hold."""
        mark = rules_mark(self.fold)
        why = "asked" if afresh else ""
        if manifest.through and not why:
            if manifest.rules != mark:
                why = "rules"
            elif date.fromisoformat(manifest.first_day) > first:
                why = "earlier"  # readings from before the first night came in
        if manifest.through and why:
            self.report.afresh = why
            manifest = StateManifest(generation=manifest.generation)
        manifest.rules = mark
        manifest.first_day = manifest.first_day or first.isoformat()
        return manifest

    def _stretch_end(self, start: date, target: date, homes: int) -> date:
        known = max(homes, *(b.meters for b in self.lake.manifest.batches), 1)
        days = max(1, min(400, CELLS_AT_ONCE // known))
        return min(target, start + timedelta(days - 1))

    def _stretch(
        self,
        manifest: StateManifest,
        universe: Universe,
        current: Snapshot | None,
        start: date,
        stop: date,
    ) -> tuple[Universe, Snapshot]:
        days_sql = self.lake.sql(start, stop, LAKE_COLUMNS)
        span = (day_number(start), day_number(stop))
        panel, universe = read_days(self.con, days_sql, universe, span, shaped=self.shaped)
        carried = extended(self.fold, current.carried if current else None, universe.count)
        keep = sorted(days_to_keep(start, stop))
        rows = tuple((d - start).days for d in keep)
        groups = work_groups(panel, universe, current, rows)
        lay_over(panel, groups)
        _, _, kept = run_fold(
            self.fold, panel, carried, keep_days=tuple(day_number(d) for d in keep)
        )
        manifest.generation += 1
        directory = self.home.state_dir
        for day in keep:
            snapshot = _snapshot(universe, kept[day_number(day)], groups, (day - start).days)
            if day == stop:
                current = snapshot
            manifest.snapshots[day.isoformat()] = write_snapshot(
                directory, day, manifest.generation, snapshot
            )
        manifest.logs[start.isoformat()] = write_log(
            directory, start, manifest.generation, log_table(groups, panel.first_day)
        )
        manifest.through = stop.isoformat()
        forget(manifest, stop)
        assert current is not None  # the last day of a stretch is always kept
        return universe, current


def _snapshot(universe: Universe, carried: Arrays, groups: list[Groups], row: int) -> Snapshot:
    peer, silent = groups
    memory = peer.kept[row]
    return Snapshot(
        universe.homes,
        carried,
        {n: (float(memory.level[i]), float(memory.days[i])) for i, n in enumerate(peer.ids)},
        {n: float(silent.kept[row].zeros[i]) for i, n in enumerate(silent.ids)},
    )


def extended(fold: Fold, carried: Arrays | None, count: int) -> Arrays:
    """Carried values for `count` homes: those known, then fresh ones for the rest."""
    if carried is None:
        return start_carried(fold, count)
    known = len(next(iter(carried.values())))
    if known == count:
        return carried
    fresh = start_carried(fold, count - known)
    return {name: np.concatenate([carried[name], fresh[name]]) for name in fold.carried}


def forget(manifest: StateManifest, through: date) -> None:
    """Drop the snapshots that are no longer to be kept; the first day's keep the rest honest."""
    first = date.fromisoformat(manifest.first_day)
    keep = {day.isoformat() for day in days_to_keep(first, through)}
    manifest.snapshots = {d: f for d, f in manifest.snapshots.items() if d in keep}


def last_snapshot(home: Home) -> tuple[StateManifest, Snapshot, date]:
    """The states as the last night left them.

    Raises LamplitError `night.none-yet` or `night.state-damaged`.
    """
    manifest = read_manifest(home.state_dir)
    if not manifest.through:
        raise LamplitError(problems.NO_NIGHT, where=str(home.path))
    through = date.fromisoformat(manifest.through)
    return manifest, read_snapshot(home.state_dir, manifest, through), through
