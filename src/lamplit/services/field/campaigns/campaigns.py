"""Campaigns: made as a draft with a stated purpose, opened, closed with a report, reopened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import CAMPAIGN_TEXT, CampaignState, PlaceKind
from lamplit.domain.language import Text
from lamplit.domain.problems import campaigns as problems
from lamplit.programmes.pack import Pack
from lamplit.services.field.campaigns.report import close_report
from lamplit.services.field.campaigns.report_release import released
from lamplit.services.field.campaigns.ways import knock_first
from lamplit.services.field.door import may, require
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.packs import pack_of, pack_or_none
from lamplit.services.field.places.places import resolve_place
from lamplit.store import campaigns as store
from lamplit.store.guard import not_found
from lamplit.store.schema import campaign

PARAMETERS: dict[str, str] = {
    "way": "one of the programme's ways of enrolling",
    "random_share": "a number between 0 and 0.2",
}
"""What a campaign may set; whatever is left out is as the pack has it."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it is shown. `deadline` and the other instants are aware UTC.

    `report` is whole for those who may see the doors at its place, and else as
    `report_release.released` makes it. `knock_first`: what the meters say of its doors is told once
    a door is settled (see `ways`). `subjects`: the kinds of place that its programme goes to; none
    where that can't be read any more.
    """

    id: str
    code: str
    programme: str
    programme_version: str
    name: Text
    purpose: str
    place_id: str
    state: CampaignState
    starts: date
    deadline: datetime
    parameters: dict[str, Any]
    knock_first: bool
    swept_through: date | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    list_expires_at: datetime | None = None
    report: dict[str, Any] | None = field(default=None, repr=False)
    version: int = 1
    subjects: tuple[PlaceKind, ...] = ()


def create(
    office: Office,
    actor: Actor,
    *,
    code: str,
    programme: str,
    place: str,
    purpose: str,
    name: Text | None = None,
    starts: datetime | date | None = None,
    deadline: datetime | date | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Campaign:
    """Make a draft. Needs the ability `lead` at the place.

    `purpose` is one of the pack's codes; `place` a code or id; `starts` is a day, or an
    instant on it, and defaults to today; a `deadline` given as a day ends with it, and defaults to
    the end of the pack's first window.
    Raises LamplitError `programme.unknown`, `campaign.no-purpose`, `campaign.bad-parameter`,
    `campaign.bad-dates`, `campaign.code-taken`, `place.*`, `door.not-allowed`.
    """
    pack = pack_of(office, programme)
    _check_purpose(pack, purpose)
    asked = _checked(pack, parameters or {})
    if not _CODE.fullmatch(code):
        wanted = Text("letters, digits, - _ .", "字母、数字、- _ .")
        raise LamplitError(problems.BAD_PARAMETER, name="code", value=code, wanted=wanted)
    with office.begin(actor) as tx:
        scope = resolve_place(tx.conn, place)
        require(tx, Ability.LEAD, scope.id)
        if store.find(tx.conn, code) is not None:
            raise LamplitError(problems.CODE_TAKEN, campaign=code)
        first = _first_day(office, starts) or tx.today
        title = name or pack.title
        row = {
            "id": new_id(),
            "code": code,
            "programme": pack.name,
            "programme_version": pack.version,
            "name_zh": title.zh,
            "name_en": title.en,
            "purpose": purpose,
            "place_id": scope.id,
            "state": CampaignState.DRAFT.value,
            "starts": first,
            "deadline": _deadline(office, pack, first, deadline),
            "parameters": asked or None,
            "created_at": tx.now,
            "created_by": actor.person_id,
        }
        tx.conn.execute(insert(campaign).values(**row))
        tx.log(
            "campaign.created", "campaign", str(row["id"]), place_id=scope.id,
            campaign_id=str(row["id"]), purpose=purpose, code=code, programme=pack.name,
        )  # fmt: skip
        return shown(office, get(tx.conn, code))


def open_campaign(office: Office, actor: Actor, wanted: str) -> Campaign:
    """Open a draft. Enrolling and tasks come with `enrol.open_sweep`, or by its other ways.

    Raises LamplitError `store.not-found`, `campaign.not-in-state`, `campaign.bad-dates` where the
    deadline is past, `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.LEAD, row.place_id)
        if row.deadline <= tx.now:
            raise LamplitError(problems.BAD_DATES, deadline=row.deadline, starts=tx.today)
        _move(tx, row, CampaignState.DRAFT, CampaignState.OPEN, "opened", opened_at=tx.now)
        return shown(office, get(tx.conn, row.id))


def close(office: Office, actor: Actor, wanted: str, *, note: str = "") -> Campaign:
    """Close a campaign for good or for now, with its report (see `report.close_report`).

    Open tasks are cancelled with the reason `closed`; what comes in later is taken and flagged.
    Its list of homes expires `expiry.list_days` of the pack after. Raises as `open_campaign`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.LEAD, row.place_id)
        pack = pack_of(office, row.programme)
        before = CampaignState.DRAFT if row.state == CampaignState.DRAFT else CampaignState.OPEN
        store.lock(tx.conn, row.id)
        report = close_report(tx, pack, row)
        cancelled = store.cancel_open(tx.conn, row.id, "closed", tx.now)
        _move(
            tx, row, before, CampaignState.CLOSED, "closed", closed_at=tx.now, report=report,
            list_expires_at=tx.now + timedelta(days=pack.list_days), note=note, cancelled=cancelled,
        )  # fmt: skip
        return shown(office, get(tx.conn, row.id))


def reopen(
    office: Office, actor: Actor, wanted: str, *, deadline: datetime | date, reason: str
) -> Campaign:
    """Open a closed campaign again, with a new deadline; tasks cancelled by the close are back.

    Raises as `open_campaign`; `task.reason` where no reason is given.
    """
    if not reason.strip():
        raise LamplitError(problems.TASK_REASON)
    with office.begin(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.LEAD, row.place_id)
        pack = pack_of(office, row.programme)
        until = _deadline(office, pack, row.starts, deadline)
        if until <= tx.now:
            raise LamplitError(problems.BAD_DATES, deadline=until, starts=tx.today)
        revived = store.revive(tx.conn, row.id, "closed", tx.now)
        _move(
            tx, row, CampaignState.CLOSED, CampaignState.OPEN, "reopened", deadline=until,
            closed_at=None, list_expires_at=None, note=reason, revived=revived,
        )  # fmt: skip
        return shown(office, get(tx.conn, row.id))


def status(office: Office, actor: Actor, wanted: str) -> Campaign:
    """One campaign, by code or id. Raises LamplitError `store.not-found`, `door.not-allowed`."""
    with office.read(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.SEE_AREA, row.place_id)
        return _told(office, tx, row)


def watched(office: Office, actor: Actor, wanted: str) -> str:
    """The id of a campaign that somebody may watch: who counts what happens counts single homes.

    Needs SEE_DOORS. Raises LamplitError `store.not-found`, `door.not-allowed`.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.SEE_DOORS, row.place_id)
        return str(row.id)


def campaigns(office: Office, actor: Actor, *states: CampaignState) -> list[Campaign]:
    """The campaigns that somebody may see, by start and code."""
    with office.read(actor) as tx:
        rows = store.in_state(tx.conn, *states)
        allowed = {place: may(tx, Ability.SEE_AREA, place) for place in {r.place_id for r in rows}}
        return [_told(office, tx, row) for row in rows if allowed[row.place_id]]


def get(conn: Connection, wanted: str) -> Row[Any]:
    """The row of a campaign, by code or id. Raises LamplitError `store.not-found`."""
    row = store.find(conn, wanted)
    if row is None:
        raise not_found(campaign, wanted)
    return row


def require_open(row: Row[Any]) -> None:
    """Raise LamplitError `campaign.not-in-state` where a campaign is not open."""
    if row.state != CampaignState.OPEN:
        raise not_in_state(row)


def not_in_state(row: Row[Any]) -> LamplitError:
    """The problem of a campaign that is in another state."""
    state = CAMPAIGN_TEXT[CampaignState(row.state)]
    return LamplitError(problems.NOT_IN_STATE, campaign=row.code, state=state)


def shown(office: Office, row: Row[Any]) -> Campaign:
    """A campaign's row as it is shown."""
    pack = pack_or_none(office, row.programme)
    subjects = tuple(sorted(pack.subjects)) if pack else ()
    return Campaign(
        row.id, row.code, row.programme, row.programme_version, Text(row.name_en, row.name_zh),
        row.purpose, row.place_id, CampaignState(row.state), row.starts, row.deadline,
        row.parameters or {}, knock_first(office, row), row.swept_through, row.opened_at,
        row.closed_at, row.list_expires_at, row.report, row.version, subjects,
    )  # fmt: skip


def _told(office: Office, tx: Transaction, row: Row[Any]) -> Campaign:
    """A campaign as who asks may see it."""
    found = shown(office, row)
    if found.report is None or may(tx, Ability.SEE_DOORS, row.place_id):
        return found
    return replace(found, report=released(found.report))


def _move(
    tx: Transaction,
    row: Row[Any],
    before: CampaignState,
    after: CampaignState,
    word: str,
    **values: Any,
) -> None:
    said = {name: values.pop(name) for name in ("note", "cancelled", "revived") if name in values}
    if not store.move(tx.conn, row.id, before, after, **values):
        raise not_in_state(get(tx.conn, row.id))
    tx.log(
        f"campaign.{word}", "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
        purpose=row.purpose, **{name: value for name, value in said.items() if value},
    )  # fmt: skip


def _check_purpose(pack: Pack, purpose: str) -> None:
    known = [one.code for one in pack.purposes]
    if purpose not in known:
        raise LamplitError(problems.NO_PURPOSE, known=", ".join(known))


def _checked(pack: Pack, asked: Mapping[str, Any]) -> dict[str, Any]:
    ways = [way.name for way in pack.ways]
    for name, value in asked.items():
        fine, wanted = False, ", ".join(PARAMETERS)
        if name == "way":
            fine, wanted = value in ways, ", ".join(ways)
        elif name == "random_share":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            fine, wanted = number and 0 <= value <= 0.2, "0 … 0.2"
        if not fine:
            raise LamplitError(problems.BAD_PARAMETER, name=name, value=value, wanted=wanted)
    return dict(asked)


def _first_day(office: Office, wanted: datetime | date | None) -> date | None:
    """The local day on which a campaign starts; it starts with that day."""
    if isinstance(wanted, datetime):
        return office.local_day(wanted if wanted.tzinfo else wanted.replace(tzinfo=office.zone))
    return wanted


def _deadline(office: Office, pack: Pack, starts: date, wanted: datetime | date | None) -> datetime:
    """The deadline as an instant: a day ends at its midnight."""
    if isinstance(wanted, datetime):
        until = wanted if wanted.tzinfo else wanted.replace(tzinfo=office.zone)
    else:
        last = wanted or starts + timedelta(days=max(c.days for c in pack.cadence) - 1)
        until = datetime.combine(last, time(23, 59, 59), tzinfo=office.zone)
    if until <= datetime.combine(starts, time(), tzinfo=office.zone):
        raise LamplitError(problems.BAD_DATES, deadline=until.isoformat(), starts=starts)
    return until
