"""Ten days of people: they check in, take on roles and buildings, hand over, and one withdraws."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, Role
from lamplit.domain.problems import people as problems
from lamplit.replay.neighbourhood.cast import LEADER, VOLUNTEER
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.replay.story import Member
from lamplit.services.field.office import CLI
from lamplit.services.field.people import assignments
from lamplit.services.field.people.checkin import check_in
from lamplit.store import assignments as store
from lamplit.store.schema import place

COVERED = 0.82
"""The share of a community's buildings that get somebody who is responsible."""
ROLES = (
    Role.SENTINEL, Role.GROCERY_LEAD, Role.GATEKEEPER, Role.SHOPPER, Role.DISINFECTOR,
    Role.BUILDING_LEAD,
)  # fmt: skip
LATE_CHECKIN = 1
"""Whoever checks in is given something to do on the next morning."""


def tell(hood: Hood) -> None:
    """Put it all on the timeline."""
    for member in hood.members:
        hood.timeline.at(member.day * DAY + member.minute, _check_in, hood, member)
    _roles(hood)
    covered = _responsibilities(hood)
    _hand_overs(hood, covered)


def at(hood: Hood, member: Member) -> str:
    """The community at which a member checks in first."""
    number = member.branch if member.to[0] is Role.PAIRED else member.home
    return hood.communities[number]


def of(hood: Hood, community: str) -> list[Member]:
    """Members who check in to a community, in the order in which they come."""
    return [m for m in hood.members if at(hood, m) == community]


def _check_in(hood: Hood, member: Member) -> None:
    for role in member.to:
        number = member.branch if role is Role.PAIRED else member.home
        check_in(
            hood.office, hood.as_(member.code), person=member.code,
            community=hood.communities[number], to=role,
        )  # fmt: skip


def _roles(hood: Hood) -> None:
    """Every third member takes a role at their community, on the morning after the check-in."""
    for number, member in enumerate(hood.members[1::3]):
        role = ROLES[number % len(ROLES)]
        where = at(hood, member)
        hood.at(member.day + LATE_CHECKIN, 8.2, give, hood, member.code, where, role)


def give(hood: Hood, person: str, where: str, role: Role) -> None:
    """The leader gives somebody a role or a responsibility, unless they have it."""
    try:
        assignments.assign(hood.office, hood.as_(LEADER), person=person, place=where, role=role)
    except LamplitError as problem:
        if problem.problem is not problems.ALREADY:
            raise


def _responsibilities(hood: Hood) -> list[tuple[str, str]]:
    """Most buildings get somebody; gives (person, building) in the order of time."""
    given: list[tuple[int, str, str]] = []
    for community in hood.communities:
        there = of(hood, community) or hood.members
        buildings = buildings_of(hood, community)
        wanted = buildings[: max(1, round(len(buildings) * COVERED))]
        for number, building in enumerate(wanted):
            member = there[number % len(there)]
            day = min(member.day + LATE_CHECKIN, 9)
            given.append((day, member.code, building))
            hour = 9.0 + number / 60
            hood.at(day, hour, give, hood, member.code, building, Role.RESPONSIBLE)
    return [(person, building) for _, person, building in sorted(given)]


def buildings_of(hood: Hood, community: str) -> list[str]:
    """The buildings of a community by number."""
    with hood.office.read(CLI) as tx:
        codes = tx.conn.scalars(
            select(place.c.code).where(
                place.c.kind == PlaceKind.BUILDING.value,
                place.c.community_id == hood.places[community],
            )
        ).all()
    return sorted(codes, key=lambda code: int(code.removeprefix("B")))


def _hand_overs(hood: Hood, covered: list[tuple[str, str]]) -> None:
    """One building changes hands twice, one once; one person withdraws from all they had."""
    buildings = defaultdict(list)
    for person, building in covered:
        buildings[person].append(building)
    givers = [person for person in buildings if person != VOLUNTEER]
    late = hood.members[::-1]
    last = [m.code for m in late if m.code not in (*givers, VOLUNTEER)] or [late[0].code]
    first = givers[0]
    takers = [m.code for m in hood.members if m.day <= 4 and m.code not in (first, VOLUNTEER)]
    chain = [first, takers[-1], last[0]]
    there = buildings[first][0]
    hood.at(7, 10.5, _pass_on, hood, chain[0], there, chain[1], "返岗复工，移交包保楼栋")
    hood.at(9, 17.2, _pass_on, hood, chain[1], there, chain[2], "临时抽调，移交包保楼栋")
    if len(givers) > 2:
        gone = givers[2]
        hood.at(9, 18.1, _withdraw, hood, gone)


def _pass_on(hood: Hood, giver: str, building: str, taker: str, note: str) -> None:
    with hood.office.read(CLI) as tx:
        mine = store.of_person(tx.conn, hood.people[giver])
        today = tx.today
    held = next((a for a in mine if a.place_id == hood.places[building] and a.runs_on(today)), None)
    if held is not None:
        assignments.hand_over(
            hood.office, hood.as_(LEADER), held.id, to=taker, note=note, version=held.version
        )


def _withdraw(hood: Hood, person: str) -> None:
    assignments.withdraw(hood.office, hood.as_(person), person=person, note="身体不适，撤回")
