"""Every other address under a phone's own: told as OpenRosa tells it, and masked in logs.

The modules of this room are taken in order of name, so that these routes come last.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import openrosa as problems
from lamplit.web.access import rule
from lamplit.web.openrosa.forms import PHONE
from lamplit.web.openrosa.routing import PhoneRouter

router = PhoneRouter()


@router.offer("GET", "/{rest:path}")
@rule(PHONE, "Nothing is here.", "此处没有内容。")
def nothing(request: Request, rest: str) -> Response:
    """404, after the phone was asked who it is."""
    raise LamplitError(problems.NO_FORM)


@router.offer("POST", "/{rest:path}")
@rule(PHONE, "Nothing is taken here.", "此处不接收内容。")
def nothing_taken(request: Request, rest: str) -> Response:
    """404, after the phone was asked who it is."""
    raise LamplitError(problems.NO_FORM)
