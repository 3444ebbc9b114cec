"""Idempotency-Key on POST: the same request sent twice is done once, and answered alike.

After the IETF draft `draft-ietf-httpapi-idempotency-key-header`. Keys are kept per person, for
answers that changed something (2xx); what failed left nothing behind and may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems
from lamplit.services.field.access import once as kept
from lamplit.services.field.office import Actor, Office

HEADER = "idempotency-key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")
KEEP_HEADERS = ("content-type", "etag", "location", "content-language", "content-disposition")


@dataclass(frozen=True, slots=True)
class _Asked:
    office: Office
    person_id: str
    key: str
    request_sha256: str


async def once(request: Request, inner: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer a POST with a key: work it out once, then give the kept answer.

    Raises LamplitError `web.bad-key` (400), `web.key-reused` (422) or `web.key-at-work` (409).
    """
    actor: Actor | None = request.state.actor
    if actor is None or actor.person_id is None:
        return await inner(request)
    key = request.headers[HEADER]
    if not KEY.fullmatch(key):
        raise LamplitError(problems.BAD_KEY)
    asked = _Asked(request.app.state.office, actor.person_id, key, await _digest(request))
    answered = await run_in_threadpool(
        kept.reserve, asked.office, asked.person_id, asked.key, asked.request_sha256
    )
    if answered is not None:
        headers = {**answered.headers, "Idempotency-Replayed": "true"}
        return Response(answered.body, answered.status, headers)
    return await _work(request, inner, asked)


async def _work(
    request: Request, inner: Callable[[Request], Awaitable[Response]], asked: _Asked
) -> Response:
    try:
        response = await inner(request)
    except BaseException:
        await run_in_threadpool(kept.release, asked.office, asked.person_id, asked.key)
        raise
    body = getattr(response, "body", None)
    # An answer that nobody may keep holds a secret; the store keeps it no more than a browser.
    secret = "no-store" in response.headers.get("cache-control", "")
    if body is None or secret or not 200 <= response.status_code < 300:
        await run_in_threadpool(kept.release, asked.office, asked.person_id, asked.key)
        return response
    headers = {k: v for k, v in response.headers.items() if k in KEEP_HEADERS}
    answer = kept.Answer(response.status_code, bytes(body), headers)
    await run_in_threadpool(kept.keep, asked.office, asked.person_id, asked.key, answer)
    return response


async def _digest(request: Request) -> str:
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(target + await request.body()).hexdigest()
