"""The planner's parts against what can be worked out by hand or by trying everything."""

from __future__ import annotations

from itertools import combinations, permutations, product
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.planning.bound import _Room, earliest_finish, finish_of, least_work
from lamplit.planning.model import Building, Door, Person, Request, Span, Visit, Walking
from lamplit.planning.pieces import cut
from lamplit.planning.risk import ways_between
from lamplit.planning.route import _Trip, best_order, blocks_of, urgencies
from lamplit.planning.schedule import schedule
from lamplit.planning.tour import round_trip
from lamplit.planning.travel import Ways, metres
from lamplit.planning.world import World

PLAIN = Walking(
    metres_a_minute=60,
    detour=1,
    up=0.5,
    down=0.25,
    lift_wait=1,
    lift_floor=0.1,
    next_door=0.1,
    next_unit=2,
)


def world(doors, buildings, people, **more):
    return World.of(
        Request(tuple(doors), tuple(buildings), tuple(people), 1440.0, walking=PLAIN, **more)
    )


def test_degrees_become_metres():
    east, north = metres(30.61, 114.31, lat0=30.6, lon0=114.3)
    assert east == pytest.approx(958, abs=2)
    assert north == pytest.approx(1113, abs=1)


def test_the_quicker_of_stairs_and_lift():
    ways = Ways.of([Building("a"), Building("b", has_lift=True)], PLAIN)
    assert ways.climb(0, 1, 9) == 4.0
    assert ways.climb(1, 1, 9) == pytest.approx(1.8)
    assert ways.climb(1, 1, 2) == 0.5
    assert ways.climb(1, 9, 8) == 0.25
    assert ways.climb(1, 5, 5) == 0.0


@given(st.integers(0, 4), st.integers(0, 4))
def test_the_ways_of_the_plan_are_the_ways_of_the_run(one, two):
    buildings = [Building("a", entrance=1), Building("b", x=120, has_lift=True, entrance=2)]
    places = [("a", "1", 1), ("a", "1", 4), ("a", "2", 2), ("b", "1", 9), ("b", "1", 7)]
    doors = [Door(str(i), b, u, f) for i, (b, u, f) in enumerate(places)]
    here = world(doors, buildings, [Person("p", (Span(0, 600),), home="a")])
    found = ways_between(here, np.array([[one]]), np.array([[0]]), np.array([[two]]))[0, 0]
    b1, b2 = int(here.building[one]), int(here.building[two])
    f1, f2 = int(here.floor[one]), int(here.floor[two])
    if here.unit[one] == here.unit[two]:
        expected = here.ways.climb(b1, f1, f2)
    else:
        expected = here.ways.climb(b1, f1, 1) + here.ways.enter(b1, b2, f2)
    assert found == pytest.approx(expected + PLAIN.next_door)


def test_a_list_by_hand():
    doors = [
        Door("low", "a", "1", 1, minutes=10, answers=(1.0,)),
        Door("high", "a", "1", 3, minutes=10, answers=(1.0,)),
    ]
    person = Person("p", (Span(540, 600),), home="b")
    places = [Building("a", entrance=1), Building("b", x=120)]
    here = world(doors, places, [person], visit=Visit(refuses=0))
    walk = schedule(here, 0, [0, 1]).walks[0]
    # 2 minutes' walk, 1 to get in, 0.1 to the door; then 10 minutes, two floors up, 0.1.
    assert walk.stops == [(0, pytest.approx(543.1)), (1, pytest.approx(554.2))]
    assert walk.ends == pytest.approx(564.2)
    assert walk.again == 0


def test_returns_are_kept_free():
    door = Door("d", "a", minutes=10, answers=(0.5,))
    here = world([door], [Building("a")], [Person("p", (Span(0, 60),))], visit=Visit(refuses=0))
    # Half the time nobody opens: another attempt of 5.75 minutes on average, and 2 to get back.
    assert here.returns[0, 0] == pytest.approx(0.5 * (0.5 * 10 + 0.5 * 1.5 + 2))


def test_an_appointment_is_kept_though_the_row_is_long():
    doors = [Door(f"d{i}", "a", "1", 1, answers=(1.0,)) for i in range(30)]
    doors.append(Door("fixed", "a", "1", 1, answers=(1.0,), windows=(Span(60, 62),)))
    here = world(doors, [Building("a")], [Person("p", (Span(0, 400),), home="a")])
    arrivals = dict(schedule(here, 0, list(range(31))).walks[0].stops)
    assert 60 <= arrivals[30] <= 62


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=1, max_size=6))
def test_a_list_is_ordered_nearly_as_well_as_by_trying_every_order(places):
    buildings = [Building(f"b{i}", x, y) for i, (x, y) in enumerate(places)]
    doors = [Door(f"d{i}", b.id) for i, b in enumerate(buildings)]
    here = world(doors, buildings, [Person("p", (Span(0, 1400),), home="b0")])
    blocks = blocks_of(here, range(len(doors)), urgencies(here))
    cost = _Trip(here, 0, blocks).cost
    best = min(cost(row) for row in permutations(range(len(blocks))))
    found = [blocks.index(block) for block in best_order(here, 0, blocks)]
    assert cost(found) <= best * 1.03


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=7))
def test_the_tour_visits_every_building_and_is_short(places):
    at = np.array(places)
    walk = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))

    def length(order):
        return sum(walk[a, b] for a, b in zip(order, [*order[1:], order[0]], strict=True))

    found = round_trip(walk, range(len(places)))
    assert sorted(found) == list(range(len(places)))
    best = min(length([0, *rest]) for rest in permutations(range(1, len(places))))
    assert length(found) <= best * 1.25 + 1e-6


@settings(max_examples=40)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=60), st.floats(10, 60))
def test_pieces_hold_every_door_once_and_are_small(floors, largest):
    doors = [Door(f"d{i}", "a", "1", f) for i, f in enumerate(floors)]
    here = world(doors, [Building("a", has_lift=True)], [Person("p", (Span(0, 600),))])
    pieces = cut(here, range(len(doors)), largest)
    assert sorted(d for p in pieces for d in p.doors) == list(range(len(doors)))
    assert all(p.load <= largest + 1e-9 or len(p.doors) == 1 for p in pieces)


def test_the_least_work_by_hand():
    doors = [
        Door("one", "a", "1", 3, minutes=10, answers=(1.0,)),
        Door("two", "b", "1", 1, minutes=10, answers=(1.0,)),
    ]
    places = [Building("a", entrance=1), Building("b", x=60, entrance=1)]
    person = Person("p", (Span(0, 600),), home="a")
    here = world(doors, places, [person], visit=Visit(refuses=0))
    # Two visits, two last steps, two entrances, up two floors (the way down may be left out as
    # the span's last), a stairwell of one's own building, and a minute's walk.
    assert least_work(here, [0, 1]) == pytest.approx(20 + 0.2 + 2 + 1 + 0 + 1 + 1)


def test_work_is_done_when_everybody_has_worked_enough():
    people = [Person("a", (Span(0, 60),)), Person("b", (Span(30, 90),), pace=2)]
    here = world([], [Building("x")], people)
    both = np.array([True, True])
    assert finish_of(here, 30, both) == 30
    assert finish_of(here, 75, both) == 60
    assert finish_of(here, 90, both) == 90
    assert finish_of(here, 91, both) is None
    assert finish_of(here, 10, np.array([False, True])) == 50


@st.composite
def short_days(draw):
    """A few long visits by one or two people whose spans lie about the edges of the day's parts."""
    buildings = (Building("a", has_lift=True), Building("b", x=draw(st.floats(0, 300))))
    chances = st.tuples(*[st.sampled_from((0.05, 0.3, 0.6, 0.95))] * 3)
    doors = tuple(
        Door(
            f"d{i}", draw(st.sampled_from("ab")), floor=draw(st.integers(1, 9)),
            minutes=draw(st.floats(3, 45)), answers=draw(chances), tried=draw(st.integers(0, 1)),
        )
        for i in range(draw(st.integers(1, 4)))
    )  # fmt: skip
    found = []
    for at in range(draw(st.integers(1, 2))):
        spans = []
        for day in range(2):
            for begin, last in ((560, 700), (880, 1040), (1050, 1150)):
                if draw(st.booleans()):
                    start = day * 1440 + draw(st.integers(begin, last))
                    length = draw(st.integers(20, 150))
                    if spans and spans[-1].end >= start:
                        continue
                    spans.append(Span(start, start + length))
        home, pace = draw(st.sampled_from((None, "a", "b"))), draw(st.sampled_from((0.8, 1.0, 1.3)))
        found.append(Person(f"p{at}", tuple(spans), home=home, pace=pace))
    visit = Visit(attempts=draw(st.integers(2, 4)))
    return Request(doors, buildings, tuple(found), 2 * 1440.0, walking=PLAIN, visit=visit)


@st.composite
def late_tries(draw):
    """Spans that reach a little into the evening, when alone people open: what tempts to wait."""
    doors = tuple(
        Door(f"d{i}", "a", minutes=draw(st.floats(10, 60)),
             answers=(0.1, draw(st.sampled_from((0.1, 0.7, 0.9))), 0.95))
        for i in range(draw(st.integers(1, 5)))
    )  # fmt: skip
    start, end = draw(st.integers(870, 1000)), draw(st.integers(1052, 1100))
    spans = (Span(start, end), Span(start + 1440, end + 1440))[: draw(st.integers(1, 2))]
    visit = Visit(attempts=2, no_answer=draw(st.sampled_from((1.5, 20.0))))
    person = Person("p", spans, home="a")
    return Request(doors, (Building("a"),), (person,), 2 * 1440.0, walking=PLAIN, visit=visit)


@settings(max_examples=150)
@given(
    short_days() | late_tries(),
    st.sampled_from((None, 0.3, 3.0)),
    st.sampled_from((None, 0.5, 1.5)),
)
def test_no_order_of_any_sharing_out_beats_the_bound_whatever_the_prices(request, price, late):
    here = World.of(request)
    doors, people = range(len(request.doors)), range(len(request.people))
    best: dict[tuple[int, tuple[int, ...]], float] = {}
    for who in people:
        for count in range(len(doors) + 1):
            for some in combinations(doors, count):
                walked = [schedule(here, who, row) for row in permutations(some)]
                ends = [w.finish or 0.0 for w in walked if not w.over and not w.missed]
                best[who, some] = min(ends, default=inf)
    finish = inf
    for owners in product(people, repeat=len(doors)):
        held = [tuple(d for d in doors if owners[d] == who) for who in people]
        finish = min(finish, max(best[who, held[who]] for who in people))
    with pytest.MonkeyPatch.context() as patch:
        if price:
            patch.setattr("lamplit.planning.bound._PRICES", (price,))
        if late:
            patch.setattr("lamplit.planning.bound._LATE", (late,))
        bound = earliest_finish(here, doors)
    if finish < inf:
        assert bound is not None
        assert bound[0] <= finish + 1e-6


@settings(max_examples=80)
@given(
    st.integers(20, 60), st.integers(0, 9), st.floats(0.6, 1.0), st.integers(20, 90),
    st.sampled_from((0.03, 0.3, 2.0)),
)  # fmt: skip
def test_minutes_that_reach_into_the_evening_hold_no_more_for_being_priced(
    doors, seed, least, reach, late
):
    """What `_Room` says of such spans, of lists as they are walked."""
    rng = np.random.default_rng(seed)
    homes = [
        Door(f"d{i}", "a", minutes=float(rng.uniform(3, 15)),
             answers=tuple(float(c) for c in rng.uniform(least, 1, 3)))
        for i in range(doors)
    ]  # fmt: skip
    spans = tuple(Span(day * 1440 + 800, day * 1440 + 1050 + reach) for day in range(3))
    request = Request(
        tuple(homes), (Building("a"),), (Person("p", spans, home="a"),), 3 * 1440.0, walking=PLAIN
    )
    here = World.of(request)
    ratio = _Room.of(here, 2, request.deadline, 20.0).ratio
    assert 0 < ratio < 1
    for walk in schedule(here, 0, [int(d) for d in rng.permutation(doors)]).walks:
        late_ones = [d for d, at in walk.stops if here.part(at) == 2]
        early = [d for d, at in walk.stops if here.part(at) == 1]
        back = sum(here.returns[d, 1] for d in early) + sum(here.returns[d, 2] for d in late_ones)
        carried = back - walk.again
        if late_ones:
            priced = (1 - ratio * late) * sum(here.served[d, 1] for d in early)
            priced += (1 + late) * (back + sum(here.served[d, 2] for d in late_ones))
            assert priced <= walk.span.end - walk.span.start + carried + 1e-6
