"""The newest counts that stand of whole communities, for those who may not see single homes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from lamplit.domain.field import PlaceKind
from lamplit.services.field.homes import told
from lamplit.services.field.office import SYSTEM, Office
from lamplit.store.places import LOOKED_UP
from lamplit.store.schema import place


def told_of(office: Office, communities: Mapping[str, str]) -> dict[str, told.Showing]:
    """What stands of each community (id → code) after the last night, by id.

    Left out is one of which nothing was told yet. Raises the errors of `told.tell`.
    """
    found = told.tell(office.home, communities, lambda some: _members(office, some))
    return {one: said.whole[-1] for one, said in found.items() if said.whole}


def _members(office: Office, communities: list[str]) -> dict[str, told.Members]:
    """Of each community its buildings with the codes of the households in them."""
    c = place.c
    found: dict[str, dict[str, list[str]]] = {one: {} for one in communities}
    with office.read(SYSTEM) as tx:
        for at in range(0, len(communities), LOOKED_UP):
            wanted = select(c.community_id, c.building_id, c.code).where(
                c.community_id.in_(communities[at : at + LOOKED_UP]),
                c.kind == PlaceKind.HOUSEHOLD.value,
                c.building_id.is_not(None),
            )
            for row in tx.conn.execute(wanted):
                found[row.community_id].setdefault(row.building_id, []).append(row.code)
    return {one: dict(inside) for one, inside in found.items()}
