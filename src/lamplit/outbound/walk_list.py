"""A walk list on paper: one person's or one building's doors in order, with boxes for the outcome.

Nothing of the meters is on it: no state, no evidence, no rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from lamplit.domain.field import OUTCOME_TEXT
from lamplit.domain.language import Language, Text
from lamplit.outbound.paper import FILL, INK, LINE, SOFT, Paper, fitted, wrapped
from lamplit.outbound.watermark import Watermark

TITLE = Text("Walk list", "走访清单")
FOR = Text("For {who}", "走访人：{who}")
DOORS = Text("{doors} doors in {buildings} buildings", "{buildings} 栋楼，共 {doors} 户")
VALID = Text("Valid until {until}, then destroy it", "有效期至 {until}，过期请销毁")
NO_DEADLINE = Text("Destroy it when done", "用毕请销毁")

UNIT = Text("Unit", "单元")
FLOOR = Text("Floor", "楼层")
DOOR = Text("Door", "门牌")
NOTE = Text("Note", "备注")
SCAN = Text("Scan", "扫码")
GATE = Text("scan at the gate", "门岗扫码报到")
COUNT = Text("{doors} doors", "{doors} 户")
PAGE = Text("{page} / {pages}", "第 {page} / {pages} 页")
NOBODY = Text("No open doors.", "没有待走访的住户。")
OUTCOMES = tuple(OUTCOME_TEXT.values())

LEFT, RIGHT, TOP, FOOT = 14.0, 14.0, 14.0, 16.0
HEAD, BLOCK, ROW, LABELS = 27.0, 17.0, 11.5, 6.0
COLUMNS = {"no": 0.0, "unit": 8.0, "floor": 22.0, "door": 34.0, "outcome": 52.0, "note": 116.0}
BOX, STEP = 4.2, 16.0


@dataclass(frozen=True, slots=True)
class WalkDoor:
    """One door. `building`: its name; `code`: what its QR says, if it has one."""

    building: str
    building_code: str | None
    unit: str
    floor: str
    door: str
    code: str | None


@dataclass(frozen=True, slots=True)
class WalkList:
    """The list. `who`: a person's name or a building's; `until`: when it expires."""

    campaign: Text
    place: Text
    who: str
    until: datetime | None
    doors: Sequence[WalkDoor]
    mark: Watermark


Block = tuple[str, str | None, list[tuple[int, WalkDoor]], bool]
"""(building, its code, numbered doors, whether it goes on from the page before)."""


def walk_list_pdf(wanted: WalkList, language: Language) -> bytes:
    """The list as PDF, A4."""
    title = f"{TITLE.say(language)} · {wanted.campaign.say(language)}"
    paper = Paper("a4", title, wanted.mark.who)
    pages = list(_pages(wanted.doors, paper.height - TOP - FOOT - HEAD)) or [[]]
    for number, blocks in enumerate(pages, 1):
        if number > 1:
            paper.next_page()
        _head(paper, wanted, language)
        _foot(paper, wanted.mark, language, number, len(pages))
        y = TOP + HEAD
        if not blocks:
            paper.text(LEFT, y + 10, NOBODY.say(language), 12, colour=SOFT)
        for block in blocks:
            y = _block(paper, y, block, language)
    return paper.finished()


def _pages(doors: Sequence[WalkDoor], room: float) -> Iterator[list[Block]]:
    """The doors in blocks by building; a block that does not fit goes on overleaf."""
    page: list[Block] = []
    left = room
    numbered = enumerate(doors, 1)
    for name, group in groupby(numbered, lambda one: one[1].building):
        rest, on = list(group), False
        code = rest[0][1].building_code
        while rest:
            fit = int((left - BLOCK - LABELS) // ROW)
            if fit < min(3, len(rest)):
                yield page
                page, left = [], room
                continue
            page.append((name, code, rest[:fit], on))
            left -= BLOCK + LABELS + ROW * len(rest[:fit])
            rest, on = rest[fit:], True
    if page:
        yield page


def _head(paper: Paper, wanted: WalkList, language: Language) -> None:
    right = paper.width - RIGHT
    paper.text(LEFT, TOP + 6, fitted(wanted.campaign.say(language), 17, 120), 17, strong=True)
    paper.text(LEFT, TOP + 12.5, wanted.place.say(language), 10.5, colour=SOFT)
    paper.text(right, TOP + 5, TITLE.say(language), 11, colour=SOFT, align="right")
    until = wanted.until
    valid = VALID.say(language, until=f"{until:%Y-%m-%d %H:%M}") if until else (
        NO_DEADLINE.say(language))  # fmt: skip
    paper.text(right, TOP + 12.5, valid, 9, align="right")
    buildings = len({door.building for door in wanted.doors})
    count = DOORS.say(language, doors=len(wanted.doors), buildings=buildings)
    paper.text(LEFT, TOP + 19.5, FOR.say(language, who=wanted.who), 11)
    paper.text(right, TOP + 19.5, count, 10, align="right")
    paper.rule(LEFT, TOP + 23, right, weight=1.0, colour=INK)


def _foot(paper: Paper, mark: Watermark, language: Language, page: int, pages: int) -> None:
    right, y = paper.width - RIGHT, paper.height - FOOT + 4
    paper.rule(LEFT, y - 3.5, right)
    for at, line in enumerate(wrapped(mark.line(language), 7.5, right - LEFT - 26)[:2]):
        paper.text(LEFT, y + 3.4 * at, line, 7.5, colour=SOFT)
    number = PAGE.say(language, page=page, pages=pages)
    paper.text(right, y, number, 7.5, colour=SOFT, align="right")


def _block(paper: Paper, y: float, block: Block, language: Language) -> float:
    """Draw a building's doors from y on; gives where the next begins."""
    name, code, doors, goes_on = block
    right = paper.width - RIGHT
    label = f"{name} …" if goes_on else name
    paper.text(LEFT, y + 8.5, fitted(label, 14, 110), 14, strong=True)
    paper.text(LEFT, y + 13.5, COUNT.say(language, doors=len(doors)), 8.5, colour=SOFT)
    if code:
        paper.qr(right - 16, y, 16, code)
        paper.text(right - 18, y + 9, GATE.say(language), 8, colour=SOFT, align="right")
    y += BLOCK
    _labels(paper, y, language)
    y += LABELS
    for number, door in doors:
        _row(paper, y, number, door)
        y += ROW
    return y


def _labels(paper: Paper, y: float, language: Language) -> None:
    right = paper.width - RIGHT
    paper.band(LEFT, y, right - LEFT, LABELS, FILL)
    for name, text in (("unit", UNIT), ("floor", FLOOR), ("door", DOOR), ("note", NOTE)):
        paper.text(LEFT + COLUMNS[name], y + 4.2, text.say(language), 8)
    for at, text in enumerate(OUTCOMES):
        x = LEFT + COLUMNS["outcome"] + STEP * at + BOX / 2
        paper.text(x, y + 4.2, text.say(language), 8, align="middle")
    paper.text(right - 5.5, y + 4.2, SCAN.say(language), 8, align="middle")


def _row(paper: Paper, y: float, number: int, door: WalkDoor) -> None:
    right, base = paper.width - RIGHT, y + 7.2
    paper.text(LEFT + 5, base, str(number), 8, colour=SOFT, align="right")
    paper.text(LEFT + COLUMNS["unit"], base, fitted(door.unit, 10.5, 12), 10.5)
    paper.text(LEFT + COLUMNS["floor"], base, door.floor, 10.5)
    paper.text(LEFT + COLUMNS["door"], base, fitted(door.door, 12, 16), 12, strong=True)
    for at in range(len(OUTCOMES)):
        paper.box(LEFT + COLUMNS["outcome"] + STEP * at, y + (ROW - BOX) / 2, BOX)
    note_end = right - 13
    paper.rule(LEFT + COLUMNS["note"], y + ROW - 2.4, note_end, weight=0.3)
    if door.code:
        paper.qr(right - 11, y + 0.25, 11, door.code)
    paper.rule(LEFT, y + ROW, right, weight=0.3, colour=LINE)
