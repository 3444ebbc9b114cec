"""How often something may be tried. Counted in the store, so that all server processes agree.

A try is counted in a transaction of its own: what fails and is rolled back was tried all the
same. Addresses are never kept: a bucket names their hash under a salt that is thrown away daily.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import accounts as problems
from lamplit.services.field.office import Office
from lamplit.services.home import write_atomically
from lamplit.store.schema import throttle

KEEP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `window`; the next one locks for `lock`."""

    name: str
    tries: int
    window: timedelta
    lock: timedelta


def count(office: Office, limit: Limit, who: str) -> None:
    """Count one try of `who`; raise LamplitError `accounts.too-many-tries` where it is too many."""
    bucket = f"{limit.name}:{_short(who)}"
    now = office.clock()
    with office.db.begin() as conn:
        _begin_bucket(conn, bucket, now)
        row = conn.execute(
            select(throttle).where(throttle.c.bucket == bucket).with_for_update()
        ).one()
        if row.locked_until is not None and row.locked_until > now:
            wait = row.locked_until - now
        else:
            fresh = row.window_from <= now - limit.window
            tries = 1 if fresh else row._mapping["count"] + 1
            locked = now + limit.lock if tries > limit.tries else None
            conn.execute(
                update(throttle)
                .where(throttle.c.bucket == bucket)
                .values(
                    count=tries,
                    window_from=now if fresh else row.window_from,
                    locked_until=locked,
                )
            )
            wait = limit.lock if locked else timedelta(0)
    if wait:
        seconds = math.ceil(wait.total_seconds())
        raise LamplitError(problems.TOO_MANY_TRIES, wait=_told(seconds), seconds=seconds)


def _told(seconds: int) -> Text:
    """How long to wait, as one says it: in minutes from two on."""
    if seconds < 120:
        return Text(f"{seconds} seconds" if seconds != 1 else "1 second", f" {seconds} 秒")
    minutes = math.ceil(seconds / 60)
    return Text(f"{minutes} minutes", f" {minutes} 分钟")


def forgive(office: Office, limit: Limit, who: str) -> None:
    """Forget the tries of `who`, after one that succeeded."""
    with office.db.begin() as conn:
        conn.execute(delete(throttle).where(throttle.c.bucket == f"{limit.name}:{_short(who)}"))


def address_mark(office: Office, address: str) -> str:
    """A mark that stands for an address today and for nothing tomorrow."""
    salt = _salt(office, office.local_day(office.clock()))
    return hmac.new(salt, address.encode(), hashlib.sha256).hexdigest()


def expire(office: Office) -> int:
    """Forget buckets that no limit looks at any more; gives how many."""
    now = office.clock()
    with office.db.begin() as conn:
        gone = delete(throttle).where(
            throttle.c.window_from < now - KEEP,
            or_(throttle.c.locked_until.is_(None), throttle.c.locked_until < now),
        )
        return conn.execute(gone).rowcount


def _begin_bucket(conn: Connection, bucket: str, now: datetime) -> None:
    """See that the bucket's row is there, so that it can be locked; both databases know how."""
    # Two first tries at once must not fail on each other.
    row = {"bucket": bucket, "count": 0, "window_from": now}
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    conn.execute(make(throttle).values(**row).on_conflict_do_nothing())


def _short(who: str) -> str:
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()[:32]


def _salt(office: Office, day: date) -> bytes:
    """Today's salt; yesterday's is overwritten, so that its marks can't be worked out again."""
    file = office.home.store_dir / "address-salt"
    try:
        kept_day, _, kept = file.read_text("ascii").strip().partition(" ")
        if kept_day == day.isoformat():
            return bytes.fromhex(kept)
    except (OSError, ValueError):
        pass
    made = secrets.token_bytes(32)
    write_atomically(file, f"{day.isoformat()} {made.hex()}\n")
    file.chmod(0o600)
    return made
