"""Requests that bear a key are done once; their answers are kept for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems
from lamplit.services.field.office import Office
from lamplit.store.schema import idempotency

KEEP = timedelta(days=1)
DEAD = timedelta(minutes=2)
"""A request that has been at work for so long died with its process; the key is free again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A kept answer."""

    status: int
    body: bytes
    headers: dict[str, str]


def reserve(office: Office, person_id: str, key: str, request_sha256: str) -> Answer | None:
    """Take a key to work on, or give the answer that is kept for it.

    Raises LamplitError `web.key-reused` or `web.key-at-work`.
    """
    now = office.clock()
    row = {"person_id": person_id, "key": key, "request_sha256": request_sha256}
    try:
        with office.db.begin() as conn:
            # A dead reservation or an answer kept for long enough makes room.
            conn.execute(
                delete(idempotency).where(
                    _is(person_id, key),
                    (idempotency.c.created_at < now - KEEP)
                    | (idempotency.c.status.is_(None) & (idempotency.c.created_at < now - DEAD)),
                )
            )
            conn.execute(insert(idempotency).values(created_at=now, **row))
        return None
    except IntegrityError:
        pass
    with office.db.read() as conn:
        found = conn.execute(select(idempotency).where(_is(person_id, key))).one_or_none()
    if found is not None and found.request_sha256 != request_sha256:
        raise LamplitError(problems.KEY_REUSED)
    if found is None or found.status is None:
        raise LamplitError(problems.KEY_AT_WORK)
    return Answer(found.status, found.answer, found.headers)


def keep(office: Office, person_id: str, key: str, answer: Answer) -> None:
    """Keep the answer of a key's request."""
    values: dict[str, Any] = {
        "status": answer.status, "answer": answer.body, "headers": answer.headers,
    }  # fmt: skip
    with office.db.begin() as conn:
        conn.execute(update(idempotency).where(_is(person_id, key)).values(**values))


def release(office: Office, person_id: str, key: str) -> None:
    """Let go of a key whose request did nothing."""
    with office.db.begin() as conn:
        conn.execute(delete(idempotency).where(_is(person_id, key), idempotency.c.status.is_(None)))


def expire(office: Office) -> int:
    """Forget answers that were kept for long enough; gives how many."""
    with office.db.begin() as conn:
        old = delete(idempotency).where(idempotency.c.created_at < office.clock() - KEEP)
        return conn.execute(old).rowcount


def _is(person_id: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.person_id == person_id, idempotency.c.key == key)
