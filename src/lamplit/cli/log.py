"""`lamplit log verify | head`: whether the log of all that was done still holds."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import AsOption, office_and_actor, print_table
from lamplit.cli.progress import progress
from lamplit.cli.text import LANGUAGE, tr

Head = Annotated[
    str | None,
    typer.Option(
        "--head",
        metavar="SEQ:HASH",
        help=tr("A head kept elsewhere, to compare with.", "另行留存的日志末尾，用于比对。"),
    ),
]
SHOWN = 100


def register(app: typer.Typer) -> None:
    """Add `log` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True,
        help=tr("The log of all that was done.", "日志：谁在何时做了什么。"),
    )
    group.command("verify", help=tr("Find what is missing or altered.", "查出缺失或改动的条目。"))(
        verify
    )
    group.command(
        "head", help=tr("Print its end, to be kept elsewhere.", "输出日志末尾，供另处留存。")
    )(head)
    app.add_typer(group, name="log")


def verify(
    kept: Head = None,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Walk the whole chain and name each entry that is missing or altered; exit 1 if any."""
    from lamplit.domain.errors import LamplitError
    from lamplit.domain.problems import store as problems
    from lamplit.services.field.privacy.logcheck import FAULT_TEXT, verify_log

    wanted = _head(kept) if kept else None
    office, actor = office_and_actor(home, as_person)
    with progress(tr("entries", "条目")) as report:
        found = verify_log(office, actor, kept=wanted, report=report)
    if as_json:
        print_json(
            {
                "entries": found.entries,
                "head": f"{found.entries}:{found.head}",
                "holds": found.holds,
                "breaks": [
                    {"seq": b.seq, "fault": b.fault, "at": b.at, "kind": b.kind}
                    for b in found.breaks
                ],
            }
        )
    elif found.breaks:
        headers = (tr("entry", "条目"), tr("what", "问题"), tr("kind", "类别"), tr("at", "时间"))
        print_table(
            headers,
            [
                (b.seq, FAULT_TEXT[b.fault].say(LANGUAGE), b.kind, b.at)
                for b in found.breaks[:SHOWN]
            ],
        )
    if found.breaks:
        first = min(b.seq for b in found.breaks)
        raise LamplitError(
            problems.LOG_BROKEN, where=office.db.where, count=len(found.breaks), first=first
        )
    count = found.entries
    note(tr(f"The log holds: {count:,} entries.", f"日志完整：共 {count:,} 条。"))


def head(
    as_person: AsOption = None, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """Print the number and hash of the last entry, for `lamplit log verify --head`."""
    from lamplit.services.field.privacy.logcheck import log_head

    office, actor = office_and_actor(home, as_person)
    seq, digest = log_head(office, actor)
    if as_json:
        print_json({"seq": seq, "hash": digest})
    else:
        sys.stdout.write(f"{seq}:{digest}\n")


def _head(text: str) -> tuple[int, str]:
    seq, _, digest = text.strip().partition(":")
    if not seq.isdecimal() or len(digest) != 64:
        raise typer.BadParameter(
            tr(
                "write it as SEQ:HASH, as `lamplit log head` does",
                "请写作 序号:哈希，同 lamplit log head 的输出",
            ),
            param_hint="--head",
        )
    return int(seq), digest
