"""The façade: a community's buildings and their windows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import facades, films
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.language import language_of
from lamplit.web.models import Id
from lamplit.web.routing import Router

router = Router(tags=["facades"])


class FilmEvent(BaseModel):
    """`day`: the night that told of it; `since`: when it began."""

    day: date
    kind: str
    since: date


class FilmHousehold(BaseModel):
    """One window: a sign for each night from `first` to `last` (see `signs`), and what happened."""

    place_id: str
    unit: str | None
    floor: int | None
    door: str | None
    states: str
    events: list[FilmEvent]


class Showing(BaseModel):
    """Homes by state from a night on, until the next; null is held back."""

    day: date
    homes: int
    counts: dict[str, int | None]


class FilmBuilding(BaseModel):
    """One building; `households` for who may see them, else `showings`."""

    place_id: str
    code: str
    name_zh: str | None
    name_en: str | None
    floors: int | None
    homes: int
    households: list[FilmHousehold] | None = None
    showings: list[Showing] | None = None


class Film(BaseModel):
    """A community over nights. `told_since`: the first night told of to who may not see homes."""

    place_id: str
    first: date
    last: date
    single_homes: bool
    signs: dict[str, str]
    told_since: date | None = None
    buildings: list[FilmBuilding]


@router.get("/places/{place}/facade")
@rule(able(Ability.SEE_AREA, where="the community; ANALYSE for the windows"),
      "A community's façade", "社区灯火")  # fmt: skip
def community(
    place: Id, office: TheOffice, actor: Who, day: date | None = None
) -> facades.Community:
    """Counts by building under the 15/15 rule; every window for analysts, and logged then."""
    return facades.community(office, actor, place, day)


@router.get("/places/{place}/film", response_model=Film)
@rule(able(Ability.SEE_AREA, where="the community; ANALYSE for the windows"),
      "A community's façade, night by night", "社区灯火逐夜回放")  # fmt: skip
def film(
    place: Id,
    office: TheOffice,
    actor: Who,
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """The last 60 nights, or 120 at most. Every window for analysts, and logged then; for others
    each building's counts, which stand until 15 of its homes have changed.
    """
    found = films.film(office, actor, place, since, until)
    return Response(found.body, media_type="application/json", headers={"ETag": found.tag})


@router.get("/places/{place}/facade.svg", response_class=Response)
@rule(able(Ability.ANALYSE, where="the building"), "A building's façade as a picture",
      "楼栋灯火图")  # fmt: skip
def picture(
    place: Id, office: TheOffice, actor: Who, request: Request, day: date | None = None
) -> Response:
    """SVG; logged."""
    drawn = facades.building_svg(office, actor, place, language_of(request), day)
    return Response(drawn, media_type="image/svg+xml")
