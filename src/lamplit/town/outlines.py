"""Where a simulated town would lie: its buildings on a street grid, its communities around them.

Nothing of the meters depends on it; it is there so that a map has something to show.
"""

from __future__ import annotations

import json
from math import ceil, cos, radians, sqrt

import numpy as np

from lamplit.domain.coordinates import METRES_A_DEGREE, Point, around
from lamplit.town.arrays import stream
from lamplit.town.places import Places, building_name, community_name

CENTRE = (114.305, 30.593)
"""Longitude and latitude of the town's south-western corner: Wuhan, where it comes from."""
STREET, PLOT = 520.0, 74.0
"""Metres from one community to the next, and from one building to the next."""
MARGIN, SHAKE = 24.0, 7.0
"""Metres of ground around a community's buildings, and by which a building is off its plot."""


def outlines(places: Places, seed: int) -> str:
    """GeoJSON: a polygon for each community, a point for each building, with their codes."""
    at = positions(places, seed)
    inside: list[list[Point]] = [[] for _ in places.community_start]
    for community, point in zip(places.building_community.tolist(), at, strict=True):
        inside[community].append(point)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [around(inside[c], MARGIN)]},
            "properties": _named("community", f"C{c + 1}", community_name(c)),
        }
        for c in range(len(places.community_start))
    ]
    features += [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": point},
            "properties": _named(
                "building", f"B{b + 1}", building_name(int(places.building_number[b]))
            ),
        }
        for b, point in enumerate(at)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def positions(places: Places, seed: int) -> list[Point]:
    """Longitude and latitude of each building."""
    shake = stream(seed, 83).normal(0, SHAKE, (len(places.building_start), 2))
    across = ceil(sqrt(len(places.community_start)))
    mates = np.bincount(places.building_community)
    east = METRES_A_DEGREE * cos(radians(CENTRE[1]))
    found = []
    for building, community in enumerate(places.building_community.tolist()):
        row, column = divmod(community, across)
        wide = max(2, ceil(sqrt(mates[community])))
        down, right = divmod(int(places.building_number[building]) - 1, wide)
        x = column * STREET + right * PLOT + shake[building, 0]
        y = row * STREET + down * PLOT + shake[building, 1]
        found.append(
            (round(CENTRE[0] + x / east, 6), round(CENTRE[1] + y / METRES_A_DEGREE, 6))
        )  # fmt: skip
    return found


def _named(kind: str, code: str, name: tuple[str, str]) -> dict[str, str]:
    return {"kind": kind, "code": code, "name_zh": name[0], "name_en": name[1]}
