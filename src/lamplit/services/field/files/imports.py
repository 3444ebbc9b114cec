"""Files of places, organisations, people and their ties: plan first, then apply."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import registry as sheet_problems
from lamplit.services.field.door import require_somewhere
from lamplit.services.field.files import import_people, import_places, import_ties
from lamplit.services.field.files.columns import Said
from lamplit.services.field.files.importing import Importer, Planned
from lamplit.services.field.files.sheet import Table, quarantine, read_table
from lamplit.services.field.files.telling import ToldStep, tell_steps
from lamplit.services.field.office import Actor, Office
from lamplit.services.registry import RowFault
from lamplit.store import headings
from lamplit.store.guard import changed_meanwhile, one_at_a_time


class Kind(StrEnum):
    """What a file holds."""

    PLACES = "places"
    ORGANISATIONS = "organisations"
    PEOPLE = "people"
    PAIRINGS = "pairings"
    DUTIES = "duties"


IMPORTERS: dict[Kind, Importer] = {
    Kind.PLACES: import_places.IMPORTER,
    Kind.ORGANISATIONS: import_people.ORGANISATIONS,
    Kind.PEOPLE: import_people.PEOPLE,
    Kind.PAIRINGS: import_ties.PAIRINGS,
    Kind.DUTIES: import_ties.DUTIES,
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do: read it first, then `apply_import` it."""

    kind: Kind
    table: Table
    planned: Planned
    told: list[ToldStep]
    """What the first of its steps do, for people to read."""

    @property
    def faults(self) -> list[RowFault]:
        """All that is wrong, by row."""
        return sorted([*self.table.faults, *self.planned.faults], key=lambda f: (f.row, f.column))

    @property
    def bad(self) -> int:
        """How many rows can't be used."""
        return len({fault.row for fault in self.faults})

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.table.total


def plan_import(
    office: Office,
    actor: Actor,
    kind: Kind,
    file: Path,
    mapping: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
) -> ImportPlan:
    """What importing `file` (CSV, XLSX, Parquet) would do; nothing is written.

    `mapping` names columns that would not be recognised (heading → column; empty leaves one
    aside), `fixed` what stands in a column in every row; what was said of such headings in
    imports before is known. Needs IMPORT somewhere, and at each
    place that rows name: IMPORT for places, ASSIGN for pairings and duties. Raises the
    LamplitErrors of `read_table`, and `door.not-allowed`.
    """
    importer = IMPORTERS[kind]
    with office.read(actor) as tx:
        require_somewhere(tx, Ability.IMPORT)
        said = Said(mapping or {}, fixed or {}, headings.kept(tx.conn, kind.value))
        table = read_table(file, importer.layout, said)
        planned = importer.plan(tx, table)
        return ImportPlan(kind, table, planned, tell_steps(tx, planned))


def apply_import(
    office: Office, actor: Actor, plan: ImportPlan, *, skip_bad: bool = False
) -> Path | None:
    """Do what a plan says, all of it or nothing, and write refused rows to a quarantine file.

    Gives the quarantine file, or None where no row was refused. Raises LamplitError
    `registry.bad-rows` where rows are bad and `skip_bad` is not asked for or leaves none,
    `store.changed-meanwhile` where others changed what the plan was made for.
    """
    importer, file = IMPORTERS[plan.kind], plan.table.file
    refused = quarantine(office.home, plan.kind.value, file, plan.faults) if plan.bad else None
    if refused and (not skip_bad or plan.bad == plan.rows):
        raise LamplitError(
            sheet_problems.BAD_ROWS,
            where=str(file),
            bad=plan.bad,
            rows=plan.rows,
            quarantine=refused,
        )
    with office.begin(actor) as tx:
        one_at_a_time(tx.conn, "places")
        require_somewhere(tx, Ability.IMPORT)
        fresh = importer.plan(tx, plan.table)
        if fresh.summary != plan.planned.summary:
            raise changed_meanwhile(importer.table)
        if fresh.steps:
            importer.write(tx, fresh)
            headings.keep(tx.conn, plan.kind.value, plan.table.keep, tx.now)
            tx.log(
                f"{plan.kind.value}.imported",
                "file",
                hashlib.sha256(file.read_bytes()).hexdigest(),
                name=file.name,
                added=fresh.added,
                changed=fresh.changed,
                refused=plan.bad,
            )
    return refused
