"""`lamplit facade`: a building as a front of windows."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, note, open_home
from lamplit.cli.dates import parse_day
from lamplit.cli.text import LANGUAGE, tr
from lamplit.cli.who import who

KINDS = (".svg", ".html")


class Spoken(StrEnum):
    """The languages of a picture."""

    EN = "en"
    ZH = "zh"


Building = Annotated[
    str, typer.Argument(metavar="BUILDING", help=tr("The building's id.", "楼栋编号。"))
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="DATE",
        help=tr("The day shown (the last night that was run).", "所示日期（默认最近一夜）。"),
    ),
]
Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FILE", help=tr(".svg or .html.", ".svg 或 .html。")),
]
Lang = Annotated[
    Spoken | None,
    typer.Option("--lang", help=tr("The picture's language.", "图中使用的语言。")),
]
Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        metavar="TEXT",
        help=tr(
            "What it is for; stands in the watermark with who made it and when.",
            "用途，与制作人、时间一同写入水印。",
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `facade` to the app."""

    @app.command(
        "facade",
        help=tr(
            "Draw a building: which windows are lit, dim, dark, or not read.",
            "绘制楼面：哪些窗亮着、昏暗、漆黑或无数据。",
        ),
    )
    def facade(
        building: Building,
        output: Output,
        as_of: AsOf = None,
        lang: Lang = None,
        purpose: Purpose = "",
        home: HomeOption = DEFAULT_HOME,
    ) -> None:
        from datetime import datetime

        from lamplit.outbound.facade import summary
        from lamplit.outbound.facade_html import facade_html
        from lamplit.outbound.facade_svg import facade_svg
        from lamplit.outbound.tables import check_path, write_text
        from lamplit.outbound.watermark import Watermark
        from lamplit.services.facade import facade_of

        suffix = check_path(output, KINDS)
        shown = facade_of(open_home(home), building, as_of)
        language = lang.value if lang else LANGUAGE
        mark = Watermark(who(), datetime.now(), purpose)
        draw = facade_svg if suffix == ".svg" else facade_html
        write_text(output, draw(shown, language, mark), KINDS)
        note(f"{shown.name} · {shown.as_of.isoformat()} · {summary(shown, LANGUAGE)}")
        note(tr(f"Drawn to {output}.", f"已绘制到 {output}。"))
