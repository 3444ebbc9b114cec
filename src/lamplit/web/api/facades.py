"""The façade: a community's buildings and their windows."""

from __future__ import annotations

from datetime import date

from fastapi import Request
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import facades
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.language import language_of
from lamplit.web.models import Id
from lamplit.web.routing import Router

router = Router(tags=["facades"])


@router.get("/places/{place}/facade")
@rule(able(Ability.SEE_AREA, where="the community; ANALYSE for the windows"),
      "A community's façade", "社区灯火")  # fmt: skip
def community(
    place: Id, office: TheOffice, actor: Who, day: date | None = None
) -> facades.Community:
    """Counts by building under the 15/15 rule; every window for analysts, and logged then."""
    return facades.community(office, actor, place, day)


@router.get("/places/{place}/facade.svg", response_class=Response)
@rule(able(Ability.ANALYSE, where="the building"), "A building's façade as a picture",
      "楼栋灯火图")  # fmt: skip
def picture(
    place: Id, office: TheOffice, actor: Who, request: Request, day: date | None = None
) -> Response:
    """SVG; logged."""
    drawn = facades.building_svg(office, actor, place, language_of(request), day)
    return Response(drawn, media_type="image/svg+xml")
