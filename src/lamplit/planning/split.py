"""A first sharing-out: people in the order of their homes get stretches of one tour.

Route first, cluster second (J. E. Beasley, Omega 11 (1983) 403-408): neighbours on the tour stay
with one person, cuts fall where somebody's share is full. It is quick, and good enough to weigh
amounts of help by; `lamplit.planning.exchange` starts from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lamplit.planning.pieces import Piece
from lamplit.planning.tour import round_trip
from lamplit.planning.travel import Floats
from lamplit.planning.world import World

_HALVINGS = 14


def share_out(world: World, pieces: Sequence[Piece], quota: Floats) -> list[int]:
    """A person (index) for each piece, in proportion to `quota` (standard minutes, P).

    Every piece must have somebody able whose quota is above 0; quotas are exceeded alike when
    they are too small.
    """
    owner = [-1] * len(pieces)
    if not pieces:
        return owner
    order = _along_the_tour(world, pieces)
    used = np.zeros(len(quota))
    _whole_stairwells(world, pieces, order, quota, used, owner)
    for at in order:
        if owner[at] < 0 and (pieces[at].need or pieces[at].windows):
            person = _who_is_able(world, pieces[at], quota, used)
            owner[at] = person
            used[person] += pieces[at].load
    rest = [at for at in order if owner[at] < 0]
    queue = _people_along(world, [pieces[at].building for at in rest], quota)
    for at, person in zip(rest, _cut(world, pieces, rest, queue, quota, used), strict=True):
        owner[at] = person
    return owner


def _whole_stairwells(
    world: World,
    pieces: Sequence[Piece],
    order: Sequence[int],
    quota: Floats,
    used: Floats,
    owner: list[int],
) -> None:
    """Stairwells where somebody must go for a language or skill, whole to one who has it.

    Otherwise two people would enter them. Taken is the able person who lives or goes nearest, as
    long as their quota lasts; `used` and `owner` are filled in.
    """
    units: dict[int, list[int]] = {}
    for at in order:
        units.setdefault(pieces[at].unit, []).append(at)
    near = [world.ways.walk[h].copy() if h >= 0 else None for h in world.home]
    for members in units.values():
        if not any(pieces[at].need for at in members):
            continue
        load = sum(pieces[at].load for at in members)
        place = pieces[members[0]].building
        able = [
            p
            for p in range(len(quota))
            if used[p] + load * 1.1 <= quota[p] * 0.92
            and all(can_take(world, pieces[at], p) for at in members)
        ]
        if not able:
            continue
        person = min(able, key=lambda p: (_from(near[p], place), used[p] / quota[p], p))
        ways = world.ways.walk[place]
        mine = near[person]
        near[person] = ways.copy() if mine is None or used[person] == 0 else np.minimum(mine, ways)
        used[person] += load * 1.1
        for at in members:
            owner[at] = person


def _from(ways: Floats | None, place: int) -> float:
    return 0.0 if ways is None else float(ways[place])


def _along_the_tour(world: World, pieces: Sequence[Piece]) -> list[int]:
    tour = round_trip(world.ways.walk, sorted({p.building for p in pieces}))
    place = {building: i for i, building in enumerate(tour)}
    return sorted(range(len(pieces)), key=lambda i: (place[pieces[i].building], pieces[i].unit, i))


def can_take(world: World, piece: Piece, person: int) -> bool:
    """Whether somebody has what a piece asks for, and works within its fixed times."""
    door = world.request.doors[piece.doors[0]]
    return bool(world.able[person, piece.need]) and world.fits(person, door)


def able_for(world: World, person: int, doors: Sequence[int]) -> bool:
    """Whether somebody can take all of `doors` (indices)."""
    return all(
        bool(world.able[person, world.need[d]]) and world.fits(person, world.request.doors[d])
        for d in doors
    )


def _who_is_able(world: World, piece: Piece, quota: Floats, used: Floats) -> int:
    able = [p for p in range(len(quota)) if quota[p] > 0 and can_take(world, piece, p)]
    return min(able, key=lambda p: ((used[p] + piece.load) / quota[p], p))


def _people_along(world: World, places: Sequence[int], quota: Floats) -> list[int]:
    """People with time, by where on the tour of `places` their home is nearest."""
    people = [p for p in range(len(quota)) if quota[p] > 0]
    if not places:
        return people
    at = np.asarray(places, dtype=np.int64)
    spread = np.linspace(0, len(at) - 1, len(people))
    where: Mapping[int, float] = {
        p: float(np.argmin(world.ways.walk[world.home[p], at])) if world.home[p] >= 0 else even
        for p, even in zip(people, spread, strict=True)
    }
    return sorted(people, key=lambda p: (where[p], p))


def _cut(
    world: World,
    pieces: Sequence[Piece],
    rest: Sequence[int],
    queue: Sequence[int],
    quota: Floats,
    used: Floats,
) -> list[int]:
    """The least common excess (or slack) of quotas at which the stretches cover everything."""
    low, high = 0.0, 1.0
    while (found := _fill(world, pieces, rest, queue, quota * high - used)) is None:
        low, high = high, high * 1.5
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = _fill(world, pieces, rest, queue, quota * middle - used)
        if tried is None:
            low = middle
        else:
            high, found = middle, tried
    return found


def _fill(
    world: World,
    pieces: Sequence[Piece],
    rest: Sequence[int],
    queue: Sequence[int],
    room: Floats,
) -> list[int] | None:
    """Stretches in the order of `queue`, each within its `room`; None if pieces are left over."""
    found: list[int] = []
    turn, left, unit, building = 0, float(room[queue[0]]) if queue else 0.0, -1, -1
    for at in rest:
        piece = pieces[at]
        while True:
            if turn >= len(queue):
                return None
            way = 0.0
            if piece.unit != unit:
                top = int(world.floor[piece.doors[-1]])
                start = building if building >= 0 else int(world.home[queue[turn]])
                way = world.ways.enter(start, piece.building, top)
                way += world.ways.climb(piece.building, top, 1)
            if piece.load + way <= left:
                break
            turn += 1
            unit = building = -1
            left = float(room[queue[turn]]) if turn < len(queue) else 0.0
        left -= piece.load + way
        unit, building = piece.unit, piece.building
        found.append(queue[turn])
    return found
