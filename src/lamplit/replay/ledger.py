"""What the robots did, in their own book; and what the store says of it, read apart.

The book is filled by the robots as they act and by nobody else. It holds their own reading of each
answer, so that a programme that reads an answer otherwise shows as a difference too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock

from lamplit.domain.field import Outcome
from lamplit.domain.language import Text


@dataclass(frozen=True, slots=True)
class Visit:
    """One filled form: whose, of which place, when it was made, and what it ought to mean.

    `findings` are codes; `moves` (item, quantity, kind of move) of stock.
    """

    instance_id: str
    programme: str
    person: str
    place: str
    minute: float
    outcome: str
    found: str
    findings: tuple[str, ...] = ()
    moves: tuple[tuple[str, int, str], ...] = ()
    task: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the audit: the robots' book on one side, the store on the other."""

    code: str
    says: Text
    robots: object
    store: object

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        return self.robots == self.store


@dataclass
class Ledger:
    """The robots' book; safe among threads."""

    visits: dict[str, Visit] = field(default_factory=dict)
    checkins: list[tuple[str, str, str, date]] = field(default_factory=list)
    """(person, community, role, day)"""
    handed_over: list[tuple[str, str]] = field(default_factory=list)
    """(from, to)"""
    withdrawn: list[str] = field(default_factory=list)
    after_withdrawal: set[str] = field(default_factory=set)
    """Instances that were sent in after their author had withdrawn."""
    registered: list[str] = field(default_factory=list)
    claims: int = 0
    resent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    oldest_unsent: float = 0.0
    """The longest that a form waited on a phone for a signal, in minutes."""
    _guard: Lock = field(default_factory=Lock)

    def note(self, visit: Visit) -> None:
        """Write down a form that a robot has filled in."""
        with self._guard:
            if visit.instance_id in self.visits:
                raise ValueError(f"{visit.instance_id} was written down before")
            self.visits[visit.instance_id] = visit

    def sent(self, instance_id: str, status: int, posts: int, waited: float, late: bool) -> None:
        """Write down that the server has a form; `late`: its author had withdrawn by then."""
        with self._guard:
            self.statuses[status] += 1
            self.resent += posts - 1
            self.oldest_unsent = max(self.oldest_unsent, waited)
            if late:
                self.after_withdrawal.add(instance_id)

    def of(self, programme: str) -> list[Visit]:
        """The visits of a programme, in the order in which they were made."""
        mine = (one for one in self.visits.values() if one.programme == programme)
        return sorted(mine, key=lambda one: (one.minute, one.instance_id))

    def tasks_filled(self, programme: str) -> int:
        """How many tasks somebody has filled in a form for."""
        return len({visit.task for visit in self.visits.values() if visit.programme == programme})

    def doors_done(self, programme: str) -> set[str]:
        """Places at which nobody needs to knock again, by the sweep's own rule: met, refused, or
        tried three times at two or more parts of the day.
        """
        tried: dict[str, list[Visit]] = {}
        for visit in self.of(programme):
            tried.setdefault(visit.place, []).append(visit)
        return {place for place, visits in tried.items() if _done(visits)}


def _done(visits: list[Visit]) -> bool:
    if any(v.outcome in (Outcome.REACHED, Outcome.REFUSED) for v in visits):
        return True
    return len(visits) >= 3 and len({part_of_day(v.minute) for v in visits}) >= 2


def part_of_day(minute: float) -> int:
    """Morning (to 12), afternoon (to 18) or evening."""
    of_day = minute % 1440
    return 0 if of_day < 720 else 1 if of_day < 1080 else 2


def tally(things: Iterable[Hashable]) -> dict[str, int]:
    """How many of each, by name, in order of names."""
    return dict(sorted((str(name), count) for name, count in Counter(things).items()))


def totals(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums by name, in order of names."""
    found: Counter[str] = Counter()
    for name, amount in pairs:
        found[name] += amount
    return dict(sorted(found.items()))


def difference(robots: Mapping[str, object], store: Mapping[str, object]) -> list[str]:
    """What is on one side only, or not alike; a few of each, for a person to look at."""
    lost = sorted(set(robots) - set(store))[:5]
    new = sorted(set(store) - set(robots))[:5]
    other = sorted(k for k in set(robots) & set(store) if robots[k] != store[k])[:5]
    return (
        [f"only with the robots: {one} {robots[one]}" for one in lost]
        + [f"only in the store: {one} {store[one]}" for one in new]
        + [f"not alike: {one} {robots[one]} / {store[one]}" for one in other]
    )


def rounded(instant: datetime) -> str:
    """An instant to the second, as text."""
    return instant.replace(microsecond=0).isoformat()
