"""Which building the demo draws: one of a legible size whose windows show the most."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.words import HomeState
from lamplit.services.engine import open_engine
from lamplit.services.home import Home
from lamplit.services.night.advance import detector
from lamplit.services.night.replay import Replay
from lamplit.services.registry import Registry
from lamplit.services.sweep import fresh_event, states_on

FRONT_FLOORS, FRONT_WINDOWS = (5, 24), (24, 120)
"""Floors and windows of a building that makes a picture one can read."""


def most_varied(home: Home, day: date) -> str:
    """The building whose windows show the most: by the entropy of their states and events.

    Only buildings of a legible size are looked at, unless there is none. Raises the errors of
    `Replay.open`.
    """
    with open_engine(home) as con:
        homes, carried = states_on(Replay.open(home, con, detector(home)), day)
    kind = carried["state"].astype(np.int64) * 10 + fresh_event(carried, day)
    kinds = pa.table({"household_id": homes["household_id"], "kind": pa.array(kind)})
    places = Registry.table(home).select(["household_id", "building_id", "floor"])
    joined = places.join(kinds, "household_id", join_type="inner").to_pylist()
    windows: dict[str, dict[str, tuple[int, int]]] = {}
    for row in joined:
        if row["building_id"]:
            inside = windows.setdefault(row["building_id"], {})
            inside[row["household_id"]] = (row["kind"], row["floor"] or 0)
    legible = {name: seen for name, seen in windows.items() if _legible(seen)} or windows
    return max(sorted(legible), key=lambda name: _variety(legible[name]))


def _legible(windows: dict[str, tuple[int, int]]) -> bool:
    floors = len({floor for _, floor in windows.values()})
    return (
        FRONT_WINDOWS[0] <= len(windows) <= FRONT_WINDOWS[1]
        and FRONT_FLOORS[0] <= floors <= FRONT_FLOORS[1]
    )


def _variety(windows: dict[str, tuple[int, int]]) -> tuple[int, float]:
    """(states and events that can be seen, entropy in nats)."""
    _, counts = np.unique([kind for kind, _ in windows.values()], return_counts=True)
    share = counts / counts.sum()
    seen: Any = -(share * np.log(share)).sum()
    return len({kind // 10 for kind, _ in windows.values()} - {HomeState.UNKNOWN}), float(seen)
