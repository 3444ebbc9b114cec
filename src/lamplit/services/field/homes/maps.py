"""The map of a place: its communities or buildings, with what may be told of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.services.field import door
from lamplit.services.field.homes import facades
from lamplit.services.field.homes.communities import told_of
from lamplit.services.field.homes.home_states import counts_of
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.places import resolve_place
from lamplit.store import outlines, places
from lamplit.store.places import Place
from lamplit.store.schema import place

Counts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class FeatureAbout:
    """What a feature says. `counts`: homes by state, None where held back or not known; `as_of`:
    the night that they are of.
    """

    place_id: str
    kind: str
    code: str
    name_zh: str | None
    name_en: str | None
    homes: int
    counts: Counts | None
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Feature:
    """A GeoJSON feature: an outline, else a point, else null."""

    type: str
    id: str
    geometry: dict[str, Any] | None
    properties: FeatureAbout


@dataclass(frozen=True, slots=True)
class Tiles:
    """Raster tiles that the operator has set: a template with {z}, {x}, {y}, and whose they are."""

    url: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Map:
    """A GeoJSON FeatureCollection, WGS-84; `outline`: that of the place itself."""

    type: str
    place_id: str
    outline: dict[str, Any] | None
    features: list[Feature]
    tiles: Tiles | None = None


def map_of(office: Office, actor: Actor, wanted: str) -> Map:
    """The communities of a district, or the buildings of a community, drawn and counted.

    Needs SEE_AREA; counts as `states` and `facade` tell them, exact ones to analysts. Before the
    first night they are None. Raises LamplitError `door.not-allowed` or `store.not-found`.
    """
    with office.read(actor) as tx:
        found = resolve_place(tx.conn, wanted)
        door.require(tx, Ability.SEE_AREA, found.id)
        single = door.may(tx, Ability.ANALYSE, found.id)
        inside, homes = _inside(tx, found)
        drawn = outlines.of(tx.conn, [found.id, *(one.id for one in inside)])
        points = {one.id: _point(one) for one in inside} | _middles(tx, inside)
    counted = _counts(office, actor, found, inside, single=single)
    features = []
    for one in inside:
        counts, as_of = counted.get(one.id, (None, None))
        about = FeatureAbout(one.id, one.kind.value, one.code, one.name_zh, one.name_en,
                      homes.get(one.id, 0), counts, as_of)  # fmt: skip
        shape = json.loads(drawn[one.id]) if one.id in drawn else points.get(one.id)
        features.append(Feature("Feature", one.id, shape, about))
    own = json.loads(drawn[found.id]) if found.id in drawn else None
    return Map("FeatureCollection", found.id, own, features, _tiles(office))


def _tiles(office: Office) -> Tiles | None:
    web = office.home.config.web
    url = str(web.get("map_tiles", ""))
    return Tiles(url, str(web.get("map_attribution", ""))) if url else None


def _inside(tx: Transaction, found: Place) -> tuple[list[Place], dict[str, int]]:
    """(what is drawn inside a place, by code; homes of each)."""
    c = place.c
    if found.kind is PlaceKind.COMMUNITY:
        column, where = c.building_id, c.community_id == found.id
        kind = PlaceKind.BUILDING
    else:
        areas = places.communities_under(found.id)
        column, where = c.community_id, c.community_id.in_(areas)
        kind = PlaceKind.COMMUNITY
    counted = (
        select(column, func.count())
        .where(where, c.kind == PlaceKind.HOUSEHOLD.value, column.is_not(None))
        .group_by(column)
    )
    homes = {str(key): int(number) for key, number in tx.conn.execute(counted)}
    own: ColumnElement[bool] = c.id.in_(places.communities_under(found.id))
    if kind is PlaceKind.BUILDING:
        own = where
    ids = list(tx.conn.scalars(select(c.id).where(own, c.kind == kind.value)))
    some = places.by_ids(tx.conn, ids).values()
    return sorted(some, key=lambda one: one.code), homes


def _point(one: Place) -> dict[str, Any] | None:
    if one.lat is None or one.lon is None:
        return None
    return {"type": "Point", "coordinates": [one.lon, one.lat]}


def _middles(tx: Transaction, inside: list[Place]) -> dict[str, dict[str, Any]]:
    """Communities without a point of their own stand in the middle of their buildings."""
    without = [one.id for one in inside if one.kind is PlaceKind.COMMUNITY and one.lat is None]
    c = place.c
    query = (
        select(c.community_id, func.avg(c.lon), func.avg(c.lat))
        .where(c.community_id.in_(without), c.kind == PlaceKind.BUILDING.value, c.lat.is_not(None))
        .group_by(c.community_id)
    )
    return {
        key: {"type": "Point", "coordinates": [round(float(lon), 6), round(float(lat), 6)]}
        for key, lon, lat in tx.conn.execute(query)
    }


def _counts(
    office: Office, actor: Actor, found: Place, inside: list[Place], *, single: bool
) -> dict[str, tuple[Counts | None, date | None]]:
    try:
        if found.kind is PlaceKind.COMMUNITY:
            seen = facades.community(office, actor, found.id)
            return {one.place_id: (one.counts, one.as_of) for one in seen.buildings}
        if not inside:
            return {}
        if not single:
            shown = told_of(office, {one.id: one.code for one in inside})
            return {key: (one.counts, one.day) for key, one in shown.items()}
        day, counted = counts_of(office.home, [one.code for one in inside])
    except LamplitError as fault:
        if fault.code.startswith("night."):
            return {}
        raise
    exact: dict[str, Counts] = {
        code: {s.word: n for s, n in by.items()} for code, by in counted.items()
    }
    return {one.id: (exact[one.code], day) for one in inside}
