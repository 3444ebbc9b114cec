"""Our server in a thread of the test, at a port of its own."""

from __future__ import annotations

import threading
import time
from typing import Any

import uvicorn

from lamplit.services.field.office import Office
from lamplit.web.app import create_app


class Served:
    """The server in a thread, at a port of its own."""

    def __init__(self, office: Office, **options: Any) -> None:
        options = {"log_level": "warning"} | options
        config = uvicorn.Config(create_app(office), "127.0.0.1", 0, lifespan="off", **options)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        scheme = "https" if config.is_ssl else "http"
        self.url = f"{scheme}://127.0.0.1:{port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
