"""Outlines and points of places from a GeoJSON file (RFC 7946), kept as WGS-84."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lamplit.domain.abilities import Ability
from lamplit.domain.coordinates import Point, from_gcj02
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.language import Text
from lamplit.domain.problems import imports as problems
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.places import resolve_place
from lamplit.store import outlines as store

Crs = Literal["wgs84", "gcj02"]
MOST_POINTS = 5_000
"""An outline of more points is a survey, not a map for people."""
CODES = ("code", "编号", "id")
PLACES = 6
"""Digits after the point of a degree: a tenth of a metre."""

_KIND = Text("no `kind` of a place", "缺少地点类别 kind")
_CODE = Text("no `code`", "缺少编号 code")
_SHAPE = Text("neither a point nor a polygon", "既非点也非面")
_RING = Text("a ring of fewer than four points, or one that is not closed", "环不足四点或未闭合")
_RANGE = Text("a coordinate beyond 180 or 90 degrees", "坐标超出经纬度范围")
_LONG = Text("more than 5,000 points", "超过 5000 个点")
_HOME = Text("a home has no outline of its own", "住户没有自己的轮廓")


@dataclass(frozen=True, slots=True)
class Drawn:
    """How many places were given an outline, and how many a point."""

    outlines: int
    points: int


def import_outlines(
    office: Office, actor: Actor, body: bytes, *, crs: Crs = "wgs84", dry_run: bool = False
) -> Drawn:
    """Take in a FeatureCollection of polygons and points; each names its place by kind and code.

    `gcj02`: the file has coordinates as Chinese maps do; they are turned into WGS-84. All of it is
    taken or nothing. Needs IMPORT at each place. Raises LamplitError `import.not-geojson`,
    `import.bad-outline`, `store.not-found`, `door.not-allowed`.
    """
    features = _features(body)
    shapes: dict[str, str] = {}
    points: dict[str, Point] = {}
    with office.begin(actor) as tx:
        for number, feature in enumerate(features, 1):
            kind, code = _named(feature, number)
            found = resolve_place(tx.conn, code, kind)
            door.require(tx, Ability.IMPORT, found.id)
            shape = _shape(feature.get("geometry"), number, crs)
            if shape["type"] == "Point":
                points[found.id] = shape["coordinates"]
            else:
                shapes[found.id] = json.dumps(shape, separators=(",", ":"))
        if not dry_run:
            store.put(tx.conn, shapes)
            store.move(tx.conn, points)
            tx.log("places.drawn", "file", crs, outlines=len(shapes), points=len(points))
    return Drawn(len(shapes), len(points))


def _features(body: bytes) -> list[dict[str, Any]]:
    try:
        read = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise LamplitError(problems.NOT_GEOJSON, reason=str(fault)[:200]) from fault
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise LamplitError(problems.NOT_GEOJSON, reason="features")
    return features


def _named(feature: dict[str, Any], number: int) -> tuple[PlaceKind, str]:
    said = feature.get("properties")
    said = said if isinstance(said, dict) else {}
    try:
        kind = PlaceKind(str(said.get("kind")))
    except ValueError:
        raise _bad(number, _KIND) from None
    if kind is PlaceKind.HOUSEHOLD:
        raise _bad(number, _HOME)
    code = next((said[name] for name in CODES if said.get(name)), None)
    if not isinstance(code, str | int):
        raise _bad(number, _CODE)
    return kind, str(code)


def _shape(given: Any, number: int, crs: Crs) -> dict[str, Any]:
    given = given if isinstance(given, dict) else {}
    kind, coordinates = given.get("type"), given.get("coordinates")
    if kind == "Point":
        return {"type": kind, "coordinates": _point(coordinates, number, crs)}
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind))
    if not isinstance(polygons, list):
        raise _bad(number, _SHAPE)
    made = [[list(_ring(ring, number, crs)) for ring in _list(one, number)] for one in polygons]
    if not all(made) or not made:
        raise _bad(number, _RING)
    if sum(len(ring) for one in made for ring in one) > MOST_POINTS:
        raise _bad(number, _LONG)
    return {"type": kind, "coordinates": made[0] if kind == "Polygon" else made}


def _ring(ring: Any, number: int, crs: Crs) -> Iterator[Point]:
    points = _list(ring, number)
    if len(points) < 4 or points[0] != points[-1]:
        raise _bad(number, _RING)
    for one in points:
        yield _point(one, number, crs)


def _list(value: Any, number: int) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(number, _SHAPE)
    return value


def _point(value: Any, number: int, crs: Crs) -> Point:
    numbers = value[:2] if isinstance(value, list) else []
    if len(numbers) != 2 or not all(type(one) in (int, float) for one in numbers):
        raise _bad(number, _SHAPE)
    lon, lat = float(numbers[0]), float(numbers[1])
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise _bad(number, _RANGE)
    lon, lat = from_gcj02((lon, lat)) if crs == "gcj02" else (lon, lat)
    return round(lon, PLACES), round(lat, PLACES)


def _bad(number: int, reason: Text) -> LamplitError:
    return LamplitError(problems.BAD_OUTLINE, number=number, reason=reason)
