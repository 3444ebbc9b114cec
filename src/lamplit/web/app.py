"""The web application: gathers every router, and wraps them in one envelope."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.gzip import GZipMiddleware

from lamplit import __version__, web
from lamplit.services.field.jobs.work import Worker
from lamplit.services.field.office import Office
from lamplit.web import problems
from lamplit.web.middleware import Envelope
from lamplit.web.minder import lifespan
from lamplit.web.routing import Route, Router
from lamplit.web.site import built
from lamplit.web.site.built import Built

OPENAPI_PATH = "/api/v1/openapi.json"
ROOMS = ("api", "openrosa", "site")
"""The packages of this room whose modules may hold a `router`; the pages are asked last."""


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How the server is reached.

    `tls`: callers come over TLS, here or at a proxy, so cookies are Secure and HSTS is sent.
    `metrics_token`: who bears it may read the figures from elsewhere than loopback. `pages`: the
    folder of the built pages.
    """

    tls: bool = False
    behind_proxy: bool = False
    metrics_token: str = ""
    pages: Path = field(default_factory=lambda: built.FOLDER)


def create_app(office: Office, options: WebOptions | None = None) -> FastAPI:
    """The application that serves an office. Raises TypeError for a route without a rule."""
    options = options or WebOptions()
    app = FastAPI(
        title="lamplit", version=__version__, openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False, lifespan=lifespan,
    )  # fmt: skip
    app.state.office, app.state.options = office, options
    app.state.ending = False  # streams end where it is true
    app.state.pages, app.state.worker = Built(options.pages), Worker(office)
    problems.install(app)
    for router in routers():
        # Taken as they are rather than wrapped, so that each route and its rule can be listed.
        app.router.routes.extend(router.routes)
    log: Callable[..., Any] = structlog.get_logger("lamplit.web").info
    tiles = str(office.home.config.web.get("map_tiles", ""))
    app.add_middleware(Envelope, tls=options.tls, log=log, tiles=tiles)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def routers() -> Iterator[Router]:
    """Every `router` of a module of the rooms of this package, in the rooms' order."""
    for room in ROOMS:
        try:
            package = importlib.import_module(f"{web.__name__}.{room}")
        except ModuleNotFoundError as missing:
            if missing.name != f"{web.__name__}.{room}":
                raise
            continue
        for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            module = importlib.import_module(f"{package.__name__}.{module_info.name}")
            router = getattr(module, "router", None)
            if isinstance(router, Router):
                yield router


def routes_of(app: FastAPI) -> list[Route]:
    """All routes with their rules, in order of path."""
    found = [route for route in app.routes if isinstance(route, Route)]
    return sorted(found, key=lambda route: (route.path, sorted(route.methods or ())))


def described() -> dict[str, Any]:
    """The OpenAPI document, without an office: what clients are generated from."""
    app = FastAPI()
    for router in routers():
        app.router.routes.extend(router.routes)
    return _openapi(app)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title="lamplit",
            version=__version__,
            summary="The field office of lamplit 万家灯火 外勤接口",
            routes=app.routes,
        )
        parts = schema.setdefault("components", {})
        parts.setdefault("schemas", {})["ProblemBody"] = problems.ProblemBody.model_json_schema()
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "lamplit"},
        }
        schema["security"] = [{"token": []}, {"session": []}]
        app.openapi_schema = schema
    return app.openapi_schema
