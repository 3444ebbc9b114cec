"""Late readings and registry changes, worked into the nights already done.

Only what they touch is worked again: the homes whose days changed, and the homes of a community or
collector that says something else because of them. The work starts from the last snapshot before
the first changed day, and the reworked homes are laid over each later snapshot. As a night does, it
goes in shards where the homes are more than there is room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.night.areas import (
    KINDS,
    Groups,
    lay_over,
    memories,
    read_log,
    work_groups,
    write_log,
)
from lamplit.services.night.carried import Held, Placed, open_files
from lamplit.services.night.courses import Eve, Nights, carry
from lamplit.services.night.gather import LAKE_COLUMNS, day_date, day_number
from lamplit.services.night.shards import Gathered, cut, room, shard_homes
from lamplit.services.night.snapshots import (
    Standing,
    StateManifest,
    commit,
    open_snapshot,
    patched_enough,
    read_groups,
    read_links,
    write_groups,
    write_links,
    write_part,
    write_patch,
)
from lamplit.services.night.universe import LAST_DAY, NO_DAY, Universe, places_in, subset
from lamplit.signals.fold import Fold
from lamplit.signals.panel import DAILY_FEATURES, FEATURES, run_fold, start_carried

Array = np.ndarray[Any, Any]

FIRST_READ = """
SELECT d.meter_id, min(d.day) AS day FROM {days} AS d
JOIN {asked} AS a ON d.meter_id = a.meter_id GROUP BY d.meter_id ORDER BY d.meter_id
"""
"""The first day with a reading of each meter that is asked for; it means the same to Spark."""


@dataclass(slots=True)
class Touched:
    """What changed: `since` (homes,) is the first changed day of each home, LAST_DAY for none.

    `groups`: kind → ids of groups that a home has left, which say something else from the first
    day on. `rewrite`: homes are no more, or are called otherwise, so the last snapshot is stale.
    """

    since: Array
    groups: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    rewrite: bool = False

    def earliest(self, first: int) -> int:
        """The first changed day; LAST_DAY where nothing changed. `first`: the first day of all."""
        days = [first] if any(self.groups.values()) else []
        return max(first, min([*days, int(self.since.min(initial=LAST_DAY))]))


@dataclass(slots=True)
class Rework:
    """What a rework works with, and what it did: how many `homes`, `since` which day."""

    home: Home
    con: Duck
    lake: Lake
    fold: Fold
    manifest: StateManifest
    shaped: bool
    homes: int = 0
    since: date | None = None

    @property
    def first(self) -> date:
        """The first day of all."""
        return date.fromisoformat(self.manifest.first_day)

    @property
    def through(self) -> date:
        """The last day worked."""
        return date.fromisoformat(self.manifest.through)

    # What another engine does otherwise.

    def nights(self, universe: Universe, eve: Eve | None = None) -> Nights:
        """The nights as courses look at them; `eve` as `Nights` has it."""
        return Nights(
            self.home, self.con, self.fold, self.lake, self.manifest, universe, self.shaped, eve
        )

    def again(self, universe: Universe, touched: Touched, since: int) -> Again:
        """What is to be worked again, from the day number `since` on."""
        return Again(self, universe, touched, since)

    def first_read(self, meters: pa.Array) -> pa.Table:
        """(meter_id, day) of those meters that were read by `through`, in order: the first day."""
        self.con.register("asked_meters", pa.table({"meter_id": meters}))
        days = self.lake.sql(None, self.through, ("meter_id", "day"))
        found = self.con.arrow(FIRST_READ.format(days=days, asked="asked_meters"))
        self.con.unregister("asked_meters")
        return found

    def written_whole(self, day: date, standing: Standing) -> dict[str, str]:
        """Write a snapshot's files whole, as many homes at once as there is room for."""
        shelf, generation = self.home.state_shelf, self.manifest.generation
        count = standing.homes.num_rows
        shards = cut(count, shard_homes(room(self.home, count), 0, len(self.fold.carried), 0))
        files = write_groups(shelf, day, generation, standing)
        for number, shard in enumerate(shards):
            homes = standing.homes.slice(shard.start, shard.stop - shard.start)
            files |= write_part(
                shelf, day, generation, None if len(shards) == 1 else number,
                (homes, standing.carried.at(shard)),
            )  # fmt: skip
        return files


def rework(work: Rework, universe: Universe) -> tuple[Universe, Standing]:
    """Bring the states up to date with what came in since; returns them as they then stand.

    `universe`: the registry's homes. Raises LamplitError `night.state-damaged`.
    """
    manifest, shelf = work.manifest, work.home.state_shelf
    old = open_snapshot(shelf, manifest, work.through)
    universe = universe.with_strangers_of(old.homes)
    universe, touched = _registry_changes(work, universe, old.homes)
    universe, touched = _late(work, universe, touched)
    touched.since[touched.since > day_number(work.through)] = LAST_DAY  # those nights are to come
    current = reordered(work.fold, old, universe)
    del old  # its ids are those of the whole city
    since = touched.earliest(day_number(work.first))
    if since == LAST_DAY and not touched.rewrite:
        return universe, current
    manifest.generation += 1
    again: pa.Array | None = None
    if since < LAST_DAY:
        work.since = day_date(since)
        current, again = work.again(universe, touched, since).run()
    if touched.rewrite:
        manifest.generation += 1  # what is read meanwhile keeps its name
        manifest.snapshots[manifest.through] = work.written_whole(work.through, current)
    write_links(shelf, manifest, universe.links())
    carry(work.nights(universe), work.through, again, work.since)
    manifest.batch = work.lake.last_batch()
    commit(work.home, manifest)
    return universe, current


def reordered(fold: Fold, snapshot: Standing, universe: Universe) -> Standing:
    """A snapshot's homes in the order of `universe`, fresh ones where it has none."""
    old = places_in(universe.homes, snapshot.homes)
    carried = snapshot.carried
    if len(old) != snapshot.homes.num_rows or (old != np.arange(len(old))).any():
        carried = Placed(fold, carried, old)
    return Standing(universe.homes, carried, snapshot.peers, snapshot.zeros)


# --- what is touched --------------------------------------------------------------------------


def _registry_changes(work: Rework, universe: Universe, was: pa.Table) -> tuple[Universe, Touched]:
    """From which day the registry now says something else of each home."""
    touched = Touched(np.full(universe.count, LAST_DAY, dtype=np.int64))
    links, old_links = universe.links(), read_links(work.home.state_shelf, work.manifest)
    if universe.homes.equals(was) and links.equals(old_links):
        return universe, touched
    old = places_in(universe.homes, was)
    touched.since = _relinked(work, universe, was, (links, old_links))
    _newcomers(work, universe, np.flatnonzero(old < 0), touched)
    gone = _moved(work, universe, was, old, touched)
    touched.rewrite = bool(gone.any()) or not universe.homes.equals(was)
    meters = [was["meter_id"].combine_chunks(), old_links["meter_id"].combine_chunks()]
    return _unlinked(work, universe, touched, meters)


def _moved(work: Rework, universe: Universe, was: pa.Table, old: Array, touched: Touched) -> Array:
    """Mark homes of another place or kind than they were, and the groups that any home has left.

    Returns which of the homes that were are no more.
    """
    known = np.flatnonzero(old >= 0)
    before = was.take(pa.array(old[known]))
    moved = np.zeros(len(known), dtype=bool)
    for name in ("community_id", "silence_id", "solar", "shared"):
        moved |= _differ(universe.homes[name].take(pa.array(known)), before[name])
    touched.since[known[moved]] = day_number(work.first)
    gone = np.ones(was.num_rows, dtype=bool)
    gone[old[known]] = False
    left = pa.array(np.concatenate([np.flatnonzero(gone), old[known[moved]]]))
    for kind, (column, _, _) in KINDS.items():
        touched.groups[kind] |= set(was[column].take(left).drop_null().to_pylist())
    return gone


def _differ(now: pa.ChunkedArray, before: pa.ChunkedArray) -> Array:
    """Where two columns differ, NULL being equal to NULL."""
    same = pc.fill_null(pc.equal(now, before), False)
    both = pc.and_(pc.is_null(now), pc.is_null(before))
    differ: Array = pc.invert(pc.or_(same, both)).to_numpy(zero_copy_only=False)
    return differ


_ALL_LINKS = f"""
SELECT household_id, meter_id, {NO_DAY} AS from_day, {LAST_DAY} AS to_day FROM {{when}}_homes
WHERE NOT stranger AND household_id NOT IN (SELECT household_id FROM {{when}}_links)
UNION ALL SELECT household_id, meter_id, from_day, to_day FROM {{when}}_links
"""

_RELINKED = f"""
WITH now AS ({_ALL_LINKS.format(when="now")}), was AS ({_ALL_LINKS.format(when="was")})
SELECT household_id, min(day) AS day FROM (
  SELECT household_id,
    CASE WHEN now.to_day IS NULL OR was.to_day IS NULL THEN from_day
         ELSE least(now.to_day, was.to_day) END AS day
  FROM now FULL JOIN was USING (household_id, meter_id, from_day)
  WHERE now.to_day IS DISTINCT FROM was.to_day
) GROUP BY household_id
"""
"""The first day on which the meters that speak for a home are others than they were."""


def _relinked(
    work: Rework, universe: Universe, was: pa.Table, links: tuple[pa.Table, pa.Table]
) -> Array:
    """For each home the first day on which other meters speak for it; LAST_DAY where none do."""
    tables = {"now_homes": universe.homes, "now_links": links[0], "was_homes": was,
              "was_links": links[1]}  # fmt: skip
    for name, table in tables.items():
        work.con.register(name, table)
    found = work.con.arrow(_RELINKED)
    for name in tables:
        work.con.unregister(name)
    registered = universe.homes.filter(pc.invert(universe.homes["stranger"]))
    at = pc.index_in(registered["household_id"], found["household_id"].combine_chunks())
    days = np.append(found["day"].to_numpy(), LAST_DAY)[at.fill_null(-1).to_numpy()]
    since = np.full(universe.count, LAST_DAY, dtype=np.int64)
    since[: registered.num_rows] = days  # strangers come last
    return since


def _first_read(work: Rework, meters: pa.Array) -> tuple[pa.Array, Array]:
    """(meters, first day with a reading) of those meters that were read by `through`."""
    if len(meters) == 0:
        return pa.array([], pa.string()), np.empty(0, dtype=np.int64)
    found = work.first_read(meters)
    days: Array = found["day"].cast(pa.int32()).to_numpy()
    return found["meter_id"].combine_chunks(), days.astype(np.int64)


def _newcomers(work: Rework, universe: Universe, new: Array, touched: Touched) -> None:
    """Mark homes that were not there from the first day on which a meter of theirs was read."""
    touched.since[new] = LAST_DAY
    is_new = np.zeros(universe.count, dtype=bool)
    is_new[new] = True
    mine = universe.meters.filter(pa.array(is_new[universe.meters["home"].to_numpy()]))
    meters, days = _first_read(work, pc.unique(mine["meter_id"]))
    at = pc.index_in(mine["meter_id"], meters).fill_null(-1).to_numpy()
    read = np.append(days, LAST_DAY)[at]
    day = np.where(read < LAST_DAY, np.maximum(read, mine["from_day"].to_numpy()), LAST_DAY)
    np.minimum.at(touched.since, mine["home"].to_numpy(), day)


def _unlinked(
    work: Rework, universe: Universe, touched: Touched, meters: list[pa.Array]
) -> tuple[Universe, Touched]:
    """Meters that the registry has dropped become strangers again, as they would from scratch."""
    known = universe.meters["meter_id"].combine_chunks()
    was = pc.unique(pa.concat_arrays(meters))
    lost, days = _first_read(work, was.filter(pc.invert(pc.is_in(was, value_set=known))))
    since = np.concatenate([touched.since, days])
    universe = universe.with_strangers(lost.to_pylist())
    return universe, Touched(since, touched.groups, touched.rewrite)


def _late(work: Rework, universe: Universe, touched: Touched) -> tuple[Universe, Touched]:
    """Mark the homes of readings that came in since, for days already worked."""
    sql = work.lake.touched_since(work.manifest.batch, work.through)
    rows = work.con.arrow(f"SELECT meter_id, day - DATE '1970-01-01' AS day FROM {sql}")
    if rows.num_rows == 0:
        return universe, touched
    known = pc.is_in(rows["meter_id"], value_set=universe.meters["meter_id"].combine_chunks())
    strangers = sorted(rows.filter(pc.invert(known))["meter_id"].to_pylist())
    universe = universe.with_strangers(strangers)
    since = np.concatenate([touched.since, np.full(len(strangers), LAST_DAY)])
    work.con.register("touched_rows", rows)
    work.con.register("home_meters", universe.meters)
    pairs = work.con.arrow(
        "SELECT m.home, min(r.day) AS day FROM touched_rows r "
        "JOIN home_meters m ON r.meter_id = m.meter_id AND r.day < m.to_day GROUP BY m.home"
    )
    for name in ("touched_rows", "home_meters"):
        work.con.unregister(name)
    np.minimum.at(since, pairs["home"].to_numpy(), pairs["day"].to_numpy())
    return universe, Touched(since, touched.groups, touched.rewrite)


# --- working it again -------------------------------------------------------------------------


class Again:
    """The touched days worked again, from the last snapshot before them to the last night."""

    def __init__(self, work: Rework, universe: Universe, touched: Touched, since: int) -> None:
        self.work, self.universe, self.touched = work, universe, touched
        days = [day for day in work.manifest.days() if day_number(day) < since]
        self.start = days[-1] + timedelta(1) if days else work.first
        self.before: Standing | None = None
        if days:
            found = open_snapshot(work.home.state_shelf, work.manifest, days[-1])
            self.before = reordered(work.fold, found, universe)
        self.days = (work.through - self.start).days + 1

    def run(self) -> tuple[Standing, pa.Array]:
        """Work again what is touched.

        Returns (the states after the last night, the households that were worked again).
        """
        work = self.work
        around = np.flatnonzero(self._around())
        kept_days = [d for d in work.manifest.days() if d >= self.start]
        gathered = self._gathered(subset(self.universe, around), len(kept_days))
        groups = self._grouped(gathered, tuple((d - self.start).days for d in kept_days))
        whole = [self._whole(group) for group in groups]
        again = self._again(groups, whole, around)
        work.homes = int(again.sum())
        patches = self._worked(gathered, groups, again, around, kept_days)
        gathered.close()
        for day in kept_days:
            self._patch(day, patches[day], self._words(day, groups, whole))
        write_log(
            work.home.state_shelf, work.manifest, (self.start, work.through),
            [_chosen(g, w) for g, w in zip(groups, whole, strict=True)], self._gone(),
        )  # fmt: skip
        found = open_snapshot(work.home.state_shelf, work.manifest, work.through)
        households = self.universe.homes["household_id"].take(pa.array(around[again]))
        return reordered(work.fold, found, self.universe), households.combine_chunks()

    def _grouped(self, gathered: Gathered, keep_rows: tuple[int, ...]) -> list[Groups]:
        """What the groups of these homes say."""
        return work_groups(gathered.panels(), self.days, gathered.universe, self.before, keep_rows)

    def _worked(
        self,
        gathered: Gathered,
        groups: list[Groups],
        again: Array,
        around: Array,
        kept_days: list[date],
    ) -> dict[date, dict[str, str]]:
        """Work the homes of `again` shard by shard; the patches written for each kept day."""
        work = self.work
        patches: dict[date, dict[str, str]] = {day: {} for day in kept_days}
        for number, shard, mine in touched_shards(gathered, again):
            panel = gathered.panel(shard)
            lay_over(panel, groups, shard)
            rows = around[shard][mine]
            carried = (
                self.before.carried.at(rows) if self.before else start_carried(work.fold, len(rows))
            )
            _, _, kept = run_fold(
                work.fold, panel.of_homes(mine), carried,
                keep_days=tuple(day_number(d) for d in kept_days),
            )  # fmt: skip
            homes = self.universe.homes.take(pa.array(rows))
            for day in kept_days:
                patches[day] |= write_patch(
                    work.home.state_shelf, day, work.manifest.generation, number,
                    (homes, kept[day_number(day)]),
                )  # fmt: skip
        return patches

    def _around(self) -> Array:
        """The touched homes and all homes of their groups."""
        mark = touched = self.touched.since < LAST_DAY
        for kind, (column, _, _) in KINDS.items():
            number, ids = self.universe.groups(column)
            hit = np.zeros(len(ids) + 1, dtype=bool)
            hit[number[touched]] = True
            hit[[i for i, n in enumerate(ids) if n in self.touched.groups[kind]]] = True
            hit[-1] = False
            mark = mark | hit[number]
        return np.asarray(mark)

    def _gathered(self, small: Universe, kept: int) -> Gathered:
        """The days of these homes, in shards of as many as there is room for."""
        con, work = self.work.con, self.work
        days_sql = work.lake.sql(self.start, work.through, LAKE_COLUMNS)
        con.register("around_meters", small.meters.select(["meter_id"]))
        mine = f"(SELECT * FROM {days_sql} WHERE meter_id IN (SELECT meter_id FROM around_meters))"
        span = (day_number(self.start), day_number(work.through))
        cells = self.days * len(FEATURES if work.shaped else DAILY_FEATURES)
        free = room(work.home, self.universe.count)
        size = shard_homes(free, cells, len(work.fold.carried), kept)
        found = Gathered.read(con, mine, small, span, shaped=work.shaped, size=size)
        con.unregister("around_meters")
        return found

    def _whole(self, group: Groups) -> Array:
        """Which groups have all their homes here; of the others a part says nothing."""
        number, ids = self.universe.groups(KINDS[group.kind][0])
        total = dict(zip(ids, np.bincount(number[number >= 0], minlength=len(ids)), strict=True))
        here = np.bincount(group.number[group.number >= 0], minlength=len(group.ids))
        return np.array([here[i] == total[n] for i, n in enumerate(group.ids)], dtype=bool)

    def _again(self, groups: list[Groups], whole: list[Array], around: Array) -> Array:
        """Which homes here are to be worked again; groups that are not whole speak as logged."""
        work = self.work
        logged = read_log(
            work.home.state_shelf, work.manifest, day_number(self.start), self.days, groups
        )
        again = self.touched.since[around] < LAST_DAY
        for group, full, old in zip(groups, whole, logged, strict=True):
            group.values[:, ~full] = old[:, ~full]
            changed = np.append((group.values != old).any(axis=0), False)
            again = again | changed[group.number]
        return np.asarray(again)

    def _words(self, day: date, groups: list[Groups], whole: list[Array]) -> Standing:
        """What all groups remember after a day, the whole groups' words being new."""
        peers, zeros = read_groups(
            self.work.home.state_shelf, self.work.manifest.snapshots[day.isoformat()]
        )
        new_peers, new_zeros = memories(groups, (day - self.start).days)
        gone = self._gone()
        known = [{n for n, w in zip(g.ids, full, strict=True) if w}
                 for g, full in zip(groups, whole, strict=True)]  # fmt: skip
        peers = {n: v for n, v in peers.items() if n not in gone["peer"]}
        zeros = {n: v for n, v in zeros.items() if n not in gone["silence"]}
        peers |= {n: v for n, v in new_peers.items() if n in known[0]}
        zeros |= {n: v for n, v in new_zeros.items() if n in known[1]}
        return Standing(self.universe.homes.slice(0, 0), Held({}), peers, zeros)

    def _gone(self) -> dict[str, set[str]]:
        """The groups that no home is in any more."""
        return {
            kind: self.touched.groups[kind] - set(self.universe.groups(column)[1])
            for kind, (column, _, _) in KINDS.items()
        }

    def _patch(self, day: date, patches: dict[str, str], words: Standing) -> None:
        """Lay patches over a day's snapshot; where that makes many, write it whole again."""
        work, snapshots = self.work, self.work.manifest.snapshots
        name, shelf = day.isoformat(), work.home.state_shelf
        whole = patched_enough(shelf, snapshots[name], work.homes)
        snapshots[name] = snapshots[name] | patches
        if whole:
            homes, carried = open_files(shelf, snapshots[name])
            standing = Standing(homes, carried, words.peers, words.zeros)
            snapshots[name] = work.written_whole(day, standing)
        else:
            snapshots[name] |= write_groups(shelf, day, work.manifest.generation, words)


def touched_shards(gathered: Gathered, again: Array) -> Iterator[tuple[int, slice, Array]]:
    """(number, homes, those of them that are worked again) of each shard that has any."""
    for number, shard in enumerate(gathered.shards):
        mine = np.flatnonzero(again[shard])
        if len(mine):
            yield number, shard, mine


def _chosen(group: Groups, rows: Array) -> Groups:
    """Some of the groups alone, for the log."""
    ids = [name for name, chosen in zip(group.ids, rows, strict=True) if chosen]
    return Groups(group.kind, group.number, ids, group.values[:, rows], group.memory, {})
