"""Applying a plan: each open task to its person, in their turn; what was performed is not touched.

The plan that was in force before is superseded, and can be applied again to go back. How things
stood before the first plan is kept as one, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PLAN_TEXT, PlanState, TaskState
from lamplit.domain.problems import plans as problems
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.plans.plans import BEFORE, plan_at
from lamplit.services.field.plans.views import PlanHead, head_of
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.store import bulk, campaigns
from lamplit.store import plans as store
from lamplit.store.guard import changed_meanwhile
from lamplit.store.schema import plan as plan_table
from lamplit.store.schema import task
from lamplit.store.tasks import OPEN


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did to tasks.

    `given` to somebody who did not have them, `freed` for want of anybody, `reordered` within a
    list. Left alone: `held` (somebody is at them), `over` (performed or cancelled meanwhile),
    `uncovered` (the planned person has lost their role there meanwhile).
    """

    plan: PlanHead
    given: int
    freed: int
    reordered: int
    held: int
    over: int
    uncovered: int


@dataclass(slots=True)
class _Changes:
    """What is to be written, and what is left alone."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    freed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)


def apply(
    office: Office,
    actor: Actor,
    campaign: str,
    plan: str,
    *,
    version: int | None = None,
    note: str = "",
) -> Applied:
    """Put a plan in force. Needs `lead` and `assign` at the campaign's place.

    One that is ready, or that was in force before (to go back to it). `version`: the one that it
    was decided on; `note` goes to the tasks that change hands. Raises LamplitError
    `plan.not-in-state`, `store.changed-meanwhile`, `campaign.not-in-state`, `store.not-found`,
    `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row, _ = plan_at(tx, campaign, plan)
        require(tx, Ability.ASSIGN, row.place_id)
        require_open(row)
        campaigns.lock(tx.conn, row.id)
        _, wanted = plan_at(tx, campaign, plan)
        if version is not None and wanted.version != version:
            raise changed_meanwhile(plan_table)
        _check_state(wanted)
        _keep_before(tx, row.id, wanted)
        changes = _changes(tx, wanted, note)
        bulk.change_all(tx.conn, task, changes.rows)
        store.supersede(tx.conn, row.id, wanted.made_at, wanted.id)
        moved = store.move(
            tx.conn, wanted.id, PlanState(wanted.state), PlanState.APPLIED,
            applied_at=tx.now, applied_by=actor.person_id,
        )  # fmt: skip
        if not moved:
            raise changed_meanwhile(plan_table)
        _log(tx, row, wanted.id, changes, note)
        counts = changes.counts
        return Applied(
            head_of(store.by_id(tx.conn, wanted.id)), counts["given"], counts["freed"],
            counts["reordered"], counts["held"], counts["over"], counts["uncovered"],
        )  # fmt: skip


def _check_state(wanted: Row[Any]) -> None:
    state = PlanState(wanted.state)
    again = state is PlanState.SUPERSEDED and wanted.applied_at is not None
    if state is not PlanState.READY and not again:
        raise LamplitError(problems.NOT_IN_STATE, state=PLAN_TEXT[state])


def _keep_before(tx: Transaction, campaign_id: str, wanted: Row[Any]) -> None:
    """Keep who has which of the plan's tasks as a plan, if none was ever in force."""
    if any(one.applied_at for one in store.of_campaign(tx.conn, campaign_id)):
        return
    plan_id = new_id()
    store.add(
        tx.conn, id=plan_id, campaign_id=campaign_id, origin=BEFORE,
        state=PlanState.SUPERSEDED.value, made_at=tx.now, made_by=tx.actor.person_id,
        ready_at=tx.now, applied_at=tx.now,
    )  # fmt: skip
    rows = [
        {"plan_id": plan_id, "task_id": one.id, "person_id": one.owner_id, "turn": one.turn,
         "arrives": None, "why": None}
        for one in store.lock_tasks(tx.conn, wanted.id).values()
        if one.state in OPEN
    ]  # fmt: skip
    store.add_stops(tx.conn, rows)


def _changes(tx: Transaction, wanted: Row[Any], note: str) -> _Changes:
    tasks = store.lock_tasks(tx.conn, wanted.id)
    stops = store.stops(tx.conn, wanted.id)
    people = sorted({stop.person_id for stop in stops if stop.person_id})
    authors = Authors.of(tx, people, sorted({stop.place_id for stop in stops}))
    changes = _Changes()
    as_it_is = _unmoved(stops, tasks)
    for stop in stops:
        now = tasks[stop.task_id]
        if now.state not in OPEN:
            changes.counts["over"] += 1
        elif store.held(now, tx.now) and now.owner_id != stop.person_id:
            changes.counts["held"] += 1
        elif stop.person_id is None:
            _free(tx, changes, now)
        elif authors.standing(stop.person_id, stop.place_id) is not Standing.ENTITLED:
            changes.counts["uncovered"] += 1
        elif stop.person_id not in as_it_is or now.owner_id != stop.person_id:
            _give(tx, changes, now, stop, note)
    return changes


def _unmoved(stops: Sequence[Any], tasks: dict[str, Any]) -> set[str]:
    """The people whose open doors stand in the plan's order already: their tasks stay untouched.

    Otherwise every re-plan would count all turns anew, and each phone would fetch everything.
    """
    lists: dict[str, list[Any]] = defaultdict(list)
    for stop in stops:
        if stop.person_id and tasks[stop.task_id].state in OPEN:
            lists[stop.person_id].append(stop)
    found = set()
    for person, row in lists.items():
        turns = [tasks[stop.task_id].turn for stop in row]
        mine = all(tasks[s.task_id].owner_id == person for s in row)
        assigned = all(tasks[s.task_id].claimed_until is None for s in row)
        planned = [(stop.turn is None, stop.turn or 0) for stop in row]
        if not mine or not assigned:
            continue
        if None in turns:
            if all(turn is None for turn in turns) and all(none for none, _ in planned):
                found.add(person)
            continue
        by_plan = sorted(zip(planned, turns, strict=True))
        if [turn for _, turn in by_plan] == sorted(turns):
            found.add(person)
    return found


def _free(tx: Transaction, changes: _Changes, now: Any) -> None:
    if now.owner_id is None:
        return
    changes.freed[now.owner_id].append(now.id)
    changes.counts["freed"] += 1
    changes.rows.append(_row(tx, now, owner_id=None, state=TaskState.REQUESTED.value, turn=None))


def _give(tx: Transaction, changes: _Changes, now: Any, stop: Any, note: str) -> None:
    state = now.state
    if now.owner_id != stop.person_id:
        changes.given[stop.person_id].append(now.id)
        changes.counts["given"] += 1
        state = TaskState.ACCEPTED.value
    else:
        changes.counts["reordered"] += 1
        note = ""
    changes.rows.append(
        _row(tx, now, owner_id=stop.person_id, state=state, turn=stop.turn, note=note or now.note)
    )


def _row(tx: Transaction, now: Any, **values: Any) -> dict[str, Any]:
    return {
        "id": now.id, "note": now.note, "claimed_until": None, "changed_at": tx.now, **values
    }  # fmt: skip


def _log(tx: Transaction, row: Any, plan_id: str, changes: _Changes, note: str) -> None:
    tx.log(
        "plan.applied", "plan", plan_id, place_id=row.place_id, campaign_id=row.id,
        purpose=row.purpose, note=note, **changes.counts,
    )  # fmt: skip
    for person, ids in sorted(changes.given.items()):
        tx.log(
            "task.assigned", "person", person, campaign_id=row.id,
            count=len(ids), note=note, plan=plan_id, tasks=sorted(ids)[:500],
        )  # fmt: skip
    for person, ids in sorted(changes.freed.items()):
        tx.log(
            "task.moved", "person", person, campaign_id=row.id,
            to=None, count=len(ids), note=note, plan=plan_id, tasks=sorted(ids)[:500],
        )  # fmt: skip
