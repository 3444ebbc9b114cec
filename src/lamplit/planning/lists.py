"""From a request to everybody's lists: what is dropped, who gets what, in which order, when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lamplit.planning.bound import finish_of, least_work
from lamplit.planning.improve import improve
from lamplit.planning.model import Span, Why
from lamplit.planning.pieces import Piece, cut
from lamplit.planning.progress import Report, Stage, silent, within
from lamplit.planning.route import best_order, blocks_of, urgencies
from lamplit.planning.schedule import Scheduled, schedule
from lamplit.planning.split import can_take
from lamplit.planning.travel import Floats
from lamplit.planning.trim import insert, trim
from lamplit.planning.world import World

PIECES_EACH = 16
"""How many pieces an average list is cut into: finer balances better and costs time."""

TRIMS = 400
"""How many hand-overs from the latest list are tried at most."""
_TAKERS = 4
LEAST_SPAN = 10.0
"""Minutes left of a span that are worth going out for in the next round."""
SHARES = 6
"""How often the first share is made anew, corrected by how long the lists really take."""


@dataclass(frozen=True)
class Lists:
    """Everybody's walked list (P), and the doors on nobody's with the reason."""

    walked: tuple[Scheduled, ...]
    left: dict[int, Why]

    @property
    def doors(self) -> list[int]:
        """The doors on somebody's list."""
        return [d for s in self.walked for w in s.walks for d, _ in w.stops]

    @property
    def finish(self) -> float | None:
        """When the last listed door is done, in expectation."""
        ends = [s.finish for s in self.walked if s.finish is not None]
        return max(ends) if ends else None


def make_lists(world: World, seconds: float, report: Report = silent) -> Lists:
    """Lists for all doors of the world; with 0 seconds the quick way, without the search."""
    if len(np.unique(world.round)) > 1:
        return _in_rounds(world, seconds, report)
    return _one_round(world, seconds, report)


def _in_rounds(world: World, seconds: float, report: Report) -> Lists:
    """Round after round, each in the time that those before it leave; then walked as one list."""
    people, rows = world.request.people, [list[int]() for _ in world.spans]
    left: dict[int, Why] = {}
    before = 0.0
    for number in np.unique(world.round):
        mine = np.flatnonzero(world.round == number)
        doors = tuple(world.request.doors[int(d)] for d in mine)
        part = World.of(replace(world.request, doors=doors, people=people))
        share = len(mine) / len(world.round)
        found = _one_round(part, seconds * share, _share_of(report, before, share))
        before += share
        for row, one in zip(rows, found.walked, strict=True):
            row += [int(mine[d]) for d in one.row]
        left |= {int(mine[d]): why for d, why in found.left.items()}
        people = tuple(
            replace(person, spans=_free(spans, one))
            for person, spans, one in zip(people, part.spans, found.walked, strict=True)
        )
    walked = [schedule(world, person, row) for person, row in enumerate(rows)]
    settled = settle(world, walked, left)
    steps = TRIMS if seconds else 0
    return Lists(tuple(trim(world, settled.walked, steps, lambda done: None)), settled.left)


def _free(spans: Sequence[Span], taken: Scheduled) -> tuple[Span, ...]:
    """What a list leaves of somebody's spans."""
    ends = (walk.ends + walk.again for walk in taken.walks)
    free = (Span(max(s.start, end), s.end) for s, end in zip(spans, ends, strict=True))
    return tuple(s for s in free if s.end - s.start >= LEAST_SPAN)


def _share_of(report: Report, before: float, share: float) -> Report:
    return lambda done, stage: report(before + share * done, stage)


def _one_round(world: World, seconds: float, report: Report) -> Lists:
    """Lists for doors of one round."""
    left = unable(world)
    doors = _affordable(world, [d for d in range(len(world.rank)) if d not in left], left)
    pieces = cut(world, doors, _piece_minutes(world, doors))
    quota = _quota(world, doors)
    urgency = urgencies(world)

    def walk(person: int, held: Sequence[int]) -> Scheduled:
        return walk_list(world, person, held, urgency)

    walked = improve(
        world,
        pieces,
        walk,
        quota,
        shares=SHARES if seconds else 1,
        seconds=seconds,
        report=within(report, Stage.SHARING),
    )
    settled = settle(world, walked, left)
    steps = TRIMS if seconds else 0
    trimmed = trim(world, settled.walked, steps, within(report, Stage.TRIMMING))
    return Lists(tuple(trimmed), settled.left)


def unable(world: World) -> dict[int, Why]:
    """The doors that nobody can do however much time there is."""
    left: dict[int, Why] = {}
    someone = np.array([bool(s) for s in world.spans], dtype=bool)
    for need in np.unique(world.need):
        able = np.flatnonzero(world.able[:, need] & someone)
        for door in np.flatnonzero(world.need == need):
            asked = world.request.doors[int(door)]
            if not len(able):
                left[int(door)] = Why.NOBODY_ABLE if need else Why.NO_TIME
            elif asked.windows and not any(world.fits(int(p), asked) for p in able):
                left[int(door)] = Why.NO_WINDOW
    return left


def _affordable(world: World, doors: list[int], left: dict[int, Why]) -> list[int]:
    """The doors that the time allows, by rank; the others are left for want of it."""
    hours = float(world.capacity().sum())
    if not doors or least_work(world, doors) <= hours * 0.97:
        return doors
    ordered = sorted(doors, key=lambda d: (int(world.rank[d]), d))
    ways = least_work(world, doors) - float(world.load[doors].sum())
    each = world.load[ordered] + max(0.0, ways) / len(doors)
    fits = int(np.searchsorted(np.cumsum(each), hours))
    left.update(dict.fromkeys(ordered[fits:], Why.NO_TIME))
    return sorted(ordered[:fits])


def _piece_minutes(world: World, doors: Sequence[int]) -> float:
    people = max(1, sum(1 for s in world.spans if s))
    share = float(world.load[list(doors)].sum()) / people / PIECES_EACH
    return min(45.0, max(12.0, share))


def _quota(world: World, doors: Sequence[int]) -> Floats:
    """Everybody's working time until the least work is done: what loads are measured against."""
    everyone = np.ones(len(world.pace), dtype=bool)
    finish = finish_of(world, least_work(world, doors), everyone)
    found = world.capacity(finish)
    # Who starts only later keeps a sliver, so that somebody able is never shut out altogether.
    return np.where(world.capacity() > 0, np.maximum(found, 1.0), 0.0)


def walk_list(
    world: World, person: int, doors: Sequence[int], urgency: Sequence[float]
) -> Scheduled:
    """One person's doors, put in order round by round, and walked."""
    row = list[int]()
    for number in sorted({int(world.round[d]) for d in doors}):
        mine = [d for d in doors if world.round[d] == number]
        blocks = best_order(world, person, blocks_of(world, mine, urgency))
        row += [d for block in blocks for d in block.doors]
    return schedule(world, person, row)


def settle(
    world: World,
    walked: Sequence[Scheduled],
    left: dict[int, Why],
    homeless: Sequence[int] = (),
    prefer: Collection[int] = (),
) -> Lists:
    """Doors that found no place go to whoever has time left; what remains is said with why.

    Doors of `walked` that did not fit, `homeless` ones and those `left` for want of time are
    placed; people in `prefer` take them before others do.
    """
    missed = {d for s in walked for d in s.missed}
    found = [Scheduled(s.walks, (), ()) for s in walked]
    rest: dict[int, Why] = {d: why for d, why in left.items() if why is not Why.NO_TIME}
    doors = {d for s in walked for d in (*s.over, *s.missed)} | set(homeless)
    doors |= {d for d, why in left.items() if why is Why.NO_TIME}
    if not doors:
        return Lists(tuple(found), rest)
    hours = world.capacity()
    spare = {p: float(hours[p]) - s.worked(world, p) for p, s in enumerate(found)}
    pieces = cut(world, sorted(doors), _piece_minutes(world, sorted(doors)) / 2)
    pieces.sort(key=lambda piece: (min(int(world.rank[d]) for d in piece.doors), piece.doors))
    for piece in pieces:
        kept = list(piece.doors)
        for taker in _takers(world, piece, spare, prefer):
            grown = schedule(world, taker, insert(world, found[taker].row, kept))
            if not {*grown.over, *grown.missed} < set(kept):
                grown = schedule(world, taker, [*found[taker].row, *kept])
            lost = {*grown.over, *grown.missed}
            if lost < set(kept):
                found[taker] = Scheduled(grown.walks, (), ())
                spare[taker] = float(hours[taker]) - found[taker].worked(world, taker)
                kept = [d for d in kept if d in lost]
            if not kept:
                break
        rest.update({d: Why.NO_WINDOW if d in missed else Why.NO_TIME for d in kept})
    return Lists(tuple(found), rest)


def _takers(
    world: World, piece: Piece, spare: dict[int, float], prefer: Collection[int]
) -> list[int]:
    """The able with time left: a few of those preferred, then a few others, most time first."""
    able = [p for p, left in spare.items() if left > 2 and can_take(world, piece, p)]
    able.sort(key=lambda p: (-spare[p], p))
    first = [p for p in able if p in prefer][:_TAKERS]
    return first + [p for p in able if p not in prefer][:_TAKERS]
