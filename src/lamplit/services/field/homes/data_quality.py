"""How good the readings are, for those who work with them."""

from __future__ import annotations

from datetime import date

from lamplit.domain.abilities import Ability
from lamplit.services import quality
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office
from lamplit.services.quality import QualityReport


def data_quality(
    office: Office,
    actor: Actor,
    first: date | None = None,
    last: date | None = None,
    *,
    collector: str | None = None,
    limit: int = 100,
) -> QualityReport:
    """As `lamplit.services.quality.quality`. Needs ANALYSE somewhere.

    Raises LamplitError `door.not-allowed` and those of `quality`.
    """
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.ANALYSE)
    return quality.quality(office.home, first, last, collector=collector, limit=limit)
