"""States and events over the city: counts for an area, the homes for analysts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import happenings
from lamplit.services.field.homes import nights as over_nights
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["events"])
From = Annotated[date | None, Query(alias="from")]
To = Annotated[date | None, Query(alias="to")]


@router.get("/places/{place}/states/nights")
@rule(able(Ability.ANALYSE, where="the place"), "Homes by state, night by night", "逐夜各状态户数")
def state_nights(
    place: Id, office: TheOffice, actor: Who, since: From = None, until: To = None
) -> over_nights.Nights:
    """By community; none is told of one with fewer than 15 homes, nor is it in the sum."""
    return over_nights.nights(office, actor, place, since, until)


@router.get("/places/{place}/events")
@rule(able(Ability.SEE_AREA, where="the place; ANALYSE for days"),
      "Events by community, kind and time", "分社区分类别的事件数")  # fmt: skip
def counts(
    place: Id, office: TheOffice, actor: Who, since: From = None, until: To = None
) -> happenings.Counts:
    """By day for analysts; for others whole weeks under the 15/15 rule."""
    return happenings.counts(office, actor, place, since, until)


@router.get("/places/{place}/events/homes")
@rule(able(Ability.ANALYSE, where="the place"), "Events home by home", "逐户事件")
def homes(
    place: Id,
    office: TheOffice,
    actor: Who,
    purpose: Annotated[str, Query(max_length=200)] = "",
    since: From = None,
    until: To = None,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> Page[happenings.HomeHappening]:
    """In order of night, for a stated purpose; each page is logged."""
    rows = happenings.homes(
        office, actor, place, purpose=purpose, first=since, last=until,
        after=max(0, decode(cursor, int) or 0), limit=limit + 1,
    )  # fmt: skip
    return page(rows, limit, lambda one: one.order)
