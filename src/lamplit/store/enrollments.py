"""Enrollments: the places of a campaign, and how each stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from lamplit.domain.field import EnrollmentState, FindingState, Found, Outcome, Reason
from lamplit.programmes.calendar import Visit
from lamplit.store.bulk import parts
from lamplit.store.schema import enrollment, finding, place, submission, task
from lamplit.store.tree import under

SLIM = tuple(c for c in enrollment.c if c.name != "evidence")
"""An enrollment without its evidence, which is long."""
SKEW = timedelta(minutes=5)
"""A phone's clock may be ahead by so much before it is doubted."""


def find(conn: Connection, enrollment_id: str) -> Row[Any] | None:
    """The enrollment with an id."""
    return conn.execute(select(enrollment).where(enrollment.c.id == enrollment_id)).one_or_none()


def rows(
    conn: Connection, campaign_id: str, *states: EnrollmentState, evidence: bool = False
) -> list[Row[Any]]:
    """The enrollments of a campaign in some states (in all where none is given), by rank."""
    columns = enrollment.c if evidence else SLIM
    wanted = select(*columns).where(enrollment.c.campaign_id == campaign_id)
    if states:
        wanted = wanted.where(enrollment.c.state.in_([state.value for state in states]))
    return list(conn.execute(wanted.order_by(enrollment.c.rank, enrollment.c.id)))


def places_for(conn: Connection, campaign_id: str, reason: Reason) -> set[str]:
    """The places that a campaign enrolled for a reason."""
    wanted = select(enrollment.c.place_id).where(
        enrollment.c.campaign_id == campaign_id, enrollment.c.reason == reason.value
    )
    return set(conn.scalars(wanted))


def at(conn: Connection, campaign_id: str, place_id: str) -> Row[Any] | None:
    """The enrollment of a place in a campaign."""
    return conn.execute(
        select(enrollment).where(
            enrollment.c.campaign_id == campaign_id, enrollment.c.place_id == place_id
        )
    ).one_or_none()


def lock(conn: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    """Some enrollments, without evidence, held until the transaction ends; locked in one order."""
    found: list[Row[Any]] = []
    for some in parts(sorted(set(ids))):
        found += conn.execute(
            select(*SLIM)
            .where(enrollment.c.id.in_(some))
            .order_by(enrollment.c.id)
            .with_for_update(of=enrollment)
        )
    return found


def lock_all(conn: Connection, campaign_id: str) -> None:
    """Hold all enrollments of a campaign until the transaction ends, in the one order."""
    if conn.dialect.name == "postgresql":
        conn.execute(
            select(enrollment.c.id)
            .where(enrollment.c.campaign_id == campaign_id)
            .order_by(enrollment.c.id)
            .with_for_update()
        ).close()


def kinds(conn: Connection, campaign_id: str) -> dict[str, str]:
    """The kind of each place enrolled in a campaign, by place."""
    return {
        row.id: row.kind
        for row in conn.execute(
            select(place.c.id, place.c.kind)
            .join(enrollment, enrollment.c.place_id == place.c.id)
            .where(enrollment.c.campaign_id == campaign_id)
        )
    }


def visits(conn: Connection, ids: Iterable[str]) -> dict[str, list[Visit]]:
    """The visits of enrollments (submissions that stand), oldest first, by enrollment."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for some in parts(ids):
        wanted = (
            select(
                submission.c.enrollment_id, submission.c.instance_id, submission.c.ended_at,
                submission.c.received_at, submission.c.outcome, submission.c.found, task.c.slot,
            )
            .join(enrollment, enrollment.c.id == submission.c.enrollment_id)
            .outerjoin(task, task.c.id == submission.c.task_id)
            .where(
                enrollment.c.id.in_(some),
                # The index is by place; an enrollment has one.
                submission.c.place_id == enrollment.c.place_id,
                submission.c.replaced_by.is_(None),
            )
        )  # fmt: skip
        for row in conn.execute(wanted):
            if row.outcome:
                at = performed_at(row.ended_at, row.received_at)
                slot = (row.slot or "extra").partition("/")[0]
                seen = Visit(at, slot, Outcome(row.outcome), Found(row.found or Found.UNKNOWN))
                found[row.enrollment_id].append(seen)
    for listed in found.values():
        listed.sort(key=lambda visit: visit.at)
    return found


def performed_at(ended_at: datetime | None, received_at: datetime) -> datetime:
    """When a visit was: by the phone's clock, unless that is ahead of ours."""
    if ended_at is None or ended_at > received_at + SKEW:
        return received_at
    return ended_at


def finding_states(conn: Connection, ids: Iterable[str]) -> dict[str, list[str]]:
    """The states of the findings of enrollments, by enrollment."""
    found: dict[str, list[str]] = defaultdict(list)
    for some in parts(ids):
        wanted = (
            select(submission.c.enrollment_id, finding.c.state)
            .join(finding, finding.c.submission_id == submission.c.id)
            .join(enrollment, enrollment.c.id == submission.c.enrollment_id)
            .where(enrollment.c.id.in_(some), submission.c.place_id == enrollment.c.place_id)
        )
        for row in conn.execute(wanted):
            found[row.enrollment_id].append(row.state)
    return found


def forget(conn: Connection, campaign_id: str) -> tuple[int, int]:
    """Take evidence and signals off all enrollments of a campaign; gives how many had each."""
    with_evidence = conn.execute(
        update(enrollment)
        .where(enrollment.c.campaign_id == campaign_id, enrollment.c.evidence.is_not(None))
        .values(evidence=None)
    ).rowcount
    with_signal = conn.execute(
        update(enrollment)
        .where(enrollment.c.campaign_id == campaign_id, enrollment.c.signal.is_not(None))
        .values(signal=None, version=enrollment.c.version + 1)
    ).rowcount
    return int(with_evidence), int(with_signal)


def open_findings(conn: Connection, scope_id: str) -> dict[str, set[str]]:
    """The codes of findings not yet settled at each place under one, of any campaign."""
    found: dict[str, set[str]] = defaultdict(set)
    wanted = select(finding.c.place_id, finding.c.code).where(
        finding.c.state.in_((FindingState.OPEN.value, FindingState.IN_HAND.value)),
        finding.c.place_id.in_(under(scope_id)),
    )
    for place_id, code in conn.execute(wanted):
        found[place_id].add(code)
    return found
