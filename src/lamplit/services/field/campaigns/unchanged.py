"""Whether a sweep would find anything new: what it would read, against what the last one read.

There is no change without its entry in the log. So a sweep whose signals, rule and day are those of
the last one, with no entry since then that touches what it reads, would change nothing, and reads
neither the places nor the list again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, not_, or_, select

from lamplit.programmes.pack import Pack, Way
from lamplit.services.field.homes.signals import Evening
from lamplit.services.field.office import Transaction
from lamplit.store.schema import event

SWEPT = "campaign.swept"
APART = ("account.", "token.", "person.", "feedback.", "inbox.", "list.", "phone.", "facade.",
         "home.", "readings.", "labels.", "stock.")  # fmt: skip
"""What no sweep reads, wherever it happens. Any other entry, of a new kind too, makes it look."""
ELSEWHERE = ("task.", "submission.", "finding.", "campaign.", "assignment.", "entity.")
"""What a sweep reads only in its own campaign; see READ for the words that look further."""
READ = {"responsible": ("assignment.",), "open_finding": ("submission.", "finding.")}
"""What a word of the rule looks at anywhere."""


def mark_of(pack: Pack, way: Way, campaign: Row[Any], evening: Evening | None, *days: date) -> str:
    """The mark of all that a sweep is told: the same for the same signals, rule and days."""
    told = (
        pack.name, pack.version, pack.subjects, pack.cadence, way, campaign.place_id,
        campaign.starts, campaign.deadline, days,
    )  # fmt: skip
    mark = hashlib.sha256(repr(told).encode())
    if evening is not None:
        for code, one in sorted(evening.homes.items()):
            evidence = sorted(one.evidence.items()) if one.evidence else ""
            mark.update(
                f"{code}\n{one.state}{one.since}{one.probability!r}{one.event}{one.event_day}"
                f"{one.order}{one.raw!r}{evidence}\n".encode()
            )
    return mark.hexdigest()


def last_alike(
    tx: Transaction, campaign: Row[Any], mark: str, words: Collection[str]
) -> dict[str, Any] | None:
    """What the last sweep of a campaign said of itself, where it was told the same and nothing has
    changed since that it read; else None. `words`: those of the rule.
    """
    last = tx.conn.execute(
        select(event.c.seq, event.c.data)
        .where(event.c.campaign_id == campaign.id, event.c.kind == SWEPT)
        .order_by(event.c.seq.desc())
        .limit(1)
    ).one_or_none()
    if last is None or (last.data or {}).get("mark") != mark:
        return None
    return None if _touched(tx, campaign.id, int(last.seq), words) else dict(last.data)


def _touched(tx: Transaction, campaign_id: str, since: int, words: Collection[str]) -> bool:
    """Whether the log has anything after an entry that a sweep of this campaign reads."""
    own = event.c.campaign_id == campaign_id
    further = {prefix for word, some in READ.items() if word in words for prefix in some}
    apart = [event.c.kind.startswith(one, autoescape=True) for one in APART]
    elsewhere = [
        event.c.kind.startswith(one, autoescape=True) for one in ELSEWHERE if one not in further
    ]
    away = and_(or_(*elsewhere), or_(event.c.campaign_id.is_(None), not_(own)))
    found = select(event.c.seq).where(event.c.seq > since, not_(or_(*apart)), not_(away))
    return tx.conn.scalar(found.limit(1)) is not None
