"""Our server as a process of its own that can be killed, or kills itself at a chosen moment.

    python openrosa_mortal.py HOME STORE_URL NOW MOMENT

MOMENT: `never`; `kept` (the bytes are in the inbox, nothing is worked in); `worked` (all is
written, nobody was answered); `full` (no file may grow beyond FULL_BYTES). It prints its port, then
serves.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lamplit.services.field.office import Office

FULL_BYTES = 200_000


@dataclass
class Mortal:
    """A running one. `url` is where it serves."""

    process: subprocess.Popen[str]
    url: str

    @classmethod
    def born(cls, office: Office, moment: str = "never") -> Mortal:
        source = Path(__file__).resolve().parents[1] / "src"
        process = subprocess.Popen(
            [sys.executable, __file__, str(office.home.path),
             office.db.url.render_as_string(hide_password=False), office.clock().isoformat(),
             moment],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(source)},
        )  # fmt: skip
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port, "the server did not start"
        return cls(process, f"http://127.0.0.1:{port}")

    def kill(self) -> None:
        """kill -9, as the system does when memory runs out."""
        self.process.kill()
        self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()

    def died(self) -> bool:
        return self.process.wait(20) == -signal.SIGKILL


def main(home: str, url: str, now: str, moment: str) -> None:
    import socket

    import structlog
    import uvicorn

    from lamplit.services.field.submissions import inbox
    from lamplit.services.home import Home
    from lamplit.store.database import Database
    from lamplit.web.app import create_app

    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    receive = inbox.receive
    if moment == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, resource.RLIM_INFINITY))
    if moment == "kept":
        inbox.work_in = die  # type: ignore[assignment]
    if moment == "worked":
        inbox.receive = lambda *a, **k: die(receive(*a, **k))
    instant = datetime.fromisoformat(now)
    office = Office(Home.open(home), Database(url), lambda: instant)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(create_app(office), lifespan="off", log_level="error")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
