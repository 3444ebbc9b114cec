"""What is told of communities and buildings, night by night, to those who may not see single homes.

Counts that keep the 15/15 rule on each night still give single homes away when two nights are
subtracted: 31 lit yesterday and 30 today is one home that went dark. So a community's counts, and a
building's, are a *showing* that stands until at least LEAST_HOMES of its homes have changed and no
way of subtracting what was told speaks of fewer (see `differing`); only then is a new one made, and
of buildings only on nights of their community. What was told stays told: showings are kept, so that
neither the span that somebody asks for nor a late reading makes another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Cell, Sum, release_sums
from lamplit.domain.words import HomeState
from lamplit.services.field.homes.differing import Array, apart, between, tonight
from lamplit.services.film import CARRIED_OVER, MOST_NIGHTS, Reel, reel_of, span_of
from lamplit.services.home import Home, write_atomically

STATES = tuple(HomeState)
WORDS = tuple(state.word for state in STATES)
ABSENT = len(STATES)
"""The state of a home on a night before it came or after it went."""
NOWHERE = ""
"""The building of homes that stand in none."""
REST = "rest"
"""Of a table: what is not shown anew, together."""
WHOLE = ""
MOST_AT_ONCE = 100
"""Communities whose nights are read together."""
Key = tuple[str, str]
Counts = dict[str, int | None]
Members = Mapping[str, Sequence[str]]
"""Building id → the household codes in it."""


@dataclass(frozen=True, slots=True)
class Showing:
    """Homes by state's word, None where held back; stands from `day` to the next."""

    day: date
    homes: int
    counts: Counts


@dataclass(slots=True)
class Told:
    """What was told of a community from `since` on, of all nights up to `through`, oldest first.

    `homes`: of each household its building, and a sign for its state on each night of `whole`.
    """

    since: date | None = None
    through: date | None = None
    whole: list[Showing] = field(default_factory=list)
    buildings: dict[str, list[Showing]] = field(default_factory=dict)
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)


def showings(home: Home, place_id: str, code: str, members: Members) -> Told:
    """What was told of a community up to the last night. Raises the errors of `span_of`."""
    return tell(home, {place_id: code}, lambda _: {place_id: members})[place_id]


def tell(
    home: Home, communities: Mapping[str, str], members: Callable[[list[str]], dict[str, Members]]
) -> dict[str, Told]:
    """What was told of some communities (id → code) up to the last night, by id.

    `members` is asked only about those of which the last nights are still to be looked at. Raises
    the errors of `span_of`.
    """
    _, last = span_of(home, None, None)
    first, last = span_of(home, last - timedelta(MOST_NIGHTS - 1), last)
    found = {one: _kept(_file(home, one)) for one in communities}
    behind: dict[date, list[str]] = {}
    for one, told in found.items():
        if told.through is None or told.through < last:
            start = first if told.through is None else max(first, told.through + timedelta(1))
            behind.setdefault(start, []).append(one)
    for start, some in behind.items():
        for at in range(0, len(some), MOST_AT_ONCE):
            part = some[at : at + MOST_AT_ONCE]
            inside = members(part)
            reel = reel_of(home, tuple(sorted(communities[one] for one in part)), start, last)
            for one in part:
                # Kept answers are shared; what goes on is a copy.
                told = found[one] = _load(_file(home, one))
                advance(told, _part(reel, communities[one]), inside.get(one, {}))
                told.since, told.through = told.since or start, last
                _save(_file(home, one), told)
    return found


def advance(told: Told, reel: Reel, members: Members) -> None:
    """Add the showings that the reel's nights make to what was told."""
    building = {code: b for b, codes in members.items() for code in codes}
    for household in reel.households:
        _, signs = told.homes.get(household, (NOWHERE, str(ABSENT) * len(told.whole)))
        told.homes[household] = building.get(household, NOWHERE), signs
    if not told.homes:
        return
    course = _Course(told)
    row = {household: at for at, household in enumerate(told.homes)}
    rows = [row[household] for household in reel.households]
    for night in range(reel.nights):
        now = np.full(len(row), ABSENT, np.int8)
        now[rows] = reel.states[:, night] % CARRIED_OVER
        course.look(reel.day(night), now)
    for at, (household, (where, _)) in enumerate(told.homes.items()):
        told.homes[household] = where, "".join(map(str, course.states[at]))


class _Course:
    """The nights of a community as arrays, while they are gone through."""

    def __init__(self, told: Told) -> None:
        self.told = told
        signs = "".join(signs for _, signs in told.homes.values()).encode()
        shape = len(told.homes), len(told.whole)
        self.states = (np.frombuffer(signs, np.int8) - ord("0")).reshape(shape)
        self.groups = sorted({where for where, _ in told.homes.values()} | told.buildings.keys())
        number = {group: at for at, group in enumerate(self.groups)}
        self.group = np.array([number[where] for where, _ in told.homes.values()])
        days = {one.day: at for at, one in enumerate(told.whole)}
        self.shown = np.zeros((len(days), len(number)), bool)
        for building, some in told.buildings.items():
            for one in some:
                self.shown[days[one.day], number[building]] = True
        self.pairs = between(self.states, self.group, len(number))

    def look(self, day: date, now: Array) -> None:
        """Tell what may be told of a night."""
        moved = apart(self.states, now, self.group, len(self.groups))
        here = now != ABSENT
        sizes = np.bincount(self.group[here], minlength=len(self.groups))
        by_itself = [int(n) if g != NOWHERE else 0 for g, n in zip(self.groups, sizes, strict=True)]
        said = tonight(self.pairs, moved, self.shown, by_itself)
        if said is None or not sizes.sum():
            return
        fresh, self.pairs, shown = said
        table = {self.groups[g]: self._counted(now, g) for g in fresh}
        others = [g for g in range(len(self.groups)) if g not in fresh and sizes[g]]
        held, parts = released(table, [self._unknown(now, moved, g) for g in others])
        whole = {w: None if w in held else n for w, n in _by_word(now[here]).items()}
        self.shown = shown
        self.states = np.concatenate([self.states, now[:, None]], axis=1)
        self.told.whole.append(Showing(day, int(sizes.sum()), whole))
        for g in fresh:
            showing = Showing(day, int(sizes[g]), parts[self.groups[g]])
            self.told.buildings.setdefault(self.groups[g], []).append(showing)

    def _counted(self, now: Array, group: int) -> dict[str, int]:
        return _by_word(now[(self.group == group) & (now != ABSENT)])

    def _unknown(self, now: Array, moved: Array, group: int) -> dict[str, int]:
        """A group's counts, without those that are known from an earlier showing and still hold."""
        counts = self._counted(now, group)
        days = {one.day: one for one in self.told.buildings.get(self.groups[group], ())}
        for at, one in enumerate(self.told.whole):
            if moved[at, group] == 0 and one.day in days:
                known = days[one.day].counts
                counts = {w: n for w, n in counts.items() if known[w] is None}
        return counts


def fresh_of(moved: Mapping[str, int]) -> list[str]:
    """The areas to show anew, by how many homes of each changed since it was shown last.

    What stays as it was has changed by none, or by LEAST_HOMES together.
    """
    fresh = sorted((b for b, homes in moved.items() if homes >= LEAST_HOMES), key=moved.__getitem__)
    left = sum(moved.values()) - sum(moved[b] for b in fresh)
    if fresh and 0 < left < LEAST_HOMES:
        fresh.pop(0)
    return sorted(fresh)


def release(table: Mapping[str, Mapping[str, int]]) -> dict[str, Counts]:
    """Counts by building and state, None where held back: `released` without the whole."""
    return released(table)[1]


def released(
    table: Mapping[str, Mapping[str, int]], rest: Sequence[Mapping[str, int]] = ()
) -> tuple[set[str], dict[str, Counts]]:
    """(the states held back of the whole, counts by building and state), None: held back.

    `rest`: of what is not shown anew the counts that are not known anyway. How many homes a
    building has is no secret, and the whole's counts by state are told, so that subtracting gives
    the rest together: it is held to the rule like a building.
    """
    rows: dict[str, Mapping[str, int]] = dict(table)
    left = {w: sum(one.get(w, 0) for one in rest) for w in WORDS if any(w in one for one in rest)}
    if left:
        rows[REST] = left
    cells: dict[Key, Cell] = {}
    for building, counts in rows.items():
        for word, homes in {**counts, WHOLE: sum(counts.values())}.items():
            cells[building, word] = Cell(homes, float(homes), 1.0)
    sums = [Sum((b, WHOLE), tuple((b, w) for w in counts)) for b, counts in rows.items()]
    for word in (*WORDS, WHOLE):
        parts = tuple((b, word) for b in rows if (b, word) in cells)
        homes = sum(cells[part].homes for part in parts)
        cells[WHOLE, word] = Cell(homes, float(homes), 1.0)
        sums.append(Sum((WHOLE, word), parts))
    sums.append(Sum((WHOLE, WHOLE), tuple((WHOLE, word) for word in WORDS)))
    shown = release_sums(cells, sums)
    return {word for word in WORDS if shown[WHOLE, word] is None}, {
        building: {w: None if shown[building, w] is None else n for w, n in counts.items()}
        for building, counts in table.items()
    }


def standing(showings: Sequence[Showing], day: date) -> Showing | None:
    """The showing that stands on a day."""
    return next((one for one in reversed(showings) if one.day <= day), None)


def _by_word(states: Array) -> dict[str, int]:
    found = np.bincount(states, minlength=len(STATES))
    return {state.word: int(found[state]) for state in STATES}


def _part(reel: Reel, code: str) -> Reel:
    """A community's homes of a reel."""
    rows = [at for at, community in enumerate(reel.communities) if community == code]
    homes = [reel.households[at] for at in rows]
    return Reel(reel.first, reel.last, homes, [code] * len(rows), reel.states[rows], [])


def _file(home: Home, place_id: str) -> Path:
    return home.store_dir / "told" / f"{place_id}.json"


def _kept(file: Path) -> Told:
    """What is in a file, shared: not to be changed."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return Told()
    return _read(str(file), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _read(file: str, changed: int, size: int) -> Told:
    told = _load(Path(file))
    return Told(told.since, told.through, told.whole, told.buildings)


def _load(file: Path) -> Told:
    try:
        read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return Told()
    if "whole" not in read:
        # Written when only buildings were told: what came of it can't be gone on with.
        return Told()

    def some(rows: list[Any]) -> list[Showing]:
        return [
            Showing(date.fromisoformat(day), homes, dict(zip(WORDS, counts, strict=True)))
            for day, homes, counts in rows
        ]

    return Told(
        date.fromisoformat(read["since"]), date.fromisoformat(read["through"]),
        some(read["whole"]), {b: some(rows) for b, rows in read["buildings"].items()},
        {household: (where, signs) for household, (where, signs) in read["homes"].items()},
    )  # fmt: skip


def _save(file: Path, told: Told) -> None:
    def rows(some: list[Showing]) -> list[Any]:
        return [[s.day.isoformat(), s.homes, [s.counts[word] for word in WORDS]] for s in some]

    assert told.since is not None
    assert told.through is not None
    kept = {
        "since": told.since.isoformat(),
        "through": told.through.isoformat(),
        "whole": rows(told.whole),
        "buildings": {building: rows(some) for building, some in told.buildings.items()},
        "homes": told.homes,
    }
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
