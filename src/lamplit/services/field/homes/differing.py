"""In how many homes figures differ that are told of a community and of its buildings.

Whoever keeps what was told on several nights may subtract any of it: two nights of the community,
two of a building, the buildings from the community, and such differences from each other. What such
a difference speaks of are the homes whose state is not the same on the nights it is made of; it
says too much where they are few. A *group* is a building, or the homes that stand in none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamplit.domain.disclosure import LEAST_HOMES

Array = np.ndarray[Any, Any]


def apart(nights: Array, now: Array, groups: Array, count: int) -> Array:
    """(nights, groups) of how many homes of each group are not `now` what they were on a night.

    `nights`: states (homes, nights); `now`: (homes,); `groups`: each home's, of `count`.
    """
    found = np.zeros((nights.shape[1], count), np.int32)
    for night in range(nights.shape[1]):
        found[night] = np.bincount(groups[nights[:, night] != now], minlength=count)
    return found


def between(nights: Array, groups: Array, count: int) -> Array:
    """(nights, nights, groups): `apart` between all nights."""
    size = nights.shape[1]
    found = np.zeros((size, size, count), np.int32)
    for night in range(size):
        found[night] = apart(nights, nights[:, night], groups, count)
    return found


def says_little(pairs: Array, shown: Array) -> bool:
    """Whether every difference of what is told speaks of LEAST_HOMES homes or more, or of none.

    `pairs`: as `between` gives it, of the nights on which the community is told; `shown`: (nights,
    groups), whether a group was told on that night. Group by group the worst choice of nights is
    taken, so no way of picking them is left out.
    """
    # The homes in which a group, as it is best known from what was told of it, differs on a night.
    known = np.where(shown[None, :, :], pairs, LEAST_HOMES).min(axis=1, initial=LEAST_HOMES)
    if not _all_enough(known.sum(axis=1)):
        return False
    # Two nights of the community subtracted, with some groups taken out on both.
    either = np.minimum(pairs, known[:, None, :] + known[None, :, :]).sum(axis=2)
    return _all_enough(either)


def tonight(
    pairs: Array, now: Array, shown: Array, sizes: Sequence[int]
) -> tuple[list[int], Array, Array] | None:
    """Which groups to tell anew beside the community; None where nothing may be told tonight.

    `pairs`, `shown`: of the nights so far, as `says_little` takes them; `now`: as `apart` gives it;
    `sizes`: the homes of each group, 0 for what is never told by itself. Gives `pairs` and `shown`
    with tonight in them, too.
    """
    if len(now) and int(now.sum(axis=1).min()) < LEAST_HOMES:
        return None
    moved = np.where(shown, now, np.iinfo(np.int32).max).min(axis=0, initial=2**31 - 1)
    fresh = [g for g in np.argsort(moved, kind="stable") if moved[g] >= LEAST_HOMES and sizes[g]]
    longer = _with(pairs, now)
    while True:
        line = np.zeros((1, shown.shape[1]), bool)
        line[0, fresh] = True
        after = np.concatenate([shown, line])
        if says_little(longer, after):
            return [int(g) for g in fresh], longer, after
        if not fresh:
            return None
        # The one that changed least waits for another night.
        fresh.pop(0)


def _with(pairs: Array, now: Array) -> Array:
    size, count = len(now), now.shape[1]
    longer = np.zeros((size + 1, size + 1, count), np.int32)
    longer[:size, :size] = pairs
    longer[size, :size] = longer[:size, size] = now
    return longer


def _all_enough(homes: Array) -> bool:
    return bool(((homes == 0) | (homes >= LEAST_HOMES)).all())
