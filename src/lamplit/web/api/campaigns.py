"""Campaigns: made, opened, swept, closed; their board, its events, their doors."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import StreamingResponse

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState, FindingState, Reason
from lamplit.domain.language import Text
from lamplit.services.field.campaigns import areas, campaigns, doors, enrol, front
from lamplit.services.field.campaigns import board as boards
from lamplit.services.field.campaigns import course as courses
from lamplit.services.field.campaigns.areas import AreaFigures
from lamplit.services.field.campaigns.board import Board
from lamplit.services.field.campaigns.campaigns import Campaign
from lamplit.services.field.campaigns.course import Course
from lamplit.services.field.campaigns.front import CampaignFront
from lamplit.services.field.campaigns.sweeping import Swept
from lamplit.services.field.tasks import findings
from lamplit.services.field.tasks.findings import Finding, Scored
from lamplit.web import etags, sse
from lamplit.web.access import SIGNED_IN, able, rule
from lamplit.web.auth import TheOffice, Who, signed_in_still
from lamplit.web.language import language_of
from lamplit.web.models import Asked, DayOrInstant, Id, Json, Line, Note, Page, Words
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router
from lamplit.web.sse import LastEventId, StreamSeconds

router = Router(tags=["campaigns"])
LEAD = able(Ability.LEAD, where="the campaign's place")
SEE_AREA = able(Ability.SEE_AREA, where="the campaign's place")
SEE_DOORS = able(Ability.SEE_DOORS, where="the campaign's place")


class NewCampaign(Asked):
    """A draft. `purpose` is one of the programme's."""

    code: Line
    programme: Line
    place: Line
    purpose: Line
    name: Words | None = None
    starts: Annotated[
        DayOrInstant | None,
        Field(description="The first local day, or an instant on it; today if left out."),
    ] = None
    deadline: Annotated[
        DayOrInstant | None,
        Field(
            description="A day ends with it, by the office's clock; if left out, the end of the "
            "programme's first window."
        ),
    ] = None
    parameters: Json | None = None


class Reopen(Asked):
    """Until when, and why."""

    deadline: Annotated[
        DayOrInstant, Field(description="A day ends with it, by the office's clock.")
    ]
    reason: Note


class Close(Asked):
    """A note for the report."""

    note: Note = ""


class Sweep(Asked):
    """The evening whose states count; the last night's if left out."""

    as_of: date | None = None


class Enrol(Asked):
    """Places that asked, registered or consented."""

    place_ids: Annotated[list[Line], Field(max_length=5000)]
    reason: Reason = Reason.REQUEST
    until: date | None = None


class Enrolled(BaseModel):
    """How many are new."""

    added: int


@router.get("/campaigns")
@rule(SIGNED_IN, "Campaigns that I may see", "我可查看的行动")
def list_campaigns(
    office: TheOffice,
    actor: Who,
    state: Annotated[list[CampaignState] | None, Query()] = None,
) -> list[Campaign]:
    """By start and code, in some states or all."""
    return campaigns.campaigns(office, actor, *(state or CampaignState))


@router.post("/campaigns", status_code=201)
@rule(able(Ability.LEAD, where="the place"), "Make a draft", "新建行动草稿")
def create(wish: NewCampaign, office: TheOffice, actor: Who, response: Response) -> Campaign:
    """It does nothing until it is opened."""
    named = Text(wish.name.en, wish.name.zh) if wish.name else None
    made = campaigns.create(
        office, actor, code=wish.code, programme=wish.programme, place=wish.place,
        purpose=wish.purpose, name=named, starts=wish.starts, deadline=wish.deadline,
        parameters=wish.parameters,
    )  # fmt: skip
    response.headers["ETag"] = etags.version_tag(made.version)
    return made


@router.get("/campaigns/{campaign}")
@rule(SEE_AREA, "One campaign", "行动详情")
def show(campaign: Id, office: TheOffice, actor: Who, response: Response) -> Campaign:
    """By id or code; its ETag is its version."""
    found = campaigns.status(office, actor, campaign)
    response.headers["ETag"] = etags.version_tag(found.version)
    return found


@router.post("/campaigns/{campaign}/open")
@rule(LEAD, "Open a draft", "启动行动")
def open_campaign(campaign: Id, office: TheOffice, actor: Who, request: Request) -> Campaign:
    """Needs If-Match with the campaign's version."""
    etags.must_be(request, campaigns.status(office, actor, campaign).version)
    return campaigns.open_campaign(office, actor, campaign)


@router.post("/campaigns/{campaign}/close")
@rule(LEAD, "Close with a report", "结束行动并生成报告")
def close(campaign: Id, wish: Close, office: TheOffice, actor: Who, request: Request) -> Campaign:
    """Open tasks are cancelled; late work is taken and flagged. Needs If-Match."""
    etags.must_be(request, campaigns.status(office, actor, campaign).version)
    return campaigns.close(office, actor, campaign, note=wish.note)


@router.post("/campaigns/{campaign}/reopen")
@rule(LEAD, "Open a closed campaign again", "重新启动行动")
def reopen(campaign: Id, wish: Reopen, office: TheOffice, actor: Who, request: Request) -> Campaign:
    """Needs If-Match with the campaign's version."""
    etags.must_be(request, campaigns.status(office, actor, campaign).version)
    return campaigns.reopen(office, actor, campaign, deadline=wish.deadline, reason=wish.reason)


@router.post("/campaigns/{campaign}/sweep")
@rule(LEAD, "Enroll what the rule points to", "按规则纳入对象")
def sweep(campaign: Id, wish: Sweep, office: TheOffice, actor: Who) -> Swept:
    """Again the next night: adds, resolves, re-ranks; what was performed is not touched."""
    return enrol.open_sweep(office, actor, campaign, wish.as_of)


@router.post("/campaigns/{campaign}/enrollments", status_code=201)
@rule(able(Ability.ASSIGN, where="the campaign's place"), "Enroll places by name", "按名单纳入对象")
def enrol_places(campaign: Id, wish: Enrol, office: TheOffice, actor: Who) -> Enrolled:
    """Those that asked, registered or consented."""
    added = enrol.enrol_places(
        office, actor, campaign, wish.place_ids, reason=wish.reason, until=wish.until
    )
    return Enrolled(added=added)


@router.get("/campaigns/{campaign}/board")
@rule(SEE_DOORS, "The board", "行动看板")
def board(campaign: Id, office: TheOffice, actor: Who) -> Board:
    """Done against expected by now, the forecast, what nobody has, people if one may see them."""
    return boards.board(office, actor, campaign)


@router.get("/campaigns/{campaign}/areas")
@rule(SEE_DOORS, "The board's figures by building or community", "分楼栋或社区的进度")
def by_area(
    campaign: Id, office: TheOffice, actor: Who, by: Literal["building", "community"] = "building"
) -> list[AreaFigures]:
    """Enrolled and done, for the map."""
    return areas.areas(office, actor, campaign, by_community=by == "community")


@router.get("/campaigns/{campaign}/course")
@rule(SEE_DOORS, "Done against expected over time", "进度曲线")
def course(campaign: Id, office: TheOffice, actor: Who) -> Course:
    """What the board's chart draws: at most 200 points a line."""
    return courses.course(office, actor, campaign)


@router.get("/campaigns/{campaign}/doors")
@rule(SEE_DOORS, "A campaign's doors", "行动的住户名单")
def list_doors(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    building: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> Page[doors.Door]:
    """Place, task and outcome; never the evidence, which opens one home at a time."""
    after = decode(cursor, list)
    rows = doors.listed(
        office, actor, campaign, building=building, state=state, after=after, limit=limit + 1
    )
    return page(rows, limit, lambda one: one.cursor)


@router.get("/campaigns/{campaign}/facade", response_model=CampaignFront)
@rule(
    able(Ability.SEE_DOORS, where="`place`, or the campaign's place"),
    "A campaign's façade: how each door stands",
    "行动的楼栋图：逐户进度",
)
def facade(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    place: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Buildings, units, floors and doors with what was done and who has it; no state of a home.

    `owner` and `covered_by` are places in `people`, for who may see people. `place`: a community,
    grid cell or building; the campaign's own if left out.
    """
    found = front.front(office, actor, campaign, place)
    return Response(FRONT.dump_json(found), media_type="application/json")


FRONT = TypeAdapter(CampaignFront)


@router.post("/campaigns/{campaign}/exports", response_class=Response)
@rule(SEE_DOORS, "Export a campaign's doors", "导出行动名单")
def export(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    kind: Annotated[str, Query(pattern="^(csv|xlsx)$")] = "csv",
) -> Response:
    """Watermarked with who, when and for what; logged; no cell is a live formula."""
    body = doors.export(office, actor, campaign, kind, language_of(request))
    media = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    name = f'attachment; filename="lamplit-doors.{kind}"'
    return Response(body, media_type=media, headers={"Content-Disposition": name})


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/campaigns/{campaign}/findings")
@rule(SEE_DOORS, "Findings", "发现的问题")
def list_findings(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    state: Annotated[list[FindingState] | None, Query()] = None,
    limit: Limit = 500,
) -> list[Finding]:
    """In some states or all, those due first."""
    return findings.findings(office, actor, campaign, *(state or ()), limit=limit)


@router.get("/campaigns/{campaign}/scores")
@rule(SEE_DOORS, "Scores", "评分")
def scores(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    by: Annotated[str, Query(pattern="^(organisation|place)$")] = "organisation",
) -> list[Scored]:
    """By organisation or by place, the lowest first."""
    return findings.scores(office, actor, campaign, by=by)


@router.get("/campaigns/{campaign}/events", response_class=StreamingResponse)
@rule(SEE_DOORS, "What happens in a campaign, as it happens", "行动的实时事件")
def events(
    campaign: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    last_event_id: LastEventId = None,
    seconds: StreamSeconds = 3600,
) -> Response:
    """Server-sent events after Last-Event-ID: the kind and the time of each, nothing of anybody."""
    found = campaigns.watched(office, actor, campaign)

    def allowed() -> None:
        signed_in_still(request)
        campaigns.watched(office, actor, found)

    last = sse.begin_at(office, last_event_id)
    return sse.stream(request, sse.Feed(office, found, last, seconds, allowed))
