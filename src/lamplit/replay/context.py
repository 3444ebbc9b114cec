"""What every chapter of the story has at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.ledger import Ledger
from lamplit.replay.mind import Mind
from lamplit.replay.phone import Phone
from lamplit.replay.story import DAY, Scale, offline
from lamplit.replay.walk import Legs
from lamplit.replay.wire import Caller, Desk, Wire
from lamplit.services.field.office import Office

One = TypeVar("One")
Report = Callable[[float, float | None], None]
THREADS = 8


@dataclass
class World:
    """The stage, the wire, the clock and the book.

    `desk` is the leader's browser, `keys` are the people's tokens for the API, by code. `office` is
    at hand for the audit, which reads the store itself, and for nothing else.
    """

    scale: Scale
    office: Office
    days: Days
    clock: VirtualClock
    wire: Wire
    desk: Desk
    keys: dict[str, str]
    mind: Mind
    legs: Legs
    ledger: Ledger = field(default_factory=Ledger)
    phones: dict[str, Phone] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS))

    def at(self, minute: float) -> None:
        """Let the story's time be a minute; never back."""
        instant = self.days.instant(minute)
        if instant > self.clock():
            self.clock.turn_to(instant)

    def caller(self, code: str) -> Caller:
        """Somebody at the API."""
        return Caller(self.wire, self.keys[code])

    def phone(self, code: str) -> Phone:
        """Somebody's phone, set up by the leader when it is first asked for."""
        if code not in self.phones:
            wish = {"label": "phone", "scope": "openrosa", "person": code}
            made = self.desk.post("/tokens", wish)
            base = f"{self.wire.base}/v1/key/{made['secret']}/projects/1"
            gone: tuple[tuple[float, float], ...] = ()
            for day in range(40):
                gone += offline(self.scale, code, day)
            self.phones[code] = Phone(code, base, self.wire, self.scale.seed, gone)
        return self.phones[code]

    def together(self, work: Callable[[One], object], those: Iterable[One]) -> None:
        """Do one thing for many at once; the first fault is raised when all are through."""
        waiting = [self.pool.submit(work, one) for one in those]
        for one in waiting:
            one.exception()
        for one in waiting:
            one.result()

    def deliver(self, code: str, minute: float, born: dict[str, float], late: bool = False) -> None:
        """Let a phone send what it has, if it has a signal; `born`: when a form was filled in."""
        phone = self.phone(code)
        if phone.queue and phone.online(minute):
            for one in phone.send(late=late):
                waited = minute - born[one.instance_id]
                self.ledger.sent(one.instance_id, one.status, one.posts, waited, one.late)


def today(minute: float) -> int:
    """The story's day that a minute lies in."""
    return int(minute // DAY)
