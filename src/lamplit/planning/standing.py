"""From lists as they stand: everybody keeps theirs, and what nobody has goes to the fewest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lamplit.planning.hand_out import hand_out
from lamplit.planning.help import seek_help
from lamplit.planning.lists import Lists, make_lists, unable, walk_list
from lamplit.planning.live import live_through
from lamplit.planning.model import Plan, Request, Why
from lamplit.planning.planner import as_plan, finished
from lamplit.planning.progress import BEGINS, Report, Stage, silent
from lamplit.planning.risk import Run
from lamplit.planning.route import urgencies
from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.world import World

FILLS = (0.95, 0.75)
"""Which share of a receiver's free time is given away; the next if the deadline is at risk."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has which doors (ids) now, in which order.

    The order of those in `loose` was never planned, so it is chosen. `fresh` people have just
    joined: they are asked before others are disturbed.
    """

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, and the busy minutes of each person's list as it stood before (by id)."""

    plan: Plan
    before: Mapping[str, float]


def plan_from(request: Request, standing: Standing, *, keep: bool, report: Report = silent) -> Made:
    """A plan that leaves standing lists alone as far as it can (`keep`), or one made anew.

    Raises LamplitError (planning.*) for a request that makes no sense.
    """
    world = World.of(request)
    kept, left = walked(world, standing)
    before = {p.id: busy(world, s) for p, s in zip(request.people, kept, strict=True)}
    if not keep:
        return Made(finished(world, make_lists(world, request.options.seconds, report), report),
                    before)  # fmt: skip
    report(BEGINS[Stage.TRIMMING], Stage.SHARING)
    return Made(filled(world, kept, left, standing.fresh, report), before)


def walked(world: World, standing: Standing) -> tuple[list[Scheduled], dict[int, Why]]:
    """Everybody's standing list walked from now, and why some doors can't be done by anybody.

    Doors that are no longer asked for are left out, and so are those that somebody may not do.
    """
    index = {d.id: i for i, d in enumerate(world.request.doors)}
    left, urgency = unable(world), urgencies(world)
    kept = []
    for person, one in enumerate(world.request.people):
        row = [index[d] for d in standing.lists.get(one.id, ()) if d in index]
        row = [d for d in row if d not in left and world.able[person, world.need[d]]]
        loose = one.id in standing.loose
        kept.append(walk_list(world, person, row, urgency) if loose else
                    schedule(world, person, row))  # fmt: skip
    return kept, left


def busy(world: World, one: Scheduled) -> float:
    """The minutes that somebody is busy with a list, what does not fit any more included."""
    over = [*one.over, *one.missed]
    fits = sum(w.ends + w.again - w.span.start for w in one.walks)
    return float(fits + world.load[over].sum())


def filled(
    world: World,
    kept: list[Scheduled],
    left: dict[int, Why],
    fresh: frozenset[str],
    report: Report = silent,
) -> Plan:
    """The plan of `kept` lists with all that nobody has on the fewest of them."""
    lists, run = _hand_out(world, kept, left, fresh)
    options = world.request.options
    short = options.seek_help and run.forecast().holds.value < options.target
    helps = seek_help(world, lists, run, report) if short else ()
    report(1.0, Stage.LIVING)
    return as_plan(world, lists, run, helps)


def _hand_out(
    world: World, kept: list[Scheduled], left: dict[int, Why], joined: frozenset[str]
) -> tuple[Lists, Run]:
    """The orphans with the fewest receivers with whom the deadline holds as surely as asked."""
    fresh = frozenset(i for i, p in enumerate(world.request.people) if p.id in joined)
    options, best = world.request.options, None
    held = {d for s in kept for d in s.row} | set(left)
    orphans = [d for d in range(len(world.rank)) if d not in held]
    for fill in FILLS if orphans else FILLS[:1]:
        lists = hand_out(world, kept, orphans, left, fresh, fill)
        run = live_through(world, lists, options.replicates)
        chance = run.forecast().holds.value
        if best is None or chance > best[0] + 0.01:
            best = (chance, lists, run)
        if chance >= options.target:
            break
    assert best is not None  # there is at least one fill
    return best[1], best[2]
