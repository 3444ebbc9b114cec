"""What must not be kept: lists of homes, answers, and what was set aside go when their time is up.

Each is logged with its counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lamplit.domain.field import CampaignState
from lamplit.services.field.office import SYSTEM, Actor, Office, Transaction
from lamplit.services.field.submissions import media, quarantine
from lamplit.store import campaigns, enrollments, plans, set_aside, submissions


@dataclass(frozen=True, slots=True)
class Expired:
    """What expired of a campaign: so many enrollments lost their evidence, so many their signal;
    so many submissions their answers, and so many photos are gone; so many entries of the
    quarantine lost their bytes, `unsettled` of them unsettled. `code` is empty for what is of no
    known campaign.
    """

    campaign_id: str | None
    code: str
    evidence: int = 0
    signals: int = 0
    answers: int = 0
    photos: int = 0
    set_aside: int = 0
    unsettled: int = 0


def expire(office: Office, actor: Actor = SYSTEM, *, now: datetime | None = None) -> list[Expired]:
    """Expire what is past its time; run it nightly. Running it again changes nothing.

    A closed campaign's evidence and signals go `list_days` of its pack after the close, and the
    doors of its plans with them (the campaign is `expired` then: labels must be taken before); the
    answers, the raw bytes and the photos of its submissions go `submission_days` after it, and
    what was set aside of it too. What was set aside of no known campaign goes UNSETTLED_KEPT after
    it came, and what was settled SETTLED_KEPT after that (see `quarantine`). Outcomes, findings and
    the log stay. Each is logged with its counts. `now`: for a look ahead in tests.
    """
    done: list[Expired] = []
    unused: list[str] = []
    with office.begin(actor) as tx:
        at = now or tx.now
        for row in campaigns.to_expire(tx.conn, at):
            done += _lists(tx, row)
        for row in campaigns.in_state(tx.conn, CampaignState.EXPIRED):
            ends = quarantine.answers_expire(office, row)
            if ends is not None and ends <= at:
                done += _answers(tx, row, unused)
        done += _set_aside(tx, at, unused)
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
    aside, unsettled = _forget(tx, set_aside.of_campaign(tx.conn, row.id))
    if not answers and not photos and not aside:
        return []
    unused += hashes
    tx.log(
        "submission.expired", "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
        answers=answers, photos=photos, set_aside=aside, unsettled=unsettled,
    )  # fmt: skip
    counts = {"answers": answers, "photos": photos, "set_aside": aside, "unsettled": unsettled}
    return [Expired(row.id, row.code, **counts)]


def _set_aside(tx: Transaction, at: datetime, unused: list[str]) -> list[Expired]:
    """What was set aside and has had its time; and the photos of all that was let go of."""
    rows = set_aside.past(tx.conn, at - quarantine.UNSETTLED_KEPT, at - quarantine.SETTLED_KEPT)
    aside, unsettled = _forget(tx, rows)
    photos, hashes = set_aside.forget_photos(tx.conn)
    if not aside and not photos:
        return []
    unused += hashes
    tx.log("inbox.expired", "inbox", "all", set_aside=aside, unsettled=unsettled, photos=photos)
    return [Expired(None, "", photos=photos, set_aside=aside, unsettled=unsettled)]


def _forget(tx: Transaction, rows: Sequence[Row[Any]]) -> tuple[int, int]:
    set_aside.forget(tx.conn, [row.id for row in rows], tx.now)
    return len(rows), sum(row.settled_at is None for row in rows)
