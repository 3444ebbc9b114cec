"""The nights that were worked, whoever began them: a page, a command, or a timer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.jobs import JobKind, JobState
from lamplit.services.field import door
from lamplit.services.field.office import Actor, Office
from lamplit.services.night.runs import Run, runs
from lamplit.store import jobs as store

Mark = tuple[datetime, str]
"""When a night was asked for, and its id: where a list goes on."""


@dataclass(frozen=True, slots=True)
class NightRun:
    """Nights that were worked together. `by`: asked for on a page, or by a command or a timer.

    The counts are None while they are at work, and where they failed; `problem` is as
    `LamplitError.kept` gives it.
    """

    id: str
    by: Literal["page", "command"]
    state: JobState
    made_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    through: date | None
    nights: int | None
    homes: int | None
    reworked_homes: int | None
    reworked_from: date | None
    problem: dict[str, Any] | None

    @property
    def mark(self) -> Mark:
        """Its place in the list."""
        return self.made_at, self.id


def last_nights(
    office: Office, actor: Actor, after: Mark | None = None, limit: int = 50
) -> list[NightRun]:
    """The runs of the nights, the newest first, from after a mark.

    They are everybody's who works with readings. Needs IMPORT, OPERATE or ANALYSE somewhere.
    Raises LamplitError `door.not-allowed`.
    """
    with office.read(actor) as tx:
        door.require_one_of(tx, Ability.IMPORT, Ability.OPERATE, Ability.ANALYSE)
        asked = store.of_kind(tx.conn, JobKind.NIGHT, after, limit)
        noted = [
            one for one in runs(office.home) if after is None or (one.began_at, one.id) < after
        ]
        known = store.known(tx.conn, [one.job for one in noted if one.job])
    found = [_of_job(row) for row in asked]
    found += [_of_run(one) for one in noted if one.job not in known]
    return sorted(found, key=lambda one: one.mark, reverse=True)[:limit]


def _of_job(row: Row[Any]) -> NightRun:
    told = row.result or {}
    since = told.get("reworked_from")
    return NightRun(
        row.id, "page", JobState(row.state), row.made_at, row.began_at, row.ended_at,
        date.fromisoformat(told["through"]) if told.get("through") else None, told.get("nights"),
        told.get("homes"), told.get("reworked_homes"),
        date.fromisoformat(since) if since else None, row.problem,
    )  # fmt: skip


def _of_run(one: Run) -> NightRun:
    return NightRun(
        one.id, "page" if one.job else "command", one.state, one.began_at, one.began_at,
        one.ended_at, one.through, one.nights, one.homes, one.reworked_homes, one.reworked_from,
        one.problem,
    )  # fmt: skip
