"""The revised view: what the days look like once the days after them are known.

Method. The day's points are those of the fold; the belief is smoothed with the days that followed
(the backward half of the forward-backward pass of a two-state hidden Markov model), so a spell is
dated from its onset. Then three plain corrections, each of which a person would make: the zeros
before a catch-up were never zeros; a day unlike the rest of its spell (the day of leaving, a
visitor's day) is no empty day; and an absence of under three days is no spell.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamplit.signals.fold import Arrays, Fold
from lamplit.signals.home_state.calibration import CALLED_AT, revised_probability
from lamplit.signals.home_state.evidence import PARTS
from lamplit.signals.panel import Panel, run_fold, start_carried

Array = np.ndarray[Any, Any]

FOLD_OUTPUTS = (
    "points", "valid", "read", "zero", "hushed", "catchup", "use", "stirring", "verdict", "lowish",
)  # fmt: skip

SPELL_DAYS = 3
"""An absence shorter than this is a trip, not a spell."""
UNLIKE_SHARE, UNLIKE_KWH, UNLIKE_SPREADS = 0.25, 0.1, 4.0
"""A day is unlike its spell above median + max(share × median + kWh, spreads × deviation)."""


LEARNT = {
    "lived_log": "level",
    "lived_kwh": "use",
    "lived_crest": "crest",
    **{f"{part}_usual": f"{part}_off" for part in PARTS},
}
"""What a home carries of its own use, and the day's value that it is the lived-in mean of."""
ENOUGH_DAYS = 3.0
SETTLED_DAYS = 14.0
"""Lived-in days that a home's own use can be learnt from; the weight it then starts with."""


@dataclass(slots=True)
class Hindsight:
    """The revised days, each array (days, homes).

    `empty`: nobody was there, within a spell; `probability`: of that, NaN where the day is not
    valid; `valid`; `seen`: the fold's outputs FOLD_OUTPUTS.
    """

    empty: Array
    probability: Array
    valid: Array
    seen: Arrays


def look_back(fold: Fold, panel: Panel) -> Hindsight:
    """Revise every day of the panel in the light of all its days.

    The days are first run through as they came, which tells the lived-in days and so the home's own
    use; then once more from that, forwards and backwards, because a spell's first day resembles the
    days after it. `panel` begins long enough before the days that are asked for.
    """
    constants = fold.constants()
    leave, back = constants["leave_rate"], constants["return_rate"]
    fresh = start_carried(fold, panel.homes)
    outputs = (*FOLD_OUTPUTS, *LEARNT.values())
    final, seen, _ = run_fold(fold, panel, fresh, outputs)
    _, chance, valid = revise(seen, leave, back)
    rest = resting(seen, valid)
    start = own_use(fresh, final, seen, chance, valid, rest)
    _, seen, _ = run_fold(fold, panel, start, outputs)
    _, behind, _ = run_fold(fold, panel.reversed(), start, ("points", "valid"))
    both = behind["valid"][::-1] > 0
    seen["points"] = np.where(both, (seen["points"] + behind["points"][::-1]) / 2, seen["points"])
    seen["points"] = seen["points"] + REST_POINTS * (rest.timeless & ~rest.lively)
    usual = np.stack([start[f"{part}_usual"] for part in PARTS])
    empty, chance, valid = revise(seen, leave, back, usual)
    return Hindsight(empty, chance, valid, seen)


def own_use(
    fresh: Arrays, final: Arrays, seen: Arrays, chance: Array, valid: Array, rest: Rest
) -> Arrays:
    """What a second run starts from: the home's own use on the days that look lived in.

    A home that was empty when its readings begin, or is empty most of the time, shows what it uses
    only on the days when its people are there.
    """
    weight = np.where(valid, np.clip(1 - 2 * np.nan_to_num(chance, nan=1.0), 0, 1), 0.0)
    weight = np.where(rest.rests, rest.lively, weight)
    start = dict(fresh)
    for name, value in LEARNT.items():
        mean, total = _weighted(seen[value], weight)
        start[name] = np.where(total >= ENOUGH_DAYS, mean, fresh[name])
        if name == "lived_log":
            enough = total >= ENOUGH_DAYS
            spread, _ = _weighted((seen[value] - mean) ** 2, weight)
            start["lived_var"] = np.where(enough, spread, fresh["lived_var"])
            start["lived_days"] = np.where(enough, SETTLED_DAYS, 0.0)
    for name in ("floor_kwh", "rests", "restless"):
        start[name] = final[name]
    return start


RESTING_QUANTILES = (0.05, 0.2)
RESTING_WIDTH = (0.12, 0.12)
"""A home rests at a level where a sixth of its days lie within this share of it, plus kWh."""
LIVELY = (1.25, 0.15)
"""Days above this many times the resting level, plus kWh, are days of people."""
RESTING_ROUND = 0.25
RESTING_DAYS = 10
REST_POINTS = 1.5
"""Points for a quiet day of a home whose quiet days, taken together, know no hour."""
RUN_DAYS, RUN_ROUND = 4, 0.5
"""A spell of at least so many days that, averaged, holds this share of the home's round is none."""
RESTING_UNREST, RESTING_BUMP = 6.0, 0.02
"""Averaged, resting days hold less than this share of the lively days' round, and no round of their
own beyond this many times its sampling variance, plus a bump of this many kWh."""


@dataclass(slots=True)
class Rest:
    """What a home's days say taken together.

    `rests` (homes,): keeps coming back to one lowest level, and its round is that of its lively
    days alone. `lively` (days, homes): days above that level; none where there is no such level.
    `timeless` (homes,): averaged over its quiet days, its load knows no hour of the day.
    """

    rests: Array
    lively: Array
    timeless: Array


def resting(seen: Arrays, valid: Array) -> Rest:
    """Look at all of a home's days together.

    A second home is empty on most days, so "most days" can't tell how it is lived in. But its
    lowest days are alike to a few per cent, and, averaged, they know no hour of the day, while
    its lively days do. A vacant home's days know no hour at all; a frugal elder's do.
    """
    use = np.where(valid, seen["use"], np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # homes without a valid day
        low, high = np.nanquantile(use, RESTING_QUANTILES, axis=0)
    narrow = high - low <= RESTING_WIDTH[0] * low + RESTING_WIDTH[1]
    lively = valid & narrow & (use > LIVELY[0] * high + LIVELY[1])
    quiet = valid & ~lively
    alike, size, still_size, noise = (np.zeros(len(low)) for _ in range(4))
    for part in PARTS:
        off = seen[f"{part}_off"]
        still, count = _weighted(off, quiet)
        moving, _ = _weighted(off, lively)
        wander, _ = _weighted((off - still) ** 2, quiet)
        alike, size = alike + still * moving, size + moving * moving
        still_size, noise = still_size + still * still, noise + wander / np.maximum(count, 1)
    known = (noise > 0) & (count >= RESTING_DAYS)
    timeless = known & (still_size <= RESTING_UNREST * noise + RESTING_BUMP**2)
    apart = (alike <= RESTING_ROUND * size) & (lively.sum(axis=0) >= ENOUGH_DAYS)
    rests = timeless & apart & narrow & (valid.sum(axis=0) >= 20)
    return Rest(rests, lively, timeless & narrow)


def _weighted(values: Array, weight: Array) -> tuple[Array, Array]:
    known = np.isfinite(values) & (weight > 0)
    total = np.where(known, weight, 0.0).sum(axis=0)
    summed = np.where(known, weight * np.nan_to_num(values), 0.0).sum(axis=0, dtype=float)
    return summed / np.maximum(total, 1e-9), total


def revise(
    seen: Arrays, leave_rate: float, return_rate: float, usual: Array | None = None
) -> tuple[Array, Array, Array]:
    """Smooth the fold's days with hindsight.

    `seen`: the fold's outputs named in FOLD_OUTPUTS, each (days, homes). Returns (empty: bool,
    probability: float32, valid: bool), each (days, homes); probability is NaN on days not valid.
    """
    valid = _regate(seen)
    points = np.where(valid, seen["points"], 0.0).astype(np.float32)
    belief = _smooth(points, leave_rate, return_rate)
    empty = (belief >= CALLED_AT) & valid
    if usual is not None:
        lived = _lived_runs(empty, valid, seen, usual)
        belief = np.where(lived, np.minimum(belief, 0.3), belief)
        empty &= ~lived
    unlike = _unlike_its_spell(empty, valid, seen["use"], seen["stirring"])
    whole = _long_enough(empty & ~unlike, valid)
    belief = np.where(unlike, np.minimum(belief, 0.25), belief)
    belief = np.where(~whole & (belief >= CALLED_AT), 0.5, belief)
    chance = revised_probability(np.where(valid, belief, np.nan))
    return whole, chance.astype(np.float32), valid


def _regate(seen: Arrays) -> Array:
    """Validity with hindsight: zeros undone by a catch-up, and hushed zeros that proved real."""
    valid = seen["valid"] > 0
    zero, read, hushed = seen["zero"] > 0, seen["read"] > 0, seen["hushed"] > 0
    catchup = seen["catchup"] > 0
    days, homes = valid.shape
    undo = np.zeros(homes, dtype=bool)
    proved = np.zeros(homes, dtype=bool)
    result = valid.copy()
    for row in range(days - 1, -1, -1):
        off = zero[row] | ~read[row]
        settled = zero[row] & valid[row]
        result[row] &= ~(off & undo)
        result[row] |= hushed[row] & proved & ~undo
        undo = catchup[row] | (undo & off)
        proved = off & (proved | settled)
    return result


def _smooth(points: Array, leave: float, back: float) -> Array:
    """Forward-backward probabilities of "nobody there" from each day's log-odds points."""
    days, homes = points.shape
    likelihood = np.exp(points)
    ahead = np.empty((days, homes), dtype=np.float32)
    follow = np.ones(homes)
    for row in range(days - 1, -1, -1):
        ahead[row] = follow
        weighed = likelihood[row] * follow
        follow = ((1 - back) * weighed + back) / (leave * weighed + (1 - leave))
    probability = np.empty((days, homes), dtype=np.float32)
    belief = np.full(homes, leave / (leave + back))
    for row in range(days):
        carried = leave + belief * (1 - leave - back) if row else belief
        odds = carried * likelihood[row]
        belief = odds / (odds + 1 - carried)
        together = odds * ahead[row]
        probability[row] = together / (together + 1 - carried)
    return np.clip(probability, 0.002, 0.995)


def _runs(flag: Array, bridge: Array) -> tuple[Array, Array]:
    """Number the runs of flagged days of each home, bridged over days in `bridge`.

    Returns (cells, run): flat indices into the (homes, days) layout of the flagged cells, and the
    run number of each.
    """
    days = len(flag)
    by_home, over = flag.T, bridge.T
    day = np.arange(days)
    stop = np.where(~by_home & ~over, day, -1)
    last_stop = np.maximum.accumulate(stop, axis=1)
    cells = np.flatnonzero(by_home.ravel())
    key = (cells // days) * (days + 1) + last_stop.ravel()[cells] + 1
    return cells, np.unique(key, return_inverse=True)[1]


def _lived_runs(empty: Array, valid: Array, seen: Arrays, usual: Array) -> Array:
    """Runs of days called empty that, averaged, hold the home's own daily round after all.

    `usual`: the home's round, (parts, homes).
    """
    days, homes = empty.shape
    out = np.zeros(days * homes, dtype=bool)
    cells, run = _runs(empty, ~valid)
    if len(cells) == 0:
        return out.reshape(homes, days).T
    home = cells // days
    count = np.bincount(run)
    alike, size = np.zeros(len(cells)), np.zeros(len(cells))
    for part, own in zip(PARTS, usual, strict=True):
        off = np.nan_to_num(seen[f"{part}_off"].T.ravel()[cells].astype(float))
        alike += off * own[home]
        size += own[home] ** 2
    share = np.bincount(run, alike) / (np.bincount(run, size) + 0.0016 * count)
    out[cells[((share >= RUN_ROUND) & (count >= RUN_DAYS))[run]]] = True
    return out.reshape(homes, days).T


def _unlike_its_spell(empty: Array, valid: Array, use: Array, stirring: Array) -> Array:
    """Days in a spell that are unlike the rest of it: of leaving, of returning, of a visitor."""
    days, homes = empty.shape
    out = np.zeros(days * homes, dtype=bool)
    cells, run = _runs(empty, ~valid)
    if len(cells) == 0:
        return out.reshape(homes, days).T
    kwh = use.T.ravel()[cells].astype(float)
    moves = np.nan_to_num(stirring.T.ravel()[cells].astype(float))
    middle = _median_by(run, kwh)[run]
    deviation = _median_by(run, np.abs(kwh - middle))[run]
    bound = middle + np.maximum(UNLIKE_SHARE * middle + UNLIKE_KWH, UNLIKE_SPREADS * deviation)
    odd = (kwh > bound) | (moves > _median_by(run, moves)[run] + 2)
    out[cells[odd]] = True
    return out.reshape(homes, days).T


def _median_by(group: Array, values: Array) -> Array:
    """The lower median of the values of each group, groups being numbered from 0."""
    order = np.lexsort((values, group))
    count = np.bincount(group)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    result: Array = values[order][first + (count - 1) // 2]
    return result


def _long_enough(empty: Array, valid: Array) -> Array:
    """Flags that lie in a run of at least SPELL_DAYS days, unread days within it counted."""
    days, homes = empty.shape
    out = np.zeros(days * homes, dtype=bool)
    cells, run = _runs(empty, ~valid)
    if len(cells) == 0:
        return out.reshape(homes, days).T
    day = cells % days
    first = np.full(run.max() + 1, days)
    last = np.full(run.max() + 1, -1)
    np.minimum.at(first, run, day)
    np.maximum.at(last, run, day)
    count = np.bincount(run)
    keep = (last - first + 1 >= SPELL_DAYS) & (count >= SPELL_DAYS - 1)
    out[cells[keep[run]]] = True
    return out.reshape(homes, days).T
