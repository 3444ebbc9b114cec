"""A person's tasks: their own first, then those that they may claim; today's first, by building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, or_, select

from lamplit.domain.abilities import Ability
from lamplit.domain.field import Role, TaskState
from lamplit.domain.language import Text
from lamplit.programmes.pack import Pack
from lamplit.services.field.campaigns.ways import knock_first
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.phones.phone_doors import Ties, met, ties_of
from lamplit.services.field.places.place_views import plain
from lamplit.services.field.tasks.tasks import Task, task_of
from lamplit.store import places
from lamplit.store import tasks as store
from lamplit.store.phones import tasks_in
from lamplit.store.places import Place
from lamplit.store.schema import campaign, task

MOST = 500
"""So many claimable tasks are listed; the rest show as a number by campaign."""
When = Literal["overdue", "today", "later"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One task as a list shows it: where, what, until when. `title` never names a person.

    `knock_first`: what the meters say of the door is told once it is settled. `purpose`: the
    campaign's, by which the home may be opened.
    """

    task: Task
    campaign_code: str
    programme: str
    title: Text
    place: Place
    building: Place | None
    when: When
    knock_first: bool
    purpose: str

    @property
    def enterable(self) -> bool:
        """Whether its window has begun."""
        return self.when != "later"


@dataclass(frozen=True, slots=True)
class TaskList:
    """`own` and `claimable` in the order in which to show them.

    `more`: there are more claimable ones than were read.
    """

    at: datetime
    own: list[Listed] = field(default_factory=list)
    claimable: list[Listed] = field(default_factory=list)
    more: bool = False


def tasks_of(
    office: Office,
    actor: Actor,
    *,
    campaign: str = "",
    building: str = "",
    limit: int = MOST,
) -> TaskList:
    """The tasks of who acts: one's own, and those free in places where one has a claiming role.

    `campaign`, `building`: ids, of one only. The operator and the machine have none. Own tasks at
    places that one has left are not listed; what was done there can still be sent in.
    """
    with office.read(actor) as tx:
        me = actor.person_id
        if me is None:
            return TaskList(tx.now)
        wanted = _only(campaign, building)
        own = [r for r in store.owned_open(tx.conn, me) if _fits(r, campaign, building)]
        ties = ties_of(tx, me)
        at = places.by_ids(tx.conn, sorted({row.place_id for row in own}))
        own = [row for row in own if ties.cover(_around(at[row.place_id]), Ability.PERFORM)]
        free = _claimable(office, tx, ties, wanted, limit + 1)
        listed = _listed(office, tx, [*own, *free[:limit]])
        count = len(own)
        # Where people knock first, not even the order of buildings follows what the meters say.
        blind = {one.task.id for one in listed if one.knock_first}
        ranks = {row.id: None if row.id in blind else row.rank for row in (*own, *free)}
        mine, others = listed[:count], [_unheld(one) for one in listed[count:]]
        return TaskList(tx.now, _ordered(mine, ranks), _ordered(others, ranks), len(free) > limit)


def _only(campaign_id: str, building_id: str) -> list[ColumnElement[bool]]:
    wanted = []
    if campaign_id:
        wanted.append(task.c.campaign_id == campaign_id)
    if building_id:
        wanted.append(task.c.building_id == building_id)
    return wanted


def _fits(row: Row[Any], campaign_id: str, building_id: str) -> bool:
    return campaign_id in ("", row.campaign_id) and building_id in ("", row.building_id)


def _claimable(
    office: Office,
    tx: Transaction,
    ties: Ties,
    wanted: list[ColumnElement[bool]],
    limit: int,
) -> list[Row[Any]]:
    """Free tasks where the person's role lets them claim; each campaign by its pack.

    Only campaigns that the person's places meet are looked at: a city has many.
    """
    found: dict[str, Row[Any]] = {}
    for role, campaigns in met(office, tx, ties).items():
        claiming = [one for one, pack in campaigns if role in pack.roles.claim]
        # A leader may take any follow-up, whomever it is for.
        named = task.c.for_role.is_not(None)
        mine = named if role is Role.LEADER else task.c.for_role == role.value
        free = and_(
            task.c.campaign_id.in_([one for one, _ in campaigns]),
            store.claimable(tx.now),
            or_(mine, and_(~named, task.c.campaign_id.in_(claiming))),
            *wanted,
        )
        query = (
            select(task)
            .where(task.c.id.in_(tasks_in(ties.areas[role], free, store.OPEN)))
            .order_by(task.c.due_until, task.c.rank, task.c.id)
            .limit(limit)
        )
        found |= {row.id: row for row in tx.conn.execute(query)}
    ordered = sorted(found.values(), key=lambda r: (r.due_until, r.rank or 0, r.id))
    return ordered[:limit]


def _around(at: Place) -> set[str]:
    return {one for one in (at.id, at.parent_id, at.building_id, at.community_id) if one}


def _listed(office: Office, tx: Transaction, rows: list[Row[Any]]) -> list[Listed]:
    ids = {row.place_id for row in rows} | {row.building_id for row in rows if row.building_id}
    known = places.by_ids(tx.conn, sorted(ids))
    campaigns = {
        row.id: row
        for row in tx.conn.execute(
            select(
                campaign.c.id,
                campaign.c.code,
                campaign.c.programme,
                campaign.c.parameters,
                campaign.c.purpose,
            ).where(campaign.c.id.in_({row.campaign_id for row in rows}))
        )
    }
    first = {key: knock_first(office, one) for key, one in campaigns.items()}
    end = datetime.combine(tx.today + timedelta(days=1), time(), tzinfo=office.zone)
    found = []
    for row in rows:
        of = campaigns[row.campaign_id]
        pack = pack_of(office, of.programme)
        found.append(
            Listed(
                task_of(row), of.code, of.programme, title_of(pack, row.slot),
                plain(known[row.place_id]), known.get(row.building_id or ""),
                _when(row, tx.now, end), first[of.id], of.purpose,
            )
        )  # fmt: skip
    return found


def _unheld(one: Listed) -> Listed:
    """A free task; who let a claim on it run out is nobody's business."""
    free = replace(one.task, owner_id=None, claimed_until=None, state=TaskState.REQUESTED)
    return replace(one, task=free)


def title_of(pack: Pack, slot: str) -> Text:
    """What is to be done: the pack's task, or the follow-up that the slot names."""
    kind, _, rest = slot.partition(":")
    if kind == "followup":
        code = rest.partition(":")[0]
        return next((f.text for f in pack.follow_ups if f.code == code), pack.task)
    return pack.task


def _when(row: Row[Any], now: datetime, end: datetime) -> When:
    if row.due_until < now:
        return "overdue"
    return "today" if row.due_from < end else "later"


def _ordered(listed: list[Listed], ranks: Mapping[str, int | None]) -> list[Listed]:
    """Overdue and today's first; in each what a plan put in order, then building by building.

    Of the others each building's stand together, that with the first rank first, and inside by the
    way one walks: a rank of one's own no door shows.
    """
    first: dict[tuple[str, str], int] = {}
    for one in listed:
        key = (one.when, one.task.building_id or "")
        first[key] = min(first.get(key, 1 << 60), ranks[one.task.id] or (1 << 59))
    turn = {"overdue": 0, "today": 1, "later": 2}
    return sorted(
        listed,
        key=lambda one: (
            turn[one.when], one.task.turn is None,
            (one.campaign_code, one.task.turn) if one.task.turn is not None else ("", 0),
            first[one.when, one.task.building_id or ""],
            one.task.building_id or "", one.place.unit or "", one.place.floor or 0,
            one.place.door or "", one.task.due_until, one.task.id,
        ),
    )  # fmt: skip
