"""What the commands of the field half share: whose name they act in, the office, small tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import REFUSED, note, open_home, print_json, stderr, stdout
from lamplit.cli.dates import parse_day, parse_moment
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.domain.language import Text
    from lamplit.services.field.files.imports import ImportPlan, Kind
    from lamplit.services.field.office import Actor, Office

AsOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="PERSON",
        help=tr("Act as this person, with their rights.", "以此人的身份和权限操作。"),
    ),
]
DayOption = Annotated[
    str | None,
    typer.Option("--day", metavar="DAY", help=tr("The day; today.", "日期；默认今天。")),
]
NoteOption = Annotated[
    str | None, typer.Option("--note", metavar="TEXT", help=tr("A note with it.", "附言。"))
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, help=tr("At most so many.", "最多条数。"))
]
AfterOption = Annotated[
    str,
    typer.Option(
        "--after", metavar="CODE", help=tr("Go on after this code.", "从此编号之后继续。")
    ),
]
FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", help=tr("CSV, XLSX or Parquet.", "CSV、XLSX 或 Parquet 文件。")),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=tr("Only say what would change.", "只显示将有的变动。"))
]
SkipBadOption = Annotated[
    bool,
    typer.Option("--skip-bad", help=tr("Leave bad rows out.", "略过无法使用的行，导入其余各行。")),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=NAME",
        help=tr(
            "Take the file's COLUMN for NAME, or leave it aside where NAME is empty; may be "
            "repeated. Kept for the next file of this kind.",
            "将“列名”当作“名称”，名称留空则不用该列；可重复。下次导入同类文件时沿用。",
        ),
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help=tr(
            "What stands in NAME in every row, where the file has no such column; may be repeated.",
            "文件没有该列时，各行均填此值；可重复。",
        ),
    ),
]


def office_and_actor(home: Path, person: str | None = None) -> tuple[Office, Actor]:
    """The home's office, and who acts: the operator, or the person named by `--as`."""
    from lamplit.services.field.office import CLI, Actor, Office
    from lamplit.services.field.people.people import resolve_person

    office = Office.open(open_home(home))
    if person is None:
        return office, CLI
    with office.db.read() as conn:
        return office, Actor(resolve_person(conn, person).id, "cli")


def day_of(text: str | None) -> date | None:
    """The day that an option names, None where it was left out."""
    return parse_day(text) if text else None


def moment_of(text: str | None) -> date | datetime | None:
    """The day or instant that an option names, None where it was left out."""
    return parse_moment(text) if text else None


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table on stdout, the answer of a command."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell).replace("[", r"\[") for cell in row))
    stdout().print(table)


def run_import(
    home: Path,
    person: str | None,
    kind: Kind,
    file: Path,
    mapped: list[str] | None,
    fixed: list[str] | None,
    *,
    dry_run: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Plan an import, show it, and apply it. Exit code 3 where rows were refused."""
    from lamplit.services.field.files.imports import apply_import, plan_import

    office, actor = office_and_actor(home, person)
    pairs = (text.rpartition("=") for text in mapped or [])
    mapping = {column.strip(): name.strip() for column, _, name in pairs}
    same = {name.strip(): value for name, _, value in (t.partition("=") for t in fixed or [])}
    plan = plan_import(office, actor, kind, file, mapping, same)
    if not as_json:
        _print_faults(plan)
        _print_values(plan)
    refused = None if dry_run else apply_import(office, actor, plan, skip_bad=skip_bad)
    if as_json:
        print_json(_answer(plan, dry_run, refused))
    else:
        _print_changes(plan, dry_run, refused)
    if plan.bad:
        raise typer.Exit(REFUSED)


SHOWN = 20


def _print_faults(plan: ImportPlan) -> None:
    from rich.table import Table

    if not plan.faults:
        return
    table = Table(box=None, pad_edge=False)
    for header in (tr("row", "行"), tr("column", "列"), tr("what", "问题"), tr("cure", "改法")):
        table.add_column(header, overflow="fold")
    for fault in plan.faults[:SHOWN]:
        cells = (fault.column, fault.says(LANGUAGE), fault.problem.remedy.say(LANGUAGE))
        table.add_row(str(fault.row), *(cell.replace("[", r"\[") for cell in cells))
    stderr().print(table)
    more = len(plan.faults) - SHOWN
    if more > 0:
        note(tr(f"… and {more:,} more.", f"……另有 {more:,} 处。"))


def _print_values(plan: ImportPlan) -> None:
    """What stands in the columns that change, and what will."""
    hidden = tr("(not shown)", "（不予显示）")

    def told(value: Text | None) -> str:
        return (value.say(LANGUAGE) if value else "–").replace("[", r"\[")

    changing = [(step, one) for step in plan.told for one in step.changes]
    if not changing:
        return
    headers = (tr("row", "行"), tr("code", "编号"), tr("column", "列"), tr("now", "现在"),
               tr("then", "将为"))  # fmt: skip
    print_table(
        headers,
        [
            (step.row, step.code, one.column, *((hidden, hidden) if one.held else
             (told(one.was), told(one.now))))
            for step, one in changing[:SHOWN]
        ],
    )  # fmt: skip
    more = len(changing) - SHOWN
    if more > 0:
        note(tr(f"… and {more:,} more.", f"……另有 {more:,} 处。"))


def _print_changes(plan: ImportPlan, dry_run: bool, refused: Path | None) -> None:
    counts = (
        (tr("rows read", "读取行数"), plan.rows),
        (tr("added", "新增"), plan.planned.added),
        (tr("changed", "修改"), plan.planned.changed),
        (tr("unchanged", "不变"), plan.planned.unchanged),
        (tr("refused", "拒绝"), plan.bad),
    )
    for word, count in counts:
        note(f"{word}: {count:,}")
    if plan.table.ignored:
        columns = ", ".join(plan.table.ignored[:10])
        note(tr(f"Columns left aside: {columns}", f"未使用的列：{columns}"))
    if refused:
        note(tr(f"Refused rows: {refused}", f"被拒的行：{refused}"))
    if dry_run:
        note(tr("Dry run: nothing was written.", "试运行：未写入任何内容。"))


def _answer(plan: ImportPlan, dry_run: bool, refused: Path | None) -> dict[str, Any]:
    return {
        "file": str(plan.table.file),
        "kind": plan.kind.value,
        "dry_run": dry_run,
        "rows": plan.rows,
        "added": plan.planned.added,
        "changed": plan.planned.changed,
        "unchanged": plan.planned.unchanged,
        "refused": plan.bad,
        "columns_left_aside": plan.table.ignored,
        "changes": [
            {
                "row": step.row,
                "code": step.code,
                "column": one.column,
                "was": one.was.say(LANGUAGE) if one.was else None,
                "now": one.now.say(LANGUAGE) if one.now else None,
                "held": one.held,
            }
            for step in plan.told
            for one in step.changes
        ],
        "quarantine": str(refused) if refused else None,
        "faults": [
            {
                "row": fault.row,
                "column": fault.column,
                "code": fault.problem.code,
                "value": fault.value,
                "says": fault.says(LANGUAGE),
                "cure": fault.problem.remedy.say(LANGUAGE),
            }
            for fault in plan.faults[:SHOWN]
        ],
    }
