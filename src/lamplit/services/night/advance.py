"""`lamplit nightly`: bring every home's state up to a day.

Three things happen, in this order, each committed by one atomic rename: late readings and registry
changes are worked into the nights already done (rework.py); the nights not yet done are worked in
stretches, and a stretch in shards, that fit in memory (shards.py); the manifest says how far they
have come. Cut off at any moment, the next run goes on from the last commit, and within a stretch
from the last shard (ledger.py), and comes to the same states.
"""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import NAME
from lamplit.services.blame import blaming
from lamplit.services.engine import maybe_spark, open_engine
from lamplit.services.home import Home
from lamplit.services.lock import committing
from lamplit.services.night.areas import Groups, lay_over, memories, work_groups, write_log
from lamplit.services.night.carried import Filed, Held, grown
from lamplit.services.night.courses import Eve, carry, complete, withdrawn
from lamplit.services.night.gather import LAKE_COLUMNS, day_number, has_shape
from lamplit.services.night.ledger import Ledger, forget_unfinished
from lamplit.services.night.rework import Rework, rework
from lamplit.services.night.runs import noted
from lamplit.services.night.shards import (
    CELL_BYTES,
    COPIES,
    ENGINE_SHARE,
    VALUE_BYTES,
    Gathered,
    room,
    shard_homes,
)
from lamplit.services.night.snapshots import (
    Standing,
    StateManifest,
    commit,
    days_to_keep,
    read_manifest,
    sweep_leftovers,
    write_groups,
    write_links,
    write_part,
)
from lamplit.services.night.universe import Universe, registered
from lamplit.signals import context
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.home_state.rules import home_state_fold
from lamplit.signals.panel import DAILY_FEATURES, FEATURES, run_fold
from lamplit.signals.routine.rules import routine_fold

VALUES_AT_ONCE = 800_000_000
"""Values of home-days in memory at once: 3.2 GB as arrays, and as much while they are read."""
STATES_AT_ONCE = 6_000_000
"""Homes × snapshots in memory at once: about 2.5 GB."""
FARTHEST_AHEAD = 366
"""Nights beyond the last reading that are worked; more of them is a slip in the year."""

Progress = Callable[[str, int, int], None]
"""Told (what, done, of how many)."""


@dataclass(slots=True)
class NightReport:
    """What a run of nights did.

    `reworked_homes`: homes worked again for late readings or registry changes, from the day
    `reworked_from` on. `unread`: nights worked after `last_read`, the last day with a reading.
    `afresh`: why all was worked from the first day ("asked", "rules"), empty where it was not.
    """

    through: date | None = None
    nights: int = 0
    homes: int = 0
    reworked_homes: int = 0
    reworked_from: date | None = None
    last_read: date | None = None
    unread: int = 0
    afresh: str = ""
    notes: list[str] = field(default_factory=list)


def rules_mark(fold: Fold) -> str:
    """A mark of the rules and thresholds: states made under another mark are worked again."""
    text = repr([(s.name, s.rule, s.daily) for s in fold.steps])
    text += repr(sorted(fold.starts.items())) + repr(sorted(fold.constants().items()))
    text += repr([(n, v) for n, v in sorted(vars(context).items()) if n.isupper()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run_nights(
    home: Home,
    through: date | None = None,
    *,
    afresh: bool = False,
    progress: Progress | None = None,
    job: str | None = None,
) -> NightReport:
    """Bring every home's state up to `through` (default: the last day with readings).

    Days without readings are worked too, as unknown days: their readings may be late. What the run
    comes to is noted (see `runs`); `job` is the id of the job that asked for it. Raises
    LamplitError `night.no-readings`, `night.before-first`, `night.far-ahead`,
    `night.state-damaged`, `lake.file-damaged`, those of `detector`, and that of the writer's lock
    where another run holds it.
    """
    fold = detector(home)
    with (
        committing(home, "nightly"),
        noted(home, job) as said,
        open_engine(home, ENGINE_SHARE) as con,
    ):
        lake = Lake(home)
        span = lake.day_range()
        if span is None:
            raise LamplitError(problems.NO_READINGS, where=str(home.path))
        target = through or span[1]
        if target < span[0]:
            raise LamplitError(problems.BEFORE_FIRST, day=target, first=span[0])
        if (target - span[1]).days > FARTHEST_AHEAD:
            raise LamplitError(problems.FAR_AHEAD, day=target, last=span[1])
        with (
            blaming(lake, con, LAKE_COLUMNS),
            _night_on(home, con, lake, fold, progress or _silent) as night,
        ):
            said.report = night.run(span, target, afresh)
            return said.report


@contextmanager
def _night_on(home: Home, con: Duck, lake: Lake, fold: Fold, progress: Progress) -> Iterator[Night]:
    """The run of nights on the home's engine."""
    with maybe_spark(home) as spark:
        if spark is None:
            yield Night(home, con, lake, fold, progress)
            return
        from lamplit.services.night.spark import SparkNight

        yield SparkNight(home, con, lake, fold, progress, spark)


def detector(home: Home) -> Fold:
    """The home's fold: the rules with the thresholds that its lamplit.toml overrides.

    Raises LamplitError `night.unknown-threshold` or `night.bad-threshold`.
    """
    own = {t.name: t for t in home_state_fold().thresholds}
    known = own | {t.name: t for t in routine_fold().thresholds}
    where = str(home.path / "lamplit.toml")
    for name, value in home.config.detector.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            raise LamplitError(
                problems.UNKNOWN_THRESHOLD, where=where, name=name, near=near,
                known=", ".join(known),
            )  # fmt: skip
        if type(value) not in (int, float) or not math.isfinite(value):
            raise LamplitError(
                problems.BAD_THRESHOLD, where=where, name=name, value=value,
                unit=known[name].unit, usual=known[name].value,
            )  # fmt: skip
    return home_state_fold({k: float(v) for k, v in home.config.detector.items() if k in own})


def _silent(what: str, done: int, total: int) -> None:
    """No progress to show."""


class Night:
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
        self.features = FEATURES if self.shaped else DAILY_FEATURES
        self.done, self.total, self.batch = 0, 0, 0

    def run(self, span: tuple[date, date], target: date, afresh: bool) -> NightReport:
        """Rework, then advance."""
        directory = self.home.state_dir
        old = StateManifest() if afresh else read_manifest(directory)
        manifest = self._checked(old, span[0], afresh)
        # Swept first, for room; a run that starts afresh leaves the old states until it commits.
        if afresh:
            forget_unfinished(directory)
        else:
            sweep_leftovers(self.home, old)
        self.batch = self.lake.last_batch()
        universe = registered(self.con, self.home.registry_file)
        current: Standing | None = None
        if manifest.through:
            again = self._rework(manifest)
            universe, current = rework(again, universe)
            self.report.reworked_homes, self.report.reworked_from = again.homes, again.since
        start = date.fromisoformat(manifest.through) + timedelta(1) if manifest.through else span[0]
        self.total = max(0, (target - start).days + 1)
        while start <= target:
            stop = self._stretch_end(start, target, universe.count)
            universe, current = self._stretch(manifest, universe, current, (start, stop, target))
            self.done += (stop - start).days + 1
            start = stop + timedelta(1)
        if manifest.through and not complete(manifest, universe, shaped=self.shaped):
            manifest.generation += 1
            self._carry_courses(manifest, universe, None)
            commit(self.home, manifest)
        # No reader's convenience weighs as much as a word taken back.
        if withdrawn(self.home.state_shelf, old, manifest):
            old = replace(old, course={}, course_homes="")
        sweep_leftovers(self.home, manifest, old)
        return self._reported(manifest, universe, span[1])

    def _reported(self, manifest: StateManifest, universe: Universe, last: date) -> NightReport:
        report = self.report
        report.through = date.fromisoformat(manifest.through)
        report.homes, report.nights, report.last_read = universe.count, self.total, last
        report.unread = min(report.nights, max(0, (report.through - last).days))
        if report.unread:
            report.notes.append(f"no reading after {last}: {report.unread} nights without any")
        return report

    def _checked(self, old: StateManifest, first: date, afresh: bool) -> StateManifest:
        """The manifest to work on: a fresh one where the old states no longer hold."""
        mark = rules_mark(self.fold)
        if afresh:
            self.report.afresh = "asked"
        elif old.through and old.rules != mark:
            self.report.afresh = "rules"
        if self.report.afresh:
            used = _generations(self.home)
            return StateManifest(generation=used, rules=mark, first_day=first.isoformat())
        manifest = replace(old, snapshots=dict(old.snapshots), logs=dict(old.logs), rules=mark)
        # Readings from before the first night are late readings like any other, unless those days
        # have expired: there is nothing left to work them from.
        manifest.first_day = min(old.first_day or "9999", first.isoformat())
        if old.expired:
            after = date.fromisoformat(old.expired) + timedelta(1)
            manifest.first_day = max(manifest.first_day, after.isoformat())
        return manifest

    def _stretch_end(self, start: date, target: date, homes: int) -> date:
        """The last day of a stretch that fits in memory, its snapshots too."""
        if start == target:
            return start
        known = max(homes, self._meters(start, target), 1)
        free = room(self.home, known)
        cells = min(VALUES_AT_ONCE, free // CELL_BYTES)
        days = max(1, min(400, cells // len(self.features) // known))
        stop = min(target, start + timedelta(days - 1))
        kept = [day for day in self._kept(start, stop, target) if day < stop]
        values = VALUE_BYTES * len(self.fold.carried) * known
        nights = max(0, min(STATES_AT_ONCE // known, free // values - COPIES) - 1)
        return stop if len(kept) <= nights else kept[nights]

    def _meters(self, start: date, stop: date) -> int:
        """About how many meters were read in these days; unregistered ones become homes."""
        days = self.lake.sql(start, stop, ("meter_id",))
        return int(self.con.value(f"SELECT approx_count_distinct(meter_id) FROM {days}"))

    @staticmethod
    def _kept(start: date, stop: date, target: date) -> list[date]:
        """The days of a stretch whose snapshots are kept; its last, from which the next goes on."""
        return sorted({d for d in days_to_keep(start, target) if d <= stop} | {stop})

    def _stretch(
        self,
        manifest: StateManifest,
        universe: Universe,
        current: Standing | None,
        days: tuple[date, date, date],
    ) -> tuple[Universe, Standing]:
        """Work the days from the first to the second, on the way to the third."""
        start, stop, target = days
        keep, before = self._kept(start, stop, target), current
        gathered = self._gathered(universe, (start, stop), len(keep))
        universe = gathered.universe
        groups = self._grouped(gathered, current, tuple((day - start).days for day in keep))
        ledger = Ledger(self.home, self._made_from(manifest, days, gathered.shards))
        manifest.generation += 1
        current = self._shards(manifest, gathered, groups, current, keep, ledger)
        gathered.close()
        for day in keep:
            current.peers, current.zeros = memories(groups, (day - start).days)
            manifest.snapshots[day.isoformat()] |= write_groups(
                self.home.state_shelf, day, manifest.generation, current
            )
        write_log(self.home.state_shelf, manifest, (start, stop), groups)
        write_links(self.home.state_shelf, manifest, universe.links())
        manifest.through = stop.isoformat()
        if stop == target:
            eve = (start - timedelta(1), before.carried, before.homes.num_rows) if before else None
            self._carry_courses(manifest, universe, eve)
        forget(manifest, target)
        manifest.batch = self.batch
        commit(self.home, manifest)
        ledger.close()
        return universe, current

    def _carry_courses(self, manifest: StateManifest, universe: Universe, eve: Eve | None) -> None:
        """Bring the courses of those who agreed up to the last night; the manifest names them."""
        nights = self._rework(manifest).nights(universe, eve)
        carry(nights, date.fromisoformat(manifest.through), None, None)

    def _rework(self, manifest: StateManifest) -> Rework:
        """What came in late, worked into the nights of this manifest."""
        return Rework(self.home, self.con, self.lake, self.fold, manifest, shaped=self.shaped)

    def _gathered(self, universe: Universe, span: tuple[date, date], kept: int) -> Gathered:
        """The days of a stretch, in shards of as many homes as there is room for."""
        first, last = span
        cells = len(self.features) * ((last - first).days + 1)
        free = room(self.home, universe.count or self._meters(first, last))
        return Gathered.read(
            self.con, self.lake.sql(first, last, LAKE_COLUMNS), universe,
            (day_number(first), day_number(last)), shaped=self.shaped,
            size=shard_homes(free, cells, len(self.fold.carried), kept),
        )  # fmt: skip

    def _grouped(
        self, gathered: Gathered, before: Standing | None, keep_rows: tuple[int, ...]
    ) -> list[Groups]:
        """What the groups say over a stretch."""
        days = gathered.span[1] - gathered.span[0] + 1
        return work_groups(gathered.panels(), days, gathered.universe, before, keep_rows)

    def _made_from(
        self, manifest: StateManifest, days: tuple[date, date, date], shards: list[slice]
    ) -> object:
        """All that the shards of a stretch come from."""
        files = (self.lake.folder / NAME, self.home.registry_file)
        stamps = [(f.stat().st_mtime_ns, f.stat().st_size) if f.exists() else () for f in files]
        before = asdict(manifest) | {"generation": 0}
        return [before, stamps, days, [shard.stop for shard in shards], self.shaped]

    def _shards(
        self,
        manifest: StateManifest,
        gathered: Gathered,
        groups: list[Groups],
        before: Standing | None,
        keep: list[date],
        ledger: Ledger,
    ) -> Standing:
        """Work each shard through the days, and write what its homes carry after those of `keep`.

        Returns the homes as the last of them leaves them.
        """
        universe, single = gathered.universe, len(gathered.shards) == 1
        known = before.homes.num_rows if before else 0
        parts: dict[str, dict[str, str]] = {day.isoformat(): {} for day in keep}
        teller = self._teller(gathered.span[1] - gathered.span[0] + 1, universe.count)
        last: Arrays = {}
        for number, shard in enumerate(gathered.shards):
            names = None if single else ledger.done(number)
            if names is not None:
                teller(shard.stop - shard.start)
            else:
                panel = gathered.panel(shard)
                lay_over(panel, groups, shard)
                carried = grown(self.fold, before.carried if before else None, known, shard)
                _, _, kept = run_fold(
                    self.fold, panel, carried, progress=teller,
                    keep_days=tuple(day_number(day) for day in keep),
                )  # fmt: skip
                homes = universe.homes.slice(shard.start, shard.stop - shard.start)
                names = {
                    day.isoformat(): write_part(
                        self.home.state_shelf, day, manifest.generation,
                        None if single else number, (homes, kept[day_number(day)]),
                    )
                    for day in keep
                }  # fmt: skip
                last = kept[day_number(keep[-1])]
                if not single:
                    ledger.add(number, names)
            for day, files in names.items():
                parts[day] |= files
        manifest.snapshots |= parts
        if single:
            return Standing(universe.homes, Held(last), {}, {})
        files = parts[keep[-1].isoformat()]
        last_names = [files[part] for part in sorted(files)]
        counts = [shard.stop - shard.start for shard in gathered.shards]
        filed = Filed.of_parts(self.home.state_shelf, last_names, counts)
        return Standing(universe.homes, filed, {}, {})

    def _teller(self, days: int, homes: int) -> Callable[[int], None]:
        """Turns homes done within a stretch into nights done."""
        worked = 0

        def tell(count: int) -> None:
            nonlocal worked
            worked += count
            self.progress("nights", self.done + days * worked // max(homes, 1), self.total)

        return tell


def _generations(home: Home) -> int:
    """The number after that of any file in the state's folder: names are never used twice."""
    used = [0]
    for name in home.state_shelf.sizes():
        number = name.removesuffix(".parquet").rpartition("-")[2]
        used.append(int(number) if number.isdecimal() else 0)
    return max(used)


def forget(manifest: StateManifest, target: date) -> None:
    """Drop the snapshots that are not to be kept once `target` is through."""
    first = date.fromisoformat(manifest.first_day)
    # The night that expired days end with is what all later ones start from.
    always = {manifest.through, manifest.expired}
    keep = {day.isoformat() for day in days_to_keep(first, target)} | always
    manifest.snapshots = {d: f for d, f in manifest.snapshots.items() if d in keep}
