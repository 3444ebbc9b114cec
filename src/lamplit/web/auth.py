"""Who is calling: a session's cookie, a token, or nobody."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as account_problems
from lamplit.domain.problems import web as problems
from lamplit.services.field.access import sessions, tokens
from lamplit.services.field.office import Actor, Office
from lamplit.web.access import Access

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-csrf-token"


async def admit(request: Request, access: Access) -> None:
    """Find out who calls and hold them to the route's rule; sets `request.state.actor`.

    Raises LamplitError `accounts.sign-in-needed`, `accounts.bad-token`, `accounts.wrong-scope`,
    `web.csrf` or `web.not-from-here`.
    """
    request.state.actor = None
    request.state.session = None
    if access.who == "machine":
        _machine(request)
        return
    secret, basic = _secret(request)
    cookie = request.cookies.get(cookie_name(request))
    if secret is not None:
        request.state.actor = await run_in_threadpool(_by_token, request, secret, access, basic)
    elif cookie:
        await run_in_threadpool(_by_cookie, request, cookie, access)
    if request.state.session is None and access.who == "anyone":
        _same_site(request)
    if request.state.actor is None and access.who != "anyone":
        raise LamplitError(account_problems.SIGN_IN_NEEDED)


def office_of(request: Request) -> Office:
    """The field office that this server serves."""
    office: Office = request.app.state.office
    return office


def current_actor(request: Request) -> Actor:
    """Who calls; only for routes that need somebody."""
    actor: Actor | None = request.state.actor
    if actor is None:
        raise LamplitError(account_problems.SIGN_IN_NEEDED)
    return actor


def caller(request: Request) -> Actor:
    """Who calls, or nobody in particular: has no ability anywhere."""
    actor: Actor | None = request.state.actor
    return actor or Actor(None, "api")


def current_session(request: Request) -> sessions.Session:
    """The caller's session; LamplitError `accounts.sign-in-needed` for who came with a token."""
    session: sessions.Session | None = request.state.session
    if session is None:
        raise LamplitError(account_problems.SIGN_IN_NEEDED)
    return session


TheOffice = Annotated[Office, Depends(office_of)]
Who = Annotated[Actor, Depends(current_actor)]
TheSession = Annotated[sessions.Session, Depends(current_session)]
Anyone = Annotated[Actor, Depends(caller)]


def cookie_name(request: Request) -> str:
    """The session cookie's name; `__Host-` binds it to this host and to TLS."""
    return "__Host-lamplit" if request.app.state.options.tls else "lamplit"


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Hand the browser its session."""
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(sessions.LONGEST.total_seconds()),
        path="/",
        secure=request.app.state.options.tls,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        cookie_name(request),
        path="/",
        secure=request.app.state.options.tls,
        httponly=True,
        samesite="lax",
    )


def address_of(request: Request) -> str:
    """The caller's address, as uvicorn gives it (behind a trusted proxy, the proxy's word)."""
    return request.client.host if request.client else "unknown"


def is_private(request: Request) -> bool:
    """Whether nobody on the way can read along: over TLS, or from this machine itself."""
    options = request.app.state.options
    return bool(options.tls) or _is_loopback(address_of(request))


def signed_in_still(request: Request) -> None:
    """Raise LamplitError where the session or the token of a stream has ended meanwhile."""
    office = office_of(request)
    cookie = request.cookies.get(cookie_name(request))
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    if bearer:
        tokens.actor_of(office, bearer, "api")
    elif cookie:
        sessions.session_of(office, cookie)
    else:
        raise LamplitError(account_problems.SIGN_IN_NEEDED)


def _by_token(request: Request, secret: str, access: Access, basic: bool) -> Actor | None:
    scope: tokens.Scope = "openrosa" if access.scope == "openrosa" else "api"
    if basic and scope != "openrosa":
        raise LamplitError(account_problems.BAD_TOKEN)
    return tokens.actor_of(office_of(request), secret, scope)


def _by_cookie(request: Request, cookie: str, access: Access) -> None:
    try:
        session = sessions.session_of(office_of(request), cookie)
    except LamplitError:
        # A cookie that is stale must not lock anybody out of the sign-in page.
        if access.who == "anyone":
            return
        raise
    if request.method not in SAFE_METHODS:
        _same_site(request)
        given = request.headers.get(CSRF_HEADER, "")
        if access.who != "anyone" and not hmac.compare_digest(
            given.encode("utf-8", "replace"), session.csrf.encode()
        ):
            raise LamplitError(problems.CSRF)
    if session.must_change and not access.first and access.who != "anyone":
        raise LamplitError(account_problems.MUST_CHANGE)
    request.state.actor, request.state.session = session.actor, session


def _same_site(request: Request) -> None:
    """Refuse a change that another site's page asks for (Origin, Sec-Fetch-Site)."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise LamplitError(problems.CSRF)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise LamplitError(problems.CSRF)


def _secret(request: Request) -> tuple[str | None, bool]:
    """The token sent, and whether as Basic (Collect knows no other way)."""
    in_path = request.path_params.get("key")
    if in_path:
        return str(in_path), True
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip(), False
    if kind.lower() == "basic":
        return _password(rest), True
    return None, False


def _password(encoded: str) -> str:
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise LamplitError(account_problems.BAD_TOKEN) from fault
    return pair.partition(":")[2]


def _machine(request: Request) -> None:
    wanted = str(request.app.state.options.metrics_token)
    secret, _ = _secret(request)
    if wanted and secret and hmac.compare_digest(secret.encode(), wanted.encode()):
        return
    if request.app.state.options.behind_proxy or not _is_loopback(address_of(request)):
        raise LamplitError(problems.NOT_FROM_HERE)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
