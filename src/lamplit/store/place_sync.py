"""Places and their codes compared with what is there, and written in bulk."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from lamplit.domain.field import PlaceKind
from lamplit.store.places import LOOKED_UP
from lamplit.store.schema import place, place_code

Values = dict[str, Any]
Keep = Callable[[Values, Values], Sequence[str]]


@dataclass(slots=True)
class Changes:
    """Rows to insert and to update, how many stay, and the ids of all by their codes."""

    kind: PlaceKind
    new: list[Values] = field(default_factory=list)
    changed: list[Values] = field(default_factory=list)
    unchanged: int = 0
    ids: dict[str, str] = field(default_factory=dict)


def compare(
    conn: Connection,
    kind: PlaceKind,
    wanted: Mapping[str, Values],
    *,
    always: Sequence[str] = (),
    keep: Keep | None = None,
) -> Changes:
    """What would make the places of a kind what `wanted` says, by code.

    All values have the same columns. None leaves what is there, but in the columns `always`;
    `keep(old, new)` names columns that stay for one place.
    """
    found = Changes(kind)
    if not wanted:
        return found
    columns: tuple[str, ...] = tuple(next(iter(wanted.values())))
    old = _there(conn, kind, list(wanted), columns)
    for code, values in wanted.items():
        before = old.get(code)
        if before is None:
            made = {"id": str(uuid.uuid4()), "kind": kind.value, "code": code, **values}
            found.new.append(made)
            found.ids[code] = made["id"]
            continue
        found.ids[code] = before["id"]
        stays = keep(before, values) if keep else ()
        after = {
            name: before[name] if name in stays or (v is None and name not in always) else v
            for name, v in values.items()
        }
        if all(before[name] == after[name] for name in columns):
            found.unchanged += 1
        else:
            found.changed.append({"id_": before["id"], **after})
    return found


def write(conn: Connection, found: Changes) -> None:
    """Insert what is new, update what changed; versions grow by one."""
    if found.new:
        conn.execute(insert(place), found.new)
    if found.changed:
        # The columns to set are those of the rows; only `id_` is none of them.
        change = update(place).where(place.c.id == bindparam("id_"))
        conn.execute(change.values(version=place.c.version + 1), found.changed)


def ids_of(conn: Connection, kind: PlaceKind, codes: Sequence[str]) -> dict[str, str]:
    """The ids of the places of a kind with some codes."""
    return {code: row["id"] for code, row in _there(conn, kind, codes, ()).items()}


def communities_of(conn: Connection, kind: PlaceKind, codes: Sequence[str]) -> dict[str, str]:
    """The communities of the places of a kind with some codes."""
    found = _there(conn, kind, codes, ("community_id",))
    return {code: row["community_id"] for code, row in found.items()}


def add_codes(conn: Connection, kind: str, codes: Mapping[str, str]) -> None:
    """Write codes (code → place) that are not there yet."""
    rows = [{"code": code, "kind": kind, "place_id": one} for code, one in codes.items()]
    if rows:
        conn.execute(insert(place_code), rows)


@dataclass(slots=True)
class CodeChanges:
    """Codes to insert and to update, and how many stay."""

    new: list[Values] = field(default_factory=list)
    changed: list[Values] = field(default_factory=list)
    unchanged: int = 0


def compare_codes(
    conn: Connection, kind: str, wanted: Mapping[str, tuple[str, bool]], now: datetime
) -> CodeChanges:
    """What would make the codes lead where `wanted` says: code → (place, whether it ended).

    A code that ended is revoked from `now` on; one that never was there is not begun. A code of
    another kind is left as it is: it was given out first.
    """
    found, old = CodeChanges(), _codes_there(conn, list(wanted))
    for code, (place_id, ended) in wanted.items():
        before = old.get(code)
        if before is None:
            if not ended:
                found.new.append({"code": code, "kind": kind, "place_id": place_id})
            continue
        stands = before["revoked_at"] is None
        if before["kind"] != kind or (before["place_id"] == place_id and stands != ended):
            found.unchanged += 1
            continue
        since = (before["revoked_at"] or now) if ended else None
        found.changed.append({"code_": code, "place_id": place_id, "revoked_at": since})
    return found


def write_codes(conn: Connection, found: CodeChanges) -> None:
    """Insert what is new, update what changed."""
    if found.new:
        conn.execute(insert(place_code), found.new)
    if found.changed:
        change = update(place_code).where(place_code.c.code == bindparam("code_"))
        conn.execute(change, found.changed)


def _there(
    conn: Connection, kind: PlaceKind, codes: Sequence[str], columns: Sequence[str]
) -> dict[str, Values]:
    names = ("code", "id", *columns)
    wanted = select(*(place.c[name] for name in names)).where(place.c.kind == kind.value)
    found: dict[str, Values] = {}
    for at in range(0, len(codes), LOOKED_UP):
        part = wanted.where(place.c.code.in_(codes[at : at + LOOKED_UP]))
        for row in conn.execute(part):
            found[row[0]] = dict(zip(names, row, strict=True))
    return found


def _codes_there(conn: Connection, codes: Sequence[str]) -> dict[str, Values]:
    wanted = select(place_code)
    found: dict[str, Values] = {}
    for at in range(0, len(codes), LOOKED_UP):
        part = wanted.where(place_code.c.code.in_(codes[at : at + LOOKED_UP]))
        for row in conn.execute(part).mappings():
            found[row["code"]] = dict(row)
    return found
