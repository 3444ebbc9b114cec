"""`lamplit town`: make a town with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamplit.cli.common import JsonOption, note, print_json
from lamplit.cli.progress import progress
from lamplit.cli.text import tr

Out = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="DIR", help=tr("The folder to write.", "输出目录。")),
]
Homes = Annotated[int, typer.Option(help=tr("How many homes.", "户数。"))]
Days = Annotated[int, typer.Option(help=tr("How many local days.", "天数。"))]
Seed = Annotated[
    int, typer.Option(help=tr("The same seed gives the same town.", "相同种子生成相同城镇。"))
]
Minutes = Annotated[
    int, typer.Option(help=tr("Slot length: 15, 30 or 60.", "时段长度：15、30 或 60 分钟。"))
]
LayoutOption = Annotated[
    str | None,
    typer.Option(help=tr("long, wide, daily or registers.", "long、wide、daily 或 registers。")),
]
Format = Annotated[str, typer.Option("--format", help=tr("parquet or csv.", "parquet 或 csv。"))]
Start = Annotated[
    str | None,
    typer.Option(metavar="DATE", help=tr("The first local day.", "首日（当地日期）。")),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help=tr("The last day read, in place of --start.", "最后一个有读数的日期，代替 --start。"),
    ),
]
Beyond = Annotated[
    int,
    typer.Option(
        help=tr(
            "So many of the days are in the truth only, after the last day read.",
            "其中最后若干天只有真值、没有读数。",
        )
    ),
]
Zone = Annotated[str, typer.Option(metavar="NAME", help=tr("IANA timezone.", "IANA 时区。"))]
PresetOption = Annotated[
    str,
    typer.Option(
        help=tr(
            "plain, demo, hard, festival, summer or daily.",
            "plain、demo、hard、festival、summer 或 daily。",
        )
    ),
]
Threads = Annotated[int, typer.Option(help=tr("Threads to use.", "线程数。"))]


def register(app: typer.Typer) -> None:
    """Add `town` to the app."""

    @app.command("town", help=tr("Make a town with known truth.", "生成真值已知的模拟城镇。"))
    def town(
        output: Out,
        homes: Homes = 5000,
        days: Days = 60,
        seed: Seed = 1,
        minutes: Minutes = 15,
        layout: LayoutOption = None,
        fmt: Format = "parquet",
        start: Start = None,
        until: Until = None,
        beyond: Beyond = 0,
        timezone: Zone = "Asia/Shanghai",
        preset: PresetOption = "demo",
        threads: Threads = 2,
        as_json: JsonOption = False,
    ) -> None:
        from lamplit.services.town import TownRequest, make_town

        request = TownRequest(
            homes, days, seed, preset, minutes, layout, fmt, start, timezone, until, beyond
        )
        with progress(tr("Making the town", "正在生成城镇"), homes) as moved:
            built = make_town(request, output, threads=threads, report=moved)
        if as_json:
            print_json({"folder": built.folder, "rows": built.rows, "outages": built.windows})
            return
        note(tr(f"Made a town in {built.folder}:", f"已生成城镇 {built.folder}："))
        for name, rows in sorted(built.rows.items()):
            note(f"  {rows:>14,}  {name}")
        note(
            tr(
                f"Next: lamplit registry import {built.folder}/registry.csv\n"
                f"      lamplit ingest {built.folder}/readings {built.folder}/corrections",
                f"下一步：lamplit registry import {built.folder}/registry.csv\n"
                f"        lamplit ingest {built.folder}/readings {built.folder}/corrections",
            )
        )
