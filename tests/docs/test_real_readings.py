"""The script behind docs/real-readings.md, on literal rows and on a part of real readings."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from lamplit.meters.layouts.base import Options
from lamplit.services.home import Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import apply_import, plan_import
from lamplit.services.states import states_between

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "real_readings.py"
D = date(2013, 3, 1)


@pytest.fixture(scope="module")
def real_readings():
    spec = importlib.util.spec_from_file_location("real_readings", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def days_of(home: str, word: str) -> pa.Table:
    """States by letter: d dark, m micro, l lived in, u unknown."""
    words = {"d": "dark", "m": "micro", "l": "lived_in", "u": "unknown"}
    return pa.table(
        {
            "household_id": [home] * len(word),
            "day": [D + timedelta(i) for i in range(len(word))],
            "state": [words[letter] for letter in word],
            "probability": [0.9] * len(word),
        }
    )


@pytest.mark.parametrize(
    ("days", "spells"),
    [
        ("lldddll", [(2, 4)]),
        ("lmmuumll", [(1, 5)]),
        ("lmmmuuuu", [(1, 3)]),
        ("uummmlmmm", [(2, 4), (6, 8)]),
        ("llll", []),
    ],
)
def test_a_spell_runs_over_unread_days_but_neither_begins_nor_ends_with_them(
    real_readings, days, spells
):
    found = real_readings.spells_in(days_of("A", days))
    assert [((s.first - D).days, (s.last - D).days) for s in found] == spells


def test_a_spell_does_not_run_from_one_home_into_the_next(real_readings):
    both = pa.concat_tables([days_of("A", "llmmm"), days_of("B", "mmmll")])
    assert [(s.home, s.days) for s in real_readings.spells_in(both)] == [("A", 3), ("B", 3)]


def test_a_judgement_is_laid_beside_the_spell_it_was_made_of_and_no_other(real_readings):
    spell = real_readings.Found
    micro = real_readings.HomeState.MICRO
    same = spell("MAC000020", date(2013, 2, 20), date(2013, 4, 18), micro, 0.9)
    other = spell("MAC000020", date(2013, 7, 1), date(2013, 7, 9), micro, 0.9)
    assert real_readings.judged(same)[0] == "yes"
    assert real_readings.judged(other)[0] == "not judged"


@pytest.fixture(scope="module")
def london(shared_data, tmp_path_factory):
    """The four homes of the trial's own CSV, and all of the Parquet file."""
    homes = {}
    for name, file, layout in (
        ("csv", "london_csv_layout", None),
        ("parquet", "london125.parquet", "london"),
    ):
        home = Home.create(tmp_path_factory.mktemp("london") / name, "Europe/London")
        options = Options(timezone="Europe/London", layout=layout)
        report = ingest(home, [shared_data / "readings" / file], options)
        assert not report.failed
        assert report.total.adds_up
        homes[name] = home
    return homes


@pytest.mark.real_data
@pytest.mark.slow
def test_the_trials_csv_and_the_parquet_file_give_the_same_meter_days(real_readings, london):
    differ, days, meters = real_readings.compare(london["csv"], london["parquet"])
    assert differ == 0
    assert days > 1300
    assert meters == ["MAC000002", "MAC000006", "MAC000028", "MAC000037"]


@pytest.mark.real_data
@pytest.mark.slow
def test_what_is_known_of_these_four_homes_is_found(real_readings, london):
    run_nights(london["csv"])
    first, last = real_readings.FIRST, real_readings.LAST
    states = pa.concat_tables(states_between(london["csv"], first, last, "revised"))
    found = real_readings.spells_in(states)

    def days(home: str, since: date, until: date) -> int:
        return sum(
            max(0, (min(s.last, until) - max(s.first, since)).days + 1)
            for s in found
            if s.home == home
        )

    # 18 near-zero days from 18 August; nearly empty all year; 65 days of low load in the summer.
    assert days("MAC000006", date(2013, 8, 18), date(2013, 9, 4)) >= 17
    assert days("MAC000037", first, last) > 250
    assert days("MAC000028", date(2013, 7, 1), date(2013, 9, 5)) > 50
    assert days("MAC000002", first, last) < 30


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("register", ["with export", "without"])
def test_solar_without_an_export_register_names_nobody(
    real_readings, shared_data, tmp_path, register
):
    both, alone, registry = real_readings.netted(shared_data, tmp_path)
    home = Home.create(tmp_path / "home", real_readings.SOLAR_ZONE)
    apply_import(home, plan_import(home, registry))
    file = both if register == "with export" else alone
    ingest(home, [file], Options(timezone=home.timezone))
    run_nights(home)
    first = real_readings.SOLAR_START.date()
    states = pa.concat_tables(states_between(home, first, first + timedelta(365), "revised"))
    unknown = states["state"].to_pylist().count("unknown") / states.num_rows
    assert unknown == 1.0 if register == "without" else unknown < 0.05
