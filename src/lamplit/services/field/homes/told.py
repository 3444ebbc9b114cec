"""What is told of buildings, night by night, to those who may not see single homes.

Counts that keep the 15/15 rule on each night still give single homes away when two nights are
subtracted: 31 lit yesterday and 30 today is one home that went dark. So a building's counts are a
*showing* that stands until at least LEAST_HOMES of its homes have changed; only then is a new one
made. Where the buildings that were not shown anew would be found by subtracting from the whole
community's counts, one more keeps its old showing (complementary suppression). What was told stays
told: showings are kept, so that neither the span that somebody asks for nor a late reading makes
another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.disclosure_sums import Cell, Sum, release_sums
from lamplit.domain.words import HomeState
from lamplit.services.film import CARRIED_OVER, MOST_NIGHTS, Reel, reel_of, span_of
from lamplit.services.home import Home, write_atomically

STATES = tuple(HomeState)
REST = "rest"
"""Of a table: the buildings that are not shown anew, together."""
WHOLE = ""
Key = tuple[str, str]
Members = Mapping[str, Sequence[str]]
"""Building id → the household codes in it."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A building's homes by state's word, None where held back; stands from `day` to the next."""

    day: date
    homes: int
    counts: dict[str, int | None]


@dataclass(slots=True)
class _Kept:
    """What is kept of a building: its showings, and each home's state when the last was made."""

    showings: list[Showing]
    then: dict[str, int]


def showings(
    home: Home, place_id: str, code: str, members: Members
) -> tuple[date, dict[str, list[Showing]]]:
    """(the first night told of, each building's showings up to the last night, oldest first).

    `place_id`, `code`: the community's. Raises the errors of `span_of`.
    """
    file = home.store_dir / "told" / f"{place_id}.json"
    since, through, kept = _load(file)
    _, last = span_of(home, None, None)
    first, last = span_of(home, last - timedelta(MOST_NIGHTS - 1), last)
    if through is None or through < last:
        start = first if through is None else max(first, through + timedelta(1))
        advance(kept, reel_of(home, (code,), start, last), members)
        since = since or start
        _save(file, since, last, kept)
    assert since is not None
    return since, {building: one.showings for building, one in kept.items()}


def advance(kept: dict[str, _Kept], reel: Reel, members: Members) -> None:
    """Add the showings that the reel's nights make to what is kept."""
    row = {household: at for at, household in enumerate(reel.households)}
    inside = {b: [c for c in codes if c in row] for b, codes in members.items()}
    for night in range(reel.nights):
        column = reel.states[:, night] % CARRIED_OVER
        now = {b: {c: int(column[row[c]]) for c in codes} for b, codes in inside.items() if codes}
        moved = {b: _moved(kept.get(b), states) for b, states in now.items()}
        fresh = fresh_of(moved)
        if not fresh:
            continue
        table = {b: _counted(now[b]) for b in fresh}
        rest = [_counted(states) for b, states in now.items() if b not in table]
        shown = release(table, rest)
        for building in fresh:
            one = kept.setdefault(building, _Kept([], {}))
            size = len(now[building])
            one.showings.append(Showing(reel.day(night), size, shown[building]))
            one.then = now[building]


def fresh_of(moved: Mapping[str, int]) -> list[str]:
    """The buildings to show anew, by how many homes of each changed since it was shown last.

    What stays as it was has changed by none, or by LEAST_HOMES together.
    """
    fresh = sorted((b for b, homes in moved.items() if homes >= LEAST_HOMES), key=moved.__getitem__)
    left = sum(moved.values()) - sum(moved[b] for b in fresh)
    if fresh and 0 < left < LEAST_HOMES:
        fresh.pop(0)
    return sorted(fresh)


def release(
    table: Mapping[str, Mapping[str, int]], rest: Sequence[Mapping[str, int]] = ()
) -> dict[str, dict[str, int | None]]:
    """Counts by building and state, None where held back; `rest`: of the buildings not shown anew.

    How many homes a building has is no secret, and the community's counts by state are told, so
    that subtracting gives the rest together: it is held to the rule like a building.
    """
    rows = dict(table)
    if rest:
        rows[REST] = {s.word: sum(one[s.word] for one in rest) for s in STATES}
    cells: dict[Key, Cell] = {}
    for building, counts in rows.items():
        for word, homes in {**counts, WHOLE: sum(counts.values())}.items():
            cells[building, word] = Cell(homes, float(homes), 1.0)
    sums = [Sum((b, WHOLE), tuple((b, w) for w in counts)) for b, counts in rows.items()]
    for state in STATES:
        homes = sum(counts[state.word] for counts in rows.values())
        cells[WHOLE, state.word] = Cell(homes, float(homes), 1.0)
        sums.append(Sum((WHOLE, state.word), tuple((b, state.word) for b in rows)))
    shown = release_sums(cells, sums)
    return {
        building: {w: None if shown[building, w] is None else n for w, n in counts.items()}
        for building, counts in table.items()
    }


def standing(showings: Sequence[Showing], day: date) -> Showing | None:
    """The showing that stands on a day."""
    return next((one for one in reversed(showings) if one.day <= day), None)


def _moved(before: _Kept | None, now: Mapping[str, int]) -> int:
    if before is None:
        return max(len(now), LEAST_HOMES)
    return sum(before.then.get(home) != state for home, state in now.items()) + len(
        before.then.keys() - now.keys()
    )


def _counted(states: Mapping[str, int]) -> dict[str, int]:
    found = np.bincount(list(states.values()), minlength=len(STATES))
    return {state.word: int(found[state]) for state in STATES}


def _load(file: Path) -> tuple[date | None, date | None, dict[str, _Kept]]:
    try:
        read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None, None, {}
    kept = {
        building: _Kept(
            [Showing(date.fromisoformat(d), n, counts) for d, n, counts in one["showings"]],
            one["then"],
        )
        for building, one in read["buildings"].items()
    }
    return date.fromisoformat(read["since"]), date.fromisoformat(read["through"]), kept


def _save(file: Path, since: date, through: date, kept: dict[str, _Kept]) -> None:
    buildings = {
        building: {
            "showings": [[s.day.isoformat(), s.homes, s.counts] for s in one.showings],
            "then": one.then,
        }
        for building, one in kept.items()
    }
    file.parent.mkdir(exist_ok=True)
    text = json.dumps(
        {"since": since.isoformat(), "through": through.isoformat(), "buildings": buildings}
    )
    write_atomically(file, text)
