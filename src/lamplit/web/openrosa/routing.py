"""Routes for phones: who calls is known by the phone's token, and every answer is OpenRosa's.

A token comes as the password of Basic, or in the address. Neither is taken over an open
connection, and an address with a token in it is masked before anything can log it.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language
from lamplit.domain.problems import openrosa as problems
from lamplit.services.field.phones import phone as phone_services
from lamplit.services.field.phones.phone import Phone
from lamplit.web import etags
from lamplit.web.auth import address_of, office_of
from lamplit.web.openrosa import xml
from lamplit.web.problems import status_of
from lamplit.web.routing import Route, Router

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
CHALLENGE = {"WWW-Authenticate": 'Basic realm="lamplit", charset="UTF-8"'}
BASES = ("/openrosa", "/openrosa/key/{key}", "/v1/key/{key}/projects/{project}")
"""Where a phone finds us. Collect takes an address like the last for an App User's: it asks for no
password then."""

_BASE = re.compile(r"^(/v1/key/[^/]+/projects/[^/]+|/openrosa/key/[^/]+|/openrosa)(?=/)")
_KEY = re.compile(r"(/key/)[^/]+")
STATUS = {
    problems.SIGN_IN.code: 401,
    problems.BAD_KEY.code: 403,
    problems.PLAIN_HTTP.code: 403,
    problems.DELIVER_ONLY.code: 403,
    problems.NO_FORM.code: 404,
    problems.NO_SUBMISSION.code: 400,
    problems.TOO_LARGE.code: 413,
    problems.NO_ROOM.code: 503,
    "submit.too-large": 413,
}


class PhoneRoute(Route):
    """A route that a phone calls."""

    refusal: ClassVar[dict[str, Any]] = {
        "description": "An OpenRosa response that says why",
        "content": {xml.TYPE: {}},
    }

    def get_route_handler(self) -> Handler:
        """The endpoint's handler, behind the phone's own judge."""
        inner = APIRoute.get_route_handler(self)

        async def handle(request: Request) -> Response:
            language: Language | None = None
            request.state.actor = request.state.session = None
            try:
                phone = await run_in_threadpool(admit, request)
                request.state.phone, request.state.actor = phone, phone.actor
                language = phone.language
                return etags.unless_known(request, await inner(request))
            except LamplitError as error:
                return refusal(error, language)
            except ClientDisconnect:
                # Nobody is left to read it; the phone still has its form and comes again.
                return Response(status_code=400)
            except HTTPException as error:
                return xml.answer(xml.message(str(error.detail)), error.status_code)
            finally:
                # The server's own log of requests reads the path when the answer goes out.
                request.scope["path"] = _KEY.sub(r"\1hidden", request.scope["path"])

        return handle


class PhoneRouter(Router):
    """A router of `PhoneRoute`s, each under all the bases."""

    def __init__(self) -> None:
        APIRouter.__init__(self, route_class=PhoneRoute)

    def offer(self, method: str, path: str) -> Callable[[Any], Any]:
        """Serve an endpoint at a path under each base."""

        def hang(endpoint: Any) -> Any:
            # The longest first: `/openrosa/{rest}` would take what has a key in its address.
            for base in sorted(BASES, key=len, reverse=True):
                self.add_api_route(
                    base + path,
                    endpoint,
                    methods=[method],
                    response_class=Response,
                    include_in_schema=base == BASES[0],
                )
            return endpoint

        return hang


def admit(request: Request) -> Phone:
    """The phone that calls.

    Raises LamplitError `openrosa.plain-http`, `openrosa.sign-in` (401: Collect sends a password
    only when asked) or `openrosa.bad-key`.
    """
    key = request.path_params.get("key")
    header = request.headers.get("authorization")
    tls = request.url.scheme == "https" or request.app.state.options.tls
    if (key or header) and not tls and not _is_loopback(address_of(request)):
        raise LamplitError(problems.PLAIN_HTTP)
    secret = str(key) if key else _password(header or "")
    try:
        return phone_services.admit(office_of(request), secret)
    except LamplitError as error:
        # A wrong password is asked for anew; a wrong address can't be typed in at a prompt.
        if error.problem is problems.BAD_KEY and not key:
            raise LamplitError(problems.SIGN_IN) from error
        raise


def base_of(request: Request) -> str:
    """The address that this phone calls its server's, as it was called."""
    found = _BASE.match(request.url.path)
    assert found is not None  # every route here is under a base
    root = str(request.base_url).rstrip("/")
    if request.app.state.options.tls:
        root = root.replace("http://", "https://", 1)
    return root + found[1]


def refusal(error: LamplitError, language: Language | None) -> Response:
    """A problem as OpenRosa tells it."""
    status = STATUS.get(error.code) or status_of(error.code)
    return xml.answer(xml.problem(error, language), status, CHALLENGE if status == 401 else None)


def _password(header: str) -> str:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        raise LamplitError(problems.SIGN_IN)
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise LamplitError(problems.SIGN_IN) from fault
    return pair.partition(":")[2]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
