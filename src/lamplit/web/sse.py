"""Server-sent events of a board: that something happened, by the log's numbers; never to whom.

A page that learns of an event fetches the board anew; a page that was away sends Last-Event-ID
and misses nothing (WHATWG HTML, section 9.2).
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
from fastapi import Header, Query
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from lamplit.domain.errors import LamplitError
from lamplit.services.field.office import Office
from lamplit.store import reveals
from lamplit.store.schema import event
from lamplit.web import metrics

LastEventId = Annotated[str | None, Header(max_length=30)]
StreamSeconds = Annotated[float, Query(ge=0, le=3600)]
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 30.0
"""So long after a withdrawal or a sign-out a stream may go on."""
BATCH = 500
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
SILENT = (reveals.OPENED, reveals.REFUSED, *reveals.MANY)
"""That somebody looks at a home is no matter for a board."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream: from after `last`, for at most `seconds`; `allowed` raises when it must end."""

    office: Office
    campaign_id: str
    last: int
    seconds: float
    allowed: Callable[[], Any]


def stream(request: Request, feed: Feed) -> StreamingResponse:
    """The feed as a response."""
    return StreamingResponse(_events(request, feed), 200, HEADERS, "text/event-stream")


def begin_at(office: Office, last_event_id: str | None) -> int:
    """The number that a stream begins after: what was seen last, else the end of the log."""
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        return min(int(last_event_id), 2**62)
    with office.db.read() as conn:
        return int(conn.scalar(select(func.max(event.c.seq))) or 0)


def since(office: Office, campaign_id: str, last: int) -> list[tuple[int, dict[str, Any]]]:
    """What happened in a campaign after a number: its kind and when."""
    with office.db.read() as conn:
        rows = conn.execute(
            select(event.c.seq, event.c.kind, event.c.at)
            .where(
                event.c.campaign_id == campaign_id,
                event.c.seq > last,
                event.c.kind.not_in(SILENT),
            )
            .order_by(event.c.seq)
            .limit(BATCH)
        ).all()
    return [(row.seq, {"kind": row.kind, "at": row.at.isoformat()}) for row in rows]


async def listens(request: Request) -> bool:
    """Whether a stream is to go on: somebody is there, and the server is not about to end.

    A stream that went on would hold up the server's end until its grace is over, and be cut off.
    """
    return not request.app.state.ending and not await request.is_disconnected()


async def _events(request: Request, feed: Feed) -> AsyncIterator[str]:
    began = spoke = checked = time.monotonic()
    last = feed.last
    metrics.STREAMS.inc()
    try:
        yield f"retry: 3000\n: from {last}\n\n"
        while await listens(request):
            now = time.monotonic()
            if now - checked >= RECHECK_SECONDS:
                checked = now
                if not await run_in_threadpool(_still, feed):
                    return
            found = await run_in_threadpool(since, feed.office, feed.campaign_id, last)
            for seq, said in found:
                last = seq
                # One name for all: a page hears only of names that it knows.
                yield f"id: {seq}\nevent: change\ndata: {json.dumps(said)}\n\n"
            if found:
                spoke = now
            elif now - spoke >= HEARTBEAT_SECONDS:
                spoke = now
                yield ": still here\n\n"
            if now - began >= feed.seconds:
                return
            await anyio.sleep(POLL_SECONDS)
    finally:
        metrics.STREAMS.dec()


def _still(feed: Feed) -> bool:
    try:
        feed.allowed()
    except LamplitError:
        return False
    return True
