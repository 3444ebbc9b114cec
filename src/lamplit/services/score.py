"""Score states against a truth: how far the list can be trusted.

The question scored is "nobody home all day, inside an empty spell of at least 3 days". Every
home-day of the truth is judged; a day without a state, or with the state unknown, is not
flagged, so an empty day that was not read costs recall. Nothing is left out of the sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lamplit.domain.accuracy import (
    AtK,
    Bin,
    Check,
    Confusion,
    Delay,
    Dimension,
    FlagKind,
    FlagScore,
    Group,
    Measure,
    Reliability,
    Scope,
    Score,
    Target,
)
from lamplit.domain.intervals import Interval, inverse, quantile, wilson
from lamplit.domain.words import EMPTY_STATES, HomeState
from lamplit.services.score_input import Array, Grid, build_grid, next_true, run_end

EVEN = 0.5
"""The probability from which a day is flagged."""

HOME_MONTH = 30
"""Lived-in home-days in one home-month."""

LADDER = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
RESAMPLES = 400
MOST_CLUSTERS = 2_000
"""Above this many homes, whole groups of homes are drawn: as valid, and the cost stays put."""

BINS = 10


def score(
    states: pa.Table,
    truth: pa.Table,
    *,
    missing: pa.Table | None = None,
    states_name: str = "states",
    truth_name: str = "truth",
) -> Score:
    """The whole report; the names are what problems call the two tables.

    states: household_id, day, state [, probability, coverage]; truth: household_id, day, and
    empty_spell or occupied [, home_class, confounder, missing]. `missing` (household_id, day)
    lists days without an actual reading. Figures are the same for the same input (fixed seed).
    Raises LamplitError with a code `score.…` where the tables cannot be scored.
    """
    grid = build_grid(states, truth, missing, states_name=states_name, truth_name=truth_name)
    weights = Bootstrap(len(grid.households))
    unknown = grid.judged & (grid.state == HomeState.UNKNOWN)
    by_state = _flag_by_state(grid)
    by_chance = _flag_by_probability(grid)
    scored = _score_flags(grid, by_state, grid.judged, unknown, weights, "state")
    chance_scored = None
    differing = 0
    if by_chance is not None:
        differing = int(np.count_nonzero(by_state ^ by_chance))
        chance_scored = _score_flags(grid, by_chance, grid.judged, unknown, weights, "probability")
    at_k, tonight, ranked = _ranking(grid, by_state)
    return Score(
        scope=_scope(grid, ranked),
        by_state=scored,
        by_probability=chance_scored,
        differing_days=differing,
        unknown=_share(unknown, grid.judged, weights),
        at_k=at_k,
        list_tonight=tonight,
        reliability=tuple(_reliabilities(grid, weights)),
        missing_as_dark=_missing_as_dark(grid, by_state),
        frugal_called_empty=_frugal(grid, by_state),
        groups=tuple(_groups(grid, by_state, unknown, weights)),
    )


class Bootstrap:
    """Homes drawn with replacement: the days of one home go together, so days are not drawn."""

    def __init__(self, homes: int, resamples: int = RESAMPLES) -> None:
        generator = np.random.default_rng(20200207)
        self.clusters = min(homes, MOST_CLUSTERS)
        self.cluster = generator.permutation(homes) % self.clusters
        drawn = generator.integers(0, self.clusters, size=(resamples, self.clusters))
        offsets = np.arange(resamples)[:, None] * self.clusters
        counts = np.bincount((drawn + offsets).ravel(), minlength=resamples * self.clusters)
        self.weights: Array = counts.reshape(resamples, self.clusters).astype(np.float32)

    def sums(self, per_home: Array) -> Array:
        """Each resample's column sums of an array (homes, columns): (resamples, columns)."""
        columns = [
            np.bincount(self.cluster, weights=per_home[:, k], minlength=self.clusters)
            for k in range(per_home.shape[1])
        ]
        drawn: Array = self.weights.astype(np.float64) @ np.stack(columns, axis=1)
        return drawn

    def ratio(self, over: Array, under: Array) -> Interval | None:
        """The interval of a ratio of sums over homes, each given per home."""
        top, bottom = self.sums(np.stack([over, under], axis=1)).T
        return interval_of(_divide(top, bottom))


def _divide(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        divided: Array = np.where(bottom > 0, top / bottom, np.nan)
    return divided


def interval_of(drawn: Array) -> Interval | None:
    """The middle 95 % of the resamples; None where fewer than half could be worked out."""
    known = drawn[np.isfinite(drawn)]
    if len(known) * 2 < len(drawn):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(float(low), float(high), "bootstrap-by-home")


def _per_home(mask: Array) -> Array:
    counts: Array = np.count_nonzero(mask, axis=1)
    return counts


def _share(part: Array, whole: Array, weights: Bootstrap) -> Measure:
    parts, wholes = _per_home(part), _per_home(whole)
    top, bottom = int(parts.sum()), int(wholes.sum())
    return Measure(
        top / bottom if bottom else None,
        bottom,
        wilson(top, bottom),
        weights.ratio(parts, wholes) if bottom else None,
    )


def _flag_by_state(grid: Grid) -> Array:
    flagged: Array = grid.judged & np.isin(grid.state, [int(state) for state in EMPTY_STATES])
    return flagged


def _flag_by_probability(grid: Grid) -> Array | None:
    if grid.probability is None:
        return None
    with np.errstate(invalid="ignore"):
        flagged: Array = grid.judged & (grid.probability >= EVEN)
    return flagged


def _score_flags(
    grid: Grid, flagged: Array, within: Array, unknown: Array, weights: Bootstrap, kind: FlagKind
) -> FlagScore:
    """Score one way of flagging over the home-days of `within`."""
    empty = grid.empty & within
    said = flagged & within
    cells = (said & empty, said & ~empty, empty & ~said, within & ~said & ~empty)
    counts = np.stack([_per_home(cell) for cell in cells], axis=1)
    confusion = Confusion(*(int(total) for total in counts.sum(axis=0)))
    drawn = weights.sums(counts)
    alarms = _false_alarm_starts(grid, flagged) & within
    lived = _per_home(within & ~empty)
    count, days = int(np.count_nonzero(alarms)), int(lived.sum())
    return FlagScore(
        flag=kind,
        confusion=confusion,
        precision=_share(cells[0], said, weights),
        recall=_share(cells[0], empty, weights),
        recall_known=_share(cells[0] & ~unknown, empty & ~unknown, weights),
        f1=Measure(confusion.f1, confusion.days, interval_of(_f1(drawn))),
        mcc=Measure(confusion.mcc, confusion.days, interval_of(_mcc(drawn))),
        false_alarms=count,
        lived_in_days=days,
        false_alarms_per_home_month=Measure(
            count * HOME_MONTH / days if days else None,
            days / HOME_MONTH,
            weights.ratio(_per_home(alarms) * HOME_MONTH, lived) if days else None,
        ),
        delay=_delay(grid, flagged, within, weights),
    )


def _f1(drawn: Array) -> Array:
    tp, fp, fn, _ = drawn.T
    return _divide(2 * tp, 2 * tp + fp + fn)


def _mcc(drawn: Array) -> Array:
    tp, fp, fn, tn = drawn.T
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return _divide(tp * tn - fp * fn, np.sqrt(margins))


def _false_alarm_starts(grid: Grid, flagged: Array) -> Array:
    """First days of flagged runs that hold no truly empty day. A gap of a day parts two runs."""
    starts = flagged.copy()
    starts[:, 1:] &= ~flagged[:, :-1]
    alarms: Array = starts & (next_true(grid.empty & grid.judged) > run_end(flagged))
    return alarms


def _delay(grid: Grid, flagged: Array, within: Array, weights: Bootstrap) -> Delay:
    empty = grid.empty & grid.judged
    starts = empty.copy()
    starts[:, 1:] &= ~empty[:, :-1]
    home, first = np.nonzero(starts & within)
    waited = next_true(flagged)[home, first] - first
    found = waited <= run_end(empty)[home, first] - first
    # A spell that was under way when the home's truth begins has no first empty day to wait from.
    open_at_start = first == np.argmax(grid.judged, axis=1)[home]
    dated = ~open_at_start
    days, homes = waited[found & dated], home[found & dated]
    every = np.where(found, waited, np.inf)[dated]
    middle = quantile(every.tolist(), 0.5)
    spells, finds = len(first), int(np.count_nonzero(found))
    lost = np.bincount(home[~found], minlength=len(grid.households))
    all_spells = np.bincount(home, minlength=len(grid.households))
    return Delay(
        spells=spells,
        found=finds,
        open_at_start=int(np.count_nonzero(open_at_start)),
        median=_waiting(days, homes, 0.5, weights),
        p90=_waiting(days, homes, 0.9, weights),
        median_of_all=None if middle is None or np.isinf(middle) else middle,
        never_found=Measure(
            (spells - finds) / spells if spells else None,
            spells,
            wilson(spells - finds, spells),
            weights.ratio(lost, all_spells) if spells else None,
        ),
    )


def _waiting(days: Array, homes: Array, share: float, weights: Bootstrap) -> Measure:
    """A quantile of whole days, with the quantile of each resample of homes around it."""
    if not len(days):
        return Measure(None, 0)
    histogram = np.zeros((weights.clusters, int(days.max()) + 1))
    np.add.at(histogram, (weights.cluster[homes], days), 1)
    drawn = np.cumsum(weights.weights.astype(np.float64) @ histogram, axis=1)
    reached = drawn >= share * drawn[:, -1:] - 1e-9
    resampled = np.where(drawn[:, -1] > 0, reached.argmax(axis=1), np.nan)
    return Measure(quantile(days.tolist(), share), len(days), interval_of(resampled))


def _ranking(grid: Grid, flagged: Array) -> tuple[tuple[AtK, ...], AtK | None, int]:
    """Homes ranked by probability on the last day that has both a truth and a known state."""
    both = np.flatnonzero((grid.judged & grid.has_row).any(axis=0))
    last = int(both[-1])
    judged = grid.judged[:, last]
    empty = grid.empty[judged, last]
    said = flagged[judged, last]
    chance = said.astype(np.float64)
    if grid.probability is not None:
        chance = np.nan_to_num(grid.probability[judged, last].astype(np.float64), nan=-1.0)
    steps = tuple(_at_k(k, chance, empty) for k in LADDER if k <= len(empty))
    knocked = int(np.count_nonzero(said))
    tonight = None
    if knocked:
        hits = int(np.count_nonzero(empty & said))
        tonight = _step(knocked, hits, 0, int(np.count_nonzero(empty)))
    return steps, tonight, last


def _at_k(k: int, chance: Array, empty: Array) -> AtK:
    cut = np.partition(chance, len(chance) - k)[len(chance) - k]
    above, tied = chance > cut, chance == cut
    taken = k - int(np.count_nonzero(above))
    ties = int(np.count_nonzero(tied))
    hits = np.count_nonzero(empty & above) + taken * np.count_nonzero(empty & tied) / ties
    return _step(k, float(hits), ties if ties > taken else 0, int(np.count_nonzero(empty)))


def _step(k: int, hits: float, tied: int, empty: int) -> AtK:
    around = wilson(hits, k)
    return AtK(
        k=k,
        hits=hits,
        tied_at_cut=tied,
        precision=Measure(hits / k, k, around),
        knocks_per_find=Measure(k / hits if hits else None, k, inverse(around)),
        attainable=min(k, empty) / k,
    )


def _scope(grid: Grid, ranked: int) -> Scope:
    judged = np.flatnonzero(grid.judged.any(axis=0))
    return Scope(
        homes=len(grid.households),
        home_days=int(np.count_nonzero(grid.judged)),
        empty_days=int(np.count_nonzero(grid.empty)),
        first_day=grid.day(int(judged[0])).isoformat(),
        last_day=grid.day(int(judged[-1])).isoformat(),
        ranked_day=grid.day(ranked).isoformat(),
        truth_days_without_state=int(np.count_nonzero(grid.judged & ~grid.has_row)),
        state_rows_without_truth=grid.rows_without_truth,
        state_rows_joined=grid.rows_joined,
        spells_derived=grid.spells_derived,
    )


def _reliabilities(grid: Grid, weights: Bootstrap) -> Iterator[Reliability]:
    if grid.probability is None:
        return
    known = grid.judged & np.isfinite(grid.probability)
    if not known.any():
        return
    if grid.nobody is not None:
        yield _reliability("nobody_home", grid.probability, grid.nobody, known, weights)
    yield _reliability("empty_spell", grid.probability, grid.empty, known, weights)


def _reliability(
    target: Target, probability: Array, so: Array, known: Array, weights: Bootstrap
) -> Reliability:
    home = np.nonzero(known)[0]
    said = np.clip(probability[known].astype(np.float64), 0, 1)
    true = so[known].astype(np.float64)
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    cell = weights.cluster[home] * BINS + place
    size = weights.clusters * BINS

    def tally(values: Array | None = None) -> Array:
        counted = np.bincount(cell, weights=values, minlength=size).astype(np.float64)
        return counted.reshape(weights.clusters, BINS)

    days, chance, truths = tally(), tally(said), tally(true)
    missed = tally((said - true) ** 2).sum(axis=1, keepdims=True)
    drawn = weights.weights.astype(np.float64) @ np.hstack([days, chance, truths, missed])
    totals = np.hstack([days, chance, truths, missed]).sum(axis=0)[None, :]
    ece, brier = _calibration(totals)
    many_ece, many_brier = _calibration(drawn)
    return Reliability(
        target=target,
        days=len(said),
        ece=Measure(float(ece[0]), len(said), interval_of(many_ece)),
        brier=Measure(float(brier[0]), len(said), interval_of(many_brier)),
        bins=tuple(_bin(k, totals[0]) for k in range(BINS)),
    )


def _calibration(sums: Array) -> tuple[Array, Array]:
    """(expected calibration error, Brier score) of rows of bin sums."""
    days, chance, truths = (sums[:, k * BINS : (k + 1) * BINS] for k in range(3))
    total = days.sum(axis=1)
    return _divide(np.abs(chance - truths).sum(axis=1), total), _divide(sums[:, -1], total)


def _bin(k: int, totals: Array) -> Bin:
    days, chance, truths = (float(totals[part * BINS + k]) for part in range(3))
    return Bin(
        low=k / BINS,
        high=(k + 1) / BINS,
        days=int(days),
        mean_probability=chance / days if days else None,
        share_true=truths / days if days else None,
        interval=wilson(truths, days),
    )


def _missing_as_dark(grid: Grid, flagged: Array) -> Check:
    if grid.missing is None:
        return Check(0, None, 0, grid.missing_by)
    missing = grid.missing & grid.judged
    return _check(flagged & missing, missing, grid.missing_by)


def _frugal(grid: Grid, flagged: Array) -> Check:
    mask = np.zeros_like(grid.judged)
    sources = []
    for name, codes, labels in _dimensions(grid):
        for label, chosen in _by_label(codes, labels, name):
            if "frugal" in label.lower():
                mask |= chosen
                sources.append(f"{name} {label}")
    at_home = mask & grid.judged & ~grid.empty
    if not sources:
        return Check(0, None, 0, "no home_class or confounder is named frugal")
    return _check(flagged & at_home, at_home, ", ".join(sources))


def _check(wrong: Array, of: Array, judged_by: str) -> Check:
    return Check(
        int(np.count_nonzero(wrong)),
        int(np.count_nonzero(of)),
        int(np.count_nonzero(wrong.any(axis=1))),
        judged_by,
    )


def _dimensions(grid: Grid) -> Iterator[tuple[Dimension, Array, Sequence[str]]]:
    if grid.class_code is not None:
        yield "home_class", grid.class_code, grid.class_labels
    if grid.confounder_code is not None:
        yield "confounder", grid.confounder_code, grid.confounder_labels


def _by_label(codes: Array, texts: Sequence[str], name: str) -> Iterator[tuple[str, Array]]:
    """Each label with the home-days under it; a home-day with 'a;b' is under a and under b."""
    split: dict[str, list[int]] = {}
    for code, text in enumerate(texts):
        if code == 0:
            continue
        for label in {part.strip() for part in text.split(";")} - {""} or {""}:
            split.setdefault(label, []).append(code)
    lookup: Any = np.zeros(len(texts), dtype=bool)
    for label in sorted(split):
        lookup[:] = False
        lookup[split[label]] = True
        yield label or ("none" if name == "confounder" else "not said"), lookup[codes]


def _groups(grid: Grid, flagged: Array, unknown: Array, weights: Bootstrap) -> Iterator[Group]:
    for name, codes, labels in _dimensions(grid):
        for label, chosen in _by_label(codes, labels, name):
            within = chosen & grid.judged
            yield Group(
                dimension=name,
                label=label,
                homes=int(np.count_nonzero(within.any(axis=1))),
                days=int(np.count_nonzero(within)),
                unknown=_share(unknown & within, within, weights),
                score=_score_flags(grid, flagged, within, unknown, weights, "state"),
            )
