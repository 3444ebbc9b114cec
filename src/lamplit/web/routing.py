"""Routes that judge the caller before they read a byte of the body, and refuse to be ruleless."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from lamplit.web import auth, etags, idempotency, problems
from lamplit.web.access import Access, declared_on

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """A route with a declared rule: authenticates, then keeps idempotency keys and ETags."""

    access: Access
    refusal: ClassVar[dict[str, Any]] = problems.DESCRIBED
    """Whatever else it may answer, as the API's description has it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """TypeError where the endpoint declares no rule (`lamplit.web.access.rule`)."""
        declared = declared_on(endpoint)
        self.access = declared.access
        options["summary"] = f"{declared.says.en} {declared.says.zh}"
        options["openapi_extra"] = {
            **(options.get("openapi_extra") or {}),
            "x-summary": {"en": declared.says.en, "zh-Hans": declared.says.zh},
            "x-access": declared.access.say(),
        }
        options["responses"] = {**(options.get("responses") or {}), "default": self.refusal}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """The endpoint's handler, behind the judge."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await auth.admit(request, self.access)
            keyed = request.method == "POST" and idempotency.HEADER in request.headers
            # A kept answer names its caller: what needs no account must not be tied to one.
            if keyed and self.access.who != "anyone":
                return await idempotency.once(request, inner)
            return etags.unless_known(request, await inner(request))

        return handle


class Router(APIRouter):
    """A router whose routes are `Route`s."""

    def __init__(self, prefix: str = "/api/v1", **options: Any) -> None:
        super().__init__(prefix=prefix, route_class=Route, **options)
