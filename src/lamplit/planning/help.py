"""The smallest help with which the deadline holds, found by trying.

Three levers: more people, longer hours for everybody, doors left for later. What to try first is
estimated from what is still owed at the deadline in the unlucky tenth of the replicates. Where that
is not enough, the most that can be asked for is tried, and nothing more if that is not either
(neither people nor hours where time alone forbids it: `ceiling`); else the search goes up or down
and halves. Every amount that was tried is told with its chance. A try shares the doors out
anew the quick way (without the search) and lives the lists through with the same luck as the plan,
so that the chances can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from lamplit.planning.lists import Lists, make_lists
from lamplit.planning.live import live_through
from lamplit.planning.model import DAY, Forecast, Help, Lever, Person, Span, Step, Why
from lamplit.planning.progress import Report, Stage, silent, within
from lamplit.planning.risk import Run
from lamplit.planning.world import World, clipped

_REPLICATES = 80
_TRIES = 5
_HALF_HOUR = 30.0
_WORKDAY = ((9 * 60.0, 12 * 60.0), (14 * 60.0, 18 * 60.0))


def seek_help(world: World, lists: Lists, run: Run, report: Report = silent) -> tuple[Help, ...]:
    """One answer for each lever, the cheapest that is enough first, doors left last."""
    owed = run.owed()
    short = float(np.quantile(owed, 0.9)) * 1.1
    replicates = min(_REPLICATES, world.request.options.replicates)
    told = within(report, Stage.HELPING)
    told(0.0)
    people = _people(world, run, short, replicates)
    told(0.5)
    hours = _hours(world, lists, short, replicates)
    told(0.9)
    found = [people, hours, _leave(world, lists, run, short, replicates)]
    return tuple(sorted(found, key=lambda h: (h.enough is None, h.lever is Lever.LEAVE, h.costs)))


@dataclass
class _Search:
    """The smallest whole amount up to `most` whose chance reaches the target."""

    tries: Callable[[int], Forecast]
    most: int
    target: float

    def run(self, guess: int) -> tuple[dict[int, Forecast], int | None]:
        """All that was tried, and the smallest amount that is enough."""
        tried: dict[int, Forecast] = {}
        low, high, at = 0, 0, max(1, min(self.most, guess))
        while self.most > 0 and len(tried) < _TRIES:
            tried[at] = self.tries(at)
            if tried[at].holds.value >= self.target:
                high = at
            else:
                low = at
            if low >= self.most or (high and high - low <= max(1, high // 6)):
                break
            at = self._next(low, high)
        return tried, high or None

    def _next(self, low: int, high: int) -> int:
        """What to try after `low` was too little, `high` enough (0: nothing was yet)."""
        if not low:
            return max(1, high * 2 // 3) if high > 2 else high - 1
        if not high:
            return self.most
        return max(low + 1, min((low + high) // 2, ceil(low * 1.7)))


def _people(world: World, run: Run, short: float, replicates: int) -> Help:
    like = _typical(world, run)
    each = sum(s.end - s.start for s in like.spans)
    target = world.request.options.target

    def with_more(count: int) -> Forecast:
        more = tuple(replace(like, id=f"{like.id}-{i + 1}") for i in range(count))
        request = replace(world.request, people=(*world.request.people, *more))
        return _tried_with(World.of(request), replicates)

    most = max(10, 2 * len(world.request.people)) if each else 0
    if ceiling(world, (*world.spans, like.spans)) < target:
        most = 0
    guess = ceil(short / (each * like.turns_up)) if each else 1
    tried, enough = _Search(with_more, most, target).run(guess)
    return Help(
        Lever.PEOPLE,
        _steps(tried),
        None if enough is None else float(enough),
        like=like,
        costs=(enough or 0) * each,
    )


def _hours(world: World, lists: Lists, short: float, replicates: int) -> Help:
    options = world.request.options

    def longer(halves: int) -> tuple[Person, ...]:
        return tuple(
            replace(p, spans=lengthened(p.spans, halves * _HALF_HOUR, options.latest))
            for p in world.request.people
        )

    def gained(halves: int) -> float:
        request = replace(world.request, people=longer(halves))
        return float(World.of(request).capacity().sum() - world.capacity().sum())

    def with_longer(halves: int) -> Forecast:
        return _tried_with(World.of(replace(world.request, people=longer(halves))), replicates)

    most = int(options.longest_extra_hours * 2)
    while most and gained(most) <= gained(most - 1):
        most -= 1
    if Why.NOBODY_ABLE in lists.left.values():
        most = 0
    if ceiling(world, [p.spans for p in longer(most)]) < options.target:
        most = 0
    guess = next((h for h in range(1, most + 1) if gained(h) >= short), most)
    tried, enough = _Search(with_longer, most, options.target).run(guess)
    steps = _steps(tried, unit=0.5)
    costs = gained(enough) if enough else 0.0
    return Help(Lever.HOURS, steps, None if enough is None else enough / 2, costs=costs)


def _leave(world: World, lists: Lists, run: Run, short: float, replicates: int) -> Help:
    """Doors nobody can do first, then those of the last rank, the likeliest to stay open first; no
    more than every second: a campaign that leaves more is another campaign.
    """
    still = (~run.state.closed).mean(axis=1)
    order = sorted(
        range(len(world.rank)),
        key=lambda d: (not run.hopeless[d], -int(world.rank[d]), -float(still[d]), -d),
    )

    def without(count: int) -> Forecast:
        return live_through(world, lists, replicates, order[:count]).forecast()

    each = float(world.load.mean()) + 2.0 if len(world.load) else 1.0
    guess = int(run.hopeless.sum()) + ceil(short / each)
    target = world.request.options.target
    most = max(int(run.hopeless.sum()), len(order) // 2)
    tried, enough = _Search(without, most, target).run(guess)
    leave = tuple(world.request.doors[d].id for d in order[: enough or 0])
    amount = None if enough is None else float(enough)
    return Help(Lever.LEAVE, _steps(tried), amount, leave=leave)


def lengthened(spans: tuple[Span, ...], more: float, latest: float) -> tuple[Span, ...]:
    """The last span of each day `more` minutes longer, though not beyond `latest` of that day."""
    last = {int(s.start // DAY): s for s in spans}
    found = []
    for span in spans:
        day = int(span.start // DAY)
        end = max(span.end, min(span.end + more, day * DAY + latest))
        found.append(Span(span.start, end) if last[day] is span else span)
    return tuple(found)


def ceiling(world: World, spans: Iterable[Iterable[Span]]) -> float:
    """A probability of every door being done that no number of people in these hours can exceed.

    For a door where nobody opens enough attempts must lie their gap apart within somebody's hours;
    where they can't, it is done only if somebody opens.
    """
    request = world.request
    hours = sorted(s for some in spans for s in clipped(some, request.now, request.deadline))
    room = {gap: _room(hours, gap) for gap in np.unique(world.gap).tolist()}
    times = np.array([room[gap] for gap in world.gap.tolist()], dtype=float)
    opens = 1 - (1 - world.chance.max(axis=1, initial=0.0)) ** times
    return float(np.where(world.visits <= times, 1.0, opens).prod())


def _room(hours: Sequence[Span], gap: float) -> float:
    """How many attempts a `gap` apart fit into some hours (by their start)."""
    if gap <= 0:
        return float("inf") if hours else 0.0
    count, soonest = 0, -float("inf")
    for span in hours:
        while max(span.start, soonest) <= span.end:
            count += 1
            soonest = max(span.start, soonest) + gap
    return float(count)


def _typical(world: World, run: Run) -> Person:
    """A neighbour with the commonest hours, and the language or skill that doors lack most."""
    request = world.request
    common = Counter(p.spans for p, left in zip(request.people, world.spans, strict=True) if left)
    if common:
        spans = min(common, key=lambda s: (-common[s], s))
    else:
        days = range(int(request.now // DAY), int(request.deadline // DAY) + 1)
        spans = tuple(Span(d * DAY + a, d * DAY + b) for d in days for a, b in _WORKDAY)
    still = (~run.state.closed).mean(axis=1) * world.load
    languages, skills = set[str](), set[str]()
    for need in range(1, world.able.shape[1]):
        mine = world.need == need
        if run.hopeless[mine].any() or still[mine].sum() > 0.3 * still.sum() > 0:
            door = request.doors[int(np.flatnonzero(mine)[0])]
            languages |= set() if languages & door.languages else {*sorted(door.languages)[:1]}
            skills |= door.skills
    taken = {p.id for p in request.people}
    name = next(n for n in ("more", "more+", *(f"more{i}" for i in range(99))) if n not in taken)
    return Person(id=name, spans=spans, skills=frozenset(skills), languages=frozenset(languages))


def _tried_with(world: World, replicates: int) -> Forecast:
    return live_through(world, make_lists(world, 0.0), replicates).forecast()


def _steps(tried: dict[int, Forecast], unit: float = 1.0) -> tuple[Step, ...]:
    return tuple(
        Step(amount * unit, one.holds, one.done.mean) for amount, one in sorted(tried.items())
    )
