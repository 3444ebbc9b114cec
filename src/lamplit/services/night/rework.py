"""Late readings and registry changes, worked into the nights already done.

Only what they touch is worked again: the homes whose days changed, and the homes of a community or
collector that says something else because of them. The work starts from the last snapshot before
the first changed day, and the reworked rows replace the old ones in each later snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.services.night.areas import Groups, lay_over, log_table, read_log, work_groups
from lamplit.services.night.gather import LAKE_COLUMNS, day_date, day_number, read_days
from lamplit.services.night.snapshots import (
    Snapshot,
    StateManifest,
    commit,
    read_snapshot,
    write_log,
    write_snapshot,
)
from lamplit.services.night.universe import LAST_DAY, Universe
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.panel import Panel, run_fold, start_carried

if TYPE_CHECKING:
    from lamplit.services.night.advance import _Night

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Touched:
    """What changed: `since` (homes,) is the first changed day of each home, LAST_DAY for none.

    `groups`: kind → ids of groups whose membership changed (a home left or joined).
    """

    since: Array
    groups: dict[str, set[str]]


def rework(night: _Night, manifest: StateManifest, universe: Universe) -> tuple[Universe, Snapshot]:
    """Bring the states up to date with what came in since; returns them as they then stand."""
    through = date.fromisoformat(manifest.through)
    current = read_snapshot(night.home.state_dir, manifest, through)
    first = day_number(date.fromisoformat(manifest.first_day))
    universe, current, touched = _aligned(night, universe, current, first)
    universe, current, touched = _late(night, manifest, universe, current, touched, through)
    if not (touched.since < LAST_DAY).any():
        return universe, current
    start_after, before = _base(night, manifest, universe, int(touched.since.min()))
    first_day = date.fromisoformat(manifest.first_day)
    start = start_after + timedelta(1) if start_after else first_day
    work = _Rework(night, manifest, universe, (start, through), before, touched)
    current = work.run(current)
    manifest.batch = night.lake.last_batch()
    commit(night.home.state_dir, manifest)
    night.report.reworked_homes = work.homes
    night.report.reworked_from = day_date(int(touched.since.min()))
    return universe, current


def _aligned(
    night: _Night, universe: Universe, current: Snapshot, first: int
) -> tuple[Universe, Snapshot, Touched]:
    """The registry's universe plus the strangers of the snapshot, the states in its order."""
    known = universe.meters["meter_id"]
    stranger = pc.and_(
        pc.equal(current.homes["links"], pa.scalar(0, pa.uint64())),
        pc.invert(pc.is_in(current.homes["meter_id"], value_set=known.combine_chunks())),
    )
    ids = current.homes.filter(stranger)["household_id"].to_pylist()
    universe = universe.with_strangers(ids)
    groups: dict[str, set[str]] = {"peer": set(), "silence": set()}
    if universe.homes.equals(current.homes):
        return universe, current, Touched(np.full(universe.count, LAST_DAY), groups)
    place = pc.index_in(
        universe.homes["household_id"], current.homes["household_id"].combine_chunks()
    )
    old = place.fill_null(-1).to_numpy(zero_copy_only=False)
    was = np.array(current.homes["links"])
    same = (old >= 0) & (was[old] == universe.column("links"))
    since = np.where(same, LAST_DAY, first)
    gone = np.setdiff1d(np.arange(len(was)), old[old >= 0])
    moved = np.concatenate([gone, old[(old >= 0) & ~same]])
    for kind, column in (("peer", "community_id"), ("silence", "silence_id")):
        left = current.homes[column].take(pa.array(moved)).drop_null().to_pylist()
        groups[kind] |= set(left)
    fresh = start_carried(night.fold, universe.count)
    carried = {
        name: np.where(old >= 0, current.carried[name][old], fresh[name])
        for name in night.fold.carried
    }
    return (
        universe,
        Snapshot(universe.homes, carried, current.peers, current.zeros),
        Touched(since, groups),
    )


def _late(
    night: _Night,
    manifest: StateManifest,
    universe: Universe,
    current: Snapshot,
    touched: Touched,
    through: date,
) -> tuple[Universe, Snapshot, Touched]:
    """Mark the homes of readings that came in since, for days already worked."""
    sql = night.lake.touched_since(manifest.batch, through)
    rows = night.con.arrow(f"SELECT * FROM {sql}")
    if rows.num_rows == 0:
        return universe, current, touched
    at = pc.index_in(rows["meter_id"], universe.meters["meter_id"].combine_chunks())
    strangers = rows.filter(pc.is_null(at))["meter_id"].to_pylist()
    if strangers:
        universe = universe.with_strangers(sorted(strangers))
        since = np.concatenate([touched.since, np.full(len(strangers), LAST_DAY)])
        fresh = start_carried(night.fold, len(strangers))
        carried = {n: np.concatenate([current.carried[n], fresh[n]]) for n in fresh}
        current = Snapshot(universe.homes, carried, current.peers, current.zeros)
        touched = Touched(since, touched.groups)
    night.con.register("touched_rows", rows)
    night.con.register("home_meters", universe.meters)
    pairs = night.con.arrow(
        "SELECT m.home, min(r.day - DATE '1970-01-01') AS day FROM touched_rows r "
        "JOIN home_meters m USING (meter_id) GROUP BY m.home"
    )
    for name in ("touched_rows", "home_meters"):
        night.con.unregister(name)
    since = touched.since
    np.minimum.at(since, pairs["home"].to_numpy(), pairs["day"].to_numpy())
    return universe, current, touched


def _base(
    night: _Night, manifest: StateManifest, universe: Universe, earliest: int
) -> tuple[date | None, Snapshot | None]:
    """The last snapshot before the earliest changed day, in the universe's order."""
    days = [day for day in manifest.days() if day_number(day) < earliest]
    if not days:
        return None, None
    found = read_snapshot(night.home.state_dir, manifest, days[-1])
    return days[-1], reordered(night.fold, found, universe)


def reordered(fold: Fold, snapshot: Snapshot, universe: Universe) -> Snapshot:
    """A snapshot's homes in the order of `universe`, fresh ones where it has none."""
    place = pc.index_in(
        universe.homes["household_id"], snapshot.homes["household_id"].combine_chunks()
    )
    old = place.fill_null(-1).to_numpy(zero_copy_only=False)
    fresh = start_carried(fold, universe.count)
    carried = {n: np.where(old >= 0, snapshot.carried[n][old], fresh[n]) for n in fold.carried}
    return Snapshot(universe.homes, carried, snapshot.peers, snapshot.zeros)


class _Rework:
    """One rework over the days `span`, from the states in `before`."""

    def __init__(
        self,
        night: _Night,
        manifest: StateManifest,
        universe: Universe,
        span: tuple[date, date],
        before: Snapshot | None,
        touched: Touched,
    ) -> None:
        self.night, self.manifest, self.universe = night, manifest, universe
        self.start, self.through = span
        self.before, self.touched = before, touched
        self.days = (span[1] - span[0]).days + 1
        self.homes = 0

    def run(self, current: Snapshot) -> Snapshot:
        """Work again what is touched; returns the states after the last night."""
        around = np.flatnonzero(self._around())
        small = subset(self.universe, around)
        panel = self._panel(small)
        kept_days = [d for d in self.manifest.days() if d >= self.start]
        rows = tuple((d - self.start).days for d in kept_days)
        groups = self._groups(panel, small, rows)
        again = np.flatnonzero(self._again(groups, small, around))
        lay_over(panel, groups)
        self.homes = len(again)
        carried = (
            {n: v[around[again]] for n, v in self.before.carried.items()}
            if self.before
            else start_carried(self.night.fold, len(again))
        )
        _, _, kept = run_fold(
            self.night.fold, narrowed(panel, again), carried,
            keep_days=tuple(day_number(d) for d in kept_days),
        )  # fmt: skip
        return self._replace(current, kept_days, kept, around[again], groups)

    def _around(self) -> Array:
        """The touched homes and all homes of their groups."""
        mark = self.touched.since < LAST_DAY
        for kind, column in (("peer", "community_id"), ("silence", "silence_id")):
            number, ids = self.universe.groups(column)
            hit = np.zeros(len(ids) + 1, dtype=bool)
            hit[number[self.touched.since < LAST_DAY]] = True
            hit[[i for i, n in enumerate(ids) if n in self.touched.groups[kind]]] = True
            hit[-1] = False
            mark = mark | hit[number]
        return mark

    def _panel(self, small: Universe) -> Panel:
        days_sql = self.night.lake.sql(self.start, self.through, LAKE_COLUMNS)
        self.night.con.register("around_meters", small.meters.select(["meter_id"]))
        mine = f"(SELECT * FROM {days_sql} WHERE meter_id IN (SELECT meter_id FROM around_meters))"
        span = (day_number(self.start), day_number(self.through))
        panel, _ = read_days(self.night.con, mine, small, span, shaped=self.night.shaped)
        self.night.con.unregister("around_meters")
        return panel

    def _groups(self, panel: Panel, small: Universe, rows: tuple[int, ...]) -> list[Groups]:
        """What the groups say now: worked again where all their homes are here, else as logged."""
        groups = work_groups(panel, small, self.before, rows)
        logged = self._logged(groups)
        for group, old in zip(groups, logged, strict=True):
            partial = ~self._whole(group, small)
            group.values[:, partial] = old[:, partial]
        self.logged = logged
        return groups

    def _logged(self, groups: list[Groups]) -> list[Array]:
        files = [self.night.home.state_dir / name for name in self.manifest.logs.values()]
        return read_log(files, day_number(self.start), self.days, groups)

    def _whole(self, group: Groups, small: Universe) -> Array:
        """Which groups have all their homes in the small universe."""
        column = "community_id" if group.kind == "peer" else "silence_id"
        number, ids = self.universe.groups(column)
        total = dict(zip(ids, np.bincount(number[number >= 0], minlength=len(ids)), strict=True))
        here = np.bincount(group.number[group.number >= 0], minlength=len(group.ids))
        return np.array([here[i] == total[n] for i, n in enumerate(group.ids)], dtype=bool)

    def _again(self, groups: list[Groups], small: Universe, around: Array) -> Array:
        """Which homes of the small universe are to be worked again."""
        again = self.touched.since[around] < LAST_DAY
        for group, old in zip(groups, self.logged, strict=True):
            changed = np.append((group.values != old).any(axis=0), False)
            again = again | changed[group.number]
        return np.asarray(again)

    def _replace(
        self,
        current: Snapshot,
        kept_days: list[date],
        kept: dict[int, Arrays],
        rows: Array,
        groups: list[Groups],
    ) -> Snapshot:
        """Put the reworked rows into each later snapshot, and the groups' words into the log."""
        manifest, directory = self.manifest, self.night.home.state_dir
        manifest.generation += 1
        peer, silent = groups
        whole_peer, whole_silent = (self._whole(g, self.universe) for g in groups)
        for day in kept_days:
            snapshot = current
            if day != self.through:
                old = read_snapshot(directory, manifest, day)
                snapshot = reordered(self.night.fold, old, self.universe)
            for name, values in kept[day_number(day)].items():
                snapshot.carried[name] = snapshot.carried[name].copy()
                snapshot.carried[name][rows] = values
            row = (day - self.start).days
            memory = peer.kept[row]
            for i, name in enumerate(peer.ids):
                if whole_peer[i]:
                    snapshot.peers[name] = (float(memory.level[i]), float(memory.days[i]))
            for i, name in enumerate(silent.ids):
                if whole_silent[i]:
                    snapshot.zeros[name] = float(silent.kept[row].zeros[i])
            manifest.snapshots[day.isoformat()] = write_snapshot(
                directory, day, manifest.generation, snapshot
            )
            current = snapshot if day == self.through else current
        self._relog(groups)
        return current

    def _relog(self, groups: list[Groups]) -> None:
        """One log from the first day of the rework on, the reworked groups' words replaced."""
        import pyarrow.parquet as pq

        directory, manifest = self.night.home.state_dir, self.manifest
        fresh = log_table(groups, day_number(self.start))
        mine = {kind: pa.array(g.ids, pa.string()) for kind, g in _by_kind(groups).items()}
        start = day_number(self.start)
        for first, name in list(manifest.logs.items()):
            old = pq.read_table(directory / name)
            later = pc.greater_equal(old["day"], start)
            replaced = pc.or_(
                *[
                    pc.and_(pc.equal(old["kind"], kind), pc.is_in(old["id"], value_set=ids))
                    for kind, ids in mine.items()
                ]
            )
            keep = old.filter(pc.invert(pc.and_(later, replaced)))
            if keep.num_rows != old.num_rows:
                manifest.logs[first] = write_log(
                    directory, date.fromisoformat(first), manifest.generation, keep
                )
        if fresh.num_rows:
            key = f"{self.start.isoformat()}+{manifest.generation}"
            name = write_log(directory, self.start, manifest.generation + 1, fresh)
            manifest.logs[key] = name
            manifest.generation += 1


def _by_kind(groups: list[Groups]) -> dict[str, Groups]:
    return {group.kind: group for group in groups}


def subset(universe: Universe, rows: Array) -> Universe:
    """The universe of these homes alone, in this order."""
    place = np.full(universe.count, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    home = place[np.array(universe.meters["home"])]
    keep = pa.array(home >= 0)
    meters = universe.meters.set_column(1, "home", pa.array(home)).filter(keep)
    return Universe(universe.homes.take(pa.array(rows)), meters)


def narrowed(panel: Panel, rows: Array) -> Panel:
    """The panel of these homes alone."""
    return Panel(
        len(rows),
        panel.first_day,
        panel.days,
        {n: v[:, rows] for n, v in panel.features.items()},
        {n: v[:, rows] for n, v in panel.area.items()},
        {n: v[rows] for n, v in panel.static.items()},
    )
