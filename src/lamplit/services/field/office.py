"""The field office: the store, the clock, and who is acting. Every service begins here."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lamplit.services.home import Home
from lamplit.store import log, migrate
from lamplit.store.database import Database

Clock = Callable[[], datetime]
"""Gives the present instant, aware; tests and the replay pass their own."""


def system_clock() -> datetime:
    """The machine's own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and by which way in.

    `person_id` is None for the machine itself (`system`) and for the operator at the command
    line (`cli`): whoever may write the home's files is trusted with it, and the log says so.
    """

    person_id: str | None
    via: str = "api"
    token_id: str | None = None

    @property
    def trusted(self) -> bool:
        """Whether the door lets it through without an assignment."""
        return self.person_id is None and self.via in ("cli", "system")


CLI = Actor(None, "cli")
SYSTEM = Actor(None, "system")


@dataclass(slots=True)
class Transaction:
    """One thing that somebody means to do: what it reads, what it changes, what it logs."""

    conn: Connection
    now: datetime
    today: date
    actor: Actor
    entries: list[log.Entry] = field(default_factory=list)

    def log(
        self,
        kind: str,
        subject_kind: str,
        subject_id: str,
        *,
        place_id: str | None = None,
        campaign_id: str | None = None,
        purpose: str | None = None,
        **data: Any,
    ) -> None:
        """Note an event (`task.claimed`); it is chained into the log when the transaction ends."""
        self.entries.append(
            log.Entry(
                self.now,
                self.actor.person_id,
                self.actor.via,
                kind,
                subject_kind,
                subject_id,
                place_id,
                campaign_id,
                purpose,
                data or None,
            )
        )


@dataclass(frozen=True, slots=True)
class Office:
    """A home's field office. Make one a process; it is safe among threads."""

    home: Home
    db: Database
    clock: Clock = system_clock

    @classmethod
    def open(cls, home: Home, clock: Clock = system_clock) -> Office:
        """The office of `home`, with its tables made where the store is empty.

        The store is LAMPLIT_STORE_URL, else `[store] url` in lamplit.toml, else SQLite in the
        home. Raises the LamplitErrors of `Database` and of `migrate.check`.
        """
        db = Database(store_url(home))
        migrate.check(db)
        return cls(home, db, clock)

    @property
    def zone(self) -> ZoneInfo:
        """The zone that says what a local day is."""
        return ZoneInfo(self.home.timezone)

    @property
    def media_dir(self) -> Path:
        """Where photos lie, named by their SHA-256."""
        return self.home.store_dir / "media"

    def local_day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.zone).date()

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Transaction]:
        """A transaction that writes: all of it and its log entries, or nothing."""
        with self.db.begin() as conn:
            now = self.clock()
            tx = Transaction(conn, now, self.local_day(now), actor)
            yield tx
            if tx.entries:
                log.append(conn, tx.entries)

    @contextmanager
    def read(self, actor: Actor) -> Iterator[Transaction]:
        """A transaction that only reads; what opens a home is logged, and so needs `begin`."""
        with self.db.read() as conn:
            now = self.clock()
            yield Transaction(conn, now, self.local_day(now), actor)


def store_url(home: Home) -> str:
    """Where the store of a home is."""
    named = os.environ.get("LAMPLIT_STORE_URL") or home.config.store.get("url")
    return named or f"sqlite:///{home.store_dir.resolve() / 'lamplit.db'}"


def has_store(home: Home) -> bool:
    """Whether a home has a store yet: one is named, or the file is there."""
    named = os.environ.get("LAMPLIT_STORE_URL") or home.config.store.get("url")
    return bool(named) or (home.store_dir / "lamplit.db").is_file()


def new_id() -> str:
    """A new UUIDv4."""
    return str(uuid.uuid4())
