"""The list in the terminal: a table that people read from top to bottom, in 80 columns or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from lamplit.domain.disclosure import LEAST_HOMES, release
from lamplit.domain.language import Language, Text
from lamplit.domain.words import EVENT_TEXT, STATE_TEXT, HomeEvent, HomeState
from lamplit.outbound.facade import STATE_ORDER, percent
from lamplit.outbound.markup import clean, day_text
from lamplit.outbound.palette import TERMINAL, TERMINAL_EVENT

WIDE = 132
"""From this many columns on the evidence stands beside the door rather than under it."""

BAR = 5
EVENT_MARK = {
    HomeEvent.NONE: ("", ""),
    HomeEvent.WENT_DARK: ("▼ ", "v "),
    HomeEvent.RETURNED: ("↩ ", "< "),
    HomeEvent.FROZEN_HIGH: ("= ", "= "),
    HomeEvent.ROUTINE_BROKEN: ("! ", "! "),
}

HEADINGS = {
    "rank": Text("#", "序"),
    "door": Text("Door", "门户"),
    "state": Text("State since", "状态起始"),
    "event": Text("Event", "事件"),
    "chance": Text("Sure", "把握"),
    "kwh": Text("kWh a day", "日电量"),
    "evidence": Text("Evidence, and what speaks against it", "依据与反证"),
}
AGAINST = Text("Against: {said}", "反证：{said}")
LIST_TITLE = Text("{doors} doors as of {day}", "截至{day}的 {doors} 户")
NOTHING = Text("No door stands out as of {day}.", "截至{day}，没有需要上门的住户。")
NOTHING_READ = Text(
    "{homes} homes were looked at; {unknown} of them could not be read.",
    "共查看 {homes} 户，其中 {unknown} 户没有可用读数。",
)
NOTHING_HELP = Text(
    "`lamplit states` gives every home's state; a home that is not in the registry has no door.",
    "用 `lamplit states` 可查看每户状态；台账中没有的住户没有门牌。",
)
COMMUNITY = Text("Community", "社区")
HOMES = Text("Homes", "户数")
HELD_BACK = Text(
    "<{least}: fewer than {least} homes, not shown. –: not shown either, as it would give the "
    "first away.",
    "<{least}：不足 {least} 户，不予显示；–：为防推算，一并隐去。",
)


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One door of the list, as the files have it; `state` and `event` are words of the lake."""

    rank: int
    household_id: str
    meter_id: str
    community_id: str
    building_id: str
    unit: str
    floor: int | None
    door: str
    state: HomeState
    since: date | None
    event: HomeEvent
    event_day: date | None
    probability: float | None
    kwh_day_before: float | None
    kwh_day_now: float | None
    days_read: int
    evidence_en: str
    evidence_zh: str
    against_en: str
    against_zh: str
    raw_probability: float | None = None

    @property
    def place(self) -> str:
        """`3-2-501`, or the household where the registry has no place."""
        parts = [clean(p) for p in (self.building_id, self.unit, self.door) if p]
        return "-".join(part for part in parts if part) or clean(self.household_id)


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """One community's homes by state and by event, counted over all homes, not just the list."""

    community_id: str
    name: str
    states: dict[HomeState, int]
    events: dict[HomeEvent, int]

    @property
    def homes(self) -> int:
        """All homes of the community."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class SweepList:
    """The list as something that rich prints; it adapts to the width and the encoding."""

    rows: Sequence[SweepRow]
    as_of: date
    language: Language

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        plain = options.ascii_only
        wide = options.max_width >= WIDE
        title = LIST_TITLE.say(
            self.language,
            doors=f"{len(self.rows):,}",
            day=day_text(self.as_of, self.language),
        )
        yield Styled(title, style="bold")
        yield _head(self.language, wide, plain)
        for row in self.rows:
            yield _line(row, self.as_of, self.language, wide=wide, plain=plain)


def sweep_list(rows: Sequence[SweepRow], as_of: date, language: Language) -> SweepList:
    """The list for the terminal, best first. For an empty one see `nothing_found`."""
    return SweepList(rows, as_of, language)


def nothing_found(as_of: date, homes: int, unknown: int, language: Language) -> RenderableType:
    """What is said when no door made the list: how much was looked at, and what to try."""
    return Panel(
        Group(
            Styled(NOTHING.say(language, day=day_text(as_of, language)), style="bold"),
            Styled(NOTHING_READ.say(language, homes=f"{homes:,}", unknown=f"{unknown:,}")),
            Styled(NOTHING_HELP.say(language), style="dim"),
        ),
        expand=False,
        border_style="dim",
    )


def _grid(wide: bool) -> Table:
    """Columns of fixed widths, so that one door's line stands under the other's."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=wide)
    grid.add_column(width=4, justify="right", no_wrap=True)
    grid.add_column(width=14, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=16, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=13, no_wrap=True, overflow="ellipsis")
    grid.add_column(width=BAR + 7, no_wrap=True)
    grid.add_column(width=13, no_wrap=True, overflow="ellipsis", justify="right")
    if wide:
        grid.add_column(ratio=1)
    return grid


def _head(language: Language, wide: bool, plain: bool) -> RenderableType:
    grid = _grid(wide)
    names = ["rank", "door", "state", "event", "chance", "kwh"] + (["evidence"] if wide else [])
    grid.add_row(*(Styled(HEADINGS[name].say(language), style="bold dim") for name in names))
    rule = ("-" if plain else "─") * 77
    return Group(grid, Styled(rule, style="dim", no_wrap=True, overflow="crop"))


def _line(
    row: SweepRow, as_of: date, language: Language, *, wide: bool, plain: bool
) -> RenderableType:
    state = STATE_TEXT[row.state].say(language)
    since = day_text(row.since, language, as_of) if row.since else ""
    mark = EVENT_MARK[row.event][1 if plain else 0]
    cells: list[RenderableType] = [
        Styled(str(row.rank), style="dim"),
        Styled(row.place, style="bold"),
        Styled.assemble((state, TERMINAL[row.state]), f" {since}"),
        Styled(mark + EVENT_TEXT[row.event].say(language), style=TERMINAL_EVENT[row.event]),
        chance_bar(row.probability, plain),
        _kwh(row, plain),
    ]
    grid = _grid(wide)
    said = _evidence(row, language)
    if wide:
        grid.add_row(*cells, said)
        return grid
    grid.add_row(*cells)
    return Group(grid, Padding(said, (0, 1, 0, 5)))


def chance_bar(chance: float | None, plain: bool = False) -> Styled:
    """A probability as a bar of five cells and a percentage; blank where there is none."""
    if chance is None:
        return Styled("")
    eighths = round(max(0.0, min(1.0, chance)) * BAR * 8)
    if plain:
        filled = round(eighths / 8)
        bar = "#" * filled + "." * (BAR - filled)
    else:
        partial = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        bar = ("█" * (eighths // 8) + partial).ljust(BAR)
    style = "bold" if chance >= 0.9 else "" if chance >= 0.5 else "dim"
    return Styled.assemble((bar, style), f" {percent(chance):>6}")


def _kwh(row: SweepRow, plain: bool) -> Styled:
    def said(kwh: float | None) -> str:
        return "?" if kwh is None else f"{kwh:.1f}" if kwh >= 1 else f"{kwh:.2f}"

    arrow = "->" if plain else "→"
    return Styled(f"{said(row.kwh_day_before)} {arrow} {said(row.kwh_day_now)}")


def _evidence(row: SweepRow, language: Language) -> Styled:
    zh = language == "zh"
    text = Styled(clean(row.evidence_zh if zh else row.evidence_en))
    against = clean(row.against_zh if zh else row.against_en)
    if against:
        text.append("" if zh else " ")
        text.append(AGAINST.say(language, said=against), style="italic dim")
    return text


@dataclass(frozen=True, slots=True)
class CommunitySummary:
    """Homes by state and event in each community; where that is too wide, events by themselves."""

    rows: Sequence[CommunityRow]
    language: Language

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = self._table(states=True, events=True)
        unbound = options.update(width=10_000)
        if console.measure(whole, options=unbound).maximum <= options.max_width:
            yield whole
        else:
            yield self._table(states=True, events=False)
            if self._events():
                yield ""
                yield self._table(states=False, events=True)
        yield Styled(HELD_BACK.say(self.language, least=LEAST_HOMES), style="dim")

    def _events(self) -> list[HomeEvent]:
        return [e for e in HomeEvent if e and any(row.events.get(e) for row in self.rows)]

    def _table(self, *, states: bool, events: bool) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold dim")
        named = COMMUNITY.say(self.language)
        table.add_column(named, style="bold", overflow="fold", min_width=9, max_width=24)
        heads = [HOMES, *(STATE_TEXT[s] for s in STATE_ORDER)] if states else []
        heads += [EVENT_TEXT[e] for e in self._events()] if events else []
        for head in heads:
            table.add_column(head.say(self.language), justify="right", no_wrap=True)
        for row in sorted(self.rows, key=lambda row: (-row.homes, row.community_id)):
            cells = _state_cells(row) if states else []
            if events:
                cells += [_count(n, n) for n in (row.events.get(e, 0) for e in self._events())]
            table.add_row(clean(row.name) or clean(row.community_id), *cells)
        return table


def community_table(rows: Sequence[CommunityRow], language: Language) -> CommunitySummary:
    """Homes by state and event in each community, held back where few homes are in a cell."""
    return CommunitySummary(rows, language)


def _state_cells(row: CommunityRow) -> list[str]:
    counts = {state: row.states.get(state, 0) for state in STATE_ORDER}
    shown = release(counts)
    return [
        _count(row.homes, row.homes),
        *(_count(counts[state], shown[state]) for state in STATE_ORDER),
    ]


def _count(count: int, shown: int | None) -> str:
    if count < LEAST_HOMES:
        return f"<{LEAST_HOMES}"
    return "–" if shown is None else f"{count:,}"
