"""What the headings of imported files were said to mean, by kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from lamplit.store.work import import_heading


def kept(conn: Connection, kind: str) -> dict[str, str]:
    """The column of each heading (folded) as it was last said; empty where it is left aside."""
    rows = conn.execute(
        select(import_heading.c.heading, import_heading.c.name).where(import_heading.c.kind == kind)
    )
    return {row.heading: row.name for row in rows}


def keep(conn: Connection, kind: str, names: Mapping[str, str], now: datetime) -> None:
    """Keep what headings (folded) mean, in place of what was said of them before."""
    if not names:
        return
    mine = import_heading.c.kind == kind
    conn.execute(delete(import_heading).where(mine, import_heading.c.heading.in_(sorted(names))))
    rows = [
        {"kind": kind, "heading": heading, "name": name, "kept_at": now}
        for heading, name in names.items()
    ]
    conn.execute(insert(import_heading), rows)
