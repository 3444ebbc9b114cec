"""People, and their dated ties to places: check-in, role, responsibility, hand-over, withdrawal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Request

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EndReason, Role
from lamplit.domain.language import Text
from lamplit.domain.problems import web as problems
from lamplit.services.field.people import assignments, checkin, organisations, people
from lamplit.services.field.people.assignments import Withdrawal
from lamplit.services.field.people.checkin import CheckIn, CheckInDay
from lamplit.services.field.people.people import Organisation, Person, PersonView
from lamplit.store.assignments import Assignment
from lamplit.web import etags
from lamplit.web.access import SIGNED_IN, able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Line, Note, Page
from lamplit.web.paging import Cursor, Limit, decode, page
from lamplit.web.routing import Router

router = Router(tags=["people"])
LONGEST_CURVE = 400
SELF_OR_ASSIGN = able(Ability.ASSIGN, where="the place, or oneself")


class Duty(Asked):
    """A role or a responsibility to give; `ends` is the first day no more."""

    person: Line
    place: Line
    role: Role
    starts: date | None = None
    ends: date | None = None
    note: Note | None = None


class HandOver(Asked):
    """To whom, and from which day on (today)."""

    to: Line
    day: date | None = None
    note: Note | None = None
    with_tasks: bool = True


class Withdraw(Asked):
    """Why, and from which day on (today)."""

    reason: EndReason = EndReason.WITHDRAWN
    day: date | None = None
    note: Note | None = None


class WithdrawPerson(Withdraw):
    """Whose assignments end; oneself if left out."""

    person: Line | None = None


class GoOn(Asked):
    """As what to go on after an earlier assignment."""

    role: Role = Role.VOLUNTEER
    place: Line | None = None
    starts: date | None = None
    note: Note | None = None


class CheckInWish(Asked):
    """Who checks in (oneself if left out), where, and to which sort of community.

    `gate`: what the sign says that was scanned there, if one was.
    """

    community: Line
    to: Literal[Role.PAIRED, Role.HOME] = Role.PAIRED
    person: Line | None = None
    note: Note | None = None
    gate: Line | None = None


@router.get("/people")
@rule(able(Ability.SEE_PEOPLE, Ability.ASSIGN, where="the place (ASSIGN anywhere without one)"),
      "People", "人员列表")  # fmt: skip
def list_people(
    office: TheOffice,
    actor: Who,
    place: Annotated[str | None, Query(max_length=200)] = None,
    organisation: Annotated[str | None, Query(max_length=200)] = None,
    text: Annotated[str, Query(max_length=100)] = "",
    day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Person]:
    """By code: those with a tie in `place` on `day`, of an organisation, or beginning so."""
    rows = people.list_people(
        office, actor, place=place, organisation=organisation, text=text, day=day,
        after=decode(cursor, str) or "", limit=limit + 1,
    )  # fmt: skip
    return page(rows, limit, lambda one: one.code)


@router.get("/people/{person}")
@rule(able(Ability.SEE_PEOPLE, where="a place of the person, or oneself"), "One person", "人员详情")
def show_person(person: Id, office: TheOffice, actor: Who) -> PersonView:
    """With where they belong and all their ties."""
    return people.show_person(office, actor, person)


@router.get("/organisations")
@rule(able(Ability.SEE_PEOPLE, Ability.ASSIGN, where="any place"), "Organisations", "组织列表")
def list_organisations(
    office: TheOffice, actor: Who, cursor: Cursor = None, limit: Limit = 200
) -> Page[Organisation]:
    """By code; each names the one it belongs to."""
    after = decode(cursor, str) or ""
    rows = organisations.listed(office, actor, after=after, limit=limit + 1)
    return page(rows, limit, lambda one: one.code)


@router.post("/check-ins", status_code=201)
@rule(SELF_OR_ASSIGN, "Check in to a community", "到社区报到")
def check_in(wish: CheckInWish, office: TheOffice, actor: Who) -> CheckIn:
    """One who stands checked in there already gets that check-in back."""
    return checkin.check_in(
        office, actor, person=wish.person or str(actor.person_id), community=wish.community,
        to=wish.to, note=wish.note, gate=wish.gate,
    )  # fmt: skip


@router.get("/places/{place}/check-ins")
@rule(able(Ability.SEE_PEOPLE, where="the place"), "Check-ins day by day", "每日报到曲线")
def curve(place: Id, first: date, last: date, office: TheOffice, actor: Who) -> list[CheckInDay]:
    """Counts of people, from `first` to `last`, at most 400 days."""
    if not 0 <= (last - first).days < LONGEST_CURVE:
        span = Text(
            f"`first` to `last` is not 1 to {LONGEST_CURVE} days",
            f"`first` 至 `last` 不是 1 至 {LONGEST_CURVE} 天",
        )
        raise LamplitError(problems.BAD_REQUEST, reason=span)
    return checkin.checkin_curve(office, actor, place, first, last)


@router.get("/me/assignments")
@rule(SIGNED_IN, "My ties that run on a day", "我在某日的任职")
def my_assignments(office: TheOffice, actor: Who, day: date | None = None) -> list[Assignment]:
    """Today's if no day is given."""
    return assignments.my_assignments(office, actor, day)


@router.post("/assignments", status_code=201)
@rule(able(Ability.ASSIGN, where="the place"), "Give a role or a responsibility",
      "授予岗位或包保责任")  # fmt: skip
def assign(wish: Duty, office: TheOffice, actor: Who) -> Assignment:
    """From a day on; check-ins go by their own way."""
    return assignments.assign(
        office, actor, person=wish.person, place=wish.place, role=wish.role, starts=wish.starts,
        ends=wish.ends, note=wish.note,
    )  # fmt: skip


@router.get("/assignments/{assignment_id}/chain")
@rule(able(Ability.SEE_PEOPLE, where="its place, or oneself"), "What led to an assignment",
      "移交链")  # fmt: skip
def chain(assignment_id: Id, office: TheOffice, actor: Who) -> list[Assignment]:
    """All that led to it and all that followed, oldest first."""
    return assignments.chain(office, actor, assignment_id)


@router.post("/assignments/{assignment_id}/hand-over", status_code=201)
@rule(able(Ability.ASSIGN, where="its place"), "Hand over", "移交")
def hand_over(
    assignment_id: Id, wish: HandOver, office: TheOffice, actor: Who, request: Request
) -> Assignment:
    """Ends it and begins the same for another. Needs If-Match with the assignment's version."""
    return assignments.hand_over(
        office, actor, assignment_id, to=wish.to, day=wish.day, note=wish.note,
        with_tasks=wish.with_tasks, version=etags.decided_on(request),
    )  # fmt: skip


@router.post("/assignments/{assignment_id}/withdraw")
@rule(SELF_OR_ASSIGN, "End an assignment", "撤回任职")
def withdraw(
    assignment_id: Id, wish: Withdraw, office: TheOffice, actor: Who, request: Request
) -> Withdrawal:
    """Says what nobody covers then. Needs If-Match with the assignment's version."""
    return assignments.withdraw(
        office, actor, assignment_id=assignment_id, reason=wish.reason, day=wish.day,
        note=wish.note, version=etags.decided_on(request),
    )  # fmt: skip


@router.post("/withdrawals")
@rule(SELF_OR_ASSIGN, "End all assignments of a person", "撤回某人的全部任职")
def withdraw_person(wish: WithdrawPerson, office: TheOffice, actor: Who) -> Withdrawal:
    """Oneself, or another whose every place one may assign at."""
    return assignments.withdraw(
        office, actor, person=wish.person or str(actor.person_id), reason=wish.reason,
        day=wish.day, note=wish.note,
    )  # fmt: skip


@router.post("/assignments/{assignment_id}/go-on", status_code=201)
@rule(able(Ability.ASSIGN, where="the place"), "Go on after an assignment", "转为继续服务")
def go_on(assignment_id: Id, wish: GoOn, office: TheOffice, actor: Who) -> Assignment:
    """A role that follows an earlier assignment of the same person."""
    return assignments.go_on(
        office, actor, assignment_id, role=wish.role, place=wish.place, starts=wish.starts,
        note=wish.note,
    )  # fmt: skip
