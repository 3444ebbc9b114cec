"""The append-only log, each entry chained to the one before by its hash.

An entry's hash is SHA-256 over the canonical JSON of all its fields, `previous` among them
(RFC 6962 and Git chain in the same way). `log_head` remembers the last number and hash, so an
entry cut off at the end shows too; whoever keeps a copy of the head outside the store can also
tell a log that was rewritten as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lamplit.store.schema import event, log_head
from lamplit.store.types import EPOCH, MICROSECOND, canonical

START = "0" * 64
"""What the first entry follows."""
FIELDS = (
    "seq", "at", "actor_id", "via", "kind", "subject_kind", "subject_id", "place_id",
    "campaign_id", "purpose", "data", "previous",
)  # fmt: skip
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written in the log: who did what to which thing, where and what for."""

    at: datetime
    actor_id: str | None
    via: str
    kind: str
    subject_kind: str
    subject_id: str
    place_id: str | None = None
    campaign_id: str | None = None
    purpose: str | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold: `missing`, `altered`, `unchained` or `extra`."""

    seq: int
    fault: str
    at: datetime | None = None
    kind: str = ""


def append(conn: Connection, entries: Sequence[Entry]) -> int:
    """Write entries at the end of the chain; gives the last number.

    The head's row is locked until the transaction ends, so call this last in it.
    """
    head = conn.execute(select(log_head.c.seq, log_head.c.hash).with_for_update()).one()
    seq, previous = head.seq, head.hash
    rows = []
    for entry in entries:
        seq += 1
        row: dict[str, Any] = {
            "seq": seq, "at": entry.at, "actor_id": entry.actor_id, "via": entry.via,
            "kind": entry.kind, "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id, "place_id": entry.place_id,
            "campaign_id": entry.campaign_id, "purpose": entry.purpose,
            "data": entry.data, "previous": previous,
        }  # fmt: skip
        row["hash"] = previous = digest(row)
        rows.append(row)
    if rows:
        conn.execute(insert(event), rows)
        conn.execute(update(log_head).values(seq=seq, hash=previous))
    return int(seq)


def digest(row: Any) -> str:
    """The hash of an entry, given as a mapping of its fields."""
    fields = {name: row[name] for name in FIELDS}
    fields["at"] = (fields["at"] - EPOCH) // MICROSECOND
    return hashlib.sha256(canonical(fields).encode("utf-8")).hexdigest()


def head(conn: Connection) -> tuple[int, str]:
    """The last entry's number and hash, as the store remembers them."""
    row = conn.execute(select(log_head.c.seq, log_head.c.hash)).one()
    return int(row.seq), str(row.hash)


def entries(conn: Connection, after: int = 0) -> Iterator[Row[Any]]:
    """All entries in order, read in batches, so that the log may be of any length."""
    while True:
        found = conn.execute(
            select(event).where(event.c.seq > after).order_by(event.c.seq).limit(BATCH)
        ).all()
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1].seq


def verify(conn: Connection) -> Iterator[Break | int]:
    """Walk the chain; yields each Break, and every so often the number reached (for progress)."""
    expected, previous = 1, START
    for row in entries(conn):
        while expected < row.seq:
            yield Break(expected, "missing")
            expected += 1
            previous = row.previous
        if row.hash != digest(row._mapping):
            yield Break(row.seq, "altered", row.at, row.kind)
        elif row.previous != previous:
            yield Break(row.seq, "unchained", row.at, row.kind)
        previous, expected = row.hash, row.seq + 1
        if row.seq % BATCH == 0:
            yield int(row.seq)
    last, last_hash = head(conn)
    if expected > last + 1:
        yield Break(expected - 1, "extra")
    elif expected == last + 1 and previous != last_hash:
        yield Break(last, "unchained")
    for seq in range(expected, last + 1):
        yield Break(seq, "missing")
