"""Dates on the command line: `2026-11-22`, `today`, `yesterday`."""

from __future__ import annotations

from datetime import date, timedelta

import typer

from lamplit.cli.text import tr


def parse_day(text: str | date) -> date:
    """The day that `text` names. Raises typer.BadParameter where it names none."""
    if isinstance(text, date):
        return text
    said = text.strip().lower()
    if said in ("today", "今天"):
        return date.today()
    if said in ("yesterday", "昨天"):
        return date.today() - timedelta(1)
    try:
        return date.fromisoformat(said.replace("/", "-"))
    except ValueError:
        message = tr(
            f"{text} is not a day such as 2026-02-10", f"{text} 不是 2026-02-10 这样的日期"
        )
        raise typer.BadParameter(message) from None
