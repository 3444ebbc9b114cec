"""Probabilities, forecasts and the help that makes a deadline hold."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neighbours import QUICK, community, whole_days

from lamplit.planning.help import lengthened
from lamplit.planning.lists import make_lists
from lamplit.planning.live import live_through
from lamplit.planning.model import DAY, Lever, Options, Span, Visit
from lamplit.planning.planner import make_plan
from lamplit.planning.risk import turns_of
from lamplit.planning.world import World


def sure(request):
    """Everybody comes, somebody opens at once, and every visit takes its mean."""
    doors = tuple(replace(d, answers=(1.0,), spread=0.0) for d in request.doors)
    people = tuple(replace(p, turns_up=1.0) for p in request.people)
    return replace(request, doors=doors, people=people, visit=Visit(refuses=0.0))


def test_without_luck_the_forecast_is_the_plan():
    plan = make_plan(sure(community()))
    assert plan.forecast.holds.value == 1
    assert plan.forecast.early == pytest.approx(plan.forecast.late)
    assert plan.forecast.finish == pytest.approx(plan.measures.finish, abs=0.01)
    assert plan.forecast.reached == len(plan.request.doors)


def test_if_nobody_turns_up_nothing_is_done():
    plan = make_plan(community(turns_up=0.0))
    assert plan.forecast.holds.value == 0
    assert plan.forecast.open_doors == len(plan.request.doors)
    assert plan.forecast.finish > plan.request.deadline


def test_a_deadline_tonight_is_less_sure_than_one_tomorrow():
    early = make_plan(replace(community(doors=120, people=3, days=3), deadline=12.5 * 60))
    late = make_plan(community(doors=120, people=3, days=3))
    assert early.forecast.holds.value < late.forecast.holds.value


def test_attempts_and_answers_are_as_drawn():
    request = community(doors=200, people=8, days=3, turns_up=1.0)
    request = replace(
        request,
        doors=tuple(replace(d, answers=(0.5,)) for d in request.doors),
        visit=Visit(attempts=2, again=1.0),
    )
    world = World.of(request)
    run = live_through(world, make_lists(world, 0.0), 200)
    assert not (~run.state.closed).any()
    share = run.state.reached.mean()
    assert share == pytest.approx(0.75, abs=0.01)
    once = (run.state.attempts == 1).mean()
    assert once == pytest.approx(0.5, abs=0.01)


def test_nobody_opens_where_the_chance_is_nought():
    request = community(doors=30)
    doors = tuple(replace(d, answers=(0.0,)) for d in request.doors)
    plan = make_plan(replace(request, doors=doors))
    assert plan.forecast.reached == 0
    assert plan.forecast.holds.value > 0.5


def test_neighbours_take_over_for_somebody_who_never_comes():
    request = community(doors=48, people=4, turns_up=1.0)
    people = (replace(request.people[0], turns_up=0.0), *request.people[1:])
    plan = make_plan(replace(request, people=people))
    assert plan.lists().get("p0")
    assert plan.forecast.holds.value > 0.9


def test_whoever_has_one_long_span_takes_over_as_others_with_two_do():
    request = sure(community(doors=40, people=2, days=1))
    away, stays = request.people
    people = (
        replace(away, turns_up=0.0, spans=(Span(540, 570), Span(800, 900))),
        replace(stays, spans=(Span(600, 960),)),
    )
    plan = make_plan(replace(request, people=people))
    assert plan.lists().get("p0")
    assert plan.forecast.holds.value == 1


@st.composite
def days_of_people(draw):
    """Up to six people with up to three spans of a day each, that do not overlap."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        minutes = draw(st.lists(st.integers(0, 1439), max_size=6, unique=True))
        ordered = sorted(minutes[: len(minutes) // 2 * 2])
        found.append([Span(a, b) for a, b in zip(ordered[::2], ordered[1::2], strict=True)])
    return found


@given(days_of_people())
def test_everybody_lives_their_spans_in_order_with_whoever_is_out_at_the_same_time(days):
    turns = turns_of(days, 0)
    assert [[s for turn in turns if (s := turn[p])] for p in range(len(days))] == days
    together = [[s for s in turn if s] for turn in turns]
    assert all(max(s.start for s in some) < min(s.end for s in some) for some in together)
    first = [min(s.start for s in some) for some in together]
    assert first == sorted(first)
    assert not any(turns_of(days, 1))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_people_never_make_it_materially_less_sure(seed):
    options = replace(QUICK, seed=seed, replicates=200, seconds=0.0)
    chances = []
    for people in (2, 3, 4, 6):
        request = community(doors=110, people=people, options=options, spans=whole_days(2, 9, 13))
        chances.append(make_plan(request).forecast.holds.value)
    assert all(b >= a - 0.05 for a, b in itertools.pairwise(chances))
    assert chances[-1] > chances[0]


def tight(**more):
    options = Options(seconds=0.2, seed=2, replicates=100, **more)
    return community(doors=96, people=2, spans=whole_days(2, 9, 13), options=options)


def test_the_smallest_help_is_found_and_each_step_is_told():
    plan = make_plan(tight())
    assert plan.forecast.holds.value < 0.9
    assert {h.lever for h in plan.help} == set(Lever)
    for found in plan.help:
        assert found.steps
        chances = {s.amount: s.holds.value for s in found.steps}
        assert found.enough is not None
        assert chances[found.enough] >= 0.9
        assert all(c < 0.9 for amount, c in chances.items() if amount < found.enough)
    leave = next(h for h in plan.help if h.lever is Lever.LEAVE)
    assert len(leave.leave) == leave.enough


def test_the_help_that_is_named_does_help():
    plan = make_plan(tight())
    people = next(h for h in plan.help if h.lever is Lever.PEOPLE)
    more = tuple(replace(people.like, id=f"m{i}") for i in range(int(people.enough)))
    helped = make_plan(replace(plan.request, people=(*plan.request.people, *more)))
    assert helped.forecast.holds.value > plan.forecast.holds.value
    assert helped.forecast.holds.value >= 0.8


def test_a_language_that_nobody_has_is_asked_of_the_new_person():
    request = community(doors=24, people=3, options=replace(QUICK, seek_help=True))
    doors = (replace(request.doors[0], languages=frozenset({"yue"})), *request.doors[1:])
    plan = make_plan(replace(request, doors=doors))
    people = next(h for h in plan.help if h.lever is Lever.PEOPLE)
    assert people.like.languages == {"yue"}
    assert people.enough == 1
    hours = next(h for h in plan.help if h.lever is Lever.HOURS)
    assert hours.enough is None
    leave = next(h for h in plan.help if h.lever is Lever.LEAVE)
    assert leave.leave == (request.doors[0].id,)


def test_where_no_help_would_do_it_is_said():
    request = community(doors=24, people=2, options=replace(QUICK, seek_help=True))
    doors = (replace(request.doors[0], windows=(Span(60, 90),)), *request.doors[1:])
    plan = make_plan(replace(request, doors=doors))
    enough = {h.lever: h.enough for h in plan.help}
    assert enough == {Lever.PEOPLE: None, Lever.HOURS: None, Lever.LEAVE: 1}


def test_longer_hours_end_when_people_go_home():
    spans = (Span(540, 720), Span(840, 1080), Span(DAY + 540, DAY + 1250))
    assert lengthened(spans, 300, 21 * 60) == (
        Span(540, 720),
        Span(840, 1260),
        Span(DAY + 540, DAY + 1260),
    )


def test_the_interval_holds_the_probability_and_narrows():
    few, many = (
        make_plan(replace(tight(), options=Options(0.0, 2, n, seek_help=False))).forecast.holds
        for n in (50, 800)
    )
    assert many.value in many.interval
    assert many.interval.high - many.interval.low < few.interval.high - few.interval.low
    assert np.isclose(many.value * 800 % 1, 0)
