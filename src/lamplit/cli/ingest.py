"""`lamplit ingest`: take readings into the lake, and tell what became of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from lamplit.cli import ingest_options as opts
from lamplit.cli import journal
from lamplit.cli.common import (
    DEFAULT_HOME,
    DONE,
    REFUSED,
    EngineOption,
    HomeOption,
    JsonOption,
    MasterOption,
)
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from rich.table import Table

    from lamplit.services.ingest import FileResult, IngestReport

MAX_FILES_SHOWN = 30
LONGEST_NAME = 40
"""Columns for the name of a file; a longer one goes on below itself."""
MAPPABLE = (
    "meter_id", "time", "day", "kwh", "kwh_export", "quality", "seq", "minutes", "direction",
    "multiplier", "ct", "pt", "register", "register_export", "digits",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("ingest", help=_HELP)(run)


_HELP = tr(
    "Take readings into the lake: files, archives (gz, zst, zip) and whole folders, here or at an "
    "address (s3://bucket/folder/*.csv). The layout is "
    "recognised, and can be told. Rows that can't be read go to the quarantine folder.",
    "将读数导入湖中：文件、压缩包（gz、zst、zip）或整个文件夹，可在本机或某一地址"
    "（s3://bucket/folder/*.csv）。布局自动识别，也可指定。"
    "无法读取的行写入隔离文件夹。",
)


def run(
    files: opts.Files,
    home: HomeOption = DEFAULT_HOME,
    layout: opts.Layout = None,
    timezone: opts.Timezone = None,
    column: opts.Column = None,
    minutes: opts.Minutes = None,
    stamp: opts.Stamp = None,
    first_column: opts.FirstColumn = None,
    unit: opts.Unit = None,
    midnight: opts.Midnight = None,
    digits: opts.Digits = None,
    direction: opts.Direction = None,
    meter_id: opts.MeterId = None,
    multiplier: opts.Multiplier = None,
    encoding: opts.Encoding = None,
    delimiter: opts.Delimiter = None,
    max_kwh: opts.MaxKwh = 1000.0,
    dry_run: opts.DryRun = False,
    engine: EngineOption = None,
    master: MasterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Parse, call the service, print."""
    from lamplit.cli.common import open_home
    from lamplit.cli.progress import progress
    from lamplit.meters.layouts.base import Options
    from lamplit.services.ingest import ingest
    from lamplit.services.zones import checked_zone

    where = open_home(home, engine, master)
    options = Options(
        timezone=checked_zone(timezone) if timezone else where.timezone,
        layout=layout,
        first_column=_one_of("--first-column", first_column, ("00:00", "00:15")),
        stamp=_one_of("--stamp", stamp, ("start", "end")),
        unit=_one_of("--unit", unit, ("kwh", "wh", "kw", "w")),
        midnight=_one_of("--midnight", midnight, ("starts", "ends")),
        direction=_one_of("--direction", direction, ("import", "export")),
        minutes=minutes,
        digits=digits,
        meter_id=meter_id,
        multiplier=multiplier,
        columns=_mapped(column or []),
        encoding=encoding,
        delimiter=delimiter.replace("\\t", "\t") if delimiter else None,
        max_kwh=max_kwh,
    )
    with progress(tr("Ingesting", "导入")) as bar:
        done = ingest(where, files, options, report=bar, dry_run=dry_run)
    journal.files(done)
    _finish(done, as_json=as_json, given=len(files))


def _finish(done: IngestReport, *, as_json: bool, given: int) -> None:
    """Print what became of the files, and leave with the code that says so."""
    if as_json:
        from lamplit.cli.common import print_json

        print_json(as_dict(done))
    else:
        show(done)
    failed = done.failed
    if failed and len(failed) == len(done.files) == 1:
        raise failed[0].error or RuntimeError
    for result in failed:
        from lamplit.cli.common import print_error

        assert result.error is not None
        print_error(result.error, as_json=as_json)
    raise typer.Exit(REFUSED if failed else DONE)


def as_dict(done: IngestReport) -> dict[str, Any]:
    """The report as JSON has it."""
    from dataclasses import asdict

    return {
        "total": asdict(done.total),
        "seconds": round(done.seconds, 3),
        "dry_run": done.dry_run,
        "unknown_meters": done.unknown_meters,
        "files": [
            {
                "file": f.name,
                "layout": f.layout,
                "why": f.why.say(LANGUAGE),
                "batch": f.batch or None,
                "already_in_batch": f.seen_before or None,
                "rows": asdict(f.rows),
                "meters": f.meters,
                "day_min": f.day_min,
                "day_max": f.day_max,
                "reasons": f.reasons,
                "quarantine": f.quarantine,
                "notes": [n.say(LANGUAGE) for n in f.notes],
                "error": f.error.code if f.error else None,
            }
            for f in done.files
        ],
    }


def show(done: IngestReport) -> None:
    """The closing table, with what each file was taken for and what to look at."""
    from lamplit.cli.common import stderr

    console = stderr()
    table = _table(done, roomy=True)
    unbound = console.options.update(width=10_000)
    if console.measure(table, options=unbound).maximum > console.width:
        # The counts matter more than where the days lie, which is told below.
        table = _table(done, roomy=False)
    console.print(table)
    for line in _remarks(done):
        console.print(line, markup=False)


def _table(done: IngestReport, *, roomy: bool) -> Table:
    """The counts of each file; where there is room, its layout, meters and days as well."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=tr("Readings taken in", "导入结果"),
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1) if roomy else (0, 0, 0, 1),
        pad_edge=roomy,
        show_edge=roomy,
    )
    table.add_column(tr("file", "文件"), overflow="fold", min_width=12, max_width=LONGEST_NAME)
    if roomy:
        table.add_column(tr("layout", "布局"), no_wrap=True)
    for name in ("read", "kept", "corrected", "duplicate", "quarantined"):
        table.add_column(_ROW_WORDS[name], justify="right", no_wrap=True)
    if roomy:
        table.add_column(tr("meters", "电表"), justify="right", no_wrap=True)
        table.add_column(tr("days", "日期"), no_wrap=True)
    for result in done.files[:MAX_FILES_SHOWN]:
        cells = _cells(result)
        shown = cells if roomy else [cells[0], *cells[2:7]]
        table.add_row(*shown, style="red" if result.failed else None)
    if len(done.files) > MAX_FILES_SHOWN:
        more = len(done.files) - MAX_FILES_SHOWN
        table.add_row(tr(f"… and {more} more", f"…另有 {more} 个"))
    if len(done.files) > 1:
        total = done.total
        counts = (total.read, total.kept, total.corrected, total.duplicate, total.quarantined)
        table.add_section()
        lead = [tr("total", "合计"), ""] if roomy else [tr("total", "合计")]
        table.add_row(*lead, *[f"{n:,}" for n in counts], style="bold")
    return table


_ROW_WORDS = {
    "read": tr("read", "读取"),
    "kept": tr("kept", "保留"),
    "corrected": tr("corrected", "更正"),
    "duplicate": tr("duplicate", "重复"),
    "quarantined": tr("quarantined", "隔离"),
}


def _cells(result: FileResult) -> list[str]:
    rows = result.rows
    counts = (rows.read, rows.kept, rows.corrected, rows.duplicate, rows.quarantined)
    days = f"{result.day_min} … {result.day_max}" if result.day_min else ""
    layout = result.error.code if result.error else result.layout
    return [result.name, layout, *[f"{n:,}" for n in counts], f"{result.meters:,}", days]


def _remarks(done: IngestReport) -> list[str]:
    """What a reader should know besides the counts, each once."""
    from lamplit.meters.layouts import layouts

    said: dict[str, None] = {}
    days = [d for f in done.files for d in (f.day_min, f.day_max) if d is not None]
    if days:
        first, last = min(days), max(days)
        said[tr(f"• days {first} to {last}", f"• 日期 {first} 至 {last}")] = None
    for result in done.files:
        if result.failed:
            continue
        if result.why.en:
            why, name = result.why.say(LANGUAGE), result.layout
            label = layouts()[name].label.say(LANGUAGE)
            said[tr(f"• taken as {label} ({name}): {why}", f"• 识别为{label}（{name}）：{why}")] = (
                None
            )
        for remark in result.notes:
            said[f"• {remark.say(LANGUAGE)}"] = None
        if result.seen_before:
            said[
                tr(
                    f"• {result.name} is in already (batch {result.seen_before}): nothing changed",
                    f"• {result.name} 已导入过（批次 {result.seen_before}）：无变化",
                )
            ] = None
        if result.quarantine:
            reasons = ", ".join(f"{code} × {n:,}" for code, n in result.reasons.items())
            said[f"! {result.quarantine}: {reasons}"] = None
    if done.unknown_meters:
        said[
            tr(
                f"! {done.unknown_meters:,} meters are not in the registry: each is taken for a "
                "home of its own",
                f"! {done.unknown_meters:,} 块电表不在档案中：各视为一户",
            )
        ] = None
    if done.dry_run:
        said[tr("• dry run: nothing was written", "• 试运行：未写入任何内容")] = None
    return list(said)


def _one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> Any:
    if value is None or value.lower() in allowed:
        return value.lower() if value else None
    raise typer.BadParameter(f"{value!r}: {' | '.join(allowed)}", param_hint=option)


def _mapped(items: list[str]) -> dict[str, str]:
    """`--map` items as canonical name to column. Raises LamplitError `ingest.bad-map`."""
    from lamplit.domain.errors import LamplitError
    from lamplit.domain.problems import ingest as problems

    found: dict[str, str] = {}
    for item in items:
        name, sign, column = item.partition("=")
        if not sign or name.strip() not in MAPPABLE or not column.strip():
            raise LamplitError(problems.BAD_MAP, item=item, names=", ".join(MAPPABLE))
        found[name.strip()] = column.strip()
    return found
