"""The end of the demo: its pages on loopback, and who to sign in as."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lamplit.cli.common import note, open_home, stderr
from lamplit.cli.text import LANGUAGE, tr

if TYPE_CHECKING:
    from lamplit.services.demo_mark import DemoMark
    from lamplit.services.field.office import Office
    from lamplit.services.home import Home
    from lamplit.web.serving import Served

PORT, PORTS = 8420, 20
"""The port that is tried first, and how many in all before any free one will do."""


def at_a_terminal() -> bool:
    """Whether somebody sits there who could end a server."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def serve_demo(path: Path, program: str, port: int = PORT) -> None:
    """Serve the demo's home until Ctrl-C; without a terminal only say how that is done."""
    home = open_home(path)
    if not at_a_terminal():
        note(
            tr(
                f"\nTo see its pages: {program} serve --home {path}",
                f"\n查看网页：{program} serve --home {path}",
            )
        )
        sign_ins(home)
        return
    import logging

    import structlog

    from lamplit.services.field.office import Office

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    office = Office.open(home)
    try:
        running = _served(office, port)
        try:
            note(tr(f"\nIts pages: {running.url}", f"\n网页地址：{running.url}"))
            sign_ins(home)
            note(tr("Ctrl-C ends it.", "按 Ctrl-C 结束。"))
            running.wait()
        finally:
            running.stop()
    except KeyboardInterrupt:
        note(
            tr(
                f"\nEnded. Again: {program} serve --home {path}",
                f"\n已结束。再次查看：{program} serve --home {path}",
            )
        )
    finally:
        office.db.close()


def _served(office: Office, first: int) -> Served:
    """The server on the first port that is free."""
    from lamplit.web import heap
    from lamplit.web.serving import Served

    heap.settle()
    for port in (*range(first, first + PORTS), 0) if first else (0,):
        try:
            return Served(office, port=port)
        except OSError:
            continue
    raise OSError("no port of loopback is free")


def sign_ins(home: Home) -> None:
    """Who to sign in as, and what each sees; nothing for a home that is no demo's."""
    mark = _mark(home)
    if mark is None or not mark.accounts:
        return
    from rich.table import Table

    table = Table(title=tr("Sign in as", "可登录的账号"), title_justify="left", box=None,
                  title_style="bold", pad_edge=False, header_style="dim")  # fmt: skip
    for column in (tr("name", "用户名"), tr("password", "密码"), tr("and see", "可以看到")):
        table.add_column(column, no_wrap=True)
    for one in mark.accounts:
        table.add_row(one.username, one.password, one.says.say(LANGUAGE))
    console = stderr()
    console.soft_wrap = False
    console.print(table)


def tell_age(path: Path) -> None:
    """Say so where the story of a demo's home broke off some days ago."""
    home = open_home(path)
    mark = _mark(home)
    if mark is None:
        return
    age = mark.age(datetime.now(ZoneInfo(home.timezone)).date())
    if age > 0:
        note(
            tr(
                f"This demo is of {mark.until}, {age} day(s) behind: its sweep is past its time. "
                f"`lamplit demo --replace` makes it anew, up to today.",
                f"此演示截至 {mark.until}，已过去 {age} 天，其中的摸排已到期。"
                f"可用 `lamplit demo --replace` 重新生成到今天。",
            )
        )


def _mark(home: Home) -> DemoMark | None:
    from lamplit.services import demo_mark

    return demo_mark.read(home)
