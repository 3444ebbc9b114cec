"""Bringing a campaign's list up to date: who is new, back, or gone, and in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from lamplit.domain.field import EnrollmentState, PlaceKind, Reason
from lamplit.programmes.pack import Pack, Way
from lamplit.programmes.rules import Membership
from lamplit.services.field.campaigns.cadence import first_day, make_tasks
from lamplit.services.field.homes.signals import HomeSignal
from lamplit.services.field.office import Office, Transaction
from lamplit.services.field.submissions.casefile import enrollment_row
from lamplit.store import bulk, enrollments, tasks
from lamplit.store.schema import enrollment

RESOLVED = "resolved"
MOST_EVENTS = 20
"""So many of a home's events are remembered while it is enrolled; the calendar needs the last."""
BY_RULE = (Reason.SIGNAL, Reason.RESPONSIBILITY, Reason.EVERY_DOOR)
"""Reasons that hold only as long as the rule does; who asked or registered stays."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `flagged` of `looked_at` places belong by the rule; `unflagged` don't.

    `random` of those enrolled were drawn by chance; these three are None for all but analysts.
    """

    campaign_id: str
    as_of: date
    looked_at: int
    flagged: int | None
    unflagged: int | None
    random: int | None
    added: int = 0
    back: int = 0
    resolved: int = 0
    reranked: int = 0
    tasks: int = 0

    def without_chance(self) -> Swept:
        """As it is told to whoever leads or goes there."""
        return replace(self, flagged=None, unflagged=None, random=None)


@dataclass(slots=True)
class Member:
    """A place that belongs: why, what the meters say of it, and whether chance alone chose it."""

    place: Any
    signal: HomeSignal
    reason: Reason
    random: bool


@dataclass(slots=True)
class Found:
    """All places in scope, looked at: the members by place, and how many are none."""

    members: dict[str, Member] = field(default_factory=dict)
    looked_at: int = 0
    flagged: int = 0

    def note(self, at: Any, signal: HomeSignal, member: Membership | None, way: Way) -> None:
        """Take down what the rule said of a place."""
        self.looked_at += 1
        if member is None:
            return
        self.flagged += not member.random
        # What chance chose looks like what the way's signals choose.
        reason = Reason.SIGNAL if member.random else member.reasons[0]
        self.members[at.id] = Member(at, signal, reason, member.random)

    @property
    def random(self) -> int:
        """How many chance chose."""
        return len(self.members) - self.flagged


@dataclass(slots=True)
class _Changes:
    """What is to be written."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    left: list[Row[Any]] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def bring_up_to_date(
    office: Office, tx: Transaction, pack: Pack, campaign: Row[Any], found: Found, day: date
) -> Swept:
    """Add, resolve and re-rank the enrollments of a campaign."""
    enrollments.lock_all(tx.conn, campaign.id)
    there = {row.place_id: row for row in enrollments.rows(tx.conn, campaign.id, evidence=True)}
    ranks = ranked(campaign.id, list(found.members.values()))
    busy = tasks.busy_enrollments(tx.conn, campaign.id)
    changes = _Changes()
    starts = first_day(pack, campaign.starts, tx.now, office.zone)
    for place_id, member in found.members.items():
        row = there.get(place_id)
        if row is None:
            changes.new.append(_new(tx, campaign, member, ranks[place_id], starts))
        elif row.state in (EnrollmentState.ACTIVE, EnrollmentState.RESOLVED):
            _update(tx, changes, row, member, ranks[place_id])
    for place_id, row in there.items():
        gone = place_id not in found.members and row.state == EnrollmentState.ACTIVE
        # A random pick is on no list that it could leave.
        if gone and row.reason in BY_RULE and not row.random_pick and row.id not in busy:
            changes.left.append(row)
    # In the order of rank, so that the order of rows says nothing of chance either.
    bulk.add(tx.conn, enrollment, sorted(changes.new, key=lambda r: r["rank"]))
    bulk.change_all(tx.conn, enrollment, changes.changed)
    _resolve(tx, changes.left)
    tasks.revive(tx.conn, changes.back, RESOLVED, tx.now)
    tasks.take_ranks(tx.conn, campaign.id)
    active = enrollments.rows(tx.conn, campaign.id, EnrollmentState.ACTIVE)
    made = make_tasks(office, tx, pack, campaign, active, max(tx.today, starts))
    return Swept(
        campaign.id, day, found.looked_at, found.flagged, found.looked_at - found.flagged,
        found.random, len(changes.new), len(changes.back), len(changes.left),
        len(changes.changed) - len(changes.back), made,
    )  # fmt: skip


def ranked(campaign_id: str, members: Sequence[Member]) -> dict[str, int]:
    """The rank of each member's place: the list's own order, then by building, floor and door.

    What chance chose stands at a place drawn among them all, the same at each re-run.
    """
    listed = sorted((m for m in members if not m.random), key=_own_order)
    size = max(len(listed), 1)
    spots = [((at + 0.5) / size, m.place.id) for at, m in enumerate(listed)]
    spots += [(_spot(campaign_id, m.place.id), m.place.id) for m in members if m.random]
    return {place_id: rank for rank, (_, place_id) in enumerate(sorted(spots), 1)}


def _own_order(member: Member) -> tuple[Any, ...]:
    order, at = member.signal.order, member.place
    asked = member.reason is Reason.REQUEST
    return (
        not asked, order is None, order or 0, at.building_id or "", at.unit or "",
        at.floor or 0, at.door or "", at.id,
    )  # fmt: skip


def _spot(campaign_id: str, place_id: str) -> float:
    mark = hashlib.sha256(f"{campaign_id}\n{place_id}\nrank".encode()).digest()
    return int.from_bytes(mark[:7], "big") / (1 << 56)


def _new(
    tx: Transaction, campaign: Row[Any], member: Member, rank: int, starts: date
) -> dict[str, Any]:
    return enrollment_row(
        tx, campaign, member.place, member.reason,
        random_pick=member.random, rank=rank, signal=signal_of(member, None, tx.now),
        evidence=_evidence(member), from_day=starts,
    )  # fmt: skip


def _update(tx: Transaction, changes: _Changes, row: Row[Any], member: Member, rank: int) -> None:
    signal = signal_of(member, row.signal, tx.now)
    evidence = _evidence(member)
    back = row.state == EnrollmentState.RESOLVED
    # A door is random while no signal points to it and chance draws it; one that was tried keeps
    # what it was then, unless the rule has come to flag it.
    random = member.random and (row.random_pick or not row.attempts)
    # Who asked or registered stays so; what the rule alone says may be another tonight.
    by_rule = row.reason in BY_RULE and member.reason in BY_RULE
    reason = member.reason.value if by_rule else row.reason
    same = (row.rank, row.signal, row.evidence, row.random_pick, row.reason) == (
        rank, signal, evidence, random, reason,
    )  # fmt: skip
    if same and not back:
        return
    if back:
        changes.back.append(row.id)
    changes.changed.append(
        {
            "id": row.id,
            "rank": rank,
            "signal": signal,
            "evidence": evidence,
            "random_pick": random,
            "reason": reason,
            "state": EnrollmentState.ACTIVE.value,
        }
    )


def signal_of(
    member: Member, before: dict[str, Any] | None, now: datetime
) -> dict[str, Any] | None:
    """What is kept of a home's signal; `events` are those that became known while enrolled."""
    if member.place.kind != PlaceKind.HOUSEHOLD:
        return None
    signal = member.signal
    events = list((before or {}).get("events") or [])
    event_day = signal.event_day.isoformat() if signal.event_day else None
    if signal.event and not any(
        e["event"] == signal.event and e["day"] == event_day for e in events
    ):
        events.append({"event": signal.event, "day": event_day, "at": now.isoformat()})
    return {
        "state": signal.state,
        "since": signal.since.isoformat() if signal.since else None,
        "probability": signal.probability,
        "raw": signal.probability if signal.raw is None else signal.raw,
        "event": signal.event or None,
        "event_day": event_day,
        "events": events[-MOST_EVENTS:],
    }


def _evidence(member: Member) -> dict[str, str] | None:
    return dict(member.signal.evidence) if member.signal.evidence else None


def _resolve(tx: Transaction, left: Sequence[Row[Any]]) -> None:
    """Take off the list who needs no knock any more; nobody has begun anything there."""
    bulk.change_all(
        tx.conn, enrollment,
        [{"id": row.id, "state": EnrollmentState.RESOLVED.value} for row in left],
    )  # fmt: skip
    tasks.cancel_of(tx.conn, [row.id for row in left], RESOLVED, tx.now)
