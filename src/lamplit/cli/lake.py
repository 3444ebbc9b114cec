"""`lamplit lake`: compact the lake, verify it, say what is in it, and let old days go."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli import journal
from lamplit.cli.common import DEFAULT_HOME, FAILED, HomeOption, JsonOption
from lamplit.cli.dates import parse_day
from lamplit.cli.text import tr

if TYPE_CHECKING:
    from lamplit.services.quality import QualityRow

From = Annotated[
    date | None,
    typer.Option(
        "--from", parser=parse_day, metavar="DATE",
        help=tr("The first day (default: 30 days).", "首日（默认 30 天）。"),
    ),
]  # fmt: skip
To = Annotated[
    date | None,
    typer.Option(
        "--to", parser=parse_day, metavar="DATE",
        help=tr("The last day (default: the lake's last).", "末日（默认湖中最后一天）。"),
    ),
]  # fmt: skip
Before = Annotated[
    date,
    typer.Option(
        "--before", parser=parse_day, metavar="DATE",
        help=tr("The first day to keep.", "保留的首日。"),
    ),
]  # fmt: skip
Collector = Annotated[
    str | None,
    typer.Option(
        "--collector", metavar="ID", help=tr("Of one collector's meters.", "仅某采集器的电表。")
    ),
]
By = Annotated[
    str,
    typer.Option("--by", metavar="day|collector", help=tr("What a row is.", "每行表示什么。")),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    lake = typer.Typer(
        no_args_is_help=True,
        help=tr(
            "The lake: compact, verify, stats, quality, expire.",
            "湖的维护：compact、verify、stats、quality、expire。",
        ),
    )
    lake.command(
        "compact",
        help=tr(
            "Merge each month's files, and what was corrected, into one sorted file.",
            "把每月的文件与更正合并为一个有序文件。",
        ),
    )(compact)
    lake.command(
        "verify",
        help=tr("Check that every file is there and whole.", "检查每个文件是否存在且完整。"),
    )(verify)
    lake.command("stats", help=tr("Say what is in the lake.", "显示湖中内容。"))(stats)
    lake.command(
        "expire",
        help=tr(
            "Let go of readings before a day, as far as kept states allow.",
            "清除某日之前的读数（以保留的状态为限）。",
        ),
    )(expire)
    lake.command(
        "quality",
        help=tr(
            "How much of what was expected came, and how good it is.", "应采与实采、读数质量。"
        ),
    )(quality)
    app.add_typer(lake, name="lake")


def compact(
    home: HomeOption = DEFAULT_HOME,
    everything: Annotated[
        bool,
        typer.Option("--all", help=tr("Also months of one file.", "也处理只有一个文件的月份。")),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Merge and sort."""
    from dataclasses import asdict

    from lamplit.cli.common import note, open_home, print_json
    from lamplit.services import compact as service

    done = service.compact(open_home(home), everything=everything)
    for month in done:
        journal.tell("compacted", **asdict(month))
    if as_json:
        print_json([asdict(c) for c in done])
        return
    for month in done:
        before, after = month.bytes_before / 1e6, month.bytes_after / 1e6
        note(
            tr(
                f"{month.month}: {month.files_before} files → 1, {month.rows:,} rows, "
                f"{before:.1f} → {after:.1f} MB",
                f"{month.month}：{month.files_before} 个文件 → 1 个，{month.rows:,} 行，"
                f"{before:.1f} → {after:.1f} MB",
            )
        )
    if not done:
        note(tr("Nothing to compact.", "无需合并。"))


def verify(
    home: HomeOption = DEFAULT_HOME,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help=tr(
                "Also compare every file's bytes with its digest.", "同时核对每个文件的校验值。"
            ),
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the lake."""
    from lamplit.cli.common import note, open_home, print_error, print_json
    from lamplit.services import compact as service

    found = service.verify(open_home(home), deep=deep)
    for error in found:
        journal.problem(error)
    if as_json:
        print_json([{"code": e.code, "where": e.where, "says": str(e)} for e in found])
    else:
        for error in found:
            print_error(error, as_json=False)
        if not found:
            note(tr("The lake is whole.", "湖完好无损。"))
    if found:
        raise typer.Exit(FAILED)


def stats(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what is there."""
    from dataclasses import asdict

    from lamplit.cli.common import open_home, print_json, stdout
    from lamplit.services import compact as service

    found = service.stats(open_home(home))
    if as_json:
        print_json(asdict(found))
        return
    words = {
        "meters": tr("meters", "电表"),
        "meter_days": tr("meter-days", "表日"),
        "readings": tr("actual readings", "实测读数"),
        "first": tr("first day", "首日"),
        "last": tr("last day", "末日"),
        "files": tr("files", "文件"),
        "deltas": tr("of which deltas", "其中更正文件"),
        "bytes": tr("bytes", "字节"),
        "batches": tr("batches", "批次"),
    }
    for name, value in asdict(found).items():
        shown = f"{value:,}" if isinstance(value, int) else str(value or "–")
        stdout().print(f"{words[name]:<16} {shown}", markup=False)


def expire(
    before: Before,
    home: HomeOption = DEFAULT_HOME,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help=tr("Say what would go.", "只显示将清除的内容。")),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let old readings go."""
    from dataclasses import asdict

    from lamplit.cli.common import note, open_home, print_json
    from lamplit.services.expire import expire as service

    gone = service(open_home(home), before, dry_run=dry_run)
    journal.tell("expired", **asdict(gone), dry_run=dry_run)
    if as_json:
        print_json(asdict(gone) | {"dry_run": dry_run})
        return
    if gone.first is None:
        note(tr(f"Nothing is left up to {gone.last}.", f"{gone.last} 及之前已无读数。"))
        return
    would, will = (tr("Would let go", "将清除"), tr("Let go", "已清除"))
    note(
        tr(
            f"{would if dry_run else will}: {gone.first} … {gone.last}, {gone.rows:,} meter-days "
            f"in {gone.files} files, and the states of {gone.nights} nights.",
            f"{would if dry_run else will}：{gone.first} … {gone.last}，"
            f"{gone.files} 个文件中的 {gone.rows:,} 个表日，及 {gone.nights} 夜的状态。",
        )
    )


def quality(
    home: HomeOption = DEFAULT_HOME,
    first: From = None,
    last: To = None,
    collector: Collector = None,
    by: By = "day",
    as_json: JsonOption = False,
) -> None:
    """How good the readings are."""
    from dataclasses import asdict

    from lamplit.cli.common import note, open_home, print_json
    from lamplit.services import quality as service

    if by not in ("day", "collector"):
        raise typer.BadParameter("day, collector", param_hint="--by")
    found = service.quality(open_home(home), first, last, collector=collector)
    if as_json:
        print_json(asdict(found))
        return
    _print_quality([*(found.days if by == "day" else found.collectors), found.total])
    left = found.collector_count - len(found.collectors)
    if by == "collector" and left > 0:
        note(tr(f"… and {left:,} collectors with more.", f"……另有 {left:,} 个采集器情况更好。"))


def _print_quality(rows: list[QualityRow]) -> None:
    from lamplit.cli.field import print_table

    def share(count: int | None, of: int) -> str:
        return "–" if count is None or not of else f"{count / of:.1%}"

    print_table(
        (tr("day or collector", "日期或采集器"), tr("expected", "应采"), tr("valid", "有效"),
         tr("estimated", "估计"), tr("unknown", "无法判定"), tr("missing", "缺失"),
         tr("zero", "零用电")),
        [
            (
                str(row.day or row.collector or (tr("all", "合计") if row.collector is None
                                                 else tr("(none)", "（无）"))),
                f"{row.expected:,}", share(row.valid, row.expected),
                share(row.estimated, row.expected), share(row.unknown, row.expected),
                share(row.missing, row.expected), share(row.zero, row.valid),
            )
            for row in rows
        ],
    )  # fmt: skip
