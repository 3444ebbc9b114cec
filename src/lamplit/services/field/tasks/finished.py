"""My finished: what a person did themselves, with receipts; their own paper journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

from lamplit.domain.field import CampaignState, Found, InboxState, Outcome
from lamplit.domain.language import Text
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_or_none
from lamplit.services.field.places.place_views import plain
from lamplit.services.field.tasks.tasklist import title_of
from lamplit.store import finished as store
from lamplit.store import places
from lamplit.store.places import Place

What = Literal["submission", "waiting", "not_executable"]


@dataclass(frozen=True, slots=True)
class Finished:
    """One thing that a person did. Instants are aware UTC.

    `what`: a submission that was worked in, a delivery that waits or was set aside, or a task that
    they said can't be carried out. `at`: when it came in; `performed_at`: when it was done, by the
    phone's clock. `outcome` and `found` are as they gave them, `corrected`: they sent another in
    its place. `place` is None once the campaign's list of homes has expired (`forgotten`), and
    where none is known.
    """

    id: str
    what: What
    at: datetime
    instance_id: str | None = None
    state: InboxState | None = None
    problem: str | None = None
    performed_at: datetime | None = None
    campaign: str | None = None
    campaign_name: Text | None = None
    title: Text | None = None
    task_id: str | None = None
    outcome: Outcome | None = None
    found: Found | None = None
    reason: str | None = None
    flags: tuple[str, ...] = ()
    corrected: bool = False
    place: Place | None = None
    building: Place | None = None
    forgotten: bool = False

    @property
    def cursor(self) -> list[str]:
        """Where a list goes on after this one."""
        return [self.at.isoformat(), self.id]


def finished(
    office: Office, actor: Actor, *, before: tuple[datetime, str] | None = None, limit: int = 100
) -> list[Finished]:
    """What who acts did themselves, the newest first, before one (its `at` and id).

    Also after they withdrew. Where they went is theirs to read until the campaign's list of homes
    expires; then a line says when and what, and not where. The operator and the machine have none.
    """
    me = actor.person_id
    if me is None:
        return []
    with office.read(actor) as tx:
        rows: list[tuple[What, Row[Any]]] = [
            *(("submission", row) for row in store.sent(tx.conn, me, before, limit)),
            *(("waiting", row) for row in store.waiting(tx.conn, me, before, limit)),
            *(("not_executable", row) for row in store.not_executed(tx.conn, me, before, limit)),
        ]
        rows.sort(key=lambda one: (one[1].at, one[1].id), reverse=True)
        return _told(office, tx, rows[:limit])


def _told(office: Office, tx: Transaction, rows: list[tuple[What, Row[Any]]]) -> list[Finished]:
    kept = [
        row.place_id
        for what, row in rows
        if what != "waiting" and row.place_id and not _forgotten(row, tx.now)
    ]
    known = _places(tx, kept)
    return [
        _waiting(row) if what == "waiting" else _done(office, tx, what, row, known)
        for what, row in rows
    ]


def _places(tx: Transaction, ids: Iterable[str]) -> dict[str, Place]:
    found = places.by_ids(tx.conn, sorted(set(ids)))
    blocks = {one.building_id for one in found.values() if one.building_id}
    return found | places.by_ids(tx.conn, sorted(blocks - found.keys()))


def _forgotten(row: Row[Any], now: datetime) -> bool:
    """Whether the campaign's list of homes has had its time, tidied up yet or not."""
    due: datetime | None = row.list_expires_at
    return (due is not None and due <= now) or row.campaign_state == CampaignState.EXPIRED.value


def _waiting(row: Row[Any]) -> Finished:
    return Finished(
        row.id, "waiting", row.at, row.instance_id, InboxState(row.state), row.problem
    )  # fmt: skip


def _done(
    office: Office, tx: Transaction, what: What, row: Row[Any], known: dict[str, Place]
) -> Finished:
    forgotten = _forgotten(row, tx.now)
    place = None if forgotten else known.get(row.place_id or "")
    about: dict[str, Any] = {
        "campaign": row.campaign_code,
        "campaign_name": Text(row.name_en, row.name_zh) if row.campaign_code else None,
        "title": _title(office, row),
        "place": plain(place) if place else None,
        "building": known.get(place.building_id or "") if place else None,
        "forgotten": forgotten,
    }
    if what == "not_executable":
        # A reason is written by hand, and may name whom it was about.
        reason = None if forgotten else row.reason
        return Finished(row.id, what, row.at, task_id=row.id, reason=reason, **about)
    return Finished(
        row.id, what, row.at, row.instance_id, InboxState.PROCESSED,
        performed_at=row.ended_at, task_id=row.task_id,
        outcome=Outcome(row.outcome) if row.outcome else None,
        found=Found(row.found) if row.found else None,
        flags=tuple(row.flags or ()), corrected=row.replaced_by is not None, **about,
    )  # fmt: skip


def _title(office: Office, row: Row[Any]) -> Text | None:
    pack = pack_or_none(office, row.campaign_programme) if row.campaign_programme else None
    return title_of(pack, row.slot or "") if pack else None
