"""The first run, while nobody has an account; from this machine or over TLS only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from lamplit import __version__
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.access import setup
from lamplit.web.access import ANYONE, rule
from lamplit.web.api.account import SignedIn, begun
from lamplit.web.auth import TheOffice, address_of, is_private
from lamplit.web.models import Asked, Line
from lamplit.web.routing import Router

router = Router(prefix="/api/v1/setup", tags=["setup"])


class SetUp(BaseModel):
    """Whether the first account can be made from where the caller is."""

    open: bool
    timezone: str
    version: str


class First(Asked):
    """The first operator. `place` is a district's code, made with its names where there is none."""

    token: Annotated[str, Field(max_length=200)]
    username: Annotated[str, Field(max_length=200)]
    name: Line
    password: Annotated[str, Field(max_length=2000)]
    place: Annotated[str, Field(pattern=r"^[^\x00\s]+$", max_length=100)]
    place_name_zh: Line | None = None
    place_name_en: Line | None = None


@router.get("")
@rule(ANYONE, "Whether the first account can be made", "是否可建立首个账号")
def look(office: TheOffice, request: Request) -> SetUp:
    """Open while nobody has an account and a link of `lamplit serve` runs."""
    here = is_private(request) and setup.is_open(office)
    return SetUp(open=here, timezone=office.home.timezone, version=__version__ if here else "")


@router.post("", status_code=201)
@rule(ANYONE, "Make the first account", "建立首个账号")
def finish(wish: First, office: TheOffice, request: Request, response: Response) -> SignedIn:
    """With the token of the printed link; signs in. 404 once anybody has an account."""
    if not is_private(request):
        raise LamplitError(problems.SET_UP_IN_THE_OPEN)
    made = setup.finish(
        office, wish.token, setup.FirstOperator(
            wish.username, wish.name, wish.password, wish.place, wish.place_name_zh,
            wish.place_name_en,
        ),
        address=address_of(request), agent=request.headers.get("user-agent", ""),
    )  # fmt: skip
    return begun(request, response, made)
