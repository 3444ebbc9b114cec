"""The readings as a whole: what could not be read, and how good the rest is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import FileResponse

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Text
from lamplit.services.field.files import rejected
from lamplit.services.field.homes.data_quality import data_quality
from lamplit.services.quality import QualityReport
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id, Page, Words
from lamplit.web.paging import Cursor, Limit, decode, encode, page
from lamplit.web.routing import Router

router = Router(tags=["readings"])
SEE = able(Ability.IMPORT, Ability.ANALYSE, where="any place")
ANALYSE = able(Ability.ANALYSE, where="any place")


class ReasonShown(BaseModel):
    """Why rows were set aside, and how many."""

    code: str
    text: Words
    count: int


class RejectedFileShown(BaseModel):
    """A source some of whose rows could not be read; `read` is None where none of it came in."""

    name: str
    source: str
    at: datetime
    batch: int | None
    read: int | None
    rejected: int
    reasons: list[ReasonShown]


class Rejected(Page[RejectedFileShown]):
    """A page of files, and on the first the reasons over all of them."""

    reasons: list[ReasonShown] = []  # noqa: RUF012 - pydantic copies it


class RejectedRowShown(BaseModel):
    """One row as it stood in the source."""

    number: int
    line: int | None
    column: str
    reason: str
    text: Words
    raw: str


@router.get("/readings/quarantine")
@rule(SEE, "Readings that could not be read", "无法读取的读数")
def files(office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 50) -> Rejected:
    """By source file, the newest first."""
    after = decode(cursor, str)
    found = page(rejected.files(office, actor, after, limit + 1), limit, lambda one: one.name)
    items = [
        RejectedFileShown(
            name=one.name, source=one.source, at=one.at, batch=one.batch, read=one.read,
            rejected=one.rejected, reasons=[_reason(reason) for reason in one.reasons],
        )
        for one in found.items
    ]  # fmt: skip
    total = [] if after else [_reason(one) for one in rejected.reasons(office, actor)]
    return Rejected(items=items, next=found.next, reasons=total)


@router.get("/readings/quarantine/{name}")
@rule(SEE, "Rows of one file that could not be read", "某文件中无法读取的行")
def rows(
    name: Id,
    office: TheOffice,
    actor: Who,
    reason: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RejectedRowShown]:
    """In the order of the source's lines, for one reason or all."""
    after = decode(cursor, int) or 0
    found = rejected.rows(office, actor, name, reason=reason, after=after, limit=limit + 1)
    shown = [
        RejectedRowShown(
            number=one.number, line=one.line, column=one.column, reason=one.reason,
            text=_words(one.text), raw=one.raw,
        )
        for one in found[:limit]
    ]  # fmt: skip
    return Page(items=shown, next=encode(shown[-1].number) if len(found) > limit else None)


@router.get("/readings/quarantine/{name}/file", response_class=FileResponse)
@rule(SEE, "Download the rows of one file", "下载某文件的隔离行")
def download(name: Id, office: TheOffice, actor: Who) -> FileResponse:
    """CSV, packed (.gz) where there are many; the download is logged."""
    path = rejected.download(office, actor, name)
    kind = "application/gzip" if path.suffix == ".gz" else "text/csv; charset=utf-8"
    return FileResponse(
        path, media_type=kind, filename=path.name, headers={"Cache-Control": "no-store"}
    )


@router.get("/quality")
@rule(ANALYSE, "How good the readings are", "读数质量")
def quality(
    office: TheOffice,
    actor: Who,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    collector: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 100,
) -> QualityReport:
    """Meter-days expected = valid + estimated + unknown + missing: in all, by day, by collector."""
    return data_quality(office, actor, first, last, collector=collector, limit=limit)


def _reason(one: rejected.Reason) -> ReasonShown:
    return ReasonShown(code=one.code, text=_words(one.text), count=one.count)


def _words(text: Text) -> Words:
    return Words(en=text.en, zh=text.zh)
