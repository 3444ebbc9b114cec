"""Submissions of our own pages (JSON) and raw XForms; and the quarantine inbox.

The raw bytes are durable before anything is parsed and before anything is answered.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import store as store_problems
from lamplit.domain.problems import web as problems
from lamplit.services.field.submissions import inbox, quarantine
from lamplit.services.field.submissions.inbox import Attachment, Receipt
from lamplit.services.field.submissions.quarantine import Waiting
from lamplit.web.access import SIGNED_IN, able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Done, Id, Note, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["submissions"])
BODY = "submission"
MOST_PARTS = 50
TYPES = ("application/json", "application/xml", "text/xml", "multipart/form-data")
INBOX = able(Ability.LEAD, where="any place")
_DESCRIBED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/xml": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {BODY: {"type": "string", "format": "binary"}},
                    "required": [BODY],
                }
            },
        },
    }
}


class Discard(Asked):
    """Why it is set aside."""

    reason: Note


@router.post("/submissions", status_code=201, openapi_extra=_DESCRIBED)
@rule(SIGNED_IN, "Send a submission", "提交记录")
async def submit(
    office: TheOffice,
    actor: Who,
    request: Request,
    response: Response,
    device: Annotated[str | None, Header(alias="X-Lamplit-Device", max_length=200)] = None,
) -> Receipt:
    """JSON or XForms XML, or a multipart of the part `submission` and its files.

    201 where it was worked in, 202 where it waits or was set aside; whatever the answer, it is
    kept. The same bytes may be sent any number of times. Late work of people who have withdrawn
    is taken and flagged.
    """
    kind, body, files = await _parts(request)
    receipt = await run_in_threadpool(
        inbox.receive, office, actor, transport="api", content_type=kind, body=body,
        attachments=files, device_id=device,
    )  # fmt: skip
    response.status_code = receipt.status
    return receipt


@router.get("/submissions/{instance_id}/receipt")
@rule(SIGNED_IN, "The receipt of what I sent", "我提交记录的回执")
def receipt(instance_id: Id, office: TheOffice, actor: Who) -> Receipt:
    """By its instance id; 404 where nothing of the caller's came under it."""
    found = inbox.receipt_of(office, actor, instance_id)
    if found is None:
        raise LamplitError(store_problems.NOT_FOUND, what="submission", wanted=instance_id)
    return found


@router.get("/quarantine")
@rule(INBOX, "Submissions that were set aside", "隔离区列表")
def waiting(
    office: TheOffice, actor: Who, settled: bool = False, cursor: Cursor = None, limit: Limit = 100
) -> Page[Waiting]:
    """Without their bytes."""
    after = decode(cursor, str) or ""
    rows = quarantine.waiting(office, actor, settled=settled, after=after, limit=limit + 1)
    return page(rows, limit, lambda one: one.id)


@router.get("/quarantine/{inbox_id}/body", response_class=Response)
@rule(INBOX, "The bytes of one that was set aside", "隔离记录的原文")
def look(inbox_id: Id, office: TheOffice, actor: Who) -> Response:
    """As a file that no browser shows; that one looked is logged."""
    headers = {"Content-Disposition": 'attachment; filename="submission.bin"'}
    body = quarantine.look(office, actor, inbox_id)
    return Response(body, media_type="application/octet-stream", headers=headers)


@router.post("/quarantine/{inbox_id}/retry")
@rule(INBOX, "Work one in again", "重新处理隔离记录")
def retry(inbox_id: Id, office: TheOffice, actor: Who) -> Receipt:
    """Its author is vouched for by who asks."""
    return quarantine.retry(office, actor, inbox_id)


@router.post("/quarantine/{inbox_id}/discard")
@rule(INBOX, "Set one aside for good", "确认作废隔离记录")
def discard(inbox_id: Id, wish: Discard, office: TheOffice, actor: Who) -> Done:
    """Its bytes are kept for 30 days; the reason is logged."""
    quarantine.discard(office, actor, inbox_id, reason=wish.reason)
    return Done()


async def _parts(request: Request) -> tuple[str, bytes, list[Attachment]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise LamplitError(problems.WRONG_TYPE, found=kind[:80], wanted=", ".join(TYPES))
    if kind != "multipart/form-data":
        return kind, await request.body(), []
    form = await request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS)
    main = form.get(BODY)
    if not isinstance(main, UploadFile):
        no_file = Text(f"`{BODY}` is no file", f"`{BODY}` 不是文件")
        raise LamplitError(problems.BAD_REQUEST, reason=no_file)
    files = [
        Attachment(one.filename or name, one.content_type or "", await one.read())
        for name, one in form.multi_items()
        if isinstance(one, UploadFile) and name != BODY
    ]
    return main.content_type or "", await main.read(), files
