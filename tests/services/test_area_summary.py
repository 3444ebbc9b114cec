"""Areas by the day: communities' homes by state, what happened to them, and their energy."""

from __future__ import annotations

import shutil
from datetime import timedelta

import numpy as np
import pyarrow.compute as pc
import pytest
from night_worlds import nights
from sweep_worlds import FIRST, LAST, a_town, in_use, standing, then, unread

from lamplit.domain.disclosure import LEAST_HOMES
from lamplit.domain.errors import LamplitError
from lamplit.domain.words import HomeState
from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.services import area_summary
from lamplit.services.area_summary import AREAS_SCHEMA
from lamplit.services.film import CARRIED_OVER, reel_of
from lamplit.services.home import Home

SINCE = FIRST + timedelta(20)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """C1 with 18 homes, of which two share a meter, and C2 with one home too few to be told."""
    left, away = then((25, in_use), (50, standing)), then((18, standing), (50, in_use))
    stories = {f"A{n:02d}": in_use for n in range(11)}
    stories |= {"A11": left, "A12": left, "A13": away, "A14": unread, "A15": standing}
    stories |= {"S1": in_use, "S2": in_use, "B00": then((30, in_use), (50, unread))}
    stories |= {f"C{n:02d}": in_use for n in range(LEAST_HOMES - 2)}
    more = {name: {"shared": True} for name in ("S1", "S2")}
    more |= {name: {"community_id": "C2"} for name in stories if name.startswith(("B", "C"))}
    more["B00"] |= {"building_id": None}
    return a_town(tmp_path_factory.mktemp("areas") / "home", stories, more)


def summed(home, first=SINCE, last=LAST):
    return area_summary.area_summary(home, first, last)


def test_each_night_counts_the_homes_that_the_film_shows(town):
    rows = summed(town).rows
    reel = reel_of(town, ("C1",), SINCE, LAST)
    assert rows["day"].to_pylist() == [reel.day(n) for n in range(reel.nights)]
    assert set(rows["homes"].to_pylist()) == {18}
    for state in HomeState:
        shown = (reel.states % CARRIED_OVER == state).sum(axis=0)
        assert rows[state.word].to_pylist() == shown.tolist(), state
    for event in area_summary.EVENTS:
        told = [sum(e.kind is event and e.day == day for e in reel.events)
                for day in rows["day"].to_pylist()]  # fmt: skip
        assert rows[event.word].to_pylist() == told, event
    assert pc.sum(rows["went_dark"]).as_py() == 2
    assert rows["unknown"].to_pylist() == [3] * reel.nights  # never read, or of a shared meter


def test_energy_is_that_of_the_homes_that_were_read_each_with_a_meter_of_its_own(town):
    with Duck() as con:
        drawn = con.rows(
            f"SELECT sum(kwh), count(*) FROM {Lake(town).sql(SINCE, LAST)} "
            "WHERE meter_id LIKE 'M-A%' GROUP BY day ORDER BY day"
        )
    rows = summed(town).rows
    assert rows["measured"].to_pylist() == [count for _, count in drawn] == [15] * len(drawn)
    np.testing.assert_allclose(rows["kwh"].to_numpy(), [kwh for kwh, _ in drawn], atol=15 * 5e-4)
    np.testing.assert_allclose(rows["kwh_a_home"].to_numpy(), rows["kwh"].to_numpy() / 15)


def test_a_community_of_too_few_homes_is_left_out_and_counted(town):
    found = summed(town)
    assert found.left_out == 1
    assert set(found.rows["community_id"].to_pylist()) == {"C1"}


def test_in_whatever_batches_the_homes_come_the_sums_are_the_same(town, monkeypatch):
    whole = summed(town).rows
    monkeypatch.setattr(area_summary, "CELLS_AT_ONCE", 4 * 30)
    assert summed(town).rows.equals(whole)


def test_a_night_without_readings_has_homes_and_no_energy(town, tmp_path):
    home = Home.open(shutil.copytree(town.path, tmp_path / "home"))
    nights(home, LAST + timedelta(1))
    (row,) = summed(home, LAST + timedelta(1), LAST + timedelta(1)).rows.to_pylist()
    assert (row["homes"], row["read"], row["measured"]) == (18, 0, 0)
    assert row["kwh"] is None
    assert row["kwh_a_home"] is None
    assert row["lived_in"] + row["low"] >= 12  # a state stands over a day that was not read


def test_nights_that_were_not_worked_are_refused(town):
    with pytest.raises(LamplitError, match=r"night\.not-yet"):
        summed(town, LAST, LAST + timedelta(1))


def test_the_file_has_the_columns_that_are_told(town):
    assert summed(town, LAST, LAST).rows.schema.equals(AREAS_SCHEMA)
