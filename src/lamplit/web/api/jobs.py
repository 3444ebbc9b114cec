"""Work that goes on behind the pages: asked for, watched, cancelled, tried again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import JOB_TEXT, STAGE_TEXT, STATE_TEXT, JobKind, JobState, Stage
from lamplit.domain.language import Text
from lamplit.domain.problems import web as web_problems
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.jobs import jobs
from lamplit.services.field.jobs import nights as over_nights
from lamplit.services.field.office import Actor, Office
from lamplit.services.zones import checked_zone
from lamplit.web import job_events
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who, signed_in_still
from lamplit.web.models import Asked, Id, Json, Line, Page, Words
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router
from lamplit.web.sse import LastEventId, StreamSeconds

router = Router(tags=["jobs"])
IMPORT = able(Ability.IMPORT, where="any place, and at each place that rows name")
NIGHT = able(Ability.IMPORT, Ability.OPERATE, where="any place")
LAST_NIGHTS = able(Ability.IMPORT, Ability.OPERATE, Ability.ANALYSE, where="any place")
SEE = able(
    Ability.IMPORT, Ability.OPERATE, where="any place: with operate all jobs, else one's own"
)
ImportId = Annotated[str, Field(min_length=1, max_length=200)]


class ReadingOptions(Asked):
    """What one may say of files that they do not say themselves; as of `lamplit ingest`."""

    timezone: Annotated[str | None, Field(max_length=100)] = None
    layout: Annotated[str | None, Field(max_length=50)] = None
    first_column: Literal["00:00", "00:15"] | None = None
    stamp: Literal["start", "end"] | None = None
    unit: Literal["kwh", "wh", "kw", "w"] | None = None
    midnight: Literal["starts", "ends"] | None = None
    digits: Annotated[int | None, Field(ge=3, le=12)] = None
    direction: Literal["import", "export"] | None = None
    meter_id: Annotated[str | None, Field(max_length=200)] = None
    multiplier: Annotated[float | None, Field(gt=0, lt=1e9)] = None
    columns: Annotated[dict[str, str], Field(default_factory=dict, max_length=50)]
    encoding: Annotated[str | None, Field(max_length=40)] = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    minutes: Annotated[int | None, Field(ge=1, le=1440)] = None
    max_kwh: Annotated[float, Field(ge=0.001, lt=1e9)] = 1000.0


class IngestWish(Asked):
    """Files of readings that have come in, read together."""

    imports: Annotated[list[ImportId], Field(min_length=1, max_length=200)]
    options: Annotated[ReadingOptions, Field(default_factory=ReadingOptions)]
    dry_run: bool = False


class PlanWish(Asked):
    """A file, planned first: `apply` is the `plan` of the result that one has read.

    `columns`: what headings mean (empty: leave one aside); `fixed`: what stands in a column in
    every row.
    """

    import_id: ImportId
    columns: Annotated[dict[str, str], Field(default_factory=dict, max_length=200)]
    fixed: Annotated[dict[str, Line], Field(default_factory=dict, max_length=50)]
    apply: Annotated[str | None, Field(max_length=64)] = None
    skip_bad: bool = False


class TableWish(PlanWish):
    """A table of places, people or their ties."""

    table: Kind


class SyncWish(Asked):
    """New communities stand under `district`, if one is named."""

    district: Line | None = None
    dry_run: bool = True


class NightWish(Asked):
    """Through the last day with readings, unless another is named."""

    through: date | None = None
    afresh: bool = False


class JobShown(BaseModel):
    """A job. `share` is 0 to 1; `result` depends on the kind."""

    id: str
    kind: JobKind
    kind_text: Words
    state: JobState
    state_text: Words
    mine: bool
    cancelling: bool
    stage: Stage | None
    stage_text: Words | None
    name: str
    share: float
    rows: int
    seconds_left: float | None
    asked: Json
    made_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    result: Json | None
    problem: Json | None
    version: int


class NightShown(BaseModel):
    """Nights that were worked together: through which day, of how many homes, how many anew.

    None while they are at work, and where they failed (`problem` says why, where it is known).
    `by`: asked for on a page (`id` is the job's), or by a command or a timer.
    """

    id: str
    by: Literal["page", "command"]
    state: JobState
    state_text: Words
    made_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    through: date | None
    nights: int | None
    homes: int | None
    reworked_homes: int | None
    reworked_from: date | None
    problem: Json | None


@router.post("/jobs/ingest", status_code=202)
@rule(IMPORT, "Take files of readings in", "导入读数文件")
def ingest(wish: IngestWish, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """Rows read = kept + corrected + duplicate + quarantined, in all and by file."""
    if wish.options.timezone is not None:
        checked_zone(wish.options.timezone)
    options = wish.options.model_dump(exclude_defaults=True)
    asked = {"imports": wish.imports, "options": options, "dry_run": wish.dry_run}
    return _ask(request, office, actor, JobKind.INGEST, asked)


@router.post("/jobs/registry", status_code=202)
@rule(IMPORT, "Plan or apply a registry", "预演或应用台账导入")
def take_registry(wish: PlanWish, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """The result says what would change; send its `plan` as `apply` to have it so."""
    return _ask(request, office, actor, JobKind.REGISTRY, _planned(wish))


@router.post("/jobs/table", status_code=202)
@rule(IMPORT, "Plan or apply a table", "预演或应用表格导入")
def take_table(wish: TableWish, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """Places, organisations, people, pairings or duties; as for a registry."""
    asked = _planned(wish) | {"table": wish.table.value}
    return _ask(request, office, actor, JobKind.TABLE, asked)


@router.post("/jobs/places-sync", status_code=202)
@rule(IMPORT, "Bring the registry's places in", "同步台账中的地点")
def sync_places(wish: SyncWish, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """Says what would change unless `dry_run` is false."""
    return _ask(request, office, actor, JobKind.PLACES_SYNC, wish.model_dump())


@router.post("/nights", status_code=202)
@rule(NIGHT, "Work the nights now", "立即进行夜间计算")
def nights(wish: NightWish, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """Every home's state, then the field office's evening: what `lamplit nightly` does."""
    return _ask(request, office, actor, JobKind.NIGHT, wish.model_dump(mode="json"))


@router.get("/nights")
@rule(LAST_NIGHTS, "The last nights", "最近的夜间计算")
def last_nights(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 20
) -> Page[NightShown]:
    """The newest first, whoever began them: a page, `lamplit nightly`, or a timer."""
    rows = over_nights.last_nights(office, actor, _mark(decode(cursor, str)), limit + 1)
    found = page(rows, limit, lambda one: f"{one.made_at.isoformat()} {one.id}")
    return Page(items=[_night(one) for one in found.items], next=found.next)


@router.get("/jobs")
@rule(SEE, "Jobs", "后台任务")
def newest(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 50
) -> Page[JobShown]:
    """The newest first."""
    rows = jobs.newest(office, actor, decode(cursor, str), limit + 1)
    found = page(rows, limit, lambda one: one.id)
    return Page(items=[shown(one) for one in found.items], next=found.next)


@router.get("/jobs/{job_id}")
@rule(SEE, "A job", "后台任务详情")
def look(job_id: Id, office: TheOffice, actor: Who) -> JobShown:
    """How far it is, or what came of it."""
    return shown(jobs.look(office, actor, job_id))


@router.get("/jobs/{job_id}/events", response_class=StreamingResponse)
@rule(SEE, "A job, as it goes on", "后台任务的实时进度")
def events(
    job_id: Id,
    office: TheOffice,
    actor: Who,
    request: Request,
    last_event_id: LastEventId = None,
    seconds: StreamSeconds = 3600,
) -> Response:
    """Server-sent events `job`, each the whole job; ends with the job."""
    jobs.look(office, actor, job_id)

    def look() -> JobShown:
        signed_in_still(request)
        return shown(jobs.look(office, actor, job_id))

    return job_events.stream(request, look, job_events.seen(last_event_id), seconds)


@router.post("/jobs/{job_id}/cancel")
@rule(SEE, "Cancel a job", "取消后台任务")
def cancel(job_id: Id, office: TheOffice, actor: Who) -> JobShown:
    """At its next step; what was done by then stays."""
    return shown(jobs.cancel(office, actor, job_id))


@router.post("/jobs/{job_id}/retry", status_code=202)
@rule(SEE, "Try a job again", "重试后台任务")
def retry(job_id: Id, office: TheOffice, actor: Who, request: Request) -> JobShown:
    """One's own, that failed or was cancelled."""
    made = jobs.retry(office, actor, job_id)
    request.app.state.worker.wake()
    return shown(made)


def shown(job: jobs.Job) -> JobShown:
    """A job as pages see it."""
    return JobShown(
        id=job.id, kind=job.kind, kind_text=_words(JOB_TEXT[job.kind]), state=job.state,
        state_text=_words(STATE_TEXT[job.state]), mine=job.mine, cancelling=job.cancelling,
        stage=job.stage, stage_text=_words(STAGE_TEXT[job.stage]) if job.stage else None,
        name=job.name, share=job.share, rows=job.rows, seconds_left=job.seconds_left,
        asked=job.asked, made_at=job.made_at, began_at=job.began_at, ended_at=job.ended_at,
        result=job.result, problem=job.problem, version=job.version,
    )  # fmt: skip


def _night(one: over_nights.NightRun) -> NightShown:
    return NightShown(
        id=one.id, by=one.by, state=one.state, state_text=_words(STATE_TEXT[one.state]),
        made_at=one.made_at, began_at=one.began_at, ended_at=one.ended_at, through=one.through,
        nights=one.nights, homes=one.homes, reworked_homes=one.reworked_homes,
        reworked_from=one.reworked_from, problem=one.problem,
    )  # fmt: skip


def _mark(cursor: str | None) -> over_nights.Mark | None:
    """Where a list of nights goes on. Raises LamplitError `web.bad-cursor`."""
    if cursor is None:
        return None
    at, _, night = cursor.partition(" ")
    try:
        made_at = datetime.fromisoformat(at)
    except ValueError:
        raise LamplitError(web_problems.BAD_CURSOR) from None
    if made_at.tzinfo is None:
        raise LamplitError(web_problems.BAD_CURSOR)
    return made_at, night


def _ask(
    request: Request, office: Office, actor: Actor, kind: JobKind, asked: dict[str, Any]
) -> JobShown:
    made = jobs.ask(office, actor, kind, asked)
    request.app.state.worker.wake()
    return shown(made)


def _planned(wish: PlanWish) -> dict[str, Any]:
    return {
        "imports": [wish.import_id], "columns": wish.columns, "fixed": wish.fixed,
        "apply": wish.apply, "skip_bad": wish.skip_bad,
    }  # fmt: skip


def _words(text: Text) -> Words:
    return Words(en=text.en, zh=text.zh)
