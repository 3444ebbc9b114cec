"""A new plan after a change, with as few people disturbed as can be.

Whoever stays keeps their list, less what is done. What has nobody (the lists of those who dropped
out, new doors, doors that no longer fit) goes first to people who join, then to the fewest others:
those with the most time left, as many as it takes, and only more of them if the deadline would
otherwise not hold as surely as asked for. Nothing else changes hands. The preview says who is
affected and what moves from whom to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import planning as problems
from lamplit.planning.model import Building, Door, Person, Plan, Request
from lamplit.planning.standing import Standing, filled, walked
from lamplit.planning.world import World


@dataclass(frozen=True, slots=True)
class Change:
    """What happened since the plan was made; ids, but for what is new.

    `done` and `resolved` doors need nobody any more. `tried` counts attempts made at doors that
    stay open. A `new` door with the id of a planned one replaces it and stays with its person.
    """

    now: float
    done: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()
    tried: Mapping[str, int] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    joined: tuple[Person, ...] = ()
    new: tuple[Door, ...] = ()
    buildings: tuple[Building, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One door that changes hands; None is nobody."""

    door_id: str
    giver: str | None
    taker: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a re-plan does to people: told before it is put into force.

    `receivers` get doors they did not have, `lighter` only lose doors (done, resolved), `gone` are
    no longer there. Everybody else keeps their list as it is.
    """

    receivers: tuple[str, ...]
    lighter: tuple[str, ...]
    gone: tuple[str, ...]
    moves: tuple[Move, ...]

    @property
    def affected(self) -> int:
        """People who stay and whose list gets new doors."""
        return len(self.receivers)


@dataclass(frozen=True, slots=True)
class Replanned:
    """The new plan, and what it changes."""

    plan: Plan
    preview: Preview


def replan(plan: Plan, change: Change) -> Replanned:
    """The plan after `change`. Raises LamplitError (planning.*) for ids that nobody knows."""
    _check(plan, change)
    if _is_nothing(plan.request, change):
        return Replanned(plan, Preview((), (), (), ()))
    world = World.of(changed(plan.request, change))
    joined = frozenset(p.id for p in change.joined)
    kept, left = walked(world, Standing(plan.lists(), fresh=joined))
    new = replace(filled(world, kept, left, joined), done=plan.done | change.done)
    return Replanned(new, preview(plan, new, change))


def changed(request: Request, change: Change) -> Request:
    """The request as it stands after a change."""
    over = change.done | change.resolved
    news = {d.id: d for d in change.new}
    known = {d.id for d in request.doors}
    doors = [news.get(d.id, d) for d in request.doors if d.id not in over]
    doors += [d for d in change.new if d.id not in known and d.id not in over]
    people = [p for p in request.people if p.id not in change.dropped]
    return replace(
        request,
        doors=tuple(replace(d, tried=change.tried.get(d.id, d.tried)) for d in doors),
        people=(*people, *change.joined),
        buildings=(*request.buildings, *change.buildings),
        now=change.now,
    )


def preview(old: Plan, new: Plan, change: Change) -> Preview:
    """Who is affected by going from `old` to `new`, and what moves."""
    before, after = old.owner(), new.owner()
    over = change.done | change.resolved
    moves = [
        Move(door.id, before.get(door.id), after.get(door.id))
        for door in new.request.doors
        if before.get(door.id) != after.get(door.id)
    ]
    receivers = {m.taker for m in moves if m.taker is not None}
    losers = {m.giver for m in moves if m.giver is not None}
    losers |= {person for door, person in before.items() if door in over}
    return Preview(
        receivers=tuple(sorted(receivers)),
        lighter=tuple(sorted(losers - receivers - change.dropped)),
        gone=tuple(sorted(change.dropped)),
        moves=tuple(moves),
    )


def _is_nothing(request: Request, change: Change) -> bool:
    return change == Change(now=request.now)


def _check(plan: Plan, change: Change) -> None:
    people = {p.id for p in plan.request.people}
    doors = {d.id for d in plan.request.doors} | {d.id for d in change.new} | plan.done
    for what, asked, known in (
        ("person", change.dropped, people),
        ("door", change.done | change.resolved | frozenset(change.tried), doors),
    ):
        for one in sorted(asked - known):
            raise LamplitError(problems.UNKNOWN, where="change", what=what, id=one)
