"""Tasks as a person handles them: claim, release, start, say that it can't be done, undo.

Each change is a guarded update: of two who come at once exactly one goes on. A claim is a lease:
whoever shows no sign of life for the pack's `lease_hours` loses it to the next who asks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import ROLE_TEXT, TASK_TEXT, Role, TaskState, may_move_task
from lamplit.domain.problems import campaigns as problems
from lamplit.programmes.pack import Pack
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.campaigns.campaigns import require_open
from lamplit.services.field.door import may, require, runs_on
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.places.places import listing
from lamplit.store import tasks as store
from lamplit.store.guard import changed_meanwhile, not_found
from lamplit.store.schema import assignment, event, task
from lamplit.store.tree import above

UNDO_MINUTES = 10
"""For so long one's own last act can be taken back."""
RENEW_UNDER = 0.75
"""A claim is renewed by a sign of life once less than this part of its lease is left."""
_UNDONE = ("task.claimed", "task.released", "task.started", "task.not_executable")
_KEPT = ("state", "owner_id", "claimed_until", "reason", "performed_at", "performed_by", "turn")


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the services hand it out. Instants are aware UTC.

    `claimed_until` is None with an owner where it was assigned; `turn` is its place in the owner's
    list, where a plan was applied. It says nothing of the signal or of chance, which are for those
    who may reveal or analyse, nor its rank, which follows from them.
    """

    id: str
    enrollment_id: str
    campaign_id: str
    place_id: str
    building_id: str | None
    slot: str
    origin: str
    due_from: datetime
    due_until: datetime
    state: TaskState
    owner_id: str | None
    claimed_until: datetime | None
    for_role: str | None
    turn: int | None
    note: str | None
    reason: str | None
    performed_at: datetime | None
    performed_by: str | None
    submission_id: str | None = field(repr=False)
    version: int

    @property
    def assigned(self) -> bool:
        """Whether somebody was given it, rather than took it."""
        return self.owner_id is not None and self.claimed_until is None


NAMES = tuple(Task.__dataclass_fields__)


def task_of(row: Any) -> Task:
    """A task's row as the services hand it out."""
    values = {name: getattr(row, name) for name in NAMES}
    return Task(**{**values, "state": TaskState(row.state)})


def claim(office: Office, actor: Actor, task_id: str) -> Task:
    """Take a task, or renew one's claim on it. Needs `perform` at its place.

    The claim lasts the pack's `lease_hours`. Raises LamplitError `task.taken` where somebody else
    has it, `task.role`, `task.too-many`, `task.move`, `campaign.not-in-state`, `store.not-found`,
    `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, task_id)
        require(tx, Ability.PERFORM, row.place_id)
        campaign = get_campaign(tx.conn, row.campaign_id)
        require_open(campaign)
        pack = pack_of(office, campaign.programme)
        me = _person(tx)
        _check_role(tx, pack, row, me)
        until = tx.now + timedelta(hours=pack.lease_hours)
        if row.owner_id == me and row.state in store.OPEN:
            until_or_assigned = until if row.claimed_until is not None else None
            return _changed(tx, row, "task.renewed", claimed_until=until_or_assigned)
        _check_count(tx, pack, me)
        if not _free(row, tx.now):
            raise _refused(row)
        if row.owner_id is not None:
            _log(tx, row, "task.lapsed", owner=row.owner_id)
        return _changed(
            tx, row, "task.claimed", store.claimable(tx.now),
            owner_id=me, claimed_until=until, state=TaskState.ACCEPTED.value, reason=None,
            turn=None,
        )  # fmt: skip


def release(office: Office, actor: Actor, task_id: str, *, reason: str = "") -> Task:
    """Give back a task that one has; a leader may release anybody's.

    Raises LamplitError `task.not-yours`, `task.move`, `store.not-found`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, task_id)
        _own_or_lead(tx, row)
        _check_move(row, TaskState.REQUESTED)
        return _changed(
            tx, row, "task.released", said={"reason": reason} if reason else None,
            owner_id=None, claimed_until=None, state=TaskState.REQUESTED.value, turn=None,
        )  # fmt: skip


def start(office: Office, actor: Actor, task_id: str) -> Task:
    """Say that one is at it; the claim is renewed. Raises as `release`."""
    with office.begin(actor) as tx:
        row = get(tx.conn, task_id)
        _own(tx, row)
        _check_move(row, TaskState.IN_PROGRESS)
        until = row.claimed_until
        if until is not None:
            campaign = get_campaign(tx.conn, row.campaign_id)
            until = tx.now + timedelta(hours=pack_of(office, campaign.programme).lease_hours)
        return _changed(
            tx, row, "task.started", state=TaskState.IN_PROGRESS.value, claimed_until=until
        )


def touch(tx: Transaction, people: Collection[str], campaign_id: str, lease: timedelta) -> None:
    """Renew the claims that some people hold in a campaign, who have just shown a sign of life.

    A claim that somebody else is changing just now is passed over rather than waited for.
    """
    wanted = (
        select(task.c.id)
        .where(
            task.c.owner_id.in_(sorted(people)),
            task.c.state.in_(store.OPEN),
            task.c.campaign_id == campaign_id,
            task.c.claimed_until.between(tx.now, tx.now + lease * RENEW_UNDER),
        )
        .with_for_update(skip_locked=True)
    )
    held = list(tx.conn.scalars(wanted))
    if held:
        tx.conn.execute(
            update(task).where(task.c.id.in_(held)).values(claimed_until=tx.now + lease)
        )


def not_executable(office: Office, actor: Actor, task_id: str, *, reason: str) -> Task:
    """Say why a task can't be carried out: no such door, no way in. Raises as `release`;
    `task.reason` where no reason is given.
    """
    if not reason.strip():
        raise LamplitError(problems.TASK_REASON)
    with office.begin(actor) as tx:
        row = get(tx.conn, task_id)
        _own_or_lead(tx, row)
        _check_move(row, TaskState.NOT_EXECUTABLE)
        return _changed(
            tx, row, "task.not_executable", state=TaskState.NOT_EXECUTABLE.value,
            reason=reason.strip()[:500], claimed_until=None,
            performed_at=tx.now, performed_by=tx.actor.person_id,
        )  # fmt: skip


def undo(office: Office, actor: Actor, task_id: str) -> Task:
    """Take back one's own last act on a task, within UNDO_MINUTES and if nothing came after it.

    What was submitted is not undone but corrected, by sending it again. Raises LamplitError
    `task.nothing-to-undo`, `store.not-found`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, task_id)
        last = tx.conn.execute(
            select(event)
            .where(event.c.subject_kind == "task", event.c.subject_id == row.id)
            .order_by(event.c.seq.desc())
            .limit(1)
        ).one_or_none()
        fresh = (
            last is not None
            and last.kind in _UNDONE
            and last.actor_id == actor.person_id
            and last.via == actor.via
            and tx.now - last.at <= timedelta(minutes=UNDO_MINUTES)
            and (last.data or {}).get("version") == row.version
        )
        if not fresh or last is None:
            raise LamplitError(problems.UNDO_NOTHING, minutes=UNDO_MINUTES)
        # Who has left a place meanwhile gets no task there back.
        if not may(tx, Ability.ASSIGN, row.place_id):
            require(tx, Ability.PERFORM, row.place_id)
        before = {name: last.data["before"].get(name) for name in _KEPT}
        for name in ("claimed_until", "performed_at"):
            before[name] = datetime.fromisoformat(before[name]) if before[name] else None
        return _changed(tx, row, "task.undone", said={"undid": last.kind}, **before)


def get(conn: Connection, task_id: str) -> Row[Any]:
    """The row of a task. Raises LamplitError `store.not-found`."""
    row = store.find(conn, task_id)
    if row is None:
        raise not_found(task, task_id)
    return row


def _changed(
    tx: Transaction,
    row: Row[Any],
    kind: str,
    *still: Any,
    said: dict[str, Any] | None = None,
    **values: Any,
) -> Task:
    """Change a task that is still as it was read, and log it with what it was before."""
    done = tx.conn.execute(
        update(task)
        .where(task.c.id == row.id, task.c.version == row.version, *still)
        .values(version=row.version + 1, changed_at=tx.now, **values)
    )
    if done.rowcount != 1:
        now = get(tx.conn, row.id)
        raise _refused(now) if kind == "task.claimed" else changed_meanwhile(task)
    before = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name in _KEPT
        if (value := getattr(row, name)) is not None
    }
    _log(tx, row, kind, before=before, version=row.version + 1, **(said or {}))
    return task_of(get(tx.conn, row.id))


def _log(tx: Transaction, row: Row[Any], kind: str, **data: Any) -> None:
    tx.log(kind, "task", row.id, place_id=row.place_id, campaign_id=row.campaign_id, **data)


def _free(row: Row[Any], now: datetime) -> bool:
    if row.state == TaskState.REQUESTED:
        return row.owner_id is None
    held = row.state in (TaskState.ACCEPTED, TaskState.IN_PROGRESS)
    return held and row.claimed_until is not None and row.claimed_until < now


def _refused(row: Row[Any]) -> LamplitError:
    if row.state in store.OPEN:
        return LamplitError(problems.TASK_TAKEN)
    return LamplitError(problems.TASK_MOVE, state=TASK_TEXT[TaskState(row.state)])


def _check_move(row: Row[Any], after: TaskState) -> None:
    before = TaskState(row.state)
    if before is not after and not may_move_task(before, after):
        raise LamplitError(problems.TASK_MOVE, state=TASK_TEXT[before])


def _person(tx: Transaction) -> str:
    # The operator at the command line is nobody who could stand at a door.
    if tx.actor.person_id is None:
        raise LamplitError(problems.TASK_NOT_YOURS)
    return tx.actor.person_id


def _own(tx: Transaction, row: Row[Any]) -> None:
    if row.owner_id is None or row.owner_id != tx.actor.person_id:
        raise LamplitError(problems.TASK_NOT_YOURS)


def _own_or_lead(tx: Transaction, row: Row[Any]) -> None:
    if row.owner_id is not None and row.owner_id == tx.actor.person_id:
        return
    if not may(tx, Ability.ASSIGN, row.place_id):
        raise LamplitError(problems.TASK_NOT_YOURS)


def _check_role(tx: Transaction, pack: Pack, row: Row[Any], person_id: str) -> None:
    """A follow-up is for the role it names, any other task for those that may claim."""
    wanted = (Role(row.for_role), Role.LEADER) if row.for_role else pack.roles.claim
    if not holds_role(tx, person_id, row.place_id, tuple(wanted)) and row.owner_id != person_id:
        roles = listing([ROLE_TEXT[role] for role in wanted])
        raise LamplitError(problems.TASK_ROLE, roles=roles)


def holds_role(tx: Transaction, person_id: str, place_id: str, roles: tuple[Role, ...]) -> bool:
    """Whether a person has one of some roles at a place, or above it, today."""
    found = select(assignment.c.id).where(
        assignment.c.person_id == person_id,
        assignment.c.role.in_([role.value for role in roles]),
        runs_on(tx.today),
        assignment.c.place_id.in_(above(place_id)),
    )
    return tx.conn.scalar(found.limit(1)) is not None


def _check_count(tx: Transaction, pack: Pack, person_id: str) -> None:
    held = tx.conn.scalar(
        select(func.count())
        .select_from(task)
        .where(
            task.c.owner_id == person_id,
            task.c.state.in_(store.OPEN),
            task.c.claimed_until >= tx.now,
        )
    )
    if (held or 0) >= pack.most_claims:
        raise LamplitError(problems.TASK_TOO_MANY, held=held, most=pack.most_claims)
