"""Tonight's list held against a town's truth, door by door."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.intervals import Interval, inverse, wilson
from lamplit.domain.words import EMPTY_STATES, HomeEvent

NEAR_DAYS = 3
"""A return or a frozen load found within so many days of the true one is that one."""
LADDER = (50, 100, 200)

EMPTY = "empty"
"""The claim of a door that is on the list because nobody seems to be there."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some doors of the list: how many, and of how many the claim was true."""

    doors: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of right doors; None where there are no doors."""
        return self.right / self.doors if self.doors else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % around the precision."""
        return wilson(self.right, self.doors)

    @property
    def knocks_per_find(self) -> float | None:
        """Doors to knock on for one right; None where none was right."""
        return self.doors / self.right if self.right else None

    @property
    def knocks_interval(self) -> Interval | None:
        """The same interval for the knocks."""
        return inverse(self.interval)


@dataclass(frozen=True, slots=True)
class ListCheck:
    """The list against the truth: its first k doors, all, and each claim apart."""

    first: dict[int, Part]
    all: Part
    claims: dict[str, Part]


def check_list(doors: pa.Table, truth: pa.Table, events: Path, day: date) -> ListCheck:
    """Hold each door's claim against the truth of `day`.

    doors: as `lamplit.services.sweep` gives them. truth: household_id, day, empty_spell. events:
    the town's events.csv. A door called empty is right where that day lies in a true empty spell
    of at least 3 days; a return or a frozen load where a true one lies within NEAR_DAYS.
    """
    on_day = truth.filter(pc.equal(truth["day"], pa.scalar(day, pa.date32())))
    empty = set(on_day.filter(on_day["empty_spell"])["household_id"].to_pylist())
    happened = _events(events)
    told: list[tuple[str, bool]] = []
    for door in doors.select(["household_id", "state", "event", "event_day"]).to_pylist():
        claim = claim_of(door["state"], door["event"])
        household = door["household_id"]
        if claim == EMPTY:
            told.append((claim, household in empty))
        else:
            true = happened.get((household, claim), [])
            told.append((claim, _near(door["event_day"], true)))
    right = [so for _, so in told]
    kinds = sorted({claim for claim, _ in told})
    return ListCheck(
        {k: Part(k, sum(right[:k])) for k in LADDER if k <= len(right)},
        Part(len(right), sum(right)),
        {kind: _part([so for claim, so in told if claim == kind]) for kind in kinds},
    )


def claim_of(state: str, event: str | None) -> str:
    """What a door on the list claims: EMPTY, or the word of its event."""
    emptied = event in (None, "", HomeEvent.WENT_DARK.word)
    return EMPTY if state in {s.word for s in EMPTY_STATES} or emptied else str(event)


def _part(right: list[bool]) -> Part:
    return Part(len(right), sum(right))


def _near(found: date | None, true: list[tuple[date, date]]) -> bool:
    reach = timedelta(NEAR_DAYS)
    return found is not None and any(a - reach <= found <= b + reach for a, b in true)


def _events(path: Path) -> dict[tuple[str, str], list[tuple[date, date]]]:
    """(household, event) → when; a return is over at once, a frozen load lasts its days."""
    found: dict[tuple[str, str], list[tuple[date, date]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            first = date.fromisoformat(row["day"])
            lasting = row["event"] in (HomeEvent.FROZEN_HIGH.word, HomeEvent.ROUTINE_BROKEN.word)
            last = first + timedelta(int(row["days"]) - 1 if lasting else 0)
            found.setdefault((row["household_id"], row["event"]), []).append((first, last))
    return found
