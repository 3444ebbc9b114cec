"""An opening of a home as the log has it. No router: `me` and `audit` share the shape."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from lamplit.services.field.places.where import Where
from lamplit.services.field.privacy.audit import Named


class Opening(BaseModel):
    """Who opened which home, or was refused, when, by which step, for what, and why not.

    Of a list, a façade or findings also how many `doors` it has, and in which `state` alone (or
    in several, with commas).
    """

    seq: int
    at: datetime
    kind: str
    person_id: str | None
    via: str
    place_id: str | None
    campaign_id: str | None
    purpose: str | None
    step: str | None
    why: str | None
    doors: int | None = None
    state: str | None = None
    who: str | None = None
    where: Where | None = None
    campaign: str | None = None


def opening_of(row: Any, named: Named | None = None) -> Opening:
    """A row of the log as an opening; `named` for who may know the names."""
    data = row.data or {}
    return Opening(
        seq=row.seq, at=row.at, kind=row.kind, person_id=row.actor_id, via=row.via,
        place_id=row.place_id, campaign_id=row.campaign_id, purpose=row.purpose,
        step=data.get("step"), why=data.get("why"), doors=data.get("doors"),
        state=data.get("state"),
        who=named.people.get(row.actor_id or "") if named else None,
        where=named.places.get(row.place_id or "") if named else None,
        campaign=named.campaigns.get(row.campaign_id or "") if named else None,
    )  # fmt: skip
