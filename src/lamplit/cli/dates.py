"""Dates on the command line: `2026-11-22`, `today`, `yesterday`, `2026-11-22T18:00`."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

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


def parse_moment(text: str) -> date | datetime:
    """The day or the instant that `text` names; an instant without an offset is local.

    Raises typer.BadParameter where it names neither.
    """
    said = text.strip()
    if ":" not in said:
        return parse_day(said)
    try:
        return datetime.fromisoformat(said.replace("/", "-"))
    except ValueError:
        message = tr(
            f"{text} is neither a day such as 2026-02-10 nor an instant such as 2026-02-10T18:00",
            f"{text} 不是 2026-02-10 这样的日期，也不是 2026-02-10T18:00 这样的时刻",
        )
        raise typer.BadParameter(message) from None


def table_moment(at: datetime, zone: tzinfo) -> str:
    """An instant as tables have it, in the office's zone: `2026-11-25 18:05`, which sorts."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
