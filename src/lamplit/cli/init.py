"""`lamplit init`: make a home folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamplit.cli.common import note
from lamplit.cli.text import tr

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help=tr("The folder to make.", "要新建的目录。"))
]
Zone = Annotated[
    str,
    typer.Option(
        "--timezone",
        metavar="NAME",
        help=tr("The IANA zone that says what a local day is.", "决定“本地日”的 IANA 时区。"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `init` to the app."""

    @app.command("init", help=tr("Make a home folder.", "新建主目录。"))
    def init(folder: Folder, timezone: Zone = "Asia/Shanghai") -> None:
        from lamplit.services.home import Home

        home = Home.create(folder, timezone)
        where = "" if str(folder) == "lamplit-home" else f" --home {folder}"
        note(
            tr(
                f"Made {home.path}; its local days are those of {home.timezone}.\n"
                f"Next: lamplit registry import REGISTRY.csv{where}\n"
                f"      lamplit ingest READINGS…{where}",
                f"已新建 {home.path}，本地日依 {home.timezone}。\n"
                f"下一步：lamplit registry import 台账.csv{where}\n"
                f"        lamplit ingest 读数文件…{where}",
            )
        )
