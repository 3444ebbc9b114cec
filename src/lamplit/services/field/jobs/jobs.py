"""Jobs as people see them: asked for, listed, cancelled, tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import MAY_RETRY, WHO_MAY, JobKind, JobState, Stage
from lamplit.domain.problems import jobs as problems
from lamplit.services.field import door
from lamplit.services.field.files import incoming
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.store import jobs as store
from lamplit.store.guard import changed_meanwhile, not_found
from lamplit.store.work import job

KEEP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `share` is 0 … 1; `seconds_left` an estimate, None while there is none.

    `result` depends on the kind, `problem` is `LamplitError.kept`'s; both None until it ended.
    """

    id: str
    kind: JobKind
    state: JobState
    mine: bool
    asked: dict[str, Any]
    made_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    cancelling: bool
    stage: Stage | None
    name: str
    share: float
    rows: int
    seconds_left: float | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    version: int


def ask(office: Office, actor: Actor, kind: JobKind, asked: dict[str, Any]) -> Job:
    """Ask for a job; a server's worker takes it when those before it have ended.

    `asked["imports"]` names files that came in (`lamplit.services.field.files.incoming`), all of
    them the caller's and whole. Raises LamplitError `door.not-allowed`, `incoming.not-whole` or
    `store.not-found`.
    """
    made = new_id()
    with office.begin(actor) as tx:
        require_kind(tx, kind)
        names = [incoming.whole_of(tx, one).name for one in asked.get("imports", [])]
        store.add(
            tx.conn, id=made, kind=kind.value, state=JobState.WAITING.value,
            maker_id=actor.person_id, asked=asked | ({"names": names} if names else {}),
            made_at=tx.now,
        )  # fmt: skip
        tx.log("job.asked", "job", made, job=kind.value)
        return _shown(_row(tx, made), actor)


def look(office: Office, actor: Actor, job_id: str) -> Job:
    """A job that one asked for; with OPERATE somewhere, anybody's.

    Raises LamplitError `store.not-found`, also for what others asked for.
    """
    with office.read(actor) as tx:
        return _shown(_visible(tx, job_id), actor)


def newest(office: Office, actor: Actor, after: str | None = None, limit: int = 50) -> list[Job]:
    """The jobs that one may see, the newest first, from after the job `after`.

    Needs IMPORT or OPERATE somewhere. Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        require_kind(tx, JobKind.NIGHT)
        rows = store.newest(
            tx.conn, actor.person_id, door.may_somewhere(tx, Ability.OPERATE), after, limit
        )
        return [_shown(row, actor) for row in rows]


def cancel(office: Office, actor: Actor, job_id: str) -> Job:
    """Let a job go: at once where it waits, else at its next step; what it did by then stays.

    Raises LamplitError `job.already-ended` or `store.not-found`.
    """
    with office.begin(actor) as tx:
        row = _visible(tx, job_id)
        if JobState(row.state) not in (JobState.WAITING, JobState.RUNNING):
            raise LamplitError(problems.JOB_ENDED)
        if row.state == JobState.WAITING.value:
            if not store.move(
                tx.conn, row.id, JobState.WAITING, JobState.CANCELLED, ended_at=tx.now
            ):
                raise changed_meanwhile(job)
        else:
            store.ask_to_cancel(tx.conn, row.id)
        tx.log("job.cancelled", "job", row.id, job=row.kind)
        return _shown(_row(tx, row.id), actor)


def retry(office: Office, actor: Actor, job_id: str) -> Job:
    """Let a job that failed or was cancelled wait again; nothing that was done is done twice.

    Only whoever asked for it: it runs in their name. Raises LamplitError `job.not-open-again`,
    `incoming.not-whole`, `door.not-allowed` or `store.not-found`.
    """
    with office.begin(actor) as tx:
        row = _visible(tx, job_id)
        if row.maker_id != actor.person_id:
            raise not_found(job, job_id)
        kind, state = JobKind(row.kind), JobState(row.state)
        if state not in MAY_RETRY:
            raise LamplitError(problems.JOB_GOES_ON)
        require_kind(tx, kind)
        for one in row.asked.get("imports", []):
            incoming.whole_of(tx, one)
        fresh: dict[str, Any] = {"cancel": False, "worker": None}
        fresh |= dict.fromkeys(("began_at", "ended_at", "progress", "result", "problem", "beat_at"))
        if not store.move(tx.conn, row.id, state, JobState.WAITING, **fresh):
            raise changed_meanwhile(job)
        tx.log("job.retried", "job", row.id, job=row.kind)
        return _shown(_row(tx, row.id), actor)


def tidy(office: Office) -> int:
    """Forget jobs that ended long ago; gives how many, and logs it."""
    with office.begin(SYSTEM) as tx:
        gone = store.forget(tx.conn, tx.now - KEEP)
        if gone:
            tx.log("job.expired", "job", "all", jobs=gone)
        return gone


def require_kind(tx: Transaction, kind: JobKind) -> None:
    """Raise LamplitError `door.not-allowed` where who acts may not ask for a kind of job."""
    door.require_one_of(tx, *WHO_MAY[kind])


def _row(tx: Transaction, job_id: str) -> Row[Any]:
    row = store.by_id(tx.conn, job_id)
    if row is None:
        raise not_found(job, job_id)
    return row


def _visible(tx: Transaction, job_id: str) -> Row[Any]:
    row = _row(tx, job_id)
    if row.maker_id != tx.actor.person_id and not door.may_somewhere(tx, Ability.OPERATE):
        raise not_found(job, job_id)
    return row


def _shown(row: Row[Any], actor: Actor) -> Job:
    progress = row.progress or {}
    state = JobState(row.state)
    stage = progress.get("stage")
    return Job(
        id=row.id, kind=JobKind(row.kind), state=state, mine=row.maker_id == actor.person_id,
        asked=row.asked, made_at=row.made_at, began_at=row.began_at, ended_at=row.ended_at,
        cancelling=bool(row.cancel) and state is JobState.RUNNING,
        stage=Stage(stage) if stage and state is JobState.RUNNING else None,
        name=str(progress.get("name", "")),
        share=1.0 if state is JobState.DONE else float(progress.get("share", 0.0)),
        rows=int(progress.get("rows", 0)), seconds_left=progress.get("seconds_left"),
        result=row.result, problem=row.problem, version=row.version,
    )  # fmt: skip
