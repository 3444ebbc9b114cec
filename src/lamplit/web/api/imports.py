"""Large files, in parts: announced, sent, looked after, let go."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Header, Path
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import jobs as problems
from lamplit.services.field.files import headings, incoming
from lamplit.services.field.files.imports import Kind
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Done, Id, Line
from lamplit.web.routing import Router

router = Router(prefix="/api/v1/imports", tags=["imports"])
IMPORT = able(Ability.IMPORT, where="any place; one's own files only")
DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]+=*):")
Number = Annotated[int, Path(ge=0, le=10_000_000, description="Of the part, from 0.")]


class Announced(Asked):
    """A file that will come; `sha256` (hex) lets it be found again and checked as a whole."""

    name: Line
    size: Annotated[int, Field(ge=1, le=2**50)]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None


class ImportShown(BaseModel):
    """A file that comes in. `missing`: numbers of the parts to send, each of `part_bytes`."""

    id: str
    name: str
    size: int
    sha256: str | None
    part_bytes: int
    parts: int
    missing: list[int]
    received: int
    whole: bool
    made_at: datetime


@router.post("", status_code=201)
@rule(IMPORT, "Announce a file", "登记待上传的文件")
def begin(wish: Announced, office: TheOffice, actor: Who) -> ImportShown:
    """Then send its parts; with the same `sha256` again, what came before is not sent twice."""
    return _shown(incoming.begin(office, actor, wish.name, wish.size, wish.sha256))


@router.get("")
@rule(IMPORT, "My files that come in", "我上传中的文件")
def mine(office: TheOffice, actor: Who) -> list[ImportShown]:
    """The newest first; a file is kept for a week, or until it is read."""
    return [_shown(one) for one in incoming.mine(office, actor)]


@router.get("/{import_id}")
@rule(IMPORT, "A file that comes in", "上传中的文件")
def look(import_id: Id, office: TheOffice, actor: Who) -> ImportShown:
    """Which parts are missing; ask this after a dropped line."""
    return _shown(incoming.look(office, actor, import_id))


@router.get("/{import_id}/columns")
@rule(IMPORT, "A file's columns", "文件的列")
def columns(
    import_id: Id, table: Kind | Literal["registry"], office: TheOffice, actor: Who
) -> headings.Headings:
    """What each column of such a table, or of the registry, would be taken from.

    With a few cells of each heading to tell by.
    `named`: a heading says so itself; `kept`: somebody said so of it before; `guessed`: to be
    confirmed. `value` may stand in every row where no heading does.
    """
    return headings.headings_of(office, actor, import_id, table)


@router.put("/{import_id}/parts/{number}", openapi_extra={
    "requestBody": {"required": True, "content": {"application/octet-stream": {}}},
})  # fmt: skip
@rule(IMPORT, "Send a part", "上传一段")
async def put(
    import_id: Id,
    number: Number,
    request: Request,
    office: TheOffice,
    actor: Who,
    content_digest: Annotated[
        str | None, Header(max_length=200, description="RFC 9530: sha-256=:base64:")
    ] = None,
) -> Done:
    """The bytes as they are. Sent twice, it is kept once; other bytes under its number are 409."""
    wanted = _digest(content_digest, number)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > incoming.PART_BYTES:
            raise LamplitError(
                problems.PART_SIZE, number=number, found=len(content), wanted=incoming.PART_BYTES
            )
    await run_in_threadpool(incoming.put, office, actor, import_id, number, bytes(content), wanted)
    return Done()


@router.delete("/{import_id}")
@rule(IMPORT, "Let a file go", "放弃上传的文件")
def drop(import_id: Id, office: TheOffice, actor: Who) -> Done:
    """Its bytes are deleted; 409 while a job reads it."""
    incoming.drop(office, actor, import_id)
    return Done()


def _digest(header: str | None, number: int) -> str | None:
    if header is None:
        return None
    found = DIGEST.search(header)
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else None
    except binascii.Error as fault:
        raise LamplitError(problems.PART_BROKEN, number=number) from fault


def _shown(one: incoming.Incoming) -> ImportShown:
    return ImportShown(
        id=one.id, name=one.name, size=one.size, sha256=one.sha256, part_bytes=one.part_bytes,
        parts=one.parts, missing=one.missing, received=one.received, whole=one.whole,
        made_at=one.made_at,
    )  # fmt: skip
