"""`lamplit demo --replay`: the origin relived over HTTP, and every count added up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from lamplit.cli.common import FAILED, note, print_json, stdout
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from lamplit.domain.language import Text
    from lamplit.replay.run import Replay
    from lamplit.services.demo import Step

    Do = Callable[[Step, int, int], None]

HOMES, PEOPLE = 6000, 700


def replay(
    do: Do,
    *,
    homes: int,
    people: int,
    seed: int,
    folder: Path,
    store_url: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Tell the whole story, step by step; exits with FAILED where a count does not agree."""
    from lamplit.replay.report import write_report
    from lamplit.replay.run import Replay
    from lamplit.replay.story import Scale

    started = time.monotonic()
    scale = Scale.of(homes, people, seed)
    with Replay.open(scale, folder, store_url=store_url, replace=replace) as told:
        steps = told.steps()
        for number, step in enumerate(steps, 1):
            do(step, number, len(steps))
        files = write_report(told, LANGUAGE)
        took = time.monotonic() - started
        note(tr(f"Done in {took:.0f} s.", f"共用时 {took:.0f} 秒。"))
        if as_json:
            print_json(told.answer())
        else:
            _show(told)
            note(", ".join(str(folder / name) for name in files))
        if not told.holds:
            raise typer.Exit(FAILED)


def _show(told: Replay) -> None:
    from lamplit.replay.report import (
        CHECK_COLUMNS,
        DAY_COLUMNS,
        assumption_line,
        check_rows,
        day_rows,
        wire_line,
    )

    console = stdout()
    console.soft_wrap = False
    console.print(_growth(told))
    title = tr("Empty or returned homes known", "已掌握的空置与返回住户")
    console.print(_table(title, DAY_COLUMNS, day_rows(told, LANGUAGE), left=1))
    console.print(assumption_line(told, LANGUAGE), style="dim", markup=False)
    title = tr("The robots' book against the store", "机器人账本与系统核对")
    console.print(_table(title, CHECK_COLUMNS, check_rows(told.checks, LANGUAGE), left=2))
    console.print(wire_line(told, LANGUAGE), style="bold", markup=False)


def _growth(told: Replay) -> Table:
    """The check-ins, day by day, as bars."""
    assert told.checked_in is not None
    days = told.checked_in.days
    most = max(total for _, _, total in days)
    columns = (tr("day", "日期"), tr("new", "新增"), tr("in all", "累计"), "")
    rows = [
        (day[5:], f"{new:,}", f"{total:,}", "█" * round(30 * total / most))
        for day, new, total in days
    ]
    return _plain(tr("Members checked in", "成员报到"), columns, rows, left=1)


def _table(title: str, columns: Sequence[Text], rows: Sequence[Sequence[str]], left: int) -> Table:
    return _plain(title, [one.say(LANGUAGE) for one in columns], rows, left)


def _plain(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Table:
    from rich.table import Table
    from rich.text import Text as Styled

    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None,
                  pad_edge=False, header_style="dim")  # fmt: skip
    for number, column in enumerate(columns):
        bars = number == len(columns) - 1 and not column
        right = number >= left and not bars
        wide = 44 if left == 2 and number == 1 else None
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(column, justify=justify, overflow="fold", min_width=wide)
    for row in rows:
        style = {"✓": "green", "✗": "bold red"}.get(row[0], "")
        table.add_row(Styled(row[0], style), *(Styled(cell) for cell in row[1:]))
    return table
