"""Check-in (报到): to the community that one's organisation is paired with, and to one's home's.

Checking in opens no door. It says that somebody is there to be given something to do, and is
counted each day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role, Tie
from lamplit.domain.problems import people as problems
from lamplit.services.field.door import require
from lamplit.services.field.office import Actor, Office, Transaction, new_id
from lamplit.services.field.people.assignments import add, new_tie
from lamplit.services.field.people.people import resolve_organisation, resolve_person
from lamplit.services.field.places import signs
from lamplit.services.field.places.places import name_of, require_kind, resolve_place
from lamplit.store import assignments as store
from lamplit.store import people as people_store
from lamplit.store import places, tree
from lamplit.store.assignments import Assignment
from lamplit.store.people import Person
from lamplit.store.places import Place


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in, and whether it is new or was there already."""

    assignment: Assignment
    new: bool


@dataclass(frozen=True, slots=True)
class CheckInDay:
    """One day of the check-in curve, in people.

    `paired` and `home` are that day's check-ins to either sort of community; `new` counts the
    people who checked in to any for the first time, `total` those up to and with the day,
    `present` those who then stand checked in. `growth` is new ÷ the total of the day before
    (None where that is 0).
    """

    day: date
    paired: int
    home: int
    new: int
    total: int
    present: int
    growth: float | None


def check_in(
    office: Office,
    actor: Actor,
    *,
    person: str,
    community: str,
    to: Role = Role.PAIRED,
    note: str | None = None,
    gate: str | None = None,
) -> CheckIn:
    """Check a person in, today, to a community: `to` is `Role.PAIRED` or `Role.HOME`.

    One who stands checked in there already gets that check-in back. For the person themselves
    and for who may assign people there. `gate` is what the sign said that was scanned there.
    Raises LamplitError `checkin.not-paired`, `checkin.nothing-paired`, `checkin.no-organisation`,
    `checkin.not-home`, `checkin.sign-ended`, `checkin.no-sign`, `checkin.other-sign`,
    `place.wrong-kind`, `store.not-found` or `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        where = _community(tx, community)
        known = people_store.by_id_or_code(tx.conn, person)
        if known is None or tx.actor.person_id is None or tx.actor.person_id != known.id:
            # Before it is said whether there is such a person.
            require(tx, Ability.ASSIGN, where.id)
        if gate is not None:
            _require_sign(tx, gate, where)
        who = resolve_person(tx.conn, person)
        if to == Role.PAIRED:
            _require_pairing(tx, who, where)
        else:
            _require_home(tx, who, where)
        made = new_tie(tx, who.id, where.id, to, starts=tx.today, note=note)
        people_store.lock(tx.conn, who.id)
        standing = store.clashing(tx.conn, made)
        if standing is not None:
            return CheckIn(standing, new=False)
        before = store.latest_like(tx.conn, made)
        made = new_tie(tx, who.id, where.id, to, starts=tx.today, predecessor_id=before, note=note)
        return CheckIn(add(tx, made), new=True)


def pair(
    office: Office,
    actor: Actor,
    *,
    organisation: str,
    community: str,
    note: str | None = None,
) -> CheckIn:
    """Pair an organisation (and so its branches) with a community, from today on.

    A pairing that stands is given back. Needs ASSIGN at the community. Raises LamplitError
    `place.wrong-kind`, `store.not-found` or `door.not-allowed`.
    """
    with office.begin(actor) as tx:
        belongs = resolve_organisation(tx.conn, organisation)
        where = _community(tx, community)
        require(tx, Ability.ASSIGN, where.id)
        return pair_in(tx, belongs.id, where.id, note)


def pair_in(
    tx: Transaction, organisation_id: str, community_id: str, note: str | None = None
) -> CheckIn:
    """The step of `pair` inside a transaction."""
    made = Assignment(
        id=new_id(),
        tie=Tie.PAIRING,
        role=Role.PAIRED,
        person_id=None,
        organisation_id=organisation_id,
        place_id=community_id,
        campaign_id=None,
        starts=tx.today,
        ends=None,
        end_reason=None,
        predecessor_id=None,
        note=note,
        created_at=tx.now,
        created_by=tx.actor.person_id,
    )
    people_store.lock_organisation(tx.conn, organisation_id)
    standing = store.clashing(tx.conn, made)
    if standing is not None:
        return CheckIn(standing, new=False)
    return CheckIn(add(tx, made), new=True)


def checkin_curve(
    office: Office, actor: Actor, place: str, first: date, last: date, *, own: bool = False
) -> list[CheckInDay]:
    """The check-ins of a community, or of all under a district, day by day from first to last.

    Needs SEE_PEOPLE at the place; `own` counts the actor's own only, and needs nothing. Raises
    LamplitError `place.wrong-kind`, `store.not-found` or `door.not-allowed`.
    """
    with office.read(actor) as tx:
        where = require_kind(resolve_place(tx.conn, place), PlaceKind.COMMUNITY, PlaceKind.DISTRICT)
        if not own:
            require(tx, Ability.SEE_PEOPLE, where.id)
        spans = store.checkin_spans(tx.conn, where.id, last)
        if own:
            spans = [span for span in spans if span.person_id == tx.actor.person_id]
        return _curve(spans, first, last)


def _curve(spans: list[store.Span], first: date, last: date) -> list[CheckInDay]:
    """The days from the spans, which come by person and start."""
    came: Counter[tuple[str, date]] = Counter((span.role, span.starts) for span in spans)
    newcomers, change = Counter[date](), Counter[date]()
    for _, theirs in groupby(spans, key=lambda span: span.person_id):
        stays = _joined([(span.starts, span.ends) for span in theirs])
        newcomers[stays[0][0]] += 1
        for starts, ends in stays:
            change[starts] += 1
            if ends is not None:
                change[ends] -= 1
    total = sum(count for day, count in newcomers.items() if day < first)
    present = sum(count for day, count in change.items() if day < first)
    days = []
    for day in (first + timedelta(n) for n in range((last - first).days + 1)):
        new, before = newcomers[day], total
        total, present = total + new, present + change[day]
        growth = new / before if before else None
        days.append(
            CheckInDay(
                day, came[Role.PAIRED, day], came[Role.HOME, day], new, total, present, growth
            )
        )
    return days


def _joined(stays: list[tuple[date, date | None]]) -> list[tuple[date, date | None]]:
    """Stays, sorted by start, with those that touch or overlap made one."""
    joined = stays[:1]
    for starts, ends in stays[1:]:
        last_start, last_end = joined[-1]
        if last_end is None or starts <= last_end:
            later = None if last_end is None or ends is None else max(last_end, ends)
            joined[-1] = (last_start, later)
        else:
            joined.append((starts, ends))
    return joined


def _community(tx: Transaction, wanted: str) -> Place:
    """The community with an id or code; a place of another kind is named as such."""
    try:
        return resolve_place(tx.conn, wanted, PlaceKind.COMMUNITY)
    except LamplitError:
        return require_kind(resolve_place(tx.conn, wanted), PlaceKind.COMMUNITY)


def _require_sign(tx: Transaction, gate: str, where: Place) -> None:
    """The sign may have been renewed since it was looked up."""
    at = signs.at_gate(tx, gate)
    if at.id != where.id:
        raise LamplitError(problems.OTHER_SIGN, sign=name_of(at), place=name_of(where))


def _require_pairing(tx: Transaction, who: Person, where: Place) -> None:
    if who.organisation_id is None:
        raise LamplitError(problems.NO_ORGANISATION, person=who.code)
    paired = store.paired_with(tx.conn, who.organisation_id, tx.today)
    if where.id not in paired:
        belongs = resolve_organisation(tx.conn, who.organisation_id)
        if not paired:
            raise LamplitError(problems.NOTHING_PAIRED, organisation=belongs.code)
        names = sorted(one.code for one in places.by_ids(tx.conn, paired).values())
        raise LamplitError(
            problems.NOT_PAIRED,
            place=name_of(where),
            organisation=belongs.code,
            paired=", ".join(names[:5]),
        )


def _require_home(tx: Transaction, who: Person, where: Place) -> None:
    """Whose home is not known may say so themselves; whose home is known lives there."""
    if who.home_place_id is None:
        return
    if where.id not in tx.conn.scalars(tree.above(who.home_place_id)).all():
        raise LamplitError(problems.NOT_HOME, person=who.code, place=name_of(where))
