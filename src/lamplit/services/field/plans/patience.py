"""How often a door has been tried, and when the programme lets it be: what its done-rule says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lamplit.domain.field import PlaceKind
from lamplit.planning.model import COUNTED, Patience
from lamplit.programmes.calendar import Visit, patience
from lamplit.programmes.pack import Cadence, Pack
from lamplit.services.field.campaigns.cadence import attempt_of, base_of
from lamplit.services.field.office import Transaction
from lamplit.store import enrollments

ONCE = "visit"
"""The slot of a door that is visited once; those of others begin with how often."""


@dataclass(frozen=True, slots=True)
class Tries:
    """When a door is done though nobody opens, the attempts made, and their parts of the day."""

    patience: Patience
    made: int = 0
    parts: frozenset[int] = frozenset()


def tries_of(
    tx: Transaction, pack: Pack, rows: Sequence[Any], zone: ZoneInfo
) -> Mapping[str, Tries]:
    """The tries at each open task (rows of `store.plans.doors`), by its id."""
    seen = enrollments.visits(tx.conn, [row.enrollment_id for row in rows if row.attempts])
    rules: dict[tuple[str, str], Patience] = {}
    found = {}
    for row in rows:
        base = base_of(row.slot)
        every = "once" if base == ONCE else base.partition(":")[0]
        if (every, row.kind) not in rules:
            rules[every, row.kind] = _rule(pack, every, PlaceKind(row.kind))
        mine = [v for v in seen.get(row.enrollment_id, ()) if _counts(v, base)]
        made = max(attempt_of(row.slot) - 1, len(mine))
        parts = frozenset(_part(visit.at, zone) for visit in mine)
        found[row.id] = Tries(rules[every, row.kind], made, parts)
    return found


def _counts(visit: Visit, base: str) -> bool:
    """Whether a visit is an attempt within a window: a single visit's rule counts others, too."""
    return base in (visit.slot, ONCE)


def _rule(pack: Pack, every: str, kind: PlaceKind) -> Patience:
    """The most patient of the cadences that a task may be of."""

    def fits(cadence: Cadence) -> bool:
        return cadence.every == every and kind in cadence.subjects

    mine = [cadence for cadence in pack.cadence if fits(cadence)] or list(pack.cadence)
    attempts = [patience(pack, cadence, kind) for cadence in mine]
    return Patience(
        tuple(map(max, zip(*attempts, strict=True))),
        60.0 * max(cadence.attempts.gap_hours for cadence in mine),
    )


def _part(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return sum(start <= minute for start in COUNTED) - 1
