"""The registry of a shard: which meter is whose, and where the door is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lamplit.town.arrays import I64, Bool
from lamplit.town.calendar import Calendar
from lamplit.town.confounders import BIT
from lamplit.town.ids import days_array, household_ids, meter_ids, place_ids
from lamplit.town.metering import Meters
from lamplit.town.places import Places, building_name, community_name


def registry_table(
    meters: Meters, first: int, places: Places, calendar: Calendar, lives_alone: Bool
) -> pa.Table:
    """One row per household and meter; the columns are those of `lamplit registry import`."""
    n = meters.shape[0]
    home = np.arange(n)
    swapped = meters.swap_slot[meters.shared_with] >= 0
    second = np.flatnonzero(swapped)
    row = np.concatenate([home, second])
    replaced = np.concatenate([np.zeros(n, dtype=np.bool_), np.ones(len(second), dtype=np.bool_)])
    order = np.lexsort((replaced, row))
    row, replaced = row[order], replaced[order]
    door = row + first
    unit, floor, number = places.door_of(door)
    building = places.buildings_of(door)
    community = places.building_community[building]
    valid_from, valid_to = _validity(meters, row, replaced, swapped, calendar)
    sun = (meters.labels & (BIT["solar"] | BIT["solar_no_export"])) != 0
    return pa.table(
        {
            "meter_id": meter_ids(meters.shared_with[row] + first, replaced),
            "household_id": household_ids(door),
            "building_id": place_ids("B", building),
            "community_id": place_ids("C", community),
            "unit": pa.array(unit).cast(pa.string()),
            "floor": pa.array(floor.astype(np.int32)),
            "door": pa.array(number).cast(pa.string()),
            "collector_id": place_ids("K", places.collectors_of(meters.shared_with[row] + first)),
            "solar": sun[row],
            "shared": ((meters.labels & BIT["shared_meter"]) != 0)[row],
            "lives_alone": lives_alone[row],
            "valid_from": valid_from,
            "valid_to": valid_to,
            **_names(places, building, community),
        }
    )


def _validity(
    meters: Meters, row: I64, replaced: Bool, swapped: Bool, calendar: Calendar
) -> tuple[pa.Array, pa.Array]:
    """From and to (exclusive): both meters' turn is the day of the swap."""
    slot = np.maximum(meters.swap_slot[meters.shared_with[row]], 0)
    day = days_array(calendar.start.toordinal(), calendar.days)[slot // calendar.slots]
    date = pa.array(day).cast(pa.date32())
    none = pa.scalar(None, pa.date32())
    with_second = swapped[row]
    since = pa.compute.if_else(pa.array(with_second & replaced), date, none)
    until = pa.compute.if_else(pa.array(with_second & ~replaced), date, none)
    return since, until


def _names(places: Places, building: I64, community: I64) -> dict[str, pa.Array]:
    numbers = places.building_number[building]
    houses = [building_name(int(b)) for b in numbers]
    areas = {int(c): community_name(int(c)) for c in np.unique(community)}
    return {
        "building_name_zh": pa.array([zh for zh, _ in houses]),
        "building_name_en": pa.array([en for _, en in houses]),
        "community_name_zh": pa.array([areas[int(c)][0] for c in community]),
        "community_name_en": pa.array([areas[int(c)][1] for c in community]),
    }
