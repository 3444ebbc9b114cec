"""Working submissions in: from bytes in the inbox to tasks, findings, stock and enrollments.

A batch is read in a handful of queries, worked out in memory, and written in a handful more, all in
one transaction. Enrollments are locked in one order, so batches of several servers don't deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import CampaignState, InboxState
from lamplit.domain.problems import campaigns as problems
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import read_answers
from lamplit.services.field.office import Office, Transaction, new_id
from lamplit.services.field.packs import pack_of_form
from lamplit.services.field.submissions import effects
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.services.field.submissions.casefile import Batch
from lamplit.services.field.submissions.entities import take_changes
from lamplit.services.field.submissions.fold import Case, settle, when
from lamplit.services.field.submissions.forms import Said, read
from lamplit.services.field.tasks.tasks import touch
from lamplit.store import log
from lamplit.store import submissions as store

SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=90)
"""A visit dated further back than this is doubted: the phone's clock may have been reset."""


@dataclass(frozen=True, slots=True)
class WorkedIn:
    """What became of one inbox row; `problem` is the code of what keeps it in quarantine."""

    inbox_id: str
    instance_id: str | None
    received_at: datetime
    submission_id: str | None = None
    task_id: str | None = None
    outcome: str | None = None
    flags: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(slots=True)
class Entry:
    """One inbox row on its way in."""

    row: Any
    said: Said | None = None
    pack: Pack | None = None
    problem: LamplitError | None = None
    campaign_id: str | None = None
    """The campaign that what is set aside goes with, where that is known."""
    submission: dict[str, Any] | None = None
    flags: list[str] = field(default_factory=list)


def work_in(
    office: Office,
    tx: Transaction,
    inbox_ids: Sequence[str],
    *,
    fault: str = "",
    approved: bool = False,
) -> dict[str, WorkedIn]:
    """Work in inbox rows that are still waiting; gives what became of each, by id.

    Rows that another worked in meanwhile are left out. `fault` quarantines them all with that
    reason; `approved` takes them although their author never had a role there (a leader said so).
    """
    rows = [r for r in store.take(tx.conn, inbox_ids) if r.state == InboxState.RECEIVED]
    entries = [_read(office, row, fault) for row in rows]
    _find_conflicts(tx, entries)
    batch = Batch.load(office, tx, [e for e in entries if e.problem is None])
    authors = Authors.load(tx, batch)
    for entry in sorted(entries, key=lambda e: (e.row.received_at, e.row.id)):
        if entry.problem is None:
            _place(office, tx, batch, authors, entry, approved)
    _supersede(tx, batch)
    for case in batch.cases.values():
        batch.read_for_closing(case)
        settle(case, tx.now)
    for case in batch.cases.values():
        effects.next_attempt(office, tx, batch, case)
    taken = [e for e in entries if e.submission is not None]
    take_changes(tx, batch, authors, taken, approved=approved)
    batch.save(tx)
    _renew_claims(tx, batch)
    _finish(tx, batch, entries)
    return {entry.row.id: _outcome(entry) for entry in entries}


def _read(office: Office, row: Any, fault: str) -> Entry:
    entry = Entry(row)
    try:
        if fault:
            raise LamplitError(problems.FAULT, reason=fault)
        entry.said = read(row.content_type, row.body)
        entry.pack = pack_of_form(office, entry.said.form_id)
        if entry.pack is None:
            raise LamplitError(problems.UNKNOWN_FORM, form=entry.said.form_id)
    except LamplitError as problem:
        entry.problem = problem
    return entry


def _find_conflicts(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Whoever bears an instance id that another bears already, with other bytes, waits."""
    read_ = [(e, e.said.instance_id) for e in entries if e.said is not None and e.problem is None]
    known = store.by_instance(tx.conn, [instance for _, instance in read_])
    there = set(known)
    for entry, instance in sorted(
        read_, key=lambda pair: (pair[0].row.received_at, pair[0].row.id)
    ):
        if instance in there:
            entry.problem = LamplitError(problems.CONFLICT)
            entry.campaign_id = known[instance].campaign_id if instance in known else None
        there.add(instance)


def _place(
    office: Office,
    tx: Transaction,
    batch: Batch,
    authors: Authors,
    entry: Entry,
    approved: bool,
) -> None:
    """Give an entry its case and its submission; or the problem that keeps it out."""
    assert entry.said is not None and entry.pack is not None
    case, task = batch.case_of(office, tx, entry.said, entry.pack)
    if case is None:
        entry.problem = LamplitError(problems.NO_TASK)
        return
    place_id = case.enrollment["place_id"]
    standing = authors.standing(entry.row.person_id, place_id, trusted=entry.row.person_id is None)
    if standing is Standing.STRANGER and not approved and not _owns(entry, task):
        entry.problem = LamplitError(problems.STRANGER)
        entry.campaign_id = case.enrollment["campaign_id"]
        return
    reading = read_answers(entry.pack, entry.said.by_name)
    made = _submission(entry, case, task, reading.outcome.value, reading.found.value)
    entry.submission = made
    entry.flags = _flags(entry, case, task, standing, made)
    case.visits[made["id"]] = made
    case.readings[made["id"]] = reading
    batch.new_visits.append((case, made, entry))


def _owns(entry: Entry, task: dict[str, Any] | None) -> bool:
    return task is not None and task["owner_id"] == entry.row.person_id is not None


def _submission(
    entry: Entry, case: Case, task: dict[str, Any] | None, outcome: str, found: str
) -> dict[str, Any]:
    said, row = entry.said, entry.row
    assert said is not None
    return {
        "id": new_id(),
        "instance_id": said.instance_id,
        "inbox_id": row.id,
        "campaign_id": case.enrollment["campaign_id"],
        "enrollment_id": case.enrollment["id"],
        "task_id": task["id"] if task else None,
        "place_id": case.enrollment["place_id"],
        "programme": case.pack.name,
        "form_id": said.form_id,
        "form_version": said.form_version,
        "author_id": row.person_id,
        "received_at": row.received_at,
        "started_at": said.started_at,
        "ended_at": said.ended_at,
        "device_id": said.device_id or row.device_id,
        "answers": said.answers,
        "outcome": outcome,
        "found": found,
        "flags": None,
        "replaces": said.replaces,
        "replaced_by": None,
    }


def _flags(
    entry: Entry,
    case: Case,
    task: dict[str, Any] | None,
    standing: Standing,
    made: dict[str, Any],
) -> list[str]:
    assert entry.said is not None
    flags = []
    if case.campaign.state != CampaignState.OPEN:
        flags.append("late")
    if standing is Standing.FORMER:
        flags.append("after_withdrawal")
    ended, received, started = made["ended_at"], made["received_at"], made["started_at"]
    ahead = ended is not None and ended > received + SKEW
    stale = ended is not None and ended < received - OLDEST
    if ahead or stale or (started and ended and started > ended + SKEW):
        flags.append("clock_skew")
    if task and task["owner_id"] not in (None, made["author_id"]):
        flags.append("not_owner")
    performed = task and task["performed_by"] not in (None, made["author_id"])
    if performed and not entry.said.replaces:
        flags.append("repeated")
    if entry.said.form_version != case.pack.version:
        flags.append("old_version")
    if entry.said.replaces:
        flags.append("corrected")
    return flags


def _supersede(tx: Transaction, batch: Batch) -> None:
    """Mark what is corrected, whichever of the two came first; then let effects follow.

    Of two corrections of one instance the one that was made last stands. The cases of all that
    correct what is new, or the same as it does, lie open (see `Batch.load`); of others some may.
    """
    new = [made for _, made, _ in batch.new_visits]
    touched = {made["instance_id"] for made in new} | {made["replaces"] for made in new}
    known = {v["instance_id"]: v for case in batch.cases.values() for v in case.visits.values()}
    corrections: dict[str, list[dict[str, Any]]] = {}
    for visit in sorted(known.values(), key=lambda v: (when(v), v["instance_id"])):
        if visit["replaces"] and visit["replaces"] in touched:
            corrections.setdefault(visit["replaces"], []).append(visit)
    for instance, visits in corrections.items():
        for earlier in [v for v in (known.get(instance), *visits[:-1]) if v]:
            earlier["replaced_by"] = visits[-1]["instance_id"]
    for case in batch.cases.values():
        effects.undo_replaced(tx, batch, case)
    for case, made, entry in batch.new_visits:
        effects.apply(tx, batch, case, made, entry.flags)


def _renew_claims(tx: Transaction, batch: Batch) -> None:
    """Who sends something in is alive: the other claims of that person go on."""
    alive: dict[str, set[str]] = {}
    packs: dict[str, Pack] = {}
    for case, made, _ in batch.new_visits:
        if made["author_id"]:
            alive.setdefault(made["campaign_id"], set()).add(made["author_id"])
            packs[made["campaign_id"]] = case.pack
    for campaign_id, people in alive.items():
        touch(tx, people, campaign_id, timedelta(hours=packs[campaign_id].lease_hours))


def _finish(tx: Transaction, batch: Batch, entries: Sequence[Entry]) -> None:
    """Close the inbox rows, and log who sent what."""
    for entry in entries:
        state = InboxState.QUARANTINED if entry.problem else InboxState.PROCESSED
        batch.inbox.append(
            {
                "id": entry.row.id,
                "state": state.value,
                "problem": entry.problem.code if entry.problem else None,
                "campaign_id": entry.campaign_id,
            }
        )
        tx.entries.append(_log_entry(tx, entry))
    batch.save_inbox(tx)


def _log_entry(tx: Transaction, entry: Entry) -> log.Entry:
    made, row = entry.submission, entry.row
    via = row.transport if row.transport in ("openrosa", "api") else "system"
    if made is None or entry.problem is not None:
        data = {"problem": entry.problem.code if entry.problem else "", "sha256": row.sha256}
        return log.Entry(
            tx.now, row.person_id, via, "submission.quarantined", "inbox", row.id, data=data
        )
    data = {"instance": made["instance_id"], "sha256": row.sha256, "outcome": made["outcome"]}
    if entry.flags:
        data["flags"] = entry.flags
    if made["task_id"]:
        data["task"] = made["task_id"]
    return log.Entry(
        tx.now, row.person_id, via, "submission.received", "submission", made["id"],
        made["place_id"], made["campaign_id"], None, data,
    )  # fmt: skip


def _outcome(entry: Entry) -> WorkedIn:
    row, made = entry.row, entry.submission
    instance = entry.said.instance_id if entry.said else row.instance_id
    if entry.problem is not None or made is None:
        code = entry.problem.code if entry.problem else problems.NO_TASK.code
        return WorkedIn(row.id, instance, row.received_at, problem=code)
    return WorkedIn(
        row.id, instance, row.received_at, made["id"], made["task_id"], made["outcome"],
        tuple(entry.flags),
    )  # fmt: skip
