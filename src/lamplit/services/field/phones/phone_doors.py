"""Which doors a phone carries: its owner's own, and those that they may claim. Nobody else's.

The same judge as everywhere: a door is carried where the person has, today, a role that covers it.
A task of one's own at a place that one has left is not carried any more, whoever still owns it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import ABILITIES, Ability
from lamplit.domain.field import Role
from lamplit.programmes.pack import Pack
from lamplit.services.field import packs
from lamplit.services.field.office import Office, Transaction
from lamplit.store import found_homes, phones

AHEAD = timedelta(days=7)
"""Tasks that begin within a week are carried: so long a phone can work without a signal."""
BEHIND = timedelta(days=1)
"""What was performed within a day stays, so that a second form on the same door has its row."""
MOST_FREE = 1_000
"""Tasks that nobody holds: the first of them by rank. Collect grows slow with many thousands."""


@dataclass(frozen=True, slots=True)
class Ties:
    """A person's running roles: the places of each, and the areas that they cover."""

    places: dict[Role, set[str]]
    areas: dict[Role, set[str]] = field(default_factory=dict)

    def covering(self, door: Row[Any], ability: Ability) -> bool:
        """Whether a role with an ability covers a door."""
        return self.cover(
            {door.place_id, door.parent_id, door.building_id, door.community_id}, ability
        )

    def cover(self, around: set[str], ability: Ability) -> bool:
        """Whether a role with an ability covers one of a place and those that it lies in."""
        return any(
            ability in ABILITIES[role] and inside & around for role, inside in self.areas.items()
        )


@dataclass(frozen=True, slots=True)
class Carried:
    """A person's tasks, their own first; and the households that those and their ties are about."""

    own: list[Row[Any]]
    free: list[Row[Any]]
    homes: list[Row[Any]]


def ties_of(tx: Transaction, person_id: str) -> Ties:
    """A person's ties on the transaction's day."""
    places: dict[Role, set[str]] = defaultdict(set)
    for place_id, role in phones.running(tx.conn, person_id, tx.today):
        places[Role(role)].add(place_id)
    areas = {role: phones.areas(tx.conn, held) for role, held in places.items()}
    return Ties(dict(places), areas)


def carried(office: Office, tx: Transaction, person_id: str, *, homes: bool = True) -> Carried:
    """All that a person's phone carries now; its households only where they are wanted."""
    ties = ties_of(tx, person_id)
    own = own_tasks(tx, person_id, ties)
    free = _free_tasks(office, tx, person_id, ties)
    known = {row.id for row in own}
    free = [row for row in free if row.id not in known]
    if not homes:
        return Carried(own, free, [])
    wanted = {row.place_id for row in (*own, *free)} | ties.places.get(Role.RESPONSIBLE, set())
    found = found_homes.of_author(tx.conn, person_id, tx.now - AHEAD)
    return Carried(own, free, _homes(tx, ties, wanted, found))


def _homes(tx: Transaction, ties: Ties, wanted: set[str], found: set[str]) -> list[Row[Any]]:
    """The households that a phone carries: of its tasks, and those that its owner found lately,
    where they may still perform; else the phone would be told to forget what it has just made.
    """
    rows = phones.homes(tx.conn, wanted | found)
    return [r for r in rows if r.place_id in wanted or ties.covering(r, Ability.PERFORM)]


def own_tasks(tx: Transaction, person_id: str, ties: Ties) -> list[Row[Any]]:
    """The tasks that a person owns, where they may still perform them."""
    rows = phones.own_tasks(
        tx.conn, person_id, until=tx.now + AHEAD, performed_since=tx.now - BEHIND
    )
    return [row for row in rows if ties.covering(row, Ability.PERFORM)]


def met(office: Office, tx: Transaction, ties: Ties) -> dict[Role, list[tuple[str, Pack]]]:
    """For each role that a person holds: the open campaigns that its places meet, with their packs.

    A campaign whose pack can't be read is left out: it must not take the other forms with it.
    """
    read: dict[str, Pack | None] = {}
    found: dict[Role, list[tuple[str, Pack]]] = {}
    for role, places in ties.places.items():
        if Ability.PERFORM not in ABILITIES[role]:
            continue
        for row in phones.open_campaigns(tx.conn, places, ties.areas[role]):
            if row.programme not in read:
                read[row.programme] = packs.pack_or_none(office, row.programme)
            pack = read[row.programme]
            if pack is not None:
                found.setdefault(role, []).append((row.id, pack))
    return found


def _free_tasks(office: Office, tx: Transaction, person_id: str, ties: Ties) -> list[Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for role, campaigns in met(office, tx, ties).items():
        if Ability.SEE_DOORS not in ABILITIES[role]:
            continue
        rows = phones.claimable(
            tx.conn,
            ties.areas[role],
            [campaign for campaign, _ in campaigns],
            _for_any(campaigns, role),
            role.value,
            now=tx.now,
            until=tx.now + AHEAD,
            most=MOST_FREE,
        )
        found |= {row.id: row for row in rows if row.owner_id != person_id}
    return list(found.values())[:MOST_FREE]


def _for_any(campaigns: Collection[tuple[str, Pack]], role: Role) -> list[str]:
    return [campaign for campaign, pack in campaigns if role in pack.roles.claim]
