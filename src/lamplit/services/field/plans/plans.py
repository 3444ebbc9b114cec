"""Plans as a leader handles them: asked for, looked at, and kept until one is applied."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlanState
from lamplit.domain.jobs import JobKind, JobState
from lamplit.domain.problems import catalogue
from lamplit.domain.problems import plans as problems
from lamplit.planning.progress import Report
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require
from lamplit.services.field.jobs.work import perform, sweep_lost, this_worker
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.packs import pack_of
from lamplit.services.field.plans import desk
from lamplit.services.field.plans.facts import Asked, facts_of
from lamplit.services.field.plans.fit import fit_of
from lamplit.services.field.plans.views import PlanHead, PlanView, head_of, view_of
from lamplit.store import campaigns
from lamplit.store import jobs as jobs_store
from lamplit.store import plans as store
from lamplit.store.guard import not_found
from lamplit.store.schema import plan as plan_table

PLANNER, BEFORE = "planner", "before"
"""Where a plan comes from: the planner, or how things stood before the first was applied."""


def ask(office: Office, actor: Actor, campaign: str, asked: Asked) -> PlanHead:
    """Have a plan made by a job. Needs `lead` at the campaign's place.

    It is `planning` for half a minute or so, then `ready` or `failed`. Raises LamplitError
    `plan.no-doors`, `plan.nobody`, `plan.not-there`, `plan.already-under-way`,
    `campaign.not-in-state`, `store.not-found`, `door.not-allowed`.
    """
    return _begin(office, actor, campaign, asked, state=JobState.WAITING.value)


def make(office: Office, actor: Actor, campaign: str, asked: Asked, told: Report) -> PlanHead:
    """Make a plan here and now; `told` hears how far it is.

    Raises as `ask`, and LamplitError (planning.*) for what can't be planned.
    """
    here = {"worker": this_worker(), "beat_at": datetime.now(UTC), "began_at": office.clock()}
    made = _begin(office, actor, campaign, asked, state=JobState.RUNNING.value, **here)
    perform(office, made.id, told=told)
    with office.read(actor) as tx:
        row = store.by_id(tx.conn, made.id)
    assert row is not None
    if row.state == PlanState.FAILED.value:
        raise LamplitError(catalogue()[row.problem["code"]], **row.problem["fields"])
    return head_of(row)


def _begin(office: Office, actor: Actor, campaign: str, asked: Asked, **job: Any) -> PlanHead:
    """Set a plan down as under way, with the job that makes it."""
    _settle(office)
    with office.begin(actor) as tx:
        row = get_campaign(tx.conn, campaign)
        require(tx, Ability.LEAD, row.place_id)
        require_open(row)
        campaigns.lock(tx.conn, row.id)
        if store.in_state(tx.conn, row.id, PlanState.PLANNING):
            raise LamplitError(problems.UNDER_WAY, campaign=row.code)
        keep = asked.keep
        if keep is None:
            keep = bool(store.in_state(tx.conn, row.id, PlanState.APPLIED))
        # What makes no sense is said at once; the job reads the facts again when its turn comes.
        facts = facts_of(office, tx, pack_of(office, row.programme), row, asked)
        plan_id = new_id()
        store.add(
            tx.conn, id=plan_id, campaign_id=row.id, origin=PLANNER,
            state=PlanState.PLANNING.value, asked={**asdict(asked), "keep": keep},
            made_at=tx.now, made_by=actor.person_id,
        )  # fmt: skip
        jobs_store.add(
            tx.conn, id=plan_id, kind=JobKind.PLAN.value, maker_id=actor.person_id,
            asked={"plan": plan_id, "names": [row.code]}, made_at=tx.now, **job,
        )  # fmt: skip
        tx.log(
            "plan.asked", "plan", plan_id, place_id=row.place_id, campaign_id=row.id, keep=keep,
            doors=len(facts.request.doors), people=len(facts.request.people),
        )  # fmt: skip
        return head_of(store.by_id(tx.conn, plan_id))


def _settle(office: Office) -> None:
    """End what nobody is at any more."""
    sweep_lost(office)
    desk.give_up_lost(office)


def listed(office: Office, actor: Actor, campaign: str) -> list[PlanHead]:
    """A campaign's plans, the newest first; the one in force says whether it still fits.

    Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    _settle(office)
    with office.read(actor) as tx:
        row = get_campaign(tx.conn, campaign)
        require(tx, Ability.LEAD, row.place_id)
        fit = fit_of(office, tx, row)
        return [
            head_of(one, fit if fit and fit.plan_id == one.id else None)
            for one in store.of_campaign(tx.conn, row.id)
        ]


def show(office: Office, actor: Actor, campaign: str, plan: str, *, doors: bool = True) -> PlanView:
    """One plan with everybody's list, and what applying it now would change; raises as `listed`.

    Without `doors` the lists are counts. A campaign whose list expired has no doors any more.
    """
    _settle(office)
    with office.read(actor) as tx:
        _, found = plan_at(tx, campaign, plan)
        stops = store.stops(tx.conn, found.id)
        people = {one["person_id"] for one in (found.result or {}).get("people", ())}
        people |= {p for stop in stops for p in (stop.person_id, stop.owner_id) if p}
        names = store.names(tx.conn, sorted(people))
        return view_of(found, stops, names, tx.now, doors=doors)


def head(office: Office, actor: Actor, campaign: str, plan: str) -> PlanHead:
    """One plan in a line; raises as `listed`."""
    _settle(office)
    with office.read(actor) as tx:
        return head_of(plan_at(tx, campaign, plan)[1])


def course(office: Office, actor: Actor, campaign: str, plan: str) -> tuple[int, PlanHead]:
    """A plan in a line, and a number that grows whenever something about it is new; as `listed`."""
    _settle(office)
    with office.read(actor) as tx:
        row = plan_at(tx, campaign, plan)[1]
        return row.version + (row.job_version or 0), head_of(row)


def plan_at(tx: Transaction, campaign: str, plan: str) -> tuple[Row[Any], Row[Any]]:
    """A campaign and one of its plans, for who leads there; raises as `listed`."""
    row = get_campaign(tx.conn, campaign)
    require(tx, Ability.LEAD, row.place_id)
    return row, get(tx.conn, row.id, plan)


def get(conn: Connection, campaign_id: str, plan: str) -> Row[Any]:
    """The row of a campaign's plan. Raises LamplitError `store.not-found`."""
    found = store.find(conn, campaign_id, plan)
    if found is None:
        raise not_found(plan_table, plan)
    return found
