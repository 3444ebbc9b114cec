"""Where those who submit stand: may they, did they once, or were they never here?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import select

from lamplit.domain.abilities import Ability, roles_with
from lamplit.services.field.office import Transaction
from lamplit.store.bulk import parts
from lamplit.store.schema import assignment
from lamplit.store.tree import parents_above, upwards

if TYPE_CHECKING:
    from lamplit.services.field.submissions.casefile import Batch

PERFORMERS = tuple(role.value for role in roles_with(Ability.PERFORM))


class Standing(Enum):
    """Whether somebody may perform at a place today, could on an earlier day, or never could."""

    ENTITLED = "entitled"
    FORMER = "former"
    STRANGER = "stranger"


@dataclass(slots=True)
class Authors:
    """The standing of some people at some places, read in a few queries for a whole batch."""

    tx: Transaction
    parents: dict[str, str | None]
    running: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ended: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def load(cls, tx: Transaction, batch: Batch) -> Authors:
        """Of the authors of a batch, at its places and above."""
        return cls.of(tx, batch.authors, (c.enrollment["place_id"] for c in batch.cases.values()))

    @classmethod
    def of(cls, tx: Transaction, people: Iterable[str], places: Iterable[str]) -> Authors:
        """Of some people, at some places and above."""
        made = cls(tx, parents_above(tx.conn, places))
        for some in parts(sorted(set(people))):
            rows = tx.conn.execute(
                select(
                    assignment.c.person_id, assignment.c.place_id,
                    assignment.c.starts, assignment.c.ends,
                ).where(
                    assignment.c.person_id.in_(some),
                    assignment.c.role.in_(PERFORMERS),
                    assignment.c.starts <= tx.today,
                )
            )  # fmt: skip
            for row in rows:
                over = row.ends is not None and row.ends <= tx.today
                (made.ended if over else made.running)[row.person_id].add(row.place_id)
        return made

    def standing(self, person_id: str | None, place_id: str, *, trusted: bool = False) -> Standing:
        """How a person stands at a place today."""
        if trusted:
            return Standing.ENTITLED
        if person_id is None:
            return Standing.STRANGER
        above = self._above(place_id)
        if self.running[person_id] & above:
            return Standing.ENTITLED
        return Standing.FORMER if self.ended[person_id] & above else Standing.STRANGER

    def _above(self, place_id: str) -> set[str]:
        if place_id not in self.parents:
            self.parents.update(parents_above(self.tx.conn, [place_id]))
        return set(upwards(place_id, self.parents))
