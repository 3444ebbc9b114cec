"""How long ways take: between buildings, up and down, from door to door.

One definition for the whole room: routes, schedules and the Monte Carlo run all ask `Ways`, and
the bound is a bound for it. A way between floors is the quicker of the stairs and the lift, so that
a list from the top floor down means the lift up and the stairs down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from lamplit.planning.model import Building, Walking

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_METRES_A_DEGREE = 111_320.0


def metres(lat: float, lon: float, *, lat0: float, lon0: float) -> tuple[float, float]:
    """Metres east and north of (lat0, lon0); good to 0.1 % within 20 km (plate carrée)."""
    east = (lon - lon0) * _METRES_A_DEGREE * cos(radians(lat0))
    return east, (lat - lat0) * _METRES_A_DEGREE


@dataclass(frozen=True, slots=True)
class Ways:
    """Minutes of every way; buildings by their index, floors with the ground as 1.

    `walk` is buildings × buildings, from entrance to entrance.
    """

    walk: Floats
    entrance: Floats
    lift: NDArray[np.bool_]
    walking: Walking

    @classmethod
    def of(cls, buildings: Sequence[Building], walking: Walking) -> Ways:
        """The ways between `buildings`, in their order."""
        at = np.array([(b.x, b.y) for b in buildings], dtype=float).reshape(-1, 2)
        apart = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
        return cls(
            walk=apart * walking.detour / walking.metres_a_minute,
            entrance=np.array([b.entrance for b in buildings], dtype=float),
            lift=np.array([b.has_lift for b in buildings], dtype=bool),
            walking=walking,
        )

    def climb(self, building: int, start: int, end: int) -> float:
        """Minutes between two floors of one stairwell."""
        w = self.walking
        floors = abs(end - start)
        on_foot = floors * (w.up if end > start else w.down)
        if floors and self.lift[building]:
            return min(on_foot, w.lift_wait + w.lift_floor * floors)
        return on_foot

    def climbs(self, buildings: Ints, start: Ints, end: Ints) -> Floats:
        """`climb` for arrays of one shape."""
        w = self.walking
        floors = np.abs(end - start)
        on_foot = floors * np.where(end > start, w.up, w.down)
        by_lift = np.where(floors > 0, w.lift_wait + w.lift_floor * floors, 0.0)
        found: Floats = np.where(self.lift[buildings], np.minimum(on_foot, by_lift), on_foot)
        return found

    def enter(self, start: int, building: int, floor: int) -> float:
        """From the foot of building `start` (-1: already there) to a floor of another stairwell."""
        way = 0.0 if start < 0 else float(self.walk[start, building])
        if start == building:
            way = self.walking.next_unit
        return way + float(self.entrance[building]) + self.climb(building, 1, floor)
