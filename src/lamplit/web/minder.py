"""What a server does by itself: works in what a crash left waiting, and lets go of what expired.

Its worker of jobs lives as long as it does.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from lamplit.services.field.access import sessions
from lamplit.services.field.files import incoming
from lamplit.services.field.jobs import jobs
from lamplit.services.field.jobs.work import Worker
from lamplit.services.field.office import Office
from lamplit.services.field.plans import desk
from lamplit.services.field.privacy import audit
from lamplit.services.field.submissions import inbox

EVERY_SECONDS = 60.0
TIDY_EVERY = 60
"""Rounds between two tidyings: about an hour."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Mind the office while the application serves."""
    stop = threading.Event()
    worker: Worker = app.state.worker
    worker.start()
    minder = threading.Thread(target=mind, args=(app.state.office, stop), daemon=True)
    minder.start()
    yield
    stop.set()
    await run_in_threadpool(worker.stop)
    minder.join(timeout=5)


def mind(office: Office, stop: threading.Event) -> None:
    """Rounds until `stop` is set; a round that fails is logged, and the next comes all the same."""
    turn = 0
    while True:
        try:
            inbox.process_pending(office)
            desk.give_up_lost(office)
            if turn % TIDY_EVERY == 0:
                audit.tidy(office)
                incoming.tidy(office)
                jobs.tidy(office)
                sessions.tidy(office)
        except Exception as fault:
            structlog.get_logger("lamplit.web").warning("minder", fault=type(fault).__name__)
        turn += 1
        if stop.wait(EVERY_SECONDS):
            return
