"""The homes as an evening left them: the states of a kept night, or of a day worked again.

A kept night is read where it lies, and only the columns that a question needs; a day between kept
nights is worked again from the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import night as problems
from lamplit.engine.duckdb import Duck, DuckError, quoted
from lamplit.engine.spark import Spark
from lamplit.meters.shelf import Shelf
from lamplit.services.lake_on_spark import night_view
from lamplit.services.night.carried import HOMES, PATCH, carried_at, fetched
from lamplit.services.night.gather import day_number
from lamplit.services.night.replay import Replay
from lamplit.services.night.snapshots import StateManifest
from lamplit.services.night.universe import places_in
from lamplit.services.replay_on_spark import replayed
from lamplit.signals.fold import Arrays
from lamplit.signals.panel import run_fold

Array = np.ndarray[Any, Any]

CELLS_AT_ONCE = 24_000_000
"""Home-days in memory at once while a day between kept nights is worked again."""
ROWS_A_PART = 1_000_000_000
"""Row numbers that each file of a night has for itself."""
CITY_COLUMNS = (
    "household_id", "stranger", "community_id", "lives_alone", "shared", "state", "away", "since",
    "event", "event_found", "belief",
)  # fmt: skip
"""What questions about every home ask of a kept night."""
WORKED = "evening_homes"
BREAKS = "routine_breaks"
"""The table of broken routines, which a list joins."""


@dataclass(frozen=True, slots=True)
class Evening:
    """A day's end as a relation for FROM: HOMES_SCHEMA's columns, what each home carries, and
    `row`, a number of its own for each home.
    """

    con: Duck
    day: date
    relation: str
    where: str
    spark: Spark | None = None
    on_spark: str = ""
    breaks: str = BREAKS

    @property
    def city(self) -> str:
        """The relation, for questions about every home: Spark's own where Spark answers them, with
        CITY_COLUMNS and `row` alone.
        """
        return self.on_spark or self.relation

    def of_city(self, sql: str) -> pa.Table:
        """What a query over `city` gives."""
        return self.spark.arrow(sql) if self.spark and self.on_spark else self.arrow(sql)

    def with_breaks(self, table: pa.Table) -> Evening:
        """The evening with the table BREAKS where its `city` is; `arrow` must have it already."""
        if self.spark is None or not self.on_spark:
            return self
        return replace(self, breaks=self.spark.view(table))

    @property
    def number(self) -> int:
        """The day as days since 1970-01-01."""
        return day_number(self.day)

    def arrow(self, sql: str) -> pa.Table:
        """What a query over the relation gives.

        Raises LamplitError `night.state-damaged` where the night's files can't be read.
        """
        try:
            return self.con.arrow(sql)
        except DuckError as reason:
            raise LamplitError(problems.STATE_DAMAGED, where=self.where) from reason


@contextmanager
def evening_of(
    replay: Replay, day: date, rows: Array | None = None, *, spark: Spark | None = None
) -> Iterator[Evening]:
    """The evening of a day that the nights have reached.

    `rows`: homes of the replay's universe that are asked about, all where None; more may be given.
    `spark`: answers questions about every home of a kept night, and works another night again.
    Raises LamplitError `night.state-damaged`.
    """
    where, shelf = str(replay.home.state_dir), replay.home.state_shelf
    if day in replay.manifest.days():
        relation = _kept(shelf, replay.manifest, day)
        city = kept_on_spark(spark, shelf, replay.manifest, day) if spark else ""
        yield Evening(replay.con, day, relation, where, spark, city)
        return
    wanted = np.arange(replay.universe.count) if rows is None else rows
    if spark is None:
        table = _worked_table(replay, wanted, day=day)
    else:
        table = _worked_on_spark(spark, replay, day, wanted)
    table = table.append_column("row", pa.array(np.arange(table.num_rows, dtype=np.int64)))
    replay.con.register(WORKED, table)
    try:
        yield Evening(replay.con, day, WORKED, where)
    finally:
        replay.con.unregister(WORKED)


def _worked_table(replay: Replay, rows: Array, *, day: date) -> pa.Table:
    """HOMES_SCHEMA's columns of these homes, and what each carries after `day`."""
    homes, carried = worked(replay, day, rows)
    for name, values in carried.items():
        homes = homes.append_column(name, pa.array(values))
    return homes


def _worked_on_spark(spark: Spark, replay: Replay, day: date, rows: Array) -> pa.Table:
    look = partial(_worked_table, day=day)
    return pa.concat_tables(replayed(spark, replay, rows, (day, day, day), CELLS_AT_ONCE, look))


def _kept(shelf: Shelf, manifest: StateManifest, day: date) -> str:
    """A kept night: its file, and the patches laid over it, the last of which counts."""
    files = manifest.snapshots[day.isoformat()]
    bases, patches = (
        [files[part] for part in sorted(files) if part.startswith(kind)] for kind in (HOMES, PATCH)
    )
    paths = fetched(shelf, [*bases, *patches])
    scans = [_scan(path, part) for part, path in enumerate(paths)]
    whole = " UNION ALL BY NAME ".join(scans[: len(bases)])
    if not patches:
        return f"({whole})"
    over = " UNION ALL BY NAME ".join(scans[len(bases) :])
    # Of a home's several patches the last has the highest row.
    last = (
        f"SELECT * FROM ({over}) QUALIFY row = max(row) OVER (PARTITION BY household_id, stranger)"
    )
    return (
        f"(SELECT * FROM ({whole}) ANTI JOIN ({over}) USING (household_id, stranger) "
        f"UNION ALL BY NAME {last})"
    )


def kept_on_spark(spark: Spark, shelf: Shelf, manifest: StateManifest, day: date) -> str:
    """As `_kept`, with the same numbers of rows, for Spark to read: CITY_COLUMNS.

    Raises LamplitError `night.state-damaged`.
    """
    files = manifest.snapshots[day.isoformat()]
    bases, patches = (
        [files[part] for part in sorted(files) if part.startswith(kind)] for kind in (HOMES, PATCH)
    )
    views = (
        night_view(spark, shelf, name, CITY_COLUMNS, part * ROWS_A_PART)
        for part, name in enumerate([*bases, *patches])
    )
    scans = [f"SELECT * FROM {view}" for view in views]
    whole = " UNION ALL ".join(scans[: len(bases)])
    if not patches:
        return f"({whole})"
    over = " UNION ALL ".join(scans[len(bases) :])
    latest = "max(row) OVER (PARTITION BY household_id, stranger) AS last"
    return (
        f"(SELECT w.* FROM ({whole}) AS w LEFT ANTI JOIN ({over}) AS o "
        "ON w.household_id = o.household_id AND w.stranger = o.stranger "
        f"UNION ALL SELECT * EXCEPT (last) FROM (SELECT *, {latest} FROM ({over})) "
        "WHERE row = last)"
    )


def _scan(file: Path, part: int) -> str:
    return (
        f"SELECT * EXCLUDE (file_row_number), file_row_number + {part * ROWS_A_PART} AS row "
        f"FROM read_parquet({quoted(str(file))}, file_row_number = true)"
    )


def states_on(replay: Replay, day: date, rows: Array | None = None) -> tuple[pa.Table, Arrays]:
    """(homes, carried) of the replay's homes as they stood after `day`, in the order of `rows`.

    All homes where `rows` is None. Raises LamplitError `night.state-damaged`.
    """
    wanted = np.arange(replay.universe.count) if rows is None else rows
    homes = replay.universe.homes.take(pa.array(wanted, pa.int64()))
    if day == replay.through:
        place = places_in(homes, replay.last.homes)
        return homes, carried_at(replay.fold, replay.last.carried, place)
    if day in replay.manifest.days():
        _, snapshot = replay.before(day + timedelta(1))
        assert snapshot is not None
        return homes, carried_at(replay.fold, snapshot.carried, places_in(homes, snapshot.homes))
    return worked(replay, day, wanted)


def worked(replay: Replay, day: date, rows: Array) -> tuple[pa.Table, Arrays]:
    """(homes, carried) of these homes after a day between kept nights, worked again."""
    start, snapshot = replay.before(day)
    size = max(1, CELLS_AT_ONCE // ((day - start).days + 1))
    parts: list[tuple[pa.Table, Arrays]] = []
    for at in range(0, max(len(rows), 1), size):
        panel, small = replay.panel(rows[at : at + size], start, day)
        carried = replay.carried(snapshot, small)
        parts.append((small.homes, run_fold(replay.fold, panel, carried)[0]))
    homes = pa.concat_tables([part[0] for part in parts])
    return homes, {n: np.concatenate([p[1][n] for p in parts]) for n in replay.fold.carried}
