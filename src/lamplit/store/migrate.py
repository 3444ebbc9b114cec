"""Bring a store's tables to this program's revision."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import store as problems
from lamplit.store.database import Database

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_205_759_403
"""PostgreSQL's advisory lock that two upgrades at once contend for."""


def config(conn: Connection | None = None) -> Config:
    """Alembic's settings, without a file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = conn
    return made


def newest() -> str:
    """The revision that this program needs."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def current(conn: Connection) -> str | None:
    """The revision that a store is at; None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def known() -> set[str]:
    """All revisions that this program knows."""
    script = ScriptDirectory.from_config(config())
    return {step.revision for step in script.walk_revisions()}


def upgrade(db: Database) -> tuple[str | None, str]:
    """Bring the tables to the newest revision, all in one transaction; gives before and after.

    Raises LamplitError `store.ahead` where a newer lamplit made them.
    """
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
