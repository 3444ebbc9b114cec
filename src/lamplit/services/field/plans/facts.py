"""What a plan is made from, read out of the store: doors, buildings, people, what stands now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Reason
from lamplit.domain.problems import plans as problems
from lamplit.domain.spoken import spoken_codes
from lamplit.planning.model import DAY, Door, Options, Person, Request, Span, Visit
from lamplit.planning.standing import Standing
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Office, Transaction
from lamplit.services.field.places.asks import Asks, asks_of
from lamplit.services.field.plans.ground import Ground, ground_of
from lamplit.services.field.plans.habits import Habits, habits_of
from lamplit.services.field.plans.patience import tries_of
from lamplit.services.field.plans.team import Team, spans_of, team_of
from lamplit.store import plans as store

HORIZON = timedelta(days=31)
"""A plan looks no further ahead."""
SOON = 15.0
"""Minutes: a task that begins within them has begun."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a leader asks of a plan.

    `people` (ids or codes): those and no others; `without`: not these. `keep`: leave people's lists
    alone as far as possible; None: if a plan is in force. `rounds`: where a campaign goes to every
    door, those that have a reason of their own come first. `languages`: whoever goes speaks what is
    spoken there. `seconds` is the solver's own time.
    """

    people: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    keep: bool | None = None
    seconds: float = 3.0
    seed: int = 0
    target: float = 0.9
    seek_help: bool = True
    rounds: bool = True
    languages: bool = True


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the store did not know, and a default stands for: so many of each.

    `hours`: people without hours (09:00 to 12:00 and 14:00 to 18:00 daily); `homes`: people without
    a home (they begin anywhere); `buildings`: without a position; `floors`: doors without a floor
    (the first). `unspoken`: doors where nobody who may go speaks what is spoken there: somebody who
    doesn't is better than nobody. `visits`: what `habits` were learnt from; 0 are defaults.
    """

    hours: int = 0
    homes: int = 0
    buildings: int = 0
    floors: int = 0
    unspoken: int = 0
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A request and what it stands for; minute 0 is midnight of the `first` day.

    `tasks` are those of each door (place id); `held` doors were left out: somebody is at them who
    is not in the team.
    """

    request: Request
    standing: Standing
    first: date
    tasks: Mapping[str, tuple[str, ...]]
    held: int
    assumed: Assumed
    habits: Habits = field(default_factory=Habits)


def facts_of(office: Office, tx: Transaction, pack: Pack, campaign: Any, asked: Asked) -> Facts:
    """Read a campaign's world. Raises LamplitError `plan.no-doors` and as `team.team_of`."""
    rows = store.doors(tx.conn, campaign.id)
    if not rows:
        raise LamplitError(problems.NO_DOORS, campaign=campaign.code)
    team = team_of(tx, pack, campaign, rows, asked.people, asked.without)
    reader = _Reader(office, tx, pack, campaign, team, rows, asked)
    doors = reader.doors()
    if not doors:
        raise LamplitError(problems.NO_DOORS, campaign=campaign.code)
    people = tuple(reader.person(p) for p in team.members)
    habits = reader.habits
    request = Request(
        doors=doors,
        buildings=reader.ground.buildings,
        people=people,
        deadline=reader.minute(reader.end),
        now=reader.minute(reader.start),
        visit=Visit(refuses=habits.refuses),
        options=Options(
            seconds=asked.seconds, seed=asked.seed, target=asked.target, seek_help=asked.seek_help
        ),
    )
    assumed = Assumed(
        hours=sum(m.row.hours is None for m in team.members.values()),
        homes=sum(p.home is None for p in people),
        buildings=reader.ground.unplaced,
        floors=sum(reader.by_place[d.id][0].floor is None for d in doors),
        unspoken=reader.unspoken,
        visits=habits.learnt,
    )
    tasks = {d.id: tuple(row.id for row in reader.by_place[d.id]) for d in doors}
    return Facts(request, reader.standing(doors), reader.first, tasks, reader.held, assumed, habits)


class _Reader:
    """Turns rows of the store into what the planner takes."""

    def __init__(
        self,
        office: Office,
        tx: Transaction,
        pack: Pack,
        campaign: Any,
        team: Team,
        rows: Sequence[Any],
        asked: Asked,
    ) -> None:
        self.zone, self.now, self.team, self.asked = office.zone, tx.now, team, asked
        self.opens = min(c.opens for c in pack.cadence)
        self.closes = max(c.closes for c in pack.cadence)
        self.first = office.local_day(tx.now)
        self.by_place: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            self.by_place[row.place_id].append(row)
        self.start = max(tx.now, min(row.due_from for row in rows))
        due = [row.due_until for row in rows if row.due_until > tx.now]
        self.end = min(campaign.deadline, max(due, default=campaign.deadline), tx.now + HORIZON)
        self.ground: Ground = ground_of(
            tx, rows, [m.row.home_place_id for m in team.members.values()]
        )
        self.habits = habits_of(store.visits(tx.conn, campaign.id), office.zone)
        self.asks = asks_of(
            tx.conn, {one: some[0] for one, some in self.by_place.items()}, team.parents
        )
        self.speak = {p: spoken_codes(m.row.languages or ()) for p, m in team.members.items()}
        self.tries = tries_of(tx, pack, rows, office.zone)
        self.held = self.unspoken = 0

    def minute(self, instant: datetime) -> float:
        """An instant as minutes of the wall clock since midnight of the first day."""
        local = instant.astimezone(self.zone)
        days = (local.date() - self.first).days
        return days * DAY + local.hour * 60.0 + local.minute + local.second / 60

    def doors(self) -> tuple[Door, ...]:
        """A door for each place, but those that somebody outside the team is at."""
        classes: dict[frozenset[str], str | None] = {frozenset(self.team.members): None}
        found = []
        for place_id, rows in self.by_place.items():
            holders = {row.owner_id for row in rows if store.held(row, self.now)}
            able = self.team.covers[place_id]
            if holders:
                able &= holders
                if not able:
                    self.held += 1
                    continue
            # Whoever is at a door stays there, whatever it asks.
            asks = Asks() if holders else self._asks(place_id, able)
            skills = asks.skills | self._covering(classes, able, rows[0])
            found.append(self._door(place_id, rows, Asks(asks.languages, skills)))
        self.classes = classes
        return tuple(found)

    def _asks(self, place_id: str, able: frozenset[str]) -> Asks:
        """What a door asks, less a language that nobody speaks who may go there."""
        asks = self.asks[place_id]
        spoken = any(not asks.languages.isdisjoint(self.speak[person]) for person in able)
        self.unspoken += bool(asks.languages) and not spoken
        return asks if spoken and self.asked.languages else Asks(skills=asks.skills)

    def _covering(
        self, classes: dict[frozenset[str], str | None], able: frozenset[str], row: Any
    ) -> frozenset[str]:
        """What the planner calls a skill: being one of those who cover a door."""
        if able not in classes:
            classes[able] = f"@{self.ground.called(row)}/{len(classes)}"
        name = classes[able]
        return frozenset({name} if name else ())

    def _door(self, place_id: str, rows: Sequence[Any], asks: Asks) -> Door:
        row = rows[0]
        begins = max(self.minute(one.due_from) for one in rows)
        late = begins > self.minute(self.start) + SOON
        windows = (Span(begins, max(begins + 1, self.minute(self.end))),) if late else ()
        tries = self.tries[row.id]
        return Door(
            id=place_id,
            building_id=self.ground.building_of(row),
            unit=row.unit or "",
            floor=row.floor or 1,
            minutes=self.habits.minutes,
            spread=self.habits.spread,
            answers=self.habits.answers,
            rank=row.rank if row.rank is not None else 1 << 20,
            round=2 if self.asked.rounds and row.reason == Reason.EVERY_DOOR else 1,
            languages=asks.languages,
            skills=asks.skills,
            windows=windows,
            patience=tries.patience,
            tried=tries.made,
            tried_in=tries.parts,
        )

    def person(self, person_id: str) -> Person:
        """A member with their spans until the end, and the classes of doors that they cover."""
        member = self.team.members[person_id]
        last = self.end.astimezone(self.zone).date()
        if member.until is not None:
            last = min(last, member.until - timedelta(days=1))
        row = member.row
        return Person(
            id=person_id,
            spans=spans_of(row.hours, self.opens, self.closes, self.first, last),
            home=self.ground.home_of(row.home_place_id),
            skills=frozenset(row.skills or ())
            | {name for able, name in self.classes.items() if name and person_id in able},
            languages=frozenset(self.speak[person_id]),
        )

    def standing(self, doors: Sequence[Door]) -> Standing:
        """Who has which doors now: in their turn, those without one after the others."""
        lists: dict[str, list[tuple[int, str]]] = defaultdict(list)
        planned: set[str] = set()
        for door in doors:
            for row in self.by_place[door.id][:1]:
                lapsed = row.claimed_until is not None and row.claimed_until < self.now
                if row.owner_id in self.team.members and not lapsed:
                    turn = row.turn if row.turn is not None else 1 << 30
                    lists[row.owner_id].append((turn, door.id))
                    if row.turn is not None:
                        planned.add(row.owner_id)
        held = {p: tuple(d for _, d in sorted(row)) for p, row in lists.items()}
        fresh = frozenset(self.team.members) - held.keys()
        return Standing(held, frozenset(held) - planned, fresh)


def instant(first: date, zone: Any, minute: float) -> datetime:
    """A minute of a plan as an instant: minutes of the wall clock, whatever its zone does."""
    days, rest = divmod(int(minute), int(DAY))
    day = first + timedelta(days=days)
    return datetime.combine(day, time(rest // 60, rest % 60), tzinfo=zone)
