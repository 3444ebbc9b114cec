"""Many who wait for the disk commit together (group commit).

Whoever comes first does the work of all who came by then; the others wait for it. With one caller
nothing is waited for, so a lone submission is as fast as ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import sleep
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST = 64
"""So many share a commit; more would make the first of them wait too long."""
GATHER_SECONDS = 0.004
"""Where the last commit was shared, others are about to come: the next waits for them so long."""


@dataclass(slots=True)
class _Ticket(Generic[Asked, Answer]):
    asked: Asked
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
    _turn: Lock = field(default_factory=Lock)
    _last: int = 1

    def ask(self, asked: Asked) -> Answer:
        """The answer to one; whatever the shared work raised is raised to each who shared it."""
        ticket: _Ticket[Asked, Answer] = _Ticket(asked)
        with self._guard:
            self._waiting.append(ticket)
        while not ticket.done:
            with self._turn:
                if not ticket.done:
                    self._work()
        if ticket.fault is not None:
            raise ticket.fault
        assert ticket.answer is not None
        return ticket.answer

    def _work(self) -> None:
        if len(self._waiting) < self._last:
            sleep(GATHER_SECONDS)
        with self._guard:
            taken = [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]
        self._last = len(taken)
        try:
            answers = self.work([ticket.asked for ticket in taken])
            for ticket, answer in zip(taken, answers, strict=True):
                ticket.answer = answer
        except BaseException as fault:
            for ticket in taken:
                ticket.fault = fault
        for ticket in taken:
            ticket.done = True
