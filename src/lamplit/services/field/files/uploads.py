"""Files that come in over HTTP: readings, places, people. Kept only while they are read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Language
from lamplit.meters.layouts.base import Options
from lamplit.services.field import door
from lamplit.services.field.files import imports
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.submissions.media import plain_name
from lamplit.services.ingest.run import ingest


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a file of readings: its rows by what became of them, as `Rows` counts them."""

    layout: str
    rows: dict[str, int]
    problem: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a row."""

    row: int
    column: str
    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did or (dry run) would do."""

    rows: int
    bad: int
    changes: int
    done: bool
    faults: list[Fault]


def readings(
    office: Office, actor: Actor, name: str, content: BinaryIO, *, dry_run: bool = False
) -> Ingested:
    """Take a file of readings in, as `lamplit ingest` does. Needs IMPORT somewhere.

    Raises LamplitError `door.not-allowed` and those of `ingest`.
    """
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.IMPORT)
    with _kept(office, name, content) as file:
        options = Options(timezone=office.home.timezone)
        report = ingest(office.home.on_this_machine(), [file], options, dry_run=dry_run)
    with office.begin(actor) as tx:
        tx.log("readings.imported", "file", plain_name(name), dry_run=dry_run)
    first = report.files[0] if report.files else None
    rows = {key: int(value) for key, value in asdict(report.total).items()}
    problem = first.error.code if first and first.error else None
    return Ingested(first.layout if first else "", rows, problem, round(report.seconds, 3))


def table(
    office: Office,
    actor: Actor,
    kind: Kind,
    name: str,
    content: BinaryIO,
    *,
    dry_run: bool,
    skip_bad: bool,
    language: Language,
) -> Imported:
    """Import places, people, organisations, pairings or duties from a file.

    Needs IMPORT, as `imports.plan_import` has it; raises its errors.
    """
    with _kept(office, name, content) as file:
        plan = imports.plan_import(office, actor, kind, file)
        if not dry_run:
            imports.apply_import(office, actor, plan, skip_bad=skip_bad)
        faults = [
            Fault(one.row, one.column, one.problem.code, one.says(language))
            for one in plan.faults[:200]
        ]
        return Imported(plan.rows, plan.bad, len(plan.planned.steps), not dry_run, faults)


@contextmanager
def _kept(office: Office, name: str, content: BinaryIO) -> Iterator[Path]:
    """The file under its own last name in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=office.home.tmp_dir, prefix="upload-") as folder:
        file = Path(folder) / (plain_name(name).lstrip(".") or "upload")
        with file.open("wb") as out:
            shutil.copyfileobj(content, out)
        yield file
