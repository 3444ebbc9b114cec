"""Dated ties of people to places: given, handed over, withdrawn, gone on with."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from people_kit import Neighbourhood, neighbourhood
from sqlalchemy import insert, select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EndReason, Role, Tie
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.people.assignments import (
    assign,
    chain,
    go_on,
    hand_over,
    my_assignments,
    withdraw,
)
from lamplit.store import log
from lamplit.store.schema import campaign, enrollment, task

TODAY = date(2020, 2, 10)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def hood(office: Office) -> Neighbourhood:
    return neighbourhood(office)


def refused(code: str):
    return pytest.raises(LamplitError, match=rf"^\[{code}\]")


def test_a_responsibility_begins_today_and_is_open(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    assert (made.tie, made.starts, made.ends) == (Tie.RESPONSIBILITY, TODAY, None)


def test_the_same_twice_is_refused_with_the_day_since(hood, clock):
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    clock.turn(days=3)
    with refused("assignment.already") as told:
        assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    assert "from 2020-02-10" in told.value.says("en")


def test_what_is_planned_for_later_clashes_with_what_would_run_then(hood):
    later = TODAY + timedelta(days=10)
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, starts=later)
    with refused("assignment.already"):
        assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    until = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, ends=later)
    assert until.ends == later


def test_one_person_may_hold_several_roles_at_one_place(hood):
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.BUILDING_LEAD)
    assert made.tie == Tie.ROLE


@pytest.mark.parametrize("role", [Role.PAIRED, Role.HOME])
def test_a_check_in_is_not_given_as_a_role(hood, role):
    with refused("assignment.wrong-role"):
        assign(hood.office, CLI, person="p1", place="C1", role=role)


def test_nobody_is_responsible_for_a_whole_community(hood):
    with refused("place.wrong-kind"):
        assign(hood.office, CLI, person="p1", place="C1", role=Role.RESPONSIBLE)


def test_a_past_day_is_refused(hood):
    yesterday = TODAY - timedelta(days=1)
    with refused("assignment.past-day"):
        assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, starts=yesterday)
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    for act in (
        lambda: hand_over(hood.office, CLI, made.id, to="p2", day=yesterday),
        lambda: withdraw(hood.office, CLI, assignment_id=made.id, day=yesterday),
    ):
        with refused("assignment.past-day"):
            act()


def test_an_end_comes_after_its_start(hood):
    with refused("assignment.bad-dates"):
        assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, ends=TODAY)


def test_a_hand_over_ends_one_and_begins_the_other_with_a_predecessor(hood, clock):
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    clock.turn(days=2)
    new = hand_over(hood.office, CLI, old.id, to="p2", note="keys at the gate")
    first, second = chain(hood.office, CLI, new.id)
    assert (first.id, first.ends, first.end_reason) == (
        old.id,
        TODAY + timedelta(days=2),
        EndReason.HANDED_OVER,
    )
    assert (second.starts, second.predecessor_id, second.note) == (
        first.ends,
        old.id,
        "keys at the gate",
    )
    assert chain(hood.office, CLI, old.id) == [first, second]


def test_a_hand_over_on_a_coming_day_keeps_the_first_until_then_and_the_planned_end(hood):
    far = TODAY + timedelta(days=9)
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, ends=far)
    new = hand_over(hood.office, CLI, old.id, to="p2", day=TOMORROW)
    before, after = chain(hood.office, CLI, old.id)
    assert before.runs_on(TODAY)
    assert not before.runs_on(TOMORROW)
    assert (after.id, after.starts, after.ends) == (new.id, TOMORROW, far)


def test_nobody_hands_over_to_themselves(hood):
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    with refused("assignment.same-person"):
        hand_over(hood.office, CLI, old.id, to="p1")


def test_what_has_ended_is_not_ended_again(hood):
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    hand_over(hood.office, CLI, old.id, to="p2")
    with refused("assignment.not-running") as told:
        withdraw(hood.office, CLI, assignment_id=old.id)
    assert "已移交" in told.value.says("zh")


def test_a_withdrawal_ends_all_and_says_what_nobody_covers(hood, clock):
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    assign(hood.office, CLI, person="p1", place="B2", role=Role.RESPONSIBLE)
    assign(hood.office, CLI, person="p1", place="B2-1", role=Role.RESPONSIBLE)
    assign(hood.office, CLI, person="p2", place="B2", role=Role.RESPONSIBLE)
    assign(hood.office, CLI, person="p1", place="C1", role=Role.VOLUNTEER)
    clock.turn(days=1)
    done = withdraw(hood.office, CLI, person="p1", note="ill")
    assert len(done.ended) == 4
    assert {one.end_reason for one in done.ended} == {EndReason.WITHDRAWN}
    assert [one.code for one in done.uncovered] == ["B1"]
    assert withdraw(hood.office, CLI, person="p1").ended == []


def test_what_was_to_begin_later_never_runs_after_a_withdrawal(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, starts=TOMORROW)
    (ended,) = withdraw(hood.office, CLI, assignment_id=made.id).ended
    assert not any(ended.runs_on(TODAY + timedelta(days=n)) for n in range(5))


def test_who_withdraws_before_a_planned_hand_over_stops_at_once(hood):
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    later = TODAY + timedelta(days=4)
    hand_over(hood.office, CLI, old.id, to="p2", day=later)
    done = withdraw(hood.office, CLI, person="p1")
    assert not done.ended[0].runs_on(TODAY)
    assert [place.code for place in done.uncovered] == ["B1"]
    assert chain(hood.office, CLI, old.id)[1].starts == later
    with refused("assignment.not-running"):
        withdraw(hood.office, CLI, assignment_id=old.id)


def test_one_goes_on_as_a_volunteer_and_the_chain_shows_it(hood, clock):
    old = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    clock.turn(days=20)
    withdraw(hood.office, CLI, person="p1", reason=EndReason.COMPLETED)
    clock.turn(days=1)
    new = go_on(hood.office, CLI, old.id, place="C1")
    assert [one.role for one in chain(hood.office, CLI, new.id)] == [
        Role.RESPONSIBLE,
        Role.VOLUNTEER,
    ]


def test_a_person_may_withdraw_themselves_but_gives_nothing(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    with refused("door.not-allowed"):
        assign(hood.office, hood.as_("p1"), person="p1", place="B2", role=Role.RESPONSIBLE)
    with refused("door.not-allowed"):
        hand_over(hood.office, hood.as_("p1"), made.id, to="p2")
    with refused("door.not-allowed"):
        withdraw(hood.office, hood.as_("p2"), assignment_id=made.id)
    (ended,) = withdraw(hood.office, hood.as_("p1"), assignment_id=made.id).ended
    assert ended.end_reason == EndReason.WITHDRAWN


def test_a_leader_acts_in_their_community_and_not_next_door(hood):
    lead = hood.as_("lead")
    assign(hood.office, lead, person="p1", place="B1-2", role=Role.RESPONSIBLE)
    with refused("door.not-allowed"):
        assign(hood.office, lead, person="p1", place="B3", role=Role.RESPONSIBLE)


def test_a_chain_is_seen_by_leaders_and_by_those_in_it(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    for code in ("lead", "p1"):
        assert [one.id for one in chain(hood.office, hood.as_(code), made.id)] == [made.id]
    with refused("door.not-allowed"):
        chain(hood.office, hood.as_("p2"), made.id)


def test_my_assignments_are_those_of_the_day(hood, clock):
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, ends=TOMORROW)
    assert len(my_assignments(hood.office, hood.as_("p1"))) == 1
    clock.turn(days=1)
    assert my_assignments(hood.office, hood.as_("p1")) == []
    assert len(my_assignments(hood.office, hood.as_("p1"), TODAY)) == 1


def test_every_step_is_in_the_log(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    hand_over(hood.office, hood.as_("lead"), made.id, to="p2")
    with hood.office.db.read() as conn:
        kinds = [(row.kind, row.actor_id) for row in log.entries(conn)][-4:]
    lead = hood.ids["lead"]
    assert kinds == [
        ("assignment.begun", None),
        ("assignment.ended", lead),
        ("assignment.begun", lead),
        ("assignment.took_effect", lead),
    ]


def test_of_two_who_hand_over_at_once_one_wins_and_the_other_is_told(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    ready, told = threading.Barrier(2), []

    def act(to: str) -> None:
        ready.wait()
        try:
            hand_over(hood.office, CLI, made.id, to=to, version=made.version)
            told.append("done")
        except LamplitError as error:
            told.append(error.code)

    both = [threading.Thread(target=act, args=(to,)) for to in ("p2", "p3")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == ["done", "store.changed-meanwhile"]
    assert len(chain(hood.office, CLI, made.id)) == 2


def test_of_many_who_give_the_same_at_once_one_wins(hood):
    ready, told = threading.Barrier(4), []

    def act() -> None:
        ready.wait()
        try:
            assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE, ends=TOMORROW)
            told.append("done")
        except LamplitError as error:
            told.append(error.code)

    all_of_them = [threading.Thread(target=act) for _ in range(4)]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()
    assert sorted(told) == ["assignment.already"] * 3 + ["done"]


def open_task(hood: Neighbourhood, where: str, owner: str) -> str:
    """A campaign at C1 with one task of somebody's at a door; gives the task's id."""
    ids = {name: new_id() for name in ("campaign", "enrollment", "task")}
    with hood.office.begin(CLI) as tx:
        tx.conn.execute(
            insert(campaign).values(
                id=ids["campaign"],
                code=ids["campaign"],
                programme="household_sweep",
                programme_version="1",
                name_zh="摸排",
                name_en="sweep",
                purpose="test",
                place_id=hood.ids["C1"],
                state="open",
                starts=tx.today,
                deadline=tx.now + timedelta(days=9),
                created_at=tx.now,
            )
        )
        tx.conn.execute(
            insert(enrollment).values(
                id=ids["enrollment"],
                campaign_id=ids["campaign"],
                place_id=hood.ids[where],
                state="active",
                reason="every_door",
                from_day=tx.today,
            )
        )
        tx.conn.execute(
            insert(task).values(
                id=ids["task"],
                enrollment_id=ids["enrollment"],
                campaign_id=ids["campaign"],
                place_id=hood.ids[where],
                slot="visit",
                origin="cadence",
                due_from=tx.now,
                due_until=tx.now + timedelta(days=3),
                state="accepted",
                owner_id=hood.ids[owner],
                created_at=tx.now,
                changed_at=tx.now,
            )
        )
    return ids["task"]


def owner_of(hood: Neighbourhood, task_id: str) -> str | None:
    codes = {one: code for code, one in hood.ids.items()}
    with hood.office.db.read() as conn:
        held = conn.scalar(select(task.c.owner_id).where(task.c.id == task_id))
    return codes[held] if held else None


def test_open_tasks_go_along_with_a_hand_over_but_not_those_elsewhere(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door, elsewhere = open_task(hood, "B1-1", "p1"), open_task(hood, "B2-1", "p1")
    hand_over(hood.office, CLI, made.id, to="p2")
    assert (owner_of(hood, door), owner_of(hood, elsewhere)) == ("p2", "p1")


def test_open_tasks_stay_where_that_is_asked_for(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    hand_over(hood.office, CLI, made.id, to="p2", with_tasks=False)
    assert owner_of(hood, door) == "p1"


def test_who_withdraws_leaves_open_tasks_to_whoever_claims_them(hood):
    assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    withdraw(hood.office, CLI, person="p1")
    assert owner_of(hood, door) is None


def test_who_may_still_go_there_by_another_tie_keeps_their_tasks(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    assign(hood.office, CLI, person="p1", place="C1", role=Role.VOLUNTEER)
    door = open_task(hood, "B1-1", "p1")
    withdraw(hood.office, CLI, assignment_id=made.id)
    assert owner_of(hood, door) == "p1"


def test_a_hand_over_to_come_leaves_today_s_tasks_where_they_are(hood):
    made = assign(hood.office, CLI, person="p1", place="B1", role=Role.RESPONSIBLE)
    door = open_task(hood, "B1-1", "p1")
    hand_over(hood.office, CLI, made.id, to="p2", day=TOMORROW)
    assert owner_of(hood, door) == "p1"
