"""The cases of a batch of submissions: read together, changed in memory, written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lamplit.domain.field import CampaignState, EnrollmentState, PlaceKind, Reason
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import read_answers
from lamplit.services.field.campaigns.cadence import enrolled_of
from lamplit.services.field.office import Office, Transaction, new_id
from lamplit.services.field.packs import pack_of
from lamplit.services.field.submissions.fold import Case
from lamplit.services.field.submissions.forms import Said, by_name
from lamplit.store import bulk, campaigns, enrollments, findings, submissions, tasks
from lamplit.store.schema import enrollment, finding, inbox, place, stock_move, submission, task
from lamplit.store.tree import above

if TYPE_CHECKING:
    from lamplit.services.field.submissions.submit import Entry

TASK = ("state", "performed_at", "performed_by", "submission_id", "owner_id", "claimed_until",
        "due_from", "due_until", "reason", "changed_at", "turn", "version")  # fmt: skip
ENROLLMENT = ("state", "outcome", "found", "attempts", "done_at", "done_why", "version")
FINDING = ("state", "note", "closed_at", "closed_by", "version")

Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """Cases by enrollment, and what is to be written at the end."""

    cases: dict[str, Case] = field(default_factory=dict)
    case_of_task: dict[str, str] = field(default_factory=dict)
    authors: set[str] = field(default_factory=set)
    before: dict[str, Row] = field(default_factory=dict)
    new_visits: list[tuple[Case, Row, Entry]] = field(default_factory=list)
    new_tasks: list[Row] = field(default_factory=list)
    new_findings: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    inbox: list[Row] = field(default_factory=list)

    @classmethod
    def load(cls, office: Office, tx: Transaction, entries: Sequence[Entry]) -> Batch:
        """The cases that some entries are about, locked; those of what they correct, too, and of
        what corrects the same or themselves: which of several stands is seen from all of them.
        """
        said = [entry.said for entry in entries if entry.said is not None]
        named = tasks.by_ids(tx.conn, {s.task_id for s in said if s.task_id})
        corrected = submissions.by_instance(tx.conn, [s.replaces for s in said if s.replaces])
        ids = {row.enrollment_id for row in named.values()}
        kin = {s.instance_id for s in said} | {s.replaces for s in said if s.replaces}
        rows = [*corrected.values(), *submissions.corrections_of(tx.conn, sorted(kin))]
        ids |= {row.enrollment_id for row in rows if row.enrollment_id}
        batch = cls(authors={e.row.person_id for e in entries if e.row.person_id})
        batch._open(office, tx, ids)
        return batch

    def case_of(
        self, office: Office, tx: Transaction, said: Said, pack: Pack
    ) -> tuple[Case | None, Row | None]:
        """The case and the task that a submission is about; (None, None) where there is neither."""
        known = self.case_of_task.get(said.task_id or "")
        if known is not None:
            case = self.cases[known]
            fits = case.pack.name == pack.name
            return (case, case.tasks[said.task_id or ""]) if fits else (None, None)
        if said.task_id or not said.place:
            return None, None
        found = self._at_place(tx, said, pack)
        if found is None:
            return None, None
        if found not in self.cases:
            self._open(office, tx, {found})
        return self.cases[found], None

    def read_for_closing(self, case: Case) -> None:
        """Read the earlier submissions of a case where they may settle what it holds."""
        if not case.findings or not case.pack.closes:
            return
        unread = [v for v in case.visits.values() if v["id"] not in case.readings]
        for row in unread:
            if "answers" in row:
                case.readings[row["id"]] = read_answers(case.pack, by_name(row["answers"]))

    def save(self, tx: Transaction) -> None:
        """Write what is new and what has changed."""
        conn = tx.conn
        cases = list(self.cases.values())
        bulk.add(conn, submission, [self._stored(made, e) for _, made, e in self.new_visits])
        bulk.add(conn, finding, self.new_findings)
        bulk.add_new(conn, task, self.new_tasks)
        bulk.add(conn, stock_move, self.moves)
        self._change(
            tx, submission, ("replaced_by",), (r for c in cases for r in c.visits.values())
        )
        self._change(tx, task, TASK, (r for c in cases for r in c.tasks.values()))
        self._change(tx, finding, FINDING, (r for c in cases for r in c.findings.values()))
        self._change(tx, enrollment, ENROLLMENT, (c.enrollment for c in cases))

    def save_inbox(self, tx: Transaction) -> None:
        """Write what became of the inbox rows."""
        bulk.change_all(tx.conn, inbox, self.inbox)

    def _stored(self, made: Row, entry: Entry) -> Row:
        return made | {"flags": entry.flags or None}

    def _change(
        self, tx: Transaction, table: Any, names: Sequence[str], rows: Iterable[Row]
    ) -> None:
        changed = []
        for row in rows:
            before = self.before.get(row["id"])
            if before is None or all(row[n] == before[n] for n in names):
                continue
            if "version" in names:
                row["version"] = before["version"] + 1
            changed.append({"id": row["id"], **{n: row[n] for n in names}})
        bulk.change_all(tx.conn, table, changed)

    def _open(self, office: Office, tx: Transaction, ids: Iterable[str]) -> None:
        """Lock and read some enrollments with all that hangs on them."""
        opened = [dict(row._mapping) for row in enrollments.lock(tx.conn, sorted(ids))]
        if not opened:
            return
        known = campaigns.by_ids(tx.conn, list({row["campaign_id"] for row in opened}))
        places = [row["place_id"] for row in opened]
        kinds = {
            row.id: PlaceKind(row.kind)
            for row in tx.conn.execute(
                select(place.c.id, place.c.kind).where(place.c.id.in_(sorted(set(places))))
            )
        }
        for row in opened:
            campaign = known[row["campaign_id"]]
            self._keep(row)
            self.cases[row["id"]] = Case(
                row,
                campaign,
                pack_of(office, campaign.programme),
                enrolled_of(
                    kinds[row["place_id"]], row["from_day"], row["until_day"], campaign,
                    office.zone,
                ),
            )  # fmt: skip
        self._fill(tx, [row["id"] for row in opened], places)

    def _fill(self, tx: Transaction, ids: Sequence[str], places: Sequence[str]) -> None:
        for found in tasks.lock_of(tx.conn, ids):
            row = dict(found._mapping)
            self._keep(row)
            self.cases[row["enrollment_id"]].tasks[row["id"]] = row
            self.case_of_task[row["id"]] = row["enrollment_id"]
        for found in submissions.of_enrollments(tx.conn, ids, places):
            row = dict(found._mapping)
            self._keep(row)
            self.cases[row["enrollment_id"]].visits[row["id"]] = row
        owner = {v["id"]: c for i in ids for c in [self.cases[i]] for v in c.visits.values()}
        for found in findings.of_submissions(tx.conn, list(owner)):
            row = dict(found._mapping)
            self._keep(row)
            owner[row["submission_id"]].findings[row["id"]] = row
        closing = [
            v for i in ids for c in [self.cases[i]] if c.pack.closes for v in c.visits.values()
        ]
        answers = submissions.answers_of(tx.conn, [v["id"] for v in closing])
        for visit in closing:
            visit["answers"] = answers[visit["id"]]

    def _keep(self, row: Row) -> None:
        self.before[row["id"]] = dict(row)

    def _at_place(self, tx: Transaction, said: Said, pack: Pack) -> str | None:
        """The enrollment of the place that a submission names; made where the campaign is open."""
        campaign = campaigns.find(tx.conn, said.campaign) if said.campaign else None
        if campaign is None or campaign.programme != pack.name:
            return None
        found = tx.conn.execute(
            select(place).where(
                (place.c.id == said.place)
                | (
                    (place.c.code == said.place)
                    & place.c.kind.in_([kind.value for kind in pack.subjects])
                )
            )
        ).first()
        if found is None:
            return None
        there = enrollments.at(tx.conn, campaign.id, found.id)
        if there is not None:
            return str(there.id)
        inside = campaign.place_id in set(tx.conn.scalars(above(found.id)))
        if campaign.state != CampaignState.OPEN or not inside or found.kind not in pack.subjects:
            return None
        made = enrollment_row(tx, campaign, found, Reason.REQUEST)
        bulk.add_new(tx.conn, enrollment, [made])
        there = enrollments.at(tx.conn, campaign.id, found.id)
        return str(there.id) if there is not None else None


def enrollment_row(
    tx: Transaction, campaign: Any, at: Any, reason: Reason, **more: Any
) -> dict[str, Any]:
    """A new enrollment of a place (a row of `place`, or the columns of one)."""
    made: dict[str, Any] = {
        "id": new_id(),
        "campaign_id": campaign.id,
        "place_id": at.id,
        "building_id": at.building_id,
        "community_id": at.community_id,
        "state": EnrollmentState.ACTIVE.value,
        "reason": reason.value,
        "random_pick": False,
        "rank": None,
        "signal": None,
        "evidence": None,
        "from_day": max(tx.today, campaign.starts),
        "until_day": None,
    }
    return made | more
