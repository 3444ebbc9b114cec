"""Looking through a campaign's doors, its list, façade or findings, as the log has it: who, where,
how many.

A board asks again every few seconds and a list comes page by page, so a look is a line for some
minutes: until they are over, a line tells also of what its person sees again, and of a part of it.
Nothing that it does not cover is shown without a line of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.store import reveals

WINDOW = timedelta(minutes=10)
"""So long a line stands for looks of the same kind."""


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody is about to see: `reveals.LIST_OPENED`, `FACADE_OPENED` or `FINDINGS_OPENED`
    of a campaign, what it has at a place, all of it or that in a state (or in `several,states`).
    """

    kind: str
    campaign: Row[Any]
    place_id: str
    state: str | None = None

    def is_in(self, earlier: Row[Any]) -> bool:
        """Whether what an earlier line tells of has all of this in it."""
        place = earlier.place_id in (self.place_id, self.campaign.place_id)
        seen = (earlier.data or {}).get("state")
        states = self.state.split(",") if self.state else [""]
        return place and (seen is None or set(states) <= set(seen.split(",")))


def due(tx: Transaction, look: Look) -> bool:
    """Whether a look needs a line: none of the last minutes covers it."""
    since = tx.now - WINDOW
    earlier = reveals.looks(tx.conn, tx.actor.person_id, look.kind, look.campaign.id, since)
    return not any(look.is_in(one) for one in earlier)


def lately(tx: Transaction, kind: str, subject_id: str) -> bool:
    """Whether a line of the last minutes stands for another look at the same thing."""
    return reveals.lately(tx.conn, tx.actor.person_id, kind, subject_id, tx.now - WINDOW)


def log(office: Office, actor: Actor, look: Look, doors: int) -> None:
    """Write the line; before anything is shown."""
    row = look.campaign
    only = {"state": look.state} if look.state else {}
    with office.begin(actor) as tx:
        tx.log(
            look.kind, "campaign", row.id, place_id=look.place_id, campaign_id=row.id,
            purpose=row.purpose, doors=doors, **only,
        )  # fmt: skip
