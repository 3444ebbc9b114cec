"""Days already worked, looked at again: the fold run over them for the answers it gives by the day.

Nothing is stored per home and day but the lake itself; a question about any span is answered by
running the fold from the last snapshot before it, with what the groups said as it was logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.night.areas import with_words
from lamplit.services.night.carried import carried_at
from lamplit.services.night.gather import (
    LAKE_COLUMNS,
    day_number,
    gather_sql,
    has_shape,
)
from lamplit.services.night.snapshots import (
    Snapshot,
    StateManifest,
    read_manifest,
    read_snapshot,
)
from lamplit.services.night.universe import NO_DAY, Universe, places_in, registered, subset
from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.hindsight import look_back
from lamplit.signals.panel import DAILY_FEATURES, FEATURES, Panel, run_fold, start_carried

Array = np.ndarray[Any, Any]

LEAD_DAYS = 120
"""Days before the span that the revised view looks at, to know the home's own use."""
TRAIL_DAYS = 60
"""Days after the span that the revised view looks at."""


@dataclass(slots=True)
class Replay:
    """A view onto worked days: the manifest, and the homes as the last night knew them."""

    home: Home
    con: Duck
    fold: Fold
    lake: Lake
    manifest: StateManifest
    universe: Universe
    last: Snapshot
    shaped: bool
    ran: list[str] = field(default_factory=list)
    cache: dict[date, Snapshot] = field(default_factory=dict)

    @classmethod
    def open(cls, home: Home, con: Duck, fold: Fold) -> Replay:
        """The nights of this home.

        Raises LamplitError `night.none-yet` or `night.state-damaged`.
        """
        manifest = read_manifest(home.state_dir)
        if not manifest.through:
            raise LamplitError(problems.NO_NIGHT, where=str(home.path))
        last = read_snapshot(home.state_shelf, manifest, date.fromisoformat(manifest.through))
        universe = registered(con, home.registry_file).with_strangers_of(last.homes)
        lake = Lake(home)
        return cls(home, con, fold, lake, manifest, universe, last, has_shape(con, lake))

    @property
    def first(self) -> date:
        """The first day worked."""
        return date.fromisoformat(self.manifest.first_day)

    @property
    def through(self) -> date:
        """The last day worked."""
        return date.fromisoformat(self.manifest.through)

    def checked(self, first: date, last: date) -> tuple[date, date]:
        """The span, cut to the first day worked.

        Raises LamplitError `night.bad-span`, `night.before-first` or `night.not-yet`.
        """
        return self.manifest.checked(first, last)

    def before(self, day: date) -> tuple[date, Snapshot | None]:
        """(the day after the last snapshot before `day`, that snapshot); the first day if none."""
        days = [d for d in self.manifest.days() if d < day]
        if not days:
            return self.first, None
        if days[-1] not in self.cache:  # asked for again and again, batch after batch of homes
            self.cache.clear()
            self.cache[days[-1]] = read_snapshot(self.home.state_shelf, self.manifest, days[-1])
        return days[-1] + timedelta(1), self.cache[days[-1]]

    def panel(self, rows: Array, first: date, last: date) -> tuple[Panel, Universe]:
        """The panel of these homes over these days, with what their groups said."""
        small = subset(self.universe, rows)
        days_sql = self.lake.sql(first, last, LAKE_COLUMNS)
        self.con.register("replay_meters", small.meters.select(["meter_id"]))
        mine = f"(SELECT * FROM {days_sql} WHERE meter_id IN (SELECT meter_id FROM replay_meters))"
        span = (day_number(first), day_number(last))
        shaped = self.shaped
        self.ran.append(gather_sql(mine, FEATURES if shaped else DAILY_FEATURES))
        panel = with_words(
            self.con, mine, small, span, self.home.state_shelf, self.manifest, shaped=shaped
        )
        self.con.unregister("replay_meters")
        return panel, small

    def carried(self, snapshot: Snapshot | None, small: Universe) -> Arrays:
        """What these homes carried in a snapshot; fresh where it does not know them."""
        if snapshot is None:
            return start_carried(self.fold, small.count)
        return carried_at(self.fold, snapshot.carried, places_in(small.homes, snapshot.homes))

    def as_known(
        self, rows: Array, first: date, last: date, outputs: tuple[str, ...]
    ) -> tuple[Panel, Arrays, Arrays]:
        """Each day as it was known on that day: (panel, outputs, carried after the last day)."""
        start, snapshot = self.before(first)
        panel, small = self.panel(rows, start, last)
        final, seen, _ = run_fold(self.fold, panel, self.carried(snapshot, small), outputs)
        skip = (first - start).days
        return _from_row(panel, skip), {n: v[skip:] for n, v in seen.items()}, final

    def hindsight_span(self, first: date, last: date) -> tuple[date, date]:
        """The days that the revised view of a span looks at."""
        start = max(self.first, first - timedelta(LEAD_DAYS))
        return start, min(self.through, last + timedelta(TRAIL_DAYS))

    def in_hindsight(
        self, rows: Array, first: date, last: date
    ) -> tuple[Panel, Arrays, Array, Array, Array]:
        """Each day as the days after it tell: (panel, outputs, empty, probability, valid)."""
        start, stop = self.hindsight_span(first, last)
        panel, _ = self.panel(rows, start, stop)
        found = look_back(self.fold, panel)
        empty, chance, valid, seen = found.empty, found.probability, found.valid, found.seen
        span = slice((first - start).days, (last - start).days + 1)
        shown = {n: v[span] for n, v in seen.items()}
        cut = _from_row(panel, span.start, span.stop)
        early = self._occupancy_before(rows, start)
        shown["since"] = _since(empty, valid, panel.first_day, early)[span]
        shown["spell_use"] = _spell_use(empty, seen["use"], valid)[span]
        return cut, shown, empty[span], chance[span], valid[span]

    def _occupancy_before(self, rows: Array, day: date) -> tuple[Array, Array] | None:
        """(1 empty, 0 in use, NO_DAY never read; since) of these homes on the eve of `day`.

        None where no day before it has been worked. A run that began before the days that
        hindsight looks at is dated as it was known then.
        """
        if day <= self.first:
            return None
        eve = day - timedelta(1)
        _, _, carried = self.as_known(rows, eve, eve, ())
        known = carried["state"] > 0
        return np.where(known, carried["away"], NO_DAY), np.where(known, carried["since"], 0.0)


def _from_row(panel: Panel, start: int, stop: int | None = None) -> Panel:
    span = slice(start, stop)
    return Panel(
        panel.homes,
        panel.first_day + start,
        len(range(panel.days)[span]),
        {n: v[span] for n, v in panel.features.items()},
        {n: v[span] for n, v in panel.area.items()},
        panel.static,
    )


def _since(empty: Array, valid: Array, first_day: int, early: tuple[Array, Array] | None) -> Array:
    """The first day of the run that each day belongs to; unread days go on with the run.

    `early`: what `Replay._occupancy_before` gives for the day before the first row.
    """
    since = np.empty(empty.shape, dtype=np.float32)
    start = np.full(empty.shape[1], float(first_day))
    last = np.full(empty.shape[1], float(NO_DAY))
    if early is not None:
        last, start = early[0].astype(float), np.where(early[1] > 0, early[1], start)
    for row in range(len(empty)):
        now = np.where(valid[row], empty[row].astype(float), last)
        start = np.where(valid[row] & (now != last), first_day + row, start)
        last = now
        since[row] = start
    return since


def _spell_use(empty: Array, use: Array, valid: Array) -> Array:
    """Mean use over the whole run of empty days that each day belongs to, kWh a day."""
    total = np.zeros(empty.shape)
    count = np.zeros(empty.shape)
    running_total = np.zeros(empty.shape[1])
    running_count = np.zeros(empty.shape[1])
    for row in range(len(empty)):
        going = empty[row] | ~valid[row]
        running_total = np.where(going, running_total, 0) + np.where(empty[row], use[row], 0)
        running_count = np.where(going, running_count, 0) + empty[row]
        total[row], count[row] = running_total, running_count
    for row in range(len(empty) - 2, -1, -1):
        onward = empty[row] & (empty[row + 1] | ~valid[row + 1]) & (count[row + 1] > 0)
        total[row] = np.where(onward, total[row + 1], total[row])
        count[row] = np.where(onward, count[row + 1], count[row])
    mean: Array = total / np.maximum(count, 1)
    return mean
