"""Rounds: everybody has been to their doors of one before they begin the next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neighbours import QUICK, community, whole_days

from lamplit.planning.model import DAY, Person
from lamplit.planning.planner import make_plan
from lamplit.planning.replan import Change, replan
from lamplit.planning.says import summary
from lamplit.planning.standing import Standing, plan_from


def in_rounds(request, first):
    """The request with the doors for which `first(number)` in round 1, the others in round 2."""
    doors = tuple(replace(d, round=1 if first(i) else 2) for i, d in enumerate(request.doors))
    return replace(request, doors=doors)


def orders(plan):
    """The rounds of everybody's doors, in the order of their list."""
    of = {d.id: d.round for d in plan.request.doors}
    return {person: [of[door] for door in row] for person, row in plan.lists().items()}


def reached(plan, door_ids):
    """When each of some doors is come to."""
    arrives = {s.door_id: s.arrive for shift in plan.shifts for s in shift.stops}
    return [arrives[door] for door in door_ids]


@settings(max_examples=15)
@given(
    rounds=st.lists(st.integers(1, 3), min_size=30, max_size=30),
    people=st.integers(1, 4),
    seconds=st.sampled_from([0.0, 0.1]),
)
def test_every_list_goes_round_by_round_and_each_door_is_somewhere(rounds, people, seconds):
    asked = community(doors=30, people=people, options=replace(QUICK, seconds=seconds))
    doors = tuple(replace(d, round=r) for d, r in zip(asked.doors, rounds, strict=True))
    plan = make_plan(replace(asked, doors=doors))
    for row in orders(plan).values():
        assert row == sorted(row)
    listed = [door for row in plan.lists().values() for door in row]
    left = [one.door_id for one in plan.unassigned]
    assert sorted([*listed, *left]) == sorted(d.id for d in doors)
    assert not left


def test_the_first_round_is_through_sooner_than_without_rounds():
    asked = community(doors=96, people=4, days=2)
    first = [d.id for i, d in enumerate(asked.doors) if i % 5 == 0]
    plain = make_plan(replace(asked, doors=tuple(replace(d, rank=1) for d in asked.doors)))
    plan = make_plan(in_rounds(asked, lambda i: i % 5 == 0))
    assert max(reached(plan, first)) < max(reached(plain, first)) - 60
    told, rest = plan.rounds()
    assert (told.doors, rest.doors) == (len(first), 96 - len(first))
    assert told.tried == max(reached(plan, first))
    assert any(line.startswith("First come 20 doors") for line in summary(plan, "en"))
    assert not any(line.startswith("First come") for line in summary(plain, "en"))


def test_where_time_is_short_the_second_round_is_left():
    asked = community(doors=72, people=1, spans=whole_days(1, 9, 11), days=1)
    plan = make_plan(in_rounds(replace(asked, deadline=DAY), lambda i: i % 9 == 0))
    of = {d.id: d.round for d in asked.doors} | {d.id: d.round for d in plan.request.doors}
    assert {of[one.door_id] for one in plan.unassigned} == {2}


@pytest.mark.parametrize("joins", [False, True])
def test_who_takes_over_goes_to_doors_of_the_first_round_first(joins):
    """Somebody drops out at once; their doors of the first round are not put behind the others."""
    asked = in_rounds(community(doors=60, people=4, days=2), lambda i: i % 3 == 0)
    plan = make_plan(asked)
    more = (Person("new", whole_days(2)),) if joins else ()
    after = replan(plan, Change(now=1.0, dropped=frozenset({"p0"}), joined=more)).plan
    moved = set(plan.lists()["p0"])
    assert moved <= {door for row in after.lists().values() for door in row}
    for row in orders(after).values():
        assert row == sorted(row)


def test_lists_that_nobody_put_in_order_are_put_in_rounds():
    asked = in_rounds(community(doors=24, people=2, days=2), lambda i: i % 2 == 0)
    held = {
        "p0": tuple(d.id for d in asked.doors[12:]),
        "p1": tuple(d.id for d in asked.doors[:12]),
    }
    made = plan_from(asked, Standing(held, loose=frozenset(held)), keep=True)
    assert {p: set(row) for p, row in made.plan.lists().items()} == {
        p: set(row) for p, row in held.items()
    }
    for row in orders(made.plan).values():
        assert row == sorted(row)
