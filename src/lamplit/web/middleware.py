"""What every request passes: a number, a size limit, safe headers, a line in the log."""

from __future__ import annotations

import re
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems
from lamplit.web import metrics
from lamplit.web.problems import answer

USUAL_BYTES = 2_000_000
LARGE_BYTES = 60_000_000
LARGE = re.compile(r"/submission$|/submissions$|/attachments(/|$)|/imports?(/|$)|/uploads?(/|$)")
"""Where photos and files of readings come in."""

# WebAssembly: the large form's reader of XPath. It lets no text be run as a script. Its letters
# come within its style sheet.
CSP = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'wasm-unsafe-eval'; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


def policy(tiles: str = "") -> str:
    """The pages' policy; where the operator has set tiles for the map, with their host."""
    parts = urlsplit(tiles)
    if not parts.netloc:
        return CSP
    host = f"{parts.scheme}://{parts.netloc}"
    return re.sub(r"(img-src|connect-src) 'self'", rf"\1 'self' {host}", CSP)


HSTS = "max-age=31536000"


class Envelope:
    """Pure ASGI, so that streams stay streams."""

    def __init__(
        self, app: ASGIApp, *, tls: bool, log: Callable[..., Any], tiles: str = ""
    ) -> None:
        self.app, self.tls, self.log = app, tls, log
        self.headers = HEADERS | {"Content-Security-Policy": policy(tiles)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = number
        began, status, started = time.perf_counter(), 500, False

        async def sending(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                self._dress(MutableHeaders(scope=message), number, scope["path"])
            await send(message)

        try:
            await self._limited(scope, receive, sending)
        except Exception as fault:
            # The traceback goes to the log without values; the caller learns the number only.
            self.log("fault", request=number, path=template(scope), fault=type(fault).__name__,
                     at=_frames(fault))  # fmt: skip
            if started:
                raise
            met = LamplitError(problems.FAULT, request=number)
            await answer(Request(scope), met)(scope, receive, sending)
        finally:
            took = time.perf_counter() - began
            path = template(scope)
            metrics.seen(scope["method"], path, status, took)
            self.log("request", request=number, method=_method(scope), path=path, status=status,
                     ms=round(took * 1000, 1))  # fmt: skip

    def _dress(self, headers: MutableHeaders, number: str, path: str) -> None:
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        if self.tls:
            headers["Strict-Transport-Security"] = HSTS
        headers["X-Request-Id"] = number
        if path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
            headers.add_vary_header("Accept-Language, Cookie, Authorization")

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            # No store keeps a NUL in a text, so nothing is found by one.
            await answer(Request(scope), LamplitError(problems.NO_SUCH_PAGE))(scope, receive, send)
            return
        most = LARGE_BYTES if LARGE.search(scope["path"]) else USUAL_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > most:
            await _too_large(scope, most)(scope, receive, send)
            return
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > most:
                    # FastAPI lets only this pass through unchanged from where bodies are read.
                    raise HTTPException(413, str(most))
            return message

        await self.app(scope, receiving, send)


def template(scope: Scope) -> str:
    """The route's path with its `{names}`; never the ids, which are personal."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "(no route)")


def _frames(fault: Exception) -> list[str]:
    """Where a fault came from: files, lines and functions, but not what they held."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _method(scope: Scope) -> str:
    return str(scope["method"])[:10]


def _too_large(scope: Scope, most: int) -> ASGIApp:
    return answer(
        Request(scope), LamplitError(problems.TOO_LARGE, most=most), {"Connection": "close"}
    )
