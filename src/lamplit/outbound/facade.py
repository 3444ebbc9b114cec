"""A building as a front of windows: what is known of each door, and where it stands.

`front_of` lays the doors out on rows of floors and columns of units; `facade_svg` and
`facade_html` draw what it gives.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language, Text
from lamplit.domain.problems.outbound import NO_WINDOWS
from lamplit.domain.words import EVENT_TEXT, STATE_TEXT, HomeEvent, HomeState
from lamplit.outbound.markup import clean, day_text

LONGEST_GAP = 3
"""Floors without a door that are still drawn one by one; more are drawn as one break."""

LOOSE_COLUMNS = 4
"""Doors beside each other in a unit of which no door has a floor."""

FLOOR_UNKNOWN = Text("floor not known", "楼层不详")
SINCE = Text("{state} since {day}", "{day}起{state}")
CHANCE = Text("{share} likely empty", "无人概率 {share}")
SUMMARY = Text("{doors} doors", "共 {doors} 户")


@dataclass(frozen=True, slots=True)
class Window:
    """One door: where it is, and what the meter says of it as of the façade's day.

    `floor` is None where the registry has none; `probability` is that of nobody being there.
    """

    unit: str
    floor: int | None
    door: str
    household_id: str
    state: HomeState
    event: HomeEvent = HomeEvent.NONE
    since: date | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Facade:
    """A building on a day. Names may be empty; ids are shown in their place."""

    building_id: str
    building_name: str
    community_name: str
    as_of: date
    windows: tuple[Window, ...]

    @property
    def name(self) -> str:
        """The building's name, else its id."""
        return clean(self.building_name) or clean(self.building_id)

    def by_state(self) -> dict[HomeState, int]:
        """Doors by state, brightest first, zeros included."""
        counted = Counter(window.state for window in self.windows)
        return {state: counted[state] for state in STATE_ORDER}

    def by_event(self) -> dict[HomeEvent, int]:
        """Doors by event, without those where nothing happened."""
        counted = Counter(window.event for window in self.windows)
        return {event: counted[event] for event in EVENT_ORDER if counted[event]}


STATE_ORDER = (
    HomeState.LIVED_IN,
    HomeState.LOW,
    HomeState.MICRO,
    HomeState.DARK,
    HomeState.UNKNOWN,
)
EVENT_ORDER = (
    HomeEvent.RETURNED,
    HomeEvent.WENT_DARK,
    HomeEvent.FROZEN_HIGH,
    HomeEvent.ROUTINE_BROKEN,
)

RowKind = Literal["floor", "break", "loose"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the front, from the top: a floor, a break in the floors, or doors without."""

    kind: RowKind
    label: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit (单元): its name, and how many windows stand beside each other."""

    name: str
    columns: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window stands: its unit, its column in the unit, its row from the top."""

    window: Window
    unit: int
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Front:
    """A façade laid out; places run along the rows from the top left."""

    units: tuple[Unit, ...]
    rows: tuple[Row, ...]
    places: tuple[Place, ...]


def front_of(facade: Facade) -> Front:
    """Lay a façade out. Every window gets a place of its own.

    Raises LamplitError `outbound.no-windows` if there is nothing to draw.
    """
    if not facade.windows:
        raise LamplitError(NO_WINDOWS, building=facade.building_id)
    by_unit: dict[str, list[Window]] = defaultdict(list)
    for window in facade.windows:
        by_unit[clean(window.unit)].append(window)
    names = sorted(by_unit, key=natural)
    rows, row_of = _floor_rows({w.floor for w in facade.windows if w.floor is not None})
    units, places, loose_rows = [], [], 0
    for number, name in enumerate(names):
        columns, spots = _columns(by_unit[name])
        units.append(Unit(name, columns))
        places += [
            Place(w, number, spot, row_of[w.floor]) for w, spot in spots if w.floor is not None
        ]
        loose = sorted((w for w in by_unit[name] if w.floor is None), key=_by_door)
        for order, window in enumerate(loose):
            down, across = divmod(order, columns)
            places.append(Place(window, number, across, len(rows) + down))
            loose_rows = max(loose_rows, down + 1)
    rows += [Row("loose", "?")] * loose_rows
    places.sort(key=lambda place: (place.row, place.unit, place.column))
    return Front(tuple(units), tuple(rows), tuple(places))


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts 2 before 10, and numbers before words."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts)


def _by_door(window: Window) -> tuple[object, ...]:
    return (natural(clean(window.door)), window.household_id)


def _floor_rows(floors: set[int]) -> tuple[list[Row], dict[int | None, int]]:
    """Rows from the top floor down, floors between without a door included."""
    rows: list[Row] = []
    row_of: dict[int | None, int] = {}
    above: int | None = None
    for floor in sorted(floors, reverse=True):
        if above is not None:
            rows += _between(above, floor)
        row_of[floor] = len(rows)
        rows.append(Row("floor", floor_label(floor)))
        above = floor
    return rows, row_of


def _between(above: int, floor: int) -> Iterator[Row]:
    bare = [number for number in range(above - 1, floor, -1) if number != 0][: LONGEST_GAP + 1]
    if len(bare) > LONGEST_GAP:
        yield Row("break", "⋮")
    else:
        yield from (Row("floor", floor_label(number)) for number in bare)


def floor_label(floor: int) -> str:
    """`5`, or `B1` under the ground."""
    return f"B{-floor}" if floor < 0 else str(floor)


def _columns(windows: Sequence[Window]) -> tuple[int, list[tuple[Window, int]]]:
    """(columns of a unit, each window on a floor with its column).

    Doors stand above each other by what follows the floor in their number (501 over 401), or by
    a name that recurs on each floor, so that a missing 502 leaves a gap; else by their order.
    """
    by_floor: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        if window.floor is not None:
            by_floor[window.floor].append(window)
    widest = max((len(doors) for doors in by_floor.values()), default=0)
    if not widest:
        return min(LOOSE_COLUMNS, len(windows)), []
    on_floors = [window for doors in by_floor.values() for window in doors]
    for keys in ([_stack_key(w) for w in on_floors], [clean(w.door) for w in on_floors]):
        distinct = sorted({key for key in keys if key}, key=natural)
        spots = {(w.floor, key) for w, key in zip(on_floors, keys, strict=True)}
        if all(keys) and len(spots) == len(on_floors) and len(distinct) <= widest + 2:
            index = {key: spot for spot, key in enumerate(distinct)}
            placed = [(w, index[key]) for w, key in zip(on_floors, keys, strict=True)]
            return len(distinct), placed
    ordered = [
        (window, spot)
        for doors in by_floor.values()
        for spot, window in enumerate(sorted(doors, key=_by_door))
    ]
    return widest, ordered


def _stack_key(window: Window) -> str:
    """`01` of door 501 on floor 5; nothing where the door does not begin with its floor."""
    door = clean(window.door).lstrip("0")
    floor = str(window.floor)
    return door[len(floor) :] if door.isdecimal() and door.startswith(floor) else ""


def place_text(facade: Facade, window: Window) -> str:
    """`3-2-501`: building, unit and door, without those that are empty."""
    parts = (facade.building_id, window.unit, window.door or window.household_id)
    return "-".join(part for part in map(clean, parts) if part)


def state_text(window: Window, language: Language, as_of: date) -> str:
    """`dark since 22 Jan`, or the state alone where no day is known."""
    state = STATE_TEXT[window.state].say(language)
    if window.since is None or window.state is HomeState.UNKNOWN:
        return state
    return SINCE.say(language, state=state, day=day_text(window.since, language, as_of))


def window_text(facade: Facade, window: Window, language: Language) -> str:
    """`3-2-501: dark since 22 Jan; went dark; 97% likely empty`."""
    said = [state_text(window, language, facade.as_of)]
    if window.event is not HomeEvent.NONE:
        said.append(EVENT_TEXT[window.event].say(language))
    if window.probability is not None and window.state is not HomeState.UNKNOWN:
        said.append(CHANCE.say(language, share=percent(window.probability)))
    joiner, colon = ("；", "：") if language == "zh" else ("; ", ": ")
    return place_text(facade, window) + colon + joiner.join(said)


def percent(share: float) -> str:
    """`97%`; never 100% or 0% of something that is not certain."""
    if 0.99 < share < 1:
        return "> 99%"
    return "< 1%" if 0 < share < 0.01 else f"{share:.0%}"


def summary(facade: Facade, language: Language) -> str:
    """`24 doors: 18 lived in, 2 low, 3 dark, 1 unknown; 1 returned, 2 went dark`."""
    states = [
        _counted(count, STATE_TEXT[state], language)
        for state, count in facade.by_state().items()
        if count
    ]
    events = [_counted(count, EVENT_TEXT[e], language) for e, count in facade.by_event().items()]
    comma, semi, colon = ("、", "；", "：") if language == "zh" else (", ", "; ", ": ")
    text = SUMMARY.say(language, doors=len(facade.windows)) + colon + comma.join(states)
    return text + (semi + comma.join(events) if events else "")


def _counted(count: int, text: Text, language: Language) -> str:
    said = text.say(language)
    return f"{said} {count}" if language == "zh" else f"{count} {said}"
