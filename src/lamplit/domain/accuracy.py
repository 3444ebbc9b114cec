"""What an accuracy report says: counts, measures with their intervals, and the whole score.

Plain data, no arithmetic over arrays: `lamplit.services.score` fills it in.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from math import isfinite, sqrt
from typing import Any, Literal

from lamplit.domain.intervals import Interval

FlagKind = Literal["state", "probability"]
Dimension = Literal["home_class", "confounder"]
Target = Literal["nobody_home", "empty_spell"]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Home-days by what was said and what was so."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def days(self) -> int:
        """All home-days."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float | None:
        """Share of flagged days that were empty; None where none was flagged."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Share of empty days that were flagged; None where none was empty."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where nothing was flagged or empty."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def mcc(self) -> float | None:
        """Matthews' correlation coefficient, -1 to 1; None where a margin is empty."""
        margins = (
            (self.tp + self.fp) * (self.tp + self.fn) * (self.tn + self.fp) * (self.tn + self.fn)
        )
        return (self.tp * self.tn - self.fp * self.fn) / sqrt(margins) if margins else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure, what it counts over, and how sure it is.

    `interval` is Wilson's where the figure is a share of independent-looking trials, else a
    bootstrap by home. `by_home` is given beside a Wilson interval over home-days, because the
    days of one home go together and Wilson's is then too narrow.
    """

    value: float | None
    of: float
    interval: Interval | None = None
    by_home: Interval | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Days from the first empty day of a spell to its first flagged day (0 = the same day).

    Median and p90 are over the spells that were found and whose first day was seen;
    `median_of_all` counts a spell never found as endless (None = more than half never found).
    """

    spells: int
    found: int
    open_at_start: int
    median: Measure
    p90: Measure
    median_of_all: float | None
    never_found: Measure


@dataclass(frozen=True, slots=True)
class FlagScore:
    """How one way of flagging a day did against the truth."""

    flag: FlagKind
    confusion: Confusion
    precision: Measure
    recall: Measure
    recall_known: Measure
    f1: Measure
    mcc: Measure
    false_alarms: int
    lived_in_days: int
    false_alarms_per_home_month: Measure
    delay: Delay


@dataclass(frozen=True, slots=True)
class AtK:
    """The first k homes of the list on the last day.

    `hits` may be a fraction: homes with the same probability at the cut count in part.
    `attainable` is the best precision that any ranking could reach at this k.
    """

    k: int
    hits: float
    tied_at_cut: int
    precision: Measure
    knocks_per_find: Measure
    attainable: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One tenth of the probability scale: what was said and how often it was so."""

    low: float
    high: float
    days: int
    mean_probability: float | None
    share_true: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Does a probability of 0.8 come true 8 times in 10? `ece` weighs the bins' gaps by days."""

    target: Target
    days: int
    ece: Measure
    brier: Measure
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must not happen at all: how often it did, of how many, and to how many homes.

    `judged_by` says what the check went by; `of` is None where the files cannot tell.
    """

    count: int
    of: int | None
    homes: int
    judged_by: str

    @property
    def passed(self) -> bool | None:
        """None where the files cannot tell."""
        return None if self.of is None else self.count == 0


@dataclass(frozen=True, slots=True)
class Group:
    """The score of the home-days under one label of one dimension."""

    dimension: Dimension
    label: str
    homes: int
    days: int
    unknown: Measure
    score: FlagScore


@dataclass(frozen=True, slots=True)
class Scope:
    """What was scored: days as ISO dates, and what of the two files did not meet."""

    homes: int
    home_days: int
    empty_days: int
    first_day: str
    last_day: str
    ranked_day: str
    truth_days_without_state: int
    state_rows_without_truth: int
    state_rows_joined: int
    spells_derived: bool


@dataclass(frozen=True, slots=True)
class Score:
    """The whole report. `as_dict` and `as_json` hold no NaN and no infinity (None instead)."""

    scope: Scope
    by_state: FlagScore
    by_probability: FlagScore | None
    differing_days: int
    unknown: Measure
    at_k: tuple[AtK, ...]
    list_tonight: AtK | None
    reliability: tuple[Reliability, ...]
    missing_as_dark: Check
    frugal_called_empty: Check
    groups: tuple[Group, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Nested plain dicts, lists, numbers, strings and None."""
        plain: dict[str, Any] = _finite(asdict(self))
        for name in ("missing_as_dark", "frugal_called_empty"):
            plain[name]["passed"] = getattr(self, name).passed
        return plain

    def as_json(self, indent: int | None = 2) -> str:
        """The same as JSON text."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
