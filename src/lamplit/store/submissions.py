"""The inbox, the submissions worked in from it, their attachments and entity changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from lamplit.domain.field import InboxState
from lamplit.store import set_aside
from lamplit.store.bulk import parts
from lamplit.store.schema import assignment, attachment, entity_change, inbox, person, submission
from lamplit.store.tree import under_any

PLAIN = tuple(c for c in submission.c if c.name != "answers")
"""A submission without its answers."""


def received(conn: Connection, keys: Sequence[tuple[str | None, str]]) -> dict[Any, Row[Any]]:
    """The inbox rows (without their bytes) of some (instance id, sha256), by these two."""
    wanted = {instance for instance, _ in keys if instance}
    found: dict[Any, Row[Any]] = {}
    for some in parts(sorted(wanted)):
        rows = conn.execute(
            select(inbox.c.id, inbox.c.instance_id, inbox.c.sha256, inbox.c.state).where(
                inbox.c.instance_id.in_(some)
            )
        )
        found |= {(row.instance_id, row.sha256): row for row in rows}
    return found


def take(conn: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    """Inbox rows with their bytes, locked until the transaction ends, in the order of arrival."""
    return list(
        conn.execute(
            select(inbox).where(inbox.c.id.in_(ids)).order_by(inbox.c.id).with_for_update(of=inbox)
        )
    )


def waiting(conn: Connection, before: datetime, limit: int) -> list[str]:
    """Ids of inbox rows that were received before a moment and not worked in, oldest first."""
    return list(
        conn.scalars(
            select(inbox.c.id)
            .where(inbox.c.state == InboxState.RECEIVED, inbox.c.received_at < before)
            .order_by(inbox.c.received_at, inbox.c.id)
            .limit(limit)
        )
    )


def quarantined(
    conn: Connection,
    *,
    settled: bool = False,
    after: str = "",
    limit: int = 200,
    led: list[str] | None = None,
) -> list[Row[Any]]:
    """Quarantined inbox rows without their bytes, by id, after an id; `led`: those near places.

    With them the length of their `bytes`, and their `author`'s name.
    """
    plain = [c for c in inbox.c if c.name != "body"]
    wanted = (
        select(*plain, func.length(inbox.c.body).label("bytes"), person.c.name.label("author"))
        .outerjoin(person, person.c.id == inbox.c.person_id)
        .where(inbox.c.state == InboxState.QUARANTINED, inbox.c.id > after)
    )
    if not settled:
        wanted = wanted.where(inbox.c.settled_at.is_(None))
    if led is not None:
        wanted = wanted.where(_near(led))
    return list(conn.execute(wanted.order_by(inbox.c.id).limit(limit)))


def is_near(conn: Connection, inbox_id: str, place_ids: list[str]) -> bool:
    """Whether an inbox row is of somebody who has or had a tie at some places or under them, of
    somebody who never had one, or of nobody.
    """
    wanted = select(inbox.c.id).where(inbox.c.id == inbox_id, _near(place_ids))
    return conn.scalar(wanted) is not None


def _near(place_ids: list[str]) -> ColumnElement[bool]:
    tied = select(assignment.c.person_id).where(assignment.c.person_id == inbox.c.person_id)
    here = tied.where(assignment.c.place_id.in_(under_any(place_ids)))
    return or_(inbox.c.person_id.is_(None), ~tied.exists(), here.exists())


def inbox_row(conn: Connection, inbox_id: str, *, lock: bool = False) -> Row[Any] | None:
    """One inbox row with its bytes."""
    wanted = select(inbox).where(inbox.c.id == inbox_id)
    return conn.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def by_instance(conn: Connection, instance_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Submissions without their answers, by instance id."""
    found: dict[str, Row[Any]] = {}
    for some in parts(instance_ids):
        rows = conn.execute(select(*PLAIN).where(submission.c.instance_id.in_(some)))
        found.update((row.instance_id, row) for row in rows)
    return found


def corrections_of(conn: Connection, instance_ids: Sequence[str]) -> list[Row[Any]]:
    """What corrects these instances, of what was worked in already; without answers."""
    found: list[Row[Any]] = []
    for some in parts(instance_ids):
        found += conn.execute(select(*PLAIN).where(submission.c.replaces.in_(some)))
    return found


def of_enrollments(
    conn: Connection, enrollment_ids: Sequence[str], place_ids: Sequence[str]
) -> list[Row[Any]]:
    """Submissions of some enrollments without their answers; by place, where the index is."""
    found: list[Row[Any]] = []
    wanted = set(enrollment_ids)
    for some in parts(sorted(set(place_ids))):
        rows = conn.execute(select(*PLAIN).where(submission.c.place_id.in_(some)))
        found += [row for row in rows if row.enrollment_id in wanted]
    return found


def answers_of(conn: Connection, submission_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The answers of some submissions, by submission."""
    found: dict[str, dict[str, str]] = {}
    for some in parts(submission_ids):
        rows = conn.execute(
            select(submission.c.id, submission.c.answers).where(submission.c.id.in_(some))
        )
        found.update((row.id, row.answers) for row in rows)
    return found


def mark(conn: Connection, inbox_id: str, when: InboxState, **values: Any) -> bool:
    """Change an inbox row where it is still in a state; whether it was."""
    done = conn.execute(
        update(inbox).where(inbox.c.id == inbox_id, inbox.c.state == when).values(**values)
    )
    return done.rowcount == 1


def changes_of(conn: Connection, entity_ids: Sequence[str]) -> list[Row[Any]]:
    """All changes of some entities, in the order in which they were applied, held ones last."""
    found: list[Row[Any]] = []
    for some in parts(sorted(set(entity_ids))):
        found += conn.execute(
            select(entity_change)
            .where(entity_change.c.entity_id.in_(some))
            .order_by(
                entity_change.c.entity_id,
                entity_change.c.version_after.is_(None),
                entity_change.c.version_after,
                entity_change.c.received_at,
            )
        )
    return found


def held_before(conn: Connection, before: datetime, limit: int) -> list[Row[Any]]:
    """Changes that have been held since before a moment."""
    return list(
        conn.execute(
            select(entity_change)
            .where(entity_change.c.state == "held", entity_change.c.received_at < before)
            .order_by(entity_change.c.received_at, entity_change.c.id)
            .limit(limit)
        )
    )


def find(conn: Connection, wanted: str) -> Row[Any] | None:
    """A submission by id or instance id."""
    return conn.execute(
        select(submission).where(or_(submission.c.id == wanted, submission.c.instance_id == wanted))
    ).one_or_none()


def forget_attachments(conn: Connection, campaign_id: str) -> tuple[int, list[str]]:
    """Delete the attachments' rows of a campaign: how many, and the hashes that nobody has now."""
    instances = select(submission.c.instance_id).where(submission.c.campaign_id == campaign_id)
    return set_aside.forget_attachments(conn, attachment.c.instance_id.in_(instances))


def forget_answers(conn: Connection, campaign_id: str) -> int:
    """Take the answers and the raw bytes of a campaign's submissions away, and what phones said
    of entities in them, but for what still waits for its predecessor; gives how many submissions.
    """
    ids = select(submission.c.inbox_id).where(submission.c.campaign_id == campaign_id)
    conn.execute(update(inbox).where(inbox.c.id.in_(ids), inbox.c.body != b"").values(body=b""))
    instances = select(submission.c.instance_id).where(submission.c.campaign_id == campaign_id)
    conn.execute(
        update(entity_change)
        .where(
            entity_change.c.instance_id.in_(instances),
            entity_change.c.data.is_not(None),
            entity_change.c.state != "held",
        )
        .values(data=None)
    )
    done = conn.execute(
        update(submission)
        .where(submission.c.campaign_id == campaign_id, submission.c.answers != {})
        .values(answers={})
    )
    return int(done.rowcount)
