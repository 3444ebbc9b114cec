"""Many who wait for the disk commit together (group commit).

Whoever comes first does the work of all who came by then; the others wait for it, and the first of
those who came meanwhile does the next. With one caller nothing is waited for, so a lone submission
is as fast as ever; with many, a commit costs little more than for one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic, sleep
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST = 64
"""So many share a commit; more would make the first of them wait too long."""
GATHER_SECONDS, STEP_SECONDS = 0.02, 0.002
"""Where the last commit was shared, others are about to come: the next waits for them, at most so
long, and only while somebody comes in each step."""


@dataclass(slots=True)
class _Ticket(Generic[Asked, Answer]):
    asked: Asked
    called: Event = field(default_factory=Event)
    done: bool = False
    answer: Answer | None = None
    fault: BaseException | None = None


@dataclass(slots=True)
class Together(Generic[Asked, Answer]):
    """Runs `work` on lists of what was asked; an answer each, in the same order."""

    work: Callable[[Sequence[Asked]], Sequence[Answer]]
    most: int = MOST
    _waiting: deque[_Ticket[Asked, Answer]] = field(default_factory=deque)
    _guard: Lock = field(default_factory=Lock)
    _busy: bool = False
    _crowd: int = 1

    def ask(self, asked: Asked) -> Answer:
        """The answer to one; whatever the shared work raised is raised to each who shared it."""
        ticket: _Ticket[Asked, Answer] = _Ticket(asked)
        with self._guard:
            self._waiting.append(ticket)
            leads, self._busy = not self._busy, True
        if not leads:
            ticket.called.wait()
        if not ticket.done:
            self._lead()
        if ticket.fault is not None:
            raise ticket.fault
        assert ticket.answer is not None
        return ticket.answer

    def _lead(self) -> None:
        """Do the work of all who wait, oneself the first of them; then call the next leader."""
        taken: list[_Ticket[Asked, Answer]] = []
        try:
            self._gather()
            taken = self._take()
            answers = self.work([ticket.asked for ticket in taken])
            for ticket, answer in zip(taken, answers, strict=True):
                ticket.answer = answer
        except BaseException as fault:
            # Also where an interrupt came before anybody was taken: nobody may wait for ever.
            taken = taken or self._take()
            for ticket in taken:
                ticket.fault = fault
        for ticket in taken:
            ticket.done = True
            ticket.called.set()
        with self._guard:
            self._crowd = len(taken) + len(self._waiting)
            self._busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].called.set()

    def _take(self) -> list[_Ticket[Asked, Answer]]:
        with self._guard:
            return [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]

    def _gather(self) -> None:
        """Wait for those who are about to come, as long as they keep coming."""
        until = monotonic() + GATHER_SECONDS
        seen = 0
        while seen < len(self._waiting) < min(self._crowd, self.most) and monotonic() < until:
            seen = len(self._waiting)
            sleep(STEP_SECONDS)
