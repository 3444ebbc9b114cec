"""Supplies: received, handed on, given out, put right. Balances are sums over the moves.

A holder is `place:<id>`, `person:<id>` or `donor:<name>`; None is the world outside the books. Who
hands out must have it; what a visit says was given is booked all the same (see `effects`), because
it was given, and shows as a balance below nothing until somebody counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import campaigns as problems
from lamplit.services.field.campaigns.campaigns import get as get_campaign
from lamplit.services.field.door import require, require_anywhere, require_near
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.people.people import resolve_person
from lamplit.services.field.places.places import resolve_place
from lamplit.services.field.places.where import Where, where_of
from lamplit.store import counts
from lamplit.store import stock as store
from lamplit.store.guard import not_found, one_at_a_time
from lamplit.store.schema import person, stock_move

MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class StockMove:
    """One move of stock, whole units of an item."""

    id: str
    campaign_id: str | None
    item: str
    quantity: int
    from_holder: str | None
    to_holder: str | None
    submission_id: str | None
    reverses_id: str | None
    note: str | None
    moved_at: datetime
    author_id: str | None


NAMES = tuple(StockMove.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder by name: a person's or donor's, or `where` a place is.

    `kind` is place, person or donor; `holder` as in moves and balances.
    """

    holder: str
    kind: str
    name: str
    where: Where | None


def receive(
    office: Office,
    actor: Actor,
    *,
    item: str,
    quantity: int,
    to: str,
    donor: str = "",
    campaign: str = "",
    note: str = "",
) -> StockMove:
    """Book what came in, from a donor by name or from outside. Needs `manage_stock` there.

    `to`: `place:…` or `person:…`, with a code or id, or a place's alone. Raises LamplitError
    `stock.bad-move`, `store.not-found`, `door.not-allowed`.
    """
    source = f"donor:{donor.strip()}" if donor.strip() else None
    return _book(office, actor, "received", item, quantity, source, to, campaign, note)


def transfer(
    office: Office,
    actor: Actor,
    *,
    item: str,
    quantity: int,
    giver: str,
    to: str,
    campaign: str = "",
    note: str = "",
) -> StockMove:
    """Hand on from one holder to another; needs `manage_stock` where the giver is.

    Raises LamplitError `stock.short` where the giver does not have so much, and as `receive`.
    """
    return _book(office, actor, "transferred", item, quantity, giver, to, campaign, note)


def give(
    office: Office,
    actor: Actor,
    *,
    item: str,
    quantity: int,
    giver: str,
    campaign: str = "",
    note: str = "",
) -> StockMove:
    """Give out, or write off: it leaves the books. Raises as `transfer`."""
    return _book(office, actor, "given", item, quantity, giver, None, campaign, note)


def reverse(office: Office, actor: Actor, move_id: str, *, reason: str) -> StockMove:
    """Take back a wrong move by its opposite; once only, and also where it leaves a holder short.

    Raises LamplitError `task.reason`, `stock.bad-move`, `store.not-found`, `door.not-allowed`.
    """
    if not reason.strip():
        raise LamplitError(problems.TASK_REASON)
    with office.begin(actor) as tx:
        found = store.find(tx.conn, move_id)
        if found is None:
            raise not_found(stock_move, move_id)
        _may(tx, found.from_holder, found.to_holder)
        one_at_a_time(tx.conn, f"stock:{found.item}")
        if found.reverses_id or store.is_reversed(tx.conn, found.id):
            raise _bad("it was taken back already, or takes back another", "已冲正，或本身是冲正")
        row = store.reversal(found, new_id(), tx.now, actor.person_id, reason.strip())
        return _write(tx, row, "reversed")


def balances(office: Office, actor: Actor, *, campaign: str = "") -> dict[tuple[str, str], int]:
    """What each holder has, by (item, holder), of a campaign or of all.

    Needs `manage_stock` at the campaign's place; without a campaign those of the places where one
    has it. Donors appear with what they gave, below nothing.
    """
    with office.read(actor) as tx:
        scope, inside = _scope(tx, campaign)
        return store.balances(tx.conn, scope, holders=inside)


def ledger(
    office: Office, actor: Actor, *, item: str = "", holder: str = "", campaign: str = ""
) -> list[StockMove]:
    """The moves, newest first. Needs `manage_stock` as `balances`."""
    with office.read(actor) as tx:
        scope, inside = _scope(tx, campaign)
        who = _holder(tx, holder) if holder else ""
        rows = store.ledger(tx.conn, item=item, holder=who or "", campaign_id=scope, holders=inside)
        return [_shown(row) for row in rows]


def holders(office: Office, actor: Actor, *, campaign: str = "") -> list[Holder]:
    """Everybody and every place in the books, by name. Needs `manage_stock` as `balances`."""
    with office.read(actor) as tx:
        scope, inside = _scope(tx, campaign)
        known = store.balances(tx.conn, scope, holders=inside)
        keys = sorted({holder for _, holder in known})
        split = [key.partition(":")[::2] for key in keys]
        people = counts.names(tx.conn, person, [n for kind, n in split if kind == "person"], "name")
        places = where_of(tx.conn, [name for kind, name in split if kind == "place"])
        found = []
        for key, (kind, name) in zip(keys, split, strict=True):
            at = places.get(name) if kind == "place" else None
            found.append(Holder(key, kind, at.code if at else people.get(name, name), at))
        return found


def _scope(tx: Transaction, campaign: str) -> tuple[str | None, Select[Any] | None]:
    """A campaign's id and the holders to look at; None for all."""
    if not campaign:
        held = require_anywhere(tx, Ability.MANAGE_STOCK)
        return None, store.holders_in(held, tx.actor.person_id, tx.today) if held else None
    row = get_campaign(tx.conn, campaign)
    require(tx, Ability.MANAGE_STOCK, row.place_id)
    return str(row.id), None


def _book(
    office: Office,
    actor: Actor,
    word: str,
    item: str,
    quantity: int,
    source: str | None,
    target: str | None,
    campaign: str,
    note: str,
) -> StockMove:
    item = item.strip()
    if not item or len(item) > 60:
        raise _bad("it names no item", "未指明物资")
    if not 0 < quantity <= MOST:
        raise _bad(f"{quantity} is no quantity", f"数量 {quantity} 无效")
    with office.begin(actor) as tx:
        giver = _holder(tx, source) if source else None
        taker = _holder(tx, target) if target else None
        if giver == taker:
            raise _bad("giver and taker are the same", "转出方与转入方相同")
        _may(tx, *((giver,) if giver and not giver.startswith("donor:") else (taker,)))
        # The sum and the move must be one step: two givers of the last one would both pass.
        one_at_a_time(tx.conn, f"stock:{item}")
        if giver and not giver.startswith("donor:"):
            left = store.balance(tx.conn, item, giver)
            if left < quantity:
                raise LamplitError(
                    problems.STOCK_SHORT, holder=source, left=left, item=item, wanted=quantity
                )
        row = {
            "id": new_id(),
            "campaign_id": get_campaign(tx.conn, campaign).id if campaign else None,
            "item": item,
            "quantity": quantity,
            "from_holder": giver,
            "to_holder": taker,
            "submission_id": None,
            "reverses_id": None,
            "note": note or None,
            "moved_at": tx.now,
            "author_id": actor.person_id,
        }
        return _write(tx, row, word)


def _write(tx: Transaction, row: dict[str, Any], word: str) -> StockMove:
    tx.conn.execute(insert(stock_move).values(**row))
    tx.log(
        f"stock.{word}", "stock_move", row["id"], campaign_id=row["campaign_id"],
        item=row["item"], quantity=row["quantity"], giver=row["from_holder"],
        taker=row["to_holder"],
    )  # fmt: skip
    return StockMove(**{name: row[name] for name in NAMES})


def _holder(tx: Transaction, wanted: str) -> str:
    """A holder as it is stored, from a code or an id."""
    kind, _, name = wanted.partition(":")
    if kind == "donor" and name.strip():
        return f"donor:{name.strip()[:100]}"
    if kind == "person" and name:
        return f"person:{resolve_person(tx.conn, name).id}"
    return f"place:{resolve_place(tx.conn, name if kind == 'place' and name else wanted).id}"


def _may(tx: Transaction, *holders: str | None) -> None:
    """Whoever books must manage stock where the holder is; for a person's, where they serve."""
    for holder in holders:
        kind, _, name = (holder or "").partition(":")
        if kind == "place":
            require(tx, Ability.MANAGE_STOCK, name)
        elif kind == "person" and name != tx.actor.person_id:
            require_near(tx, Ability.MANAGE_STOCK, name)


def _bad(en: str, zh: str) -> LamplitError:
    return LamplitError(problems.STOCK_MOVE, reason=Text(en, zh))


def _shown(row: Row[Any]) -> StockMove:
    return StockMove(**{name: getattr(row, name) for name in NAMES})
