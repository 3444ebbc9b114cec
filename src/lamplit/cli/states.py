"""`lamplit states`: what each home was on each day, to a file."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    EngineOption,
    HomeOption,
    MasterOption,
    note,
    open_home,
)
from lamplit.cli.dates import parse_day
from lamplit.cli.progress import progress
from lamplit.cli.text import tr


class View(StrEnum):
    """Which knowledge counts."""

    ASOF = "asof"
    REVISED = "revised"


From = Annotated[
    date,
    typer.Option("--from", parser=parse_day, metavar="DATE", help=tr("First day.", "首日。")),
]
To = Annotated[
    date, typer.Option("--to", parser=parse_day, metavar="DATE", help=tr("Last day.", "末日。"))
]
ViewOption = Annotated[
    View,
    typer.Option(
        help=tr("asof: as known on each day; revised: with hindsight.",
                "asof：当日所知；revised：事后修订。")
    ),
]  # fmt: skip
Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FILE", help=tr(".parquet, .csv, .xlsx or .json.",
                                                           ".parquet、.csv、.xlsx 或 .json。")),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `states` to the app."""

    @app.command("states", help=tr("Write each home's state on each day.", "输出每户每日状态。"))
    def states(
        first: From,
        last: To,
        output: Output,
        view: ViewOption = View.ASOF,
        engine: EngineOption = None,
        master: MasterOption = None,
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from lamplit.outbound.tables import write_tables
        from lamplit.services.states import STATES_SCHEMA, states_between

        here = open_home(home, engine, master)
        with progress(tr("Looking back", "回看")) as bar:
            tables = states_between(here, first, last, view.value, progress=bar)
            rows = write_tables(tables, STATES_SCHEMA, output)
        note(tr(f"{rows:,} home-days written to {output}.", f"已写入 {rows:,} 户日：{output}。"))
