"""A home's curve holds what a picture needs: energy, state, belief, baseline, events, slots."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from night_worlds import LakeWriter, link, reading, write_registry

from lamplit.domain.errors import LamplitError
from lamplit.services.curve import HEAT_DAYS, curve_of
from lamplit.services.explain import explain
from lamplit.services.home import Home
from lamplit.services.night.advance import run_nights

FIRST = date(2020, 1, 1)
DAYS, LEFT = 50, 35
"""The home is lived in for LEFT days, then empty; one day before that is not read."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home.create(tmp_path_factory.mktemp("curve") / "home")
    write_registry(made, [link("M1", "H1", community_id="C1"), link("M2", "H2", community_id="C1")])
    writer = LakeWriter(made)
    rows = {}
    for at in range(DAYS):
        day = FIRST + timedelta(at)
        for meter, kwh in (("M1", 5.0 + at % 3 if at < LEFT else 0.02), ("M2", 6.0)):
            row = reading(None if (at, meter) == (20, "M1") else kwh)
            if row["kwh"] is not None:
                row |= {"minutes": 60, "slots": 24, "slots_read": 24, "intervals": [kwh / 24] * 24}
            rows[meter, day] = row
    writer.put(rows)
    run_nights(made)
    return made


def test_each_day_has_its_energy_state_and_belief(home):
    curve = curve_of(home, "H1")
    assert [d.day for d in curve.days] == [FIRST + timedelta(n) for n in range(DAYS)]
    told = explain(home, "H1")
    assert [(d.kwh, d.state, d.probability) for d in curve.days[-len(told.days) :]] == [
        (line.kwh, line.state.word, line.probability) for line in told.days
    ]
    assert curve.days[30].state == "lived_in"
    assert curve.days[-1].state == "dark"
    assert curve.days[-1].probability > 0.9 > 0.5 > curve.days[30].probability


def test_the_baseline_is_what_the_home_used_with_people_in_it(home):
    curve = curve_of(home, "H1")
    assert curve.days[0].usual_kwh is None
    assert curve.days[30].usual_kwh == pytest.approx(6.0, abs=0.5)
    assert curve.days[-1].usual_kwh == pytest.approx(6.0, abs=0.8)


def test_a_day_that_does_not_count_says_why(home):
    missed = curve_of(home, "H1").days[20]
    assert (missed.kwh, missed.state, missed.probability) == (None, "unknown", None)
    assert missed.reason.en == "no reading"
    assert curve_of(home, "H1").days[21].reason is None
    assert curve_of(home, "H1").days[21].quality == "actual"


def test_what_happened_stands_beside_it(home):
    (event,) = curve_of(home, "H1").events
    assert event.kind == "went_dark"
    assert event.since == FIRST + timedelta(LEFT)
    assert event.day > event.since
    assert curve_of(home, "H2").events == []


def test_the_heat_map_has_the_slots_of_the_last_weeks(home):
    assert curve_of(home, "H1").heat is None
    heat = curve_of(home, "H1", heat=True).heat
    assert (heat.minutes, len(heat.rows)) == (60, HEAT_DAYS)
    assert heat.first == FIRST + timedelta(DAYS - HEAT_DAYS)
    assert {len(row) for row in heat.rows} == {24}
    assert sum(heat.rows[0]) == pytest.approx(curve_of(home, "H1").days[DAYS - HEAT_DAYS].kwh, 0.01)


def test_the_last_days_only_if_so_asked(home):
    assert curve_of(home, "M1", days=7).days[0].day == FIRST + timedelta(DAYS - 7)


def test_a_home_that_nobody_knows_is_refused(home):
    with pytest.raises(LamplitError, match=r"night\.unknown-home"):
        curve_of(home, "H9")


def test_two_meters_of_one_home_are_added_up_slot_by_slot(tmp_path):
    made = Home.create(tmp_path / "home")
    write_registry(made, [link("M1", "H1"), link("M2", "H1")])
    slots = {"minutes": 60, "slots": 24, "slots_read": 24}
    days = [FIRST + timedelta(n) for n in range(3)]
    LakeWriter(made).put(
        {
            (meter, day): reading(24.0 * part) | slots | {"intervals": [part] * 23 + [None]}
            for meter, part in (("M1", 0.25), ("M2", 0.5))
            for day in days
        }
    )
    run_nights(made)
    heat = curve_of(made, "H1", heat=True).heat
    assert heat.rows == [[0.75] * 23 + [None]] * 3
