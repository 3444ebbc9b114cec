"""Sharing out made better: for all at once, then a neighbourhood at a time.

The first share is annealed (`lamplit.planning.anneal`); large neighbourhood search follows. In each
round two neighbourhoods that have nobody in common, each of somebody who finishes late and the few
people nearest to them, are shared anew by CP-SAT at once, on a core each. What comes back is walked
for real; it is kept if those people finish sooner, or at the same time with less
work. What the walk took beyond the model is added to the model next time. Method: P. Shaw, CP-98,
417-431; the solver's part is `lamplit.planning.allocate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from lamplit.planning.allocate import SPILL, Room, Sharing, share_again
from lamplit.planning.anneal import Annealing
from lamplit.planning.bound import finish_of
from lamplit.planning.schedule import Scheduled
from lamplit.planning.split import share_out
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

TOGETHER = 3
"""People in a neighbourhood."""
SHARE = 0.05
"""Deterministic seconds of the solver for one neighbourhood."""
HEATS = (1.2, 0.8, 0.8)
"""Where each annealing begins, in minutes; the later ones know what walking took beyond it."""
TRIES = 100_000
"""Tries of one annealing for each second; fewer where there are few pieces or people."""
ANNEALED = 0.7
"""How far one is when annealing is through."""
SOLVED = 1 / 3
"""The solver's part of the time, after annealing."""

_LEEWAY = 1.003
_SPARE = 3.0

Walks = Callable[[int, Sequence[int]], Scheduled]


@dataclass
class _State:
    """Who holds which pieces, what that takes when walked, and how late it makes them."""

    sharing: Sharing
    held: list[list[int]]
    walked: list[Scheduled]
    took: Floats

    @property
    def world(self) -> World:
        return self.sharing.world


def improve(
    world: World,
    sharing: Sharing,
    walk: Walks,
    quota: Floats,
    *,
    shares: int,
    seconds: float,
    report: Callable[[float], None],
) -> list[Scheduled]:
    """Everybody's walked list, after `shares` first shares and `seconds` of the solver's time.

    `walk(person, doors)` orders and walks one list; `quota` is what the first share goes by.
    """
    state = _first(world, sharing, walk, quota)
    for _ in range(shares - 1):
        # Those who came out late are given less, those who came out early more.
        aim = np.array([room.minutes for room in _aim(state)])
        wanted = quota + 0.8 * (aim - state.took)
        quota = np.where(world.capacity() > 0, np.maximum(1.0, wanted), 0.0)
        tried = _first(world, sharing, walk, quota)
        if _all_worth(tried) < _all_worth(state):
            state = tried
        else:
            quota = (quota + aim) / 2
    active = [p for p in range(len(state.held)) if world.spans[p]]
    if seconds > 0 and len(active) > 1 and sharing.pieces:
        state = _annealed(state, len(active), walk, seconds, report)
    rounds = int(np.ceil(seconds * SOLVED / (2 * SHARE))) if len(active) > 1 else 0
    rng = np.random.default_rng(world.request.options.seed)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for turn in range(rounds):
            report(ANNEALED + (1 - ANNEALED) * turn / rounds)
            _round(state, active, walk, rng, pool)
    return state.walked


def _first(world: World, sharing: Sharing, walk: Walks, quota: Floats) -> _State:
    """The stretches of the tour in proportion to `quota`, walked."""
    held: list[list[int]] = [[] for _ in world.spans]
    for at, person in enumerate(share_out(world, sharing.pieces, quota)):
        held[person].append(at)
    return _walked(sharing, held, walk)


def _walked(sharing: Sharing, held: list[list[int]], walk: Walks) -> _State:
    walked = [walk(p, _doors(sharing, pieces)) for p, pieces in enumerate(held)]
    took = np.array([w.worked(sharing.world, p) for p, w in enumerate(walked)], dtype=float)
    return _State(sharing, held, walked, took)


def _all_worth(state: _State) -> float:
    return _worth(dict(enumerate(map(float, state.took))), _aim(state))


def _annealed(
    state: _State, people: int, walk: Walks, seconds: float, report: Callable[[float], None]
) -> _State:
    """What annealing makes of the first share, if that takes less work when walked."""
    rng = np.random.default_rng(state.world.request.options.seed)
    pieces = len(state.sharing.pieces)
    tries = min(int(seconds * TRIES), pieces * (50 + 4 * people))
    last = state
    for turn, hot in enumerate(HEATS):
        report(ANNEALED * turn / len(HEATS))
        tried = Annealing.of(state.sharing, last.held)
        # What the walk took beyond the model stays with the person.
        extra = last.took - np.array(tried.load)
        tried.run(partial(_shares, state.world, extra), tries, hot, rng)
        last = _walked(state.sharing, tried.held(), walk)
        if last.took.sum() < state.took.sum():
            state = last
    return state


def _shares(world: World, extra: Floats, load: Floats) -> Floats:
    """What of everybody's working time until all is done is left for the model's minutes."""
    rooms = _aims(world, load + extra)
    return np.array([room.minutes for room in rooms]) - extra


def _round(
    state: _State,
    active: Sequence[int],
    walk: Walks,
    rng: np.random.Generator,
    pool: ThreadPoolExecutor,
) -> None:
    aim = _aim(state)
    groups = _neighbourhoods(state, active, aim, rng)
    jobs = []
    for group in groups:
        held = {p: state.held[p] for p in group}
        extra = {p: float(state.took[p]) - state.sharing.load(held[p]) for p in group}
        room = {
            p: Room(aim[p].minutes - (extra[p] if held[p] else 0.0), aim[p].at_work) for p in group
        }
        jobs.append(pool.submit(share_again, state.sharing, held, room, SHARE))
    for group, job in zip(groups, jobs, strict=True):
        found = job.result()
        if found is not None:
            _accept_if_better(state, group, found, aim, walk)


def _aim(state: _State) -> list[Room]:
    """Everybody's working time until the time in which the work at hand would just be done.

    Whoever is off at that time aims a little lower: one door too many would make them finish only
    in their next span.
    """
    return _aims(state.world, state.took)


def _aims(world: World, took: Floats) -> list[Room]:
    everyone = np.ones(len(world.pace), dtype=bool)
    finish = finish_of(world, float(took.sum()) * _LEEWAY, everyone)
    end = world.request.deadline if finish is None else finish
    found = []
    for spans, minutes in zip(world.spans, world.capacity(end), strict=True):
        at_work = any(s.start < end < s.end for s in spans)
        found.append(Room(float(minutes) - (0.0 if at_work else _SPARE), at_work))
    return found


def _neighbourhoods(
    state: _State, active: Sequence[int], aim: Sequence[Room], rng: np.random.Generator
) -> list[list[int]]:
    """Two groups around people who are late (drawn, the latest most often), without overlap."""
    groups: list[list[int]] = []
    free = list(active)
    over = np.array(
        [
            max(0.0, took - room.minutes) * (1 if room.at_work else SPILL) + (took - room.minutes)
            for took, room in zip(state.took, aim, strict=True)
        ]
    )
    while len(free) >= 2 and len(groups) < 2:
        late = np.argsort(-over[free], kind="stable")
        seed = free[int(late[int(len(free) * rng.random() ** 3)])]
        near = sorted(
            (p for p in free if p != seed), key=lambda p: (_apart(state, seed, p, rng), p)
        )
        group = sorted([seed, *near[: TOGETHER - 1]])
        if any(state.held[p] for p in group):
            groups.append(group)
        free = [p for p in free if p not in group]
    return groups


def _apart(state: _State, one: int, other: int, rng: np.random.Generator) -> float:
    """How far two people's pieces lie apart, less for stairwells they share, with some chance."""
    pieces, world = state.sharing.pieces, state.world
    mine = {pieces[at].building for at in state.held[one]} or {int(world.home[one])}
    theirs = {pieces[at].building for at in state.held[other]} or {int(world.home[other])}
    if -1 in mine or -1 in theirs:
        return float(rng.random() * 10)
    a, b = np.asarray(sorted(mine)), np.asarray(sorted(theirs))
    apart = float(world.ways.walk[np.ix_(a, b)].min(axis=0).mean())
    units = {pieces[at].unit for at in state.held[one]}
    shared = len(units & {pieces[at].unit for at in state.held[other]})
    return (apart - shared) * float(0.6 + 0.8 * rng.random())


def _accept_if_better(
    state: _State,
    group: Sequence[int],
    found: dict[int, list[int]],
    aim: Sequence[Room],
    walk: Walks,
) -> None:
    world = state.world
    changed = [p for p in group if sorted(found[p]) != sorted(state.held[p])]
    if not changed:
        return
    walked = {p: walk(p, _doors(state.sharing, found[p])) for p in changed}
    took = {p: w.worked(world, p) for p, w in walked.items()}
    new = {p: took.get(p, float(state.took[p])) for p in group}
    if _worth(new, aim) < _worth({p: float(state.took[p]) for p in group}, aim) - 0.01:
        for p in changed:
            state.held[p], state.walked[p], state.took[p] = found[p], walked[p], took[p]


def _worth(took: dict[int, float], aim: Sequence[Room]) -> float:
    """What the solver minimises, of what was walked, with a touch of every excess."""
    over = {p: minutes - aim[p].minutes for p, minutes in took.items()}
    latest = max((o for p, o in over.items() if aim[p].at_work), default=0.0)
    spilt = sum(max(0.0, o) for p, o in over.items() if not aim[p].at_work)
    excess = sum(max(0.0, o) for o in over.values())
    return len(took) * latest + SPILL * spilt + sum(took.values()) + 0.5 * excess


def _doors(sharing: Sharing, held: Sequence[int]) -> list[int]:
    return [d for at in held for d in sharing.pieces[at].doors]
