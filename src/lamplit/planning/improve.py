"""Sharing out made better: by a model first, then by the lists as they are walked.

The first share is annealed (`lamplit.planning.anneal`), then stretches of stairwells change hands
as the walked rows say (`lamplit.planning.exchange`): pieces of half an hour or so, and in the end
single doors of stairwells that several people enter, so that everybody is done at about the same
time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lamplit.planning.anneal import Annealing
from lamplit.planning.bound import finish_of
from lamplit.planning.exchange import Exchange
from lamplit.planning.pieces import cut
from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.sharing import Sharing
from lamplit.planning.split import share_out
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

HOT = 1.2
"""Where annealing begins, in minutes."""
TRIES = 100_000
"""Tries of annealing for each second; fewer where there are few pieces or people."""
EXCHANGES, LEVELLINGS = 130_000, 10_000
"""Tries of stretches that change hands for each second, and of single doors."""
STEEP, LEVEL = 1 / 6, 1.0
"""The price of the square of minutes over one's share: at first, and in the end."""
ANNEALED, EXCHANGED = 0.2, 0.8
"""How far one is when annealing is through, and when stretches have changed hands."""
SPILL = 20
"""What a minute over is worth for somebody who is off at the time aimed at."""

_LEEWAY = 1.003
_SPARE = 3.0

Walks = Callable[[int, Sequence[int]], Scheduled]


@dataclass(frozen=True, slots=True)
class Room:
    """The minutes that somebody has, and whether they are at work when they end."""

    minutes: float
    at_work: bool


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
    """Everybody's walked list, after `shares` first shares and `seconds` of search.

    `walk(person, doors)` orders and walks one list; `quota` is what the first share goes by.
    """
    report(0.0)
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
        rng = np.random.default_rng(world.request.options.seed)
        size = len(sharing.pieces) * max(170, 50 + 4 * len(active))
        state = _annealed(state, min(int(seconds * TRIES), size), walk, rng)
        tries = min(int(seconds * EXCHANGES), size)
        state = _exchanged(state, tries, STEEP, rng, _between(report, ANNEALED, EXCHANGED))
        tries = min(int(seconds * LEVELLINGS), size)
        state = _levelled(state, tries, rng, _between(report, EXCHANGED, 1.0))
    report(1.0)
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


def _annealed(state: _State, tries: int, walk: Walks, rng: np.random.Generator) -> _State:
    """What annealing makes of the first share, if that takes less work when walked."""
    tried = Annealing.of(state.sharing, state.held)
    # What the walk took beyond the model stays with the person.
    extra = state.took - np.array(tried.load)
    tried.run(partial(_shares, state.world, extra), tries, HOT, rng)
    found = _walked(state.sharing, tried.held(), walk)
    return found if found.took.sum() < state.took.sum() else state


def _shares(world: World, extra: Floats, load: Floats) -> Floats:
    """What of everybody's working time until all is done is left for the model's minutes."""
    rooms = _aims(world, load + extra)
    return np.array([room.minutes for room in rooms]) - extra


def _exchanged(
    state: _State,
    tries: int,
    steep: float,
    rng: np.random.Generator,
    report: Callable[[float], None],
    *,
    shared: bool = False,
) -> _State:
    """What exchanging stretches makes of lists, if they are the better for it when walked."""
    found = Exchange(state.sharing, _in_order(state))
    shares = partial(_shares, state.world, np.zeros(len(state.held)))
    found.run(shares, tries, HOT, (steep, LEVEL), rng, shared=shared, report=report)
    walked = [schedule(state.world, p, doors) for p, doors in enumerate(found.doors())]
    took = np.array([w.worked(state.world, p) for p, w in enumerate(walked)], dtype=float)
    held: list[list[int]] = [[] for _ in walked]
    for at, person in enumerate(found.owner):
        held[person].append(at)
    tried = _State(state.sharing, held, walked, took)
    return tried if _all_worth(tried) < _all_worth(state) else state


def _levelled(
    state: _State, tries: int, rng: np.random.Generator, report: Callable[[float], None]
) -> _State:
    """Single doors of shared stairwells to whoever is done sooner."""
    pieces = cut(state.world, [d for piece in state.sharing.pieces for d in piece.doors], 0.01)
    at = {piece.doors[0]: i for i, piece in enumerate(pieces)}
    sharing = Sharing.of(state.world, pieces)
    held = [[at[d] for d in _doors(state.sharing, mine)] for mine in state.held]
    doors = _State(sharing, held, state.walked, state.took)
    return _exchanged(doors, tries, LEVEL, rng, report, shared=True)


def _between(report: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    return lambda done: report(begin + (end - begin) * done)


def _in_order(state: _State) -> list[list[int]]:
    """Everybody's pieces in the order of their walked list."""
    found = []
    for held, walked in zip(state.held, state.walked, strict=True):
        row = [*walked.row, *walked.over, *walked.missed]
        place = {d: i for i, d in enumerate(row)}
        found.append(sorted(held, key=lambda at: place[state.sharing.pieces[at].doors[0]]))
    return found


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


def _worth(took: dict[int, float], aim: Sequence[Room]) -> float:
    """The work, what the latest are late by for everybody, and a touch of every excess."""
    over = {p: minutes - aim[p].minutes for p, minutes in took.items()}
    latest = max((o for p, o in over.items() if aim[p].at_work), default=0.0)
    spilt = sum(max(0.0, o) for p, o in over.items() if not aim[p].at_work)
    excess = sum(max(0.0, o) for o in over.values())
    return len(took) * latest + SPILL * spilt + sum(took.values()) + 0.5 * excess


def _doors(sharing: Sharing, held: Sequence[int]) -> list[int]:
    return [d for at in held for d in sharing.pieces[at].doors]
