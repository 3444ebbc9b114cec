"""The London trial: stamps end their half hour, in GMT; the Parquet copy and the trial's CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ingest_helpers import Bench, counts

HEADER = "LCLid,tstp,energy(kWh/hh)"
FULL = "LCLid,stdorToU,DateTime,KWH/hh (per half hour) "


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path, "Europe/London")


def test_the_stamp_ends_its_half_hour(bench: Bench) -> None:
    lines = ["MAC000002,2013-01-02 00:00:00, 0.219 ", "MAC000002,2013-01-02 00:30:00,0.5",
             "MAC000002,2013-01-02 01:00:00,Null"]  # fmt: skip
    result = bench.take_one("MAC000002.csv", "\n".join([HEADER, *lines]) + "\n")
    assert (result.layout, counts(result)) == ("london", (3, 3, 0, 0, 0))
    assert bench.rows("day, slots, intervals[1], intervals[48]") == [
        (date(2013, 1, 1), 48, None, pytest.approx(0.219)),
        (date(2013, 1, 2), 48, 0.5, None),
    ]


def test_the_trials_full_layout(bench: Bench) -> None:
    lines = ["MAC000002,Std,2012-10-12 00:30:00.0000000, 0 ",
             "MAC000002,Std,2012-10-12 01:00:00.0000000, 0.1 ",
             "MAC000002,Std,2012-12-18 15:13:41.0000000,Null"]  # fmt: skip
    result = bench.take_one("a.csv", "\n".join([FULL, *lines]) + "\n")
    # 12 October is British summer time: 00:30 GMT ends the half hour from 01:00 to 01:30.
    assert bench.row("intervals[3], intervals[4]", "day = '2012-10-12'") == (
        0.0,
        pytest.approx(0.1),
    )
    assert counts(result) == (3, 2, 0, 0, 1)
    assert result.reasons == {"off-grid": 1}


def test_other_meters_in_the_same_columns_are_a_plain_long_file(bench: Bench) -> None:
    content = "meter_id,time,kwh\nX1,2013-01-02 00:00,1\nX1,2013-01-02 00:30,2\n"
    assert bench.take_one("a.csv", content).layout == "long"
    told = bench.take_one("b.csv", content.replace("X1", "X2"), layout="london")
    assert told.layout == "london"
    assert bench.rows("meter_id, day, intervals[48]") == [
        ("X1", date(2013, 1, 2), None), ("X2", date(2013, 1, 1), 1.0),
        ("X2", date(2013, 1, 2), None),
    ]  # fmt: skip


@pytest.mark.real_data
def test_the_125_homes(bench: Bench, shared_data: Path) -> None:
    """README: 3,693 of 45,625 home-days incomplete, 7.6 % missing."""
    csvs = bench.take(shared_data / "readings" / "london_csv_layout")
    assert {f.layout for f in csvs.files} == {"london"} and csvs.total.quarantined == 0
    done = bench.take(shared_data / "readings" / "london125.parquet").files[0]
    assert done.layout == "london" and done.meters == 125
    assert counts(done) == (2_024_313, 1_958_362, 0, csvs.total.read, 0)
    (readings,) = bench.total("sum(slots_read)")
    assert readings == 2_024_313
    slots = dict(bench.rows("day, slots", "meter_id = 'MAC000002'"))
    assert {n for d, n in slots.items()} == {46, 48, 50}
    assert (slots[date(2013, 3, 31)], slots[date(2013, 10, 27)]) == (46, 50)
