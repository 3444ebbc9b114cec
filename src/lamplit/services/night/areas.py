"""What the groups of homes say on each day, and the log of it that later nights compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.engine.duckdb import Duck
from lamplit.meters.shelf import Shelf
from lamplit.services.night.carried import keep_table, read_table
from lamplit.services.night.gather import day_date, day_number, read_days
from lamplit.services.night.snapshots import Remembered, StateManifest
from lamplit.services.night.universe import Universe
from lamplit.signals.context import (
    GroupMemory,
    GroupSums,
    peer_index,
    peer_sums,
    silence,
    silence_sums,
    spread,
)
from lamplit.signals.panel import Panel

Array = np.ndarray[Any, Any]

KINDS: dict[str, tuple[str, float, Callable[..., Any]]] = {
    "peer": ("community_id", 1.0, peer_index),
    "silence": ("silence_id", 0.0, silence),
}
"""Kind → the column that groups homes, the value that says nothing, the function over sums."""
SUMS: dict[str, Callable[[Panel, Array, int], GroupSums]] = {
    "peer": peer_sums,
    "silence": silence_sums,
}
"""Kind → what homes add to their groups."""

AREA_INPUT = {"peer": "peer", "silence": "silent"}

ALL = slice(None)

LOG_SCHEMA = pa.schema(
    [("kind", pa.string()), ("id", pa.string()), ("day", pa.int32()), ("value", pa.float32())]
)
"""What groups said, day by day; nothing is logged of a day on which a group says nothing."""


@dataclass(slots=True)
class Groups:
    """One kind of group over a universe: `number` (homes,), the ids, the values (days, groups)."""

    kind: str
    number: Array
    ids: list[str]
    values: Array
    memory: GroupMemory
    kept: dict[int, GroupMemory]

    @property
    def default(self) -> float:
        """The value that says nothing."""
        return KINDS[self.kind][1]


Numbered = dict[str, tuple[Array, list[str]]]
"""Kind → (group number of each home, -1 where it has none; the groups' ids)."""


def numbered(universe: Universe) -> Numbered:
    """Both kinds of group of a universe."""
    return {kind: universe.groups(column) for kind, (column, _, _) in KINDS.items()}


def no_sums(days: int, groups: Numbered) -> dict[str, GroupSums]:
    """Sums to which nothing has been added yet, by kind."""
    return {
        kind: GroupSums(np.zeros((days, len(ids))), np.zeros((days, len(ids))))
        for kind, (_, ids) in groups.items()
    }


def work_groups(
    panels: Iterable[tuple[slice, Panel]],
    days: int,
    universe: Universe,
    before: Remembered | None,
    keep_rows: tuple[int, ...],
) -> list[Groups]:
    """Both kinds of group over the panels of a universe's shards, from the memory of `before`.

    `panels`: which homes each panel holds; only their "kwh" and "quality" are looked at.
    """
    groups = numbered(universe)
    sums = no_sums(days, groups)
    for rows, panel in panels:
        for kind, (number, ids) in groups.items():
            sums[kind] += SUMS[kind](panel, number[rows], len(ids))
    return groups_of(sums, groups, before, keep_rows)


def groups_of(
    sums: dict[str, GroupSums],
    groups: Numbered,
    before: Remembered | None,
    keep_rows: tuple[int, ...],
) -> list[Groups]:
    """Both kinds of group from what all homes have added to them."""
    found = []
    for kind, (number, ids) in groups.items():
        values, memory, kept = KINDS[kind][2](sums[kind], _memory(kind, ids, before), keep_rows)
        found.append(Groups(kind, number, ids, values, memory, kept))
    return found


def _memory(kind: str, ids: list[str], before: Remembered | None) -> GroupMemory:
    memory = GroupMemory.fresh(len(ids))
    if before is None:
        return memory
    for i, name in enumerate(ids):
        if kind == "peer":
            memory.level[i], memory.days[i] = before.peers.get(name, (0.0, 0.0))
        else:
            memory.zeros[i] = before.zeros.get(name, np.nan)
    return memory


def memories(groups: list[Groups], row: int) -> tuple[dict[str, tuple[float, float]],
                                                      dict[str, float]]:  # fmt: skip
    """(peers, zeros), as a snapshot keeps them, after the panel's day `row`."""
    peer, silent = groups
    level, days = peer.kept[row].level.tolist(), peer.kept[row].days.tolist()
    zeros = silent.kept[row].zeros.tolist()
    return (
        dict(zip(peer.ids, zip(level, days, strict=True), strict=True)),
        dict(zip(silent.ids, zeros, strict=True)),
    )


def lay_over(panel: Panel, groups: list[Groups], rows: slice = ALL) -> None:
    """Give each home of the panel, the universe's `rows`, its groups' values."""
    for group in groups:
        name = AREA_INPUT[group.kind]
        panel.area[name] = spread(group.values, group.number[rows], group.default)


# --- the log ----------------------------------------------------------------------------------


def log_table(groups: list[Groups], first_day: int) -> pa.Table:
    """The values that say something, one row per kind, group and day."""
    parts = [LOG_SCHEMA.empty_table()]
    for group in groups:
        rows, columns = np.nonzero(group.values != np.float32(group.default))
        ids = pa.array(group.ids, pa.string())
        parts.append(
            pa.table(
                [
                    pa.array([group.kind] * len(rows), pa.string()),
                    ids.take(pa.array(columns)),
                    pa.array(rows.astype(np.int32) + first_day, pa.int32()),
                    pa.array(group.values[rows, columns], pa.float32()),
                ],
                schema=LOG_SCHEMA,
            )
        )
    return pa.concat_tables(parts)


def write_log(
    shelf: Shelf,
    manifest: StateManifest,
    span: tuple[date, date],
    groups: list[Groups],
    gone: dict[str, set[str]] | None = None,
) -> None:
    """Put what these groups said over `span` (both days included) into the months' logs.

    There is one file for each month. What the log had of these groups and days is replaced; of
    other groups and days it is kept. `gone`: kind → ids of groups that are no more.
    """
    fresh = log_table(groups, day_number(span[0]))
    ids = {g.kind: {*g.ids, *(gone or {}).get(g.kind, ())} for g in groups}
    for month, first, last in _months(*span):
        inside = pc.and_(pc.greater_equal(fresh["day"], first), pc.less_equal(fresh["day"], last))
        now = fresh.filter(inside)
        old_name = manifest.logs.get(month)
        if old_name:
            old = read_table(shelf, old_name)
            now = pa.concat_tables([_others(old, ids, first, last), now])
        now = now.sort_by([("day", "ascending"), ("kind", "ascending"), ("id", "ascending")])
        if old_name and now.equals(old):
            continue
        if now.num_rows:
            name = f"areas-{month}-{manifest.generation}.parquet"
            keep_table(shelf, name, now)
            manifest.logs[month] = name
        elif old_name:
            del manifest.logs[month]


def _months(first: date, last: date) -> list[tuple[str, int, int]]:
    """(month, its first and last day within the span as day numbers) of each month touched."""
    found = []
    while first <= last:
        end = min(last, (first.replace(day=1) + timedelta(32)).replace(day=1) - timedelta(1))
        found.append((f"{first:%Y-%m}", day_number(first), day_number(end)))
        first = end + timedelta(1)
    return found


def _others(old: pa.Table, ids: dict[str, set[str]], first: int, last: int) -> pa.Table:
    """The rows of a log that are not of these groups in these days."""
    inside = pc.and_(pc.greater_equal(old["day"], first), pc.less_equal(old["day"], last))
    mine = pa.chunked_array([pa.array(np.zeros(old.num_rows, dtype=bool))])
    for kind, names in ids.items():
        named = pc.is_in(old["id"], value_set=pa.array(sorted(names), pa.string()))
        mine = pc.or_(mine, pc.and_(pc.equal(old["kind"], kind), named))
    return old.filter(pc.invert(pc.and_(inside, mine)))


def read_log(
    shelf: Shelf, manifest: StateManifest, first_day: int, days: int, groups: list[Groups]
) -> list[Array]:
    """The logged values of these groups, each (days, groups), the default where nothing is logged.

    Used to see which groups say something else once late readings are in. Raises LamplitError
    `night.state-damaged`.
    """
    months = _months(day_date(first_day), day_date(first_day + days - 1))
    names = [manifest.logs[month] for month, _, _ in months if month in manifest.logs]
    table = pa.concat_tables(
        [LOG_SCHEMA.empty_table(), *(read_table(shelf, name) for name in names)]
    )
    found = []
    for group in groups:
        values = np.full((days, len(group.ids)), np.float32(group.default), dtype=np.float32)
        mine = table.filter(pc.equal(table["kind"], group.kind))
        column = pc.index_in(mine["id"], pa.array(group.ids, pa.string()))
        row = mine["day"].to_numpy() - first_day
        inside = column.is_valid().to_numpy() & (row >= 0) & (row < days)
        at = column.fill_null(0).to_numpy()[inside]
        values[row[inside], at] = mine["value"].to_numpy()[inside]
        found.append(values)
    return found


def logged_groups(
    shelf: Shelf, manifest: StateManifest, panel: Panel, universe: Universe
) -> list[Groups]:
    """What the groups of this universe said over the panel's days, as logged."""
    groups = []
    for kind, (column, _, _) in KINDS.items():
        number, ids = universe.groups(column)
        groups.append(Groups(kind, number, ids, np.empty(0), GroupMemory.fresh(len(ids)), {}))
    values = read_log(shelf, manifest, panel.first_day, panel.days, groups)
    for group, value in zip(groups, values, strict=True):
        group.values = value
    return groups


def with_words(
    con: Duck,
    days_sql: str,
    small: Universe,
    span: tuple[int, int],
    shelf: Shelf,
    manifest: StateManifest,
    *,
    shaped: bool,
) -> Panel:
    """The panel of these homes over nights that are worked, with what their groups said."""
    panel, _ = read_days(con, days_sql, small, span, shaped=shaped)
    lay_over(panel, logged_groups(shelf, manifest, panel, small))
    return panel
