"""The unguided sweep: the same people, hours and legs, doors in the order in which they stand.

Both sweeps are walked many times in the same truth, with other luck at the doors and (for the
rival) with other blocks for other people; what is told is the mean and the middle 95 % of the runs.
The guided lists are those of the plan that the server made; they are not made anew for each run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lamplit.domain.field import Outcome
from lamplit.replay.chance import dice
from lamplit.replay.mind import Mind, known, wanted
from lamplit.replay.walk import Knocked, Legs, Walker, sweep

DAY = 1440.0
CURVE_MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class Band:
    """A figure over many runs: its mean and the middle 95 % of them."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Band:
        """The band of some runs."""
        low, high = np.percentile(np.asarray(values, dtype=float), [2.5, 97.5])
        return cls(float(np.mean(values)), float(low), float(high))


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What was known when a day ended: homes found empty or returned, and knocks made by then.

    By word: somebody at the door or on the landing said so. `guided` counts besides the empty
    homes where nobody answered and the meters say the same; `wrong` are those where the two agree
    and somebody lives there all the same. Without meters a door where nobody answers says nothing.
    `ahead` and `ahead_by_word` are guided less unguided, run by run. `same_knocks` is what the
    unguided sweep knew after as many knocks as the guided had made: with that the shorter ways from
    door to door, which speak for the rival, are left out.
    """

    day: int
    guided: Band
    by_word: Band
    wrong: Band
    unguided: Band
    ahead: Band
    ahead_by_word: Band
    same_knocks: Band
    knocks_guided: Band
    knocks_unguided: Band


@dataclass(frozen=True, slots=True)
class Comparison:
    """Guided against unguided over `runs` runs; `wanted` homes were there to be known.

    The curves hold (minute of the story, guided, unguided), means over the runs.
    """

    runs: int
    wanted: int
    days: tuple[DayEnd, ...]
    curve: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of both sweeps, with when (minute, number of the knock) each home became known."""

    here: list[Knocked]
    there: list[Knocked]
    word: dict[int, tuple[float, int]]
    meters: dict[int, tuple[float, int]]
    wrong: dict[int, tuple[float, int]]
    rival: dict[int, tuple[float, int]]


def unguided(walkers: Sequence[Walker], homes: int, seed: int) -> list[Walker]:
    """The same people with doors in building order: a block each, by how long they can stay.

    Who has which block is drawn, as it would be by a leader who knows nothing of the doors.
    """
    drawn = list(walkers)
    dice(seed, "blocks").shuffle(drawn)
    time = np.array([sum(s.end - s.start for s in w.spans) for w in drawn], dtype=float)
    ends = np.round(np.cumsum(time) / time.sum() * homes).astype(int)
    starts = np.concatenate([[0], ends[:-1]])
    return [
        replace(walker, row=tuple(range(int(a), int(b))))
        for walker, a, b in zip(drawn, starts, ends, strict=True)
    ]


def compare(
    mind: Mind,
    legs: Legs,
    walkers: Sequence[Walker],
    *,
    called_empty: frozenset[int],
    days: int,
    runs: int,
    seed: int,
    report: Callable[[float, float | None], None] | None = None,
) -> Comparison:
    """Walk both sweeps `runs` times and hold them against each other at the end of each day.

    `called_empty`: the homes that the meters called empty on the eve.
    """
    grid = np.arange(0, days * DAY + 1, CURVE_MINUTES)
    curves: list[tuple[np.ndarray, np.ndarray]] = []
    ends: list[list[tuple[float, ...]]] = []
    for number in range(runs):
        run = _run(mind, legs, walkers, called_empty, seed * 1_000 + number)
        curves.append((counted(run.meters, grid), counted(run.rival, grid)))
        ends.append([_day_end(day, run) for day in range(1, days + 1)])
        if report:
            report(number + 1, runs)
    curve = [np.mean([pair[side] for pair in curves], axis=0) for side in (0, 1)]
    return Comparison(
        runs,
        int(wanted(mind, 0).sum()),
        tuple(_banded(day, [run[day] for run in ends]) for day in range(days)),
        tuple(zip(grid.tolist(), curve[0].tolist(), curve[1].tolist(), strict=True)),
    )


def _run(
    mind: Mind, legs: Legs, walkers: Sequence[Walker], called_empty: frozenset[int], seed: int
) -> Run:
    luck = replace(mind, seed=seed)
    here = sweep(luck, legs, walkers)
    there = sweep(luck, legs, unguided(walkers, len(mind.truth), seed))
    word = finds_of(luck, here)
    silent = silences(here, called_empty)
    right = {h: at for h, at in silent.items() if truly_empty(luck, h, at[0])}
    wrong = {h: at for h, at in silent.items() if h not in right}
    meters = {h: min(at for at in (word.get(h), right.get(h)) if at) for h in {*word, *right}}
    return Run(here, there, word, meters, wrong, finds_of(luck, there))


def silences(
    knocks: Sequence[Knocked], called_empty: frozenset[int]
) -> dict[int, tuple[float, int]]:
    """Home → (minute, number) of the first knock without an answer where the meters say empty."""
    found: dict[int, tuple[float, int]] = {}
    for number, one in enumerate(knocks, 1):
        silent = one.knock.outcome is Outcome.NO_ANSWER and one.home in called_empty
        if silent and one.home not in found:
            found[one.home] = (one.minute, number)
    return found


def truly_empty(mind: Mind, home: int, minute: float) -> bool:
    """Whether a home is empty, in truth, on the day of a minute."""
    return bool(mind.truth.empty[home, mind.first_day + int(minute // DAY)])


def finds_of(mind: Mind, knocks: Sequence[Knocked]) -> dict[int, tuple[float, int]]:
    """Home → (minute, number of the knock) at which it first became known to be empty or back."""
    found: dict[int, tuple[float, int]] = {}
    for number, one in enumerate(knocks, 1):
        if one.home not in found and known(mind, one.home, one.minute, one.knock):
            found[one.home] = (one.minute, number)
    return found


def counted(found: dict[int, tuple[float, int]], grid: np.ndarray) -> np.ndarray:
    """How many were known at each minute of a grid."""
    return np.searchsorted(np.sort([minute for minute, _ in found.values()]), grid, side="right")


def _day_end(day: int, run: Run) -> tuple[float, ...]:
    end = day * DAY
    knocks = sum(one.minute < end for one in run.here)
    guided, word, wrong, rival = (
        sum(minute < end for minute, _ in found.values())
        for found in (run.meters, run.word, run.wrong, run.rival)
    )
    as_many = sum(number <= knocks for _, number in run.rival.values())
    steps = sum(one.minute < end for one in run.there)
    return guided, word, wrong, rival, guided - rival, word - rival, as_many, knocks, steps


def _banded(day: int, runs: list[tuple[float, ...]]) -> DayEnd:
    bands = [Band.of(values) for values in zip(*runs, strict=True)]
    return DayEnd(day + 1, *bands)
