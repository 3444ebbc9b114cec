"""What every part of the story has at hand: the office, the clock, the names, the next minute."""

from __future__ import annotations

import heapq
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import Row, select

from lamplit.replay.chance import dice
from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.mind import Mind
from lamplit.replay.neighbourhood.cast import Scale
from lamplit.replay.story import Member
from lamplit.replay.walk import Legs
from lamplit.services.field.office import CLI, Actor, Office
from lamplit.services.field.packs import FORM_PREFIX, pack_of
from lamplit.services.field.submissions import inbox
from lamplit.services.field.submissions.inbox import Receipt
from lamplit.store import tasks
from lamplit.store.schema import person, place, task

DAY = 1440.0
Act = Callable[..., object]


@dataclass
class Timeline:
    """What happens when: acts at minutes of the story, each in its turn, none after `until`."""

    until: float
    _waiting: list[tuple[float, int, Act, tuple[Any, ...]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def at(self, minute: float, act: Act, *about: Any) -> None:
        """Let something happen at a minute; what lies beyond the story's end does not."""
        if minute <= self.until:
            heapq.heappush(self._waiting, (minute, next(self._numbers), act, about))

    def run(self, turn: Callable[[float], None], moved: Callable[[float], None]) -> None:
        """Let everything happen, in order of time; an act may add others."""
        while self._waiting:
            minute, _, act, about = heapq.heappop(self._waiting)
            turn(minute)
            act(*about)
            moved(minute)


@dataclass
class Hood:
    """The story while it goes on.

    `communities` are codes, the fullest on tonight's list first; `now` is the last minute.
    """

    scale: Scale
    office: Office
    days: Days
    clock: VirtualClock
    mind: Mind
    legs: Legs
    communities: tuple[str, ...]
    now: float = 0.0
    members: list[Member] = field(default_factory=list)
    timeline: Timeline = field(default_factory=lambda: Timeline(0.0))
    people: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)
    """Which home of the town a place is."""
    _filled: int = 0

    def ends(self, minute: float) -> None:
        """Let the story break off at a minute."""
        self.now, self.timeline = minute, Timeline(minute)

    @property
    def main(self) -> str:
        """The community that is swept now."""
        return self.communities[0]

    def at(self, day: int, hour: float, act: Act, *about: Any) -> None:
        """Let something happen on a day of the story at an hour."""
        self.timeline.at(day * DAY + hour * 60, act, *about)

    def turn(self, minute: float) -> None:
        """Let it be a minute; never back."""
        instant = self.days.instant(minute)
        if instant > self.clock():
            self.clock.turn_to(instant)

    def learn(self) -> None:
        """Read the ids of people and places anew."""
        number = {code: at for at, code in enumerate(self.mind.truth.doors.household)}
        with self.office.read(CLI) as tx:
            bearers = tx.conn.execute(select(person.c.code, person.c.id)).all()
            rows = tx.conn.execute(select(place.c.code, place.c.id, place.c.kind)).all()
        self.people = {row.code: row.id for row in bearers}
        self.places = {row.code: row.id for row in rows}
        self.homes = {r.id: number[r.code] for r in rows if r.kind == "household"}

    def as_(self, code: str) -> Actor:
        """Somebody, acting through the pages."""
        return Actor(self.people[code], "api")

    def submit(
        self,
        author: str,
        programme: str,
        answers: Mapping[str, str],
        *,
        task_id: str = "",
        minute: float,
        took: float = 0.0,
        **more: Any,
    ) -> Receipt:
        """Send in a form as the pages do; the clock stands where the visit ends."""
        self._filled += 1
        drawn = dice(self.scale.seed, "form", self._filled)
        said = {
            "instance_id": f"uuid:{uuid.UUID(int=drawn.getrandbits(128), version=4)}",
            "form_id": f"{FORM_PREFIX}{programme}",
            "form_version": pack_of(self.office, programme).version,
            "started_at": self.days.instant(minute).isoformat(),
            "ended_at": self.days.instant(minute + took).isoformat(),
            "device_id": f"demo:{author}",
            "answers": dict(answers),
        }
        if task_id:
            said["task"] = task_id
        return self.send(author, said | more)

    def send(self, author: str, said: Mapping[str, Any] | bytes, kind: str = "json") -> Receipt:
        """Send bytes to the inbox in somebody's name."""
        body = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
        return inbox.receive(
            self.office, self.as_(author), transport="api", content_type=f"application/{kind}",
            body=body, device_id=f"demo:{author}",
        )  # fmt: skip

    def open_task(self, campaign_id: str, place_id: str) -> Row[Any] | None:
        """The task that stands open at a place and whose time has come, the oldest first."""
        with self.office.read(CLI) as tx:
            return tx.conn.execute(
                select(task)
                .where(
                    task.c.campaign_id == campaign_id, task.c.place_id == place_id,
                    task.c.state.in_(tasks.OPEN), task.c.due_from <= tx.now,
                    task.c.origin == "cadence",
                )
                .order_by(task.c.due_from)
                .limit(1)
            ).one_or_none()  # fmt: skip
