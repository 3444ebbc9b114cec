"""`lamplit stock`: supplies received, handed on, given out, put right."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.dates import table_moment
from lamplit.cli.field import AsOption, office_and_actor, print_table
from lamplit.cli.text import tr

if TYPE_CHECKING:
    from lamplit.services.field.tasks.stock import StockMove

Item = Annotated[str, typer.Argument(metavar="ITEM", help=tr("What.", "物资。"))]
Quantity = Annotated[int, typer.Argument(metavar="N", min=1, help=tr("How many.", "数量。"))]
From = Annotated[
    str, typer.Option("--from", metavar="HOLDER", help=tr("A place, or person:CODE.",
                                                           "地点编号，或 person:人员编号。"))
]  # fmt: skip
To = Annotated[
    str, typer.Option("--to", metavar="HOLDER", help=tr("A place, or person:CODE.",
                                                         "地点编号，或 person:人员编号。"))
]  # fmt: skip
Campaign = Annotated[
    str, typer.Option("--campaign", metavar="C", help=tr("Of a campaign.", "所属行动。"))
]
Remark = Annotated[str, typer.Option("--note", metavar="TEXT", help=tr("A note.", "备注。"))]


def register(app: typer.Typer) -> None:
    """Add `stock` and its commands to the app."""
    group = typer.Typer(no_args_is_help=True, help=tr("Supplies.", "物资。"))
    group.command("receive", help=tr("Book what came in.", "入库。"))(receive)
    group.command("transfer", help=tr("Hand on.", "转移。"))(transfer)
    group.command("give", help=tr("Give out.", "发放。"))(give)
    group.command("reverse", help=tr("Take back a wrong move.", "冲正。"))(reverse)
    group.command("balance", help=tr("Who has what.", "库存。"))(balance)
    group.command("ledger", help=tr("The moves.", "流水。"))(ledger)
    app.add_typer(group, name="stock")


def receive(
    item: Item,
    quantity: Quantity,
    to: To,
    donor: Annotated[
        str, typer.Option("--donor", metavar="NAME", help=tr("From whom.", "捐赠方。"))
    ] = "",
    campaign: Campaign = "",
    remark: Remark = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Book what came in."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    _told(
        stock.receive(
            office, actor, item=item, quantity=quantity, to=to, donor=donor, campaign=campaign,
            note=remark,
        ),
        as_json,
    )  # fmt: skip


def transfer(
    item: Item,
    quantity: Quantity,
    giver: From,
    to: To,
    campaign: Campaign = "",
    remark: Remark = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Hand on from one holder to another."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    _told(
        stock.transfer(
            office, actor, item=item, quantity=quantity, giver=giver, to=to, campaign=campaign,
            note=remark,
        ),
        as_json,
    )  # fmt: skip


def give(
    item: Item,
    quantity: Quantity,
    giver: From,
    campaign: Campaign = "",
    remark: Remark = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Give out; it leaves the books."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    _told(
        stock.give(
            office, actor, item=item, quantity=quantity, giver=giver, campaign=campaign,
            note=remark,
        ),
        as_json,
    )  # fmt: skip


def reverse(
    move: Annotated[str, typer.Argument(metavar="MOVE", help=tr("Its id.", "流转编号。"))],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=tr("Why.", "原因。"))],
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Take back a wrong move by its opposite."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    _told(stock.reverse(office, actor, move, reason=reason), as_json)


def balance(
    campaign: Campaign = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """What each holder has."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    found = [
        {"item": item, "holder": holder, "quantity": left}
        for (item, holder), left in stock.balances(office, actor, campaign=campaign).items()
    ]
    if as_json:
        print_json(found)
    else:
        heads = (tr("item", "物资"), tr("holder", "持有方"), tr("quantity", "数量"))
        print_table(heads, [tuple(one.values()) for one in found])


def ledger(
    item: Annotated[
        str, typer.Option("--item", metavar="ITEM", help=tr("Of one item.", "某一物资。"))
    ] = "",
    holder: Annotated[
        str, typer.Option("--holder", metavar="HOLDER", help=tr("Of one holder.", "某一持有方。"))
    ] = "",
    campaign: Campaign = "",
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """The moves, newest first."""
    from lamplit.services.field.tasks import stock

    office, actor = office_and_actor(home, as_person)
    found = stock.ledger(office, actor, item=item, holder=holder, campaign=campaign)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    heads = (tr("when", "时间"), tr("item", "物资"), tr("quantity", "数量"), tr("from", "转出"),
             tr("to", "转入"), tr("move", "流转编号"))  # fmt: skip
    rows = [
        (table_moment(one.moved_at, office.zone), one.item, one.quantity,
         one.from_holder, one.to_holder, one.id)
        for one in found
    ]  # fmt: skip
    print_table(heads, rows)


def _told(made: StockMove, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(made))
    else:
        note(
            tr(
                f"Booked: {made.quantity:,} {made.item} (move {made.id}).",
                f"已记账：{made.item} {made.quantity:,}（流转 {made.id}）。",
            )
        )
