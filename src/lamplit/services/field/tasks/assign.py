"""Handing tasks to people: in bulk with a note, and from one person to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import TaskState
from lamplit.domain.problems import campaigns as problems
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.people.people import resolve_person
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.store import tasks as store
from lamplit.store.bulk import parts
from lamplit.store.guard import not_found
from lamplit.store.schema import task
from lamplit.store.tree import under


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many tasks were handed over; `skipped` had been performed or cancelled already."""

    person_id: str | None
    count: int
    skipped: int = 0


def assign(
    office: Office,
    actor: Actor,
    person: str,
    *,
    task_ids: Sequence[str] = (),
    campaign: str = "",
    place: str = "",
    taken_too: bool = False,
    note: str = "",
) -> Assigned:
    """Give open tasks to a person: some by id, or those of a campaign at a place and under it.

    By place only what nobody has is given, unless `taken_too`. Needs `assign` at each place (at
    `place`, where it is given); the person must be able to perform there. Raises LamplitError
    `task.not-covering`, `campaign.not-in-state`, `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        to = resolve_person(tx.conn, person)
        if task_ids:
            found = list(store.by_ids(tx.conn, dict.fromkeys(task_ids)).values())
            missing = set(task_ids) - {row.id for row in found}
            if missing:
                raise not_found(task, sorted(missing)[0])
            for at in sorted({row.building_id or row.place_id for row in found}):
                require(tx, Ability.ASSIGN, at)
        else:
            scope = resolve_place(tx.conn, place)
            require(tx, Ability.ASSIGN, scope.id)
            in_campaign = get_campaign(tx.conn, campaign)
            require_open(in_campaign)
            wanted = select(task).where(
                task.c.campaign_id == in_campaign.id,
                task.c.state.in_(store.OPEN),
                task.c.place_id.in_(under(scope.id)),
            )
            if not taken_too:
                wanted = wanted.where(store.claimable(tx.now))
            found = list(tx.conn.execute(wanted))
        open_ = [row for row in found if row.state in store.OPEN]
        _check_covers(tx, to.id, to.name, sorted({row.place_id for row in open_}))
        given = _give(tx, [row.id for row in open_], to.id, note, turn=None)
        tx.log(
            "task.assigned", "person", to.id, place_id=None,
            campaign_id=open_[0].campaign_id if open_ else None,
            count=given, note=note, tasks=[row.id for row in open_][:500],
        )  # fmt: skip
        return Assigned(to.id, given, len(found) - given)


def move_owner(
    tx: Transaction,
    person_id: str,
    to_id: str | None,
    *,
    place_id: str | None = None,
    note: str = "",
) -> Assigned:
    """Move a person's open tasks to another, or free them where `to_id` is None.

    For hand-over and withdrawal, inside their transaction; `place_id`: only those at a place and
    under it. Each campaign has an entry of its own in the log, so that its board hears of it.
    Whoever hands over must have checked that this is allowed. Work that the first one still sends
    in is accepted and flagged.
    """
    mine = (task.c.owner_id == person_id, task.c.state.in_(store.OPEN))
    wanted = select(task.c.id, task.c.campaign_id).where(*mine)
    if place_id is not None:
        wanted = wanted.where(task.c.place_id.in_(under(place_id)))
    campaign_of = {row.id: row.campaign_id for row in tx.conn.execute(wanted.order_by(task.c.id))}
    ids = list(campaign_of)
    # In the order in which they were planned, after what the other has planned already.
    after = store.last_turn(tx.conn, to_id) if to_id is not None else 0
    moved = {"turn": task.c.turn + after}
    count = _give(tx, ids, to_id, note, **moved) if to_id is not None else _free(tx, ids)
    for campaign_id in sorted(set(campaign_of.values())) if count else ():
        some = [one for one in ids if campaign_of[one] == campaign_id]
        tx.log(
            "task.moved", "person", person_id, place_id=place_id, campaign_id=campaign_id,
            to=to_id, count=len(some), note=note, tasks=some[:500],
        )  # fmt: skip
    return Assigned(to_id, count, len(ids) - count)


def _give(tx: Transaction, ids: Sequence[str], to_id: str, note: str, *, turn: Any) -> int:
    values = {
        "owner_id": to_id,
        "claimed_until": None,
        "state": TaskState.ACCEPTED.value,
        "changed_at": tx.now,
        "turn": turn,
        **({"note": note} if note else {}),
    }
    return _set(tx, ids, values)


def _free(tx: Transaction, ids: Sequence[str]) -> int:
    values = {
        "owner_id": None,
        "claimed_until": None,
        "turn": None,
        "state": TaskState.REQUESTED.value,
        "changed_at": tx.now,
    }
    return _set(tx, ids, values)


def _set(tx: Transaction, ids: Sequence[str], values: Mapping[str, object]) -> int:
    count = 0
    for some in parts(sorted(ids)):
        done = tx.conn.execute(
            update(task)
            .where(task.c.id.in_(some), task.c.state.in_(store.OPEN))
            .values(version=task.c.version + 1, **values)
        )
        count += done.rowcount
    return int(count)


def _check_covers(tx: Transaction, person_id: str, name: str, places: Sequence[str]) -> None:
    authors = Authors.of(tx, [person_id], places)
    outside = [p for p in places if authors.standing(person_id, p) is not Standing.ENTITLED]
    if outside:
        raise LamplitError(problems.TASK_NOT_COVERING, person=name, count=len(outside))
