"""ETags: unchanged answers are not sent twice, and changes name the version they were decided on.

RFC 9110 (If-Match, If-None-Match), RFC 6585 (428).
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems


def version_tag(version: int) -> str:
    """The strong ETag of a versioned resource."""
    return f'"v{version}"'


def decided_on(request: Request) -> int:
    """The version in If-Match.

    Raises LamplitError `web.if-match-needed` (428) without the header and `web.if-match-failed`
    (412) where it names no version of ours.
    """
    given = request.headers.get("if-match", "").strip()
    if not given:
        raise LamplitError(problems.IF_MATCH_NEEDED)
    number = given.removeprefix('"v').removesuffix('"')
    if given != f'"v{number}"' or not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise LamplitError(problems.IF_MATCH_FAILED)
    return int(number)


def must_be(request: Request, version: int) -> int:
    """The version in If-Match, which must be `version`; else as `decided_on`, or 412."""
    if decided_on(request) != version:
        raise LamplitError(problems.IF_MATCH_FAILED)
    return version


def unless_known(request: Request, response: Response) -> Response:
    """Give a readable answer its ETag, and 304 in its place where the caller has it already."""
    whole = not isinstance(response, StreamingResponse) and hasattr(response, "body")
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or not whole:
        return response
    tag = response.headers.get("etag")
    if tag is None:
        tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
        response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "private, no-cache")
    known = {name.strip() for name in request.headers.get("if-none-match", "").split(",")}
    if not known & {tag, f"W/{tag}", tag.removeprefix("W/"), "*"}:
        return response
    kept = {
        name: value
        for name, value in response.headers.items()
        if name in ("etag", "cache-control", "vary", "content-language")
    }
    return Response(status_code=304, headers=kept)
