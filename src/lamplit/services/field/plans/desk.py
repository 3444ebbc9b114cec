"""Where plans are made: one at a time in a server, each in a process of its own.

A plan under way gives a sign of life every few seconds. One whose maker died (a server that was
stopped or killed) stays without, and is set down as failed by whoever looks next: the store keeps
all that is needed, so nothing has to be remembered over a restart.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlanState
from lamplit.domain.problems import catalogue
from lamplit.domain.problems import plans as problems
from lamplit.planning.progress import Stage
from lamplit.planning.standing import Made, plan_from
from lamplit.services.field.office import SYSTEM, Actor, Office
from lamplit.services.field.plans import results
from lamplit.services.field.plans.child import work
from lamplit.services.field.plans.facts import Facts
from lamplit.store import plans as store

LOST_AFTER = timedelta(seconds=45)
"""A plan without a sign of life for so long has nobody who makes it."""
SIGN_EVERY = 3.0
"""Seconds between two signs of life."""

Told = Callable[[float, Stage], None]
_one_at_a_time = threading.Lock()


class GoneError(Exception):
    """The plan is not wanted any more, or its maker died."""


def begin(office: Office, actor: Actor, plan_id: str, facts: Facts, *, keep: bool) -> None:
    """Have a plan made in the background; it is `ready` or `failed` some time later."""
    name = f"plan-{plan_id[:8]}"
    args = (office, actor, plan_id, facts, keep)
    threading.Thread(target=_in_background, args=args, name=name, daemon=True).start()


def make_here(
    office: Office, actor: Actor, plan_id: str, facts: Facts, *, keep: bool, told: Told
) -> None:
    """Make a plan in this process, for a command that waits for it; `told` hears how far it is.

    Raises what the planner raises; the plan is then `failed` too.
    """
    try:
        made = plan_from(facts.request, facts.standing, keep=keep, report=told)
    except LamplitError as error:
        fail(office, plan_id, error.code, _plain(error.fields))
        raise
    except BaseException:
        fail(office, plan_id, problems.STOPPED.code)
        raise
    keep_made(office, actor, plan_id, facts, made)


def keep_made(office: Office, actor: Actor, plan_id: str, facts: Facts, made: Made) -> None:
    """Keep a plan that was made: it is ready. One that was given up meanwhile stays so."""
    rows = results.rows_of(plan_id, facts, made, office.zone)
    told = results.result_of(facts, made, office.zone)
    with office.begin(actor) as tx:
        ready = store.move(
            tx.conn, plan_id, PlanState.PLANNING, PlanState.READY,
            result=told, ready_at=tx.now, share=1.0, seen_at=tx.now,
        )  # fmt: skip
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
    """Set down as failed every plan whose maker died; gives how many."""
    with office.read(SYSTEM) as tx:
        lost = store.lost(tx.conn, tx.now - LOST_AFTER)
    for plan_id in lost:
        fail(office, plan_id, problems.STOPPED.code)
    return len(lost)


def _in_background(office: Office, actor: Actor, plan_id: str, facts: Facts, keep: bool) -> None:
    """Wait for one's turn, have it made, keep it; every failure is the plan's."""
    try:
        while not _one_at_a_time.acquire(timeout=SIGN_EVERY):
            _sign(office, plan_id, 0.0, Stage.SHARING)
        try:
            keep_made(office, actor, plan_id, facts, _apart(office, plan_id, facts, keep))
        finally:
            _one_at_a_time.release()
    except GoneError:
        return
    except LamplitError as error:
        _fail_quietly(office, plan_id, error.code, _plain(error.fields))
    except Exception as fault:
        structlog.get_logger("lamplit.plans").warning("plan", fault=type(fault).__name__)
        reason = {"reason": type(fault).__name__}
        _fail_quietly(office, plan_id, problems.FAULT.code, reason)


def _apart(office: Office, plan_id: str, facts: Facts, keep: bool) -> Made:
    """The plan, made by a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    heard, out = spawn.Pipe(duplex=False)
    child = spawn.Process(target=work, args=(out, facts.request, facts.standing, keep), daemon=True)
    child.start()
    out.close()
    share, stage = 0.0, Stage.SHARING
    try:
        while True:
            if not heard.poll(SIGN_EVERY):
                _sign(office, plan_id, share, stage)
                continue
            kind, *said = heard.recv()
            if kind == "made":
                made: Made = said[0]
                return made
            if kind == "problem":
                raise _problem(*said)
            share, stage = float(said[0]), Stage(said[1])
            _sign(office, plan_id, share, stage)
    except EOFError as end:
        child.join(5)
        reason = f"process ended with {child.exitcode}"
        raise LamplitError(problems.FAULT, reason=reason) from end
    finally:
        heard.close()
        if child.is_alive():
            child.terminate()
        child.join(5)


def _sign(office: Office, plan_id: str, share: float, stage: Stage) -> None:
    """Give a sign of life. Raises GoneError where the plan was given up meanwhile."""
    with office.db.begin() as conn:
        if not store.alive(conn, plan_id, office.clock(), share, stage.value):
            raise GoneError


def _fail_quietly(office: Office, plan_id: str, code: str, fields: dict[str, Any]) -> None:
    """Fail a plan; where the store is away too, its missing sign of life will tell."""
    try:
        fail(office, plan_id, code, fields)
    except LamplitError:
        structlog.get_logger("lamplit.plans").warning("plan", problem=code)


def _problem(code: str, fields: dict[str, Any], where: str) -> LamplitError:
    return LamplitError(catalogue()[code], where=where, **fields)


def _plain(fields: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}
