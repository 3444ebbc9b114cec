"""What the neighbours say: the peer index of a community, and the silence of a collector.

Both come from the day's values alone, so they can be worked out before any home's state is. Their
own memory (the community's recent level, the collector's usual share of zeros) is carried by group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lamplit.signals.panel import Panel

Array = np.ndarray[Any, Any]

PEER_HOMES = 15
"""Homes in use that a community needs before its index is believed."""
PEER_KWH = 2.0
"""Only homes evidently in use that day are counted: a town that leaves does not lower its index."""
PEER_MEMORY = 60
"""Days over which a community's level is remembered."""
LOG_GRAIN = 2.0**-24
"""Logs are summed in whole grains of this size: exactly, up to ten million homes in a group."""
PEER_BOUNDS = (0.3, 1.2)
"""A common fall explains a home's fall; a common rise must not make a steady home look low."""

SILENT_METERS = 8
"""Meters that a collector or building needs before its silence says anything."""
SILENT_SHARE = 0.3
SILENT_TIMES = 5.0
"""Silent: at least this share of meters at zero, and this many times the usual share."""
SILENT_MEMORY = 14


@dataclass(slots=True)
class GroupMemory:
    """What is carried for each group (community, collector or building).

    `level`: mean log use of homes in use; `days`: days behind it; `zeros`: usual share of zeros,
    NaN before the first day. Each array has shape (groups,).
    """

    level: Array
    days: Array
    zeros: Array

    @classmethod
    def fresh(cls, groups: int) -> GroupMemory:
        """Memory of groups not seen before."""
        return cls(np.zeros(groups), np.zeros(groups), np.full(groups, np.nan))


@dataclass(slots=True)
class GroupSums:
    """What homes add to their groups, day by day: `count` and `total`, each (days, groups).

    They can be added in any order and any parts, and come to the same to the last bit: a night in
    one piece, in shards, or on another engine says the same of a group.
    """

    count: Array
    total: Array

    def __add__(self, other: GroupSums) -> GroupSums:
        return GroupSums(self.count + other.count, self.total + other.total)


def peer_sums(panel: Panel, community: Array, groups: int) -> GroupSums:
    """Homes of each community that are evidently in use, and the sum of the log of their use.

    `community`: group number of each home, shape (homes,), -1 where unknown.
    """
    solar = panel.static.get("solar", np.zeros(panel.homes)) > 0
    member = (community >= 0) & ~solar
    found = _no_sums(panel.days, groups)
    for row in range(panel.days):
        kwh = panel.features["kwh"][row]
        used = member & (kwh > PEER_KWH) & (panel.features["quality"][row] == 0)
        # Whole grains: sums of these are exact, so that their order is of no account.
        logs = np.round(np.log(kwh[used].astype(float)) / LOG_GRAIN) * LOG_GRAIN
        found.count[row] = np.bincount(community[used], minlength=groups)
        found.total[row] = np.bincount(community[used], weights=logs, minlength=groups)
    return found


def peer_index(
    sums: GroupSums, memory: GroupMemory, keep_rows: tuple[int, ...] = ()
) -> tuple[Array, GroupMemory, dict[int, GroupMemory]]:
    """Each community's use against its own recent past, day by day.

    `sums`: those of `peer_sums`. Returns an array (days, groups), 1 where unknown, rounded to 0.01
    so that one late reading seldom moves it; the memory after the last day; and the memory after
    each of `keep_rows`.
    """
    level, days = memory.level.copy(), memory.days.copy()
    index = np.ones(sums.count.shape, dtype=np.float32)
    kept: dict[int, GroupMemory] = {}
    bounds = np.log(PEER_BOUNDS)
    for row, count in enumerate(sums.count):
        mean, enough = sums.total[row] / np.maximum(count, 1), count >= PEER_HOMES
        level = np.where(enough & (days == 0), mean, level)
        ratio = np.exp(np.clip(mean - level, bounds[0], bounds[1]))
        index[row] = np.where(enough, np.round(ratio, 2), 1.0)
        days = days + enough
        pace = 1.0 / np.minimum(np.maximum(days, 1), PEER_MEMORY)
        level = np.where(enough, level + pace * (mean - level), level)
        if row in keep_rows:
            kept[row] = GroupMemory(level, days, memory.zeros)
    return index, GroupMemory(level, days, memory.zeros), kept


def silence_sums(panel: Panel, group: Array, groups: int) -> GroupSums:
    """Homes of each collector (or building) that were read, and how many of them read zero."""
    found = _no_sums(panel.days, groups)
    for row in range(panel.days):
        kwh = panel.features["kwh"][row]
        read = (group >= 0) & ~np.isnan(kwh)
        found.count[row] = np.bincount(group[read], minlength=groups)
        found.total[row] = np.bincount(group[read & (kwh == 0)], minlength=groups)
    return found


def silence(
    sums: GroupSums, memory: GroupMemory, keep_rows: tuple[int, ...] = ()
) -> tuple[Array, GroupMemory, dict[int, GroupMemory]]:
    """Whether each collector (or building) reads nothing, day by day.

    `sums`: those of `silence_sums`. Returns an array (days, groups) of 0 and 1, the memory after
    the last day, and after each of `keep_rows`. A silent day leaves the usual share alone.
    """
    usual = memory.zeros.copy()
    silent = np.zeros(sums.count.shape, dtype=np.float32)
    kept: dict[int, GroupMemory] = {}
    for row, count in enumerate(sums.count):
        share = sums.total[row] / np.maximum(count, 1)
        known = count >= SILENT_METERS
        usual = np.where(known & np.isnan(usual), share, usual)
        hush = known & (share >= SILENT_SHARE) & (share >= SILENT_TIMES * usual)
        silent[row] = hush
        usual = np.where(known & ~hush, usual + (share - usual) / SILENT_MEMORY, usual)
        if row in keep_rows:
            kept[row] = GroupMemory(memory.level, memory.days, usual)
    return silent, GroupMemory(memory.level, memory.days, usual), kept


def _no_sums(days: int, groups: int) -> GroupSums:
    return GroupSums(np.zeros((days, groups)), np.zeros((days, groups)))


def spread(values: Array, group: Array, default: float) -> Array:
    """Group values (days, groups) as home values (days, homes); `default` where group is -1."""
    if values.shape[1] == 0:
        return np.full((values.shape[0], len(group)), default, dtype=np.float32)
    return np.where(group >= 0, values[:, group], np.float32(default))
