"""Stock: moves in a ledger that only grows; balances are sums over it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, literal, or_, select, union_all

from lamplit.store.assignments import running_on
from lamplit.store.schema import assignment, person, place, stock_move
from lamplit.store.tree import under_any


def balance(conn: Connection, item: str, holder: str) -> int:
    """How much of an item a holder has."""
    came = select(func.coalesce(func.sum(stock_move.c.quantity), 0)).where(
        stock_move.c.item == item, stock_move.c.to_holder == holder
    )
    went = select(func.coalesce(func.sum(stock_move.c.quantity), 0)).where(
        stock_move.c.item == item, stock_move.c.from_holder == holder
    )
    return int(conn.scalar(came) or 0) - int(conn.scalar(went) or 0)


def holders_in(place_ids: list[str], person_id: str | None, day: date) -> Select[Any]:
    """The holders of some places: they and those under them, the people with a running tie there,
    and oneself.
    """
    inside = under_any(place_ids)
    ties = select(assignment.c.person_id).where(
        assignment.c.place_id.in_(inside), running_on(day), assignment.c.person_id.is_not(None)
    )
    here = select((literal("place:") + place.c.id).label("holder")).where(place.c.id.in_(inside))
    people = select(literal("person:") + person.c.id).where(
        or_(person.c.id.in_(ties), person.c.id == person_id)
    )
    return select(union_all(here, people).subquery().c.holder)


def balances(
    conn: Connection, campaign_id: str | None = None, *, holders: Select[Any] | None = None
) -> dict[tuple[str, str], int]:
    """How much of each item each holder has, by (item, holder); those with nothing left out.

    `holders`: only of these, and of donors what they gave to these.
    """
    found: dict[tuple[str, str], int] = {}
    sides = (stock_move.c.to_holder, stock_move.c.from_holder)
    for column, other, sign in ((*sides, 1), (*sides[::-1], -1)):
        wanted = (
            select(stock_move.c.item, column.label("holder"), func.sum(stock_move.c.quantity))
            .where(column.is_not(None))
            .group_by(stock_move.c.item, column)
        )
        if campaign_id:
            wanted = wanted.where(stock_move.c.campaign_id == campaign_id)
        if holders is not None:
            given = and_(column.startswith("donor:"), other.in_(holders))
            wanted = wanted.where(or_(column.in_(holders), given))
        for item, holder, quantity in conn.execute(wanted):
            found[item, holder] = found.get((item, holder), 0) + sign * int(quantity)
    return {key: left for key, left in sorted(found.items()) if left}


def ledger(
    conn: Connection,
    *,
    item: str = "",
    holder: str = "",
    campaign_id: str | None = None,
    holders: Select[Any] | None = None,
    limit: int = 500,
) -> list[Row[Any]]:
    """Moves, newest first; `holders`: those from or to one of these."""
    wanted = select(stock_move)
    if item:
        wanted = wanted.where(stock_move.c.item == item)
    if holder:
        wanted = wanted.where(
            or_(stock_move.c.from_holder == holder, stock_move.c.to_holder == holder)
        )
    if campaign_id:
        wanted = wanted.where(stock_move.c.campaign_id == campaign_id)
    if holders is not None:
        either = (stock_move.c.from_holder.in_(holders), stock_move.c.to_holder.in_(holders))
        wanted = wanted.where(or_(*either))
    order = (stock_move.c.moved_at.desc(), stock_move.c.id)
    return list(conn.execute(wanted.order_by(*order).limit(limit)))


def find(conn: Connection, move_id: str) -> Row[Any] | None:
    """The move with an id."""
    return conn.execute(select(stock_move).where(stock_move.c.id == move_id)).one_or_none()


def of_submission(conn: Connection, submission_id: str) -> list[Row[Any]]:
    """The moves that a submission made."""
    return list(conn.execute(select(stock_move).where(stock_move.c.submission_id == submission_id)))


def is_reversed(conn: Connection, move_id: str) -> bool:
    """Whether a move was taken back."""
    wanted = select(stock_move.c.id).where(stock_move.c.reverses_id == move_id)
    return conn.scalar(wanted) is not None


def reversal(
    move: Any, new_id: str, at: datetime, author_id: str | None, note: str
) -> dict[str, Any]:
    """The row that takes a move back."""
    return {
        "id": new_id,
        "campaign_id": move.campaign_id,
        "item": move.item,
        "quantity": move.quantity,
        "from_holder": move.to_holder,
        "to_holder": move.from_holder,
        "submission_id": move.submission_id,
        "reverses_id": move.id,
        "note": note,
        "moved_at": at,
        "author_id": author_id,
    }
