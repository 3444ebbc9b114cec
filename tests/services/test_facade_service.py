"""The façade's service: a building's doors as they stood on a day."""

from __future__ import annotations

from datetime import date

import pytest

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.domain.words import EMPTY_STATES, HomeState
from lamplit.services.facade import facade_of
from lamplit.services.home import Home
from lamplit.services.states import states_between


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("facade")
    data, home = folder / "town", folder / "home"
    for words in (
        ("town", "--homes", "120", "--days", "25", "--seed", "3", "--layout", "daily", "-o", data),
        ("init", home),
        ("registry", "import", data / "registry.csv", "--home", home),
        ("ingest", data / "readings", "--home", home),
        ("nightly", "--home", home),
    ):
        assert run([str(word) for word in words]) == 0
    return Home.open(home)


def first_building(home: Home) -> str:
    import pyarrow.parquet as pq

    return str(pq.read_table(home.registry_file)["building_id"][0].as_py())


def test_every_door_of_the_building_is_a_window_with_the_state_of_that_evening(town: Home):
    building, day = first_building(town), date(2024, 1, 20)
    shown = facade_of(town, building, day)
    assert shown.as_of == day and shown.windows
    told = {
        row["household_id"]: row
        for table in states_between(town, day, day)
        for row in table.to_pylist()
    }
    for window in shown.windows:
        row = told[window.household_id]
        if row["state"] != "unknown":
            assert window.state is HomeState[row["state"].upper()]
        if window.probability is not None:
            assert (window.probability > 0.5) == (window.state in EMPTY_STATES)


def test_an_unknown_building_is_refused_with_the_nearest_ones(town: Home):
    building = first_building(town)
    with pytest.raises(LamplitError) as refused:
        facade_of(town, building + "x")
    assert refused.value.code == "night.unknown-place"
    assert building in refused.value.remedy("en")
