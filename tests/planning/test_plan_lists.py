"""Every list that the planner makes keeps its promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neighbours import QUICK, community, whole_days

from lamplit.domain.errors import LamplitError
from lamplit.planning.bound import earliest_finish, least_work
from lamplit.planning.model import DAY, Building, Door, Options, Person, Request, Span, Why
from lamplit.planning.planner import make_plan
from lamplit.planning.world import World

TONGUES, SKILLS = ["yue", "wuu"], ["nurse", "electrician"]


@st.composite
def spans(draw, days=2):
    found = []
    for day in range(days):
        for start in draw(st.sets(st.sampled_from([8, 13, 18]), max_size=2)):
            length = draw(st.integers(30, 240))
            found.append(Span(day * DAY + start * 60, day * DAY + start * 60 + length))
    return tuple(sorted(found))


def asked(words):
    """Mostly nothing; else some of the words."""
    return st.sampled_from([(), (), ()]).map(frozenset) | st.frozensets(st.sampled_from(words))


@st.composite
def requests(draw):
    buildings = tuple(
        Building(
            f"b{i}",
            x=draw(st.floats(0, 500)),
            y=draw(st.floats(0, 500)),
            has_lift=draw(st.booleans()),
        )
        for i in range(draw(st.integers(1, 4)))
    )
    place = st.sampled_from([b.id for b in buildings])
    doors = tuple(
        Door(
            id=f"d{i}",
            building_id=draw(place),
            unit=draw(st.sampled_from(["1", "2"])),
            floor=draw(st.integers(-1, 12)),
            minutes=draw(st.floats(1, 30)),
            spread=draw(st.floats(0, 10)),
            answers=draw(st.sampled_from([(0.0,), (1.0,), (0.2, 0.4, 0.9)])),
            rank=draw(st.integers(1, 3)),
            languages=draw(asked(TONGUES)),
            skills=draw(asked(SKILLS)),
            windows=draw(st.sampled_from([(), (), (), (Span(600.0, 660.0),)])),
        )
        for i in range(draw(st.integers(0, 24)))
    )
    people = tuple(
        Person(
            id=f"p{i}",
            spans=draw(spans()),
            home=draw(st.none() | place),
            languages=draw(st.frozensets(st.sampled_from(TONGUES))),
            skills=draw(st.frozensets(st.sampled_from(SKILLS))),
            pace=draw(st.sampled_from([0.8, 1.0, 1.5])),
        )
        for i in range(draw(st.integers(0, 4)))
    )
    options = Options(seconds=0.1, seed=draw(st.integers(0, 9)), replicates=5, seek_help=False)
    return Request(doors, buildings, people, deadline=2 * DAY, options=options)


@settings(max_examples=120)
@given(requests())
def test_whatever_is_asked_the_lists_keep_every_promise(request):
    plan = make_plan(request)
    doors, people = {d.id: d for d in request.doors}, {p.id: p for p in request.people}
    listed = [stop.door_id for shift in plan.shifts for stop in shift.stops]
    left = [u.door_id for u in plan.unassigned]
    # Every door once: on one list, or left with a reason.
    assert sorted([*listed, *left]) == sorted(doors)
    for shift in plan.shifts:
        person = people[shift.person_id]
        assert shift.span in person.spans
        before = shift.span.start
        for stop in shift.stops:
            door = doors[stop.door_id]
            assert before <= stop.arrive <= shift.ends
            before = stop.arrive
            assert not door.languages or door.languages & person.languages
            assert door.skills <= person.skills
            if door.windows:
                assert any(w.start <= stop.arrive <= w.end for w in door.windows)
        # Nobody outside their span, returns included.
        assert shift.ends + shift.again <= shift.span.end + 1e-6


@settings(max_examples=40)
@given(requests())
def test_no_plan_beats_the_bound(request):
    measures = make_plan(request).measures
    if measures.finish is not None and measures.bound_finish is not None:
        assert measures.finish >= measures.bound_finish - 1e-6
        assert measures.gap >= -1e-9


@settings(max_examples=20)
@given(
    start=st.sampled_from((11.5, 14.0, 16.75)), hours=st.sampled_from((1.5, 3.0, 5.0)),
    chances=st.tuples(*[st.sampled_from((0.1, 0.4, 0.9))] * 3), doors=st.integers(1, 60),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_no_plan_beats_the_bound_where_spans_cross_the_parts_of_the_day(
    start, hours, chances, doors, seed
):
    request = community(doors, people=3, days=2, spans=whole_days(2, start, start + hours))
    homes = tuple(replace(d, answers=chances if i % 2 else (0.5,) * 3)
                  for i, d in enumerate(request.doors))  # fmt: skip
    options = replace(request.options, seed=seed, replicates=1)
    measures = make_plan(replace(request, doors=homes, options=options)).measures
    if measures.finish is not None and measures.bound_finish is not None:
        assert measures.finish >= measures.bound_finish - 1e-6


def test_the_bound_knows_that_an_evening_is_short():
    """Everybody opens in the evening alone; most doors are tried by day all the same."""
    spans = whole_days(3, 9, 18)
    evening = tuple(replace(d, answers=(0.1, 0.1, 0.95)) for d in community(180, 3).doors)
    request = replace(community(180, people=3, days=3, spans=spans), doors=evening)
    world = World.of(request)
    doors = range(len(evening))
    found = earliest_finish(world, doors)
    assert found is not None
    assert found[1] > least_work(world, doors) * 1.02


@settings(max_examples=15)
@given(requests())
def test_the_same_seed_gives_the_same_plan(request):
    assert make_plan(request) == make_plan(request)


def test_a_whole_community_gets_the_same_plan_twice():
    request = community(doors=120, people=6)
    assert make_plan(request) == make_plan(request)


def test_lifts_go_up_and_people_walk_down():
    request = community(doors=72, people=2)
    plan = make_plan(request)
    lift = {b.id: b.has_lift for b in request.buildings}
    assert any(lift.values())
    for shift in plan.shifts:
        for one, two in zip(shift.stops, shift.stops[1:], strict=False):
            if (one.building_id, one.unit) == (two.building_id, two.unit):
                step = two.floor - one.floor
                assert step <= 0 if lift[one.building_id] else step >= 0


def test_the_better_rank_comes_first_where_it_costs_little():
    request = community(doors=48, people=1)
    doors = tuple(replace(d, rank=1 if d.building_id == "b1" else 9) for d in request.doors)
    plan = make_plan(replace(request, doors=doors))
    order = [s.building_id for shift in plan.shifts for s in shift.stops]
    assert order[0] == "b1"


def test_a_stairwell_stays_with_one_person_where_the_work_allows():
    plan = make_plan(community(doors=96, people=4, days=3))
    assert plan.measures.shared_units <= 4


def test_doors_that_nobody_can_do_say_why():
    request = community(doors=6, people=2)
    doors = list(request.doors)
    doors[0] = replace(doors[0], languages=frozenset({"yue"}))
    doors[1] = replace(doors[1], windows=(Span(60, 120),))
    plan = make_plan(replace(request, doors=tuple(doors)))
    assert {(u.door_id, u.why) for u in plan.unassigned} == {
        (doors[0].id, Why.NOBODY_ABLE),
        (doors[1].id, Why.NO_WINDOW),
    }
    assert plan.forecast.holds.value == 0


def test_too_much_work_leaves_the_last_ranks():
    request = community(doors=96, people=1, spans=whole_days(1, 9, 12))
    plan = make_plan(request)
    left = {u.door_id for u in plan.unassigned}
    assert {u.why for u in plan.unassigned} == {Why.NO_TIME}
    rank = {d.id: d.rank for d in request.doors}
    kept = [rank[d] for d in rank if d not in left]
    assert kept
    assert max(kept) < max(rank.values())


def test_nothing_to_do_holds():
    plan = make_plan(replace(community(), doors=()))
    assert plan.forecast.holds.value == 1
    assert plan.measures.finish is None


def test_nobody_there_leaves_every_door_for_want_of_time():
    plan = make_plan(replace(community(doors=5), people=()))
    assert [u.why for u in plan.unassigned] == [Why.NO_TIME] * 5
    assert plan.forecast.holds.value == 0


def test_what_lies_before_now_is_over():
    plan = make_plan(replace(community(), now=12 * 60.0))
    assert min(s.arrive for shift in plan.shifts for s in shift.stops) >= 12 * 60


ODD = {
    "planning.twice": lambda r: replace(r, doors=(r.doors[0], r.doors[0])),
    "planning.unknown": lambda r: replace(r, doors=(replace(r.doors[0], building_id="x"),)),
    "planning.bad-number": lambda r: replace(r, doors=(replace(r.doors[0], minutes=float("nan")),)),
    "planning.bad-span": lambda r: replace(r, people=(replace(r.people[0], spans=(Span(9, 8),)),)),
    "planning.bad-chances": lambda r: replace(r, doors=(replace(r.doors[0], answers=(0.1, 0.2)),)),
    "planning.too-late": lambda r: replace(r, deadline=0.0),
}


@pytest.mark.parametrize("code", ODD)
def test_what_makes_no_sense_is_refused(code):
    with pytest.raises(LamplitError) as caught:
        make_plan(ODD[code](community(options=QUICK)))
    assert caught.value.code == code
