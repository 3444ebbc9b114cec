"""`lamplit explain`: one home's last weeks, each rule's number, and what ran."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    note,
    open_home,
    print_json,
    stdout,
)
from lamplit.cli.dates import parse_day
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from rich.console import Console

    from lamplit.services.explain import Explanation
    from lamplit.services.routine import RoutineLook

Household = Annotated[
    str,
    typer.Argument(metavar="HOUSEHOLD", help=tr("A household, or its meter.", "户号或表号。")),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="DATE",
        help=tr("As the evening of DATE knew it (default: the last night).",
                "以该日傍晚所知为准（默认：最近一夜）。"),
    ),
]  # fmt: skip
ShowSql = Annotated[
    bool,
    typer.Option("--sql", help=tr("Show the SQL and every rule too.", "同时显示 SQL 与全部规则。")),
]


def register(app: typer.Typer) -> None:
    """Add `explain` to the app."""

    @app.command(
        "explain",
        help=tr(
            "Why a home is in its state: its last weeks, each step's numbers, the SQL that ran.",
            "解释某户为何处于当前状态：近几周用电、每步数值与所用 SQL。",
        ),
    )
    def explain(
        household: Household,
        as_of: AsOf = None,
        sql: ShowSql = False,
        home: HomeOption = DEFAULT_HOME,
        json: JsonOption = False,
    ) -> None:
        from lamplit.services.explain import explain as explain_home

        found = explain_home(open_home(home), household, as_of)
        if json:
            print_json(_answer(found))
            return
        console = stdout()
        _show(console, found)
        if sql:
            _show_rules(console, found)
        else:
            note(tr("Every rule and the SQL: add --sql", "查看全部规则与 SQL：加 --sql"))


def _answer(found: Explanation) -> dict[str, Any]:
    from lamplit.signals.home_state.sentences import against, evidence

    answer = asdict(found)
    for line in answer["days"]:
        line["state"] = line["state"].word
        line["reason"] = line["reason"]["en"] if line["reason"] else None
    answer["facts"] |= {"state": found.facts.state.word, "event": found.facts.event.word}
    answer["evidence"] = {"en": evidence(found.facts, "en"), "zh": evidence(found.facts, "zh")}
    answer["against"] = {"en": against(found.facts, "en"), "zh": against(found.facts, "zh")}
    for step in answer["steps"]:
        step["value"] = step["value"] if isfinite(step["value"]) else None
    if found.routine:
        for step in answer["routine"]["steps"]:
            step["value"] = step["value"] if isfinite(step["value"]) else None
    return answer


def _show(console: Console, found: Explanation) -> None:
    from lamplit.domain.words import STATE_TEXT
    from lamplit.outbound.chart import HomeDay, home_chart
    from lamplit.signals.home_state.sentences import against, evidence

    facts = found.facts
    console.print(
        f"[bold]{found.household_id}[/bold]  {tr('meter', '表')} {found.meter_id}  "
        f"{found.as_of}  [bold]{STATE_TEXT[facts.state].say(LANGUAGE)}[/bold]"
    )
    days = [HomeDay(d.day, d.kwh, d.state, d.base_kwh) for d in found.days]
    console.print(home_chart(days, LANGUAGE, width=min(console.width, 100),
                             ascii_only=console.options.ascii_only))  # fmt: skip
    console.print(evidence(facts, LANGUAGE), markup=False)
    console.print(f"{tr('Against', '反证')}: {against(facts, LANGUAGE)}", style="dim", markup=False)
    used = (
        tr("the course of the day (intervals)", "日内曲线（分时数据）")
        if found.uses == "intervals"
        else tr("the day's energy alone", "仅日电量")
    )
    console.print(f"{tr('Judged from', '依据数据')}: {used}", style="dim")
    _show_points(console, found)
    _show_doubts(console, found)
    if found.routine:
        _show_routine(console, found.routine)


def _show_points(console: Console, found: Explanation) -> None:
    """The day's points line by line, from yesterday's belief to today's."""
    from rich.table import Table

    steps = {step.name: step for step in found.steps}
    table = Table(box=None, pad_edge=False, header_style="bold dim")
    table.add_column(tr("points for “nobody there”", "“无人”得分"))
    table.add_column(f"{found.as_of}", justify="right")
    for line in found.points:
        if abs(line.value) >= 0.05:
            table.add_row(line.says.say(LANGUAGE), f"{line.value:+.1f}")
    if found.points:
        table.add_row(tr("together (bounded)", "合计（有上下限）"), f"{steps['points'].value:+.1f}",
                      style="bold")  # fmt: skip
    table.add_row(tr("carried over from yesterday", "由昨日延续"), _share(steps["carried"].value))
    table.add_row(tr("nobody was there: belief", "当日无人：判断"), _share(steps["belief"].value))
    shown = found.days[-1].probability
    if shown is not None:
        table.add_row(tr("nobody was there: probability, calibrated", "当日无人：校准后概率"),
                      _share(shown), style="bold")  # fmt: skip
    console.print(table)


def _share(value: float) -> str:
    """A share that never claims to be sure."""
    return "> 99%" if value > 0.99 else "< 1%" if value < 0.01 else f"{value:.0%}"


def _show_routine(console: Console, look: RoutineLook) -> None:
    """How the day of a consenting home went beside its usual days."""
    from rich.table import Table

    title = (
        tr("The day did not go its usual round", "当日未按往常规律")
        if look.broken
        else tr("The day went its usual round", "当日符合往常规律")
    )
    if not look.spoke:
        title = tr("Nothing to say of the day's round", "无从判断当日规律")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    for step in look.steps:
        if step.says and isfinite(step.value):
            table.add_row(step.says.say(LANGUAGE), f"{step.value:.3g}")
    console.print(table)


def _show_doubts(console: Console, found: Explanation) -> None:
    """The days that did not count, and why."""
    silent = [d for d in found.days if d.reason]
    if not silent:
        return
    console.print(tr("Days that do not count:", "不作证据的日子："), style="bold dim")
    for line in silent[-8:]:
        assert line.reason is not None
        console.print(f"  {line.day}  {line.reason.say(LANGUAGE)}", style="dim")
    if len(silent) > 8:
        console.print(tr(f"  … and {len(silent) - 8} before", f"  ……此前另有 {len(silent) - 8} 天"),
                      style="dim")  # fmt: skip


def _show_rules(console: Console, found: Explanation) -> None:
    from rich.table import Table

    table = Table(title=tr("Every step, in order", "全部步骤（按序）"), title_justify="left")
    table.add_column(tr("step", "步骤"), style="bold", no_wrap=True)
    table.add_column(tr("value", "数值"), justify="right", no_wrap=True)
    table.add_column(tr("rule", "规则"), overflow="fold")
    for step in found.steps:
        said = f"\n[dim]{step.says.say(LANGUAGE)}[/dim]" if step.says else ""
        table.add_row(step.name, f"{step.value:.4g}", f"{step.rule}{said}")
    console.print(table)
    for sql in found.sql:
        console.print(tr("SQL that read the days:", "读取各日的 SQL："), style="bold")
        console.print(sql.strip(), markup=False, soft_wrap=True)
