"""Tasks: found, listed, and changed only where nobody else came first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from lamplit.domain.field import OPEN_TASKS, PERFORMED_TASKS, TaskState
from lamplit.store.bulk import parts
from lamplit.store.schema import enrollment, task

OPEN = tuple(state.value for state in OPEN_TASKS)


def find(conn: Connection, task_id: str) -> Row[Any] | None:
    """The task with an id."""
    return conn.execute(select(task).where(task.c.id == task_id)).one_or_none()


def by_ids(conn: Connection, ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Tasks by id."""
    found: dict[str, Row[Any]] = {}
    for some in parts(ids):
        found.update((r.id, r) for r in conn.execute(select(task).where(task.c.id.in_(some))))
    return found


def lock_of(conn: Connection, enrollment_ids: Sequence[str]) -> list[Row[Any]]:
    """All tasks of some enrollments, held until the transaction ends; locked in one order."""
    found: list[Row[Any]] = []
    for some in parts(sorted(set(enrollment_ids))):
        found += conn.execute(
            select(task)
            .where(task.c.enrollment_id.in_(some))
            .order_by(task.c.id)
            .with_for_update(of=task)
        )
    return found


def slots(conn: Connection, campaign_id: str) -> dict[str, dict[str, str]]:
    """The state of each task of a campaign, by enrollment and slot."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = select(task.c.enrollment_id, task.c.slot, task.c.state).where(
        task.c.campaign_id == campaign_id
    )
    for row in conn.execute(wanted):
        found[row.enrollment_id][row.slot] = row.state
    return found


def change(conn: Connection, task_id: str, version: int, **values: Any) -> bool:
    """Change a task if its version still is what was read; whether it was."""
    done = conn.execute(
        update(task)
        .where(task.c.id == task_id, task.c.version == version)
        .values(version=version + 1, **values)
    )
    return done.rowcount == 1


def claimable(now: datetime) -> ColumnElement[bool]:
    """The condition that a task is free: nobody has it, or the claim on it has lapsed."""
    return or_(
        and_(task.c.state == TaskState.REQUESTED.value, unowned()),
        and_(
            task.c.state.in_((TaskState.ACCEPTED.value, TaskState.IN_PROGRESS.value)),
            task.c.claimed_until < now,
        ),
    )


def unowned() -> ColumnElement[bool]:
    """The condition that nobody has a task, told so that no index of owners is walked for it.

    Half of a city's tasks may be nobody's; SQLite would read them all.
    """
    return func.coalesce(task.c.owner_id, "") == ""


def owned_open(conn: Connection, person_id: str) -> list[Row[Any]]:
    """The open tasks that a person has, by due time."""
    return list(
        conn.execute(
            select(task)
            .where(task.c.owner_id == person_id, task.c.state.in_(OPEN))
            .order_by(task.c.due_until, task.c.rank, task.c.id)
        )
    )


def last_turn(conn: Connection, person_id: str) -> int:
    """The last place in a person's list of open tasks that a plan gave; 0 where none did."""
    wanted = select(func.max(task.c.turn)).where(
        task.c.owner_id == person_id, task.c.state.in_(OPEN)
    )
    return int(conn.scalar(wanted) or 0)


def cancel_due_before(
    conn: Connection, campaign_id: str, prefix: str, before: datetime, reason: str, now: datetime
) -> int:
    """Cancel the open tasks of slots with a prefix that were due before a moment; how many."""
    done = conn.execute(
        update(task)
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state.in_(OPEN),
            task.c.due_until < before,
            task.c.slot.startswith(prefix, autoescape=True),
        )
        .values(
            state=TaskState.CANCELLED.value,
            reason=reason,
            changed_at=now,
            version=task.c.version + 1,
        )
    )
    return int(done.rowcount)


def busy_enrollments(conn: Connection, campaign_id: str) -> set[str]:
    """The enrollments of a campaign in which somebody performed something, or is at it now."""
    states = [state.value for state in (*PERFORMED_TASKS, TaskState.IN_PROGRESS)]
    wanted = select(task.c.enrollment_id).where(
        task.c.campaign_id == campaign_id, task.c.state.in_(states)
    )
    return set(conn.scalars(wanted))


def cancel_of(conn: Connection, enrollment_ids: Sequence[str], reason: str, now: datetime) -> int:
    """Cancel the open tasks of some enrollments, with a reason; gives how many."""
    count = 0
    for some in parts(sorted(enrollment_ids)):
        done = conn.execute(
            update(task)
            .where(task.c.enrollment_id.in_(some), task.c.state.in_(OPEN))
            .values(
                state=TaskState.CANCELLED.value,
                reason=reason,
                owner_id=None,
                turn=None,
                claimed_until=None,
                changed_at=now,
                version=task.c.version + 1,
            )
        )
        count += done.rowcount
    return int(count)


def revive(conn: Connection, enrollment_ids: Sequence[str], reason: str, now: datetime) -> int:
    """Bring back the tasks of some enrollments that were cancelled for a reason; how many."""
    count = 0
    for some in parts(sorted(enrollment_ids)):
        done = conn.execute(
            update(task)
            .where(
                task.c.enrollment_id.in_(some),
                task.c.state == TaskState.CANCELLED.value,
                task.c.reason == reason,
            )
            .values(
                state=TaskState.REQUESTED.value,
                reason=None,
                changed_at=now,
                version=task.c.version + 1,
            )
        )
        count += done.rowcount
    return int(count)


def take_ranks(conn: Connection, campaign_id: str) -> None:
    """Give the open tasks of a campaign the ranks of their enrollments, where these changed."""
    conn.execute(
        update(task)
        .where(
            task.c.campaign_id == campaign_id,
            task.c.state.in_(OPEN),
            task.c.enrollment_id == enrollment.c.id,
            task.c.rank.is_distinct_from(enrollment.c.rank),
        )
        .values(rank=enrollment.c.rank)
    )
