"""Lays a file's rows over the registry that is there, and counts what that changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplit.domain.problems import registry as problems
from lamplit.meters.registry import COLUMNS, SCHEMA
from lamplit.meters.registry_rules import (
    OPEN_END,
    OPEN_START,
    Days,
    Faults,
    Mask,
    codes,
    ordered,
    overlapping,
    rows_equal,
    spans,
)
from lamplit.meters.sheets import Rows


@dataclass(frozen=True, slots=True)
class Merge:
    """The registry as it would be, what changed, and the file's rows that don't fit into it.

    `closed` counts rows whose open end was set, by the file or because a later row of the same
    meter and household begins; `at_once` the meters that serve several households at once.
    """

    table: pa.Table
    added: int
    changed: int
    closed: int
    unchanged: int
    at_once: int
    faults: list[Faults]


def merge(old: pa.Table, new: pa.Table, new_rows: Rows, given: frozenset[str]) -> Merge:
    """`new` laid over `old`, both in SCHEMA and each without overlaps of its own.

    Rows are matched by meter, household and valid_from. Columns that the file doesn't have
    (`given` lists those that it has) keep what the registry says. A row of the registry that is
    still open ends where a new row of the same meter and household begins.
    """
    both = pa.concat_tables([old, new]).combine_chunks()
    n_old = old.num_rows
    match_old, match_new = _matches(both, n_old)
    both = _with_absent_columns(both, n_old, match_old, match_new, given)
    before, after = both.take(pa.array(match_old)), both.take(pa.array(match_new))
    same = rows_equal(before, after, COLUMNS)
    ended = pc.and_(pc.is_null(before["valid_to"]), pc.is_valid(after["valid_to"])).to_numpy()

    keep = np.ones(both.num_rows, dtype=bool)
    keep[match_old] = False
    added = np.arange(both.num_rows) >= n_old
    added[match_new] = False
    kept = np.flatnonzero(keep)
    table, closed = _close(both.take(pa.array(kept)), added[kept])
    return Merge(
        table=_sorted(table),
        added=int(added.sum()),
        changed=int((~same & ~ended).sum()),
        closed=closed + int((~same & ended).sum()),
        unchanged=int(same.sum()),
        at_once=_at_once(table),
        faults=_overlaps(table, np.where(kept >= n_old, kept - n_old, -1), new_rows),
    )


def _matches(both: pa.Table, n_old: int) -> tuple[Days, Days]:
    """Where a new row has the key of an old one: the old rows, and the new beside them."""
    order, new_pair, starts, _ = ordered(both)
    is_new = order >= n_old
    twin = ~new_pair & (starts == np.roll(starts, 1)) & is_new & ~np.roll(is_new, 1)
    at = np.flatnonzero(twin)
    return order[at - 1], order[at]


def _with_absent_columns(
    both: pa.Table, n_old: int, match_old: Days, match_new: Days, given: frozenset[str]
) -> pa.Table:
    source = np.arange(both.num_rows)
    source[match_new] = match_old
    for at, name in enumerate(COLUMNS):
        if name not in given and n_old:
            both = both.set_column(at, SCHEMA.field(name), both[name].take(pa.array(source)))
    return both


def _close(table: pa.Table, added: Mask) -> tuple[pa.Table, int]:
    """End each open row of the registry where an added row of the same pair begins."""
    order, new_pair, starts, ends = ordered(table)
    is_added = added[order]
    follows = np.zeros(len(order), dtype=bool)
    follows[1:] = (
        ~new_pair[1:]
        & is_added[1:]
        & ~is_added[:-1]
        & (ends[:-1] == OPEN_END)
        & (starts[:-1] < starts[1:])
    )
    at = np.flatnonzero(follows)
    if not len(at):
        return table, 0
    valid_to = spans(table)[1].copy()
    valid_to[order[at - 1]] = starts[at]
    column = pa.array(valid_to.astype(np.int32), pa.int32(), mask=valid_to == OPEN_END)
    place = COLUMNS.index("valid_to")
    return table.set_column(place, SCHEMA.field("valid_to"), column.cast(pa.date32())), len(at)


def _overlaps(table: pa.Table, new_at: Days, new_rows: Rows) -> list[Faults]:
    """The file's rows that overlap a row of the registry; `new_at` is -1 for the registry's."""
    order, new_pair, starts, ends = ordered(table)
    late, holder = overlapping(np.cumsum(new_pair), starts, ends)
    rows, values = [], []
    for at in np.flatnonzero(late):
        here, there = (at, holder[at]) if new_at[order[at]] >= 0 else (holder[at], at)
        if new_at[order[here]] >= 0:
            rows.append(new_rows[new_at[order[here]]])
            values.append(f"{_day(starts[there])} … {_day(ends[there])}")
    if not rows:
        return []
    return [Faults(problems.OVERLAPS_REGISTRY, "valid_from", np.array(rows), values)]


def _day(day: int) -> str:
    return "" if day in (OPEN_START, OPEN_END) else str(np.datetime64(int(day), "D"))


def _at_once(table: pa.Table) -> int:
    """How many meters serve several households on some day."""
    meters, (starts, ends) = codes(table, "meter_id"), spans(table)
    order = np.lexsort((starts, meters))
    late, _ = overlapping(meters[order], starts[order], ends[order])
    return len(np.unique(meters[order][late]))


def _sorted(table: pa.Table) -> pa.Table:
    """By meter, then start, so that looking one meter up reads little of the file."""
    return table.sort_by([("meter_id", "ascending"), ("valid_from", "ascending")])
