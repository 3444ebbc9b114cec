"""Wide files: how columns are named, what unit they are in, which interval each stands for."""

from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_helpers import Bench, counts, wide_csv

from lamplit.meters.layouts.wide import points_of

DAY = date(2025, 1, 2)
RAMP = [round(0.1 + i / 1000, 3) for i in range(96)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


def named(
    names: list[str],
    values: list[object],
    head: str = "户号,数据日期",
    lead: str = "0012345,2025-01-02",
) -> str:
    return ",".join([head, *names]) + "\n" + ",".join([lead, *map(str, values)]) + "\n"


CLOCK_0000 = [f"{m // 60}:{m % 60:02d}" for m in range(0, 1440, 15)]
CLOCK_0015 = [f"{m // 60:02d}:{m % 60:02d}" for m in range(15, 1441, 15)]


@pytest.mark.parametrize(
    "names",
    [
        [f"P{i}" for i in range(1, 97)],
        [f"p{i:02d}" for i in range(1, 97)],
        [f"点{i}" for i in range(1, 97)],
        [f"P{i}" for i in range(96)],
        CLOCK_0000,
        CLOCK_0015,
        [*CLOCK_0015[:-1], "0:00"],
    ],
    ids=["P1", "p01", "点1", "P0", "0:00", "00:15", "…0:00"],
)
def test_column_names(bench: Bench, names: list[str]) -> None:
    result = bench.take_one("电量.csv", named(names, RAMP))
    assert (result.layout, counts(result)) == ("wide", (1, 1, 0, 0, 0))
    meter, day, minutes, slots, read, kwh, *_ = bench.row()
    assert (meter, day, minutes, slots, read) == ("0012345", DAY, 15, 96, 96)
    assert kwh == pytest.approx(sum(RAMP), abs=1e-5)
    assert bench.row("intervals[1], intervals[96]") == pytest.approx((RAMP[0], RAMP[-1]))


@pytest.mark.parametrize("points", [24, 48, 96, 288])
def test_points(bench: Bench, points: int) -> None:
    bench.take_one("a.csv", wide_csv([("a", DAY, [0.5] * points)]))
    assert bench.row("minutes, slots, kwh") == (1440 // points, points, points / 2)


def test_columns_that_fill_no_day_are_no_wide_file() -> None:
    assert points_of(["meter_id", "date", *[f"P{i}" for i in range(1, 8)]]) is None
    assert points_of(["meter_id", "date", *[f"P{i}" for i in range(1, 96)]]) is None
    assert points_of(["meter_id", "date", *CLOCK_0000[:50]]) is None


@pytest.mark.parametrize(
    ("name", "head", "options", "factor"),
    [
        ("a.csv", "户号,数据日期", {}, 1.0),
        ("日电量.csv", "户号,数据日期", {}, 1.0),
        ("负荷数据.csv", "户号,数据日期", {}, 0.25),
        ("功率.csv", "户号,数据日期", {}, 0.25),
        ("功率.csv", "户号,数据日期", {"unit": "kwh"}, 1.0),
        ("a.csv", "户号,数据日期", {"unit": "kw"}, 0.25),
        ("a.csv", "户号,数据日期", {"unit": "w"}, 0.00025),
        ("a.csv", "户号,数据日期", {"multiplier": 60.0}, 60.0),
    ],
)
def test_units(
    bench: Bench, name: str, head: str, options: dict[str, object], factor: float
) -> None:
    names = [f"P{i}" for i in range(1, 97)]
    result = bench.take_one(name, named(names, [2.0] * 96, head), **options)
    assert bench.row("kwh") == (pytest.approx(192 * factor, rel=1e-6),)
    assert any("values are" in note.en for note in result.notes)


def test_ct_and_pt(bench: Bench) -> None:
    names = [f"P{i}" for i in range(1, 97)]
    head, lead = "户号,数据日期,CT,PT", "0012345,2025-01-02,200/5,10"
    result = bench.take_one("a.csv", named(names, [0.01] * 96, head, lead))
    assert "CT and PT" in result.notes[0].en
    assert bench.row("kwh, peak_kw") == (pytest.approx(0.01 * 400 * 24), pytest.approx(4.0))
    head, lead = "户号,数据日期,综合倍率", "0012346,2025-01-02,30"
    bench.take_one("b电量.csv", named(names, [0.01] * 96, head, lead))
    assert bench.row("kwh", "meter_id = '0012346'") == (pytest.approx(28.8),)


@pytest.mark.parametrize(
    ("first_column", "stamp", "slot", "day"),
    [
        (None, None, 1, DAY),
        ("00:00", None, 1, DAY),
        ("00:15", None, 1, DAY),
        ("00:00", "start", 1, DAY),
        ("00:15", "end", 1, DAY),
        ("00:15", "start", 2, DAY),
        ("00:00", "end", 96, date(2025, 1, 1)),
    ],
)
def test_which_interval_the_first_column_stands_for(
    bench: Bench, first_column: str | None, stamp: str | None, slot: int, day: date
) -> None:
    values = [9.0] + [0.0] * 95
    bench.take_one("a.csv", wide_csv([("a", DAY, values)]), first_column=first_column, stamp=stamp)
    assert bench.rows(f"day, intervals[{slot}]", "kwh > 0") == [(day, 9.0)]


def test_empty_cells_are_missing(bench: Bench) -> None:
    values: list[object] = [0.0, None, *[0.1] * 94]
    bench.take_one("a.csv", wide_csv([("a", DAY, values), ("b", DAY, [None] * 96)]))
    assert bench.rows("slots_read, kwh, quality, zero_slots, slot_quality, intervals[2]") == [
        (95, 9.4, 0, 1, "AM" + "A" * 94, None),
        (0, None, 3, 0, "M" * 96, None),
    ]


def test_quality_and_sequence_columns(bench: Bench) -> None:
    rows = [("a", DAY, [0.1] * 96), ("b", DAY, [0.2] * 96), ("c", DAY, [0.3] * 96)]
    bench.take_one("a.csv", wide_csv(rows, quality=["实测", "estimated", "missing"], seq=[7, 8, 9]))
    assert bench.rows("kwh, quality, slots_read, raw_code, seq") == [
        (9.6, 0, 96, "实测", 7), (19.2, 1, 0, "estimated", 8), (None, 3, 0, "missing", 0),
    ]  # fmt: skip


def test_rows_by_direction(bench: Bench) -> None:
    rows = [("a", DAY, [0.1] * 96), ("a", DAY, [0.2] * 96), ("b", DAY, [0.1] * 96)]
    result = bench.take_one("a.csv", wide_csv(rows, 数据类型=["正向有功", "反向有功", "正向有功"]))
    assert counts(result) == (3, 3, 0, 0, 0)
    assert bench.rows("kwh, kwh_export") == [(9.6, 19.2), (9.6, None)]
    again = bench.take_one("b.csv", wide_csv(rows, 数据类型=["正向有功", "反向有功", "正向有功 "]))
    assert counts(again) == (3, 0, 0, 3, 0)


def test_text_where_numbers_should_be(bench: Bench) -> None:
    rows = [(f"m{i}", DAY, [0.1] * 96) for i in range(300)]
    rows[250] = ("m250", DAY, [0.1] * 50 + ["broken"] + [0.1] * 45)  # type: ignore[list-item]
    rows[260] = ("m260", DAY, [0.1] * 50 + ['"1,000.5"'] + [0.1] * 45)  # type: ignore[list-item]
    rows[270] = ("m270", DAY, [0.1] * 50 + [-1.0] + [0.1] * 45)
    rows[280] = ("m280", DAY, [0.1] * 50 + [99999.0] + [0.1] * 45)
    result = bench.take_one("a.csv", wide_csv(rows), max_kwh=2000)
    assert counts(result) == (300, 297, 0, 0, 3)
    assert result.reasons == {"not-a-number": 1, "negative": 1, "absurd": 1}
    assert [r.line for r in result.rejects] == [252, 272, 282]
    assert bench.row("intervals[51]", "meter_id = 'm260'") == (1000.5,)


def test_short_and_long_lines(bench: Bench) -> None:
    body = wide_csv([(f"m{i}", DAY, [0.1] * 24) for i in range(5)]).splitlines()
    body[2] += ",1,2,3"
    body[4] = body[4][:40]
    result = bench.take_one("a.csv", "\n".join(body) + "\n")
    assert counts(result) == (5, 3, 0, 0, 2)
    assert result.reasons == {"columns": 2}


@pytest.mark.parametrize(
    "form", ["20250102", "2025/1/2", "2025年1月2日", "45659", "2025-01-02 00:00:00"]
)
def test_date_forms(bench: Bench, form: str) -> None:
    content = wide_csv([("a", DAY, [0.1] * 24)]).replace("2025-01-02", form)
    assert counts(bench.take_one("a.csv", content)) == (1, 1, 0, 0, 0)
    assert bench.row("day") == (DAY,)


def test_one_file_over_many_months(bench: Bench) -> None:
    days = [date(2025, m, 15) for m in range(1, 13)]
    result = bench.take_one("a.csv", wide_csv([("a", d, [0.1] * 24) for d in days]))
    assert counts(result) == (12, 12, 0, 0, 0)
    assert [f.month for f in bench.lake().files()] == [202500 + m for m in range(1, 13)]


def test_parquet(bench: Bench) -> None:
    columns = {"meter_id": ["a", "b"], "date": [DAY, DAY], "quality": ["A", None],
               **{f"P{i}": [0.1, None if i == 5 else 0.2] for i in range(1, 97)}}  # fmt: skip
    path = bench.folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    assert counts(bench.take(path).files[0]) == (2, 2, 0, 0, 0)
    assert bench.rows("kwh, slots_read") == [(9.6, 96), (19.0, 95)]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_parquet_takes_nan_for_no_value(bench: Bench, kind: pa.DataType) -> None:
    """As text does; once its row was called absurd."""
    cells = {f"P{i}": pa.array([math.nan if i == 3 else 0.5, 0.5], kind) for i in range(1, 25)}
    cells["P9"] = pa.array([0.5, math.inf], kind)
    path = bench.folder / "a.parquet"
    pq.write_table(pa.table({"meter_id": ["a", "b"], "date": [DAY, DAY]} | cells), path)
    (result,) = bench.take(path).files
    assert counts(result) == (2, 1, 0, 0, 1)
    assert [(r.line, r.code) for r in result.rejects] == [(2, "absurd")]
    assert bench.rows("slots_read, kwh") == [(23, 11.5)]


def test_parquet_of_text_loses_no_more_than_the_rows_that_are_wrong(bench: Bench) -> None:
    """Once one such cell, far into the file, refused the whole of it."""
    columns = {f"P{i}": ["0.1"] * 500 for i in range(1, 25)}
    columns["P7"] = [*["0.1"] * 400, "much", "-", *["0.1"] * 98]
    days = [str(date.fromordinal(DAY.toordinal() + i)) for i in range(500)]
    days[450] = "soon"
    path = bench.folder / "a.parquet"
    pq.write_table(pa.table({"meter_id": ["a"] * 500, "date": days} | columns), path)
    (result,) = bench.take(path).files
    assert counts(result) == (500, 498, 0, 0, 2)
    assert [(r.line, r.code) for r in result.rejects] == [
        (401, "not-a-number"), (451, "not-a-time"),
    ]  # fmt: skip
    assert bench.rows("slots_read, kwh", f"day = DATE '{days[401]}'") == [(23, 2.3)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_parquet_whose_days_are_the_instants_of_their_midnights(tmp_path: Path, zone: str) -> None:
    """Once such a day was taken for its UTC one: the day before, in the east."""
    bench = Bench.make(tmp_path, zone)
    at = [datetime(2025, m, 2, tzinfo=ZoneInfo(zone)) for m in (1, 7)]
    columns = {f"P{i}": [0.5, 0.25] for i in range(1, 25)}
    table = pa.table({"meter_id": ["a", "a"], "date": pa.array(at, pa.timestamp("ns", zone))})
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    path = bench.folder / "a.parquet"
    pq.write_table(table, path)
    bench.take(path)
    assert bench.rows("day, kwh") == [(date(2025, 1, 2), 12.0), (date(2025, 7, 2), 6.0)]


def test_days_on_which_the_clocks_change(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, "Europe/London")
    forward, back = date(2025, 3, 30), date(2025, 10, 26)
    spring: list[object] = [float(i) for i in range(48)]
    spring[2] = spring[3] = None
    rows = [("a", forward, spring), ("a", back, [float(i) for i in range(48)]),
            ("a", date(2025, 6, 1), [1.0] * 48)]  # fmt: skip
    result = bench.take_one("a.csv", wide_csv(rows))
    assert counts(result) == (3, 3, 0, 0, 0)
    found = {day: (slots, read, values) for day, slots, read, values in
             bench.rows("day, slots, slots_read, intervals")}  # fmt: skip
    assert found[forward] == (46, 46, [0.0, 1.0, *[float(i) for i in range(4, 48)]])
    assert found[back] == (50, 48, [*map(float, range(4)), None, None, *map(float, range(4, 48))])
    assert found[date(2025, 6, 1)][:2] == (48, 48)


def test_a_unit_that_no_home_would_use_is_doubted(bench: Bench) -> None:
    power = wide_csv([(f"m{i}", DAY, [3.0] * 96) for i in range(20)])
    assert any("(unit)" in n.en and "half of the days" in n.en
               for n in bench.take_one("a.csv", power).notes)  # fmt: skip
    right = bench.take_one(
        "b.csv", power.replace("m", "k"), unit="kw", columns={"meter_id": "keter_id"}
    )
    assert not any("half of the days" in n.en for n in right.notes)
