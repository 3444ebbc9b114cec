"""All that is kept about one person, for that person on request (GDPR art. 15, PIPL art. 45)."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, or_, select

from lamplit.domain.abilities import Ability
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.privacy import audit
from lamplit.store import accounts, reveals
from lamplit.store.schema import (
    account,
    assignment,
    attachment,
    event,
    import_file,
    inbox,
    job,
    person,
    plan,
    plan_stop,
    session,
    stock_move,
    submission,
    task,
    token,
)

HELD: tuple[tuple[Table, tuple[str, ...], tuple[str, ...]], ...] = (
    (person, ("id",), ()),
    (account, ("person_id",), ("password_hash",)),
    (session, ("person_id",), ("id", "csrf")),
    (token, ("person_id",), ("secret_sha256",)),
    (assignment, ("person_id",), ()),
    # A rank says something of the home, and nothing of who goes there.
    (task, ("owner_id", "performed_by"), ("rank",)),
    (plan, ("made_by", "applied_by"), ("result",)),
    (plan_stop, ("person_id",), ()),
    (submission, ("author_id",), ()),
    (attachment, ("person_id",), ()),
    (inbox, ("person_id",), ("body",)),
    (import_file, ("maker_id",), ()),
    (job, ("maker_id",), ("result",)),
    (stock_move, ("author_id",), ()),
    (event, ("actor_id", "subject_id"), ("previous", "hash")),
)
"""Each table that names a person, by which columns, and what of it is a secret and stays."""


CHANCE = ("random", "flagged", "unflagged", "mark")


def export(office: Office, actor: Actor, wanted: str | None = None) -> dict[str, Any]:
    """Every row about a person (oneself, or for who may AUDIT wherever they have ties), by table.

    For oneself `homes_opened` says where the homes are that one opened.
    Times are ISO 8601. The export is logged. Raises LamplitError `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        person_id = _whose(tx, wanted)
        found: dict[str, Any] = {"exported_at": tx.now.isoformat(), "person_id": person_id}
        for table, columns, secret in HELD:
            found[table.name] = _rows(tx, table, columns, secret, person_id)
        if tx.actor.person_id == person_id:
            found["homes_opened"] = _homes_opened(tx, person_id)
        tx.log("person.data_exported", "person", person_id)
    return found


def archive(found: dict[str, Any]) -> bytes:
    """An export as a zip with one JSON file a table."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for name, value in found.items():
            text = json.dumps(value, ensure_ascii=False, indent=2)
            files.writestr(f"{name}.json", text)
    return packed.getvalue()


def _whose(tx: Transaction, wanted: str | None) -> str:
    mine = tx.actor.person_id
    if mine is not None and wanted in (None, mine):
        return mine
    found = accounts.person_of(tx.conn, wanted or "")
    if found is not None and (found.id == mine or door.may_for_person(tx, Ability.AUDIT, found.id)):
        return str(found.id)
    raise door.not_allowed(Ability.AUDIT)


def _homes_opened(tx: Transaction, person_id: str) -> list[dict[str, Any]]:
    """The openings of homes that the log has of a person, with where each home is."""
    mine = (event.c.actor_id == person_id) & (event.c.kind == reveals.OPENED)
    rows = tx.conn.execute(select(event).where(mine).order_by(event.c.seq)).all()
    places = audit.opened_by(tx, person_id, rows).places
    return [
        {"seq": row.seq, "at": row.at.isoformat(), "home": asdict(places[row.place_id])}
        for row in rows
        if row.place_id in places
    ]


def _rows(
    tx: Transaction,
    table: Table,
    columns: tuple[str, ...],
    secret: tuple[str, ...],
    person_id: str,
) -> list[dict[str, Any]]:
    shown = [column for column in table.c if column.name not in secret]
    about = or_(*(table.c[name] == person_id for name in columns))
    rows = tx.conn.execute(select(*shown).where(about))
    return [
        {k: _without_chance(v) if k == "data" else _plain(v) for k, v in row._mapping.items()}
        for row in rows
    ]


def _without_chance(said: Any) -> Any:
    """What an entry of the log says, but how many doors chance chose: that is for analysts."""
    if not isinstance(said, dict):
        return said
    return {name: value for name, value in said.items() if name not in CHANCE}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str | list | dict | None) else str(value)
