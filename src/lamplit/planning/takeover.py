"""At the end of a span whoever has time left takes over what neighbours were due to do.

The doors that are due and open stand in a row, stairwell by stairwell; the people with time left
stand in another, and take doors from the front until their time is up. Each pays a way to get
there, and half a visit for the door that does not fit any more; within the row the real ways
count. Doors with fixed times are not taken over. This is what a leader does by telephone at noon
and in the afternoon; a new plan for the next morning would do better.
"""

from __future__ import annotations

import numpy as np

from lamplit.planning.model import DAY
from lamplit.planning.risk import Bools, Run, ways_between
from lamplit.planning.travel import Floats, Ints


def take_over(run: Run, day: int, ends: Floats, last: bool) -> None:
    """Share open, due doors among those with time before `ends` (people), need by need; on the last
    day all that are open, and at its end (`last`) those just tried too.
    """
    world, state = run.world, run.state
    at_work = run.luck.present[:, day, :] & (ends > 0)[:, None]
    free = np.array([not d.windows for d in world.request.doors], dtype=bool)
    asked = (run.due_at < np.median(ends[ends > 0])) | (day == run.days - 1)
    for need in [*range(1, world.able.shape[1]), 0]:
        rows = np.flatnonzero((world.need == need) & asked & free & ~run.hopeless)
        rows = rows[(~state.closed[rows]).any(axis=1)]
        able = np.flatnonzero(world.able[:, need])
        if len(rows) and len(able):
            rows = rows[np.lexsort((-world.floor[rows], world.unit[rows], world.building[rows]))]
            _share(run, rows, able, at_work[able], ends[able], last=last)


def _share(run: Run, rows: Ints, able: Ints, at_work: Bools, ends: Floats, *, last: bool) -> None:
    """Doors `rows` to people `able`, in every replicate at once."""
    world, state = run.world, run.state
    spare = np.where(at_work, np.maximum(0.0, ends[:, None] - state.clock[able]), 0.0)
    if not spare.any():
        return
    middle = np.full((1, 1), float(np.median(ends[ends > 0])) - 30.0)
    part = np.broadcast_to(run.parts(middle), (len(rows), run.replicates))
    slot = (np.full(part.shape, middle[0, 0]) // DAY).astype(np.int16) * len(
        world.request.parts
    ) + part.astype(np.int16)
    wanted = ~state.closed[rows]
    wanted &= ends.max() >= state.last[rows] + world.gap[rows, None]
    if not last:
        wanted &= slot != state.slot[rows]
    opened, stay = run.outcome(rows, part, slot)
    work = np.where(wanted, stay + _ways(run, rows, wanted), 0.0)
    queue = work.cumsum(axis=0)
    pace = world.pace[able, None]
    offered = np.maximum(0.0, spare / pace - _overhead(run))
    filled = offered.cumsum(axis=0)
    made = wanted & (queue <= filled[-1])
    used = np.where(made, queue, 0.0).max(axis=0)
    taken = np.clip(used - (filled - offered), 0.0, offered)
    done = _when(run, able, queue, filled, offered)
    run.settle(rows, made, opened, slot, done)
    state.clock[able] += np.where(taken > 0, (taken + _overhead(run)) * pace, 0.0)


def _ways(run: Run, rows: Ints, wanted: Bools) -> Floats:
    """Minutes to each wanted door from the wanted one before it in the row."""
    world = run.world
    place = np.where(wanted, np.arange(len(rows))[:, None], -1)
    before = np.vstack([np.full((1, run.replicates), -1), np.maximum.accumulate(place)[:-1]])
    here = np.where(before >= 0, rows[before], -1)
    door = np.broadcast_to(rows[:, None], here.shape)
    # The first of the row is come to with the overhead.
    home = world.building[door]
    return ways_between(world, here, home, door)


def _overhead(run: Run) -> float:
    """Minutes to get to the doors of somebody else, and half a visit that does not fit."""
    world = run.world
    walks = float(world.ways.walk.mean())
    return walks + float(world.ways.entrance.mean()) + float(world.load.mean()) / 2


def _when(run: Run, able: Ints, queue: Floats, filled: Floats, offered: Floats) -> Floats:
    """When each door of the row is done: by whom it falls to, from when they are free."""
    clock, pace = run.state.clock[able], run.world.pace[able]
    done = np.empty_like(queue)
    for r in range(run.replicates):
        who = np.minimum(np.searchsorted(filled[:, r], queue[:, r]), len(able) - 1)
        since = queue[:, r] - (filled[who, r] - offered[who, r])
        done[:, r] = clock[who, r] + (since + _overhead(run)) * pace[who]
    return done
