"""Cumulative registers: differences within and across files, gaps, rollovers, new meters."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_helpers import Bench, counts, long_csv, long_lines

SHOWN = "meter_id, day, kwh, quality, method, register_kwh"
HEADER = "表号,数据日期,正向有功总"


def day(n: int) -> date:
    return date.fromordinal(date(2025, 1, 1).toordinal() + n)


def frozen(*rows: tuple[str, int, object], header: str = HEADER) -> str:
    return "\n".join([header, *[f"{m},{day(n)},{v}" for m, n, v in rows]]) + "\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


def test_a_days_energy_is_the_difference_of_its_midnights(bench: Bench) -> None:
    result = bench.take_one("a.csv", frozen(("a", 0, 1000), ("a", 1, 1010.5), ("a", 2, 1012)))
    assert (result.layout, counts(result)) == ("registers", (3, 3, 0, 0, 0))
    assert bench.rows(SHOWN) == [
        ("a", day(-1), None, 3, None, 1000.0),
        ("a", day(0), 10.5, 0, None, 1010.5),
        ("a", day(1), 1.5, 0, None, 1012.0),
    ]


def test_an_instant_is_of_the_midnight_that_the_wall_clock_shows(bench: Bench) -> None:
    """Once 16:00 UTC, which is midnight in Shanghai, was taken for a register read at 16:00."""
    times = ("2025-01-01T00:00:00+08:00", "2025-01-01T16:00:00Z", "2025-01-03T00:00:00+08:00")
    lines = [f"a,{at},{n}" for at, n in zip(times, (10, 12, 15), strict=True)]
    bench.take_one("a.csv", "\n".join(["meter_id,time,register", *lines]))
    assert bench.rows("day, kwh, quality", "kwh IS NOT NULL") == [
        (day(0), 2.0, 0), (day(1), 3.0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [HEADER, "meter_id,date,1.8.0", "户号,日期,日冻结正向有功总电能示值", "表号,冻结日期,示数",
     "meter_id,day,register_kwh", "meter_id,date,1-0:1.8.0"],
)  # fmt: skip
def test_names_of_the_register(bench: Bench, header: str) -> None:
    result = bench.take_one("a.csv", frozen(("a", 0, 10), ("a", 1, 12), header=header))
    assert result.layout == "registers"
    assert bench.row("kwh", f"day = '{day(0)}'") == (2.0,)


def test_the_day_that_a_midnight_value_belongs_to(tmp_path: Path) -> None:
    content = frozen(("a", 0, 10), ("a", 1, 12))
    for word, expected in (("starts", day(0)), ("ends", day(1))):
        bench = Bench.make(tmp_path / word)
        bench.take_one("a.csv", content, midnight=word)
        assert bench.rows("day", "kwh = 2") == [(expected,)]


def test_a_time_of_day_speaks_for_itself(bench: Bench) -> None:
    content = (
        f"表号,冻结时间,正向有功总\na,{day(0)} 00:00,10\na,{day(0)} 23:59,12\na,{day(2)} 00:00,15\n"
    )
    bench.take_one("a.csv", content, midnight="ends")
    assert bench.rows("day, kwh, quality", "kwh > 0") == [(day(0), 2.0, 0), (day(1), 3.0, 0)]


def test_a_new_days_file_needs_only_the_lake(bench: Bench) -> None:
    bench.take_one("0.csv", frozen(("a", 0, 10), ("b", 0, 20)))
    assert counts(bench.take_one("1.csv", frozen(("a", 1, 13), ("b", 1, 24)))) == (2, 2, 0, 0, 0)
    assert bench.rows(SHOWN, "kwh > 0") == [
        ("a", day(0), 3.0, 0, None, 13.0), ("b", day(0), 4.0, 0, None, 24.0),
    ]  # fmt: skip


def test_energy_over_a_gap_is_shared_out_and_is_no_evidence(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 10), ("a", 4, 22)))
    assert bench.rows(SHOWN, "kwh > 0") == [
        ("a", day(0), 3.0, 2, "spread", None),
        ("a", day(1), 3.0, 2, "spread", None),
        ("a", day(2), 3.0, 2, "spread", None),
        ("a", day(3), 3.0, 2, "spread", 22.0),
    ]
    assert bench.total("sum(slots_read), sum(zero_slots)") == (0, 0)


def test_a_gap_that_is_filled_later(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 10), ("a", 4, 22)))
    assert counts(bench.take_one("b.csv", frozen(("a", 1, 10), ("a", 2, 10)))) == (2, 2, 0, 0, 0)
    assert bench.rows("day, kwh, quality, register_kwh", "kwh IS NOT NULL") == [
        (day(0), 0.0, 0, 10.0), (day(1), 0.0, 0, 10.0), (day(2), 6.0, 2, None),
        (day(3), 6.0, 2, 22.0),
    ]  # fmt: skip


def test_a_gap_longer_than_the_near_look_back(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 10), ("b", 39, 1)))
    bench.take_one("b.csv", frozen(("a", 40, 50), ("b", 40, 3)))
    assert bench.total("count(*), sum(kwh), max(kwh)", "meter_id = 'a' AND method = 'spread'") == (
        40, pytest.approx(40.0), 1.0,
    )  # fmt: skip
    assert bench.row("kwh, quality", f"meter_id = 'b' AND day = '{day(39)}'") == (2.0, 0)


def test_a_corrected_register_changes_the_days_on_both_sides(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 10), ("a", 1, 11), ("a", 2, 12), ("a", 3, 13)))
    result = bench.take_one("b.csv", frozen(("a", 1, 11.6), ("a", 2, 12)))
    assert counts(result) == (2, 0, 1, 1, 0)
    assert bench.rows("kwh, batch", "kwh > 0") == [
        (pytest.approx(1.6), 2), (pytest.approx(0.4), 2), (1.0, 1),
    ]  # fmt: skip


def test_rollover_by_the_registers_digits(bench: Bench) -> None:
    header = HEADER + ",位数"
    rows = [("a", 0, "9995,4"), ("a", 1, "3,4"), ("b", 0, "99990,6"), ("b", 1, "3,6")]
    bench.take_one("a.csv", frozen(*rows, header=header))
    assert bench.rows("meter_id, kwh, raw_code", f"day = '{day(0)}'") == [
        ("a", 8.0, None), ("b", None, "register-decrease"),
    ]  # fmt: skip
    bench.take_one("c.csv", frozen(("c", 0, 999998), ("c", 1, 2)))
    assert bench.row("kwh", f"meter_id = 'c' AND day = '{day(0)}'") == (4.0,)
    bench.take_one("d.csv", frozen(("d", 0, 99999), ("d", 1, 2)), digits=6)
    assert bench.row("kwh", f"meter_id = 'd' AND day = '{day(0)}'") == (None,)


def test_a_replaced_meter_loses_one_day_and_goes_on(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 8000), ("a", 1, 3), ("a", 2, 9)))
    assert bench.rows("day, kwh, quality, raw_code", f"day >= '{day(0)}'") == [
        (day(0), None, 3, "register-decrease"), (day(1), 6.0, 0, None),
    ]  # fmt: skip


def test_an_impossible_rise_is_no_energy(bench: Bench) -> None:
    bench.take_one("a.csv", frozen(("a", 0, 10), ("a", 1, 900000)), max_kwh=50)
    assert bench.row("kwh, raw_code", f"day = '{day(0)}'") == (None, "register-jump")


def test_multiplier_and_export(bench: Bench) -> None:
    header = "表号,数据日期,正向有功总,反向有功总,综合倍率"
    rows = [("a", 0, "10,1,40"), ("a", 1, "10.5,1.25,40")]
    bench.take_one("a.csv", frozen(*rows, header=header))
    assert bench.row("kwh, kwh_export, register_kwh, register_export_kwh", "kwh > 0") == (
        20.0, 10.0, 420.0, 50.0,
    )  # fmt: skip


def test_bad_registers_go_to_quarantine(bench: Bench) -> None:
    result = bench.take_one(
        "a.csv", frozen(("a", 0, 10), ("a", 1, -5), ("a", 2, "x"), ("a", 3, ""), ("", 4, 1))
    )
    assert result.reasons == {"negative": 1, "not-a-number": 1, "no-meter": 1}
    assert counts(result) == (5, 2, 0, 0, 3)


def test_days_with_intervals_keep_them_and_get_the_register(bench: Bench) -> None:
    start = datetime(2025, 1, 1)
    bench.take_one("i.csv", long_csv(long_lines("a", start, [0.1] * 96)))
    bench.take_one("r.csv", frozen(("a", 0, 10), ("a", 1, 15), ("a", 2, 19)))
    assert bench.rows("day, minutes, kwh, register_kwh", f"day >= '{day(0)}'") == [
        (day(0), 30, 4.8, 15.0), (day(1), 30, 4.8, 19.0),
    ]  # fmt: skip
    late = bench.take_one("j.csv", long_csv(long_lines("a", datetime(2025, 1, 3), [0.2] * 48)))
    assert late.rows.kept == 48
    bench.take_one("s.csv", frozen(("a", 3, 29)))
    assert bench.row("minutes, kwh, register_kwh", f"day = '{day(2)}'") == (30, 9.6, 29.0)


@settings(max_examples=12)
@given(st.data())
def test_any_split_and_order_of_registers_gives_the_same_days(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    readings = []
    for meter in ("a", "b"):
        days = sorted(data.draw(st.sets(st.integers(0, 30), min_size=2, max_size=12)))
        total = data.draw(st.integers(0, 5000))
        for n in days:
            total += data.draw(st.integers(0, 50))
            readings.append((meter, n, total))
    owner = data.draw(st.lists(st.integers(0, 3), min_size=len(readings), max_size=len(readings)))
    files = [[r for r, o in zip(readings, owner, strict=True) if o == k] for k in range(4)]
    folder = tmp_path_factory.mktemp("registers")
    whole, parts = Bench.make(folder / "whole"), Bench.make(folder / "parts")
    whole.take_one("all.csv", frozen(*readings))
    kept = 0
    for at, rows in enumerate(data.draw(st.permutations(files))):
        if rows:
            kept += parts.take_one(f"{at}.csv", frozen(*rows)).rows.kept
    assert kept == len(readings)
    assert parts.rows(SHOWN) == whole.rows(SHOWN)
    for meter in ("a", "b"):
        own = [(n, v) for m, n, v in readings if m == meter]
        spent = sum(b[1] - a[1] for a, b in pairwise(own))
        assert whole.total("coalesce(sum(kwh), 0)", f"meter_id = '{meter}'")[0] == pytest.approx(
            spent, abs=1e-3
        )
