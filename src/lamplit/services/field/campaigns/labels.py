"""Labels: what was found at the door against what the meters had said, and what follows from it.

A label is a visit that settled what a home is. It is held against the signal that the home was
enrolled with: a dark or micro home, or one that went dark, is right where nobody lives there; a
returned one where people came back or live there; a frozen load or a broken routine where somebody
is there. A door that is not a home is never right: nobody had to be looked for.

Shares carry Wilson's 95 % interval (see `domain.intervals`). Recall comes from the doors enrolled
by chance: of those that no signal pointed to, the share found empty, times how many such doors
there are, is what was missed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Found
from lamplit.domain.intervals import Interval, inverse, wilson
from lamplit.domain.problems import campaigns as problems
from lamplit.services.calibration import FILE, Calibration, Knots, write_calibration
from lamplit.services.field.campaigns.campaigns import get
from lamplit.services.field.campaigns.recalibrate import isotonic
from lamplit.services.field.door import require, require_somewhere
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.store import labels as store

LEAST_LABELS = 100
"""Fewer labels than these say too little to move a probability by."""
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
KEPT_FINDS = 0.95
"""A threshold is proposed that keeps at least this share of the finds."""
EMPTY_STATES, THERE_EVENTS = ("dark", "micro"), ("returned", "frozen_high", "routine_broken")


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled home: what was said of it, with which probability, and whether that was so.

    `said` is the event where there was one, else the state. `raw` is the probability before labels
    put it right. `random`: chance chose it.
    """

    place_id: str
    said: str
    state: str
    probability: float
    found: Found
    right: bool
    random: bool
    raw: float


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval; `share` and `interval` are None of none."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """The share itself, 0 to 1."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval."""
        return wilson(self.hits, self.of)


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of the empty homes the list held.

    `picked` doors of chance were labelled, `missed` of them found empty; `unflagged` doors were on
    no list. `value` and its ends (0 to 1) follow from that and from the finds on the list.
    """

    picked: int
    missed: int
    unflagged: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a least probability of `at` would keep of the list, by the labels: doors, finds."""

    at: float
    doors: int
    finds: int
    precision: Share


@dataclass(frozen=True, slots=True)
class Labels:
    """All that the labels say. `knocks_per_find` has (value, interval) or None.

    `known`: the labels themselves, without those that settled nothing.
    """

    labels: int
    unknown: int
    by_said: dict[str, Share]
    confusion: dict[str, dict[str, int]]
    knocks: int
    finds: int
    recall: Recall | None
    bins: list[tuple[float, float, float, Share]]
    thresholds: list[Threshold]
    proposed: Threshold | None
    knots: Knots | None = field(default=None)
    known: list[Label] = field(default_factory=list, repr=False)

    @property
    def pointed_to(self) -> int:
        """How many are of homes that a signal pointed to: what a recalibration rests on."""
        return sum(one.of for one in self.by_said.values())

    @property
    def knocks_per_find(self) -> tuple[float, Interval | None] | None:
        """Visits to flagged doors for each find."""
        if not self.finds:
            return None
        share = wilson(min(self.finds, self.knocks), self.knocks)
        return self.knocks / self.finds, inverse(share)


def labels(
    office: Office, actor: Actor, *, since: date | None = None, campaign: str = ""
) -> Labels:
    """What came back from the doors, of one campaign or of all, found since a local day.

    Needs `analyse` (at the campaign's place, or anywhere). Campaigns whose lists have expired give
    no labels any more. Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        scope = _scope(tx, campaign)
        begin = datetime.combine(since, time(), tzinfo=office.zone) if since else None
        rows = store.labelled(tx.conn, scope, begin)
        visits = store.visits_of_flagged(tx.conn, scope, begin)
        unflagged = store.unflagged(tx.conn, scope)
    made = [label_of(row) for row in rows]
    known = [one for one in made if one.found is not Found.UNKNOWN]
    return _summed(known, len(made) - len(known), visits, unflagged)


def flagged_labels(known: Iterable[Label]) -> list[Label]:
    """Those whose home a signal pointed to."""
    return [one for one in known if not one.random and _is_flagged(one)]


def apply(office: Office, actor: Actor, found: Labels) -> Path:
    """Write the recalibration where every sweep reads it; logged. Gives the file.

    Raises LamplitError `labels.too-few` where there were not enough labels for one.
    """
    if found.knots is None:
        raise LamplitError(problems.LABELS_FEW, count=found.pointed_to, least=LEAST_LABELS)
    count = found.pointed_to
    with office.begin(actor) as tx:
        require_somewhere(tx, Ability.ANALYSE)
        file = write_calibration(office.home, Calibration(tx.now, count, found.knots))
        tx.log("labels.applied", "calibration", FILE, labels=count, knots=found.knots)
    return file


def label_of(row: Any) -> Label:
    """A label from an enrollment's signal and what was found."""
    signal = row.signal or {}
    state, event = signal.get("state") or "unknown", signal.get("event") or ""
    found = Found(row.found or Found.UNKNOWN)
    if event in THERE_EVENTS:
        right = found in (Found.RETURNED, Found.LIVED_IN)
    elif event == "went_dark" or state in EMPTY_STATES:
        right = found is Found.EMPTY
    else:
        right = found in (Found.RETURNED, Found.LIVED_IN)
    said = event or state
    return Label(
        row.place_id, said, state, float(signal.get("probability") or 0.0), found, right,
        bool(row.random_pick), float(signal.get("raw") or signal.get("probability") or 0.0),
    )  # fmt: skip


def _scope(tx: Transaction, campaign: str) -> str | None:
    if not campaign:
        require_somewhere(tx, Ability.ANALYSE)
        return None
    row = get(tx.conn, campaign)
    require(tx, Ability.ANALYSE, row.place_id)
    return str(row.id)


def _summed(known: list[Label], unknown: int, visits: int, unflagged: int) -> Labels:
    flagged = flagged_labels(known)
    chance = [one for one in known if one.random]
    by_said: dict[str, list[Label]] = {}
    confusion: dict[str, Counter[str]] = {}
    for one in known:
        confusion.setdefault(one.said, Counter())[one.found] += 1
    for one in flagged:
        by_said.setdefault(one.said, []).append(one)
    thresholds = [_threshold(flagged, at / 100) for at in range(50, 100, 5)]
    finds = sum(one.right for one in flagged)
    return Labels(
        len(known),
        unknown,
        {said: _share(some) for said, some in sorted(by_said.items())},
        {said: dict(sorted(counted.items())) for said, counted in sorted(confusion.items())},
        visits,
        finds,
        _recall(flagged, chance, unflagged),
        _bins(flagged),
        thresholds,
        _proposed(thresholds, finds),
        _knots(flagged),
        known,
    )


def _is_flagged(one: Label) -> bool:
    return one.said in (*EMPTY_STATES, "went_dark", *THERE_EVENTS)


def _share(some: Sequence[Label]) -> Share:
    return Share(sum(one.right for one in some), len(some))


def _recall(flagged: Sequence[Label], chance: Sequence[Label], unflagged: int) -> Recall | None:
    """Recall of empty homes: those found on the list, against those and the missed ones."""
    if not chance:
        return None
    found = sum(one.found is Found.EMPTY for one in flagged)
    missed = sum(one.found is Found.EMPTY for one in chance)
    share = wilson(missed, len(chance))
    assert share is not None  # there is at least one

    def recall(rate: float) -> float | None:
        whole = found + rate * unflagged
        return found / whole if whole else None

    return Recall(
        len(chance), missed, unflagged,
        recall(missed / len(chance)), recall(share.high), recall(share.low),
    )  # fmt: skip


def _bins(flagged: Sequence[Label]) -> list[tuple[float, float, float, Share]]:
    """(from, to, mean probability said, share right) of each bin that has labels."""
    found = []
    for low, high in itertools.pairwise(BINS):
        some = [o for o in flagged if low <= o.probability < high or (high == 1 == o.probability)]
        if some:
            said = sum(one.probability for one in some) / len(some)
            found.append((low, high, round(said, 4), _share(some)))
    return found


def _threshold(flagged: Iterable[Label], at: float) -> Threshold:
    kept = [one for one in flagged if one.probability >= at]
    share = _share(kept)
    return Threshold(at, len(kept), share.hits, share)


def _proposed(thresholds: Sequence[Threshold], finds: int) -> Threshold | None:
    """The highest threshold that still keeps nearly all finds; None with too few labels."""
    if not thresholds or thresholds[0].doors < LEAST_LABELS:
        return None
    kept = [one for one in thresholds if one.finds >= KEPT_FINDS * finds]
    return kept[-1] if kept else None


def _knots(flagged: Sequence[Label]) -> Knots | None:
    if len(flagged) < LEAST_LABELS:
        return None
    return isotonic([one.raw for one in flagged], [one.right for one in flagged])
