"""Tonight's list without a campaign: for analysts, for a stated purpose."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import evening_list
from lamplit.web.access import able, rule
from lamplit.web.api.campaigns import XLSX
from lamplit.web.auth import TheOffice, Who
from lamplit.web.language import language_of
from lamplit.web.models import Line
from lamplit.web.routing import Router

router = Router(tags=["sweep"])
ANALYSE = able(Ability.ANALYSE, where="the place, or any without one")
Place = Annotated[str | None, Query(max_length=200)]
Purpose = Annotated[str, Query(max_length=200, description="What it is for; logged.")]


@router.get("/sweep")
@rule(ANALYSE, "Tonight's list", "今晚的名单")
def sweep(
    office: TheOffice,
    actor: Who,
    purpose: Purpose = "",
    place: Place = None,
    day: date | None = None,
    top: Annotated[int, Query(ge=1, le=evening_list.MOST_SHOWN)] = 100,
    evidence: bool = False,
) -> evening_list.EveningList:
    """Doors in order, each with state, event and probability; logged as a list that was opened."""
    return evening_list.opened(
        office, actor, purpose=purpose, place=place, day=day, top=top, evidence=evidence
    )


@router.post("/sweep/exports", response_class=Response)
@rule(ANALYSE, "Export tonight's list", "导出今晚的名单")
def export(
    office: TheOffice,
    actor: Who,
    request: Request,
    purpose: Annotated[Line, Query()],
    kind: Annotated[str, Query(pattern="^(csv|xlsx)$")] = "csv",
    place: Place = None,
    day: date | None = None,
    top: Annotated[int | None, Query(ge=1)] = None,
    evidence: bool = False,
) -> Response:
    """Watermarked with who, when and for what; logged; no cell is a live formula."""
    body = evening_list.exported(
        office, actor, kind, language_of(request), purpose=purpose, place=place, day=day, top=top,
        evidence=evidence,
    )  # fmt: skip
    media = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    name = f'attachment; filename="lamplit-list.{kind}"'
    return Response(body, media_type=media, headers={"Content-Disposition": name})
