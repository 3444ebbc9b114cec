"""Dated ties of people to places: given, handed over, withdrawn, gone on with.

A tie runs from `starts` to before `ends`. Nothing that is done today changes who covered what on
a past day: starts and ends lie today or later, and rows are ended, never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import (
    END_TEXT,
    ROLE_TEXT,
    ROLES_OF,
    EndReason,
    PlaceKind,
    Role,
    Tie,
)
from lamplit.domain.problems import people as problems
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.people.handover import TOOK_EFFECT, on_handover
from lamplit.services.field.people.operators import begin_ending, require_one_left
from lamplit.services.field.people.people import resolve_person
from lamplit.services.field.places.places import name_of, require_kind, resolve_place
from lamplit.store import assignments as store
from lamplit.store import people as people_store
from lamplit.store import places as place_store
from lamplit.store.assignments import Assignment
from lamplit.store.guard import change, changed_meanwhile, not_found
from lamplit.store.schema import assignment as table

RESPONSIBLE_FOR = tuple(k for k in PlaceKind if k not in (PlaceKind.DISTRICT, PlaceKind.COMMUNITY))
"""The kinds of places that a person may be responsible for (包保); an area has a leader."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal ended, and the places for which nobody is responsible now."""

    ended: list[Assignment]
    uncovered: list[place_store.Place] = field(default_factory=list)


def assign(
    office: Office,
    actor: Actor,
    *,
    person: str,
    place: str,
    role: Role,
    starts: date | None = None,
    ends: date | None = None,
    campaign_id: str | None = None,
    predecessor_id: str | None = None,
    note: str | None = None,
) -> Assignment:
    """Give a person a role at a place, or the responsibility (包保) for it, from a day on.

    `person` and `place` are ids or codes; `starts` is today if not given, `ends` the first day
    no more. Needs ASSIGN at the place. Raises LamplitError `assignment.wrong-role` (check-ins go
    by `check_in`), `place.wrong-kind`, `assignment.past-day`, `assignment.bad-dates`,
    `assignment.already`, `store.not-found` or `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        where = resolve_place(tx.conn, place)
        require(tx, Ability.ASSIGN, where.id)
        _require_giveable(role, where)
        made = new_tie(
            tx,
            resolve_person(tx.conn, person).id,
            where.id,
            role,
            starts=starts or tx.today,
            ends=ends,
            campaign_id=campaign_id,
            predecessor_id=predecessor_id,
            note=note,
        )
        return add(tx, made)


def hand_over(
    office: Office,
    actor: Actor,
    assignment_id: str,
    *,
    to: str,
    day: date | None = None,
    note: str | None = None,
    with_tasks: bool = True,
    version: int | None = None,
) -> Assignment:
    """End an assignment as of `day` (today) and begin the same for another person; gives that.

    `with_tasks` hands over the open tasks in the place too. `version` is what the giver of the
    order saw. Needs ASSIGN at the place. Raises LamplitError `store.changed-meanwhile`,
    `assignment.not-running`, `assignment.same-person`, `assignment.past-day`,
    `assignment.already`, `assignment.last-operator`, `store.not-found` or `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        old = _running(tx, assignment_id, version)
        require(tx, Ability.ASSIGN, old.place_id)
        new_person = resolve_person(tx.conn, to)
        if new_person.id == old.person_id:
            raise LamplitError(problems.SAME_PERSON, person=new_person.code)
        begin_ending(tx, [old])
        day = max(_from_today(tx, day), old.starts)
        made = new_tie(
            tx,
            new_person.id,
            old.place_id,
            old.role,
            starts=day,
            ends=old.ends,
            campaign_id=old.campaign_id,
            predecessor_id=old.id,
            note=note,
        )
        ended = end(tx, old, day, EndReason.HANDED_OVER, to=made.id)
        add(tx, made)
        require_one_left(tx, [old], [ended])
        if with_tasks:
            on_handover(tx, ended, new_person.id, note or "")
        else:
            # No evening is to move them later.
            tx.log(TOOK_EFFECT, "assignment", ended.id, place_id=ended.place_id)
        return made


def withdraw(
    office: Office,
    actor: Actor,
    *,
    person: str | None = None,
    assignment_id: str | None = None,
    reason: EndReason = EndReason.WITHDRAWN,
    day: date | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Withdrawal:
    """End one assignment, or all of a person that the actor may end, as of `day` (today).

    Says what nobody is responsible for then. A person may withdraw themselves; others need ASSIGN
    at each place. The person's open tasks go back to those whom nobody owns. Nobody withdraws the
    last operator. Raises LamplitError `store.changed-meanwhile`, `assignment.not-running`,
    `assignment.past-day`, `assignment.last-operator`, `store.not-found` or `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        if assignment_id is not None:
            ending = [_running(tx, assignment_id, version, sooner_than=_from_today(tx, day))]
        else:
            found = resolve_person(tx.conn, person or "")
            people_store.lock(tx.conn, found.id)
            ending = store.not_ended(tx.conn, found.id, tx.today)
        day = _from_today(tx, day)
        ending = [one for one in ending if one.end_reason is None or _is_later(one.ends, day)]
        for one in ending:
            if tx.actor.person_id is None or tx.actor.person_id != one.person_id:
                require(tx, Ability.ASSIGN, one.place_id)
        begin_ending(tx, ending)
        ended = [end(tx, one, day, reason, note=note) for one in ending]
        require_one_left(tx, ending, ended)
        for one in ended:
            on_handover(tx, one, None)
        return Withdrawal(ended, _left_uncovered(tx, ended))


def go_on(
    office: Office,
    actor: Actor,
    assignment_id: str,
    *,
    role: Role = Role.VOLUNTEER,
    place: str | None = None,
    starts: date | None = None,
    note: str | None = None,
) -> Assignment:
    """Begin a role that follows an earlier assignment of the same person: on as a volunteer.

    At the same place unless another is named. The chain shows what went before. Needs ASSIGN at
    the place; raises what `assign` raises.
    """
    with office.read(actor) as tx:
        old = store.by_id(tx.conn, assignment_id)
    if old is None or old.person_id is None:
        raise not_found(table, assignment_id)
    return assign(
        office,
        actor,
        person=old.person_id,
        place=place or old.place_id,
        role=role,
        starts=starts,
        predecessor_id=old.id,
        note=note,
    )


def chain(office: Office, actor: Actor, assignment_id: str) -> list[Assignment]:
    """An assignment with all that led to it and all that followed, oldest first.

    For who may see people at the place, and for the people in it. Raises LamplitError
    `store.not-found` or `door.not-allowed`.
    """
    with office.read(actor) as tx:
        found = store.chain(tx.conn, assignment_id)
        if not found:
            raise not_found(table, assignment_id)
        if tx.actor.person_id is None or tx.actor.person_id not in {a.person_id for a in found}:
            itself = next(a for a in found if a.id == assignment_id)
            require(tx, Ability.SEE_PEOPLE, itself.place_id)
        return found


def my_assignments(office: Office, actor: Actor, day: date | None = None) -> list[Assignment]:
    """The actor's own ties that run on a day (today)."""
    with office.read(actor) as tx:
        mine = store.of_person(tx.conn, actor.person_id) if actor.person_id else []
        return [one for one in mine if one.runs_on(day or tx.today)]


def tie_of(role: Role) -> Tie:
    """What kind of tie a person's role is."""
    return next(t for t in (Tie.CHECK_IN, Tie.RESPONSIBILITY, Tie.ROLE) if role in ROLES_OF[t])


# --- steps within a transaction ------------------------------------------------------------------


def new_tie(
    tx: Transaction,
    person_id: str,
    place_id: str,
    role: Role,
    *,
    starts: date,
    ends: date | None = None,
    campaign_id: str | None = None,
    predecessor_id: str | None = None,
    note: str | None = None,
) -> Assignment:
    """An assignment not yet written; `add` writes it. Its dates are checked."""
    _from_today(tx, starts)
    if ends is not None and ends <= starts:
        raise LamplitError(problems.BAD_DATES, starts=starts, ends=ends)
    return Assignment(
        id=new_id(),
        tie=tie_of(role),
        role=role,
        person_id=person_id,
        organisation_id=None,
        place_id=place_id,
        campaign_id=campaign_id,
        starts=starts,
        ends=ends,
        end_reason=None,
        predecessor_id=predecessor_id,
        note=note,
        created_at=tx.now,
        created_by=tx.actor.person_id,
    )


def add(tx: Transaction, made: Assignment) -> Assignment:
    """Write a new assignment and log it. Raises LamplitError `assignment.already`.

    The person's row is locked, so that two at once can't both find that there is none.
    """
    if made.person_id:
        people_store.lock(tx.conn, made.person_id)
    other = store.clashing(tx.conn, made)
    if other is not None:
        place = place_store.by_id(tx.conn, made.place_id)
        person = resolve_person(tx.conn, made.person_id or "")
        raise LamplitError(
            problems.ALREADY,
            person=person.code,
            role=ROLE_TEXT[made.role],
            place=name_of(place) if place else made.place_id,
            starts=other.starts,
        )
    store.add(tx.conn, made)
    tx.log(
        "assignment.begun",
        "assignment",
        made.id,
        place_id=made.place_id,
        campaign_id=made.campaign_id,
        person=made.person_id,
        organisation=made.organisation_id,
        role=made.role.value,
        starts=made.starts.isoformat(),
        ends=made.ends.isoformat() if made.ends else None,
        predecessor=made.predecessor_id,
    )
    return made


def end(
    tx: Transaction,
    old: Assignment,
    day: date,
    reason: EndReason,
    *,
    note: str | None = None,
    to: str | None = None,
) -> Assignment:
    """End an assignment as of a day, if nobody changed it meanwhile, and log it.

    One that has yet to begin ends on its first day, and so never runs.
    """
    ends = max(day, old.starts)
    if old.ends is not None:
        ends = min(ends, old.ends)
    told = old.note if note is None else note
    change(
        tx.conn,
        table,
        old.id,
        {"version": old.version},
        ends=ends,
        end_reason=reason.value,
        note=told,
    )
    tx.log(
        "assignment.ended",
        "assignment",
        old.id,
        place_id=old.place_id,
        campaign_id=old.campaign_id,
        person=old.person_id,
        organisation=old.organisation_id,
        reason=reason.value,
        ends=ends.isoformat(),
        to=to,
    )
    return replace(old, ends=ends, end_reason=reason, note=told, version=old.version + 1)


def _require_giveable(role: Role, where: place_store.Place) -> None:
    if tie_of(role) == Tie.RESPONSIBILITY:
        require_kind(where, *RESPONSIBLE_FOR)
    elif tie_of(role) != Tie.ROLE:
        known = ", ".join(r for tie in (Tie.ROLE, Tie.RESPONSIBILITY) for r in ROLES_OF[tie])
        raise LamplitError(problems.WRONG_ROLE, role=role.value, known=known)


def _running(
    tx: Transaction, assignment_id: str, version: int | None, *, sooner_than: date | None = None
) -> Assignment:
    """The assignment that is to be ended, as it is now.

    One whose end is set already (a hand-over on a coming day) can still be ended sooner.
    """
    found = store.by_id(tx.conn, assignment_id)
    if found is None:
        raise not_found(table, assignment_id)
    if version is not None and found.version != version:
        raise changed_meanwhile(table)
    over = found.ends is not None and found.ends <= tx.today
    is_set = found.end_reason is not None
    if over or (is_set and not (sooner_than and _is_later(found.ends, sooner_than))):
        why = END_TEXT[found.end_reason or EndReason.EXPIRED]
        raise LamplitError(problems.NOT_RUNNING, ends=found.ends, why=why)
    return found


def _is_later(ends: date | None, day: date) -> bool:
    return ends is None or ends > day


def _from_today(tx: Transaction, day: date | None) -> date:
    """The day, today if none is given; a past one is refused."""
    if day is not None and day < tx.today:
        raise LamplitError(problems.PAST_DAY, day=day, today=tx.today)
    return day or tx.today


def _left_uncovered(tx: Transaction, ended: list[Assignment]) -> list[place_store.Place]:
    """The places of ended responsibilities for which nobody is responsible from then on."""
    left = {
        one.place_id: None
        for one in ended
        if one.tie == Tie.RESPONSIBILITY
        and one.ends is not None
        and not store.is_covered(tx.conn, one.place_id, one.ends)
    }
    found = place_store.by_ids(tx.conn, list(left))
    return sorted(found.values(), key=lambda one: (one.kind.value, one.code))
