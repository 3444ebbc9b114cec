"""What a campaign came to: the report that its close keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from lamplit.domain.field import Found, Outcome
from lamplit.domain.intervals import inverse, wilson
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Transaction
from lamplit.store import counts
from lamplit.store.schema import organisation

FINDS = (Found.EMPTY, Found.RETURNED)
"""What a household is looked for: nobody lives there, or somebody came back."""


def close_report(tx: Transaction, pack: Pack, campaign: Row[Any]) -> dict[str, Any]:
    """The figures of a campaign as they stand, as plain data.

    `reached`, `attempted` (tried, nobody met), `refused` and `untouched` stand apart and add up to
    `enrolled`; `unreachable` is the part of `attempted` that nobody could get to. `knocks_per_find`
    is visits per home found empty or returned, with its 95 % Wilson interval.
    """
    there = counts.enrolled(tx.conn, campaign.id)
    visits = counts.visits(tx.conn, campaign.id)
    finds = sum(there.found[found] for found in FINDS)
    now = min(tx.now, campaign.closed_at or tx.now)
    return {
        "enrolled": there.enrolled,
        "done": there.done,
        "reached": there.outcomes[Outcome.REACHED],
        "refused": there.outcomes[Outcome.REFUSED],
        "attempted": there.attempted,
        "unreachable": there.outcomes[Outcome.UNREACHABLE],
        "untouched": there.enrolled - there.touched,
        "resolved": there.states["resolved"],
        "withdrawn": there.states["withdrawn"],
        "found": dict(sorted(there.found.items())),
        "visits": visits,
        "finds": finds,
        "knocks_per_find": _knocks(visits, finds),
        "deadline": campaign.deadline.isoformat(),
        "closed_at": now.isoformat(),
        "in_time": now <= campaign.deadline,
        "done_by_deadline": there.done - _done_after(tx, campaign),
        "findings": counts.findings(tx.conn, campaign.id, tx.now),
        "points_by_unit": _points(tx, campaign.id),
        "stock": counts.stock(tx.conn, campaign.id),
        "code_list": pack.code_list,
    }


def _done_after(tx: Transaction, campaign: Row[Any]) -> int:
    return counts.done_since(tx.conn, campaign.id, campaign.deadline)


def _knocks(visits: int, finds: int) -> dict[str, float | None] | None:
    interval = inverse(wilson(min(finds, visits), visits))
    if not finds or interval is None:
        return None
    # Infinity is no JSON: an upper end that is not known is none.
    high = None if interval.high == float("inf") else round(interval.high, 2)
    return {"value": round(visits / finds, 2), "low": round(interval.low, 2), "high": high}


def _points(tx: Transaction, campaign_id: str) -> list[dict[str, Any]]:
    rows = counts.points_by(tx.conn, campaign_id)
    ids = [row.organisation_id for row in rows if row.organisation_id]
    codes = counts.names(tx.conn, organisation, ids, "code")
    return [
        {
            "unit": codes.get(row.organisation_id or ""),
            "findings": int(row.findings),
            "points": int(row.points or 0),
        }
        for row in rows
    ]
