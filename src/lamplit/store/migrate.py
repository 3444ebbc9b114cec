"""Bring a store's tables to this program's revision.

Every command and every server looks at the revision; Alembic, which takes as long to load as all
the rest of the store, and runs every step's file to know its number, is loaded to upgrade only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import store as problems
from lamplit.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_205_759_403
"""PostgreSQL's advisory lock that two upgrades at once contend for."""


def config(conn: Connection | None = None) -> Config:
    """Alembic's settings, without a file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = conn
    return made


def newest() -> str:
    """The revision that this program needs."""
    return max(known())


def current(conn: Connection) -> str | None:
    """The revision that a store is at; None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def known() -> set[str]:
    """All revisions that this program knows: a step's file is named `r`, its revision, its gist."""
    return {file.stem[1:].split("_")[0] for file in (FOLDER / "versions").glob("r*.py")}


def upgrade(db: Database) -> tuple[str | None, str]:
    """Bring the tables to the newest revision, all in one transaction; gives before and after.

    Raises LamplitError `store.ahead` where a newer lamplit made them.
    """
    from alembic import command

    with db.begin() as conn:
        if not db.is_sqlite:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = current(conn)
        _refuse_newer(before, db)
        command.upgrade(config(conn), "head")
        return before, newest()


def check(db: Database) -> None:
    """Make the tables of an empty store; raise LamplitError `store.behind` or `store.ahead`."""
    with db.read() as conn:
        empty = not inspect(conn).get_table_names()
        found = None if empty else current(conn)
    if empty:
        upgrade(db)
        return
    _refuse_newer(found, db)
    if found != newest():
        raise LamplitError(problems.BEHIND, where=db.where, found=found or "–", wanted=newest())


def _refuse_newer(found: str | None, db: Database) -> None:
    if found is not None and found not in known():
        raise LamplitError(problems.AHEAD, where=db.where, found=found)
