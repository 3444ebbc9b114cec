"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from lamplit import __version__
from lamplit.web import metrics
from lamplit.web.access import ANYONE, MACHINE, rule
from lamplit.web.auth import TheOffice
from lamplit.web.routing import Router

router = Router(prefix="", tags=["health"])


class Health(BaseModel):
    """The server's word."""

    status: str
    version: str


@router.get("/healthz")
@rule(ANYONE, "Whether the server lives", "服务是否存活")
def healthz() -> Health:
    """Touches nothing: a server that answers is alive."""
    return Health(status="ok", version=__version__)


@router.get("/readyz")
@rule(ANYONE, "Whether the server can work", "服务是否就绪")
def readyz(office: TheOffice) -> Health:
    """Asks the store; 503 where it can't be reached."""
    with office.db.read() as conn:
        conn.execute(text("SELECT 1"))
    return Health(status="ready", version=__version__)


@router.get("/metrics", response_class=Response)
@rule(MACHINE, "Figures for Prometheus", "Prometheus 指标")
def figures() -> Response:
    """Counts and times by route; nothing about a person or a home."""
    return Response(metrics.figures(), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/v1/openapi.json", include_in_schema=False)
@rule(ANYONE, "This API, described", "本接口的描述")
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1."""
    described: dict[str, Any] = request.app.openapi()
    return described
