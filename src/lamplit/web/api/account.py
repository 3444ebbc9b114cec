"""Signing in and out, one's own password, sessions and tokens."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.access import accounts, oidc, sessions, tokens
from lamplit.services.field.access.sessions import Running
from lamplit.services.field.phones import phone
from lamplit.web.access import ANYONE, SIGNED_IN, SIGNED_IN_FIRST, Access, rule
from lamplit.web.auth import (
    TheOffice,
    TheSession,
    Who,
    address_of,
    drop_cookie,
    set_cookie,
)
from lamplit.web.models import Asked, Done, Line
from lamplit.web.routing import Router

router = Router(tags=["account"])
OIDC_COOKIE = "lamplit-oidc"
OIDC_PATH = "/api/v1/sign-in/oidc"
OIDC_SECONDS = 600


class SignIn(Asked):
    """A name and its password."""

    username: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=2000)]


class SignedIn(BaseModel):
    """The session that began: `csrf` goes into X-CSRF-Token with every change."""

    person_id: str
    csrf: str
    must_change: bool


class NewPassword(Asked):
    """The old password and the new."""

    old: Annotated[str, Field(max_length=2000)]
    new: Annotated[str, Field(max_length=2000)]


class TokenWish(Asked):
    """A token for a phone or a program; for oneself unless `person` (id or code) is named."""

    label: Line
    scope: Literal["api", "openrosa"] = "openrosa"
    days: int = tokens.USUAL_DAYS
    person: Line | None = None


class TokenMade(BaseModel):
    """The secret is shown this once."""

    id: str
    secret: str
    scope: str


class PhoneWish(Asked):
    """A phone to set up; `url` is the address at which phones reach this server."""

    label: Line
    url: Annotated[str, Field(max_length=300)]
    days: int = tokens.USUAL_DAYS
    person: Line | None = None


class PhoneMade(BaseModel):
    """`code` goes into a QR code; with `server_url` a phone is set up by hand."""

    id: str
    code: str
    server_url: str


class TokenShown(BaseModel):
    """A token without its secret."""

    id: str
    label: str
    scope: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


@router.post("/sign-in")
@rule(ANYONE, "Sign in with a password", "用密码登录")
def sign_in(wish: SignIn, office: TheOffice, request: Request, response: Response) -> SignedIn:
    """Begins a session; the cookie is HttpOnly."""
    made = accounts.sign_in(
        office, wish.username, wish.password, address=address_of(request), agent=_agent(request)
    )
    return begun(request, response, made)


@router.get("/sign-in/oidc", response_class=RedirectResponse, status_code=302)
@rule(ANYONE, "Sign in through the company's directory", "通过企业目录登录")
def oidc_begin(office: TheOffice, request: Request) -> Response:
    """Sends the browser to the directory."""
    flow = oidc.begin(office, _back(request))
    answer = RedirectResponse(flow.url, 302)
    carried = json.dumps([flow.state, flow.nonce, flow.verifier])
    answer.set_cookie(
        OIDC_COOKIE,
        base64.urlsafe_b64encode(carried.encode()).decode(),
        max_age=OIDC_SECONDS,
        path=OIDC_PATH,
        secure=request.app.state.options.tls,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/sign-in/oidc/back", response_class=RedirectResponse, status_code=302)
@rule(ANYONE, "Back from the company's directory", "从企业目录返回")
def oidc_back(
    office: TheOffice,
    request: Request,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=500)] = "",
    error: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Begins a session and goes to the first page."""
    oidc.Directory.of(office)
    if error or not code:
        raise LamplitError(problems.OIDC_REFUSED, reason=error[:80] or "code")
    flow = _flow(request)
    made = oidc.finish(
        office, flow, code=code, state=state, redirect_uri=_back(request), agent=_agent(request)
    )
    answer = RedirectResponse("/", 302)
    set_cookie(request, answer, made.secret)
    answer.delete_cookie(OIDC_COOKIE, path=OIDC_PATH)
    return answer


@router.post("/sign-out")
@rule(SIGNED_IN_FIRST, "Sign out", "退出登录")
def sign_out(office: TheOffice, session: TheSession, request: Request, response: Response) -> Done:
    """Ends this session."""
    sessions.end(office, session)
    drop_cookie(request, response)
    return Done()


@router.post("/sign-out/everywhere")
@rule(SIGNED_IN_FIRST, "End all my sessions", "退出所有会话")
def sign_out_everywhere(
    office: TheOffice, actor: Who, request: Request, response: Response
) -> Done:
    """Ends every session of the caller, this one too; tokens stay."""
    count = sessions.end_everywhere(office, actor)
    drop_cookie(request, response)
    return Done(count=count)


@router.post("/me/password")
@rule(SIGNED_IN_FIRST, "Change my password", "修改我的密码")
def change_password(
    wish: NewPassword,
    office: TheOffice,
    session: TheSession,
    request: Request,
    response: Response,
) -> SignedIn:
    """Ends all other sessions; this one gets a new cookie and a new `csrf`."""
    made = accounts.change_password(office, session, wish.old, wish.new, _agent(request))
    return begun(request, response, made)


@router.get("/me/sessions")
@rule(SIGNED_IN, "Where I am signed in", "我登录着的设备")
def my_sessions(office: TheOffice, session: TheSession) -> list[Running]:
    """The session that asks first, then the latest seen; by a session only."""
    return sessions.mine(office, session)


@router.get("/me/tokens")
@rule(SIGNED_IN, "My tokens", "我的令牌")
def my_tokens(office: TheOffice, actor: Who) -> list[TokenShown]:
    """Without their secrets."""
    return [
        TokenShown.model_validate(row._mapping, extra="ignore")
        for row in tokens.mine(office, actor)
    ]


@router.post("/tokens", status_code=201)
@rule(
    Access("signed_in"),
    "A token for my phone, or for somebody whom I may set up",
    "为我的手机或我可代办的人申请令牌",
)
def new_token(
    wish: TokenWish, office: TheOffice, session: TheSession, response: Response
) -> TokenMade:
    """For another: with OPERATE, or (scope `openrosa`) ASSIGN, wherever they have ties.

    Needs a session: a stolen token must not beget others.
    """
    person = wish.person or str(session.actor.person_id)
    response.headers["Cache-Control"] = "no-store"
    made = tokens.issue(office, session.actor, person, wish.label, wish.scope, wish.days)
    return TokenMade(id=made.id, secret=made.secret, scope=made.scope)


@router.post("/phones", status_code=201)
@rule(SIGNED_IN, "Set up ODK Collect on my phone, or on that of somebody whom I may set up",
      "为我的手机或我可代办的人设置 ODK Collect")  # fmt: skip
def set_up_phone(
    wish: PhoneWish, office: TheOffice, session: TheSession, response: Response
) -> PhoneMade:
    """The code is for the phone's camera, and shown this once. Needs a session, as a token."""
    response.headers["Cache-Control"] = "no-store"
    person = wish.person or str(session.actor.person_id)
    made = phone.set_up(
        office, session.actor, person, url=wish.url, label=wish.label, days=wish.days
    )
    return PhoneMade(id=made.token_id, code=made.code, server_url=made.server_url)


@router.delete("/tokens/{token_id}")
@rule(SIGNED_IN, "Revoke a token", "撤销令牌")
def revoke_token(token_id: str, office: TheOffice, actor: Who) -> Done:
    """It ends at once. One's own, or another's as for making one."""
    tokens.revoke(office, actor, token_id)
    return Done()


def begun(request: Request, response: Response, made: sessions.NewSession) -> SignedIn:
    """The answer that begins a session: its cookie, and its `csrf` for the page."""
    set_cookie(request, response, made.secret)
    return SignedIn(person_id=made.person_id, csrf=made.csrf, must_change=made.must_change)


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _back(request: Request) -> str:
    # Only what the operator set, else the address asked for: a forged Host leads to no sign-in,
    # because the directory knows the addresses that it may send people to.
    base = str(request.app.state.office.home.config.web.get("url", "")) or str(request.base_url)
    return f"{base.rstrip('/')}{OIDC_PATH}/back"


def _flow(request: Request) -> oidc.Flow:
    try:
        carried = base64.urlsafe_b64decode(request.cookies.get(OIDC_COOKIE, ""))
        state, nonce, verifier = json.loads(carried)
    except (ValueError, TypeError) as fault:
        raise LamplitError(problems.OIDC_REFUSED, reason="cookie") from fault
    return oidc.Flow("", str(state), str(nonce), str(verifier))
