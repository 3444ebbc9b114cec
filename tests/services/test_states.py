"""States by the day: as known then, with hindsight, for every home and every day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from night_worlds import (
    LakeWriter,
    link,
    nights,
    random_world,
    reading,
    write_registry,
    wrong_reading,
)

from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeState
from lamplit.services import states
from lamplit.services.home import Home
from lamplit.services.night import replay
from lamplit.services.sweep import sweep

FIRST = date(2025, 3, 3)
EMPTY = {"dark", "micro"}


def on(day):
    return FIRST + timedelta(day)


def view(home, first, last, which="asof"):
    tables = states.states_between(Home.open(home.path), first, last, which)
    return pa.concat_tables(tables).to_pylist()


def lived(home, world, through):
    """A home told all of a world's readings, its nights worked."""
    write_registry(home, world.links)
    LakeWriter(home).put(world.truth)
    nights(home, through)
    return home


def of_kwh(folder, **homes):
    """A home with a household for each list of daily kWh (None: unread)."""
    home = Home.create(folder)
    LakeWriter(home).put(
        {(name, on(d)): reading(kwh) for name, values in homes.items()
         for d, kwh in enumerate(values) if kwh is not None}
    )  # fmt: skip
    nights(home)
    return home


def use(days, level=6.0, seed=3):
    return [float(v) for v in level * np.random.default_rng(seed).lognormal(0, 0.2, days)]


def test_every_home_has_one_row_for_every_day_by_household_and_day(tmp_path):
    world = random_world(3, homes=25, communities=2, days=40, shaped=False)
    home = lived(Home.create(tmp_path / "home"), world, world.last)
    households = {row["household_id"] for row in world.links} | set(world.strangers)
    span = [world.first + timedelta(d) for d in range(5, 31)]
    for which in ("asof", "revised"):
        rows = view(home, span[0], span[-1], which)
        assert [(r["household_id"], r["day"]) for r in rows] == [
            (h, d) for h in sorted(households) for d in span
        ]
        for row in rows:
            unknown = row["state"] == "unknown"
            assert unknown == (row["probability"] is None) == (row["since"] is None)
            assert unknown or row["since"] <= row["day"]
            assert 0 <= row["coverage"] <= 1


@pytest.mark.parametrize("seed", range(4))
def test_as_known_then_does_not_change_with_what_came_after(tmp_path, seed):
    """Readings of later days made anew: the states of the days before are what they were."""
    world = random_world(seed, homes=40, communities=2, days=45, shaped=seed % 2 == 0)
    middle = world.first + timedelta(25)
    home = lived(Home.create(tmp_path / "home"), world, world.last)
    wanted = view(home, world.first, middle)
    for key, row in world.truth.items():
        if key[1] > middle:
            world.truth[key] = wrong_reading(world.rng, row)
    other = lived(Home.create(tmp_path / "other"), world, world.last)
    assert view(other, world.first, middle) == wanted
    stopped = lived(Home.create(tmp_path / "stopped"), world, middle)
    told = view(stopped, world.first, middle)
    known = {r["household_id"] for r in told}  # an unregistered meter is known once it is read
    assert told == [r for r in wanted if r["household_id"] in known]
    assert {r["state"] for r in wanted if r["household_id"] not in known} <= {"unknown"}
    part = [r for r in wanted if r["day"] >= middle - timedelta(6)]
    assert view(home, middle - timedelta(6), middle) == part


def test_hindsight_dates_a_spell_from_its_onset_and_undoes_zeros_that_a_catch_up_explains(tmp_path):
    home = of_kwh(
        tmp_path / "home",
        away=[*use(30), *[0.4] * 10],
        gap=[*use(30), *[0.0] * 5, 36.0, *use(4)],
    )
    asof = {(r["household_id"], r["day"]): r for r in view(home, on(0), on(39))}
    revised = {(r["household_id"], r["day"]): r for r in view(home, on(0), on(39), "revised")}
    assert asof["away", on(30)]["state"] not in EMPTY
    for day in range(30, 40):
        assert revised["away", on(day)]["state"] == "micro"
        assert revised["away", on(day)]["since"] == on(30)
        assert revised["gap", on(day)]["state"] not in EMPTY
    assert asof["away", on(39)]["since"] == on(30)
    assert revised["away", on(29)]["state"] == "lived_in"


def test_a_spell_longer_than_hindsight_looks_back_keeps_its_onset(tmp_path, monkeypatch):
    monkeypatch.setattr(replay, "LEAD_DAYS", 20)
    rng = np.random.default_rng(8)
    home = of_kwh(
        tmp_path / "home",
        away=[*use(30), *(float(v) for v in rng.uniform(0.39, 0.41, 60))],
        here=use(90),
    )
    for which in ("asof", "revised"):
        rows = view(home, on(85), on(89), which)
        assert {r["since"] for r in rows if r["household_id"] == "away"} == {on(30)}
        assert {r["since"] for r in rows if r["household_id"] == "here"} == {on(0)}


def test_a_home_that_comes_back_is_dated_from_its_return(tmp_path):
    home = of_kwh(tmp_path / "home", back=[*use(30), *[0.4] * 10, *use(5, seed=9)])
    for which in ("asof", "revised"):
        last = view(home, on(44), on(44), which)[0]
        assert (last["state"], last["since"]) == ("lived_in", on(40))


def test_a_day_read_in_part_tells_how_much_of_it_was_read(tmp_path):
    home = Home.create(tmp_path / "home")
    rows = {("m", on(d)): reading(kwh) for d, kwh in enumerate(use(20))}
    rows["m", on(15)] = reading(3.0) | {"slots": 96, "slots_read": 24}
    LakeWriter(home).put(rows)
    nights(home)
    row = view(home, on(15), on(15))[0]
    assert (row["state"], row["coverage"], row["probability"]) == ("unknown", 0.25, None)


def test_the_meter_of_each_day_is_the_one_that_spoke_then(tmp_path):
    home = Home.create(tmp_path / "home")
    write_registry(home, [link("old", "H", valid_to=on(5)), link("new", "H", valid_from=on(7))])
    LakeWriter(home).put({(m, on(d)): reading(5.0 + d % 3) for m in ("old", "new")
                          for d in range(10)})  # fmt: skip
    nights(home)
    rows = view(home, on(0), on(9))
    assert [r["meter_id"] for r in rows] == ["old"] * 5 + ["new"] * 5
    assert [r["coverage"] for r in rows] == [1.0] * 5 + [0.0] * 2 + [1.0] * 3


@pytest.mark.parametrize("which", ["asof", "revised"])
def test_homes_are_worked_a_batch_at_a_time_with_progress(tmp_path, monkeypatch, which):
    world = random_world(5, homes=30, communities=2, days=30, shaped=False)
    home = lived(Home.create(tmp_path / "home"), world, world.last)
    whole = view(home, world.first, world.last, which)
    monkeypatch.setattr(states, "CELLS_AT_ONCE", 7 * (30 + replay.LEAD_DAYS + replay.TRAIL_DAYS))
    told = []
    tables = list(
        states.states_between(
            Home.open(home.path), world.first, world.last, which,
            progress=lambda done, total: told.append((done, total)),
        )
    )  # fmt: skip
    assert pa.concat_tables(tables).to_pylist() == whole
    assert max(t.num_rows for t in tables) == 7 * 30 and len(tables) > 4
    homes = len(whole) // 30
    assert told[-1] == (homes, homes) and len(told) == len(tables)


def test_the_list_and_the_states_of_its_day_agree(tmp_path):
    world = random_world(11, homes=50, communities=2, days=60, shaped=True)
    home = lived(Home.create(tmp_path / "home"), world, world.last)
    asof = {r["household_id"]: r for r in view(home, world.last, world.last)}
    doors = sweep(Home.open(home.path), world.last).doors.to_pylist()
    empty = [d for d in doors if asof[d["household_id"]]["state"] in EMPTY]
    assert empty
    for door in empty:
        row = asof[door["household_id"]]
        assert (door["state"], door["since"]) == (row["state"], row["since"])
        assert door["probability"] == pytest.approx(row["probability"], abs=2e-4)


def test_the_side_of_a_half_is_that_of_the_state(tmp_path):
    world = random_world(12, homes=50, communities=2, days=60, shaped=True)
    home = lived(Home.create(tmp_path / "home"), world, world.last)
    rows = [r for r in view(home, world.first, world.last) if r["state"] != "unknown"]
    assert {r["state"] for r in rows} > EMPTY
    assert all((r["probability"] >= 0.5) == (r["state"] in EMPTY) for r in rows)


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ((9, 5), "night.bad-span"),
        ((-9, -5), "night.before-first"),
        ((5, 99), "night.not-yet"),
    ],
)
def test_a_span_that_cannot_be_shown_says_why(tmp_path, span, code):
    home = of_kwh(tmp_path / "home", h=use(20))
    with pytest.raises(LamplitError) as caught:
        view(home, on(span[0]), on(span[1]))
    assert caught.value.code == code


def test_before_the_first_night_it_says_to_run_one(tmp_path):
    home = Home.create(tmp_path / "home")
    with pytest.raises(LamplitError) as caught:
        view(home, on(0), on(1))
    assert caught.value.code == "night.none-yet"
    assert "lamplit nightly" in caught.value.remedy("en")


def test_words_of_states_are_those_of_the_catalogue():
    assert states.WORDS.to_pylist() == [s.word for s in HomeState]
