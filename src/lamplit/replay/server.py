"""A real server in this process: uvicorn on a loopback port, reading the story's clock."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import structlog
import uvicorn

from lamplit.services.field.office import Office
from lamplit.web.app import create_app

START_SECONDS = 20.0


@contextmanager
def served(office: Office) -> Iterator[str]:
    """Serve an office for the length of the `with`; gives its address, http://127.0.0.1:PORT.

    RuntimeError where the server does not come up.
    """
    # A line for each of some ten thousand requests would drown what the story tells.
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    before = structlog.get_config()
    structlog.configure(wrapper_class=quiet)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(office), access_log=False, log_level="warning", lifespan="on",
        server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],), name="lamplit-replay", daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()
        structlog.configure(**before)


def _wait(server: uvicorn.Server, thread: Thread) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("the replay's server did not start")
        time.sleep(0.01)
