"""Plans of campaigns: kept, found, and what they are made from and applied to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from lamplit.domain.field import EnrollmentState, PlanState, TaskState
from lamplit.domain.jobs import OPEN_STATES
from lamplit.store import bulk
from lamplit.store.schema import assignment, enrollment, event, person, place, plan, plan_stop, task
from lamplit.store.schema import submission as submission_table
from lamplit.store.tasks import OPEN
from lamplit.store.tree import above, under
from lamplit.store.work import job

SHORTEST = 8
"""Signs of an id that are enough to name a plan."""
LOOKED_AT = 4_000
"""So many of a campaign's last visits say how long one takes and how often somebody opens."""
_SEEN = select(plan, job.c.progress, job.c.version.label("job_version")).outerjoin(
    job, job.c.id == plan.c.id
)
"""A plan, and how far the job is that makes it: both have one id."""

_PLANNED = and_(
    task.c.state.in_(OPEN),
    task.c.for_role.is_(None),
    enrollment.c.state == EnrollmentState.ACTIVE.value,
)
"""Tasks that a plan gives out: open ones, but follow-ups."""


def add(conn: Connection, **values: Any) -> None:
    """Keep a new plan."""
    conn.execute(insert(plan).values(**values))


def find(conn: Connection, campaign_id: str, plan_id: str) -> Row[Any] | None:
    """The plan of a campaign with an id, or with the only one that begins so (8 signs or more)."""
    wanted = _SEEN.where(plan.c.campaign_id == campaign_id)
    begins = plan.c.id.startswith(plan_id, autoescape=True)
    same = begins if len(plan_id) >= SHORTEST else plan.c.id == plan_id
    found = list(conn.execute(wanted.where(same).limit(2)))
    return found[0] if len(found) == 1 else None


def by_id(conn: Connection, plan_id: str) -> Row[Any] | None:
    """The plan with an id."""
    return conn.execute(_SEEN.where(plan.c.id == plan_id)).one_or_none()


def of_campaign(conn: Connection, campaign_id: str, *, limit: int = 200) -> list[Row[Any]]:
    """The plans of a campaign, the newest first."""
    wanted = _SEEN.where(plan.c.campaign_id == campaign_id)
    return list(conn.execute(wanted.order_by(plan.c.made_at.desc(), plan.c.id).limit(limit)))


def heads(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """The plans of a campaign in short, the newest first; `made`: by a planner."""
    wanted = select(
        plan.c.id, plan.c.state, plan.c.made_at, plan.c.applied_at,
        plan.c.result.is_not(None).label("made"),
    ).where(plan.c.campaign_id == campaign_id)  # fmt: skip
    return list(conn.execute(wanted.order_by(plan.c.made_at.desc(), plan.c.id)))


def in_state(conn: Connection, campaign_id: str, state: PlanState) -> list[Row[Any]]:
    """The plans of a campaign in a state."""
    wanted = select(plan).where(plan.c.campaign_id == campaign_id, plan.c.state == state.value)
    return list(conn.execute(wanted.order_by(plan.c.made_at)))


def move(
    conn: Connection, plan_id: str, before: PlanState, after: PlanState, **values: Any
) -> bool:
    """Take a plan from one state to another, if it still is in the first; whether it was."""
    done = conn.execute(
        update(plan)
        .where(plan.c.id == plan_id, plan.c.state == before.value)
        .values(state=after.value, version=plan.c.version + 1, **values)
    )
    return done.rowcount == 1


def lost(conn: Connection) -> list[str]:
    """Plans under way whose job has ended, or is forgotten."""
    wanted = (
        select(plan.c.id)
        .outerjoin(job, job.c.id == plan.c.id)
        .where(
            plan.c.state == PlanState.PLANNING.value,
            or_(job.c.id.is_(None), job.c.state.not_in([one.value for one in OPEN_STATES])),
        )
    )
    return list(conn.scalars(wanted))


def supersede(conn: Connection, campaign_id: str, made_before: datetime, but: str) -> None:
    """Supersede the plan in force and the proposals that are no newer than a moment."""
    older = and_(plan.c.state == PlanState.READY.value, plan.c.made_at <= made_before)
    conn.execute(
        update(plan)
        .where(
            plan.c.campaign_id == campaign_id,
            plan.c.id != but,
            or_(plan.c.state == PlanState.APPLIED.value, older),
        )
        .values(state=PlanState.SUPERSEDED.value, version=plan.c.version + 1)
    )


def add_stops(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the stops of a plan."""
    bulk.add(conn, plan_stop, rows)


def forget_stops(conn: Connection, campaign_id: str) -> int:
    """Delete the doors of all plans of a campaign; gives how many rows went."""
    mine = select(plan.c.id).where(plan.c.campaign_id == campaign_id)
    gone = conn.execute(delete(plan_stop).where(plan_stop.c.plan_id.in_(mine)))
    return int(gone.rowcount)


def stops(conn: Connection, plan_id: str) -> list[Row[Any]]:
    """The stops of a plan with where they are and who has them now, by person and turn."""
    block = place.alias("block")
    wanted = (
        select(
            plan_stop,
            task.c.place_id,
            task.c.building_id,
            task.c.state,
            task.c.owner_id,
            task.c.claimed_until,
            task.c.turn.label("turn_now"),
            place.c.code,
            place.c.unit,
            place.c.floor,
            place.c.door,
            place.c.kind,
            place.c.name_en,
            place.c.name_zh,
            block.c.code.label("building_code"),
            block.c.name_en.label("building_en"),
            block.c.name_zh.label("building_zh"),
        )
        .join(task, task.c.id == plan_stop.c.task_id)
        .join(place, place.c.id == task.c.place_id)
        .outerjoin(block, block.c.id == task.c.building_id)
        .where(plan_stop.c.plan_id == plan_id)
        .order_by(plan_stop.c.person_id, plan_stop.c.turn, plan_stop.c.task_id)
    )
    return list(conn.execute(wanted))


def planned(conn: Connection, plan_id: str) -> list[Row[Any]]:
    """The stops of a plan in short: place, person, when to arrive, and the state of the task."""
    wanted = (
        select(plan_stop.c.person_id, plan_stop.c.arrives, task.c.place_id, task.c.state)
        .join(task, task.c.id == plan_stop.c.task_id)
        .where(plan_stop.c.plan_id == plan_id)
    )
    return list(conn.execute(wanted))


def last_change(conn: Connection, campaign_id: str) -> int:
    """The number of the last thing that happened in a campaign, but for forms that came."""
    wanted = select(func.max(event.c.seq)).where(
        event.c.campaign_id == campaign_id, event.c.kind != "submission.received"
    )
    return int(conn.scalar(wanted) or 0)


def open_doors(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """Place and owner of the open tasks that a plan gives out; those that nobody has come last."""
    wanted = (
        select(task.c.place_id, task.c.owner_id)
        .join(enrollment, enrollment.c.id == task.c.enrollment_id)
        .where(_PLANNED, task.c.campaign_id == campaign_id)
        .order_by(task.c.owner_id.is_(None), task.c.place_id)
    )
    return list(conn.execute(wanted))


def lock_tasks(conn: Connection, plan_id: str) -> dict[str, Row[Any]]:
    """The tasks of a plan's stops, held until the transaction ends; locked in one order."""
    wanted = (
        select(task)
        .join(plan_stop, plan_stop.c.task_id == task.c.id)
        .where(plan_stop.c.plan_id == plan_id)
        .order_by(task.c.id)
        .with_for_update(of=task)
    )
    return {row.id: row for row in conn.execute(wanted)}


def doors(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """The open tasks of a campaign's active places, by place and due time.

    Follow-ups, which are for a role by name and due within hours, are left out.
    """
    wanted = (
        select(
            task.c.id,
            task.c.place_id,
            task.c.state,
            task.c.owner_id,
            task.c.claimed_until,
            task.c.turn,
            task.c.due_from,
            task.c.due_until,
            task.c.slot,
            task.c.enrollment_id,
            enrollment.c.rank,
            enrollment.c.attempts,
            enrollment.c.reason,
            place.c.kind,
            place.c.code,
            place.c.building_id,
            place.c.unit,
            place.c.floor,
            place.c.lat,
            place.c.lon,
            place.c.languages,
            place.c.skills,
        )
        .join(enrollment, enrollment.c.id == task.c.enrollment_id)
        .join(place, place.c.id == task.c.place_id)
        .where(
            task.c.campaign_id == campaign_id,
            _PLANNED,
        )
        .order_by(place.c.code, task.c.place_id, task.c.due_until, task.c.id)
    )
    return list(conn.execute(wanted))


def team(conn: Connection, scope_id: str, roles: Sequence[str], day: date) -> list[Row[Any]]:
    """The ties with some roles that run on a day at a place, above it or under it.

    Each with its person; by the person's code.
    """
    near: ColumnElement[bool] = or_(
        assignment.c.place_id.in_(above(scope_id)), assignment.c.place_id.in_(under(scope_id))
    )
    wanted = (
        select(
            assignment.c.person_id,
            assignment.c.place_id,
            assignment.c.role,
            assignment.c.ends,
            person.c.code,
            person.c.name,
            person.c.home_place_id,
            person.c.languages,
            person.c.skills,
            person.c.hours,
        )
        .join(person, person.c.id == assignment.c.person_id)
        .where(
            assignment.c.role.in_(roles),
            assignment.c.starts <= day,
            or_(assignment.c.ends.is_(None), assignment.c.ends > day),
            near,
        )
        .order_by(person.c.code, assignment.c.place_id, assignment.c.role)
    )
    return list(conn.execute(wanted))


def visits(conn: Connection, campaign_id: str) -> list[Row[Any]]:
    """A campaign's last visits that stand: outcome and times, of no place and no person."""
    s = submission_table.c
    wanted = (
        select(s.outcome, s.started_at, s.ended_at, s.received_at)
        .where(s.campaign_id == campaign_id, s.replaced_by.is_(None), s.outcome.is_not(None))
        .order_by(s.received_at.desc())
        .limit(LOOKED_AT)
    )
    return list(conn.execute(wanted))


def names(conn: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Code and name of some people, by id."""
    found: dict[str, Row[Any]] = {}
    for some in bulk.parts(sorted(set(ids))):
        wanted = select(person.c.id, person.c.code, person.c.name).where(person.c.id.in_(some))
        found |= {row.id: row for row in conn.execute(wanted)}
    return found


def held(row: Any, now: datetime) -> bool:
    """Whether somebody is at a task, or holds it by a claim that runs."""
    if row.owner_id is None or row.state not in OPEN:
        return False
    claimed = row.claimed_until is not None
    if claimed and row.claimed_until < now:
        return False
    return claimed or bool(row.state == TaskState.IN_PROGRESS)
