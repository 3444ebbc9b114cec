"""Findings: needs and violations, by where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from lamplit.domain.field import FindingState
from lamplit.store.bulk import parts
from lamplit.store.schema import finding, submission, task
from lamplit.store.tasks import OPEN


def find(conn: Connection, finding_id: str) -> Row[Any] | None:
    """The finding with an id."""
    return conn.execute(select(finding).where(finding.c.id == finding_id)).one_or_none()


def of_submissions(conn: Connection, submission_ids: Sequence[str]) -> list[Row[Any]]:
    """The findings that some submissions raised."""
    found: list[Row[Any]] = []
    for some in parts(submission_ids):
        found += conn.execute(select(finding).where(finding.c.submission_id.in_(some)))
    return found


def of_campaign(
    conn: Connection,
    campaign_id: str,
    states: Sequence[FindingState] = (),
    limit: int = 500,
    *,
    person_id: str | None = None,
) -> list[Row[Any]]:
    """The findings of a campaign in some states, those due first at the top.

    `person_id`: only those that a person raised, or that lie where they have an open task.
    """
    wanted = select(finding).where(*_of(campaign_id, states, person_id))
    due = func.coalesce(finding.c.due_at, finding.c.opened_at)
    return list(conn.execute(wanted.order_by(due, finding.c.id).limit(limit)))


def places_of(
    conn: Connection,
    campaign_id: str,
    states: Sequence[FindingState] = (),
    *,
    person_id: str | None = None,
) -> int:
    """At how many places the findings are that `of_campaign` gives without a limit."""
    wanted = select(func.count(finding.c.place_id.distinct()))
    return int(conn.scalar(wanted.where(*_of(campaign_id, states, person_id))) or 0)


def _of(
    campaign_id: str, states: Sequence[FindingState], person_id: str | None
) -> list[ColumnElement[bool]]:
    """The conditions of `of_campaign`."""
    wanted = [finding.c.campaign_id == campaign_id]
    if person_id is not None:
        raised = select(submission.c.id).where(submission.c.author_id == person_id)
        here = select(task.c.place_id).where(task.c.owner_id == person_id, task.c.state.in_(OPEN))
        wanted.append(or_(finding.c.submission_id.in_(raised), finding.c.place_id.in_(here)))
    if states:
        wanted.append(finding.c.state.in_([state.value for state in states]))
    return wanted


def standing_points(
    conn: Connection,
    *,
    campaign_id: str | None = None,
    place_id: str | None = None,
    organisation_id: str | None = None,
) -> list[Row[Any]]:
    """(organisation, place, code list, findings, points) of findings that were not dismissed."""
    wanted = (
        select(
            finding.c.organisation_id,
            finding.c.place_id,
            finding.c.code_list,
            func.count().label("findings"),
            func.sum(finding.c.points).label("points"),
        )
        .where(finding.c.state != FindingState.DISMISSED.value)
        .group_by(finding.c.organisation_id, finding.c.place_id, finding.c.code_list)
    )
    if campaign_id:
        wanted = wanted.where(finding.c.campaign_id == campaign_id)
    if place_id:
        wanted = wanted.where(finding.c.place_id == place_id)
    if organisation_id:
        wanted = wanted.where(finding.c.organisation_id == organisation_id)
    return list(conn.execute(wanted))


def move(
    conn: Connection, finding_id: str, before: FindingState, after: FindingState, **values: Any
) -> bool:
    """Take a finding from one state to another, if it still is in the first; whether it was."""
    done = conn.execute(
        update(finding)
        .where(finding.c.id == finding_id, finding.c.state == before.value)
        .values(state=after.value, version=finding.c.version + 1, **values)
    )
    return done.rowcount == 1
