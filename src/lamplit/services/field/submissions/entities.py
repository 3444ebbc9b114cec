"""Changes to entities that phones made, also offline and out of order (ODK entities 2024.1).

A phone that works offline builds each change on its last one: base version n on n-1, all in one
branch that grew from the trunk version, the last that it had from us. A change whose predecessor
has not come is held until it does, and after HELD_FOR it is applied all the same and flagged.
Changes of two branches on one entity are both applied, the later arrival on top, and the second is
flagged as a conflict. What a visit came to never waits for any of this: `fold` sees to that. What
it means that a phone creates an entity is said in `found`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree
from sqlalchemy import Connection, func, select, update

from lamplit.programmes.form import xform
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction, new_id
from lamplit.services.field.submissions import found
from lamplit.services.field.submissions.authors import Authors
from lamplit.services.field.submissions.forms import EntitySaid
from lamplit.services.field.submissions.found import APPLIED, CONFLICT, HELD
from lamplit.store import bulk, submissions
from lamplit.store.schema import entity_change, place, task

if TYPE_CHECKING:
    from lamplit.services.field.submissions.casefile import Batch
    from lamplit.services.field.submissions.submit import Entry

HELD_FOR = timedelta(hours=48)
_TABLES = {"tasks": task, "households": place}
_XFORMS = "{http://www.w3.org/2002/xforms}"
_SAVETO = "{http://www.opendatakit.org/xforms/entities}saveto"

Row = dict[str, Any]


def take_changes(
    tx: Transaction,
    batch: Batch,
    authors: Authors,
    entries: Sequence[Entry],
    *,
    approved: bool = False,
) -> None:
    """Apply, or hold, what submissions say of entities; flags the submissions accordingly.

    `approved`: a leader vouches for their authors.
    """
    said = [(entry, entity) for entry in entries if entry.said for entity in entry.said.entities]
    said = [(entry, one) for entry, one in said if one.id and (one.create or one.update)]
    if not said:
        return
    history = _histories(tx.conn, [one.id for _, one in said])
    for entry, one in said:
        assert entry.said is not None and entry.pack is not None
        instance, received = entry.said.instance_id, entry.row.received_at
        data = properties(entry.pack, entry.said.answers) | one.data
        row = _change(one, instance, data | ({"label": one.label} if one.label else {}), received)
        past = history.setdefault(one.id, [])
        if not _predecessor_came(row, past):
            entry.flags.append("entity_held")
        else:
            _apply(tx, row, past, batch)
            flag = (
                found.create(tx, authors, entry, one, row, past, approved=approved)
                if one.create
                else None
            )
            if flag is not None and flag not in entry.flags:
                entry.flags.append(flag)
        past.append(row)
        if row["state"] == CONFLICT and "entity_conflict" not in entry.flags:
            entry.flags.append("entity_conflict")
        bulk.add_new(tx.conn, entity_change, [row])
        if row["state"] != HELD:
            _release(tx, past, batch)


def force_held(office: Office, actor: Actor = SYSTEM, *, older: timedelta = HELD_FOR) -> int:
    """Apply changes that have been held for longer than `older`, flagged; gives how many."""
    with office.begin(actor) as tx:
        held = submissions.held_before(tx.conn, tx.now - older, 1_000)
        history = _histories(tx.conn, [row.entity_id for row in held])
        for one in held:
            past = history[one.entity_id]
            row = next(r for r in past if r["id"] == one.id)
            if row["state"] != HELD:
                continue
            _apply(tx, row, past, None, forced=True)
            _store(tx.conn, row)
            tx.log(
                "entity.forced", one.list_name, one.entity_id,
                instance=one.instance_id, version=row["version_after"],
            )  # fmt: skip
            _release(tx, past, None)
        return len(held)


def entity_data(conn: Connection, entity_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The properties that phones gave to entities, in the order of their application."""
    told: dict[str, dict[str, str]] = {}
    for row in submissions.changes_of(conn, entity_ids):
        if row.state != HELD:
            told.setdefault(row.entity_id, {}).update(row.data or {})
    return told


def properties(pack: Pack, answers: dict[str, str]) -> dict[str, str]:
    """The answers that a form saves to its entity, by property."""
    saved = _savetos(xform(pack))
    return {saved[path]: value for path, value in answers.items() if path in saved}


@lru_cache(maxsize=64)
def _savetos(form: str) -> dict[str, str]:
    root = etree.fromstring(form.encode())
    saved = {}
    for bind in root.iter(f"{_XFORMS}bind"):
        if bind.get(_SAVETO):
            # /data/group/question: a submission's paths leave the root out.
            saved["/".join(bind.get("nodeset").split("/")[2:])] = bind.get(_SAVETO)
    return saved


def _change(one: EntitySaid, instance: str, data: Row, received: Any) -> Row:
    index = None
    if one.base_version is not None:
        index = one.base_version - (one.trunk_version or 0)
    return {
        "id": new_id(),
        "list_name": one.list_name,
        "entity_id": one.id,
        "instance_id": instance,
        "action": "create" if one.create else "update",
        "base_version": one.base_version,
        "trunk_version": one.trunk_version,
        "branch_id": one.branch_id,
        "branch_index": index,
        "state": HELD,
        "version_after": None,
        "data": data,
        "received_at": received,
        "applied_at": None,
    }


def _histories(conn: Connection, ids: Sequence[str]) -> dict[str, list[Row]]:
    past: dict[str, list[Row]] = {}
    for row in submissions.changes_of(conn, ids):
        past.setdefault(row.entity_id, []).append(dict(row._mapping))
    return past


def _predecessor_came(row: Row, past: Sequence[Row]) -> bool:
    """Whether a change is the first of its branch, or what it builds on was applied."""
    base, trunk, branch = row["base_version"], row["trunk_version"], row["branch_id"]
    if row["action"] == "create" or branch is None or base is None or base == trunk:
        return True
    done = [other for other in past if other["state"] != HELD]
    if trunk is None and base == 1:
        return any(other["action"] == "create" for other in done)
    return any(o["branch_id"] == branch and o["base_version"] == base - 1 for o in done)


def _apply(
    tx: Transaction, row: Row, past: Sequence[Row], batch: Batch | None, *, forced: bool = False
) -> None:
    known = row["trunk_version"] if row["trunk_version"] is not None else row["base_version"]
    rivals = [
        other
        for other in past
        if other["version_after"] is not None
        and (other["branch_id"] != row["branch_id"] or row["branch_id"] is None)
        and known is not None
        and other["version_after"] > known
        and other["action"] != "create"
    ]
    row["version_after"] = _raised(tx.conn, row, past, batch)
    row["applied_at"] = tx.now
    row["state"] = CONFLICT if rivals or forced else APPLIED
    found.follow(tx, row, past)


def _raised(conn: Connection, row: Row, past: Sequence[Row], batch: Batch | None) -> int:
    """Raise the entity's version by one, and give it."""
    table = _TABLES.get(row["list_name"])
    if table is not None:
        raised = conn.execute(
            update(table)
            .where(table.c.id == row["entity_id"])
            .values(version=table.c.version + 1)
            .returning(table.c.version)
        ).scalar()
        if raised is not None:
            held = batch.before.get(row["entity_id"]) if batch is not None else None
            if held is not None:
                held["version"] = int(raised)
            return int(raised)
    # An entity that only phones know counts its own changes.
    return max((other["version_after"] or 0 for other in past), default=0) + 1


def _release(tx: Transaction, past: list[Row], batch: Batch | None) -> None:
    """Apply what was held for a predecessor that has come now, and what was held for that."""
    moved = True
    while moved:
        moved = False
        for row in past:
            if row["state"] == HELD and _predecessor_came(row, past):
                _apply(tx, row, past, batch)
                _store(tx.conn, row)
                moved = True


def _store(conn: Connection, row: Row) -> None:
    conn.execute(
        update(entity_change)
        .where(entity_change.c.id == row["id"])
        .values(
            state=row["state"],
            version_after=row["version_after"],
            applied_at=row["applied_at"],
        )
    )


def held_count(conn: Connection) -> int:
    """How many changes wait for their predecessor."""
    wanted = select(func.count()).select_from(entity_change)
    return int(conn.scalar(wanted.where(entity_change.c.state == HELD)) or 0)
