"""What must not be kept: a campaign's list of homes goes when its time is up, and is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from lamplit.domain.field import CampaignState
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.submissions import media
from lamplit.store import campaigns, enrollments, plans, submissions


@dataclass(frozen=True, slots=True)
class Expired:
    """What expired of a campaign: so many enrollments lost their evidence, so many their signal;
    so many submissions their answers, and so many photos are gone.
    """

    campaign_id: str
    code: str
    evidence: int = 0
    signals: int = 0
    answers: int = 0
    photos: int = 0


def expire(office: Office, actor: Actor = SYSTEM, *, now: datetime | None = None) -> list[Expired]:
    """Expire what is past its time; run it nightly. Running it again changes nothing.

    A closed campaign's evidence and signals go `list_days` of its pack after the close, and the
    doors of its plans with them (the campaign is `expired` then: labels must be taken before); the
    answers, the raw bytes and the photos of its submissions go `submission_days` after it.
    Outcomes, findings and the log stay. Each is logged with its counts. `now`: for a look ahead in
    tests.
    """
    done: list[Expired] = []
    unused: list[str] = []
    with office.begin(actor) as tx:
        at = now or tx.now
        for row in campaigns.to_expire(tx.conn, at):
            done += _lists(tx, row)
        for row in campaigns.in_state(tx.conn, CampaignState.EXPIRED):
            days = timedelta(days=pack_of(office, row.programme).submission_days)
            if row.closed_at is not None and row.closed_at + days <= at:
                done += _answers(tx, row, unused)
    # After the commit: a file that is gone can't be rolled back.
    for sha256 in unused:
        media.path_of(office.media_dir, sha256).unlink(missing_ok=True)
    return done


def _lists(tx: Transaction, row: Row[Any]) -> list[Expired]:
    campaigns.lock(tx.conn, row.id)
    if not campaigns.move(tx.conn, row.id, CampaignState.CLOSED, CampaignState.EXPIRED):
        return []
    enrollments.lock_all(tx.conn, row.id)
    evidence, signals = enrollments.forget(tx.conn, row.id)
    planned = plans.forget_stops(tx.conn, row.id)
    tx.log(
        "campaign.expired", "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
        evidence=evidence, signals=signals, planned=planned,
    )  # fmt: skip
    return [Expired(row.id, row.code, evidence, signals)]


def _answers(tx: Transaction, row: Row[Any], unused: list[str]) -> list[Expired]:
    photos, hashes = submissions.forget_attachments(tx.conn, row.id)
    answers = submissions.forget_answers(tx.conn, row.id)
    if not answers and not photos:
        return []
    unused += hashes
    tx.log(
        "submission.expired", "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
        answers=answers, photos=photos,
    )  # fmt: skip
    return [Expired(row.id, row.code, answers=answers, photos=photos)]
