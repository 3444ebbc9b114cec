"""Findings: taken in hand, resolved, verified by somebody else, dismissed with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import (
    FINDING_MOVES,
    FINDING_TEXT,
    ROLE_TEXT,
    FindingState,
    Severity,
)
from lamplit.domain.language import Text
from lamplit.domain.problems import campaigns as problems
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import Raised, Score, score
from lamplit.services.field.campaigns import looks
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.door import may, require
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.places.places import listing
from lamplit.services.field.places.where import Where, where_of
from lamplit.services.field.tasks.tasks import holds_role
from lamplit.store import findings as store
from lamplit.store import reveals
from lamplit.store.guard import changed_meanwhile, not_found
from lamplit.store.schema import finding


@dataclass(frozen=True, slots=True)
class Finding:
    """A need or a violation. Instants are aware UTC; `points` those of its code list then.

    `text`: what its code says in the pack of today; None where the pack has it no more.
    """

    id: str
    submission_id: str
    campaign_id: str | None
    place_id: str
    code: str
    code_list: str
    points: int
    severity: Severity
    state: FindingState
    note: str | None
    organisation_id: str | None
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    version: int
    where: Where | None = None
    text: Text | None = None


NAMES = tuple(name for name in Finding.__dataclass_fields__ if name not in ("where", "text"))


def findings(
    office: Office,
    actor: Actor,
    campaign: str,
    *states: FindingState,
    limit: int = 500,
) -> list[Finding]:
    """The findings of a campaign in some states (in all where none is given), those due first.

    Needs `see_doors` at the campaign's place. What households need is for who leads or verifies
    there; others see what they raised, and what lies where they have something to do. Logged
    beforehand (see `looks`). Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get_campaign(tx.conn, campaign)
        require(tx, Ability.SEE_DOORS, row.place_id)
        mine = None if _sees_all(office, tx, row) else str(actor.person_id)
        rows = store.of_campaign(tx.conn, row.id, states, limit, person_id=mine)
        says = {one.code: one.text for one in pack_of(office, row.programme).findings}
        found = _told(tx.conn, rows, says)
        only = ",".join(sorted(states)) or None
        look = looks.Look(reveals.FINDINGS_OPENED, row, row.place_id, only)
        due = looks.due(tx, look)
        doors = store.places_of(tx.conn, row.id, states, person_id=mine) if due else 0
    if due:
        looks.log(office, actor, look, doors)
    return found


def move(
    office: Office, actor: Actor, finding_id: str, to: FindingState, *, note: str = ""
) -> Finding:
    """Take a finding to another state.

    In hand and resolved: whoever may perform at its place. Verified: one of the pack's verifying
    roles, and not who resolved it. Dismissed: whoever leads there, with a reason. Raises
    LamplitError `finding.move`, `finding.own-work`, `task.role`, `task.reason`, `door.not-allowed`,
    `store.not-found`, `store.changed-meanwhile`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, finding_id)
        before = FindingState(row.state)
        _judge(office, tx, row, to, note)
        if to not in FINDING_MOVES[before]:
            raise LamplitError(
                problems.FINDING_MOVE, before=FINDING_TEXT[before], after=FINDING_TEXT[to]
            )
        closing = to in (FindingState.RESOLVED, FindingState.DISMISSED)
        values: dict[str, Any] = {"note": note} if note else {}
        if closing:
            values |= {"closed_at": tx.now, "closed_by": actor.person_id}
        elif to is not FindingState.VERIFIED:
            values |= {"closed_at": None, "closed_by": None}
        if not store.move(tx.conn, row.id, before, to, **values):
            raise changed_meanwhile(finding)
        tx.log(
            f"finding.{to.value}", "finding", row.id, place_id=row.place_id,
            campaign_id=row.campaign_id, before=before.value, note=note,
        )  # fmt: skip
        [moved] = _told(tx.conn, [get(tx.conn, row.id)], {})
        return moved


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of one place or organisation under a campaign's code list."""

    subject_kind: str
    subject_id: str | None
    findings: int
    score: Score


def scores(
    office: Office, actor: Actor, campaign: str, *, by: str = "organisation"
) -> list[Scored]:
    """Scores in a campaign by `organisation` or by `place`: base - points, dismissed ones left out.

    Only those with findings are listed; all others have the base. Needs `see_doors`; by place,
    where places are homes, one must lead or verify there. Raises LamplitError `store.not-found`,
    `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get_campaign(tx.conn, campaign)
        require(tx, Ability.SEE_DOORS, row.place_id)
        if by == "place" and not _sees_all(office, tx, row):
            require(tx, Ability.LEAD, row.place_id)
        pack = pack_of(office, row.programme)
        return scores_in(tx.conn, pack, row.id, by)


def scores_in(conn: Connection, pack: Pack, campaign_id: str, by: str) -> list[Scored]:
    """Scores by `organisation_id` or `place_id` of a campaign, the lowest first."""
    counted: dict[str | None, tuple[int, int]] = {}
    for row in store.standing_points(conn, campaign_id=campaign_id):
        key = row.organisation_id if by == "organisation" else row.place_id
        number, points = counted.get(key, (0, 0))
        counted[key] = (number + int(row.findings), points + int(row.points or 0))
    found = [
        Scored(by, key, number, score(pack, [_lump(points)]))
        for key, (number, points) in counted.items()
    ]
    return sorted(found, key=lambda one: (one.score.value, one.subject_id or ""))


def get(conn: Connection, finding_id: str) -> Row[Any]:
    """The row of a finding. Raises LamplitError `store.not-found`."""
    row = store.find(conn, finding_id)
    if row is None:
        raise not_found(finding, finding_id)
    return row


def _sees_all(office: Office, tx: Transaction, campaign: Row[Any]) -> bool:
    """Whether who asks may read every finding of a campaign: who is ill is no news for all who
    go from door to door.
    """
    pack = pack_of(office, campaign.programme)
    if not pack.to_homes or may(tx, Ability.LEAD, campaign.place_id):
        return True
    me = tx.actor.person_id
    return me is not None and holds_role(tx, me, campaign.place_id, pack.roles.verify)


def _judge(office: Office, tx: Transaction, row: Row[Any], to: FindingState, note: str) -> None:
    if to is FindingState.DISMISSED:
        require(tx, Ability.ASSIGN, row.place_id)
        if not note.strip():
            raise LamplitError(problems.TASK_REASON)
        return
    require(tx, Ability.PERFORM, row.place_id)
    if to is not FindingState.VERIFIED or tx.actor.trusted or tx.actor.person_id is None:
        return
    if row.closed_by == tx.actor.person_id:
        raise LamplitError(problems.FINDING_ROLE)
    pack = _pack(office, tx, row)
    if pack and not holds_role(tx, tx.actor.person_id, row.place_id, pack.roles.verify):
        roles = listing([ROLE_TEXT[role] for role in pack.roles.verify])
        raise LamplitError(problems.TASK_ROLE, roles=roles)


def _pack(office: Office, tx: Transaction, row: Row[Any]) -> Pack | None:
    if row.campaign_id is None:
        return None
    return pack_of(office, get_campaign(tx.conn, row.campaign_id).programme)


def _lump(points: int) -> Raised:
    return Raised("", Severity.NOTE, points, Text("", ""), None)


def _told(conn: Connection, rows: Sequence[Row[Any]], says: dict[str, Text]) -> list[Finding]:
    """Findings with where they are and what their codes say."""
    at = where_of(conn, {row.place_id for row in rows})
    return [
        replace(_shown(row), where=at.get(row.place_id), text=says.get(row.code)) for row in rows
    ]


def _shown(row: Row[Any]) -> Finding:
    values = {name: getattr(row, name) for name in NAMES}
    values["severity"] = Severity(row.severity)
    values["state"] = FindingState(row.state)
    return Finding(**values)
