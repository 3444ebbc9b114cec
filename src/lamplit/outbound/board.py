"""The leader's board in the terminal: bars, figures, who and where; without colour as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from lamplit.domain.language import Language, Text

WIDTH = 40


@dataclass(frozen=True, slots=True)
class BoardHead:
    """What stands at the top: the campaign, and done against expected of enrolled."""

    code: str
    name: Text
    state: Text
    purpose: Text
    enrolled: int
    done: int
    expected: int
    deadline: str
    left: timedelta
    forecast: Text


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One figure: a number, or a share of a number."""

    name: Text
    value: int
    share: float | None
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """One person: tasks in hand, sent in all and today, age of the last."""

    name: str
    held: int
    sent: int
    today: int
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A building with tasks that nobody has."""

    name: Text
    free: int
    open: int


def board_view(
    head: BoardHead,
    figures: Sequence[FigureLine],
    uncovered: Sequence[PlaceLine],
    workers: Sequence[WorkerLine],
    notes: Sequence[Text],
    language: Language,
    *,
    plain: bool = False,
) -> RenderableType:
    """The whole board, for 80 columns and more."""
    parts: list[RenderableType] = [*_head(head, language, plain), Styled("")]
    parts.append(_figures(figures, language))
    if uncovered:
        parts += [Styled(""), _title(Text("Nobody has them yet", "尚无人认领"), language)]
        parts.append(_places(uncovered, language, plain))
    if workers:
        parts += [Styled(""), _title(Text("People", "人员"), language)]
        parts.append(_workers(workers, language))
    for one in notes:
        parts.append(Padding(Styled(one.say(language), style="yellow"), (1, 0, 0, 0)))
    return Group(*parts)


def _head(head: BoardHead, language: Language, plain: bool) -> list[RenderableType]:
    title = Styled.assemble(
        (head.name.say(language), "bold"), f"  {head.code}, {head.state.say(language)}"
    )
    share = head.done / head.enrolled if head.enrolled else 0.0
    due = head.expected / head.enrolled if head.enrolled else 0.0
    behind = head.done < head.expected
    said = Text(
        f"{head.done:,} of {head.enrolled:,} done; {head.expected:,} expected by now",
        f"已办结 {head.done:,} / {head.enrolled:,}，此刻应办结 {head.expected:,}",
    )
    colour = "yellow" if behind else "green"
    bar = _bar(share, due, plain)
    until = Text(
        f"Deadline {head.deadline} ({_span(head.left, 'en')}). {head.forecast.en}",
        f"截止 {head.deadline}（{_span(head.left, 'zh')}）。{head.forecast.zh}",
    )
    return [
        title,
        Styled(head.purpose.say(language), style="dim"),
        Styled(""),
        Styled.assemble((bar, colour), f" {share:.0%}"),
        Styled(said.say(language), style=colour),
        Styled(until.say(language)),
    ]


def _bar(share: float, mark: float, plain: bool) -> str:
    """A bar with a stroke where it should be by now."""
    full, dash, stroke = ("#", ".", "|") if plain else ("█", "░", "┃")
    filled = round(min(max(share, 0), 1) * WIDTH)
    cells = [full] * filled + [dash] * (WIDTH - filled)
    if 0 < mark < 1:
        cells[min(int(mark * WIDTH), WIDTH - 1)] = stroke
    return "".join(cells)


def _figures(figures: Sequence[FigureLine], language: Language) -> Table:
    table = Table.grid(padding=(0, 3))
    for _ in range(2):
        table.add_column()
        table.add_column(justify="right")
    cells = [
        (
            Styled(one.name.say(language), style="yellow" if one.wrong else ""),
            Styled(
                f"{one.value:,}" if one.share is None else f"{one.share:.0%} ({one.value:,})",
                style="bold",
            ),
        )
        for one in figures
    ]
    for at in range(0, len(cells), 2):
        pair = [*cells[at], *(cells[at + 1] if at + 1 < len(cells) else (Styled(""), Styled("")))]
        table.add_row(*pair)
    return table


def _places(lines: Sequence[PlaceLine], language: Language, plain: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    most = max(one.free for one in lines)
    for one in lines:
        length = max(1, round(12 * one.free / most))
        table.add_row(
            Styled(one.name.say(language)), f"{one.free:,} / {one.open:,}",
            Styled(("#" if plain else "▇") * length, style="yellow"),
        )  # fmt: skip
    return table


def _workers(lines: Sequence[WorkerLine], language: Language) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    heads = (
        Text("name", "姓名"), Text("in hand", "在手"), Text("sent", "已提交"),
        Text("today", "今日"), Text("last sync", "最近同步"),
    )  # fmt: skip
    for at, one in enumerate(heads):
        table.add_column(one.say(language), justify="left" if at == 0 else "right")
    for line in lines:
        stale = line.age is None or line.age > timedelta(hours=8)
        age = "-" if line.age is None else _ago(line.age, language)
        table.add_row(
            Styled(line.name), f"{line.held:,}", f"{line.sent:,}", f"{line.today:,}",
            Styled(age, style="yellow" if stale else ""),
        )  # fmt: skip
    return table


def _title(text: Text, language: Language) -> Styled:
    return Styled(text.say(language), style="bold")


def _ago(age: timedelta, language: Language) -> str:
    said = _plain_span(age, language)
    return f"{said}前" if language == "zh" else f"{said} ago"


def _span(left: timedelta, language: Language) -> str:
    if left < timedelta(0):
        said = _plain_span(-left, language)
        return f"已过 {said}" if language == "zh" else f"{said} ago"
    said = _plain_span(left, language)
    return f"还有 {said}" if language == "zh" else f"in {said}"


def _plain_span(span: timedelta, language: Language) -> str:
    minutes = int(span.total_seconds() // 60)
    for size, en, zh in ((1440, "d", " 天"), (60, "h", " 小时")):
        if minutes >= size:
            return f"{minutes // size}{zh if language == 'zh' else ' ' + en}"
    return f"{minutes} 分钟" if language == "zh" else f"{minutes} min"
