"""Somebody's row of stretches while pieces leave it and others come, and about what that takes.

Of the many changes that are thought of few are worth walking a row for. So what a change takes is
told beforehand from what is at hand: the minutes at the doors in the part of the day in which the
row is there, the stairwell entered or not, the way there, and how much later everything after it
comes. What it does to the ends of spans only the walk tells (`lamplit.planning.stride`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from lamplit.planning.stride import BEGIN, State, Stretch, Strides

Row = list[Stretch]
_ANYWHERE = 0.15
"""How often what comes is put anywhere in the row, and not where the way to it is least."""


class Walked:
    """Somebody's row as it is: its minutes, the state before each stretch, urgencies after it."""

    __slots__ = ("after", "minutes", "price", "row", "trail")

    def __init__(self, strides: Strides, person: int, row: Row) -> None:
        self.row, self.trail = row, list[State]()
        self.minutes, self.price = 0.0, 0.0
        self.after = [0.0] * (len(row) + 1)
        if row:
            self.minutes, pulled = strides.minutes(person, row, trail=self.trail)
            self.price = strides.pull * pulled
        for at in range(len(row) - 1, -1, -1):
            self.after[at] = self.after[at + 1] + row[at].weight

    def holding(self, unit: int) -> int:
        """Where in the row the stretch of a stairwell is; -1 if nowhere."""
        for at, stretch in enumerate(self.row):
            if stretch.unit == unit:
                return at
        return -1

    def state(self, at: int) -> State:
        """The state before a stretch; where the row is too long the last one that was come to."""
        return self.trail[min(at, len(self.trail) - 1)] if self.trail else BEGIN

    def reached(self, at: int) -> float:
        """Minutes worked before a stretch; before the row's end if there is none."""
        return self.trail[at][5] + self.trail[at][1] if at < len(self.trail) else self.minutes


class Changing:
    """A row from which pieces of one stairwell have gone, and to which others may come.

    `more` are the minutes that it takes more, `pulled` the urgencies' minutes, both about.
    """

    __slots__ = ("_at", "_came", "_cut", "_gone", "_joins", "_kept", "_person", "_strides",
                 "_walked", "more", "pulled")  # fmt: skip

    def __init__(self, strides: Strides, person: int, walked: Walked, gone: Sequence[int]) -> None:
        """Without the pieces `gone`, which are of one stretch (or none)."""
        self._strides, self._person, self._walked = strides, person, walked
        self._kept, self._gone = walked.row.copy(), gone
        self._came: Sequence[int] = ()
        self._cut = self._at = -1
        self._joins = False
        self.more = self.pulled = 0.0
        if not gone:
            return
        at = walked.holding(strides.pieces[gone[0]].unit)
        stretch = self._kept[at]
        part = strides.part(person, walked.state(at))
        if len(gone) == len(stretch.pieces):
            del self._kept[at]
            self.more = -(stretch.both[part][-1] + stretch.into[0] + stretch.out[-1])
            self.more -= self._detour(at, stretch.building)
        else:
            self._cut, inside = at, strides.inside[part]
            self.more = -sum([inside[one] for one in gone])
        weight = sum([strides.weight[one] for one in gone])
        self.pulled = self.more * walked.after[at + 1] - walked.reached(at) * weight

    def add(self, pieces: Sequence[int], draw: float) -> None:
        """With `pieces` of one stairwell: in its stretch, where the way is least, or anywhere."""
        if not pieces:
            return
        self._came = pieces
        strides, walked = self._strides, self._walked
        unit = strides.pieces[pieces[0]].unit
        more = 0.0
        for at, stretch in enumerate(self._kept):
            if stretch.unit == unit:
                self._joins, self._at = True, at
                break
        else:
            more = self._placed(strides.pieces[pieces[0]].building, draw) + strides.enter[unit]
        at = min(self._at, len(walked.row))
        inside = strides.inside[strides.part(self._person, walked.state(at))]
        more += sum([inside[one] for one in pieces])
        weight = sum([strides.weight[one] for one in pieces])
        self.more += more
        self.pulled += more * walked.after[at] + walked.reached(at) * weight

    def row(self) -> Row:
        """The row as it has become; asked for once."""
        strides, row, came = self._strides, self._kept, self._came
        joins = self._joins
        if self._cut >= 0:
            rest = [one for one in row[self._cut].pieces if one not in self._gone]
            if joins and self._at == self._cut:
                rest, came = [*rest, *came], ()
            row[self._cut] = strides.stretch(rest)
        if came and joins:
            row[self._at] = strides.stretch([*row[self._at].pieces, *came])
        elif came:
            row.insert(self._at, strides.stretch(came))
        return row

    def _placed(self, building: int, draw: float) -> float:
        """Choose where a stretch of a building comes in; the minutes of its detour."""
        kept, ways = self._kept, self._strides.ways
        if draw < _ANYWHERE:
            self._at = int(draw / _ANYWHERE * (len(kept) + 1))
            return self._detour(self._at, building)
        back, best = ways[building], inf
        start = self._strides.from_home[self._person]
        for at, stretch in enumerate(kept):
            there = stretch.building
            found = start[building] + back[there] - start[there]
            if found < best:
                best, self._at = found, at
            start = ways[there]
        if start[building] < best:
            best, self._at = start[building], len(kept)
        return best

    def _detour(self, at: int, building: int) -> float:
        """The way to a building before a stretch of those kept, more than without it."""
        ways, kept = self._strides.ways, self._kept
        start = ways[kept[at - 1].building] if at else self._strides.from_home[self._person]
        if at == len(kept):
            return start[building]
        there = kept[at].building
        return start[building] + ways[building][there] - start[there]
