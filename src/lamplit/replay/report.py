"""What the replay tells at the end: lines for a terminal, a page of Markdown, a picture, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lamplit.domain.language import Language, Text
from lamplit.outbound.tables import write_text
from lamplit.replay.curve import curve_svg
from lamplit.replay.ledger import Check
from lamplit.replay.rival import Band, DayEnd
from lamplit.replay.run import Replay

Row = tuple[str, ...]
SHOWN = 44
"""Characters of a value in a table; the JSON has all."""

DAY_COLUMNS = (
    Text("end of", "截至"),
    Text("list", "按名单"),
    Text("by word", "凭告知"),
    Text("no list", "无名单"),
    Text("ahead (95%)", "多知道（95%）"),
    Text("by word", "凭告知"),
    Text("knocks", "敲门数"),
)
CHECK_COLUMNS = (
    Text("", ""),
    Text("count", "核对项"),
    Text("robots", "机器人"),
    Text("store", "系统"),
)


def day_rows(replay: Replay, language: Language) -> list[Row]:
    """The comparison as rows under DAY_COLUMNS."""
    assert replay.comparison is not None
    return [_day_row(day, language) for day in replay.comparison.days]


def _day_row(day: DayEnd, language: Language) -> Row:
    return (
        Text("day {day}", "第 {day} 天").say(language, day=day.day),
        f"{day.guided.mean:,.0f}",
        f"{day.by_word.mean:,.0f}",
        f"{day.unguided.mean:,.0f}",
        _band(day.ahead),
        _band(day.ahead_by_word),
        f"{day.knocks_guided.mean:,.0f} / {day.knocks_unguided.mean:,.0f}",
    )


def _band(band: Band) -> str:
    return f"{band.mean:+,.0f} ({band.low:+,.0f} … {band.high:+,.0f})"


def check_rows(checks: Sequence[Check], language: Language) -> list[Row]:
    """The audit as rows under CHECK_COLUMNS."""
    return [
        ("✓" if c.holds else "✗", c.says.say(language), _value(c.robots), _value(c.store))
        for c in checks
    ]


def _value(value: object) -> str:
    """A value of a check, short; a dictionary or list by what it comes to."""
    if isinstance(value, dict):
        numbers = [n for n in value.values() if isinstance(n, int)]
        said = f"{sum(numbers):,} ({len(value)})" if len(value) > 3 else _pairs(value)
    elif isinstance(value, list):
        said = f"{len(value)}"
    elif isinstance(value, tuple):
        said = " + ".join(f"{n:,}" for n in value)
    elif isinstance(value, int):
        said = f"{value:,}"
    else:
        said = str(value)
    return said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"


def _pairs(value: dict[object, object]) -> str:
    return ", ".join(f"{name} {n:,}" if isinstance(n, int) else str(n) for name, n in value.items())


def wire_line(replay: Replay, language: Language) -> str:
    """What went wrong on purpose, in a sentence."""
    assert replay.world is not None
    wire, book = replay.world.wire, replay.world.ledger
    return (
        Text(
            "{asked:,} requests; {lost:,} replies lost, {twice:,} posts sent twice at once, "
            "{resent:,} forms sent again; the longest wait for a signal {wait:.1f} hours; "
            "{late} forms handed in after a withdrawal; every one of {forms:,} forms kept once.",
            "共 {asked:,} 次请求；丢失应答 {lost:,} 次，同时重复提交 {twice:,} 次，"
            "重发表单 {resent:,} 份；"
            "最长等待信号 {wait:.1f} 小时；撤回后补交 {late} 份；{forms:,} 份表单均只保存一次。",
        ).say(
            language,
            asked=wire.asked,
            lost=wire.lost,
            twice=wire.twice,
            resent=book.resent,
            wait=book.oldest_unsent / 60,
            late=len(book.after_withdrawal),
            forms=len(book.visits),
        )
        if replay.holds
        else Text("Some counts do not agree: see ✗.", "部分计数不一致，见 ✗。").say(language)
    )


def assumption_line(replay: Replay, language: Language) -> str:
    """What the comparison rests on."""
    assert replay.comparison is not None
    comparison = replay.comparison
    wrong = comparison.days[-1].wrong.mean
    return Text(
        "{runs} runs of both in the same town, with other luck at the doors; {wanted:,} homes were "
        "empty or had people back within two weeks. With the list, nobody answering where the "
        "meters say empty counts too: {wrong:.0f} such homes were lived in. The run over HTTP "
        "itself knew {finds} by word.",
        "同一小城中两种做法各走 {runs} 次，仅门口运气不同；实有 {wanted:,} 户空置或两周内返回。"
        "按名单时，电表判为无人且无人应答也算掌握，其中 {wrong:.0f} 户实际有人。"
        "经网络实际运行的一次，仅凭告知逐日掌握 {finds} 户。",
    ).say(
        language,
        runs=comparison.runs,
        wanted=comparison.wanted,
        wrong=wrong,
        finds=", ".join(f"{n:,}" for n in replay.finds),
    )


def write_report(replay: Replay, language: Language) -> tuple[str, ...]:
    """Write report.md, report.svg and report.json into the folder; gives their names."""
    assert replay.comparison is not None
    folder = replay.stage.folder
    write_text(folder / "report.svg", curve_svg(replay.comparison, language), (".svg",))
    write_text(folder / "report.md", markdown(replay, language), (".md",))
    told = json.dumps(replay.answer(), ensure_ascii=False, indent=2, default=str)
    (folder / "report.json").write_text(told + "\n", encoding="utf-8")
    return ("report.md", "report.svg", "report.json")


def markdown(replay: Replay, language: Language) -> str:
    """The page."""
    title = Text("The origin, relived", "重演起点").say(language)
    known = Text("Homes known", "掌握住户").say(language)
    counts = Text("Counts", "逐项核对").say(language)
    curve = Text("Members checked in", "报到人数").say(language)
    days = replay.checked_in.days if replay.checked_in else ()
    growth = ", ".join(f"{day[5:]}: {total:,}" for day, _, total in days)
    return "\n".join(
        [
            f"# {title}",
            "",
            wire_line(replay, language),
            "",
            f"{curve}: {growth}",
            "",
            f"## {known}",
            "",
            f"![{known}](report.svg)",
            "",
            *_table([c.say(language) for c in DAY_COLUMNS], day_rows(replay, language)),
            "",
            assumption_line(replay, language),
            "",
            f"## {counts}",
            "",
            *_table([c.say(language) for c in CHECK_COLUMNS], check_rows(replay.checks, language)),
            "",
        ]
    )


def _table(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + [
        "| " + " | ".join(cell.replace("|", "¦") for cell in row) + " |" for row in rows
    ]
