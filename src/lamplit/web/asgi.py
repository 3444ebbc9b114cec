"""What a server process loads: the application of the home that the environment names."""

from __future__ import annotations

import json
import os
import signal
import threading
from types import FrameType

from fastapi import FastAPI

from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.web import heap
from lamplit.web.app import WebOptions, create_app
from lamplit.web.logs import configure

OPTIONS = "LAMPLIT_SERVE"
"""The variable by which `lamplit serve` tells its worker processes how they are reached."""


def make() -> FastAPI:
    """The application, for uvicorn's `--factory`."""
    told = json.loads(os.environ.get(OPTIONS, "{}"))
    office = Office.open(Home.open(told.get("home") or os.environ["LAMPLIT_HOME"]))
    configure()
    options = WebOptions(
        tls=bool(told.get("tls")),
        behind_proxy=bool(told.get("behind_proxy")),
        metrics_token=str(office.home.config.web.get("metrics_token", "")),
    )
    app = create_app(office, options)
    heap.settle()
    for number in (signal.SIGINT, signal.SIGTERM):
        _tell_first(app, number)
    return app


def _tell_first(app: FastAPI, number: int) -> None:
    """Let the application know of a signal before the server that is told to end by it.

    The server's own handlers stand when it loads what it serves, and it tells an application only
    after the last of its answers, which a stream is.
    """
    ends = signal.getsignal(number)

    def told(number: int, frame: FrameType | None) -> None:
        app.state.ending = True
        if callable(ends):
            ends(number, frame)

    if callable(ends) and threading.current_thread() is threading.main_thread():
        signal.signal(number, told)
