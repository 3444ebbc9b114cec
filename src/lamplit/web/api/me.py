"""Who I am, what I may do where, what I opened, and all that is kept about me."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from lamplit.domain.abilities import ABILITIES, Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems
from lamplit.services.field.homes import reveal
from lamplit.services.field.people import assignments, people
from lamplit.services.field.places import place_views
from lamplit.services.field.privacy import audit, person_data
from lamplit.services.field.tasks import finished
from lamplit.services.field.tasks.finished import Finished
from lamplit.store.assignments import Assignment
from lamplit.store.places import Place
from lamplit.web.access import SIGNED_IN, SIGNED_IN_FIRST, able, rule
from lamplit.web.api.openings import Opening, opening_of
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["me"])


class Duty(BaseModel):
    """One of my assignments that run today, its place and what I may do there and under it."""

    assignment: Assignment
    place: Place
    abilities: list[str]


class Me(BaseModel):
    """The caller. `csrf` is there where they came with a session; `timezone` is the office's."""

    person_id: str
    code: str
    name: str
    languages: list[str] | None
    timezone: str
    duties: list[Duty]
    csrf: str | None
    must_change: bool


@router.get("/me")
@rule(SIGNED_IN_FIRST, "Who I am, and what I may do where today", "我是谁，今天在哪里可以做什么")
def me(office: TheOffice, actor: Who, request: Request) -> Me:
    """Also the place to learn the session's `csrf` from, after a page is loaded anew."""
    view = people.show_person(office, actor, str(actor.person_id))
    places = {one.id: one for one in place_views.mine(office, actor)}
    duties = [
        Duty(assignment=one, place=places[one.place_id], abilities=_names(one))
        for one in assignments.my_assignments(office, actor)
        if one.place_id in places
    ]
    session = request.state.session
    return Me(
        person_id=view.person.id,
        code=view.person.code,
        name=view.person.name,
        languages=view.person.languages,
        timezone=office.zone.key,
        duties=duties,
        csrf=session.csrf if session else None,
        must_change=bool(session and session.must_change),
    )


@router.get("/me/openings")
@rule(SIGNED_IN, "Which homes I opened, and what for", "我查看过哪些住户、为何目的")
def my_openings(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[Opening]:
    """The newest first."""
    rows = reveal.openings(
        office, actor, before=decode(cursor, int), limit=limit + 1, person_id=actor.person_id
    )
    names = audit.named_mine(office, actor, rows)
    return page([opening_of(row, names) for row in rows], limit, lambda one: one.seq)


@router.get("/me/finished")
@rule(SIGNED_IN, "What I have done, with receipts", "我完成的任务与回执")
def my_finished(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 50
) -> Page[Finished]:
    """The newest first, also after I withdrew; where it was, until the list of homes expires."""
    rows = finished.finished(office, actor, before=_moment(cursor), limit=limit + 1)
    return page(rows, limit, lambda one: one.cursor)


@router.get("/me/data", response_class=Response)
@rule(SIGNED_IN, "All that is kept about me", "系统保存的关于我的全部数据")
def my_data(office: TheOffice, actor: Who, kind: Literal["json", "zip"] = "json") -> Response:
    """Every row about the caller, as JSON or as a zip of JSON files; logged."""
    return _data(person_data.export(office, actor), kind)


@router.get("/people/{person}/data", response_class=Response)
@rule(able(Ability.AUDIT, where="all places of the person"), "All that is kept about a person",
      "系统保存的关于某人的全部数据")  # fmt: skip
def persons_data(
    person: Id, office: TheOffice, actor: Who, kind: Literal["json", "zip"] = "json"
) -> Response:
    """As `me/data`, for who answers a person's request; logged."""
    return _data(person_data.export(office, actor, person), kind)


def _moment(cursor: str | None) -> tuple[datetime, str] | None:
    said = decode(cursor, list)
    if said is None:
        return None
    try:
        at, last = datetime.fromisoformat(said[0]), str(said[1])
        return at.astimezone(UTC), last
    except (IndexError, TypeError, ValueError, OverflowError) as fault:
        raise LamplitError(problems.BAD_CURSOR) from fault


def _data(found: dict[str, object], kind: str) -> Response:
    if kind == "json":
        return JSONResponse(found)
    return Response(
        person_data.archive(found),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="lamplit-person.zip"'},
    )


def _names(one: Assignment) -> list[str]:
    return sorted(ability.value for ability in ABILITIES.get(one.role, frozenset()))
