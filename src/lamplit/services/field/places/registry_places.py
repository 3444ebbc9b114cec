"""The places that a registry speaks of: one row for each community, building, home and meter.

Worked out on whole columns, as a registry may hold millions of homes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.meters.registry_rules import OPEN_END, OPEN_START, codes, spans

Ints = npt.NDArray[np.int64]
EPOCH = date(1970, 1, 1)
NAMES = ("building_name_zh", "building_name_en", "community_name_zh", "community_name_en")


@dataclass(frozen=True, slots=True)
class Area:
    """A community, or a building of one; `floors` is the topmost floor that homes have."""

    community: str | None
    building: str | None
    name_zh: str | None
    name_en: str | None
    floors: int | None = None


@dataclass(frozen=True, slots=True)
class RegistryPlaces:
    """What the registry says of places.

    `homes` has household_id, building_id, community_id, unit, floor, door, valid_from, valid_to,
    sorted by community, building, household; `meters` has meter_id, household_id, ended, and
    leaves out meters that serve several homes at once, as no single door is theirs.
    """

    communities: list[Area]
    buildings: list[Area]
    homes: pa.Table
    meters: pa.Table


def places_in(registry: pa.Table, today: date) -> RegistryPlaces:
    """The places of `registry` (in `meters.registry.SCHEMA`): of each home its latest row.

    A home is there from its first row's start to its last row's end.
    """
    homes = _latest(registry, "household_id")
    order = [("community_id", "ascending"), ("building_id", "ascending")]
    homes = homes.take(pc.sort_indices(homes, sort_keys=[*order, ("household_id", "ascending")]))
    return RegistryPlaces(
        communities=_areas(homes, ["community_id"], "community_name"),
        buildings=_areas(homes, ["community_id", "building_id"], "building_name"),
        homes=homes,
        meters=_meters(registry, today),
    )


def batches(table: pa.Table, names: tuple[str, ...], size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of some columns as tuples, `size` at a time."""
    for at in range(0, table.num_rows, size):
        part = table.slice(at, size)
        yield list(zip(*(part[name].to_pylist() for name in names), strict=True))


def _latest(table: pa.Table, key: str) -> pa.Table:
    """One row per `key`: the one that starts last, valid over the span of all of them."""
    if not table.num_rows:
        return table
    keys = codes(table, key)
    starts, ends = spans(table)
    order = np.lexsort((starts, keys))
    last = np.flatnonzero(np.append(np.diff(keys[order]) != 0, True))
    first = np.append(0, last[:-1] + 1)
    found = table.take(pa.array(order[last]))
    begins = np.minimum.reduceat(starts[order], first)
    closes = np.maximum.reduceat(ends[order], first)
    found = _with(found, "valid_from", _dates(begins, OPEN_START))
    return _with(found, "valid_to", _dates(closes, OPEN_END))


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _dates(days: Ints, blank: int) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=days == blank).cast(pa.date32())


def _areas(homes: pa.Table, keys: list[str], name: str) -> list[Area]:
    """The distinct areas by their keys, with a name that any of their rows gives."""
    named = homes.filter(pc.is_valid(homes[keys[-1]]))
    by = [(f"{name}_zh", "max"), (f"{name}_en", "max"), ("floor", "max")]
    found = named.group_by(keys).aggregate(by).sort_by([(key, "ascending") for key in keys])
    floors = found["floor_max"].to_pylist()
    return [
        Area(
            row["community_id"],
            row.get("building_id"),
            row[f"{name}_zh_max"],
            row[f"{name}_en_max"],
            floor if floor and floor > 0 and len(keys) > 1 else None,
        )
        for row, floor in zip(found.to_pylist(), floors, strict=True)
    ]


def _meters(registry: pa.Table, today: date) -> pa.Table:
    """The home of each meter that serves one home only, and whether it no longer does."""
    day = (today - EPOCH) // timedelta(days=1)
    starts, ends = spans(registry)
    runs = (starts <= day) & (ends > day)
    homes = registry.filter(pa.array(runs)).select(["meter_id", "household_id"])
    count = homes.group_by("meter_id").aggregate([("household_id", "count_distinct")])
    several = count.filter(pc.greater(count["household_id_count_distinct"], 1))["meter_id"]
    shared = pc.or_(pc.fill_null(registry["shared"], False), _isin(registry, several))
    alone = registry.filter(pc.invert(shared))
    latest = _latest(alone, "meter_id")
    ended = pc.fill_null(pc.less_equal(latest["valid_to"].cast(pa.int32()), day), False)
    return latest.select(["meter_id", "household_id"]).append_column("ended", ended)


def _isin(registry: pa.Table, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(registry["meter_id"], value_set=ids)
