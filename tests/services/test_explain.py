"""Why a home is in its state: the days, the steps' numbers, the points that add up."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date, timedelta

import numpy as np
import pytest
from night_worlds import LakeWriter, link, nights, random_world, reading, write_registry

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeState
from lamplit.services.explain import explain, point_terms
from lamplit.services.home import Home
from lamplit.services.states import states_between
from lamplit.signals.home_state.rules import home_state_fold

FIRST = date(2025, 3, 3)


def on(day):
    return FIRST + timedelta(day)


@pytest.fixture
def town(tmp_path):
    """Thirty days in use, ten away; a second household took over a meter on day 20."""
    home = Home.create(tmp_path / "home")
    rng = np.random.default_rng(3)
    write_registry(
        home,
        [
            link("M1", "H1"), link("M2", "H2", valid_to=on(20)),
            link("M2", "H3", valid_from=on(20)), link("M4", "H4"),
        ],
    )  # fmt: skip
    rows = {(m, on(d)): reading(float(6 * rng.lognormal(0, 0.2)), shape=rng if m == "M2" else None)
            for m in ("M1", "M2") for d in range(40)}  # fmt: skip
    rows |= {("M1", on(d)): reading(0.4) for d in range(30, 40)}
    del rows["M1", on(33)]
    LakeWriter(home).put(rows)
    nights(home)
    return Home.open(home.path)


def test_a_household_is_explained_day_by_day_and_step_by_step(town):
    found = explain(town, "H1")
    assert (found.household_id, found.meter_id, found.as_of) == ("H1", "M1", on(39))
    assert found.facts.state is HomeState.MICRO and found.facts.since == on(30)
    [table] = states_between(town, on(0), on(39))
    shown = [r for r in table.to_pylist() if r["household_id"] == "H1"]
    assert [d.day for d in found.days] == [r["day"] for r in shown]
    assert [d.state.word for d in found.days] == [r["state"] for r in shown]
    for line, row in zip(found.days, shown, strict=True):
        assert line.probability == pytest.approx(row["probability"], abs=1e-3)
    unread = found.days[33]
    assert (unread.kwh, unread.probability, unread.coverage) == (None, None, 0.0)
    assert unread.reason and unread.reason.en == "no reading"
    assert [s.name for s in found.steps] == [s.name for s in home_state_fold().steps]
    assert found.sql and "read_parquet" in found.sql[0]


def test_a_day_in_the_past_is_explained_as_it_was_known_then(town, tmp_path):
    then = explain(town, "H1", on(31))
    assert then.as_of == then.days[-1].day == on(31)
    assert then.facts.state is not HomeState.MICRO
    assert explain(town, "H1", on(35)).facts.state is HomeState.MICRO


def test_a_meter_is_explained_as_the_home_that_it_served_then(town):
    assert explain(town, "M1").household_id == "H1"
    assert explain(town, "M2").household_id == "H3"
    assert explain(town, "M2", on(10)).household_id == "H2"
    assert explain(town, "M2", on(10)).meter_id == "M2"


def test_a_home_that_was_never_read_is_explained_too(town):
    found = explain(town, "H4")
    assert found.facts.state is HomeState.UNKNOWN and found.points == []
    assert all(line.reason for line in found.days)


def test_an_unknown_id_names_what_is_near_among_households_and_meters(town):
    for asked, near in (("H11", "H1"), ("M-2", "M2")):
        with pytest.raises(LamplitError) as caught:
            explain(town, asked)
        assert caught.value.code == "night.unknown-home"
        assert near in caught.value.remedy("en")


def bounded(found):
    """The points of the day, and what the terms shown add up to."""
    steps = {s.name: s.value for s in found.steps}
    return steps["points"], sum(p.value for p in found.points)


@pytest.mark.parametrize("shaped", [True, False])
def test_the_points_shown_add_up_to_the_points_of_the_day(tmp_path, shaped):
    world = random_world(21, homes=12, communities=1, days=50, shaped=shaped)
    home = Home.create(tmp_path / "home")
    write_registry(home, world.links)
    LakeWriter(home).put(world.truth)
    nights(home)
    home = Home.open(home.path)
    inside, uses = 0, set()
    for row in world.links[:12]:
        for back in (0, 9):
            found = explain(home, row["household_id"], world.last - timedelta(back))
            assert bool(found.points) == (found.days[-1].reason is None)
            if not found.points:
                continue
            uses.add(found.uses)
            points, total = bounded(found)
            low, high = (-6, 5) if found.uses == "intervals" else (-4, 3)
            assert points == pytest.approx(min(max(total, low), high), abs=1e-4)
            inside += low < total < high
            assert all(p.says.en and p.says.zh and p.rule for p in found.points)
    assert inside >= 3
    assert uses <= {"intervals", "daily"} and ("intervals" in uses) == shaped


def test_terms_are_those_of_the_rule_in_force():
    fold = home_state_fold()
    for shaped in (True, False):
        terms = point_terms(fold, shaped=shaped)
        assert len(terms) > 3
        base = "points_base" if shaped else "daily_base"
        assert base in [rule for rule, _ in terms]


def test_the_answer_in_json_is_json_without_nan(town, ready):
    for household in ("H1", "H2", "H4"):
        command = [*ready, "explain", household, "--json", "--home", str(town.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True,
                              env=os.environ | {"LAMPLIT_LANG": "en"})  # fmt: skip

        def refuse(word):
            raise AssertionError(f"{word} is no JSON")

        answer = json.loads(done.stdout, parse_constant=refuse)
        assert answer["household_id"] == household
        assert len(answer["days"]) == 40
        assert all(isinstance(p["value"], float) for p in answer["points"])
