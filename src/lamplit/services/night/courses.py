"""The courses of those who live alone and agreed, carried from night to night.

A broken routine is judged by the slots of a day and of 28 before it, with what each evening said
of them: whether the day counts, and whether the home was called empty already. Those weeks lie
here, one file a day, so that a night reads the readings of its own day alone. All files of a night
have the same homes in the same order, which an index names with a mark of what speaks for each.

What is here can be made again from the lake (`of_lake`), and is equal to it to the bit. Only homes
that agreed have a course; one that agrees no more, or whose meters are others, loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.engine.duckdb import Duck, quoted
from lamplit.meters.lake import Lake, TableLake
from lamplit.meters.shelf import Shelf
from lamplit.services.home import Home
from lamplit.services.lock import check_abreast
from lamplit.services.night.areas import with_words
from lamplit.services.night.carried import Carried, Placed
from lamplit.services.night.course_files import (
    Index,
    Stored,
    lots,
    read_index,
    write_days,
    write_index,
)
from lamplit.services.night.gather import LAKE_COLUMNS, day_date, day_number
from lamplit.services.night.snapshots import StateManifest, commit, open_snapshot, read_manifest
from lamplit.services.night.universe import Universe, places_in, subset
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.panel import run_fold, start_carried
from lamplit.signals.routine.course import Course
from lamplit.signals.routine.rules import DAYS_NEEDED

Array = np.ndarray[Any, Any]

COURSE_DAYS = DAYS_NEEDED + 1
"""Days that are carried: what the last day and the one before it are judged by."""
FULL = 0.999
"""Share of a day's slots, all actual, that a course needs: a gap could be the morning's kettle."""
APART = "days_set_apart"

Eve = tuple[date, Carried, int]
"""(a day, what the first homes of a universe carry after it, how many homes those are)."""


@dataclass(slots=True)
class Nights:
    """Nights that are worked already, as far as courses look at them.

    `eve`: what the homes of `universe` carry after a day, where that is at hand.
    """

    home: Home
    con: Duck
    fold: Fold
    lake: Lake
    manifest: StateManifest
    universe: Universe
    shaped: bool
    eve: Eve | None = None
    _opened: dict[date, Carried] = field(default_factory=dict)

    @property
    def first(self) -> date:
        """The first day worked."""
        return date.fromisoformat(self.manifest.first_day)

    def courses(
        self, rows: Array, first: date, last: date
    ) -> AbstractContextManager[Callable[[slice], Course]]:
        """As `of_lake`; another engine reads them otherwise."""
        return of_lake(self, rows, first, last)

    def before(self, day: date) -> tuple[date, Carried | None]:
        """(the first day to work again, what the universe's homes carry the evening before it), so
        that all of `day` is worked; None where nothing was worked before.
        """
        kept = [d for d in self.manifest.days() if d < day]
        last = kept[-1] if kept else None
        if self.eve and self.eve[0] < day and (last is None or self.eve[0] >= last):
            on, carried, known = self.eve
            count = self.universe.count
            places = np.where(np.arange(count) < known, np.arange(count), -1)
            return on + timedelta(1), Placed(self.fold, carried, places)
        if last is None:
            return self.first, None
        if last not in self._opened:  # asked for again and again, lot after lot of homes
            self._opened.clear()
            found = open_snapshot(self.home.state_shelf, self.manifest, last)
            places = places_in(self.universe.homes, found.homes)
            self._opened[last] = Placed(self.fold, found.carried, places)
        return last + timedelta(1), self._opened[last]


# --- from the lake ----------------------------------------------------------------------------


def consenting(universe: Universe, rows: Array | None = None) -> Array:
    """Rows of the homes that the signal may look at: consent, one's own meter, no solar roof."""
    may = universe.column("lives_alone").astype(bool)
    may = may & ~universe.column("shared").astype(bool) & ~universe.column("solar").astype(bool)
    if rows is not None:
        asked = np.zeros(len(may), dtype=bool)
        asked[rows] = True
        may &= asked
    return np.flatnonzero(may)


@contextmanager
def of_lake(
    nights: Nights, rows: Array, first: date, last: date
) -> Iterator[Callable[[slice], Course]]:
    """A function that gives the courses of a lot of `rows` (a slice of them) over these days.

    The homes' days are read from the lake once: each lot would otherwise read the whole city's.
    What does not fit is spilled.
    """
    start, carried = nights.before(first)
    small, con = subset(nights.universe, rows), nights.con
    read = [f"SELECT * FROM {nights.lake.sql(first, last, (*LAKE_COLUMNS, 'intervals'))}"]
    if start < first:  # of days that only lead there no slots are needed
        lead = nights.lake.sql(start, first - timedelta(1), LAKE_COLUMNS)
        read.append(f"SELECT *, CAST(NULL AS FLOAT[]) AS intervals FROM {lead}")
    con.register("apart_meters", small.meters.select(["meter_id"]))
    con.run(
        f"CREATE OR REPLACE TEMP TABLE {APART} AS SELECT * FROM ({' UNION ALL '.join(read)}) "
        "SEMI JOIN apart_meters USING (meter_id)"
    )
    con.unregister("apart_meters")
    apart = TableLake(nights.lake.folder, APART)

    def course(lot: slice) -> Course:
        mine = subset(small, np.arange(small.count)[lot])
        eve = carried.at(rows[lot]) if carried else start_carried(nights.fold, mine.count)
        return course_of(nights, apart, mine, eve, (start, first, last))

    try:
        yield course
    finally:
        con.drop([APART])


def course_of(
    nights: Nights, apart: Lake, small: Universe, eve: Arrays, days: tuple[date, date, date]
) -> Course:
    """The homes' slots from the second to the third day, with what each evening said of them.

    Their states are worked from the first day on, from what they carry the evening before.
    """
    start, first, last = days
    nights.con.register("lot_meters", small.meters.select(["meter_id"]))
    days_sql = apart.sql(start, last, LAKE_COLUMNS)
    mine = f"(SELECT * FROM {days_sql} SEMI JOIN lot_meters USING (meter_id))"
    panel = with_words(
        nights.con, mine, small, (day_number(start), day_number(last)), nights.home.state_shelf,
        nights.manifest, shaped=nights.shaped,
    )  # fmt: skip
    nights.con.unregister("lot_meters")
    _, seen, _ = run_fold(nights.fold, panel, eve, ("valid", "next_away"))
    skip = (first - start).days
    before = np.asarray(eve["away"], dtype=np.float32)[None]
    away = np.vstack([before, seen["next_away"][:-1]])[skip:] > 0
    kwh, slots = _slots(nights.con, apart, small, day_number(first), panel.days - skip)
    valid = (seen["valid"][skip:] > 0) & (panel.features["coverage"][skip:] >= FULL)
    whole = (~np.isnan(kwh)).sum(axis=2) == slots
    return Course(kwh, slots, valid.T & whole & (slots > 0), away.T)


def _slots(con: Duck, lake: Lake, small: Universe, first: int, days: int) -> tuple[Array, Array]:
    """(kWh by home, day and slot; slots of each home-day), a home's several meters added up."""
    start = day_date(first)
    columns = ("meter_id", "day", "slots", "slots_read", "quality", "intervals")
    days_sql = lake.sql(start, start + timedelta(days - 1), columns)
    # Sums of floats hang on their order, and a home's day must not.
    several = "ORDER BY m.home, day, d.meter_id" if len(small.meters) > small.count else ""
    con.register("routine_meters", small.meters)
    number = "CAST(d.day - DATE '1970-01-01' AS INTEGER)"
    table = con.arrow(f"""
        SELECT m.home, {number} AS day, d.intervals
        FROM {days_sql} d JOIN routine_meters m ON d.meter_id = m.meter_id
          AND {number} >= m.from_day AND {number} < m.to_day
        WHERE d.quality = 0 AND d.slots_read = d.slots AND d.intervals IS NOT NULL
        {several}
    """)
    con.unregister("routine_meters")
    return _cube(table, small.count, first, days)


def _cube(table: pa.Table, homes: int, first: int, days: int) -> tuple[Array, Array]:
    lists = table["intervals"].combine_chunks()
    size = lists.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    values = lists.flatten().to_numpy(zero_copy_only=False)
    home = table["home"].to_numpy().astype(np.int64)
    day = table["day"].to_numpy().astype(np.int64) - first
    slots = np.zeros((homes, days), dtype=np.int64)
    np.maximum.at(slots, (home, day), size)
    kwh = np.full((homes, days, int(size.max(initial=1))), np.nan, dtype=np.float32)
    starts = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size
    for length in np.unique(size):
        at = size == length
        mine = values[starts[at][:, None] + np.arange(length)[None, :]]
        part = np.zeros((homes, days, length), dtype=np.float32)
        np.add.at(part, (home[at], day[at]), mine)
        here = np.zeros((homes, days), dtype=bool)
        here[home[at], day[at]] = True
        kwh[here, :length] = part[here]
        # Meters of one home that cut the day differently can't be added up.
        slots[here & (slots != length)] = 0
    kwh[slots == 0] = np.nan
    return kwh, slots


# --- carried ----------------------------------------------------------------------------------


def window(manifest: StateManifest, last: date) -> list[date]:
    """The days that are carried once `last` is through."""
    first = max(date.fromisoformat(manifest.first_day), last - timedelta(COURSE_DAYS - 1))
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def carried_courses(shelf: Shelf, manifest: StateManifest) -> Stored | None:
    """The courses up to the last night; None where they are not there.

    Raises LamplitError `night.state-damaged`.
    """
    days = [day.isoformat() for day in window(manifest, date.fromisoformat(manifest.through))]
    if sorted(manifest.course) != days:
        return None
    # Somebody who withdraws their consent takes the files with them, at any moment.
    names = (*manifest.course.values(), manifest.course_homes)
    if not shelf.sizes().keys() >= set(names):
        return None
    return Stored.open(shelf, manifest)


def complete(manifest: StateManifest, universe: Universe, *, shaped: bool) -> bool:
    """Whether the courses reach the last night, of all who are to have one.

    Where the registry has changed since, nobody is told apart: that is the rework's to see.
    """
    if not shaped or not len(consenting(universe)):
        return not manifest.course
    days = window(manifest, date.fromisoformat(manifest.through))
    return {day.isoformat() for day in days} == set(manifest.course)


def carry(nights: Nights, last: date, again: pa.Array | None, since: date | None) -> bool:
    """Bring the courses up to `last`; the manifest then names their files. Says whether it did.

    `again`: ids of households that were worked again from `since` on.
    Raises LamplitError `night.state-damaged` or `home.disk-full`.
    """
    manifest = nights.manifest
    rows = consenting(nights.universe)
    if not nights.shaped or not len(rows):
        gone = bool(manifest.course)
        manifest.course, manifest.course_homes = {}, ""
        return gone
    index = Index.of(nights.con, nights.universe, rows)
    days = window(manifest, last)
    old = _still_good(nights, days)
    have = [day for day in days if old and day in old.days]
    new = days[len(have) :]
    files: dict[str, str] = {}
    if old and have:
        files = _amended(nights, index, rows, old, have, (again, since))
    if new:
        with nights.courses(rows, new[0], new[-1]) as course:
            files |= _written(nights, new, index.count, course)
    same = old is not None and index.equals(old.index)
    changed = files != manifest.course or not same
    if not same:
        manifest.course_homes = write_index(nights.home.state_shelf, manifest.generation, index)
    manifest.course = files
    return changed


def withdrawn(shelf: Shelf, old: StateManifest, new: StateManifest) -> bool:
    """Whether somebody who had a course under the old manifest has none under the new."""
    if not old.course_homes or old.course_homes == new.course_homes:
        return False
    if not new.course_homes:
        return True
    now = read_index(shelf, new.course_homes).table["household_id"].combine_chunks()
    return not bool(read_index(shelf, old.course_homes).named(now).all())


def forget_withdrawn(home: Home, con: Duck) -> int:
    """Remove the courses of those who agree no more by the registry as it is; returns how many.

    Their files go at once. Only for the holder of the home's lock. Raises LamplitError
    `night.state-damaged`, `home.address-differs` or `home.disk-full`.
    """
    manifest = read_manifest(home.state_dir)
    if not manifest.course:
        return 0
    stored = Stored.open(home.state_shelf, manifest)
    registry = quoted(str(home.registry_file))
    agreed = con.arrow(
        f"SELECT DISTINCT household_id FROM read_parquet({registry}) WHERE lives_alone"
    )
    keep = np.flatnonzero(stored.index.named(agreed["household_id"].combine_chunks()))
    gone = stored.index.count - len(keep)
    if not gone:
        return 0
    check_abreast(home)
    manifest.generation += 1
    if len(keep):
        index = Index(stored.index.table.take(pa.array(keep)))
        days = list(stored.days)
        courses = (stored.read(keep[lot], days) for lot in lots(len(keep)))
        manifest.course = write_days(home.state_shelf, manifest.generation, days, courses)
        manifest.course_homes = write_index(home.state_shelf, manifest.generation, index)
    else:
        manifest.course, manifest.course_homes = {}, ""
    commit(home, manifest)
    # What earlier nights left behind as well.
    left = [name for name in home.state_shelf.sizes() if name.startswith("course-")]
    home.state_shelf.remove(set(left) - manifest.named())
    return gone


def _still_good(nights: Nights, days: list[date]) -> Stored | None:
    """The courses as they were left, where they can be gone on from."""
    manifest = nights.manifest
    if not manifest.course:
        return None
    stored = Stored.open(nights.home.state_shelf, manifest)
    have = [day in stored.days for day in days]
    # The days that are there must be the first of those that are wanted.
    return stored if have == sorted(have, reverse=True) and any(have) else None


def _amended(
    nights: Nights,
    index: Index,
    rows: Array,
    old: Stored,
    have: list[date],
    worked: tuple[pa.Array | None, date | None],
) -> dict[str, str]:
    """The files of the days that are there, written anew where a home of theirs changed."""
    again, since = worked
    places = index.places_in(old.index)
    stale = places < 0
    first = have[0]
    if not stale.any() and again is not None and since is not None:
        stale = index.named(again)
        first = max(first, since)
    elif again is not None:
        stale |= index.named(again)
    same = index.count == old.index.count and bool((places == np.arange(index.count)).all())
    kept = {day.isoformat(): old.days[day] for day in have}
    touched = [day for day in have if day >= first]
    if same and not (stale.any() and touched):
        return kept
    due = np.flatnonzero(stale)
    if not len(due):

        def merged(lot: slice) -> Course:
            return old.read(places[lot], have)

        return _written(nights, have, index.count, merged)
    if not same:
        touched = have
    with nights.courses(rows[due], touched[0], touched[-1]) as course:

        def merged(lot: slice) -> Course:
            fresh = np.flatnonzero((due >= lot.start) & (due < lot.stop))
            found = old.read(places[lot], touched)
            if not len(fresh):
                return found
            mine = course(slice(int(fresh[0]), int(fresh[-1]) + 1))
            return found.overlaid(mine, due[fresh] - lot.start)

        return kept | _written(nights, touched, index.count, merged)


def _written(
    nights: Nights, days: list[date], homes: int, course: Callable[[slice], Course]
) -> dict[str, str]:
    courses = map(course, lots(homes))
    return write_days(nights.home.state_shelf, nights.manifest.generation, days, courses)
