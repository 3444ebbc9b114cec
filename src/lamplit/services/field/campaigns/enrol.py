"""The bridge: a sweep turns what the meters say into enrollments and tasks.

Run again on the next night it adds, resolves and re-ranks, and leaves alone whatever somebody has
begun or done. Some doors that no signal points to are enrolled by chance, so that what the signals
miss can be known. Who goes there must not know which: such a door bears the same reason as the
others, a rank drawn among theirs, and the mark `random_pick`, which only analysts see.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Reason, Role
from lamplit.domain.problems import campaigns as problems
from lamplit.programmes.conditions import terms
from lamplit.programmes.pack import Pack, Way
from lamplit.programmes.rules import Facts, draw, enrol
from lamplit.services.field.campaigns import sweeping
from lamplit.services.field.campaigns.cadence import first_day, make_tasks
from lamplit.services.field.campaigns.campaigns import get, require_open
from lamplit.services.field.campaigns.sweeping import Swept
from lamplit.services.field.campaigns.unchanged import last_alike, mark_of
from lamplit.services.field.campaigns.ways import reads_meters, way_of
from lamplit.services.field.door import may, require, runs_on
from lamplit.services.field.homes.signals import Evening, HomeSignal, read_evening
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.services.field.packs import pack_of
from lamplit.services.field.submissions.casefile import enrollment_row
from lamplit.store import bulk, campaigns, enrollments
from lamplit.store.enrollments import open_findings
from lamplit.store.found_homes import DISMISSED, WAITING, state_of
from lamplit.store.places import by_id
from lamplit.store.schema import assignment, enrollment, place
from lamplit.store.tree import under

NOTHING = HomeSignal()
LOOKED_AT = ("id", "kind", "code", "parent_id", "building_id", "community_id", "unit", "floor",
             "door", "attrs")  # fmt: skip


def open_sweep(
    office: Office,
    actor: Actor,
    wanted: str,
    as_of: date | None = None,
    *,
    evening: Evening | None = None,
) -> Swept:
    """Enroll the places that the campaign's way points to, and make their tasks.

    `as_of`: the evening whose states count (default: the last night); `evening`: its signals, where
    they were read already. Ways that ask nothing of the meters don't read them. Where nothing is
    new since the last sweep (see `unchanged`), no place is gone through again. Needs `lead`.
    Raises LamplitError `campaign.not-in-state`, `store.not-found`, `door.not-allowed`, and what
    `signals.read_evening` raises.
    """
    with office.read(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.LEAD, row.place_id)
        require_open(row)
        scope = by_id(tx.conn, row.place_id)
    pack = pack_of(office, row.programme)
    way = way_of(pack, row.parameters or {})
    if evening is None and reads_meters(pack, way):
        one = scope.code if scope and scope.kind is PlaceKind.COMMUNITY else ""
        evening = read_evening(office.home, as_of, one)
    with office.begin(actor) as tx:
        campaigns.lock(tx.conn, row.id)
        row = get(tx.conn, row.id)
        require_open(row)
        day = evening.as_of if evening else as_of or tx.today
        starts = first_day(pack, row.starts, tx.now, office.zone)
        mark = mark_of(pack, way, row, evening, day, tx.today, starts)
        before = last_alike(tx, row, mark, {term.name for term in terms(way.when)})
        if before is not None:
            swept = _nothing_new(row, day, before)
        else:
            found = _look(tx, row, pack, way, evening, day)
            swept = sweeping.bring_up_to_date(office, tx, pack, row, found, day)
        campaigns.put(tx.conn, row.id, swept_through=day)
        said = dataclasses.asdict(swept) | {
            "as_of": day.isoformat(), "way": way.name, "mark": mark,
        }  # fmt: skip
        del said["campaign_id"]
        tx.log(
            "campaign.swept", "campaign", row.id, place_id=row.place_id, campaign_id=row.id,
            purpose=row.purpose, **said,
        )  # fmt: skip
        # How many chance chose is for analysts, as which are.
        return swept if may(tx, Ability.ANALYSE, row.place_id) else swept.without_chance()


def _nothing_new(row: Row[Any], day: date, before: dict[str, Any]) -> Swept:
    """A sweep that was told what the last one was told, with nothing changed in between."""
    seen = {name: int(before[name]) for name in ("looked_at", "flagged", "unflagged", "random")}
    return Swept(row.id, day, **seen)


def enrol_places(
    office: Office,
    actor: Actor,
    wanted: str,
    place_ids: Sequence[str],
    *,
    reason: Reason = Reason.REQUEST,
    until: date | None = None,
) -> int:
    """Enroll places by name: those that asked (`request`), that registered (`registration`) or
    that consented (`consent`); gives how many are new. Their tasks for today are made.

    Needs `assign` at the campaign's place. Raises LamplitError `campaign.place-kind` where one is
    of another kind or lies elsewhere, `campaign.not-in-state`, `store.not-found`.
    """
    with office.begin(actor) as tx:
        row = get(tx.conn, wanted)
        require(tx, Ability.ASSIGN, row.place_id)
        require_open(row)
        pack = pack_of(office, row.programme)
        campaigns.lock(tx.conn, row.id)
        ids = list(dict.fromkeys(place_ids))
        places = _fitting(tx, row, pack, ids)
        if len(places) < len(ids):
            raise LamplitError(
                problems.PLACE_KIND, count=len(ids) - len(places), programme=pack.name
            )
        there = {one.place_id for one in enrollments.rows(tx.conn, row.id)}
        made = [
            enrollment_row(tx, row, one, reason, until_day=until)
            for one in places
            if one.id not in there
        ]
        bulk.add_new(tx.conn, enrollment, made)
        fresh = enrollments.lock(tx.conn, [one["id"] for one in made])
        make_tasks(office, tx, pack, row, fresh, tx.today)
        if made:
            tx.log(
                "campaign.enrolled", "campaign", row.id, place_id=row.place_id,
                campaign_id=row.id, purpose=row.purpose, reason=reason.value, count=len(made),
            )  # fmt: skip
        return len(made)


def _fitting(tx: Transaction, row: Row[Any], pack: Pack, ids: Sequence[str]) -> list[Row[Any]]:
    kinds = [kind.value for kind in pack.subjects]
    inside = under(row.place_id)
    found: list[Row[Any]] = []
    for some in bulk.parts(ids):
        found += tx.conn.execute(
            select(place).where(
                place.c.id.in_(some), place.c.kind.in_(kinds), place.c.id.in_(inside)
            )
        )
    return found


def _look(
    tx: Transaction,
    row: Row[Any],
    pack: Pack,
    way: Way,
    evening: Evening | None,
    day: date,
) -> sweeping.Found:
    """Every place in scope against the rule."""
    chosen = dataclasses.replace(pack, ways=(way,))
    requested = enrollments.places_for(tx.conn, row.id, Reason.REQUEST)
    registered = enrollments.places_for(tx.conn, row.id, Reason.REGISTRATION)
    words = {term.name for term in terms(way.when)}
    roles = _responsible(tx) if "responsible" in words else {}
    needs = open_findings(tx.conn, row.place_id) if "open_finding" in words else {}
    kinds = [kind.value for kind in pack.subjects]
    columns = tuple(place.c[name] for name in LOOKED_AT)
    inside = select(*columns).where(place.c.kind.in_(kinds), place.c.id.in_(under(row.place_id)))
    found = sweeping.Found()
    homes = evening.homes if evening else {}
    for one in tx.conn.execute(inside):
        signal = homes.get(one.code, NOTHING) if one.kind == PlaceKind.HOUSEHOLD else NOTHING
        attrs = one.attrs or {}
        if state_of(attrs) in (WAITING, DISMISSED):
            # Found in the field, and nobody has said yet that it is there.
            continue
        facts = Facts(
            kind=PlaceKind(one.kind),
            state=signal.state,
            state_days=(day - signal.since).days + 1 if signal.since else 0,
            probability=signal.probability,
            event=signal.event,
            event_days_ago=(day - signal.event_day).days if signal.event_day else 0,
            event_probability=signal.probability if signal.event else 0.0,
            responsible=_roles_at(roles, one),
            consent=attrs.get("consent") is True,
            lives_alone=attrs.get("lives_alone") is True,
            registered=one.id in registered or attrs.get("registered") is True,
            requested=one.id in requested,
            open_findings=frozenset(needs.get(one.id, ())),
            draw=draw(row.id, one.id),
        )
        found.note(one, signal, enrol(chosen, facts), way)
    return found


def _responsible(tx: Transaction) -> dict[str, frozenset[Role]]:
    """The roles that somebody has at each place today."""
    found: dict[str, set[Role]] = defaultdict(set)
    held = select(assignment.c.place_id, assignment.c.role).where(
        runs_on(tx.today), assignment.c.person_id.is_not(None)
    )
    for place_id, role in tx.conn.execute(held):
        found[place_id].add(Role(role))
    return {place_id: frozenset(roles) for place_id, roles in found.items()}


def _roles_at(roles: dict[str, frozenset[Role]], one: Any) -> frozenset[Role]:
    if not roles:
        return frozenset()
    # Responsibility is for a home or a building; a community's leader is not answerable for each.
    here = roles.get(one.id, frozenset())
    return here | roles.get(one.building_id or "", frozenset())


__all__ = ["Swept", "enrol_places", "open_sweep"]
