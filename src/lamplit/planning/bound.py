"""A lower bound on the team's work, and so on the finish, that holds for any plan.

Every plan has to spend, whoever does it and in whatever order:

* at each door the expected minutes of its first attempt and its returns, in the part of the day
  that makes them least, and the last steps to it; no more first attempts than there is working time
  fall in one part, and returns come last in their span (a Lagrangian relaxation: whatever price is
  put on a part's minutes, the least priced sum less the price of that part's time is a bound;
  `_Room` says which minutes);
* for each stairwell one entrance, the way up to its furthest floor and, but for the last stairwell
  of each span, the way down;
* a stairwell with more minutes at its doors than the longest span holds is entered again, as often
  as that takes: each time the entrance and the shortest way to it;
* the walked ways join every stairwell to somebody's home, so they are no shorter than a minimum
  spanning tree of the stairwells with all homes as one root (Prim). The tree takes one way to each
  stairwell, so the ways to those entered again come on top. Whoever has no home starts anywhere:
  for each of their spans the longest way is given away.

The earliest finish is when the team's working time so far, at its paces, covers that; for the doors
that ask for a language or skill, when the working time of those able covers their part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lamplit.planning.model import DAY, Span
from lamplit.planning.schedule import CARRY
from lamplit.planning.travel import Floats, Ints
from lamplit.planning.world import World

_PRICES = (0.02, 0.05, 0.08, 0.11, 0.15, 0.2, 0.3, 0.5)
_LATE = (0.03, 0.06, 0.1, 0.15)
"""Prices of a part's minutes in spans that reach into it for a short while."""
_SHORT = 0.5
"""The greatest `_Room.ratio` at which a span counts as one of those."""
_HALVINGS = 24


def least_work(world: World, doors: Sequence[int] | Ints) -> float:
    """Standard minutes that any plan for `doors` spends."""
    at = np.asarray(doors, dtype=np.int64)
    if not len(at):
        return 0.0
    return _at_doors(world, at) + _climbs(world, at) + _walks(world, at)


def earliest_finish(world: World, doors: Sequence[int]) -> tuple[float, float] | None:
    """(minute, team's working minutes until then) before which no plan does all `doors`.

    None where the time until the deadline is not enough.
    """
    at = np.asarray(doors, dtype=np.int64)
    everyone = np.ones(len(world.pace), dtype=bool)
    least = finish_of(world, least_work(world, at), everyone)
    finish = _in_time(world, at, least) if len(at) else least
    for need in np.unique(world.need[at]):
        if need:
            some = at[world.need[at] == need]
            found = finish_of(world, _at_doors(world, some), world.able[:, need])
            finish = None if finish is None or found is None else max(finish, found)
    if finish is None:
        return None
    return finish, float(world.capacity(finish).sum())


def _in_time(world: World, at: Ints, finish: float | None) -> float | None:
    """The earliest finish, given that each part of the day has only so much working time.

    The later the finish, the more time has each part and the less must be worked: the first minute
    at which both agree is found by halving.
    """
    if finish is None or len(world.request.parts) == 1:
        return finish
    low, high, rest = finish, world.request.deadline, _climbs(world, at) + _walks(world, at)

    def enough(minute: float) -> bool:
        work = _at_doors_by(world, at, minute, rest)
        return float(world.capacity(minute).sum()) >= work - 1e-6

    if enough(low):
        return finish
    if not enough(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    # Of the last two the one at which it may not be enough: never later than the truth.
    return low


def _at_doors_by(world: World, at: Ints, finish: float, ways: float) -> float:
    """Least minutes at doors and under way for a plan that finishes by then: the best price's.

    `ways` are the least minutes under way.
    """
    step = world.request.walking.next_door
    served, returns = world.served[at], world.returns[at]
    both = served + returns
    best = float(both.min(axis=1).sum()) + ways
    for part in range(served.shape[1]):
        room = _Room.of(world, part, finish, float(served[:, part].max()))
        inner, serves = both[:, part] + step, served[:, part]
        # Minutes in whole spans weigh as much as first attempts alone do elsewhere.
        dearer = float(inner.sum()) / max(1e-9, float(serves.sum()))
        tried, back = served[:, part - 1] + step, returns[:, part - 1]
        for late in _LATE if room.ratio else (0.0,):
            cheaper = room.ratio * late
            priced = both.copy()
            if late:
                begun = (1 - cheaper) * tried + (1 + late) * back - step
                priced[:, part - 1] = np.minimum(both[:, part - 1], begun)
            for price in _PRICES:
                more = np.full(len(at), np.inf)
                if room.whole > 0:
                    more = np.minimum(more, price * inner)
                if room.begun > 0:
                    more = np.minimum(more, price * dearer * serves)
                if room.ratio:
                    more = np.minimum(more, late * inner)
                priced[:, part] = both[:, part] + more
                found = float(priced.min(axis=1).sum()) + (1 - cheaper) * ways
                best = max(best, found - price * (room.whole + dearer * room.begun))
    return best + len(at) * step


@dataclass
class _Room:
    """What time there is in one part of the day until a finish, in standard minutes.

    `whole`: of spans that lie within the part, in which first attempts and their returns (but for
    what is carried on) have to fit. `begun`: of other spans, for first attempts alone; one that
    begins just before the part's end may go on after it. Left out of these are spans that reach
    from the part before into this one for a short while only, because returns come last in a span:
    let t of their time be before and u in the part, then whoever tries a door in the part has all
    the span's returns but `CARRY` after that. With the minutes before at 1 - x and those after at
    1 + y they hold no more than at 1 each, if x t >= y (u + CARRY); `ratio` is the greatest x / y.
    """

    whole: float = 0.0
    begun: float = 0.0
    ratio: float = 0.0

    @classmethod
    def of(cls, world: World, part: int, finish: float, longest: float) -> _Room:
        """The room of all spans; `longest` is the longest first attempt."""
        found = cls()
        for spans, pace in zip(world.spans, world.pace, strict=True):
            before = [s for s in spans if s.start < finish]
            for span, after in zip(before, [*before[1:], None], strict=False):
                until = Span(span.start, min(span.end, finish))
                found._add(world, part, until, after, float(pace), longest)
        return found

    def _add(
        self, world: World, part: int, span: Span, after: Span | None, pace: float, longest: float
    ) -> None:
        first, last = _parts_of(world, span)
        days = range(int(span.start // DAY), int(span.end // DAY) + 1)
        begin, end = _edges(world, part)
        if first == last == part:
            carried = after is not None and _parts_of(world, after) != (part, part)
            self.whole += (span.end - span.start + (CARRY if carried else 0.0)) / pace
            return
        if last == part and first == part - 1 >= 0:
            turn = days[0] * DAY + begin
            ratio = (span.end - turn + CARRY) / (turn - span.start)
            if ratio <= _SHORT:
                self.ratio = max(self.ratio, ratio)
                return
        for day in days:
            inside = min(span.end, day * DAY + end) - max(span.start, day * DAY + begin)
            if inside > 0:
                over = longest if span.end > day * DAY + end else 0.0
                self.begun += inside / pace + over


def _edges(world: World, part: int) -> tuple[float, float]:
    """Minutes of the day at which a part begins and ends."""
    parts = world.request.parts
    end = parts[part + 1] if part + 1 < len(parts) else DAY
    return (0.0 if part == 0 else parts[part]), end


def _parts_of(world: World, span: Span) -> tuple[int, int]:
    """The first and last part of the day that a span touches; (-1, -1) over midnight."""
    day = span.start // DAY
    if span.end > (day + 1) * DAY:
        return -1, -1
    first = world.part(span.start)
    last = max(
        part
        for part in range(first, len(world.request.parts))
        if part == first or day * DAY + _edges(world, part)[0] < span.end
    )
    return first, last


def finish_of(world: World, work: float, who: NDArray[np.bool_]) -> float | None:
    """When the people of the mask have worked `work` standard minutes; None if not in time."""
    rates: dict[float, float] = {}
    for spans, pace, counts in zip(world.spans, world.pace, who, strict=True):
        for span in spans if counts else ():
            rates[span.start] = rates.get(span.start, 0.0) + 1 / pace
            rates[span.end] = rates.get(span.end, 0.0) - 1 / pace
    done, rate, before = 0.0, 0.0, world.request.now
    if work <= 0:
        return before
    for minute in sorted(rates):
        gained = rate * (minute - before)
        if done + gained >= work - 1e-9 and rate > 1e-12:
            return before + (work - done) / rate
        done, before, rate = done + gained, minute, rate + rates[minute]
    return None


def _at_doors(world: World, at: Ints) -> float:
    least = (world.served + world.returns)[at].min(axis=1)
    return float(least.sum()) + len(at) * world.request.walking.next_door


def _climbs(world: World, at: Ints) -> float:
    """Entrances, and the ways between floors, of every stairwell."""
    floors: dict[int, set[int]] = {}
    for door in at:
        floors.setdefault(int(world.unit[door]), set()).add(int(world.floor[door]))
    _, first = np.unique(world.unit[at], return_index=True)
    there, back, entrances = [], [], 0.0
    for door, more in zip(at[first], _entered_again(world, at), strict=True):
        building = int(world.building[door])
        away, whole = _stairwell(world, building, floors[int(world.unit[door])])
        there.append(away)
        back.append(whole - away)
        entrances += float(world.ways.entrance[building]) * (1 + int(more))
    spans = sum(len(s) for s in world.spans)
    kept = sorted(back)[: max(0, len(back) - spans)]
    return sum(there) + sum(kept) + entrances


def _entered_again(world: World, at: Ints) -> Ints:
    """How often more than once each stairwell is entered at least, in the order of its number.

    A visit's first attempts and returns fit its span, but for the `CARRY` left for the next one.
    """
    _, number = np.unique(world.unit[at], return_inverse=True)
    least = (world.served + world.returns)[at].min(axis=1) + world.request.walking.next_door
    minutes = np.bincount(number, weights=least)
    longest = max(
        (
            (s.end - s.start + CARRY) / float(pace)
            for spans, pace in zip(world.spans, world.pace, strict=True)
            for s in spans
        ),
        default=np.inf,
    )
    found: Ints = np.maximum(0, np.ceil(minutes / longest - 1e-9) - 1).astype(np.int64)
    return found


def _stairwell(world: World, building: int, floors: set[int]) -> tuple[float, float]:
    """Least minutes to see every floor of a stairwell, without and with the way out.

    Each floor is come to at least once, from above or from below. If u are come to from below, the
    ways up take u times the least way up, and no less than the way to the top; the others take the
    least way down each. (Below the ground only the way to the furthest counts.)
    """
    ways = world.ways
    far = max(ways.climb(building, 1, f) for f in floors)
    out = max(ways.climb(building, 1, f) + ways.climb(building, f, 1) for f in floors)
    upper = sorted(f for f in floors if f > 1)
    if not upper:
        return far, out
    gap = min(b - a for a, b in zip([1, *upper], upper, strict=False))
    up, down = ways.climb(building, 1, 1 + gap), ways.climb(building, 1 + gap, 1)
    top = ways.climb(building, 1, upper[-1])
    count = len(upper)
    away = min(max(top, u * up) + (count - u) * down for u in range(1, count + 1))
    # On the way out the ground is one floor more that is come to from above.
    whole = min(max(top, u * up) + (count + 1 - u) * down for u in range(1, count + 1))
    return max(far, away), max(out, whole, far, away)


def _walks(world: World, at: Ints) -> float:
    _, first = np.unique(world.unit[at], return_index=True)
    places = world.building[at[first]]
    walk, next_unit = world.ways.walk, world.request.walking.next_unit
    homes = np.unique(world.home[world.home >= 0])

    def edges(start: int) -> Floats:
        return np.where(places == start, next_unit, walk[start, places])

    if len(homes):
        reach = np.where(
            np.isin(places, homes),
            np.minimum(next_unit, _nearest(walk, homes, places)),
            walk[homes][:, places].min(axis=0),
        )
        taken: list[float] = []
    else:
        reach, taken = edges(int(places[0])), [0.0]
    open_ = np.ones(len(places), dtype=bool)
    if not len(homes):
        open_[0] = False
    while open_.any():
        nearest = int(np.argmin(np.where(open_, reach, np.inf)))
        taken.append(float(reach[nearest]))
        open_[nearest] = False
        reach = np.minimum(reach, edges(int(places[nearest])))
    for place, more in zip(places, _entered_again(world, at), strict=True):
        taken += [_shortest(world, int(place), places, homes)] * int(more)
    free = sum(len(s) for s, h in zip(world.spans, world.home, strict=True) if h < 0)
    return float(np.sort(taken)[: max(0, len(taken) - free)].sum())


def _shortest(world: World, place: int, places: Ints, homes: Ints) -> float:
    """The shortest way to a stairwell of a building: from another there, a building or a home."""
    others = np.union1d(places, homes)
    others = others[others != place]
    ways = world.ways.walk[others, place]
    return float(min(world.request.walking.next_unit, ways.min(initial=np.inf)))


def _nearest(walk: Floats, homes: Ints, places: Ints) -> Floats:
    """The way to each place from the nearest home that is not in the same building."""
    ways = walk[homes][:, places].copy()
    ways[homes[:, None] == places[None, :]] = np.inf
    found: Floats = ways.min(axis=0)
    return found
