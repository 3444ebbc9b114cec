"""Files that come in: readings for the lake; places, people and their ties for the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Request, UploadFile

from lamplit.domain.abilities import Ability
from lamplit.services.field.files import uploads
from lamplit.services.field.files.imports import Kind
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.language import language_of
from lamplit.web.routing import Router

router = Router(prefix="/api/v1/uploads", tags=["uploads"])
IMPORT = able(Ability.IMPORT, where="any place, and at each place that rows name")
Sent = Annotated[UploadFile, File(description="The file.")]


@router.post("/readings")
@rule(IMPORT, "Take readings in", "导入读数")
def readings(office: TheOffice, actor: Who, file: Sent, dry_run: bool = False) -> uploads.Ingested:
    """A file of any layout that `lamplit ingest` knows; again is no harm."""
    return uploads.readings(office, actor, file.filename or "", file.file, dry_run=dry_run)


@router.post("/{kind}")
@rule(IMPORT, "Import places, people or their ties", "导入地点、人员或任职")
def table(
    kind: Kind,
    office: TheOffice,
    actor: Who,
    request: Request,
    file: Sent,
    dry_run: bool = True,
    skip_bad: bool = False,
) -> uploads.Imported:
    """CSV, XLSX or Parquet; says what would change unless `dry_run` is false."""
    return uploads.table(
        office, actor, kind, file.filename or "", file.file, dry_run=dry_run, skip_bad=skip_bad,
        language=language_of(request),
    )  # fmt: skip
