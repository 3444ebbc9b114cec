"""Where things are on the earth: WGS-84 inside; GCJ-02, as Chinese maps have it, at the door.

GCJ-02 moves a point by some hundred metres, by formulas that became known in 2013 (eviltransform);
they only run forwards, so the way back is found by stepping towards it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, radians, sin, sqrt

Point = tuple[float, float]
"""(longitude, latitude) in degrees, or (east, north) in metres."""

_AXIS, _ECCENTRICITY = 6_378_245.0, 0.00669342162296594323
"""The Krasovsky ellipsoid's semi-major axis in metres, and its first eccentricity squared."""
METRES_A_DEGREE = 111_320.0
STEPS = 12


def to_gcj02(at: Point) -> Point:
    """A WGS-84 point as GCJ-02; outside China it stays where it is."""
    lon, lat = at
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return at
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * sin(6 * x * pi) + 20.0 * sin(2 * x * pi)
    north = -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    squash = 1 - _ECCENTRICITY * sin(radians(lat)) ** 2
    north = north * 180 / (_AXIS * (1 - _ECCENTRICITY) / (squash * sqrt(squash)) * pi)
    east = east * 180 / (_AXIS / sqrt(squash) * cos(radians(lat)) * pi)
    return lon + east, lat + north


def from_gcj02(at: Point) -> Point:
    """A GCJ-02 point as WGS-84, to within a millimetre."""
    lon, lat = at
    for _ in range(STEPS):
        there = to_gcj02((lon, lat))
        lon, lat = lon + at[0] - there[0], lat + at[1] - there[1]
    return lon, lat


def hull(points: Sequence[Point]) -> list[Point]:
    """The convex hull, anticlockwise, its first point not repeated.

    Source: A. M. Andrew, Information Processing Letters 9 (1979) 216-219.
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(some: Sequence[Point]) -> list[Point]:
        line: list[Point] = []
        for one in some:
            while len(line) > 1 and _turn(line[-2], line[-1], one) <= 0:
                line.pop()
            line.append(one)
        return line[:-1]

    return half(ordered) + half(ordered[::-1])


def around(points: Sequence[Point], margin: float) -> list[Point]:
    """A closed ring `margin` metres and more outside of all points (longitude, latitude)."""
    lat0 = sum(lat for _, lat in points) / len(points)
    wide = METRES_A_DEGREE * cos(radians(lat0))
    turns = [(margin * cos(step * pi / 4), margin * sin(step * pi / 4)) for step in range(8)]
    # Rounded first: of two corners that round to one the ring would have it twice.
    corners = [
        (round(lon + right / wide, 6), round(lat + up / METRES_A_DEGREE, 6))
        for lon, lat in points
        for right, up in turns
    ]
    ring = hull(corners)
    return [*ring, ring[0]]


def metres_apart(a: Point, b: Point) -> float:
    """Metres between two points (longitude, latitude) of one city."""
    east = (a[0] - b[0]) * METRES_A_DEGREE * cos(radians((a[1] + b[1]) / 2))
    return hypot(east, (a[1] - b[1]) * METRES_A_DEGREE)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
