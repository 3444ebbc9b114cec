"""A home that a phone's form created: what `create` means of an entity, list by list.

`households`: a door that nobody had on a list. It becomes a place of kind household in the
building that the form names (`building`, an id or code), else in that of the door the form is
about, where its author may perform there; it waits for a leader to confirm it, and until then no
rule enrolls it.
Of the form's properties `unit`, `floor`, `door` and the label are taken. A door that is there
already makes no second place: that is a conflict, kept and flagged. Whatever else a form creates
(a task, an entity of a list of one's own, a home in a building that its author does not cover) is
kept and flagged, and makes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lamplit.domain.field import PlaceKind
from lamplit.services.field.office import Transaction
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.services.field.submissions.forms import EntitySaid
from lamplit.store import found_homes as store
from lamplit.store import log

if TYPE_CHECKING:
    from lamplit.services.field.submissions.submit import Entry

HOUSEHOLDS = "households"
APPLIED, HELD, KEPT, CONFLICT = "applied", "held", "kept", "conflict"
MOST_TEXT, LOWEST, HIGHEST = 60, -20, 300

Row = dict[str, Any]


def create(
    tx: Transaction,
    authors: Authors,
    entry: Entry,
    one: EntitySaid,
    row: Row,
    past: list[Row],
    *,
    approved: bool = False,
) -> str | None:
    """Make what a change creates, where that means something; gives the submission's flag.

    `row` is the change, applied already, whose state says what came of it; `past` the others.
    """  # fmt: skip
    there = store.lock(tx.conn, one.id) if one.list_name == HOUSEHOLDS else None
    if there is not None:
        return _again(tx, entry, there, row, past)
    at = _building(tx, authors, entry, row, approved=approved) if _may_be(one) else None
    if at is None:
        row["state"] = KEPT
        return "entity_kept"
    said = door_of([row, *past])
    if store.same_door(tx.conn, at.id, said) is not None:
        row["state"] = CONFLICT
        return "entity_conflict"
    assert entry.submission is not None
    instance, campaign = entry.submission["instance_id"], entry.submission["campaign_id"]
    found = {"state": store.WAITING, "instance": instance, "at": tx.now.isoformat()}
    store.add(
        tx.conn,
        {
            "id": one.id,
            "kind": PlaceKind.HOUSEHOLD.value,
            "code": f"{store.CODE}{one.id}",
            "parent_id": at.id,
            "community_id": at.community_id,
            "building_id": at.id,
            "attrs": {"found": found},
            "valid_from": tx.today,
            "version": row["version_after"],
            **said,
        },
    )
    via = entry.row.transport if entry.row.transport in ("openrosa", "api") else "system"
    tx.entries.append(
        log.Entry(
            tx.now, entry.row.person_id, via, "place.found", "place", one.id, one.id, campaign,
            None, {"instance": instance, "building": at.id},
        )
    )  # fmt: skip
    return "home_found"


def follow(tx: Transaction, row: Row, past: Iterable[Row]) -> None:
    """Let an applied change show at the home that it is about, while nobody has confirmed that.

    What a leader or the registry has said of a home stands, whatever a phone says later.
    """
    if row["list_name"] != HOUSEHOLDS or row["action"] == "create":
        return
    there = store.lock(tx.conn, row["entity_id"])
    if there is None or store.state_of(there.attrs) != store.WAITING:
        return
    others = [other for other in past if other is not row]
    store.change(tx.conn, there.id, **_door_said([*others, row]))


def _door_said(changes: list[Row]) -> Row:
    """As `door_of`; where earlier changes have expired, what is silent of a column leaves it."""
    door = door_of(changes)
    if all(one["data"] is not None for one in changes):
        return door
    return {name: value for name, value in door.items() if value is not None}


def door_of(changes: Iterable[Row]) -> Row:
    """What changes, held and kept ones left out, say of a home's door: the last word counts."""
    apart = (HELD, KEPT)
    applied = [c for c in changes if c["version_after"] is not None and c["state"] not in apart]
    said: dict[str, str] = {}
    # What a phone changed before what it created came is laid over that all the same.
    for one in sorted(applied, key=lambda c: (c["action"] != "create", c["version_after"])):
        said |= {name: value for name, value in (one["data"] or {}).items() if value}
    label = _text(said.get("label"))
    return {
        "name_zh": label,
        "name_en": label,
        "unit": _text(said.get("unit")),
        "floor": _floor(said.get("floor")),
        "door": _text(said.get("door")),
    }


def _again(tx: Transaction, entry: Entry, there: Any, row: Row, past: list[Row]) -> str | None:
    """A second `create` of what is there: its correction, its original, or else a conflict.

    What was corrected before it came says nothing of the door any more.
    """
    assert entry.said is not None
    assert entry.submission is not None
    mine = {other["instance_id"] for other in past if other["action"] == "create"}
    if store.state_of(there.attrs) is not None and entry.submission["replaced_by"] in mine:
        row["state"] = KEPT
        return None
    if store.state_of(there.attrs) is None or entry.said.replaces not in mine:
        row["state"] = CONFLICT
        return "entity_conflict"
    if store.state_of(there.attrs) == store.WAITING:
        store.change(tx.conn, there.id, **_door_said([*past, row]))
    return None


def _may_be(one: EntitySaid) -> bool:
    """Whether a change could make a home: of the right list, with an id as ODK wants it."""
    try:
        return one.list_name == HOUSEHOLDS and str(uuid.UUID(one.id)) == one.id
    except ValueError:
        return False


def _building(
    tx: Transaction, authors: Authors, entry: Entry, row: Row, *, approved: bool
) -> Any | None:
    """The building in which a home was found, where its author may perform there."""
    assert entry.submission is not None
    named = _text((row["data"] or {}).get("building"), most=200)
    if named is None:
        door = store.lock(tx.conn, entry.submission["place_id"])
        if door is None:
            return None
        named = door.id if door.kind == PlaceKind.BUILDING.value else door.building_id
    at = store.building(tx.conn, named) if named else None
    if at is None:
        return None
    person_id = entry.row.person_id
    standing = authors.standing(person_id, at.id, trusted=approved or person_id is None)
    return None if standing is Standing.STRANGER else at


def _text(value: str | None, *, most: int = MOST_TEXT) -> str | None:
    kept = "".join(letter for letter in value or "" if letter.isprintable()).strip()
    return kept[:most] or None


def _floor(value: str | None) -> int | None:
    try:
        floor = int(value or "")
    except ValueError:
        return None
    return floor if LOWEST <= floor <= HIGHEST else None
