"""Plans of a campaign: made in the background, looked at, applied, and gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field, TypeAdapter
from starlette.responses import StreamingResponse

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PlanState
from lamplit.domain.jobs import JobState
from lamplit.services.field.plans import plans
from lamplit.services.field.plans.apply import Applied
from lamplit.services.field.plans.apply import apply as apply_plan
from lamplit.services.field.plans.facts import Asked as AskedOfPlan
from lamplit.services.field.plans.views import PlanHead, PlanView
from lamplit.web import etags, job_events
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who, signed_in_still
from lamplit.web.models import Asked, Id, Line, Note
from lamplit.web.routing import Router
from lamplit.web.sse import LastEventId, StreamSeconds

router = Router(tags=["plans"])
LEAD = able(Ability.LEAD, where="the campaign's place")
Names = Annotated[tuple[Line, ...], Field(max_length=1000)]


class NewPlan(Asked):
    """What a plan shall be made from. `people`: those and no others; `without`: not these.

    `keep`: leave people's lists alone as far as possible; left out: if a plan is in force.
    `rounds`: where every door is gone to, first those with a reason of their own. `languages`:
    whoever goes speaks what is spoken there, where somebody does. `seconds` is the solver's own
    time, `target` how sure is sure enough.
    """

    people: Names = ()
    without: Names = ()
    keep: bool | None = None
    seconds: Annotated[float, Field(ge=0, le=20)] = 3.0
    seed: Annotated[int, Field(ge=0, le=1 << 30)] = 0
    target: Annotated[float, Field(ge=0.5, le=0.99)] = 0.9
    seek_help: bool = True
    rounds: bool = True
    languages: bool = True


class Apply(Asked):
    """A note for the tasks that change hands."""

    note: Note = ""


@router.get("/campaigns/{campaign}/plans")
@rule(LEAD, "A campaign's plans", "行动的排班方案")
def list_plans(campaign: Id, office: TheOffice, actor: Who) -> list[PlanHead]:
    """The newest first; each a proposal until it is applied."""
    return plans.listed(office, actor, campaign)


@router.post("/campaigns/{campaign}/plans", status_code=202)
@rule(LEAD, "Have a plan made", "生成排班方案")
def make_plan(
    campaign: Id,
    wish: NewPlan,
    office: TheOffice,
    actor: Who,
    request: Request,
    response: Response,
) -> PlanHead:
    """Answers at once; the plan at Location is `planning`, then `ready` or `failed`."""
    asked = AskedOfPlan(
        wish.people, wish.without, wish.keep, wish.seconds, wish.seed, wish.target,
        wish.seek_help, wish.rounds, wish.languages,
    )  # fmt: skip
    made = plans.ask(office, actor, campaign, asked)
    request.app.state.worker.wake()
    response.headers["Location"] = f"/api/v1/campaigns/{made.campaign_id}/plans/{made.id}"
    return made


@router.get("/campaigns/{campaign}/plans/{plan}")
@rule(LEAD, "One plan, and what applying it would change", "方案详情与启用预览")
def show_plan(
    campaign: Id,
    plan: Id,
    office: TheOffice,
    actor: Who,
    doors: Annotated[bool, Query(description="Everybody's stops too.")] = True,
) -> PlanView:
    """Everybody's list in order, whether the deadline holds, what help would be enough."""
    return plans.show(office, actor, campaign, plan, doors=doors)


@router.get("/campaigns/{campaign}/plans/{plan}/events", response_class=StreamingResponse)
@rule(LEAD, "A plan, as it is made", "方案生成的实时进度")
def events(
    campaign: Id,
    plan: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    last_event_id: LastEventId = None,
    seconds: StreamSeconds = 3600,
) -> Response:
    """Server-sent events `plan`, each the plan in a line; ends when it is made, or failed."""

    def look() -> _Seen:
        signed_in_still(request)
        return _Seen(*plans.course(office, actor, campaign, plan))

    look()
    return job_events.stream(request, look, job_events.seen(last_event_id), seconds, "plan")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A plan for its stream."""

    version: int
    head: PlanHead

    @property
    def state(self) -> JobState:
        """Whether there is more to come."""
        going = self.head.state is PlanState.PLANNING
        return JobState.RUNNING if going else JobState.DONE

    def model_dump_json(self) -> str:
        """The plan in a line."""
        return HEAD.dump_json(self.head).decode()


HEAD = TypeAdapter(PlanHead)


@router.post("/campaigns/{campaign}/plans/{plan}/apply")
@rule(LEAD, "Apply a plan, or go back to one", "启用方案，或恢复此前的方案")
def apply(
    campaign: Id, plan: Id, wish: Apply, office: TheOffice, actor: Who, request: Request
) -> Applied:
    """Needs If-Match with the plan's `version`, and `assign` there too. What was performed, and
    what somebody is at, is not touched.
    """
    decided = etags.must_be(request, plans.head(office, actor, campaign, plan).version)
    return apply_plan(office, actor, campaign, plan, version=decided, note=wish.note)
