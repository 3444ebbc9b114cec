"""A running job's pulse: tells the store that it lives and how far it is, hears when to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from lamplit.domain.jobs import Stage
from lamplit.services.field.office import Office
from lamplit.store import jobs as store

BEAT_SECONDS = 1.0
SURE_AFTER = 0.02
"""The share from which on what is left can be guessed."""
Look = Callable[[], tuple[Stage, float, str, int]]


class CancelledError(Exception):
    """The job is not wanted any more."""


class Pulse:
    """For the length of a `with`. `say` is for the job's own thread and may end it."""

    def __init__(
        self,
        office: Office,
        job_id: str,
        *,
        every: float = BEAT_SECONDS,
        told: Callable[[float, Stage], None] | None = None,
    ) -> None:
        """`told` hears what the job says, too, for who waits beside it."""
        self._office, self._job_id, self._every, self._listener = office, job_id, every, told
        self.job_id = job_id
        self._now: dict[str, Any] = {}
        self._told: dict[str, Any] | None = None
        self._look: Look | None = None
        self._interrupt: Callable[[], None] = lambda: None
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lamplit-pulse", daemon=True)
        self.cancelled = False

    def say(self, stage: Stage, share: float = 0.0, name: str = "", rows: int = 0) -> None:
        """How far the job is. Raises CancelledError where it is to end."""
        self.check()
        self._note(stage, share, name, rows)
        if self._listener is not None:
            self._listener(share, stage)

    def check(self) -> None:
        """Raise CancelledError where the job is to end."""
        if self.cancelled:
            raise CancelledError

    def follow(self, look: Look, interrupt: Callable[[], None]) -> None:
        """Ask `look` at each beat; `interrupt` is called when the job is to end."""
        self._look, self._interrupt = look, interrupt

    def unfollow(self) -> None:
        """From here on the job says itself how far it is."""
        self._look, self._interrupt = None, lambda: None

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the job is wanted. Raises CancelledError."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.check()
            time.sleep(min(0.1, seconds))
        self.check()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _note(self, stage: Stage, share: float, name: str, rows: int) -> None:
        took = time.monotonic() - self._began
        left = round(took * (1 - share) / share, 1) if SURE_AFTER <= share <= 1 else None
        self._now = {
            "stage": stage.value, "share": round(share, 4), "name": name, "rows": rows,
            "seconds_left": left,
        }  # fmt: skip

    def _beat(self) -> None:
        while not self._stop.wait(self._every):
            if (look := self._look) is not None:
                self._note(*look())
            now = self._now
            news = now if now and now != self._told else None
            # The machine's clock: a story's may stand still, and then nobody would seem alive.
            with self._office.db.begin() as conn:
                goes_on = store.beat(conn, self._job_id, datetime.now(UTC), news)
            self._told = now
            if not goes_on:
                self.cancelled = True
                self._interrupt()
