"""A campaign's figures area by area, for the map."""

from __future__ import annotations

from dataclasses import dataclass

from lamplit.domain.abilities import Ability
from lamplit.services.field.campaigns.campaigns import get
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office
from lamplit.store import counts


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """Of one building, or of one community: how many are enrolled, and done."""

    place_id: str
    enrolled: int
    done: int


def areas(
    office: Office, actor: Actor, campaign: str, *, by_community: bool = False
) -> list[AreaFigures]:
    """The board's done and enrolled, building by building or community by community.

    Needs SEE_DOORS at the campaign's place. What stands in no building, or in no community, is left
    out. Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, campaign)
        require(tx, Ability.SEE_DOORS, row.place_id)
        found = counts.enrolled_by_area(tx.conn, row.id, by_community=by_community)
        return [AreaFigures(*one) for one in found]
