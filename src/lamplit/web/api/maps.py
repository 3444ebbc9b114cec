"""The map: outlines, points and counts, as GeoJSON."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, UploadFile

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import maps
from lamplit.services.field.places import outlines
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id
from lamplit.web.routing import Router

router = Router(tags=["map"])


@router.get("/places/{place}/map")
@rule(able(Ability.SEE_AREA, where="the place"), "A place as a map", "地点地图")
def show(place: Id, office: TheOffice, actor: Who) -> maps.Map:
    """GeoJSON, WGS-84: a district's communities, or a community's buildings, with their counts."""
    return maps.map_of(office, actor, place)


@router.post("/uploads/outlines")
@rule(able(Ability.IMPORT, where="each place that is drawn"), "Import outlines", "导入轮廓")
def take(
    file: UploadFile,
    office: TheOffice,
    actor: Who,
    crs: Literal["wgs84", "gcj02"] = "wgs84",
    dry_run: Annotated[bool, Query()] = False,
) -> outlines.Drawn:
    """GeoJSON polygons and points with `kind` and `code`; GCJ-02 is turned into WGS-84."""
    return outlines.import_outlines(office, actor, file.file.read(), crs=crs, dry_run=dry_run)
