"""The options of `lamplit ingest`: what one may say of a file that it does not say itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lamplit.cli.text import tr


def _choice(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text)


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE…",
        show_default=False,
        help=tr("Files, folders, or addresses such as s3://…", "文件、文件夹，或 s3://… 等地址"),
    ),
]
Layout = Annotated[str | None, _choice("--layout", "NAME", tr("Take this layout.", "指定布局。"))]
Timezone = Annotated[
    str | None,
    _choice(
        "--timezone",
        "NAME",
        tr(
            "The zone of times without an offset (default: the home's).",
            "不带偏移的时间所在时区（默认：主目录的时区）。",
        ),
    ),
]
Column = Annotated[
    list[str] | None,
    _choice(
        "--map",
        "NAME=COLUMN",
        tr("Where a column is, e.g. time=TS_COL.", "指明列名，如 time=TS_COL。"),
    ),
]
Minutes = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1440,
        help=tr("Interval length; 1440 for daily.", "区间长度（分钟）；日电量为 1440。"),
    ),
]
Stamp = Annotated[
    str | None,
    _choice("--stamp", "start|end", tr("What a time names.", "时间表示区间起点还是终点。")),
]
FirstColumn = Annotated[
    str | None,
    _choice(
        "--first-column",
        "00:00|00:15",
        tr("Wide: the instant of the first column.", "宽表：首列的时刻。"),
    ),
]
Unit = Annotated[
    str | None,
    _choice("--unit", "kwh|wh|kw|w", tr("Unit of the values.", "数值的单位。")),
]
Midnight = Annotated[
    str | None,
    _choice(
        "--midnight",
        "starts|ends",
        tr(
            "Registers: a value dated D is as at the start, or the end, of D.",
            "示数：日期为 D 的值是 D 日开始还是结束时的示数。",
        ),
    ),
]
Digits = Annotated[
    int | None,
    typer.Option(min=3, max=12, help=tr("Integer digits of the register.", "示数的整数位数。")),
]
Direction = Annotated[
    str | None,
    _choice("--direction", "import|export", tr("Of all values.", "全部数值的方向。")),
]
MeterId = Annotated[
    str | None,
    _choice(
        "--meter-id", "ID", tr("For files of one unnamed meter.", "用于未写明表号的单表文件。")
    ),
]
Multiplier = Annotated[
    float | None,
    typer.Option(help=tr("Multiply all values (CT × PT).", "全部数值乘以倍率（CT × PT）。")),
]
Encoding = Annotated[
    str | None, _choice("--encoding", "NAME", tr("Of text files.", "文本文件的编码。"))
]
Delimiter = Annotated[
    str | None, _choice("--delimiter", "CHAR", tr("Of text files.", "文本文件的分隔符。"))
]
MaxKwh = Annotated[
    float,
    typer.Option(
        min=0.001,
        help=tr("More in one interval is absurd.", "单个区间超过此值视为异常。"),
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help=tr("Read and count; write nothing.", "只读取和计数，不写入。")),
]
