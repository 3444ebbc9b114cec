"""The routine rules, told in days that somebody who knows the field would write down.

A home is `usual()`: up at seven, lunch at noon, lamps and a meal in the evening, each a little
earlier or later, over a fridge that never rests.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from lamplit.signals.routine.course import Course, look, read
from lamplit.signals.routine.rules import STEPS, judge, routine_fold
from lamplit.signals.routine.sentences import Missed, clock

USUAL = {7.0: 0.25, 12.0: 0.35, 18.5: 0.6, 20.0: 0.3}
"""Hour → kWh of what is switched on then."""


def day(uses: dict[float, float], rng: np.random.Generator, slots: int = 96) -> np.ndarray:
    """One day's slots: 0.01 kWh of standing load in each quarter of an hour, and the uses."""
    kwh = np.full(slots, 0.96 / slots) * rng.uniform(0.8, 1.2, slots)
    for hour, energy in uses.items():
        kwh[int(hour * slots / 24)] += energy
    return kwh


def course(last: list[dict[float, float]], before: int = 28, slots: int = 96) -> Course:
    """`before` usual days of a home, then the days given."""
    rng = np.random.default_rng(3)
    days = []
    for _ in range(before):
        shift, hunger = rng.uniform(-0.6, 0.6), rng.uniform(0.8, 1.2)
        days.append(day({h + shift: k * hunger for h, k in USUAL.items()}, rng, slots))
    days += [day(uses, rng, slots) for uses in last]
    kwh = np.array(days, dtype=np.float32)[None]
    shape = (1, len(days))
    return Course(kwh, np.full(shape, slots), np.ones(shape, bool), np.zeros(shape, bool))


def verdict(of: Course, row: int = -1, **thresholds: float) -> dict[str, float]:
    """What the rules come to on a day of a home."""
    return judge(routine_fold(thresholds), of, (row,))[0].one(0)


def test_a_usual_day_is_no_break():
    seen = verdict(course([USUAL]))
    assert seen["speaks"] == 1 and seen["rule"] == 0 and seen["broken"] == 0
    assert seen["probability"] < 0.02


def test_a_day_on_which_nothing_is_switched_on_breaks_the_routine():
    seen = verdict(course([{}]))
    assert seen["first_use"] == 24 and seen["overdue"] == 1 and seen["broken"] == 1
    assert seen["fall"] > 2 and abs(seen["alike"]) < 0.3


def test_the_second_such_day_is_surer_than_the_first():
    first, second = verdict(course([{}])), verdict(course([{}, {}]))
    assert second["eve_points"] > 1 > first["eve_points"]
    assert second["probability"] > first["probability"]


def test_a_lie_in_is_no_break_because_the_rest_of_the_day_is_usual():
    seen = verdict(course([{12.0: 0.35, 18.5: 0.6, 20.0: 0.3}]))
    assert seen["overdue"] == 1
    assert seen["unlike"] == 0 and seen["broken"] == 0


def test_a_small_use_at_other_hours_is_a_break():
    seen = verdict(course([{2.5: 0.1}]))
    assert seen["quiet"] == 1 and seen["unlike"] == 1 and seen["broken"] == 1


def test_a_lively_day_at_other_hours_is_no_quiet_day():
    seen = verdict(course([{9.5: 0.5, 15.0: 0.6, 23.0: 0.5}]))
    assert seen["quiet"] == 0 and seen["unlike"] == 1


def test_the_first_use_and_the_usual_first_use_are_told_in_hours():
    seen = verdict(course([{10.25: 0.3, 18.5: 0.6}]))
    assert seen["first_use"] == 10.25
    assert 7.0 <= seen["usual_first"] <= 7.75
    assert seen["by_usual"] >= 27
    assert seen["latest"] == seen["usual_first"] + 2


@pytest.mark.parametrize(("before", "speaks"), [(13, 0), (14, 1), (28, 1)])
def test_fewer_than_fourteen_days_before_say_nothing(before: int, speaks: int):
    seen = verdict(course([{}], before=before))
    assert seen["speaks"] == speaks and seen["broken"] == speaks


def test_a_day_that_does_not_count_is_never_a_break():
    of = course([{}])
    of.valid[0, -1] = False
    seen = verdict(of)
    assert seen["speaks"] == 0 and seen["broken"] == 0 and seen["rule"] == 0


def test_days_before_that_do_not_count_are_left_out():
    of = course([{}])
    of.kwh[0, 5:15] = 0.0
    of.valid[0, 5:15] = False
    clean = course([{}])
    clean.valid[0, 5:15] = False
    assert verdict(of)["days"] == 18
    assert verdict(of)["usual_kwh"] == pytest.approx(verdict(clean)["usual_kwh"])


def test_a_home_that_was_empty_the_evening_before_is_left_to_went_dark():
    of = course([{}, {}, {}, {}])
    of.away[0, -1] = True
    assert verdict(of)["broken"] == 0
    assert verdict(of, -2)["broken"] == 1


def test_a_home_whose_people_go_out_all_day_every_few_days_has_no_latest_hour():
    of = course([{}])
    rng = np.random.default_rng(1)
    for row in range(0, 28, 4):
        of.kwh[0, row] = day({}, rng)
    seen = verdict(of)
    assert seen["usual_first"] == 24 and seen["overdue"] == 0


def test_a_timer_that_heats_water_at_three_is_not_somebody_up_and_about():
    of = course([{}])
    of.kwh[0, :, 12:16] += 0.4
    seen = verdict(of)
    assert seen["first_use"] == 24


@pytest.mark.parametrize("slots", [24, 48, 92, 96, 100])
def test_hours_keep_the_energy_at_every_length_of_day(slots: int):
    of = course([USUAL], before=2, slots=slots)
    done = read(of)
    np.testing.assert_allclose(done.total, of.kwh.sum(axis=2), rtol=1e-5)
    assert done.hourly[0, -1].argmax() == 18


def test_two_hourly_readings_and_daily_energy_say_nothing():
    assert verdict(course([{}], slots=12))["speaks"] == 0
    of = course([{}])
    of.slots[:] = 0
    assert verdict(of)["speaks"] == 0


def test_a_day_of_23_hours_among_days_of_24_is_compared_like_any_other():
    of = course([{}])
    of.slots[0, 10] = 92
    of.kwh[0, 10, 92:] = np.nan
    seen = look(of, read(of), 28)
    assert seen["days"][0] == 28 and np.isfinite(seen["usual_kwh"][0])
    assert verdict(of)["broken"] == 1


def test_homes_do_not_depend_on_each_other():
    quiet, usual = course([{}]), course([USUAL])
    both = Course(*(np.concatenate([getattr(quiet, n), getattr(usual, n)])
                    for n in ("kwh", "slots", "valid", "away")))  # fmt: skip
    together = judge(routine_fold(), both)[0]
    for name in (step.name for step in STEPS):
        assert together.one(0)[name] == pytest.approx(verdict(quiet)[name], nan_ok=True)
        assert together.one(1)[name] == pytest.approx(verdict(usual)[name], nan_ok=True)


def test_an_operator_can_ask_to_be_surer():
    assert verdict(course([{}]), routine_least=0.2)["broken"] == 1
    assert verdict(course([{}]), routine_least=0.99)["broken"] == 0


def test_every_threshold_has_a_unit_and_a_reason_in_both_languages():
    for threshold in routine_fold().thresholds:
        assert threshold.unit and threshold.why.en
        assert re.search(r"[一-鿿]", threshold.why.zh)


def test_every_step_that_is_shown_is_labelled_in_both_languages():
    for step in STEPS:
        assert step.says is not None and step.says.en
        assert re.search(r"[一-鿿]", step.says.zh)


@pytest.mark.parametrize(("hour", "text"), [(0.0, "00:00"), (9.25, "09:15"), (24.0, "24:00")])
def test_hours_are_said_by_the_clock(hour: float, text: str):
    assert clock(hour) == text


def test_what_was_missed_is_said_with_its_numbers():
    missed = Missed(
        overdue=True, kwh=1.0, usual_kwh=2.5, activity=0.02, usual_activity=1.5, alike=0.1,
        first_use=11.5, usual_first=9.25, by_usual=27, days=28, eve_quiet=True,
    )  # fmt: skip
    text, fields = missed.text()
    assert text.say("en", start="4 March", **fields) == (
        "Nothing switched on by 11:30 on 4 March; on 27 of 28 days something was by 09:15."
    )
    assert text.say("zh", start="3月4日", **fields) == (
        "3月4日至11:30仍无用电动静；此前28天中有27天在09:15前已有用电。"
    )
