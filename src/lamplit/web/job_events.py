"""Server-sent events of one job, or of what it makes: all of it each time that something is new."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import OPEN_STATES, JobState
from lamplit.web import metrics
from lamplit.web.sse import HEADERS, HEARTBEAT_SECONDS, POLL_SECONDS, listens


class Told(Protocol):
    """What a stream tells of."""

    @property
    def version(self) -> int:
        """Another one whenever something is new."""

    @property
    def state(self) -> JobState:
        """Whether there is more to come."""

    def model_dump_json(self) -> str:
        """All of it."""


def seen(last_event_id: str | None) -> int:
    """The version that was seen last; 0 for none."""
    plain = last_event_id or ""
    return min(int(plain), 2**62) if plain.isascii() and plain.isdigit() else 0


def stream(
    request: Request, look: Callable[[], Told], version: int, seconds: float, name: str = "job"
) -> StreamingResponse:
    """What `look` gives, each time its version is another than before; until the job's end."""
    events = _events(request, look, version, seconds, name)
    return StreamingResponse(events, 200, HEADERS, "text/event-stream")


async def _events(
    request: Request, look: Callable[[], Told], version: int, seconds: float, name: str
) -> AsyncIterator[str]:
    began = spoke = time.monotonic()
    metrics.STREAMS.inc()
    try:
        yield "retry: 3000\n\n"
        while await listens(request):
            try:
                found = await run_in_threadpool(look)
            except LamplitError:
                return
            now = time.monotonic()
            if found.version != version:
                version, spoke = found.version, now
                yield f"id: {version}\nevent: {name}\ndata: {found.model_dump_json()}\n\n"
            elif now - spoke >= HEARTBEAT_SECONDS:
                spoke = now
                yield ": still here\n\n"
            if found.state not in OPEN_STATES or now - began >= seconds:
                return
            await anyio.sleep(POLL_SECONDS)
    finally:
        metrics.STREAMS.dec()
