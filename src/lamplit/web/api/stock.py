"""Supplies: what came in, who has it, where it went."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import web as problems
from lamplit.services.field.tasks import stock
from lamplit.services.field.tasks.stock import Holder, StockMove
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Line, Note
from lamplit.web.routing import Router

router = Router(prefix="/api/v1/stock", tags=["stock"])
STOCK = able(Ability.MANAGE_STOCK, where="the holder's place, or a campaign's")
One = Annotated[str, Query(max_length=200)]


class Booking(Asked):
    """`received` names `to`; `transferred` a giver and `to`; `given` a giver.

    Holders are `place:…` or `person:…` with a code or id.
    """

    kind: Literal["received", "transferred", "given"]
    item: Line
    quantity: Annotated[int, Field(ge=1, le=1_000_000_000)]
    giver: Annotated[str, Field(max_length=200)] = ""
    to: Annotated[str, Field(max_length=200)] = ""
    donor: Annotated[str, Field(max_length=200)] = ""
    campaign: Annotated[str, Field(max_length=200)] = ""
    note: Note = ""


class Reversal(Asked):
    """Why it was wrong."""

    reason: Note


class Balance(BaseModel):
    """What one holder has of one item."""

    item: str
    holder: str
    quantity: int


@router.get("/balances")
@rule(STOCK, "Who has what", "库存余额")
def balances(office: TheOffice, actor: Who, campaign: One = "") -> list[Balance]:
    """Derived from the moves."""
    found = stock.balances(office, actor, campaign=campaign)
    return [
        Balance(item=item, holder=holder, quantity=quantity)
        for (item, holder), quantity in sorted(found.items())
    ]


@router.get("/holders")
@rule(STOCK, "Holders by name", "持有者名称")
def holders(office: TheOffice, actor: Who, campaign: One = "") -> list[Holder]:
    """Who and what stands in the books."""
    return stock.holders(office, actor, campaign=campaign)


@router.get("/moves")
@rule(STOCK, "The ledger", "物资流水")
def ledger(
    office: TheOffice, actor: Who, item: One = "", holder: One = "", campaign: One = ""
) -> list[StockMove]:
    """The newest first."""
    return stock.ledger(office, actor, item=item, holder=holder, campaign=campaign)


@router.post("/moves", status_code=201)
@rule(STOCK, "Book a move", "登记物资流转")
def book(wish: Booking, office: TheOffice, actor: Who) -> StockMove:
    """Received, transferred or given out."""
    if (wish.kind != "given" and not wish.to) or (wish.kind != "received" and not wish.giver):
        missing = Text("`body.to` or `body.giver` is missing", "`body.to` 或 `body.giver` 缺失")
        raise LamplitError(problems.BAD_REQUEST, reason=missing)
    if wish.kind == "received":
        return stock.receive(
            office, actor, item=wish.item, quantity=wish.quantity, to=wish.to, donor=wish.donor,
            campaign=wish.campaign, note=wish.note,
        )  # fmt: skip
    if wish.kind == "transferred":
        return stock.transfer(
            office, actor, item=wish.item, quantity=wish.quantity, giver=wish.giver, to=wish.to,
            campaign=wish.campaign, note=wish.note,
        )  # fmt: skip
    return stock.give(
        office, actor, item=wish.item, quantity=wish.quantity, giver=wish.giver,
        campaign=wish.campaign, note=wish.note,
    )  # fmt: skip


@router.post("/moves/{move_id}/reverse", status_code=201)
@rule(STOCK, "Take back a wrong move", "冲正")
def reverse(move_id: Id, wish: Reversal, office: TheOffice, actor: Who) -> StockMove:
    """By its opposite, once."""
    return stock.reverse(office, actor, move_id, reason=wish.reason)
