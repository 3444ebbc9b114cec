"""What a server does by itself: works in what a crash left waiting, begins each new day, and lets
go of what expired.

Its worker of jobs lives as long as it does.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from lamplit.services.field.access import sessions
from lamplit.services.field.campaigns.evening import begin_the_day
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
Step = Callable[[Office], object]
LOG = structlog.get_logger("lamplit.web")


def morning(office: Office) -> None:
    """Begin the day; of a campaign for which that failed the log has the problem's code."""
    for fault in begin_the_day(office).failed.values():
        LOG.warning("minder", step="morning", fault=fault.code)


ROUND: tuple[Step, ...] = (inbox.process_pending, desk.give_up_lost)
TIDY: tuple[Step, ...] = (audit.tidy, incoming.tidy, jobs.tidy, sessions.tidy)


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
    """Rounds until `stop` is set. A step that fails is logged and tried again with the next round
    (one of an hour's tidying an hour later); the others are done all the same.
    """
    turn, begun = 0, None
    while True:
        _done(office, ROUND)
        today = office.local_day(office.clock())
        if today != begun and _done(office, (morning,)):
            begun = today
        if turn % TIDY_EVERY == 0:
            _done(office, TIDY)
        turn += 1
        if stop.wait(EVERY_SECONDS):
            return


def _done(office: Office, steps: tuple[Step, ...]) -> bool:
    """Take some steps; whether none failed."""
    well = True
    for step in steps:
        try:
            step(office)
        except Exception as fault:
            well = False
            LOG.warning("minder", step=step.__name__, fault=type(fault).__name__)
    return well
