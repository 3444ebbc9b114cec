"""Tasks: mine, claimed, released, begun, handed to people in bulk; and findings' states."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from lamplit.domain.abilities import Ability
from lamplit.domain.field import FindingState
from lamplit.services.field.tasks import assign as assigning
from lamplit.services.field.tasks import findings, tasklist, tasks
from lamplit.services.field.tasks.assign import Assigned
from lamplit.services.field.tasks.findings import Finding
from lamplit.services.field.tasks.tasklist import TaskList
from lamplit.services.field.tasks.tasks import Task
from lamplit.web.access import SIGNED_IN, able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Line, Note
from lamplit.web.routing import Router

router = Router(tags=["tasks"])
OWN = able(Ability.PERFORM, Ability.ASSIGN, Ability.LEAD, where="its place, if it is one's own")
One = Annotated[str, Query(max_length=200)]


class Reasoned(Asked):
    """Why."""

    reason: Note = ""


class Bulk(Asked):
    """To whom: tasks by id, what another has, or a campaign's at a place and under it."""

    person: Line
    task_ids: Annotated[tuple[Line, ...], Field(max_length=5000)] = ()
    from_person: Annotated[str, Field(max_length=200)] = ""
    campaign: Annotated[str, Field(max_length=200)] = ""
    place: Annotated[str, Field(max_length=200)] = ""
    taken_too: bool = False
    note: Note = ""


class Move(Asked):
    """The state to go to, and a note or reason."""

    to: FindingState
    note: Note = ""


@router.get("/me/tasks")
@rule(SIGNED_IN, "My tasks, and those that I may claim", "我的任务与可认领的任务")
def mine(
    office: TheOffice,
    actor: Who,
    campaign: One = "",
    building: One = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> TaskList:
    """Today's first, by building."""
    return tasklist.tasks_of(office, actor, campaign=campaign, building=building, limit=limit)


@router.post("/tasks/{task_id}/claim")
@rule(able(Ability.PERFORM, where="its place"), "Claim a task, or renew the claim", "认领任务")
def claim(task_id: Id, office: TheOffice, actor: Who) -> Task:
    """The claim lasts as long as the programme says."""
    return tasks.claim(office, actor, task_id)


@router.post("/tasks/{task_id}/release")
@rule(OWN, "Give a task back", "退回任务")
def release(task_id: Id, wish: Reasoned, office: TheOffice, actor: Who) -> Task:
    """One's own; a leader may release anybody's."""
    return tasks.release(office, actor, task_id, reason=wish.reason)


@router.post("/tasks/{task_id}/start")
@rule(OWN, "Begin a task", "开始办理")
def start(task_id: Id, office: TheOffice, actor: Who) -> Task:
    """Says that one is at it."""
    return tasks.start(office, actor, task_id)


@router.post("/tasks/{task_id}/not-executable")
@rule(OWN, "Say why a task can't be carried out", "说明无法办理的原因")
def not_executable(task_id: Id, wish: Reasoned, office: TheOffice, actor: Who) -> Task:
    """No such door, no way in."""
    return tasks.not_executable(office, actor, task_id, reason=wish.reason)


@router.post("/tasks/{task_id}/undo")
@rule(OWN, "Take back my last act on a task", "撤销刚才的操作")
def undo(task_id: Id, office: TheOffice, actor: Who) -> Task:
    """Within some minutes, if nothing came after it."""
    return tasks.undo(office, actor, task_id)


@router.post("/assigned-tasks")
@rule(able(Ability.ASSIGN, where="each task's place"), "Give tasks to a person", "批量指派任务")
def assign(wish: Bulk, office: TheOffice, actor: Who) -> Assigned:
    """By id; all that another has (of a campaign, at a place); or what nobody has at a place."""
    return assigning.assign(
        office, actor, wish.person, task_ids=wish.task_ids, from_person=wish.from_person,
        campaign=wish.campaign, place=wish.place, taken_too=wish.taken_too, note=wish.note,
    )  # fmt: skip


@router.post("/findings/{finding_id}/state")
@rule(able(Ability.PERFORM, Ability.LEAD, where="its place"), "Take a finding to another state",
      "更改问题状态")  # fmt: skip
def move(finding_id: Id, wish: Move, office: TheOffice, actor: Who) -> Finding:
    """In hand and resolved by who performs there; verified by another; dismissed by a leader."""
    return findings.move(office, actor, finding_id, wish.to, note=wish.note)
