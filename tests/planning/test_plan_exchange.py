"""Stretches of stairwells change hands: counted as they are walked, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neighbours import community, whole_days

from lamplit.planning.bound import least_work
from lamplit.planning.changing import Changing, Walked
from lamplit.planning.exchange import Exchange
from lamplit.planning.model import Building, Door, Person, Request, Span, Visit, Walking
from lamplit.planning.pieces import cut
from lamplit.planning.planner import make_plan
from lamplit.planning.schedule import TWICE, schedule
from lamplit.planning.stride import Strides
from lamplit.planning.world import World

MORNINGS = st.tuples(st.integers(480, 560), st.integers(20, 160))
AFTERNOONS = st.tuples(st.integers(730, 800), st.integers(20, 400))


@st.composite
def teams(draw):
    """Walk-ups and towers, and people whose afternoons may reach into the evening."""
    buildings = tuple(
        Building(f"b{i}", draw(st.floats(0, 400)), draw(st.floats(0, 400)), has_lift=i % 2 == 1)
        for i in range(3)
    )
    doors = tuple(
        Door(
            f"d{i}", draw(st.sampled_from(["b0", "b1", "b2"])), draw(st.sampled_from("12")),
            draw(st.integers(1, 9)), draw(st.floats(2, 15)),
            answers=draw(st.sampled_from([(0.2, 0.4, 0.9), (0.6,), (1.0,)])),
            skills=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"nurse"})])),
        )
        for i in range(draw(st.integers(1, 30)))
    )  # fmt: skip
    people = []
    for at in range(3):
        hours = [(day, *draw(part)) for day in range(2) for part in (MORNINGS, AFTERNOONS)]
        spans = tuple(Span(1440 * d + start, 1440 * d + start + long) for d, start, long in hours)
        people.append(
            Person(f"p{at}", spans, draw(st.sampled_from([None, "b0", "b1"])),
                   skills=frozenset({"nurse"} if at == 0 else ()),
                   pace=draw(st.sampled_from([0.8, 1.0, 1.3])))
        )  # fmt: skip
    return World.of(Request(doors, buildings, tuple(people), 2880.0))


@settings(max_examples=80)
@given(teams(), st.integers(0, 99))
def test_a_row_walked_quickly_takes_what_the_schedule_says(world, seed):
    pieces = cut(world, range(len(world.rank)), 20.0)
    strides, rng = Strides(world, pieces), np.random.default_rng(seed)
    units: dict[int, list[int]] = {}
    for at, piece in enumerate(pieces):
        units.setdefault(piece.unit, []).append(at)
    row = [strides.stretch(units[unit]) for unit in rng.permutation(list(units))]
    for person in range(3):
        walked = schedule(world, person, [d for stretch in row for d in stretch.doors])
        minutes = strides.minutes(person, row)[0]
        if walked.over:
            assert minutes > world.capacity()[person]
        else:
            assert minutes == pytest.approx(walked.worked(world, person))


@settings(max_examples=40)
@given(teams(), st.integers(0, 99))
def test_a_row_walked_on_from_any_stretch_takes_what_it_takes_from_the_first(world, seed):
    pieces = cut(world, range(len(world.rank)), 20.0)
    strides, rng = Strides(world, pieces), np.random.default_rng(seed)
    row = [strides.stretch([int(at)]) for at in rng.permutation(len(pieces))]
    for person in range(3):
        walked = Walked(strides, person, row)
        for at, state in enumerate(walked.trail):
            minutes, pulled = strides.minutes(person, row, at, state)
            assert minutes == pytest.approx(walked.minutes)
            assert strides.pull * pulled == pytest.approx(walked.price)


@given(st.integers(0, 99), st.booleans())
@settings(max_examples=30)
def test_about_what_a_change_takes_is_told_without_walking_where_no_span_ends(seed, comes):
    world = World.of(community(doors=96, people=1, days=1, spans=(Span(0, 715),), pace=0.6))
    pieces, rng = cut(world, range(96), 500.0), np.random.default_rng(seed)
    strides = Strides(world, pieces)
    order = [int(at) for at in rng.permutation(len(pieces))[:5]]
    walked = Walked(strides, 0, [strides.stretch([at]) for at in order[:4]])
    changing = Changing(strides, 0, walked, (order[int(rng.integers(4))],))
    if comes:
        changing.add((order[4],), float(rng.random()))
    row = changing.row()
    assert len(row) == 3 + comes
    # But for the way down from the last stairwell, which nobody counts.
    told = walked.minutes + changing.more
    assert Walked(strides, 0, row).minutes == pytest.approx(told, abs=1.6)


@settings(max_examples=30)
@given(teams(), st.integers(0, 99), st.booleans())
def test_exchanging_loses_no_door_and_gives_none_to_the_unable(world, seed, shared):
    rng = np.random.default_rng(seed)
    pieces = cut(world, range(len(world.rank)), 1.0 if shared else 20.0)
    held: list[list[int]] = [[], [], []]
    for at, piece in enumerate(pieces):
        held[0 if piece.need else int(rng.integers(3))].append(at)
    found = Exchange(world, pieces, held)
    found.run(lambda took: np.full(3, took.sum() / 3), 3000, 1.2, (0.2, 1.0), rng, shared=shared)
    rows = found.doors()
    assert sorted(d for row in rows for d in row) == list(range(len(world.rank)))
    assert all(world.able[p, world.need[d]] for p, row in enumerate(rows) for d in row)
    assert sorted(at for p in range(3) for at, who in enumerate(found.owner) if who == p) == (
        sorted(at for row in found.rows for s in row for at in s.pieces)
    )


def test_exchanging_takes_work_away():
    world = World.of(community(doors=192, people=4, days=3))
    pieces = cut(world, range(192), 30.0)
    at_random = np.random.default_rng(1).integers(4, size=len(pieces))
    held = [[int(at) for at in np.flatnonzero(at_random == p)] for p in range(4)]
    found = Exchange(world, pieces, held)
    before = found.took()
    rng = np.random.default_rng(2)
    found.run(lambda took: np.full(4, took.sum() / 4), 12_000, 1.2, (0.2, 1.0), rng)
    assert found.took().sum() < before.sum() * 0.97
    assert np.ptp(found.took()) < 30


def stairwells(second, end):
    """Ten minutes at each of four doors of a stairwell and `second` of the next; 9:00 to `end`."""
    doors = [Door(f"a{i}", "a", minutes=10, answers=(1.0,)) for i in range(4)]
    doors += [Door(f"b{i}", "b", minutes=10, answers=(1.0,)) for i in range(second)]
    spans = (Span(540, end), Span(840, 1000))
    world = World.of(
        Request(
            tuple(doors), (Building("a", entrance=0), Building("b", entrance=0)),
            (Person("p", spans, home="a"),), 1440.0, visit=Visit(refuses=0),
            walking=Walking(next_door=0, next_unit=0),
        )
    )  # fmt: skip
    walks = schedule(world, 0, range(len(doors))).walks
    return [len(w.stops) for w in walks]


def test_a_stairwell_that_would_not_be_finished_waits_for_the_next_span():
    # A door of the next stairwell would fit, but two minutes would be left of it only.
    assert stairwells(3, end=540 + 40 + TWICE - 1) == [4, 3]
    # Where a door's time would be lost, it is begun all the same; and if it can be finished too.
    assert stairwells(3, end=540 + 40 + 12) == [5, 2]
    assert stairwells(1, end=540 + 40 + 10) == [5, 0]


def test_coming_back_fills_the_span_that_a_stairwell_is_not_begun_in():
    # Somebody opens at every second try: an hour's doors leave returns enough to fill the rest.
    request = community(doors=48, people=1, days=2, spans=whole_days(2, 9, 11.5))
    doors = tuple(replace(d, answers=(0.5,), minutes=8.0) for d in request.doors)
    world = World.of(replace(request, doors=doors))
    for walk in schedule(world, 0, range(48)).walks[:1]:
        units = [int(world.unit[d]) for d, _ in walk.stops]
        whole = {u for u in units if units.count(u) == int((world.unit == u).sum())}
        assert walk.ends + walk.again >= walk.span.end - TWICE or set(units) == whole


def test_a_stairwell_too_long_for_any_span_is_entered_again():
    doors = tuple(Door(f"d{i}", "a", minutes=20, answers=(1.0,)) for i in range(10))
    place = (Building("a", entrance=3),)

    def least(hours):
        person = Person("p", (Span(480, 480 + hours * 60), Span(900, 960)), home="a")
        request = Request(doors, place, (person,), 1440.0, visit=Visit(refuses=0))
        return least_work(World.of(request), range(10))

    # 202 minutes at the doors: once into a span of six hours (20 minutes of returns might wait),
    # twice for two hours, each time through the entrance and over from next door.
    assert least(2) - least(6) == pytest.approx(3 + 0.8)
    assert least(1) - least(6) == pytest.approx(2 * (3 + 0.8))


def test_plans_come_near_what_no_plan_can_beat():
    request = community(doors=288, people=6, days=3)
    options = replace(request.options, seconds=1.0, replicates=5)
    plan = make_plan(replace(request, options=options))
    assert not plan.unassigned
    assert plan.measures.gap < 0.06
