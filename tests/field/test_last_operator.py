"""Nobody withdraws the last operator of a place: everybody would be locked out."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from people_world import World, build
from sqlalchemy import select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.access import accounts
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.people.assignments import assign, hand_over, withdraw
from lamplit.store.schema import account, assignment

TODAY = date(2020, 2, 10)


@pytest.fixture
def world(office: Office) -> World:
    return build(office)


def refused():
    return pytest.raises(LamplitError, match=r"^\[assignment.last-operator\]")


def role_of(world: World, name: str) -> str:
    """The id of the operator's role that somebody has."""
    with world.office.read(CLI) as tx:
        wanted = select(assignment.c.id).where(
            assignment.c.person_id == world.people[name],
            assignment.c.role == Role.OPERATOR.value,
            assignment.c.ends.is_(None),
        )
        return str(tx.conn.scalars(wanted).one())


def second(world: World, name: str = "leader", place: str = "D1", **more: date) -> str:
    made = assign(world.office, CLI, person=f"P-{name}", place=place, role=Role.OPERATOR, **more)
    return made.id


def test_the_last_operator_withdraws_neither_one_role_nor_all(world):
    own = world.actor("operator")
    with refused() as told:
        withdraw(world.office, own, assignment_id=role_of(world, "operator"))
    assert told.value.says("en") == "this is the last operator of d1."
    with refused():
        withdraw(world.office, own, person="P-operator")
    assert role_of(world, "operator"), "and the role runs on"


def test_nor_does_anybody_else_be_it_at_the_command_line(world):
    with refused():
        withdraw(world.office, CLI, person="P-operator", day=TODAY + timedelta(days=3))


def test_with_another_operator_there_the_first_may_go_and_then_the_other_stays(world):
    second(world)
    withdraw(world.office, world.actor("operator"), assignment_id=role_of(world, "operator"))
    with refused():
        withdraw(world.office, CLI, assignment_id=role_of(world, "leader"))


def test_an_operator_of_a_part_may_go_since_the_whole_has_one(world):
    below = second(world, place="C1")
    withdraw(world.office, world.actor("operator"), assignment_id=below)
    second(world, place="C1")
    with refused():
        withdraw(world.office, CLI, assignment_id=role_of(world, "operator"))


def test_one_who_cannot_sign_in_is_no_other_operator(world):
    second(world)
    accounts.disable(world.office, CLI, "leader")
    with refused():
        withdraw(world.office, CLI, assignment_id=role_of(world, "operator"))
    # Where nobody signs in at all, as before the first account, a role is a role.
    with world.office.begin(CLI) as tx:
        tx.conn.execute(update(account).values(disabled_at=tx.now))
    withdraw(world.office, CLI, assignment_id=role_of(world, "operator"))


def test_one_whose_role_ends_soon_is_no_other_operator(world):
    second(world, ends=TODAY + timedelta(days=7))
    with refused():
        withdraw(world.office, CLI, assignment_id=role_of(world, "operator"))


def test_a_hand_over_goes_to_somebody_who_can_sign_in(world):
    accounts.disable(world.office, CLI, "outsider")
    mine = role_of(world, "operator")
    with refused():
        hand_over(world.office, world.actor("operator"), mine, to="P-outsider")
    made = hand_over(world.office, world.actor("operator"), mine, to="P-leader")
    assert made.role == Role.OPERATOR


def test_of_the_last_two_who_withdraw_at_once_one_stays(world):
    second(world)
    ready, told = threading.Barrier(2), []

    def act(name: str) -> None:
        mine = role_of(world, name)
        ready.wait()
        try:
            withdraw(world.office, world.actor(name), assignment_id=mine)
            told.append("done")
        except LamplitError as error:
            told.append(error.code)

    both = [threading.Thread(target=act, args=(name,)) for name in ("operator", "leader")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(told) == ["assignment.last-operator", "done"]
