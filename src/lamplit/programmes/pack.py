"""A programme's pack as plain, frozen data: what a campaign runs.

Each class is one part of pack.yaml; docs/reference/programmes.md describes every key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal

from lamplit.domain.field import Found, Outcome, PlaceKind, Role, ServiceLine, Severity
from lamplit.domain.language import Text
from lamplit.programmes.conditions import Condition

Every = Literal["once", "daily", "weekly", "monthly", "signal"]
Holder = Literal["outside", "store", "carrier", "subject"]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose that a campaign of this programme may state."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Way:
    """One way of enrolling; a campaign chooses one, by default the first.

    `random_share` (0 to 0.2) of the places that the condition leaves out is enrolled as well, so
    that what the signals miss can be known.
    """

    name: str
    text: Text
    when: Condition
    random_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a door is tried within one window, and how far apart."""

    most: int = 1
    gap_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a task is due.

    `days` are local days with the first as 1 (`once`: from the enrolment; `weekly` and `monthly`:
    from the day it falls on); `hours` are hours after a signal; `opens` and `closes` are the local
    times between which one may knock; `enterable_days` says how long after its due time a missed
    window may still be filled in. `stays_open`: no submission settles it,
    another attempt follows each.
    """

    every: Every
    subjects: frozenset[PlaceKind]
    days: int
    hours: float
    opens: time
    closes: time
    weekdays: frozenset[int]
    month_day: int
    events: frozenset[str]
    attempts: Attempts
    enterable_days: int
    stays_open: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """Answers that mean an outcome; the first that holds counts."""

    then: Outcome
    when: Condition


@dataclass(frozen=True, slots=True)
class FoundRule:
    """Answers that mean a label; the first that holds counts."""

    then: Found
    when: Condition


@dataclass(frozen=True, slots=True)
class FindingRule:
    """A need or a violation: its condition, weight and deadline.

    `points` are taken off the score; `due_hours` after the submission it should be settled.
    `against` names the answer that holds the unit answerable for it.
    """

    code: str
    when: Condition
    severity: Severity
    points: int
    text: Text
    due_hours: float | None = None
    against: str = ""


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """A task to be raised: when, what, for whom, within how many hours."""

    code: str
    when: Condition
    text: Text
    within_hours: float
    role: Role
    after_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class CloseRule:
    """Answers that settle findings raised before: the codes, or all of the place's where empty."""

    when: Condition
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DoneRule:
    """When an enrollment is done; `code` is what is stored, `text` what is shown."""

    code: str
    when: Condition
    text: Text


@dataclass(frozen=True, slots=True)
class Band:
    """A band of the score: from `least` points up it is called so."""

    least: int
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """Score = base - sum of points, never under `floor`; bands run from the highest down."""

    base: int
    floor: int
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A kind of stock and the unit it is counted in."""

    code: str
    text: Text
    unit: Text


@dataclass(frozen=True, slots=True)
class MoveRule:
    """Answers that move stock: `quantity` names the answer that holds the number."""

    item: str
    quantity: str
    source: Holder
    target: Holder
    when: Condition


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the board: a count, or the share of one count in another."""

    code: str
    text: Text
    count: str
    out_of: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may perform a task, claim one, lead a campaign, verify a finding."""

    perform: tuple[Role, ...]
    claim: tuple[Role, ...]
    lead: tuple[Role, ...]
    verify: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a programme is done, owed, or left out on purpose, and why."""

    state: Literal["done", "owed", "exempt"]
    text: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the form: its name, XLSForm type, choice list, labels by language."""

    name: str
    type: str
    list_name: str
    labels: Text
    line: int
    choice_filter: str = ""

    @property
    def several(self) -> bool:
        """Whether several choices may be taken."""
        return self.type == "select_multiple"


@dataclass(frozen=True, slots=True)
class Form:
    """The form as its author wrote it: questions in order, and choices with texts by list."""

    path: Path
    questions: dict[str, Question]
    choices: dict[str, dict[str, Text]]

    def choices_of(self, answer: str) -> dict[str, Text]:
        """The choices of a question by name; none where it has no list of its own."""
        return self.choices.get(self.questions[answer].list_name, {})


@dataclass(frozen=True, slots=True)
class Pack:
    """One programme, whole. `digest` changes with any byte of its files."""

    folder: Path
    digest: str
    name: str
    version: str
    title: Text
    task: Text
    about: Text
    script: Text
    line: ServiceLine
    subjects: frozenset[PlaceKind]
    purposes: tuple[Purpose, ...]
    roles: Roles
    lease_hours: float
    most_claims: int
    ways: tuple[Way, ...]
    cadence: tuple[Cadence, ...]
    outcomes: tuple[OutcomeRule, ...]
    founds: tuple[FoundRule, ...]
    code_list: str
    findings: tuple[FindingRule, ...]
    follow_ups: tuple[FollowUpRule, ...]
    closes: tuple[CloseRule, ...]
    done: tuple[DoneRule, ...]
    score: ScoreRule | None
    items: tuple[Item, ...]
    moves: tuple[MoveRule, ...]
    board: tuple[Figure, ...]
    list_days: int
    submission_days: int
    standing: tuple[Standing, ...]
    form: Form = field(repr=False)

    @property
    def form_id(self) -> str:
        """The XForm's id: `lamplit_household_sweep`."""
        return f"lamplit_{self.name}"

    @property
    def to_homes(self) -> bool:
        """Whether it goes to homes, and not to places alone where nobody lives."""
        return PlaceKind.HOUSEHOLD in self.subjects

    def way(self, name: str = "") -> Way:
        """The way of enrolling called so; the first where no name is given. Raises KeyError."""
        for way in self.ways:
            if name in ("", way.name):
                return way
        raise KeyError(name)
