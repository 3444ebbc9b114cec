"""Sharing out made better by the lists as they are walked.

The first share is made anew a few times, corrected by how long its lists take. Then stretches of
stairwells change hands (`lamplit.planning.exchange`): pieces of half an hour or so, and in the end
single doors, mostly of stairwells that several people enter, so that everybody is done at about the
same time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lamplit.planning.bound import finish_of
from lamplit.planning.exchange import Exchange
from lamplit.planning.pieces import Piece, cut
from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.split import share_out
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

HOT, MILD = 2.0, 0.6
"""Where annealing begins, in minutes: stretches, and single doors."""
EXCHANGES, LEVELLINGS = 110_000, 25_000
"""Tries of stretches that change hands for each second, and of single doors; fewer where there are
few pieces or people."""
STEEP, LEVEL, SHARP = 1 / 40, 1.0, 3.0
"""The price of the square of minutes over one's share: at first, then, and in the end."""
EXCHANGED = 0.8
"""How far one is when stretches have changed hands."""
SPILL = 20
"""What a minute over is worth for somebody who is off at the time aimed at."""

_LEEWAY, _TIGHT = 1.003, 1.0005
"""What is aimed at, as a share of the work at hand: at first, and where doors change hands."""
_SPARE, _LITTLE = 3.0, 2.0
"""Minutes left free by whoever is off at the time aimed at; the same."""

Walks = Callable[[int, Sequence[int]], Scheduled]


@dataclass(frozen=True, slots=True)
class Room:
    """The minutes that somebody has, and whether they are at work when they end."""

    minutes: float
    at_work: bool


@dataclass
class _State:
    """Who holds which pieces, what that takes when walked, and how late it makes them."""

    world: World
    pieces: Sequence[Piece]
    held: list[list[int]]
    walked: list[Scheduled]
    took: Floats


def improve(
    world: World,
    pieces: Sequence[Piece],
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
    state = _first(world, pieces, walk, quota)
    for _ in range(shares - 1):
        # Those who came out late are given less, those who came out early more.
        aim = _shares(world, state.took, _LEEWAY, _SPARE)
        wanted = quota + 0.8 * (aim - state.took)
        quota = np.where(world.capacity() > 0, np.maximum(1.0, wanted), 0.0)
        tried = _first(world, pieces, walk, quota)
        if _all_worth(tried) < _all_worth(state):
            state = tried
        else:
            quota = (quota + aim) / 2
    active = [p for p in range(len(state.held)) if world.spans[p]]
    if seconds > 0 and len(active) > 1 and pieces:
        rng = np.random.default_rng(world.request.options.seed)
        size = len(pieces) * max(170, 80 + 6 * len(active))
        tries = min(int(seconds * EXCHANGES), size)
        state = _exchanged(state, tries, rng, _between(report, 0.0, EXCHANGED))
        tries = min(int(seconds * LEVELLINGS), size)
        state = _levelled(state, tries, rng, _between(report, EXCHANGED, 1.0))
    report(1.0)
    return state.walked


def _first(world: World, pieces: Sequence[Piece], walk: Walks, quota: Floats) -> _State:
    """The stretches of the tour in proportion to `quota`, walked."""
    held: list[list[int]] = [[] for _ in world.spans]
    for at, person in enumerate(share_out(world, pieces, quota)):
        held[person].append(at)
    walked = [walk(p, _doors(pieces, mine)) for p, mine in enumerate(held)]
    took = np.array([w.worked(world, p) for p, w in enumerate(walked)], dtype=float)
    return _State(world, pieces, held, walked, took)


def _all_worth(state: _State) -> float:
    aim = _aims(state.world, state.took, _TIGHT, _LITTLE)
    return _worth(dict(enumerate(map(float, state.took))), aim)


def _shares(world: World, took: Floats, leeway: float, spare: float) -> Floats:
    """Everybody's working time until all is done."""
    return np.array([room.minutes for room in _aims(world, took, leeway, spare)])


def _exchanged(
    state: _State,
    tries: int,
    rng: np.random.Generator,
    report: Callable[[float], None],
    *,
    shared: bool = False,
) -> _State:
    """What exchanging stretches (or single doors) makes of lists, if they are the better for it."""
    world, pieces = state.world, state.pieces
    leeway, spare = (_TIGHT, _LITTLE) if shared else (_LEEWAY, _SPARE)
    found = Exchange(world, pieces, _in_order(state))
    found.run(
        partial(_shares, world, leeway=leeway, spare=spare),
        tries,
        MILD if shared else HOT,
        (LEVEL, SHARP) if shared else (STEEP, LEVEL),
        rng,
        shared=shared,
        firm=[shared and not room.at_work for room in _aims(world, state.took, leeway, spare)],
        report=report,
    )
    walked = [schedule(world, p, doors) for p, doors in enumerate(found.doors())]
    took = np.array([w.worked(world, p) for p, w in enumerate(walked)], dtype=float)
    held: list[list[int]] = [[] for _ in walked]
    for at, person in enumerate(found.owner):
        held[person].append(at)
    tried = _State(world, pieces, held, walked, took)
    return tried if _all_worth(tried) < _all_worth(state) else state


def _levelled(
    state: _State, tries: int, rng: np.random.Generator, report: Callable[[float], None]
) -> _State:
    """Single doors, mostly of shared stairwells, to whoever is done sooner."""
    pieces = cut(state.world, [d for piece in state.pieces for d in piece.doors], 0.01)
    at = {piece.doors[0]: i for i, piece in enumerate(pieces)}
    held = [[at[d] for d in _doors(state.pieces, mine)] for mine in state.held]
    doors = _State(state.world, pieces, held, state.walked, state.took)
    return _exchanged(doors, tries, rng, report, shared=True)


def _between(report: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    return lambda done: report(begin + (end - begin) * done)


def _in_order(state: _State) -> list[list[int]]:
    """Everybody's pieces in the order of their walked list."""
    found = []
    for held, walked in zip(state.held, state.walked, strict=True):
        row = [*walked.row, *walked.over, *walked.missed]
        place = {d: i for i, d in enumerate(row)}
        found.append(sorted(held, key=lambda at: place[state.pieces[at].doors[0]]))
    return found


def _aims(world: World, took: Floats, leeway: float, spare: float) -> list[Room]:
    """Everybody's working time until the time in which the work at hand would just be done.

    Whoever is off at that time aims a little lower (by `spare`): one door too many would make them
    finish only in their next span.
    """
    everyone = np.ones(len(world.pace), dtype=bool)
    finish = finish_of(world, float(took.sum()) * leeway, everyone)
    end = world.request.deadline if finish is None else finish
    found = []
    for spans, minutes in zip(world.spans, world.capacity(end), strict=True):
        at_work = any(s.start < end < s.end for s in spans)
        found.append(Room(float(minutes) - (0.0 if at_work else spare), at_work))
    return found


def _worth(took: dict[int, float], aim: Sequence[Room]) -> float:
    """The work, what the latest are late by for everybody, and a touch of every excess."""
    over = {p: minutes - aim[p].minutes for p, minutes in took.items()}
    latest = max((o for p, o in over.items() if aim[p].at_work), default=0.0)
    spilt = sum(max(0.0, o) for p, o in over.items() if not aim[p].at_work)
    excess = sum(max(0.0, o) for o in over.values())
    return len(took) * latest + SPILL * spilt + sum(took.values()) + 0.5 * excess


def _doors(pieces: Sequence[Piece], held: Sequence[int]) -> list[int]:
    return [d for at in held for d in pieces[at].doors]
