"""What the groups of homes say on each day, and the log of it that later nights compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.services.night.snapshots import Snapshot
from lamplit.services.night.universe import Universe
from lamplit.signals.context import GroupMemory, peer_index, silence, spread
from lamplit.signals.panel import Panel

Array = np.ndarray[Any, Any]

KINDS: dict[str, tuple[str, float, Callable[..., Any]]] = {
    "peer": ("community_id", 1.0, peer_index),
    "silence": ("silence_id", 0.0, silence),
}
"""Kind → the column that groups homes, the value that says nothing, the function."""

AREA_INPUT = {"peer": "peer", "silence": "silent"}


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


def work_groups(
    panel: Panel, universe: Universe, before: Snapshot | None, keep_rows: tuple[int, ...]
) -> list[Groups]:
    """Both kinds of group over the panel, from the memory that `before` left."""
    found = []
    for kind, (column, _, function) in KINDS.items():
        number, ids = universe.groups(column)
        start = _memory(kind, ids, before)
        values, memory, kept = function(panel, number, start, keep_rows)
        found.append(Groups(kind, number, ids, values, memory, kept))
    return found


def _memory(kind: str, ids: list[str], before: Snapshot | None) -> GroupMemory:
    memory = GroupMemory.fresh(len(ids))
    if before is None:
        return memory
    for i, name in enumerate(ids):
        if kind == "peer":
            memory.level[i], memory.days[i] = before.peers.get(name, (0.0, 0.0))
        else:
            memory.zeros[i] = before.zeros.get(name, np.nan)
    return memory


def lay_over(panel: Panel, groups: list[Groups]) -> None:
    """Give each home of the panel its groups' values."""
    for group in groups:
        name = AREA_INPUT[group.kind]
        panel.area[name] = spread(group.values, group.number, group.default)


def log_table(groups: list[Groups], first_day: int) -> pa.Table:
    """The values that say something, one row per kind, group and day."""
    parts = []
    for group in groups:
        rows, columns = np.nonzero(group.values != np.float32(group.default))
        ids = pa.array(group.ids, pa.string())
        parts.append(
            pa.table(
                {
                    "kind": pa.array([group.kind] * len(rows), pa.string()),
                    "id": ids.take(pa.array(columns)),
                    "day": pa.array(rows.astype(np.int32) + first_day, pa.int32()),
                    "value": pa.array(group.values[rows, columns], pa.float32()),
                }
            )
        )
    return pa.concat_tables(parts)


def read_log(files: list[Path], first_day: int, days: int, groups: list[Groups]) -> list[Array]:
    """The logged values of these groups, each (days, groups), the default where nothing is logged.

    Used to see which groups say something else once late readings are in.
    """
    logged = [pq.read_table(file) for file in files]
    table = pa.concat_tables(logged) if logged else None
    found = []
    for group in groups:
        values = np.full((days, len(group.ids)), np.float32(group.default), dtype=np.float32)
        if table is not None and group.ids:
            mine = table.filter(pc.equal(table["kind"], group.kind))
            column = pc.index_in(mine["id"], pa.array(group.ids, pa.string()))
            row = mine["day"].to_numpy() - first_day
            inside = column.is_valid().to_numpy() & (row >= 0) & (row < days)
            at = column.fill_null(0).to_numpy()[inside]
            values[row[inside], at] = mine["value"].to_numpy()[inside]
        found.append(values)
    return found
