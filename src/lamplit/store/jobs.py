"""Jobs: guarded moves from waiting to an end, so that no two servers do the same one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, tuple_, update

from lamplit.domain.jobs import OPEN_STATES, JobKind, JobState
from lamplit.store.bulk import parts
from lamplit.store.guard import one_at_a_time
from lamplit.store.work import job

_OPEN = [state.value for state in OPEN_STATES]


def add(conn: Connection, **row: Any) -> None:
    """A new job."""
    conn.execute(insert(job).values(**row))


def by_id(conn: Connection, job_id: str) -> Row[Any] | None:
    """One job."""
    return conn.execute(select(job).where(job.c.id == job_id)).one_or_none()


def newest(
    conn: Connection,
    maker_id: str | None,
    everybodys: bool,
    after: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Somebody's jobs or everybody's, the newest first, from after the job `after`."""
    wanted = select(job).order_by(job.c.made_at.desc(), job.c.id.desc()).limit(limit)
    if not everybodys:
        wanted = wanted.where(job.c.maker_id == maker_id)
    if after is not None:
        mark = select(job.c.made_at).where(job.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(job.c.made_at, job.c.id) < tuple_(mark, after))
    return conn.execute(wanted).all()


def of_kind(
    conn: Connection, kind: JobKind, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Row[Any]]:
    """Everybody's jobs of a kind, the newest first, from after an instant and an id."""
    wanted = select(job).where(job.c.kind == kind.value)
    if after is not None:
        wanted = wanted.where(tuple_(job.c.made_at, job.c.id) < after)
    return conn.execute(wanted.order_by(job.c.made_at.desc(), job.c.id.desc()).limit(limit)).all()


def known(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of some ids that are jobs."""
    return {
        found
        for some in parts(ids)
        for found in conn.scalars(select(job.c.id).where(job.c.id.in_(some)))
    }


def open_jobs(conn: Connection) -> Sequence[Row[Any]]:
    """Those that wait or run."""
    return conn.execute(select(job).where(job.c.state.in_(_OPEN))).all()


def any_waits(conn: Connection, kinds: Sequence[JobKind]) -> bool:
    """Whether there is a job of some kinds to take; asked often, so it reads only."""
    return conn.scalar(_in_state(JobState.WAITING, kinds).limit(1)) is not None


def claim(
    conn: Connection, kinds: Sequence[JobKind], worker: str, now: datetime, beat: datetime
) -> str | None:
    """Take the job of some kinds that has waited longest; None where one of them runs already, or
    none waits.
    """
    one_at_a_time(conn, "jobs")
    if conn.scalar(_in_state(JobState.RUNNING, kinds).limit(1)):
        return None
    waiting = _in_state(JobState.WAITING, kinds)
    found: str | None = conn.scalar(waiting.order_by(job.c.made_at, job.c.id).limit(1))
    if found is None:
        return None
    taken = move(
        conn, found, JobState.WAITING, JobState.RUNNING,
        worker=worker, began_at=now, beat_at=beat, progress=None,
    )  # fmt: skip
    return found if taken else None


def move(conn: Connection, job_id: str, before: JobState, after: JobState, **values: Any) -> bool:
    """Change a job's state, if it is still in the one before; whether it was."""
    done = conn.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state == before.value)
        .values(state=after.value, version=job.c.version + 1, **values)
    )
    return done.rowcount == 1


def beat(conn: Connection, job_id: str, at: datetime, progress: dict[str, Any] | None) -> bool:
    """Note that a running job lives and how far it is; whether it goes on (else it was cancelled).

    `progress` None: nothing new.
    """
    values: dict[str, Any] = {"beat_at": at}
    if progress is not None:
        values |= {"progress": progress, "version": job.c.version + 1}
    running = (job.c.id == job_id) & (job.c.state == JobState.RUNNING.value)
    done = conn.execute(update(job).where(running).values(**values))
    return done.rowcount == 1 and not conn.scalar(select(job.c.cancel).where(job.c.id == job_id))


def ask_to_cancel(conn: Connection, job_id: str) -> None:
    """Let a running job know that it is not wanted any more."""
    conn.execute(
        update(job)
        .where(job.c.id == job_id, job.c.state == JobState.RUNNING.value)
        .values(cancel=True, version=job.c.version + 1)
    )


def running_since_beat(conn: Connection, before: datetime) -> list[str]:
    """Running jobs of which nothing was heard since an instant."""
    silent = or_(job.c.beat_at.is_(None), job.c.beat_at < before)
    wanted = select(job.c.id).where(job.c.state == JobState.RUNNING.value, silent)
    return list(conn.scalars(wanted))


def running_by_host(conn: Connection, host: str) -> list[tuple[str, str]]:
    """The running jobs of one machine: id and worker."""
    wanted = select(job.c.id, job.c.worker).where(
        job.c.state == JobState.RUNNING.value, job.c.worker.startswith(f"{host}:", autoescape=True)
    )
    return [(row.id, row.worker) for row in conn.execute(wanted)]


def _in_state(state: JobState, kinds: Sequence[JobKind]) -> Select[Any]:
    mine = job.c.kind.in_([kind.value for kind in kinds])
    return select(job.c.id).where(job.c.state == state.value, mine)


def forget(conn: Connection, before: datetime) -> int:
    """Delete what ended before an instant; how many."""
    return conn.execute(delete(job).where(job.c.ended_at < before)).rowcount
