"""A plan's lists lived through: `lamplit.planning.risk` by day, `take_over` in the evening."""

from __future__ import annotations

from collections.abc import Collection

from lamplit.planning.lists import Lists
from lamplit.planning.risk import Run
from lamplit.planning.takeover import take_over
from lamplit.planning.world import World


def live_through(world: World, lists: Lists, replicates: int, skipped: Collection[int] = ()) -> Run:
    """A run lived to its end; doors `skipped` are not asked for."""
    run = Run(world, lists, replicates, skipped)
    run.live(take_over)
    return run
