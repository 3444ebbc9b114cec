"""A wall chart on paper: buildings by floors, a box to tick for each door that is to be visited.

It hangs where many see it, so it names no door: only how many boxes a floor has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from lamplit.domain.language import Language, Text
from lamplit.outbound.paper import FILL, INK, LINE, SOFT, Paper, Size, fitted, wrapped
from lamplit.outbound.watermark import Watermark

TITLE = Text("Wall chart", "进度挂图")
FLOOR = Text("Floor", "楼层")
BUILDING = Text("Building", "楼栋")
TO_VISIT = Text("To visit", "待走访")
WHO = Text("Who", "负责人")
CHECK_IN = Text("Check in here", "扫码报到")
UNTIL = Text("until {until}", "截止 {until}")
TALLY = Text("{done} of {all} done when printed", "打印时已完成 {done} / {all}")
UNKNOWN = Text("other", "其他")

LEFT, TOP, FOOT, HEAD = 12.0, 12.0, 15.0, 30.0
NAME, NUMBER, OWNER, LABELS = 42.0, 17.0, 26.0, 7.0
BOX, GAP, PAD = 3.4, 0.8, 1.6
LEAST_ROW, LEAST_FLOOR = 9.0, 6.0


@dataclass(frozen=True, slots=True)
class ChartBuilding:
    """One building: by floor (None where unknown), a True for each door that is done."""

    name: str
    floors: dict[int | None, list[bool]]


@dataclass(frozen=True, slots=True)
class WallChart:
    """The chart; `gate`: what the QR for checking in says, if there is one."""

    campaign: Text
    place: Text
    until: datetime | None
    gate: str | None
    buildings: Sequence[ChartBuilding]
    mark: Watermark


@dataclass(frozen=True, slots=True)
class _Grid:
    """Which floors stand in which columns: how wide one is, and how many boxes fit side by side."""

    floors: list[int | None]
    wide: float
    across: int

    def high(self, building: ChartBuilding) -> float:
        """How high a building's row is."""
        most = max((len(doors) for doors in building.floors.values()), default=0)
        return max(LEAST_ROW, ceil(most / self.across) * (BOX + GAP) + 2 * PAD)


def wall_chart_pdf(wanted: WallChart, language: Language, size: Size = "a3-landscape") -> bytes:
    """The chart as PDF; as many sheets as its buildings take."""
    title = f"{TITLE.say(language)} · {wanted.campaign.say(language)}"
    paper = Paper(size, title, wanted.mark.who)
    grid = _grid(wanted.buildings, paper.width - 2 * LEFT - NAME - NUMBER - OWNER)
    room = paper.height - TOP - HEAD - LABELS - FOOT
    sheets = _sheets(wanted.buildings, grid, room)
    for number, buildings in enumerate(sheets, 1):
        if number > 1:
            paper.next_page()
        _head(paper, wanted, language)
        _foot(paper, wanted.mark, language, f"{number} / {len(sheets)}")
        y = TOP + HEAD
        _labels(paper, y, grid, language)
        y += LABELS
        for building in buildings:
            _row(paper, y, building, grid)
            y += grid.high(building)
    return paper.finished()


def _grid(buildings: Sequence[ChartBuilding], room: float) -> _Grid:
    known = {floor for one in buildings for floor in one.floors if floor is not None}
    floors: list[int | None] = list(range(min(known), max(known) + 1)) if known else []
    if any(None in one.floors for one in buildings):
        floors.append(None)
    wide = min(24.0, max(LEAST_FLOOR, room / max(len(floors), 1)))
    return _Grid(floors, wide, max(1, int((wide - BOX / 8) // (BOX + GAP))))


def _sheets(
    buildings: Sequence[ChartBuilding], grid: _Grid, room: float
) -> list[list[ChartBuilding]]:
    sheets: list[list[ChartBuilding]] = [[]]
    left = room
    for one in buildings:
        high = grid.high(one)
        if high > left and sheets[-1]:
            sheets.append([])
            left = room
        sheets[-1].append(one)
        left -= high
    return sheets


def _head(paper: Paper, wanted: WallChart, language: Language) -> None:
    right = paper.width - LEFT
    paper.text(LEFT, TOP + 10, fitted(wanted.campaign.say(language), 28, 230), 28, strong=True)
    doors = [done for one in wanted.buildings for some in one.floors.values() for done in some]
    told = [wanted.place.say(language)]
    if wanted.until:
        told.append(UNTIL.say(language, until=f"{wanted.until:%Y-%m-%d %H:%M}"))
    told.append(TALLY.say(language, done=sum(doors), all=len(doors)))
    paper.text(LEFT, TOP + 19, "  ·  ".join(told), 13, colour=SOFT)
    if wanted.gate:
        paper.qr(right - 27, TOP - 3, 27, wanted.gate)
        paper.text(right - 29, TOP + 12, CHECK_IN.say(language), 13, align="right")


def _foot(paper: Paper, mark: Watermark, language: Language, page: str) -> None:
    right, y = paper.width - LEFT, paper.height - FOOT + 6
    for at, line in enumerate(wrapped(mark.line(language), 8, right - LEFT - 20)[:2]):
        paper.text(LEFT, y + 3.6 * at, line, 8, colour=SOFT)
    paper.text(right, y, page, 8, colour=SOFT, align="right")


def _labels(paper: Paper, y: float, grid: _Grid, language: Language) -> None:
    paper.band(LEFT, y, NAME + NUMBER + OWNER + grid.wide * len(grid.floors), LABELS, FILL)
    paper.text(LEFT + 2, y + 4.8, f"{BUILDING.say(language)} / {FLOOR.say(language)}", 9)
    paper.text(LEFT + NAME + NUMBER - 2, y + 4.8, TO_VISIT.say(language), 9, align="right")
    paper.text(LEFT + NAME + NUMBER + 2, y + 4.8, WHO.say(language), 9)
    for at, floor in enumerate(grid.floors):
        x = LEFT + NAME + NUMBER + OWNER + grid.wide * (at + 0.5)
        label = UNKNOWN.say(language) if floor is None else str(floor)
        paper.text(x, y + 4.8, label, 9, align="middle")


def _row(paper: Paper, y: float, building: ChartBuilding, grid: _Grid) -> None:
    high, middle = grid.high(building), y + grid.high(building) / 2 + 1.8
    end = LEFT + NAME + NUMBER + OWNER + grid.wide * len(grid.floors)
    count = sum(len(doors) for doors in building.floors.values())
    paper.text(LEFT + 2, middle, fitted(building.name, 12, NAME - 3), 12, strong=True)
    paper.text(LEFT + NAME + NUMBER - 2, middle, str(count), 12, align="right")
    for at, floor in enumerate(grid.floors):
        doors = sorted(building.floors.get(floor, ()), reverse=True)
        rows = ceil(len(doors) / grid.across)
        x0 = LEFT + NAME + NUMBER + OWNER + grid.wide * at
        y0 = y + (high - rows * (BOX + GAP) + GAP) / 2
        across = min(grid.across, len(doors)) or 1
        shift = (grid.wide - across * (BOX + GAP) + GAP) / 2
        for number, done in enumerate(doors):
            row, column = divmod(number, grid.across)
            paper.box(x0 + shift + column * (BOX + GAP), y0 + row * (BOX + GAP), BOX, ticked=done)
    paper.rule(LEFT, y + high, end, weight=0.4, colour=LINE)
    paper.canvas.setStrokeColor(INK)
