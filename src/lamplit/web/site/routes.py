"""One route for all pages: a built file, or the page whose own router reads the address.

It is asked last and takes only what is a page's, so that an address of the API that does not
exist is still answered as the API answers.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from lamplit.web import etags
from lamplit.web.access import ANYONE, rule
from lamplit.web.routing import Route, Router
from lamplit.web.site import built, unbuilt
from lamplit.web.site.built import ASSETS, INDEX, Built, BuiltFile

NOT_PAGES = ("api", "openrosa", "v1", "healthz", "readyz", "metrics")
"""The first part of an address that is never a page's."""


class PageRoute(Route):
    """Matches only what it will answer, and asks nobody who they are: a page holds no data."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """GET and HEAD of a built file, of `/`, and of what a browser opens as a page."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return Match.NONE, {}
        path = str(scope["path"]).strip("/")
        if path.partition("/")[0] in NOT_PAGES:
            return Match.NONE, {}
        if path and not _file(scope, path) and not _opens_a_page(scope, path):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint alone, with its ETag."""
        inner = APIRoute.get_route_handler(self)

        async def handle(request: Request) -> Response:
            return etags.unless_known(request, await inner(request))

        return handle


router = Router(prefix="", include_in_schema=False)
router.route_class = PageRoute


@router.api_route("/{rest:path}", methods=["GET", "HEAD"], response_class=Response)
@rule(ANYONE, "The pages", "网页")
def page(request: Request, rest: str) -> Response:
    """A file of the build, else its index, whose script reads the address."""
    found = _file(request.scope, rest.strip("/")) or _file(request.scope, INDEX)
    return built.response(found, request.headers) if found else unbuilt.response()


def _file(scope: Scope, path: str) -> BuiltFile | None:
    pages: Built = scope["app"].state.pages
    return pages.find(path)


def _opens_a_page(scope: Scope, path: str) -> bool:
    # A script that is gone must not come as a page: the browser would read HTML as a program.
    return not path.startswith(ASSETS) and "text/html" in Headers(scope=scope).get("accept", "")
