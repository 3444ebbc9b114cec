"""For the operator: accounts, and how the office stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from lamplit.domain.abilities import Ability
from lamplit.services.field import status as statuses
from lamplit.services.field.access import account_views, accounts
from lamplit.services.field.access.account_views import AccountDetail, AccountView
from lamplit.services.field.access.accounts import NewAccount
from lamplit.services.field.status import Status
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Line, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["operate"])
OPERATE = able(Ability.OPERATE, where="any place, and wherever the person has ties")
STATUS = able(Ability.OPERATE, Ability.ANALYSE, where="any place")


class AccountWish(Asked):
    """An account for a person (id or code, else the user name's); `name` adds who is not there."""

    username: Annotated[str, Field(max_length=200)]
    person: Line | None = None
    name: Line | None = None


class AccountMade(BaseModel):
    """The password is shown this once, and changed at the first sign-in."""

    username: str
    person_id: str
    password: str


class AccountEnded(BaseModel):
    """What ended with it."""

    sessions: int
    tokens: int


@router.get("/accounts")
@rule(OPERATE, "Accounts", "账号")
def listed(
    office: TheOffice,
    actor: Who,
    text: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AccountView]:
    """By user name; of people with a tie where one may, and of people with none."""
    after = decode(cursor, str) or ""
    rows = account_views.listed(office, actor, text=text, after=after, limit=limit + 1)
    return page(rows, limit, lambda one: one.username)


@router.post("/accounts", status_code=201)
@rule(OPERATE, "Make an account", "新建账号")
def make(wish: AccountWish, office: TheOffice, actor: Who, response: Response) -> AccountMade:
    """With a made-up password."""
    made = account_views.make(office, actor, wish.username, person=wish.person, name=wish.name)
    return _made(made, response)


@router.get("/accounts/{username}")
@rule(OPERATE, "An account with its sessions and tokens", "账号及其会话与令牌")
def look(username: Id, office: TheOffice, actor: Who) -> AccountDetail:
    """Sessions that run, the latest seen first; tokens without their secrets, the newest first."""
    return account_views.look(office, actor, username)


@router.post("/accounts/{username}/sign-out")
@rule(OPERATE, "End the sessions of an account", "结束账号的会话")
def sign_out(username: Id, office: TheOffice, actor: Who) -> AccountEnded:
    """They end at once; tokens stay. 409 for one's own."""
    return AccountEnded(sessions=accounts.sign_out(office, actor, username), tokens=0)


@router.post("/accounts/{username}/reset")
@rule(OPERATE, "Make up a new password", "重设密码")
def reset(username: Id, office: TheOffice, actor: Who, response: Response) -> AccountMade:
    """Ends its sessions and its locks; a disabled account is open again. 409 for one's own."""
    return _made(accounts.reset(office, actor, username), response)


@router.post("/accounts/{username}/disable")
@rule(OPERATE, "Disable an account", "停用账号")
def disable(username: Id, office: TheOffice, actor: Who) -> AccountEnded:
    """Its sessions end at once and its tokens are revoked. 409 for one's own."""
    sessions, tokens = accounts.disable(office, actor, username)
    return AccountEnded(sessions=sessions, tokens=tokens)


@router.get("/status")
@rule(STATUS, "How the office stands", "系统状态")
def status(office: TheOffice, actor: Who) -> Status:
    """Version, time zone, store, last night and ingest, what is open and what waits."""
    return statuses.status(office, actor)


def _made(made: NewAccount, response: Response) -> AccountMade:
    response.headers["Cache-Control"] = "no-store"
    return AccountMade(
        username=made.username, person_id=made.person_id, password=str(made.password)
    )
