"""What must not be kept: a campaign's list of homes goes when its time is up, and is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplit.domain.field import CampaignState
from lamplit.services.field.office import SYSTEM, Actor, Office
from lamplit.services.field.packs import pack_of
from lamplit.store import campaigns, enrollments, submissions


@dataclass(frozen=True, slots=True)
class Expired:
    """What expired of a campaign: so many enrollments lost their evidence, so many their signal."""

    campaign_id: str
    code: str
    evidence: int
    signals: int
    answers: int = 0


def expire(office: Office, actor: Actor = SYSTEM, *, now: datetime | None = None) -> list[Expired]:
    """Expire what is past its time; run it nightly. Running it again changes nothing.

    A closed campaign's evidence and signals go `list_days` of its pack after the close (the
    campaign is `expired` then: labels must be taken before), the answers, the raw bytes and the
    photos' entries of its submissions `submission_days` after it; outcomes, findings and the log
    stay. Each is logged with its counts. `now`: for a look ahead in tests.
    """
    done: list[Expired] = []
    with office.begin(actor) as tx:
        at = now or tx.now
        for row in campaigns.to_expire(tx.conn, at):
            campaigns.lock(tx.conn, row.id)
            if not campaigns.move(tx.conn, row.id, CampaignState.CLOSED, CampaignState.EXPIRED):
                continue
            enrollments.lock_all(tx.conn, row.id)
            evidence, signals = enrollments.forget(tx.conn, row.id)
            done.append(Expired(row.id, row.code, evidence, signals))
            tx.log(
                "campaign.expired", "campaign", row.id, place_id=row.place_id,
                campaign_id=row.id, evidence=evidence, signals=signals,
            )  # fmt: skip
        for row in campaigns.in_state(tx.conn, CampaignState.EXPIRED):
            days = timedelta(days=pack_of(office, row.programme).submission_days)
            if row.closed_at is None or row.closed_at + days > at:
                continue
            answers = submissions.forget_answers(tx.conn, row.id)
            if answers:
                done.append(Expired(row.id, row.code, 0, 0, answers))
                tx.log(
                    "submission.expired", "campaign", row.id, place_id=row.place_id,
                    campaign_id=row.id, answers=answers,
                )  # fmt: skip
    return done
