"""What a plan tells of the deadline is what comes of its lists where its assumptions hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neighbours import QUICK, community
from streets import Street

from lamplit.domain.errors import LamplitError
from lamplit.planning.help import ceiling
from lamplit.planning.lists import make_lists
from lamplit.planning.live import live_through
from lamplit.planning.model import COUNTED, DAY, Door, Lever, Options, Patience, Span, Visit
from lamplit.planning.planner import make_plan
from lamplit.planning.says import share, summary
from lamplit.planning.world import World
from lamplit.programmes.calendar import PARTS

SWEEP = Patience((4, 3, 3), gap=180.0)
"""The household sweep's: three tries at two times of day, else four; three hours between them."""


def spans(days, *hours):
    times = hours or ((9, 12), (14, 18))
    return tuple(Span(d * DAY + a * 60, d * DAY + b * 60) for d in range(days) for a, b in times)


def knocked(doors=80, people=4, days=1, turns_up=1.0, patience=SWEEP, options=None, **more):
    """A community in which nobody's door is special, as in a campaign."""
    request = community(
        doors=doors, people=people, days=days, turns_up=turns_up,
        spans=more.pop("spans", spans(days)),
        options=options or Options(0.2, 5, 300, seek_help=False),
    )  # fmt: skip
    each = {"answers": (0.45, 0.45, 0.7), "minutes": 6.0, "patience": patience, **more}
    return replace(request, doors=tuple(replace(d, **each) for d in request.doors))


@pytest.mark.parametrize(
    ("doors", "people", "days", "turns_up"),
    [
        (150, 4, 1, 1.0),  # too much for a day: one door in seven is left
        (80, 4, 1, 1.0),  # all of them in half of the cases
        (60, 4, 1, 0.9),  # enough, if everybody came
        (48, 2, 2, 0.9),
    ],
)
def test_as_many_doors_are_done_as_was_told(doors, people, days, turns_up):
    honest(make_plan(knocked(doors, people, days, turns_up)), turns_up)


def test_as_many_doors_are_done_as_was_told_where_everybody_has_hours_of_their_own():
    request = knocked(100, 6, 2, 0.9)
    hours = (spans(2), spans(2, (13.5, 18)), spans(2, (17.5, 20.5)))
    people = tuple(replace(p, spans=hours[i % 3]) for i, p in enumerate(request.people))
    honest(make_plan(replace(request, people=people, deadline=DAY + 20.5 * 60)), 0.9)


def honest(plan, turns_up):
    """What is told of the deadline is what 60 walks of the street come to."""
    told = plan.forecast
    came = np.array([Street(plan, seed).walk() for seed in range(60)])
    # Where people stay away a plan is careful: it has others take over only when a span ends.
    assert came.mean() - (0.025 if turns_up == 1 else 0.045) < told.done.mean < came.mean() + 0.025
    within = (came >= told.done.low - 1e-9) & (came <= told.done.high + 1e-9)
    # 8 in 10 were told; of 60 draws 6 in 10 to all is what luck and whole doors make of that.
    assert within.mean() >= 0.6
    assert told.holds.value == pytest.approx((came == 1).mean(), abs=0.25)


def test_a_street_too_long_is_told_as_a_share_and_not_as_nothing():
    told = make_plan(knocked(doors=130)).forecast
    assert told.holds.value == 0
    assert 0.8 < told.done.low < told.done.mean < told.done.high < 0.97


def test_three_tries_at_two_times_of_day_are_enough_and_three_at_one_are_not():
    nobody = {"answers": (0.0,), "minutes": 6.0}
    hours = spans(3, (9, 12))
    mornings = make_plan(knocked(doors=12, days=3, spans=hours, **nobody)).forecast
    assert mornings.done.mean == 0
    longer = spans(4, (9, 12))
    assert make_plan(knocked(doors=12, days=4, spans=longer, **nobody)).forecast.holds.value == 1
    hours = (*spans(1), *spans(2, (9, 12))[1:])
    assert make_plan(knocked(doors=12, days=2, spans=hours, **nobody)).forecast.holds.value == 1


def test_nobody_comes_back_within_the_gap():
    hours = spans(1, (9, 12))
    one = {"answers": (0.0,), "minutes": 6.0, "spans": hours}
    again = make_plan(knocked(doors=6, patience=Patience((2,)), **one)).forecast
    rested = make_plan(knocked(doors=6, patience=Patience((2,), gap=240), **one)).forecast
    assert (again.holds.value, rested.holds.value) == (1, 0)


def test_tries_made_before_the_plan_count_with_their_time_of_day():
    def held(tried, parts):
        request = knocked(doors=4, spans=spans(1, (9, 12)), answers=(0.0,))
        doors = tuple(replace(d, tried=tried, tried_in=frozenset(parts)) for d in request.doors)
        return make_plan(replace(request, doors=doors)).forecast.holds.value

    assert held(2, {1}) == 1
    assert held(2, {0}) == 0
    assert held(3, {0}) == 1


def test_a_door_without_patience_of_its_own_is_done_as_the_visit_says():
    request = knocked(doors=60, patience=None, answers=(0.0,))
    world = World.of(replace(request, visit=Visit(attempts=3)))
    assert set(world.visits) == {3}
    run = live_through(world, make_lists(world, 0.0), 20)
    assert run.state.attempts.max() == 3


@pytest.mark.parametrize("bad", [Patience((0,)), Patience((3, 99)), Patience((3,), gap=-1)])
def test_a_patience_that_makes_no_sense_is_refused(bad):
    with pytest.raises(LamplitError, match=r"planning\."):
        make_plan(knocked(doors=4, patience=bad))


def test_times_of_day_are_those_of_the_programmes():
    ends = [end.hour * 60.0 + end.minute for end, _ in PARTS]
    assert list(COUNTED) == [0.0, *ends]


def asking(**more):
    return Options(0.2, 5, 100, seek_help=True, **more)


def test_where_time_alone_forbids_it_no_help_is_tried():
    # Half a morning, and three hours between two tries: who does not open is not done today.
    request = knocked(doors=40, spans=spans(1, (9, 11)), options=asking())
    plan = make_plan(request)
    assert ceiling(World.of(request), [p.spans for p in request.people]) < 0.01
    helps = {h.lever: h for h in plan.help}
    for lever in (Lever.PEOPLE, Lever.HOURS):
        assert helps[lever].enough is None
    assert helps[Lever.PEOPLE].steps == ()
    assert "More people alone would not be enough." in summary(plan, "en")


def test_the_ceiling_is_never_under_what_more_people_reach():
    for days, hours in ((1, (9, 12)), (1, (9, 18)), (2, (9, 12))):
        request = knocked(doors=24, people=12, days=days, spans=spans(days, hours))
        held = make_plan(request).forecast.holds
        most = ceiling(World.of(request), [p.spans for p in request.people])
        assert most >= held.interval.low


def test_help_that_can_never_be_enough_is_tried_at_its_most_and_told():
    # One of the doors can be come to at night only.
    request = knocked(doors=40, people=2, options=asking())
    night = replace(request.doors[0], windows=(Span(60, 90),))
    plan = make_plan(replace(request, doors=(night, *request.doors[1:])))
    for one in plan.help:
        if one.lever is not Lever.LEAVE:
            assert one.enough is None
            assert len(one.steps) <= 2  # a guess, and the most that can be asked for
            assert 0.5 < one.steps[-1].done < 1
    said = summary(plan, "en")
    assert any(line.startswith("Even 10 more people would not be enough: 97") for line in said)
    assert any("即使再增加 10 人也不够" in line for line in summary(plan, "zh"))


def test_the_sentence_says_both_the_share_and_all_of_them():
    plan = make_plan(knocked(doors=80))
    done, holds = summary(plan, "en")[1:3]
    assert done.startswith("By the deadline, day 2, 00:00, 98% of 80 doors will be done")
    assert holds.startswith(f"Every single one of them: with a probability of "
                            f"{plan.forecast.holds.value:.0%}")  # fmt: skip


@pytest.mark.parametrize(
    ("of", "said"),
    [(1, "100%"), (0.9997, "99.9%"), (0.994, "99.4%"), (0.9899, "99%"), (0.5, "50%"), (0, "0%")],
)
def test_a_share_is_never_rounded_up_to_all(of, said):
    assert share(of) == said


def test_a_world_without_doors_is_done():
    request = replace(community(doors=2, options=QUICK), doors=())
    told = make_plan(request).forecast
    assert (told.holds.value, told.done.mean) == (1, 1)
    assert Door("d", "b").patience is None
