"""For the privacy officer: lists of homes that expire; and what a server lets go of by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState
from lamplit.services.field import door
from lamplit.services.field.access import once, throttle
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.places.where import Where, where_of
from lamplit.services.field.privacy import expiry, feedback
from lamplit.store import counts, reveals
from lamplit.store.schema import campaign, enrollment, person
from lamplit.store.tree import under_any


@dataclass(frozen=True, slots=True)
class HomeList:
    """A campaign's list of homes; `expires_at` is None while it is not closed."""

    campaign_id: str
    code: str
    name_en: str
    name_zh: str
    purpose: str
    state: CampaignState
    expires_at: datetime | None
    homes: int


def lists(office: Office, actor: Actor) -> list[HomeList]:
    """The campaigns' lists of homes where one may AUDIT, the first to expire first.

    Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        held = door.require_anywhere(tx, Ability.AUDIT)
        homes = select(func.count()).where(enrollment.c.campaign_id == campaign.c.id)
        wanted = select(campaign, homes.scalar_subquery().label("homes"))
        if held:
            wanted = wanted.where(campaign.c.place_id.in_(under_any(held)))
        rows = tx.conn.execute(wanted)
        found = [
            HomeList(row.id, row.code, row.name_en, row.name_zh, row.purpose,
                     CampaignState(row.state), row.list_expires_at, row.homes)
            for row in rows
        ]  # fmt: skip
    return sorted(found, key=_by_expiry)


@dataclass(frozen=True, slots=True)
class Named:
    """People's names and where places are, by id, of some rows of the log."""

    people: dict[str, str]
    places: dict[str, Where]
    campaigns: dict[str, str]


def named(office: Office, actor: Actor, rows: Sequence[Row[Any]]) -> Named:
    """Who and where some rows of the log speak of. Raises LamplitError `door.not-allowed`."""
    with office.read(actor) as tx:
        door.require_anywhere(tx, Ability.AUDIT)
        people = sorted({row.actor_id for row in rows if row.actor_id})
        codes = sorted({row.campaign_id for row in rows if row.campaign_id})
        return Named(
            counts.names(tx.conn, person, people, "name"),
            where_of(tx.conn, {row.place_id for row in rows if row.place_id}),
            counts.names(tx.conn, campaign, codes, "code"),
        )


def named_mine(office: Office, actor: Actor, rows: Sequence[Row[Any]]) -> Named:
    """Where the homes are that one opened oneself, of some rows of the log.

    As long as the campaign keeps its list of homes. Of a refused opening nothing is named: whoever
    may not open a home is not told where it is.
    """
    with office.read(actor) as tx:
        return opened_by(tx, actor.person_id, rows)


def opened_by(tx: Transaction, person_id: str | None, rows: Sequence[Row[Any]]) -> Named:
    """As `named_mine`, of what a person opened."""
    mine = [row for row in rows if row.kind == reveals.OPENED and row.actor_id == person_id]
    kept = reveals.lists_kept(tx.conn, {row.campaign_id for row in mine}, tx.now)
    known = {row.place_id for row in mine if row.campaign_id in kept}
    return Named({}, where_of(tx.conn, known), counts.names(tx.conn, campaign, kept, "code"))


def tidy(office: Office) -> dict[str, int]:
    """Let go of what has had its time: lists of homes, residents' words, throttles, kept answers;
    says how many.
    """
    return {
        "expired": len(expiry.expire(office)),
        "words": feedback.expire(office),
        "throttles": throttle.expire(office),
        "answers": once.expire(office),
    }


def _by_expiry(one: HomeList) -> tuple[bool, float, str]:
    at = one.expires_at
    return (at is None, at.timestamp() if at else 0.0, one.code)
