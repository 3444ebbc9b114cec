"""A real server in this process: uvicorn in a thread, for the demo, the replay and the tests."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

from lamplit.services.field.office import Office
from lamplit.web.app import WebOptions, create_app

START_SECONDS = 20.0
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 30
"""As `lamplit serve` has it. Clients give up an idle connection after 5 seconds as a rule; a server
that did so too would now and then close one at the moment at which it is used again.
"""


class Served:
    """An office that is being served until `stop`; `url` is where.

    `port` 0 takes a free one. `options` are how it is reached; `more` goes to uvicorn. Raises
    OSError where the port is taken, RuntimeError where the server does not come up.
    """

    def __init__(
        self,
        office: Office,
        host: str = "127.0.0.1",
        port: int = 0,
        options: WebOptions | None = None,
        **more: Any,
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        settings: dict[str, Any] = {
            "access_log": False, "log_level": "warning", "server_header": False,
            "timeout_graceful_shutdown": GRACE_SECONDS, "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        }  # fmt: skip
        self._app = create_app(office, options)
        config = uvicorn.Config(self._app, **(settings | more))
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, args=([self._listener],), name="lamplit-serve", daemon=True
        )
        self.port = int(self._listener.getsockname()[1])
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http{'s' if config.is_ssl else ''}://{shown}:{self.port}"
        self._thread.start()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Return when the server has ended; KeyboardInterrupt passes through."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def stop(self) -> None:
        """Answer what is under way, then end."""
        self._app.state.ending = True
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        self._listener.close()

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.01)


@contextmanager
def serve(
    office: Office, host: str = "127.0.0.1", port: int = 0, options: WebOptions | None = None
) -> Iterator[Served]:
    """Serve an office for the length of the `with`, as `Served` has it."""
    served = Served(office, host, port, options)
    try:
        yield served
    finally:
        served.stop()
