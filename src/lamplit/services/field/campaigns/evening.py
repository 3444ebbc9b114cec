"""What the office does by itself after the nights and on each new day, and nobody decides.

Each step can be run again, and one that was cut off is done by the next evening.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import CampaignState, EndReason
from lamplit.services.field.campaigns import cadence
from lamplit.services.field.campaigns.enrol import open_sweep
from lamplit.services.field.campaigns.sweeping import Swept
from lamplit.services.field.campaigns.ways import reads_meters, way_of
from lamplit.services.field.office import SYSTEM, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.people.handover import TOOK_EFFECT, on_handover
from lamplit.services.field.privacy import audit
from lamplit.services.field.submissions import inbox
from lamplit.store import assignments as store
from lamplit.store.campaigns import in_state
from lamplit.store.guard import one_at_a_time
from lamplit.store.schema import assignment, event

LOOK_BACK = timedelta(days=31)
"""An evening that was missed for longer leaves its hand-overs to the leaders, who see them."""


@dataclass(slots=True)
class EveningReport:
    """What an evening or a morning did; `failed` names campaigns that could not be brought up to
    date, with the problem.
    """

    handed_over: int = 0
    received: int = 0
    swept: list[Swept] = field(default_factory=list)
    tasks: int = 0
    missed: int = 0
    expired: int = 0
    failed: dict[str, LamplitError] = field(default_factory=dict)


def close_the_day(office: Office, states_through: date | None = None) -> EveningReport:
    """Work in what waits, let planned hand-overs take effect, sweep, make tasks, expire.

    `states_through`: the last night; open campaigns that ask the meters and have not seen it are
    swept anew, others once a day. A campaign that can't be swept is reported, and the others go on.
    """
    report = EveningReport(received=len(inbox.process_pending(office)))
    report.handed_over = take_effect(office)
    _sweep_open(office, states_through, report)
    rolled = cadence.roll(office)
    report.tasks, report.missed = rolled.made, rolled.missed
    report.expired = audit.tidy(office)["expired"]
    return report


def begin_the_day(office: Office) -> EveningReport:
    """Let hand-overs take effect whose day has come, bring up to date what asks no meters, and make
    the day's tasks.

    So whoever cares for a building finds today's homes on their list also where no night was
    worked. Each campaign has a transaction of its own; one that can't be swept or rolled is
    reported, and the others go on.
    """
    report = EveningReport(handed_over=take_effect(office))
    _sweep_open(office, None, report)
    with office.read(SYSTEM) as tx:
        rows, today = in_state(tx.conn, CampaignState.OPEN), tx.today
    for row in rows:
        try:
            if row.starts == today or cadence.recurs(pack_of(office, row.programme)):
                rolled = cadence.roll(office, campaign=row.id)
                report.tasks += rolled.made
                report.missed += rolled.missed
        except LamplitError as reason:
            report.failed[row.code] = reason
    return report


def take_effect(office: Office) -> int:
    """Move the open tasks of ties that were ended ahead of their day, when the day has come.

    Gives how many ties; each is logged, and so done once.
    """
    with office.begin(SYSTEM) as tx:
        one_at_a_time(tx.conn, "hand-overs")
        due = _due(tx)
        for row in due:
            ended = store.by_id(tx.conn, row.id)
            if ended is None:
                continue
            on_handover(tx, ended, _successor(tx, ended))
        return len(due)


def _due(tx: Transaction) -> list[Row[Any]]:
    """Ties whose last day is over, that were ended by somebody before that day came."""
    told = select(event.c.seq).where(
        event.c.subject_kind == "assignment",
        event.c.subject_id == assignment.c.id,
        event.c.kind == TOOK_EFFECT,
    )
    return list(
        tx.conn.execute(
            select(assignment.c.id)
            .where(
                and_(assignment.c.ends <= tx.today, assignment.c.ends > tx.today - LOOK_BACK),
                assignment.c.person_id.is_not(None),
                assignment.c.end_reason.in_(
                    [EndReason.HANDED_OVER.value, EndReason.WITHDRAWN.value]
                ),
                ~exists(told),
            )
            .order_by(assignment.c.ends, assignment.c.id)
        )
    )


def _successor(tx: Transaction, ended: store.Assignment) -> str | None:
    """Who took over; who went on as a volunteer is their own successor, and took nothing."""
    return tx.conn.scalar(
        select(assignment.c.person_id)
        .where(assignment.c.predecessor_id == ended.id, assignment.c.person_id != ended.person_id)
        .order_by(assignment.c.starts, assignment.c.id)
        .limit(1)
    )


def _sweep_open(office: Office, night: date | None, report: EveningReport) -> None:
    """Sweep campaigns anew: those that ask the meters for a night that they have not seen, others
    (who is responsible, every door) for a day that they have not seen.
    """
    with office.read(SYSTEM) as tx:
        rows, today = in_state(tx.conn, CampaignState.OPEN), tx.today
    for row in rows:
        try:
            pack = pack_of(office, row.programme)
            through = night if reads_meters(pack, way_of(pack, row.parameters or {})) else today
            # Whoever leads a campaign sweeps it for the first time; from then on it follows.
            if row.swept_through and through and row.swept_through < through:
                report.swept.append(open_sweep(office, SYSTEM, row.id, through))
        except LamplitError as reason:
            report.failed[row.code] = reason
