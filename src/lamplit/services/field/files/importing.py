"""What every import shares: the steps of a plan, trees of parents, bulk writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Table as SqlTable

from lamplit.services.field.files.columns import Layout
from lamplit.services.field.files.sheet import Table
from lamplit.services.field.office import Transaction
from lamplit.services.registry import RowFault
from lamplit.store import bulk
from lamplit.store.guard import change

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One row's effect: what to add, or what to change from which version on."""

    row: int
    what: Literal["add", "change"]
    code: str
    id: str
    values: Values
    version: int = 0
    before: Mapping[str, Any] = field(default_factory=dict)
    """What of it changes, as it is now."""


@dataclass(slots=True)
class Planned:
    """What a table of rows would do to the store as it is now."""

    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    faults: list[RowFault] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many would be new."""
        return sum(step.what == "add" for step in self.steps)

    @property
    def changed(self) -> int:
        """How many would change."""
        return sum(step.what == "change" for step in self.steps)

    @property
    def summary(self) -> list[tuple[int, str, str, int]]:
        """What tells whether the store is still what the plan was made for."""
        return sorted((s.row, s.what, s.code, s.version) for s in self.steps)


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of file: its columns, how it is planned, how it is written."""

    table: SqlTable
    layout: Layout
    plan: Callable[[Transaction, Table], Planned]
    write: Callable[[Transaction, Planned], None]


def settle(
    planned: Planned, row: int, code: str, new_id: str, values: Values, before: Any | None
) -> None:
    """Add the step that makes a row's values so, if any is needed. `before`: what is there."""
    if before is None:
        planned.steps.append(Step(row, "add", code, new_id, values))
        return
    was = {n: getattr(before, n) for n, value in values.items() if getattr(before, n) != value}
    if was:
        planned.steps.append(Step(row, "change", code, before.id, values, before.version, was))
    else:
        planned.unchanged += 1


def write_steps(tx: Transaction, table: SqlTable, planned: Planned, **always: Any) -> None:
    """Write the steps into a table; parents must come before what belongs to them."""
    columns = sorted({name for s in planned.steps if s.what == "add" for name in s.values})
    new = [
        {"id": s.id, **dict.fromkeys(columns), **s.values, **always}
        for s in planned.steps
        if s.what == "add"
    ]
    bulk.add(tx.conn, table, new)
    for step in planned.steps:
        if step.what == "change":
            change(tx.conn, table, step.id, {"version": step.version}, **step.values)


def ring_from(start: str, parents: Mapping[str, str | None]) -> list[str]:
    """The ring that following the parents from `start` comes round in; empty where it ends."""
    seen = [start]
    at = parents.get(start)
    while at is not None:
        if at == start:
            return [*seen, start]
        if at in seen:
            return []
        seen.append(at)
        at = parents.get(at)
    return []


def parents_first(steps: list[Step], parents: Mapping[str, str | None]) -> list[Step]:
    """The steps ordered so that what a new one belongs to comes before it."""

    def depth(step: Step) -> int:
        at, steps_up = parents.get(step.id), 0
        while at is not None:
            at, steps_up = parents.get(at), steps_up + 1
        return steps_up

    return sorted(steps, key=depth)
