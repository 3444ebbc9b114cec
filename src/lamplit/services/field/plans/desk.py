"""The making of a plan: what its job does. The job and the plan have one id.

A plan whose job ended without one (its process was killed, somebody cancelled it) is set down as
failed by whoever looks next: the store keeps all that is needed.
"""

from __future__ import annotations

from typing import Any

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlanState
from lamplit.domain.jobs import Stage
from lamplit.domain.problems import plans as problems
from lamplit.planning.standing import Made, plan_from
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require
from lamplit.services.field.jobs.pulse import CancelledError, Pulse
from lamplit.services.field.office import SYSTEM, Actor, Office
from lamplit.services.field.packs import pack_of
from lamplit.services.field.plans import results
from lamplit.services.field.plans.facts import Asked, Facts, facts_of
from lamplit.store import campaigns
from lamplit.store import plans as store


def make(office: Office, actor: Actor, plan_id: str, pulse: Pulse) -> PlanState:
    """Make a plan and keep it: it is ready, or `failed` with what is raised here.

    One that failed before is made anew. Raises LamplitError as `plans.ask` and the planner do, and
    CancelledError.
    """

    def report(share: float, stage: Stage) -> None:
        pulse.say(stage, share)

    try:
        facts, keep = _facts(office, actor, plan_id)
        if facts is None:
            return PlanState.READY
        made = plan_from(facts.request, facts.standing, keep=keep, report=report)
        pulse.check()
        keep_made(office, actor, plan_id, facts, made)
    except CancelledError:
        fail(office, plan_id, problems.STOPPED.code)
        raise
    except LamplitError as error:
        fail(office, plan_id, error.code, {name: str(v) for name, v in error.fields.items()})
        raise
    except Exception as fault:
        fail(office, plan_id, problems.FAULT.code, {"reason": type(fault).__name__})
        raise
    return PlanState.READY


def _facts(office: Office, actor: Actor, plan_id: str) -> tuple[Facts | None, bool]:
    """What a plan is made from, as things stand now; and whether lists are kept.

    No facts where it is made already: its job was begun again for nothing.
    """
    with office.begin(actor) as tx:
        found = store.by_id(tx.conn, plan_id)
        assert found is not None  # its job was asked for with it
        row = get_campaign(tx.conn, found.campaign_id)
        require(tx, Ability.LEAD, row.place_id)
        require_open(row)
        keep = bool(found.asked["keep"])
        if found.state == PlanState.FAILED.value:
            campaigns.lock(tx.conn, row.id)
            if store.in_state(tx.conn, row.id, PlanState.PLANNING):
                raise LamplitError(problems.UNDER_WAY, campaign=row.code)
            store.move(tx.conn, plan_id, PlanState.FAILED, PlanState.PLANNING, problem=None)
        elif found.state != PlanState.PLANNING.value:
            return None, keep
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in found.asked.items()
        }
        return facts_of(office, tx, pack_of(office, row.programme), row, Asked(**given)), keep


def keep_made(office: Office, actor: Actor, plan_id: str, facts: Facts, made: Made) -> None:
    """Keep a plan that was made: it is ready. One that was given up meanwhile stays so."""
    rows = results.rows_of(plan_id, facts, made, office.zone)
    told = results.result_of(facts, made, office.zone)
    with office.begin(actor) as tx:
        ready = store.move(
            tx.conn, plan_id, PlanState.PLANNING, PlanState.READY, result=told, ready_at=tx.now
        )
        row = store.by_id(tx.conn, plan_id)
        if not ready or row is None:
            return
        store.add_stops(tx.conn, rows)
        tx.log(
            "plan.ready", "plan", plan_id, campaign_id=row.campaign_id, doors=told["doors"],
            people=len(made.plan.lists()), holds=told["forecast"]["holds"]["value"],
        )  # fmt: skip


def fail(office: Office, plan_id: str, code: str, fields: dict[str, Any] | None = None) -> None:
    """Set a plan down as failed, with the problem."""
    problem = {"code": code, "fields": fields or {}}
    with office.begin(SYSTEM) as tx:
        row = store.by_id(tx.conn, plan_id)
        if store.move(tx.conn, plan_id, PlanState.PLANNING, PlanState.FAILED, problem=problem):
            assert row is not None
            tx.log("plan.failed", "plan", plan_id, campaign_id=row.campaign_id, problem=code)


def give_up_lost(office: Office) -> int:
    """Set down as failed every plan whose job ended without it; gives how many."""
    with office.read(SYSTEM) as tx:
        lost = store.lost(tx.conn)
    for plan_id in lost:
        fail(office, plan_id, problems.STOPPED.code)
    return len(lost)
