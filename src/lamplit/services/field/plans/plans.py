"""Plans as a leader handles them: asked for, looked at, and kept until one is applied."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlanState
from lamplit.domain.problems import plans as problems
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.packs import pack_of
from lamplit.services.field.plans import desk
from lamplit.services.field.plans.facts import Asked, Facts, facts_of
from lamplit.services.field.plans.views import PlanHead, PlanView, head_of, view_of
from lamplit.store import campaigns
from lamplit.store import plans as store
from lamplit.store.guard import not_found
from lamplit.store.schema import plan as plan_table

PLANNER, BEFORE = "planner", "before"
"""Where a plan comes from: the planner, or how things stood before the first was applied."""


def ask(office: Office, actor: Actor, campaign: str, asked: Asked) -> PlanHead:
    """Have a plan made in the background. Needs `lead` at the campaign's place.

    It is `planning` for half a minute or so, then `ready` or `failed`. Raises LamplitError
    `plan.no-doors`, `plan.nobody`, `plan.not-there`, `plan.already-under-way`,
    `campaign.not-in-state`, `store.not-found`, `door.not-allowed`.
    """
    made, facts, keep = _begin(office, actor, campaign, asked)
    desk.begin(office, actor, made.id, facts, keep=keep)
    return made


def make(office: Office, actor: Actor, campaign: str, asked: Asked, told: desk.Told) -> PlanHead:
    """Make a plan here and now; `told` hears how far it is.

    Raises as `ask`, and LamplitError (planning.*) for what can't be planned.
    """
    made, facts, keep = _begin(office, actor, campaign, asked)
    desk.make_here(office, actor, made.id, facts, keep=keep, told=told)
    with office.read(actor) as tx:
        return head_of(store.by_id(tx.conn, made.id))


def _begin(
    office: Office, actor: Actor, campaign: str, asked: Asked
) -> tuple[PlanHead, Facts, bool]:
    """Read the facts and set the plan down as under way: whether lists are kept, too."""
    desk.give_up_lost(office)
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
        facts = facts_of(office, tx, pack_of(office, row.programme), row, asked)
        plan_id = new_id()
        store.add(
            tx.conn, id=plan_id, campaign_id=row.id, origin=PLANNER,
            state=PlanState.PLANNING.value, asked={**asdict(asked), "keep": keep},
            share=0.0, made_at=tx.now, made_by=actor.person_id, seen_at=tx.now,
        )  # fmt: skip
        tx.log(
            "plan.asked", "plan", plan_id, place_id=row.place_id, campaign_id=row.id, keep=keep,
            doors=len(facts.request.doors), people=len(facts.request.people),
        )  # fmt: skip
        return head_of(store.by_id(tx.conn, plan_id)), facts, keep


def listed(office: Office, actor: Actor, campaign: str) -> list[PlanHead]:
    """A campaign's plans, the newest first. Raises LamplitError `store.not-found`,
    `door.not-allowed`.
    """
    desk.give_up_lost(office)
    with office.read(actor) as tx:
        row = get_campaign(tx.conn, campaign)
        require(tx, Ability.LEAD, row.place_id)
        return [head_of(one) for one in store.of_campaign(tx.conn, row.id)]


def show(office: Office, actor: Actor, campaign: str, plan: str, *, doors: bool = True) -> PlanView:
    """One plan with everybody's list, and what applying it now would change; raises as `listed`.

    Without `doors` the lists are counts. A campaign whose list expired has no doors any more.
    """
    desk.give_up_lost(office)
    with office.read(actor) as tx:
        _, found = plan_at(tx, campaign, plan)
        stops = store.stops(tx.conn, found.id)
        people = {one["person_id"] for one in (found.result or {}).get("people", ())}
        people |= {p for stop in stops for p in (stop.person_id, stop.owner_id) if p}
        names = store.names(tx.conn, sorted(people))
        return view_of(found, stops, names, tx.now, doors=doors)


def head(office: Office, actor: Actor, campaign: str, plan: str) -> PlanHead:
    """One plan in a line; raises as `listed`."""
    desk.give_up_lost(office)
    with office.read(actor) as tx:
        return head_of(plan_at(tx, campaign, plan)[1])


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
