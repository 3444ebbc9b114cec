"""What a server process loads: the application of the home that the environment names."""

from __future__ import annotations

import json
import os

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
    return app
