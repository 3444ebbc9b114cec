"""For the privacy officer: who opened what and why, what was refused, what expires, the log."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from lamplit.domain.abilities import Ability
from lamplit.services.field.homes import reveal
from lamplit.services.field.privacy import audit, logcheck
from lamplit.services.field.privacy.logcheck import LogCheck
from lamplit.store import reveals
from lamplit.web.access import able, rule
from lamplit.web.api.openings import Opening, opening_of
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(prefix="/api/v1/audit", tags=["audit"])
AUDIT = able(Ability.AUDIT, where="any place; shows what lies under it")
One = Annotated[str | None, Query(max_length=200)]


@router.get("/openings")
@rule(AUDIT, "Who opened which home, and why", "谁查看了哪一户、为何目的")
def openings(
    office: TheOffice,
    actor: Who,
    person_id: One = None,
    place_id: One = None,
    refused: bool = True,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Opening]:
    """The newest first: homes, façades, films, lists, findings, and what was set aside; `refused`
    shows refusals too. `place_id`, a code too: what was opened there and under it.
    """
    kinds = (reveals.OPENED, *reveals.MANY, *((reveals.REFUSED,) if refused else ()))
    rows = reveal.openings(
        office, actor, kinds=kinds, before=decode(cursor, int), limit=limit + 1,
        person_id=person_id, place=place_id,
    )  # fmt: skip
    names = audit.named(office, actor, rows)
    return page([opening_of(row, names) for row in rows], limit, lambda one: one.seq)


@router.get("/aggregates")
@rule(AUDIT, "Aggregates that were refused or held back", "被拒绝或隐去的汇总数字")
def refused_aggregates(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[Opening]:
    """With the reason, the newest first."""
    rows = reveal.openings(
        office, actor, kinds=(reveals.AGGREGATE_REFUSED,), before=decode(cursor, int),
        limit=limit + 1,
    )  # fmt: skip
    names = audit.named(office, actor, rows)
    return page([opening_of(row, names) for row in rows], limit, lambda one: one.seq)


@router.get("/lists")
@rule(AUDIT, "Lists of homes and when they expire", "住户名单及其到期时间")
def lists(office: TheOffice, actor: Who) -> list[audit.HomeList]:
    """The first to expire first."""
    return audit.lists(office, actor)


@router.get("/log")
@rule(AUDIT, "Whether the log is whole", "日志是否完整")
def verify(
    office: TheOffice,
    actor: Who,
    kept_seq: Annotated[int, Query(ge=0, le=2**62)] = 0,
    kept_hash: Annotated[str, Query(max_length=64)] = "",
) -> LogCheck:
    """Walks the whole chain of hashes, and names what is missing or altered.

    With a head that was kept elsewhere also a log that was rewritten as a whole shows.
    """
    return logcheck.verify_log(office, actor, kept=(kept_seq, kept_hash) if kept_hash else None)
