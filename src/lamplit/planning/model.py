"""What the planner is asked and what it answers: plain frozen data.

Every time is in minutes since local midnight of the campaign's first day, so that minute 1,980 is
09:00 of the second day; whoever fills a request settles time zones before. Lengths are in metres,
durations in minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lamplit.domain.intervals import Interval
from lamplit.domain.language import Text

DAY = 1440.0
"""Minutes in a day."""
PARTS = (0.0, 12 * 60.0, 17.5 * 60.0)
"""Minutes of the day at which morning, afternoon and evening begin, as to who opens."""
COUNTED = (0.0, 12 * 60.0, 18 * 60.0)
"""The same as a programme counts them that asks for attempts at different times of day."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, from `start` to `end` in minutes."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Patience:
    """When a door where nobody opens is done, by the programme's own rule.

    `attempts[n - 1]` attempts are enough if they fell in n parts of the day (`COUNTED`); more parts
    than are named count as the last. Between two attempts lie `gap` minutes or more.
    """

    attempts: tuple[int, ...]
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Door:
    """One door to knock on.

    `minutes` and `spread` (mean and standard deviation) are of a visit where somebody opens.
    `answers` holds the chance that somebody opens in each part of the day, or one chance for all.
    `rank` says who comes first where that costs little: 1 before 2; `round` says it at any cost:
    everybody has been to their doors of one round before they begin the next. `windows` are the
    only times somebody may come, if there are any. Whoever goes speaks one of the `languages`, if
    it asks for any, and has all of the `skills`. `patience` says when it is done though nobody
    opened; without it `Visit.attempts` does. `tried` counts the attempts made already, `tried_in`
    are the parts of the day in which they fell (indices of `COUNTED`).
    """

    id: str
    building_id: str
    unit: str = ""
    floor: int = 1
    minutes: float = 6.0
    spread: float = 4.0
    answers: tuple[float, ...] = (0.6,)
    rank: int = 1
    round: int = 1
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    windows: tuple[Span, ...] = ()
    patience: Patience | None = None
    tried: int = 0
    tried_in: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Building:
    """A building: where it stands (`lamplit.planning.travel.metres` makes x, y of degrees)."""

    id: str
    x: float = 0.0
    y: float = 0.0
    floors: int = 6
    has_lift: bool = False
    entrance: float = 1.0
    """Minutes to get in at one of its entrances (gate, intercom)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who goes to doors in `spans`; `pace` 1.2 needs a fifth longer for everything.

    `turns_up` is the chance that they come on a day they are down for.
    """

    id: str
    spans: tuple[Span, ...]
    home: str | None = None
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    pace: float = 1.0
    turns_up: float = 0.95


@dataclass(frozen=True, slots=True)
class Visit:
    """Minutes at a door by outcome, and how often one comes again.

    A door is done when somebody opened, or when `attempts` were made (where it has no `patience` of
    its own). `refuses` is the share of those who open and refuse. `again` scales the chance of an
    answer for another attempt within the same part of the same day; `back` is the way back to such
    a door, in minutes, that a plan reserves (the Monte Carlo run walks it for real).
    """

    no_answer: float = 1.5
    refused: float = 2.0
    refuses: float = 0.03
    attempts: int = 2
    again: float = 0.35
    back: float = 2.0


@dataclass(frozen=True, slots=True)
class Walking:
    """How long ways take: metres a minute (with a factor for streets), floors, lifts, landings."""

    metres_a_minute: float = 70.0
    detour: float = 1.3
    up: float = 0.4
    down: float = 0.25
    lift_wait: float = 0.75
    lift_floor: float = 0.06
    next_door: float = 0.2
    next_unit: float = 0.8


@dataclass(frozen=True, slots=True)
class Options:
    """How long to look, with which seed, and how sure is sure enough.

    `seconds` are counted in tries (in a re-plan in the solver's own deterministic time): they are
    not the clock's, which shows several times as many, so that a busy machine still gives the same
    plan.
    """

    seconds: float = 3.0
    seed: int = 0
    replicates: int = 400
    target: float = 0.9
    seek_help: bool = True
    longest_extra_hours: float = 4.0
    latest: float = 21 * 60.0
    """Minute of the day after which nobody is asked to stay longer."""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything a plan is made from. `parts` are the minutes of the day at which one begins."""

    doors: tuple[Door, ...]
    buildings: tuple[Building, ...]
    people: tuple[Person, ...]
    deadline: float
    now: float = 0.0
    visit: Visit = Visit()
    walking: Walking = Walking()
    parts: tuple[float, ...] = PARTS
    options: Options = Options()


class Why(StrEnum):
    """Why a door is on nobody's list."""

    NOBODY_ABLE = "nobody-able"
    NO_WINDOW = "no-window"
    NO_TIME = "no-time"


WHY_SAID: dict[Why, Text] = {
    Why.NOBODY_ABLE: Text(
        "nobody has the language or skill that it asks for", "无人具备所需的语言或技能"
    ),
    Why.NO_WINDOW: Text("nobody can come within its fixed times", "在其约定的时间内无人能到"),
    Why.NO_TIME: Text("no time is left before the deadline", "截止前已排不下"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One door on a list, and when its first attempt is expected."""

    door_id: str
    building_id: str
    unit: str
    floor: int
    arrive: float


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's stops in one span, in order.

    `ends` is when the first attempts are through; `again` are the minutes kept for coming back to
    doors where nobody opened, after that.
    """

    person_id: str
    span: Span
    stops: tuple[Stop, ...]
    ends: float
    again: float


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A door on nobody's list, with the reason."""

    door_id: str
    why: Why


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability from seeded draws, with its Wilson interval (95 %)."""

    value: float
    interval: Interval
    replicates: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of doors: its mean, and the 10 % and 90 % points of what luck may make of it.

    Widened to the mean where a few unlucky cases take that beyond them.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a Monte Carlo run says: see `lamplit.planning.risk` for what it draws.

    `holds` is the chance that the deadline holds: that every single door asked for is done by then,
    by the programme's rule (somebody opened, or it was tried often enough). `done` is the share of
    doors done by then; one door left of a thousand is no deadline held, and yet 99.9 % done.
    `finish`, `early` and `late` are the median, 10 % and 90 % points of the minute at which the
    last door is done; beyond the deadline they assume that people go on as on the days before.
    `reached` is the mean number of doors where somebody opened by the deadline, `open_doors` the
    mean number that are not done by then.
    """

    holds: Chance
    done: Share
    finish: float
    early: float
    late: float
    reached: float
    open_doors: float


@dataclass(frozen=True, slots=True)
class Measures:
    """How good a plan is, in expectation; see `lamplit.planning.bound` for the bound.

    `finish` is the minute at which the last listed door is done, returns included; None without
    doors. `work` is the team's working time until then, `bound` a lower bound on it for any plan,
    both in standard minutes; `gap` = work / bound - 1. `person_minutes` are the minutes that
    people are busy, `moving` those of them under way. `shared_units` counts stairwells that more
    than one person enters.
    """

    finish: float | None
    bound_finish: float | None
    work: float
    bound: float
    gap: float
    person_minutes: float
    moving: float
    shared_units: int


class Lever(StrEnum):
    """What kind of help may make a deadline hold."""

    PEOPLE = "people"
    HOURS = "hours"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Step:
    """One amount of one kind of help: the chance that the deadline then holds, and the mean share
    of doors done by it.
    """

    amount: float
    holds: Chance
    done: float


@dataclass(frozen=True, slots=True)
class Help:
    """The smallest amount of one kind of help that is enough, with every step that was tried.

    `enough` is None where no amount within reason is; `steps` are empty where that is plain without
    trying. `like` is the person that PEOPLE would add;
    `leave` the doors that LEAVE would leave, those of the last rank first. `costs` are the
    person-minutes asked of people.
    """

    lever: Lever
    steps: tuple[Step, ...]
    enough: float | None
    like: Person | None = None
    leave: tuple[str, ...] = ()
    costs: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """How many doors a round has, and when the last listed of them is come to for the first time;
    None where none is listed.
    """

    doors: int
    tried: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where, in which order, and how surely that is done by the deadline.

    `help` is empty where the deadline holds anyway (or nobody asked); else it has one entry for
    each lever.
    """

    request: Request
    shifts: tuple[Shift, ...]
    unassigned: tuple[Unassigned, ...]
    forecast: Forecast
    measures: Measures
    help: tuple[Help, ...] = ()
    done: frozenset[str] = field(default=frozenset())

    def lists(self) -> Mapping[str, tuple[str, ...]]:
        """The door ids of each person who has any, in order."""
        found: dict[str, list[str]] = {}
        for shift in self.shifts:
            found.setdefault(shift.person_id, []).extend(s.door_id for s in shift.stops)
        return {person: tuple(doors) for person, doors in found.items() if doors}

    def rounds(self) -> tuple[Round, ...]:
        """The rounds of the doors asked for, in order; one or none where all are alike."""
        arrives = {s.door_id: s.arrive for shift in self.shifts for s in shift.stops}
        doors: dict[int, list[str]] = {}
        for door in self.request.doors:
            doors.setdefault(door.round, []).append(door.id)
        return tuple(
            Round(len(ids), max((arrives[i] for i in ids if i in arrives), default=None))
            for _, ids in sorted(doors.items())
        )

    def owner(self) -> Mapping[str, str]:
        """Door id → the person whose list holds it."""
        return {door: person for person, doors in self.lists().items() for door in doors}
