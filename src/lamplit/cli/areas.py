"""`lamplit areas`: what each community came to on each day, to a file."""

from __future__ import annotations

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    EngineOption,
    HomeOption,
    MasterOption,
    note,
    open_home,
)
from lamplit.cli.progress import progress
from lamplit.cli.states import From, Output, To
from lamplit.cli.text import tr


def register(app: typer.Typer) -> None:
    """Add `areas` to the app."""

    @app.command(
        "areas",
        help=tr(
            "Write what each community came to on each day: homes by state, events, energy.",
            "输出每个社区每日汇总：各状态户数、事件、用电量。",
        ),
    )
    def areas(
        first: From,
        last: To,
        output: Output,
        engine: EngineOption = None,
        master: MasterOption = None,
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from lamplit.domain.disclosure import LEAST_HOMES
        from lamplit.outbound.tables import write_tables
        from lamplit.services.area_summary import AREAS_SCHEMA, area_summary

        here = open_home(home, engine, master)
        with progress(tr("Looking back", "回看")) as bar:
            found = area_summary(here, first, last, progress=bar)
        rows = write_tables([found.rows], AREAS_SCHEMA, output)
        note(tr(f"{rows:,} days of communities written to {output}.",
                f"已写入 {rows:,} 行社区日汇总：{output}。"))  # fmt: skip
        if found.left_out:
            note(
                tr(
                    f"Communities with fewer than {LEAST_HOMES} homes, left out: "
                    f"{found.left_out:,}.",
                    f"住户不足 {LEAST_HOMES} 户而未输出的社区：{found.left_out:,} 个。",
                )
            )
