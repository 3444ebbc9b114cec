"""A city in shards: so many homes at once as the memory limit allows.

A shard is a run of the universe's rows. Its night needs nothing of other shards but what the
groups say, which are sums: a first pass over all shards adds them up, a second takes each shard's
carried values and days to its new carried values. How the homes are cut changes no result.

The home-days of all shards are gathered by one query. Where one shard holds everybody they come
straight from it; else they wait in a temporary table of the engine's, within its part of the limit
or spilled to the home's own disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from lamplit.engine.duckdb import Duck
from lamplit.services.home import Home
from lamplit.services.night.gather import describe, gather_sql, panel_of, welcome
from lamplit.services.night.universe import Universe
from lamplit.services.settings import bytes_of
from lamplit.signals.panel import BLOCK_HOMES, DAILY_FEATURES, FEATURES, Panel

SHARD_HOMES = 512 * BLOCK_HOMES
"""Homes of a shard at most, however much memory there is: eight million."""
FEWEST_HOMES = 2 * BLOCK_HOMES
"""Homes of a shard at least: a block for each of two threads. Less gains no memory worth it."""
ENGINE_SHARE = 0.5
"""Of the memory limit, what the engine may take; the arrays of shards have the rest."""
BASE_BYTES = 300_000_000
"""What Python and the libraries take before any home is there."""
ID_BYTES = 300
"""What the ids of a home take, with its meter's and those of the night before."""
CELL_BYTES = 8
"""A value of a home-day: read, and laid out."""
VALUE_BYTES = 4
"""A carried value."""
COPIES = 4
"""Of carried values in memory at once: as read, as laid out, the last, and for a file."""
SLIM = ("kwh", "quality")
"""The features from which groups are summed."""
GATHERED = "gathered_days"


def room(home: Home, homes: int) -> int:
    """Bytes that arrays of home-days and carried values may take in a home of so many homes.

    Without a `memory_limit` half of the machine's memory is taken as one.
    """
    limit = home.config.memory_limit
    whole = bytes_of(limit) if limit else _machine() // 2
    return max(0, int(whole * (1 - ENGINE_SHARE)) - BASE_BYTES - homes * ID_BYTES)


def _machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def shard_homes(bytes_free: int, cells: int, carried: int, kept: int) -> int:
    """How many homes a shard may have.

    `cells`: features × days of a home; `carried`: values it carries; `kept`: nights whose values
    are kept.
    """
    each = cells * CELL_BYTES + carried * VALUE_BYTES * (COPIES + kept)
    count = bytes_free // each // BLOCK_HOMES * BLOCK_HOMES
    return min(SHARD_HOMES, max(count, min(FEWEST_HOMES, SHARD_HOMES)))


def cut(homes: int, size: int) -> list[slice]:
    """The shards of so many homes: runs of rows, all but the last of `size` homes."""
    starts = range(0, max(homes, 1), size)
    return [slice(start, min(start + size, homes)) for start in starts]


@dataclass(slots=True)
class Gathered:
    """The home-days of some days, a panel for each shard.

    `span`: the first and the last day, as day numbers.
    """

    con: Duck
    universe: Universe
    span: tuple[int, int]
    features: tuple[str, ...]
    shards: list[slice]
    rows: pa.Table | None
    swap_days: list[tuple[int, int]]
    _only: list[Panel] = field(default_factory=list)

    @classmethod
    def read(
        cls,
        con: Duck,
        days_sql: str,
        universe: Universe,
        span: tuple[int, int],
        *,
        shaped: bool,
        size: int,
    ) -> Gathered:
        """Gather the days of `days_sql`, in shards of `size` homes.

        Meters that nobody knows become homes at the end of the universe: see `universe`. `close`
        gives back what was gathered.
        """
        features = FEATURES if shaped else DAILY_FEATURES
        if universe.count == 0:
            universe = welcome(con, days_sql, universe)
        rows, strangers = _gathered(con, days_sql, universe, features, size)
        if strangers:
            universe = welcome(con, days_sql, universe)
            rows, _ = _gathered(con, days_sql, universe, features, size)
        shards = cut(universe.count, size)
        return cls(con, universe, span, features, shards, rows, universe.swap_days())

    def panels(self) -> Iterator[tuple[slice, Panel]]:
        """Each shard with as much of its panel as the groups' sums need."""
        for shard in self.shards:
            yield shard, self.panel(shard) if self._single else self._read(shard, SLIM)

    def panel(self, shard: slice) -> Panel:
        """The panel of a shard."""
        if not self._single:
            return self._read(shard, self.features)
        if not self._only:
            self._only.append(self._read(shard, self.features))
            self.rows = None  # laid out, they need not be held twice
        return self._only[0]

    @property
    def _single(self) -> bool:
        return len(self.shards) == 1

    def _read(self, shard: slice, features: tuple[str, ...]) -> Panel:
        rows = self.rows
        if rows is None:
            wanted = ", ".join(features)
            rows = self.con.arrow(
                f"SELECT home - {shard.start} AS home, day, {wanted} FROM {GATHERED} "
                f"WHERE home >= {shard.start} AND home < {shard.stop}"
            )
        panel = panel_of(rows, shard.stop - shard.start, self.span, features)
        describe(panel, self.universe, shard, self.swap_days)
        return panel

    def close(self) -> None:
        """Give back the engine's table."""
        self.rows = None
        self._only.clear()
        self.con.drop([GATHERED])


def _gathered(
    con: Duck, days_sql: str, universe: Universe, features: tuple[str, ...], size: int
) -> tuple[pa.Table | None, bool]:
    """(rows, or None where they wait in the engine's table; whether any is of no known meter)."""
    con.drop([GATHERED])
    con.register("home_meters", universe.meters)
    try:
        sql = gather_sql(days_sql, features)
        if universe.count <= size:
            rows = con.arrow(sql)
            return rows, bool(rows["home"].null_count)
        con.run(f"CREATE TEMP TABLE {GATHERED} AS {sql}")
        return None, bool(con.value(f"SELECT count(*) FROM {GATHERED} WHERE home IS NULL"))
    finally:
        con.unregister("home_meters")
