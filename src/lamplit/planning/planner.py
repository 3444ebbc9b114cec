"""The planner's front: a request in, a plan out."""

from __future__ import annotations

import numpy as np

from lamplit.planning.bound import earliest_finish, least_work
from lamplit.planning.help import seek_help
from lamplit.planning.lists import Lists, make_lists
from lamplit.planning.live import live_through
from lamplit.planning.model import Help, Measures, Plan, Request, Shift, Stop, Unassigned
from lamplit.planning.progress import BEGINS, Report, Stage, silent
from lamplit.planning.risk import Run
from lamplit.planning.world import World


def make_plan(request: Request, report: Report = silent) -> Plan:
    """The best plan found in about `request.options.seconds`, with its forecast and what helps.

    Raises LamplitError (planning.*) for a request that makes no sense.
    """
    world = World.of(request)
    return finished(world, make_lists(world, request.options.seconds, report), report)


def finished(world: World, lists: Lists, report: Report = silent) -> Plan:
    """The plan of given lists: lived through, measured, and helped where it does not hold."""
    options = world.request.options
    report(BEGINS[Stage.LIVING], Stage.LIVING)
    run = live_through(world, lists, options.replicates)
    forecast = run.forecast()
    helps: tuple[Help, ...] = ()
    if options.seek_help and forecast.holds.value < options.target:
        helps = seek_help(world, lists, run, report)
    report(1.0, Stage.LIVING)
    return as_plan(world, lists, run, helps)


def as_plan(world: World, lists: Lists, run: Run, helps: tuple[Help, ...] = ()) -> Plan:
    """Ids and minutes in place of indices."""
    request = world.request
    shifts = []
    for person, walked in zip(request.people, lists.walked, strict=True):
        for walk in walked.walks:
            if walk.stops or walk.again > 0:
                stops = tuple(_stop(world, d, arrive) for d, arrive in walk.stops)
                shifts.append(
                    Shift(person.id, walk.span, stops, float(walk.ends), float(walk.again))
                )
    left = sorted(lists.left.items())
    return Plan(
        request=request,
        shifts=tuple(shifts),
        unassigned=tuple(Unassigned(request.doors[d].id, why) for d, why in left),
        forecast=run.forecast(),
        measures=measures(world, lists),
        help=helps,
    )


def _stop(world: World, door: int, arrive: float) -> Stop:
    one = world.request.doors[door]
    return Stop(one.id, one.building_id, one.unit, one.floor, float(arrive))


def measures(world: World, lists: Lists) -> Measures:
    """How good lists are, against the bound for the doors that they hold."""
    doors, finish = lists.doors, lists.finish
    bound = earliest_finish(world, doors) if doors else None
    work = float(world.capacity(finish).sum()) if finish is not None else 0.0
    least = least_work(world, doors) if bound is None else bound[1]
    entered = {(int(world.unit[d]), p) for p, s in enumerate(lists.walked) for d in s.row}
    _, people = np.unique([u for u, _ in entered], return_counts=True)
    walks = [w for s in lists.walked for w in s.walks]
    return Measures(
        finish=None if finish is None else float(finish),
        bound_finish=None if bound is None else float(bound[0]),
        work=work,
        bound=float(least),
        gap=float(work / least - 1) if least else 0.0,
        person_minutes=float(sum(w.ends + w.again - w.span.start for w in walks)),
        moving=float(sum(w.moving for w in walks)),
        shared_units=int((people > 1).sum()),
    )
