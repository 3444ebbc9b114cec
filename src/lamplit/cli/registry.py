"""`lamplit registry import | show | stats`: who is behind each meter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    REFUSED,
    HomeOption,
    JsonOption,
    note,
    open_home,
    print_json,
    stderr,
    stdout,
)
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from rich.table import Table

    from lamplit.services.registry import ImportPlan

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=tr(
            "CSV, XLSX or Parquet, also at an address.", "CSV、XLSX 或 Parquet 文件，也可为地址。"
        ),
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help=tr("Only say what would change.", "只显示将有的变动。"))
]
SkipBad = Annotated[
    bool,
    typer.Option("--skip-bad", help=tr("Leave bad rows out.", "略过无法使用的行，导入其余各行。")),
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=NAME",
        help=tr(
            "Take the file's COLUMN for the registry's NAME; may be repeated.",
            "将文件中的“列名”当作台账的“名称”；可重复使用。",
        ),
    ),
]
Wanted = Annotated[
    str | None, typer.Argument(metavar="METER|HOUSEHOLD", help=tr("An id.", "表号或户号。"))
]

SHOWN_ROWS = 20


def register(app: typer.Typer) -> None:
    """Add `registry` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("Who is behind each meter, and where.", "台账：每块电表对应的住户与位置。"),
    )
    group.command("import", help=tr("Import a registry file.", "导入台账文件。"))(import_file)
    group.command("show", help=tr("Show a meter's or household's rows.", "显示电表或住户的记录。"))(
        show
    )
    group.command("stats", help=tr("Count homes, meters, places.", "统计住户、电表与地点。"))(stats)
    app.add_typer(group, name="registry")


def import_file(
    file: File,
    dry_run: DryRun = False,
    skip_bad: SkipBad = False,
    mapped: Mapped = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Import a registry file, or say what would change."""
    from lamplit.services import registry as service

    opened = open_home(home)
    plan = service.plan_import(opened, file, _mapping(mapped or []))
    if not as_json:
        _print_faults(plan)
    quarantined = None
    if not dry_run:
        quarantined = service.apply_import(opened, plan, skip_bad=skip_bad)
    if as_json:
        print_json(_answer(plan, dry_run, quarantined))
    else:
        _print_changes(plan, dry_run, quarantined)
    if plan.bad:
        raise typer.Exit(REFUSED)


def show(
    wanted: Wanted = None, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """Show the rows of one meter or household; without an id, the first of the registry."""
    from lamplit.services import registry as service

    opened = open_home(home)
    table = service.find(opened, wanted) if wanted else service.Registry.table(opened)
    shown = table if wanted else table.slice(0, SHOWN_ROWS)
    if as_json:
        print_json(service.rows_of(shown))
        return
    if not table.num_rows:
        _say_empty()
        return
    stdout().print(_rows_table(service.rows_of(shown)))
    if shown.num_rows < table.num_rows:
        rest = table.num_rows - shown.num_rows
        note(tr(f"… and {rest:,} rows more; give an id to see its rows.", f"……另有 {rest:,} 行。"))


def stats(as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Count what the registry holds."""
    from lamplit.services import registry as service

    counts = service.stats(open_home(home))
    if as_json:
        print_json(counts)
        return
    if not counts["rows"]:
        _say_empty()
        return
    from rich.table import Table

    words = {
        "rows": tr("rows", "记录"),
        "homes": tr("homes", "住户"),
        "meters": tr("meters", "电表"),
        "communities": tr("communities", "社区"),
        "buildings": tr("buildings", "楼栋"),
        "collectors": tr("collectors", "采集器"),
        "solar": tr("meters with solar", "光伏电表"),
        "shared": tr("meters marked shared", "标明合表的电表"),
        "lives_alone": tr("homes of people who live alone (meters)", "独居户电表"),
        "ended": tr("rows that have an end", "有失效日期的记录"),
    }
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key, count in counts.items():
        table.add_row(words[key], f"{count:,}")
    stdout().print(table)


def _mapping(given: list[str]) -> dict[str, str]:
    """`COLUMN=NAME` texts as a mapping; the last `=` divides, as headers may hold one."""
    pairs = (text.rpartition("=") for text in given)
    return {column.strip(): name.strip() for column, _, name in pairs}


def _say_empty() -> None:
    note(
        tr(
            "The registry is empty: each meter counts as a home of its own, without a place.\n"
            "  → lamplit registry import FILE (CSV, XLSX or Parquet with at least meter_id)",
            "台账为空：每块电表都按单独一户处理，且没有位置。\n"
            "  → lamplit registry import 文件（CSV、XLSX 或 Parquet，至少含 表号 列）",
        )
    )


def _print_faults(plan: ImportPlan) -> None:
    """The first refused rows, each with its cure, on stderr."""
    from rich.table import Table

    faults = plan.first_faults()
    if not faults:
        return
    table = Table(box=None, pad_edge=False)
    for header in (tr("row", "行"), tr("column", "列"), tr("what", "问题"), tr("cure", "改法")):
        table.add_column(header, overflow="fold")
    for fault in faults:
        cure = fault.problem.remedy.say(LANGUAGE)
        table.add_row(str(fault.row), fault.column, _plain(fault.says(LANGUAGE)), _plain(cure))
    stderr().print(table)
    more = sum(len(f.rows) for f in plan.faults) - len(faults)
    if more > 0:
        note(tr(f"… and {more:,} more.", f"……另有 {more:,} 处。"))


def _plain(text: str) -> str:
    """Text in which rich reads no markup."""
    return text.replace("[", r"\[")


def _print_changes(plan: ImportPlan, dry_run: bool, quarantined: Path | None) -> None:
    """What changed or would change, and the notes on what was noticed, on stderr."""
    from rich.table import Table

    merge = plan.merge
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for word, count in (
        (tr("rows read", "读取行数"), plan.rows),
        (tr("added", "新增"), merge.added),
        (tr("changed", "修改"), merge.changed),
        (tr("closed", "结束"), merge.closed),
        (tr("unchanged", "不变"), merge.unchanged),
        (tr("duplicate", "重复"), plan.checked.duplicates),
        (tr("refused", "拒绝"), plan.bad),
    ):
        table.add_row(word, f"{count:,}")
    stderr().print(table)
    for text in _notes(plan):
        note(text)
    if quarantined:
        note(tr(f"Refused rows: {quarantined}", f"被拒的行：{quarantined}"))
    if dry_run:
        note(tr("Dry run: nothing was written.", "试运行：未写入任何内容。"))


def _notes(plan: ImportPlan) -> list[str]:
    notes = []
    if "household_id" not in plan.checked.named:
        notes.append(
            tr(
                "No column holds households: each meter is taken for a home of its own.",
                "没有户号列：每块电表都按单独一户处理。",
            )
        )
    if plan.merge.at_once:
        notes.append(
            tr(
                f"Meters that serve several households at once: {plan.merge.at_once:,}. They "
                "count as shared, and nobody is named for them.",
                f"同时供多户使用的电表：{plan.merge.at_once:,} 块。按合表处理，不指认任何一户。",
            )
        )
    if plan.checked.ignored:
        columns = ", ".join(plan.checked.ignored[:10])
        notes.append(tr(f"Columns left aside: {columns}", f"未使用的列：{columns}"))
    return notes


def _answer(plan: ImportPlan, dry_run: bool, quarantined: Path | None) -> dict[str, Any]:
    merge = plan.merge
    return {
        "file": plan.file,
        "dry_run": dry_run,
        "rows": plan.rows,
        "added": merge.added,
        "changed": merge.changed,
        "closed": merge.closed,
        "unchanged": merge.unchanged,
        "duplicate": plan.checked.duplicates,
        "refused": plan.bad,
        "meters_serving_several_at_once": merge.at_once,
        "columns_left_aside": plan.checked.ignored,
        "quarantine": str(quarantined) if quarantined else None,
        "faults": [
            {
                "row": fault.row,
                "column": fault.column,
                "code": fault.problem.code,
                "value": fault.value,
                "says": fault.says(LANGUAGE),
                "cure": fault.problem.remedy.say(LANGUAGE),
            }
            for fault in plan.first_faults()
        ],
    }


def _rows_table(rows: list[dict[str, Any]]) -> Table:
    """The columns that hold anything, with what the screen says for yes and no."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    names = [name for name in rows[0] if any(row[name] not in (None, False) for row in rows)]
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row[name]) for name in names))
    return table


def _shown(value: object) -> str:
    if value is None or value is False:
        return ""
    return tr("yes", "是") if value is True else _plain(str(value))
