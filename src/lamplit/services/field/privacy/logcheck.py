"""Whether the log holds: what is missing from it, what was altered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Text
from lamplit.services.field.door import require_somewhere
from lamplit.services.field.office import Actor, Office
from lamplit.store import log
from lamplit.store.log import Break
from lamplit.store.schema import event

FAULT_TEXT = {
    "missing": Text("is missing", "缺失"),
    "altered": Text("was altered", "被改动"),
    "unchained": Text("does not follow the entry before it", "与前一条不衔接"),
    "extra": Text("stands after the end that the store remembers", "超出库中记录的末尾"),
    "rewritten": Text("is not the one whose hash was kept", "与留存的哈希不符"),
}


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What was found: the number of entries, the head, and every break."""

    entries: int
    head: str
    breaks: list[Break]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing or altered."""
        return not self.breaks


def verify_log(
    office: Office,
    actor: Actor,
    *,
    kept: tuple[int, str] | None = None,
    report: Callable[[float, float | None], None] | None = None,
) -> LogCheck:
    """Walk the whole log. `kept` is a head (number, hash) that was kept outside the store.

    A log rewritten as a whole chains well; only a kept head tells it. Needs AUDIT somewhere;
    raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        require_somewhere(tx, Ability.AUDIT)
        last, head = log.head(tx.conn)
        breaks = []
        for found in log.verify(tx.conn):
            if isinstance(found, Break):
                breaks.append(found)
            elif report:
                report(found, last)
        if kept is not None and kept[0] > 0:
            seq, wanted = kept
            there = tx.conn.scalar(select(event.c.hash).where(event.c.seq == seq))
            named = {one.seq for one in breaks}
            if there is None and seq not in named:
                breaks.append(Break(seq, "missing"))
            elif there is not None and there != wanted:
                breaks.append(Break(seq, "rewritten"))
        return LogCheck(last, head, breaks)


def log_head(office: Office, actor: Actor) -> tuple[int, str]:
    """The last entry's number and hash, to be kept elsewhere. Needs AUDIT somewhere."""
    with office.read(actor) as tx:
        require_somewhere(tx, Ability.AUDIT)
        return log.head(tx.conn)
