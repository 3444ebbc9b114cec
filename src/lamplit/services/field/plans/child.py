"""The planner in a process of its own, so that requests never wait for its arithmetic."""

from __future__ import annotations

import signal
import time
from multiprocessing.connection import Connection

from lamplit.domain.errors import LamplitError
from lamplit.planning.model import Request
from lamplit.planning.progress import Stage
from lamplit.planning.standing import Standing, plan_from

EVERY = 0.5
"""Seconds between two words of how far it is."""


def work(out: Connection, request: Request, standing: Standing, keep: bool) -> None:
    """Make a plan and send it: ("share", share, stage) now and then, and in the end ("made", it).

    ("problem", code, fields, where) for a request that makes no sense. A parent that is gone ends
    it at the next word.
    """
    # The terminal's Ctrl-C is for the server, which stops its children itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said = 0.0

    def report(share: float, stage: Stage) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= EVERY:
            said = now
            out.send(("share", share, stage.value))

    try:
        out.send(("made", plan_from(request, standing, keep=keep, report=report)))
    except LamplitError as error:
        fields = {name: str(value) for name, value in error.fields.items()}
        out.send(("problem", error.code, fields, error.where))
    finally:
        out.close()
