"""`lamplit store status | upgrade`: the database of people, campaigns and the log."""

from __future__ import annotations

import sys

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    FAILED,
    HomeOption,
    JsonOption,
    note,
    open_home,
    print_json,
)
from lamplit.cli.text import tr


def register(app: typer.Typer) -> None:
    """Add `store` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("The database of people, campaigns and the log.", "人员、行动与日志的数据库。"),
    )
    group.command(
        "status", help=tr("Say where the store is, and its revision.", "数据库位置与版本。")
    )(status)
    group.command("upgrade", help=tr("Bring its tables up to this lamplit.", "升级数据库表结构。"))(
        upgrade
    )
    app.add_typer(group, name="store")


def status(as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Where the store is and at which revision; exit 1 where it needs an upgrade."""
    from lamplit.services.field.office import store_url
    from lamplit.store import migrate
    from lamplit.store.database import Database

    db = Database(store_url(open_home(home)))
    with db.read() as conn:
        found = migrate.current(conn)
    wanted = migrate.newest()
    if as_json:
        print_json(
            {"where": db.where, "revision": found, "newest": wanted, "fits": found == wanted}
        )
    else:
        sys.stdout.write(f"{db.where}\n")
        revision = found or tr("empty", "空库")
        note(tr(f"revision {revision}, newest {wanted}", f"版本 {revision}，最新 {wanted}"))
    if found != wanted:
        note(tr("→ lamplit store upgrade", "→ 请运行 lamplit store upgrade"))
        raise typer.Exit(FAILED)


def upgrade(as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Bring the store's tables to this program's revision; changes nothing where they are."""
    from lamplit.services.field.office import store_url
    from lamplit.store import migrate
    from lamplit.store.database import Database

    before, after = migrate.upgrade(Database(store_url(open_home(home))))
    if as_json:
        print_json({"before": before, "after": after})
        return
    empty = tr("empty", "空库")
    note(
        tr(
            f"The store is at {after} (was {before or empty}).",
            f"数据库现为 {after}（原为 {before or empty}）。",
        )
    )
