"""Handing tasks to people: in bulk with a note, and from one person to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import TaskState
from lamplit.domain.problems import campaigns as problems
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import require, require_somewhere
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
    from_person: str = "",
    campaign: str = "",
    place: str = "",
    taken_too: bool = False,
    note: str = "",
) -> Assigned:
    """Give open tasks to a person: some by id, all that another has, or those of a campaign.

    `campaign` and `place` (it and what lies under it) narrow what `from_person` has. Without
    `from_person` both are needed, and only what nobody has is given unless `taken_too`. A list that
    goes from one to the other keeps its order. Of tasks by id, `from_person` takes only those that
    are still theirs. Needs `assign` at each place (at `place`, where it is given); the person
    must be able to perform there. Each campaign has an entry of its own in the log, so that its
    board hears of it. Raises LamplitError `task.not-covering`, `campaign.not-in-state`,
    `store.not-found`, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        require_somewhere(tx, Ability.ASSIGN)
        to = resolve_person(tx.conn, person)
        giver = resolve_person(tx.conn, from_person).id if from_person else None
        by_id = bool(task_ids)
        found = _by_ids(tx, task_ids) if by_id else _found(tx, giver, campaign, place, taken_too)
        open_ = [row for row in found if row.state in store.OPEN]
        open_ = [row for row in open_ if giver is None or row.owner_id == giver]
        _check_covers(tx, to.id, to.name, sorted({row.place_id for row in open_}))
        turn = task.c.turn + store.last_turn(tx.conn, to.id) if giver else None
        campaign_of = {row.id: row.campaign_id for row in open_}
        given = _give(tx, list(campaign_of), to.id, note, turn=turn, still=giver)
        for campaign_id in sorted({campaign_of[one] for one in given}) or [None]:
            some = [one for one in given if campaign_of[one] == campaign_id]
            tx.log(
                "task.assigned", "person", to.id, place_id=None, campaign_id=campaign_id,
                count=len(some), note=note, tasks=some[:500],
                **({"from_person": giver} if giver else {}),
            )  # fmt: skip
        return Assigned(to.id, len(given), len(found) - len(given))


def _by_ids(tx: Transaction, task_ids: Sequence[str]) -> list[Row[Any]]:
    found = list(store.by_ids(tx.conn, dict.fromkeys(task_ids)).values())
    missing = set(task_ids) - {row.id for row in found}
    if missing:
        raise not_found(task, sorted(missing)[0])
    _require_at(tx, found)
    return found


def _found(
    tx: Transaction, giver_id: str | None, campaign: str, place: str, taken_too: bool
) -> list[Row[Any]]:
    """The open tasks that somebody has, or that a campaign has at a place."""
    wanted = select(task).where(task.c.state.in_(store.OPEN))
    if place or giver_id is None:
        scope = resolve_place(tx.conn, place)
        require(tx, Ability.ASSIGN, scope.id)
        wanted = wanted.where(task.c.place_id.in_(under(scope.id)))
    if campaign or giver_id is None:
        in_campaign = get_campaign(tx.conn, campaign)
        require_open(in_campaign)
        wanted = wanted.where(task.c.campaign_id == in_campaign.id)
    if giver_id is not None:
        wanted = wanted.where(task.c.owner_id == giver_id)
    elif not taken_too:
        wanted = wanted.where(store.claimable(tx.now))
    found = list(tx.conn.execute(wanted))
    if giver_id is not None and not place:
        _require_at(tx, found)
    return found


def _require_at(tx: Transaction, found: Sequence[Row[Any]]) -> None:
    for at in sorted({row.building_id or row.place_id for row in found}):
        require(tx, Ability.ASSIGN, at)


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
    after = task.c.turn + (store.last_turn(tx.conn, to_id) if to_id is not None else 0)
    given = _give(tx, ids, to_id, note, turn=after) if to_id is not None else _free(tx, ids)
    for campaign_id in sorted({campaign_of[one] for one in given}):
        some = [one for one in given if campaign_of[one] == campaign_id]
        tx.log(
            "task.moved", "person", person_id, place_id=place_id, campaign_id=campaign_id,
            to=to_id, count=len(some), note=note, tasks=some[:500],
        )  # fmt: skip
    return Assigned(to_id, len(given), len(ids) - len(given))


def _give(
    tx: Transaction,
    ids: Sequence[str],
    to_id: str,
    note: str,
    *,
    turn: Any,
    still: str | None = None,
) -> list[str]:
    values = {
        "owner_id": to_id,
        "claimed_until": None,
        "state": TaskState.ACCEPTED.value,
        "changed_at": tx.now,
        "turn": turn,
        **({"note": note} if note else {}),
    }
    return _set(tx, ids, values, still=still)


def _free(tx: Transaction, ids: Sequence[str]) -> list[str]:
    values = {
        "owner_id": None,
        "claimed_until": None,
        "turn": None,
        "state": TaskState.REQUESTED.value,
        "changed_at": tx.now,
    }
    return _set(tx, ids, values)


def _set(
    tx: Transaction, ids: Sequence[str], values: Mapping[str, object], *, still: str | None = None
) -> list[str]:
    """Write to tasks that are open, and are `still` this person's; the ids of those that were."""
    theirs = (task.c.owner_id == still,) if still is not None else ()
    done: list[str] = []
    for some in parts(sorted(ids)):
        done += tx.conn.scalars(
            update(task)
            .where(task.c.id.in_(some), task.c.state.in_(store.OPEN), *theirs)
            .values(version=task.c.version + 1, **values)
            .returning(task.c.id)
        )
    return sorted(done)


def _check_covers(tx: Transaction, person_id: str, name: str, places: Sequence[str]) -> None:
    authors = Authors.of(tx, [person_id], places)
    outside = [p for p in places if authors.standing(person_id, p) is not Standing.ENTITLED]
    if outside:
        raise LamplitError(problems.TASK_NOT_COVERING, person=name, count=len(outside))
