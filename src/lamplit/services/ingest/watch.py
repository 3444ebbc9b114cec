"""How far an ingest is, for somebody who looks on from another thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final, Literal

from lamplit.engine.duckdb import Duck
from lamplit.services.ingest.result import IngestReport

Phase = Literal["reading", "merging"]
READING: Final = 0.7
"""What part of a file's work reading it is; merging it into the lake is the rest."""
MOST: Final = 0.6
AGAIN: Final = 0.02
"""A statement that is so much less far than the last look was another one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A look: the share done (0 … 1, never less than before), what is done, the rows so far."""

    share: float
    phase: Phase
    name: str
    rows: int


@dataclass(slots=True)
class Watch:
    """Filled in by `ingest`; `look` and `interrupt` are for another thread."""

    total: float = 1.0
    report: IngestReport | None = None
    duck: Duck | None = None
    done: float = 0.0
    size: float = 0.0
    name: str = ""
    phase: Phase = "reading"
    _best: float = 0.0
    _ended: float = 0.0
    _statement: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, phase: Phase, name: str, done: float, size: float) -> None:
        """Note what is begun: the bytes done before, and those that this step is about."""
        with self._lock:
            self.phase, self.name, self.done, self.size = phase, name, done, size
            self._ended = self._statement = 0.0

    def look(self) -> Seen:
        """How far it is. A statement's own progress is the engine's guess."""
        with self._lock:
            part = self._part()
            share = part * READING if self.phase == "reading" else READING + part * (1 - READING)
            now = (self.done + share * self.size) / self.total
            self._best = max(self._best, min(now, 1.0))
            rows = self.report.total.read if self.report else 0
            return Seen(self._best, self.phase, self.name, rows)

    def _part(self) -> float:
        """The share of the step. How many statements it takes is not known beforehand: each is
        taken for most of what the ones before it left.
        """
        now = self.duck.progress() if self.duck else 0.0
        if now < self._statement - AGAIN:
            self._ended += (1 - self._ended) * MOST
        self._statement = now
        return self._ended + (1 - self._ended) * MOST * now

    def interrupt(self) -> None:
        """Stop the statement at work; the ingest ends at its next step."""
        with self._lock:
            if self.duck is not None:
                self.duck.interrupt()

    def end(self) -> None:
        """The engine is gone from here on."""
        with self._lock:
            self.duck = None
