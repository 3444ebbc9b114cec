"""One round trip through all buildings: nearest neighbour, then 2-opt and Or-opt.

The tour only says which buildings lie side by side; people get stretches of it.
Sources: G. A. Croes, Operations Research 6 (1958) 791-812; I. Or, thesis, Northwestern (1976).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamplit.planning.travel import Floats

_SWEEPS = 30


def round_trip(walk: Floats, buildings: Sequence[int]) -> list[int]:
    """`buildings` in the order of a short closed tour, starting with the first of them."""
    if len(buildings) < 4:
        return list(buildings)
    at = np.asarray(buildings, dtype=np.int64)
    apart = walk[np.ix_(at, at)]
    order = _nearest_neighbour(apart)
    for _ in range(_SWEEPS):
        if not (_two_opt(apart, order) | _or_opt(apart, order)):
            break
    start = order.index(0)
    return [int(at[i]) for i in order[start:] + order[:start]]


def _nearest_neighbour(apart: Floats) -> list[int]:
    order, open_ = [0], np.ones(len(apart), dtype=bool)
    open_[0] = False
    while open_.any():
        order.append(int(np.argmin(np.where(open_, apart[order[-1]], np.inf))))
        open_[order[-1]] = False
    return order


def _two_opt(apart: Floats, order: list[int]) -> bool:
    """Turn stretches round wherever that is shorter; the best for each start, one sweep."""
    better, n = False, len(order)
    for i in range(n - 2):
        seq = np.asarray(order)
        a, b = seq[i], seq[i + 1]
        c, d = seq[i + 2 :], np.append(seq[i + 3 :], seq[0])
        change = apart[a, c] + apart[b, d] - apart[a, b] - apart[c, d]
        k = int(np.argmin(change))
        if change[k] < -1e-9:
            order[i + 1 : i + 3 + k] = order[i + 1 : i + 3 + k][::-1]
            better = True
    return better


def _or_opt(apart: Floats, order: list[int]) -> bool:
    """Move single stops to where they cost least, one sweep."""
    better = False
    for stop in list(order):
        at, n = order.index(stop), len(order)
        before, after = order[at - 1], order[(at + 1) % n]
        saved = apart[before, stop] + apart[stop, after] - apart[before, after]
        rest = order[:at] + order[at + 1 :]
        seq = np.asarray(rest)
        nxt = np.roll(seq, -1)
        cost = apart[seq, stop] + apart[stop, nxt] - apart[seq, nxt]
        k = int(np.argmin(cost))
        if cost[k] < saved - 1e-9:
            order[:] = [*rest[: k + 1], stop, *rest[k + 1 :]]
            better = True
    return better
