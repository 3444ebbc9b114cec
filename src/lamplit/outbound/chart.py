"""A home's last weeks as a chart of characters: daily kWh above, its state below.

A day that was not read is a dot and never a column: missing is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from rich.text import Text as Styled

from lamplit.domain.language import Language, Text
from lamplit.domain.words import STATE_TEXT, HomeState
from lamplit.outbound.facade import STATE_ORDER
from lamplit.outbound.markup import day_text
from lamplit.outbound.palette import TERMINAL

AXIS = 8
"""Room for the numbers at the left."""

_COLUMNS = " ▁▂▃▄▅▆▇█"
_RIBBON = {
    HomeState.LIVED_IN: ("█", "L"),
    HomeState.LOW: ("▓", "l"),
    HomeState.MICRO: ("▒", "m"),
    HomeState.DARK: ("░", "D"),
    HomeState.UNKNOWN: ("·", "?"),
}
BASE = Text("base load {kwh}", "基础负荷 {kwh}")
GAP = Text("not read", "未读到")
UNIT = Text("kWh a day", "千瓦时/日")
NOTHING = Text("No day of this home has been read.", "该户没有任何可用读数。")


@dataclass(frozen=True, slots=True)
class HomeDay:
    """One day of a home: its energy (None = not read), its state, its base load scaled to a day."""

    day: date
    kwh: float | None
    state: HomeState
    base_kwh: float | None = None


def home_chart(
    days: Sequence[HomeDay],
    language: Language,
    *,
    width: int = 80,
    height: int = 6,
    ascii_only: bool = False,
) -> Styled:
    """The chart as styled text of height + 4 lines, at most `width` columns wide.

    `days` run without a gap from old to new; if they do not fit, the last ones are shown. Each
    day takes two columns where there is room, else one. Ticks stand under Mondays.
    """
    room = max(1, width - AXIS - 1)
    shown = days[-room:]
    if not any(day.kwh is not None for day in shown):
        return Styled(NOTHING.say(language), style="dim")
    step = 2 if len(shown) * 2 <= room else 1
    top = max(day.kwh for day in shown if day.kwh is not None) or 1.0
    bases = [day.base_kwh for day in shown if day.base_kwh is not None]
    base = median(bases) if bases else None
    chart = Styled(no_wrap=True)
    for level in range(height, 0, -1):
        _plot_line(chart, shown, level, height, top, base, step, ascii_only)
    _ribbon(chart, shown, step, ascii_only)
    _ticks(chart, shown, step, language, room, ascii_only)
    _legend(chart, shown, base, language, ascii_only)
    return chart


def _plot_line(
    chart: Styled,
    days: Sequence[HomeDay],
    level: int,
    height: int,
    top: float,
    base: float | None,
    step: int,
    ascii_only: bool,
) -> None:
    """One line of the plot; `level` counts from 1 at the bottom."""
    label = f"{top:.1f}" if level == height else ""
    if level == (height + 1) // 2 and height > 2:
        label = f"{top * (level - 0.5) / height:.1f}"
    chart.append(f"{label:>{AXIS - 2}} " + ("|" if ascii_only else "┤" if label else "│"))
    dashed = base is not None and level == min(height, max(1, int(base / top * height) + 1))
    for day in days:
        chart.append(*_cell(day, level, height, top, ascii_only, dashed))
        if step == 2:
            chart.append((("-" if ascii_only else "┄") if dashed else " "), style="dim")
    chart.append("\n")


def _cell(
    day: HomeDay, level: int, height: int, top: float, ascii_only: bool, dashed: bool
) -> tuple[str, str]:
    """(character, style) of one day on one line."""
    empty = (("-" if ascii_only else "┄") if dashed else " ", "dim")
    if day.kwh is None:
        return ("." if ascii_only else "·", "dim") if level == 1 else empty
    eighths = round(max(0.0, day.kwh) / top * height * 8) - (level - 1) * 8
    if level == 1:
        # A day of nothing still has a foot, so that it cannot be taken for a day not read.
        eighths = max(1, eighths)
    if eighths <= 0:
        return empty
    if ascii_only:
        return ("#" if eighths >= 4 else "_", TERMINAL[day.state])
    return _COLUMNS[min(8, eighths)], TERMINAL[day.state]


def _ribbon(chart: Styled, days: Sequence[HomeDay], step: int, ascii_only: bool) -> None:
    chart.append(" " * AXIS)
    for day in days:
        mark = _RIBBON[day.state][1 if ascii_only else 0]
        chart.append(mark * step, style=TERMINAL[day.state])
    chart.append("\n")


def _ticks(
    chart: Styled,
    days: Sequence[HomeDay],
    step: int,
    language: Language,
    room: int,
    ascii_only: bool,
) -> None:
    """A tick under each Monday, and its date where the one before leaves room."""
    ticks, dates = [" "] * (len(days) * step), ""
    used = 0
    for place, day in enumerate(days):
        if day.day.weekday() != 0:
            continue
        column = place * step
        ticks[column] = "|" if ascii_only else "╵"
        label = day_text(day.day, language, day.day)
        cells = len(label) + (2 if language == "zh" else 0)
        if column >= used and column + cells <= room:
            dates += " " * (column - used) + label
            used = column + cells + 1
            dates += " "
    chart.append(" " * AXIS + "".join(ticks).rstrip() + "\n", style="dim")
    chart.append(" " * AXIS + dates.rstrip() + "\n", style="dim")


def _legend(
    chart: Styled, days: Sequence[HomeDay], base: float | None, language: Language, ascii_only: bool
) -> None:
    chart.append(" " * AXIS + UNIT.say(language), style="dim")
    present = {day.state for day in days}
    for state in STATE_ORDER:
        if state in present:
            chart.append("  " + _RIBBON[state][1 if ascii_only else 0], style=TERMINAL[state])
            chart.append(" " + STATE_TEXT[state].say(language), style="dim")
    if any(day.kwh is None for day in days):
        chart.append(("  . " if ascii_only else "  · ") + GAP.say(language), style="dim")
    if base is not None:
        line = "  - " if ascii_only else "  ┄ "
        chart.append(line + BASE.say(language, kwh=f"{base:.1f}"), style="dim")
