"""Problems as application/problem+json (RFC 9457), in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lamplit.domain.errors import LamplitError, Problem
from lamplit.domain.problems import accounts, door, store, web
from lamplit.web import faults
from lamplit.web.language import language_of

TYPE = "application/problem+json"
STATUS: dict[str, int] = {
    accounts.SIGN_IN_NEEDED.code: 401,
    accounts.WRONG_SIGN_IN.code: 401,
    accounts.BAD_TOKEN.code: 401,
    accounts.WRONG_SCOPE.code: 403,
    accounts.MUST_CHANGE.code: 403,
    accounts.OIDC_UNKNOWN.code: 403,
    accounts.OIDC_OFF.code: 404,
    accounts.SET_UP_CLOSED.code: 404,
    accounts.WRONG_SET_UP_TOKEN.code: 403,
    accounts.SET_UP_IN_THE_OPEN.code: 403,
    accounts.TOO_MANY_TRIES.code: 429,
    accounts.USERNAME_TAKEN.code: 409,
    accounts.HAS_ACCOUNT.code: 409,
    accounts.OWN_ACCOUNT.code: 409,
    door.NOT_ALLOWED.code: 403,
    door.KNOCK_FIRST.code: 409,
    store.UNREACHABLE.code: 503,
    store.CHANGED_MEANWHILE.code: 409,
    store.NOT_FOUND.code: 404,
    "task.role": 403,
    "task.not-yours": 403,
    "finding.own-work": 403,
    "task.move": 409,
    "finding.move": 409,
    "task.nothing-to-undo": 409,
    "campaign.not-in-state": 409,
    "assignment.not-running": 409,
    "assignment.last-operator": 409,
    "plan.not-in-state": 409,
    "inbox.settled": 409,
    "checkin.no-sign": 404,
    "checkin.sign-ended": 410,
    "submit.too-large": 413,
    "incoming.too-large": 413,
    "incoming.no-room": 507,
    web.NO_SUCH_PAGE.code: 404,
    web.WRONG_METHOD.code: 405,
    web.BAD_REQUEST.code: 422,
    web.TOO_LARGE.code: 413,
    web.WRONG_TYPE.code: 415,
    web.CSRF.code: 403,
    web.NOT_FROM_HERE.code: 403,
    web.FAULT.code: 500,
    web.IF_MATCH_NEEDED.code: 428,
    web.IF_MATCH_FAILED.code: 412,
    web.KEY_REUSED.code: 422,
    web.KEY_AT_WORK.code: 409,
    web.BAD_KEY.code: 400,
    web.BAD_CURSOR.code: 400,
}
ENDINGS = (
    (("not-found", "unknown-place", "unknown-person", "no-such"), 404),
    (("not-allowed", "forbidden"), 403),
    (("taken", "exists", "already", "conflict", "meanwhile", "not-open", "closed"), 409),
)
"""How the codes of other rooms read; what is in none of these is 422: understood, not doable."""


DESCRIBED: dict[str, Any] = {
    "description": "A problem, told in the reader's language",
    "content": {TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}
"""What every route may answer besides, as the API's description has it."""


class ProblemBody(BaseModel):
    """A problem as the body of its response (RFC 9457)."""

    type: str
    """`urn:lamplit:problem:` and the code."""
    title: str
    """What happened, and where."""
    status: int
    detail: str
    """What to do."""
    code: str
    """Stable; docs/reference/errors.md has them all."""
    request: str | None
    """What the server's log calls the request."""


def status_of(code: str) -> int:
    """The HTTP status of a problem's code."""
    if code in STATUS:
        return STATUS[code]
    name = code.rpartition(".")[2]
    for words, status in ENDINGS:
        if any(word in name for word in words):
            return status
    return 422


def answer(
    request: Request, error: LamplitError, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as its response."""
    language = language_of(request)
    status = status_of(error.code)
    body = ProblemBody(
        type=f"urn:lamplit:problem:{error.code}",
        title=error.title(language),
        status=status,
        detail=error.page_remedy(language),
        code=error.code,
        request=getattr(request.state, "request_id", None),
    )
    extra = {"Content-Language": "zh-Hans" if language == "zh" else "en", **(headers or {})}
    if status == 401:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="lamplit"')
    if "seconds" in error.fields:
        extra["Retry-After"] = str(error.fields["seconds"])
    return JSONResponse(body.model_dump(), status, extra, TYPE)


def install(app: FastAPI) -> None:
    """Let every failure of `app` be answered as a problem."""
    app.add_exception_handler(LamplitError, _lamplit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def _lamplit(request: Request, error: Exception) -> Response:
    assert isinstance(error, LamplitError)
    return answer(request, error)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, Problem] = {404: web.NO_SUCH_PAGE, 405: web.WRONG_METHOD, 413: web.TOO_LARGE}
    problem = known.get(error.status_code, web.BAD_REQUEST)
    met = LamplitError(problem, method=request.method, reason=error.detail, most=error.detail)
    return answer(request, met, error.headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(request, LamplitError(web.BAD_REQUEST, reason=faults.told(error.errors())))
