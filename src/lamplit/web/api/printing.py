"""Paper: walk lists and wall charts of a campaign."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.services.field.campaigns import printing
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.language import language_of
from lamplit.web.models import Id
from lamplit.web.routing import Router

router = Router(tags=["printing"])
SEE_DOORS = able(Ability.SEE_DOORS, where="the campaign's place")
Name = Annotated[str, Query(max_length=200)]


def _pdf(body: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(body, media_type="application/pdf", headers=headers)


@router.get("/campaigns/{campaign}/walk-list.pdf", response_class=Response)
@rule(SEE_DOORS, "A walk list to print", "打印走访清单")
def walk_list(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    person: Name = "",
    building: Name = "",
) -> Response:
    """Of a person or a building, else one's own; logged as an export."""
    language = language_of(request)
    body = printing.walk_list(
        office, actor, campaign, language, person=person, building=building
    )  # fmt: skip
    return _pdf(body, "walk-list")


@router.get("/campaigns/{campaign}/wall-chart.pdf", response_class=Response)
@rule(SEE_DOORS, "A wall chart to print", "打印进度挂图")
def wall_chart(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    paper: Literal["a3", "a4"] = "a3",
) -> Response:
    """Buildings by floors, a box for each door; logged as an export."""
    body = printing.wall_chart(
        office, actor, campaign, language_of(request),
        size="a3-landscape" if paper == "a3" else "a4-landscape",
    )  # fmt: skip
    return _pdf(body, "wall-chart")
