"""`lamplit inbox`: submissions that could not be worked in."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, REFUSED, HomeOption, JsonOption, note, print_json
from lamplit.cli.dates import table_moment
from lamplit.cli.field import AsOption, office_and_actor, print_table
from lamplit.cli.text import tr

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help=tr("Its id.", "条目编号。"))]


def register(app: typer.Typer) -> None:
    """Add `inbox` and its commands to the app."""
    group = typer.Typer(no_args_is_help=True, help=tr("The quarantine inbox.", "隔离收件箱。"))
    group.command("list", help=tr("What waits to be settled.", "待处理条目。"))(list_)
    group.command("show", help=tr("Its bytes; logged.", "查看原文（记入日志）。"))(show)
    group.command("retry", help=tr("Work it in again.", "重新处理。"))(retry)
    group.command(
        "settle",
        help=tr("Discard it with a reason; kept 30 days.", "注明原因后作废（再保留 30 天）。"),
    )(settle)
    group.command("pending", help=tr("Work in what a crash left.", "处理中断遗留的提交。"))(pending)
    app.add_typer(group, name="inbox")


def list_(
    settled: Annotated[
        bool, typer.Option("--settled", help=tr("Settled ones too.", "含已处理。"))
    ] = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """What waits to be settled, and why."""
    from lamplit.domain.problems import catalogue
    from lamplit.services.field.submissions import quarantine

    office, actor = office_and_actor(home, as_person)
    found = quarantine.waiting(office, actor, settled=settled)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return
    known = catalogue()
    heads = (tr("entry", "条目"), tr("received", "收到"), tr("bytes", "字节"), tr("why", "原因"))
    print_table(
        heads,
        [
            (one.id, table_moment(one.received_at, office.zone), one.bytes,
             one.problem if one.problem in known else one.problem or "–")
            for one in found
        ],
    )  # fmt: skip


def show(entry: Entry, as_person: AsOption = None, home: HomeOption = DEFAULT_HOME) -> None:
    """Write the bytes of an entry to stdout; the log says who looked."""
    from lamplit.services.field.submissions import quarantine

    office, actor = office_and_actor(home, as_person)
    sys.stdout.buffer.write(quarantine.look(office, actor, entry))


def retry(
    entry: Entry,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Work an entry in again; who asks vouches for its author. Exit code 3 where it stays."""
    from lamplit.services.field.submissions import quarantine

    office, actor = office_and_actor(home, as_person)
    receipt = quarantine.retry(office, actor, entry)
    if as_json:
        print_json(dataclasses.asdict(receipt))
    elif receipt.problem is None:
        note(tr("Worked in.", "已处理。"))
    if receipt.problem is not None:
        if not as_json:
            note(tr(f"It stays: {receipt.problem}.", f"仍需处理：{receipt.problem}。"))
        raise typer.Exit(REFUSED)


def settle(
    entry: Entry,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=tr("Why.", "原因。"))],
    as_person: AsOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Discard an entry: it is not worked in, and its bytes are kept."""
    from lamplit.services.field.submissions import quarantine

    office, actor = office_and_actor(home, as_person)
    quarantine.discard(office, actor, entry, reason=reason)
    note(tr("Settled.", "已处理。"))


def pending(as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Work in what was received and not worked in; apply entity changes held too long."""
    from lamplit.services.field.submissions.entities import force_held
    from lamplit.services.field.submissions.inbox import process_pending

    office, _ = office_and_actor(home)
    done = process_pending(office)
    forced = force_held(office)
    if as_json:
        print_json({"worked_in": [dataclasses.asdict(one) for one in done], "forced": forced})
    else:
        note(
            tr(
                f"{len(done):,} submissions worked in, {forced:,} held changes applied.",
                f"已处理提交 {len(done):,} 份，应用滞留变更 {forced:,} 项。",
            )
        )
