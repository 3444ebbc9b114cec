"""Places: the tree, who covers what, and figures of areas."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, Field

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import aggregates
from lamplit.services.field.people import coverage
from lamplit.services.field.people.coverage import Cover, Coverage
from lamplit.services.field.places import asks, found_homes, overview, place_views, signs
from lamplit.services.field.places.signs import GateSign
from lamplit.store.places import Place
from lamplit.web import etags
from lamplit.web.access import SIGNED_IN, able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Line, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["places"])
SEE_AREA = able(Ability.SEE_AREA, where="the place")
ASSIGN = able(Ability.ASSIGN, where="the place")
SEE_PEOPLE = able(Ability.SEE_PEOPLE, where="the place")


class Dismissal(BaseModel):
    """Why there is no such home."""

    reason: str = Field(min_length=1, max_length=500)


class Asking(Asked):
    """What a place asks of who goes to its doors: one of the languages, all of the skills."""

    languages: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    skills: Annotated[tuple[Line, ...], Field(max_length=20)] = ()


class Renewal(Asked):
    """The code that was seen to stand, and is to end."""

    replaces: Line


class Covered(BaseModel):
    """An area on a day: how many of its homes somebody covers, and what nobody does."""

    place: Place
    day: date
    homes: int
    covered: int
    people: int
    parts: list[Cover]
    uncovered: list[Cover]


@router.get("/places")
@rule(SIGNED_IN, "Places where I may do something", "我有权限的地点")
def my_places(office: TheOffice, actor: Who) -> list[Place]:
    """Where the caller's tree of places begins."""
    return place_views.mine(office, actor)


@router.get("/places/search")
@rule(SIGNED_IN, "Places by name or code", "按名称或编号查找地点")
def search(
    office: TheOffice,
    actor: Who,
    text: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=overview.MOST_FOUND)] = 20,
    needs: Ability = Ability.SEE_AREA,
) -> list[overview.FoundPlace]:
    """Where the caller has an ability; a household by its whole code, for who may see doors."""
    return overview.search(office, actor, text, limit=limit, needs=needs)


@router.get("/gates/{code}")
@rule(SIGNED_IN, "The place of a gate's code", "门岗码对应的地点")
def gate(code: Id, office: TheOffice, actor: Who) -> Place:
    """For checking in by QR at the gate: its community. A renewed sign and a home's code are
    refused.
    """
    return signs.by_gate(office, actor, code)


@router.get("/places/{place}")
@rule(SEE_AREA, "One place", "地点详情")
def show(place: Id, office: TheOffice, actor: Who) -> Place:
    """By id or code."""
    return place_views.show_place(office, actor, place)


@router.get("/places/{place}/overview")
@rule(SEE_AREA, "One place with what belongs to it", "地点概览")
def look(place: Id, office: TheOffice, actor: Who) -> overview.Overview:
    """What lies above it and in it, and the open campaigns there."""
    return overview.overview(office, actor, place)


@router.get("/places/{place}/children")
@rule(SEE_AREA, "What lies under a place", "下级地点")
def children(
    place: Id, office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[Place]:
    """By code; households for who may see doors there."""
    after = decode(cursor, str) or ""
    rows = place_views.children(office, actor, place, after=after, limit=limit + 1)
    return page(rows, limit, lambda one: one.code)


@router.get("/places/{place}/found-homes")
@rule(ASSIGN, "Homes found in the field that wait to be confirmed", "现场新增、待确认的住户")
def found(
    place: Id, office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[Place]:
    """By code."""
    after = decode(cursor, str) or ""
    rows = found_homes.waiting(office, actor, place, after=after, limit=limit + 1)
    return page(rows, limit, lambda one: one.code)


@router.post("/places/{place}/confirm")
@rule(ASSIGN, "A home found in the field is there", "确认现场新增住户属实")
def confirm(place: Id, office: TheOffice, actor: Who) -> Place:
    """From now on rules enroll it like any other."""
    return found_homes.confirm(office, actor, place)


@router.post("/places/{place}/dismiss")
@rule(ASSIGN, "There is no such home", "现场新增住户不属实")
def dismiss(place: Id, asked: Dismissal, office: TheOffice, actor: Who) -> Place:
    """It ends today; its bytes and its submissions are kept."""
    return found_homes.dismiss(office, actor, place, reason=asked.reason)


@router.put("/places/{place}/asks")
@rule(ASSIGN, "What a place asks of who goes to its doors", "上门人员须具备的语言与技能")
def ask(place: Id, wish: Asking, office: TheOffice, actor: Who, request: Request) -> Place:
    """Plans heed it. Never of a home, nor of a place with fewer than 15. Needs If-Match with the
    place's `version`.
    """
    version = etags.must_be(request, place_views.show_place(office, actor, place).version)
    return asks.ask(
        office, actor, place, languages=wish.languages, skills=wish.skills, version=version
    )


@router.get("/places/{place}/sign")
@rule(ASSIGN, "The sign of a place's gate", "门岗牌")
def show_sign(place: Id, office: TheOffice, actor: Who) -> GateSign:
    """Its code, if one was made, and when the one before ended. A home has none."""
    return signs.sign(office, actor, place)


@router.post("/places/{place}/sign")
@rule(ASSIGN, "Make the sign of a place's gate", "制作门岗牌")
def issue_sign(place: Id, office: TheOffice, actor: Who) -> GateSign:
    """The one that stands where there is one already."""
    return signs.issue(office, actor, place)


@router.post("/places/{place}/sign/renewal")
@rule(ASSIGN, "Renew the sign of a place's gate", "更换门岗牌")
def renew_sign(place: Id, wish: Renewal, office: TheOffice, actor: Who) -> GateSign:
    """The old one, and any with the community's own code, ends at once. 409 where it is not the
    one that stands.
    """
    return signs.renew(office, actor, place, replaces=wish.replaces)


@router.get("/places/{place}/coverage")
@rule(SEE_PEOPLE, "Who covers what on a day", "某日的包保覆盖")
def covers(
    place: Id, office: TheOffice, actor: Who, day: date | None = None, homes: bool = False
) -> Covered:
    """Of a community, grid cell or building; past days stay as they were."""
    return _covered(coverage.covers(office, actor, place, day, homes=homes))


@router.get("/places/{place}/coverage-by-community")
@rule(SEE_PEOPLE, "Coverage of a district's communities", "各社区的包保覆盖")
def covers_by_community(
    place: Id,
    office: TheOffice,
    actor: Who,
    day: date | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=49)] = 20,
) -> Page[Covered]:
    """By code."""
    found = coverage.coverage_by_community(
        office, actor, place, day, after=decode(cursor, str) or "", limit=limit + 1
    )
    return page([_covered(one) for one in found], limit, lambda one: one.place.code)


@router.get("/places/{place}/energy")
@rule(
    SEE_AREA, "Energy by community and month, under the 15/15 rule", "分社区分月电量（15/15 规则）"
)
def energy(place: Id, first: date, last: date, office: TheOffice, actor: Who) -> aggregates.Table:
    """Months that are over. A value that is null is held back; a total is the sum of what is shown,
    `partial` where that is not all. A figure stands until enough homes' readings have changed.
    """
    return aggregates.energy(office, actor, place, first, last)


@router.get("/places/{place}/states")
@rule(
    SEE_AREA, "Homes by community and state, under the 15/15 rule", "分社区分状态户数（15/15 规则）"
)
def states(place: Id, office: TheOffice, actor: Who) -> aggregates.Table:
    """What stands of each community after the last night, `as_of` the night it is of: counts are
    told anew when 15 homes have changed. A value that is null is held back; a total is the sum of
    what is shown, `partial` where that is not all.
    """
    return aggregates.states(office, actor, place)


def _covered(found: Coverage) -> Covered:
    return Covered(
        place=found.place, day=found.day, homes=found.homes, covered=found.covered,
        people=found.people, parts=found.parts, uncovered=found.uncovered,
    )  # fmt: skip
