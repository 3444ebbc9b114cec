"""Long files: columns by many names, times in many forms, qualities, zones, encodings."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from ingest_helpers import Bench, counts, long_csv, long_lines

DAY = [round(0.1 + i / 1000, 3) for i in range(48)]
START = datetime(2025, 1, 2)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


def check_day(bench: Bench, meter: str = "0012", slots: int = 48) -> None:
    meter_id, day, minutes, found_slots, read, kwh, _, quality, values, *_ = bench.row()
    assert (meter_id, day, minutes, found_slots, read) == (
        meter, date(2025, 1, 2), 30, slots, slots,
    )  # fmt: skip
    assert kwh == pytest.approx(sum(DAY), abs=1e-5)
    assert values == pytest.approx(DAY, abs=1e-6)
    assert quality == 0


def test_plain(bench: Bench) -> None:
    result = bench.take_one("a.csv", long_csv(long_lines("0012", START, DAY)))
    assert (result.layout, counts(result)) == ("long", (48, 48, 0, 0, 0))
    assert (result.meters, result.day_min, result.day_max) == (
        1,
        date(2025, 1, 2),
    ) * 1 + (date(2025, 1, 2),) or result.meters == 1
    check_day(bench)


@pytest.mark.parametrize(
    "header",
    [
        "meter_id,time,kwh",
        "METER_ID,TimeStamp,Energy",
        "户号,数据时间,电量",
        "用户编号,时间,用电量(kWh)",
        "电能表编号,采集时间,正向有功电量",
        "表号,开始时间,电量（kWh）",
        "MeterID,start,value",
    ],
)
def test_column_names(bench: Bench, header: str) -> None:
    bench.take_one("a.csv", long_csv(long_lines("0012", START, DAY), header))
    check_day(bench)


def test_odd_column_names_by_map(bench: Bench) -> None:
    content = long_csv(long_lines("0012", START, DAY), "X,TS_COL,REGVAL")
    result = bench.take_one("a.csv", content)
    assert result.error is not None and result.error.code == "ingest.unknown-layout"
    done = bench.take_one(
        "a.csv",
        content,
        layout="long",
        columns={"meter_id": "X", "time": "TS_COL", "kwh": "REGVAL"},
    )
    assert done.rows.kept == 48
    check_day(bench)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters(bench: Bench, delimiter: str) -> None:
    content = long_csv(long_lines("0012", START, DAY)).replace(",", delimiter)
    bench.take_one("a.csv", content)
    check_day(bench)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16", "utf-16-le"])
def test_encodings(bench: Bench, encoding: str) -> None:
    content = long_csv(long_lines("0012", START, DAY), "户号,数据时间,电量")
    bench.take_one("a.csv", content.encode(encoding))
    check_day(bench)


def test_gbk_that_only_shows_late(bench: Bench) -> None:
    lines = long_lines("0012", START, DAY)
    many = long_lines("0013", datetime(2025, 1, 2), ["0.1"] * 5000)
    content = long_csv([f"{line},A" for line in many + lines], "meter_id,time,kwh,quality")
    body = content.encode() + "0012,2025-01-03 00:00,0.5,实测\n".encode("gbk")
    result = bench.take_one("a.csv", body)
    assert counts(result) == (5049, 5049, 0, 0, 0)
    assert (
        bench.row("raw_code, quality, slots_read", "meter_id = '0012' AND day = '2025-01-03'")[2]
        == 1
    )


@pytest.mark.parametrize("ends", ["\r\n", "\r", "mixed"])
def test_line_ends(bench: Bench, ends: str) -> None:
    lines = ["meter_id,time,kwh", *long_lines("0012", START, DAY)]
    content = (
        "".join(line + ("\r\n" if i % 2 else "\n") for i, line in enumerate(lines))
        if ends == "mixed"
        else ends.join(lines) + ends
    )
    result = bench.take_one("a.csv", content)
    assert counts(result) == (48, 48, 0, 0, 0)
    check_day(bench)


@pytest.mark.parametrize(
    "form",
    ["%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M", "%d/%m/%Y %H:%M", "%Y年%m月%d日 %H:%M",
     "%Y-%m-%d %H:%M:%S.000"],
)  # fmt: skip
def test_time_forms(bench: Bench, form: str) -> None:
    # The 25th, so that day first and month first can be told apart.
    start = datetime(2025, 1, 25)
    lines = [
        f"0012,{start.replace(hour=i // 2, minute=30 * (i % 2)):{form}},{v}"
        for i, v in enumerate(DAY)
    ]
    result = bench.take_one("a.csv", long_csv(lines))
    assert counts(result) == (48, 48, 0, 0, 0)
    assert bench.row("day, slots_read") == (date(2025, 1, 25), 48)


def test_excel_serials_short_dates_and_thousands(bench: Bench) -> None:
    serial = [f"0012,{45659 + i / 48:.10f},{v}" for i, v in enumerate(DAY)]
    assert bench.take_one("s.csv", long_csv(serial)).rows.kept == 48
    check_day(bench)
    short = [f'0013,2025/1/2 {i // 2}:{30 * (i % 2):02d},"1,23{i % 10}.5"' for i in range(48)]
    result = bench.take_one("t.csv", long_csv(short), max_kwh=2000)
    assert counts(result) == (48, 48, 0, 0, 0)
    assert bench.row("intervals[1]", "meter_id = '0013'") == (1230.5,)


def test_decimal_commas(bench: Bench) -> None:
    lines = [line.replace(",", ";", 2).replace(".", ",") for line in long_lines("0012", START, DAY)]
    bench.take_one("a.csv", long_csv(lines, "meter_id;time;kwh"))
    check_day(bench)


def test_24_00_is_the_next_midnight(bench: Bench) -> None:
    lines = [
        f"0012,2025-01-02 {(i + 1) // 2:02d}:{30 * ((i + 1) % 2):02d},{v}"
        for i, v in enumerate(DAY)
    ]
    assert lines[-1].startswith("0012,2025-01-02 24:00")
    bench.take_one("a.csv", long_csv(lines), stamp="end")
    check_day(bench)


def test_offsets_and_z_are_honoured(bench: Bench) -> None:
    half = long_lines("0012", START, DAY)
    lines = [f"{a},{t}+08:00,{v}" for a, t, v in (line.split(",") for line in half[:24])]
    utc = long_lines("0012", datetime(2025, 1, 2, 4), DAY[24:])
    lines += [f"{a},{t}:00Z,{v}" for a, t, v in (line.split(",") for line in utc)]
    assert bench.take_one("a.csv", long_csv(lines)).rows.kept == 48
    check_day(bench)


def test_naive_times_of_another_zone(bench: Bench) -> None:
    lines = long_lines("0012", datetime(2025, 1, 1, 16), DAY)
    bench.take_one("a.csv", long_csv(lines), timezone="UTC")
    check_day(bench)


def test_day_and_time_of_day_in_two_columns(bench: Bench) -> None:
    lines = [line.replace(" ", ",") for line in long_lines("0012", START, DAY)]
    bench.take_one("a.csv", long_csv(lines, "表号,数据日期,时间,电量"))
    check_day(bench)


def test_qualities_and_missing_are_not_zero(bench: Bench) -> None:
    words = ["actual", "估算", "S", "缺失", "A", "weird"] + ["实测"] * 42
    values = ["0.1", "0.2", "0.3", "0.4", "", "0.6", *["0"] * 42]
    lines = [
        f"{line},{word}"
        for line, word in zip(long_lines("0012", START, values), words, strict=True)
    ]
    result = bench.take_one("a.csv", long_csv(lines, "meter_id,time,kwh,数据质量"))
    assert counts(result) == (48, 48, 0, 0, 0)
    row = bench.row(
        "slots_read, kwh, slot_quality, intervals[4], intervals[5], zero_slots, quality"
    )
    assert row == (43, 1.2, "AESMME" + "A" * 42, None, None, 42, 0)


def test_nulls_by_word(bench: Bench) -> None:
    values = ["Null", "NaN", "-", "--", "N/A", "", "无", *["0.1"] * 41]
    result = bench.take_one("a.csv", long_csv(long_lines("0012", START, values)))
    assert counts(result) == (48, 48, 0, 0, 0)
    assert bench.row("slots_read, kwh") == (41, 4.1)


def test_daily_energy(bench: Bench) -> None:
    lines = [f"00{i},2025-01-{d:02d},{i}.5" for i in range(3) for d in (1, 2, 3)]
    result = bench.take_one("a.csv", long_csv(lines, "户号,数据日期,电量"))
    assert counts(result) == (9, 9, 0, 0, 0)
    rows = bench.rows("meter_id, day, minutes, slots, kwh, intervals, base_kwh, slots_read")
    assert rows[4] == ("001", date(2025, 1, 2), 0, 1, 1.5, None, None, 1)


def test_export_and_direction_column(bench: Bench) -> None:
    lines = [f"{line},{0.01 * i:.2f}" for i, line in enumerate(long_lines("0012", START, DAY))]
    bench.take_one("a.csv", long_csv(lines, "meter_id,time,kwh,kwh_export"))
    assert bench.row("kwh, kwh_export, exports[3]") == (5.928, 11.28, pytest.approx(0.02))
    both = [f"{line},正向" for line in long_lines("0013", START, DAY)]
    both += [f"{line},反向" for line in long_lines("0013", START, [1] * 48)]
    result = bench.take_one("b.csv", long_csv(both, "meter_id,time,kwh,方向"))
    assert counts(result) == (96, 96, 0, 0, 0)
    assert bench.row("kwh, kwh_export", "meter_id = '0013'") == (5.928, 48.0)


def test_wh_and_multiplier(bench: Bench) -> None:
    lines = long_lines("0012", START, [v * 1000 for v in DAY])
    bench.take_one("a.csv", long_csv(lines), unit="wh")
    check_day(bench)


def test_clocks_go_back_by_order_of_appearance(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, "Europe/London")
    hours = ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30"]
    hours += [f"{h:02d}:{m}" for h in range(2, 24) for m in ("00", "30")]
    lines = [f"0012,2025-10-26 {t},{i}" for i, t in enumerate(hours)]
    result = bench.take_one("a.csv", long_csv(lines))
    assert counts(result) == (50, 50, 0, 0, 0)
    slots, read, values = bench.row("slots, slots_read, intervals")
    assert (slots, read, values) == (50, 50, [float(i) for i in range(50)])


def test_clocks_go_forward(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, "Europe/London")
    hours = [f"{h:02d}:{m}" for h in range(24) for m in ("00", "30") if h != 1]
    lines = [f"0012,2025-03-30 {t},{i}" for i, t in enumerate(hours)]
    assert counts(bench.take_one("a.csv", long_csv(lines))) == (46, 46, 0, 0, 0)
    assert bench.row("slots, slots_read") == (46, 46)
    skipped = bench.take_one("b.csv", long_csv(["0013,2025-03-30 01:30,5", *lines]), minutes=30)
    assert skipped.reasons == {"no-such-time": 1}


@pytest.mark.parametrize("packing", ["gz", "zst", "zip"])
def test_packed(bench: Bench, packing: str) -> None:
    content = long_csv(long_lines("0012", START, DAY)).encode()
    path = bench.folder / f"a.csv.{packing}"
    if packing == "gz":
        path.write_bytes(gzip.compress(content))
    elif packing == "zst":
        path.write_bytes(zstandard.compress(content))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner/a.csv", content)
            archive.writestr("inner/b.csv", long_csv(long_lines("0099", START, DAY)))
    done = bench.take(path)
    assert done.total.kept == (96 if packing == "zip" else 48)
    assert len(bench.rows("meter_id")) == len(done.files)


def test_folder_of_many_small_files_is_one_commit(bench: Bench) -> None:
    for i in range(24):
        bench.file(f"many/{i % 3}/m{i}.csv", long_csv(long_lines(f"{i:04d}", START, DAY)))
    done = bench.take(bench.folder / "many")
    assert done.total.kept == 24 * 48
    assert len(bench.lake().files()) == 1
    assert len(bench.lake().manifest.batches) == 24


def test_parquet_with_typed_columns(bench: Bench) -> None:
    times = [START.replace(hour=i // 2, minute=30 * (i % 2)) for i in range(48)]
    table = pa.table({"meter_id": ["0012"] * 48, "time": pa.array(times, pa.timestamp("us")),
                      "kwh": pa.array(DAY, pa.float64())})  # fmt: skip
    path = bench.folder / "a.parquet"
    pq.write_table(table, path)
    assert counts(bench.take(path).files[0]) == (48, 48, 0, 0, 0)
    check_day(bench)
    zoned = table.set_column(
        1, "time", pa.array([t.replace(hour=t.hour) for t in times],
                            pa.timestamp("us", tz="UTC")))  # fmt: skip
    zoned = zoned.set_column(0, "meter_id", pa.array(["0013"] * 48))
    pq.write_table(zoned, bench.folder / "b.parquet")
    bench.take(bench.folder / "b.parquet")
    days = bench.rows("day, slots_read", "meter_id = '0013'")
    assert days == [(date(2025, 1, 2), 32), (date(2025, 1, 3), 16)]


def test_parquet_whose_instants_count_nanoseconds(bench: Bench) -> None:
    """As pandas writes times that have a zone."""
    times = [START.replace(hour=i // 2, minute=30 * (i % 2)) for i in range(48)]
    seen = pa.array(times, pa.timestamp("ns", tz="Asia/Shanghai"))
    table = pa.table({"meter_id": ["0012"] * 48, "time": seen, "kwh": DAY, "updated_at": seen})
    path = bench.folder / "a.parquet"
    pq.write_table(table, path)
    assert counts(bench.take(path).files[0]) == (48, 48, 0, 0, 0)
    days = bench.rows("day, slots_read")
    assert days == [(date(2025, 1, 2), 32), (date(2025, 1, 3), 16)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary("int32", "string")])
def test_parquet_whose_days_and_ids_are_any_kind_of_text(bench: Bench, kind: pa.DataType) -> None:
    days = pa.array(["2025-01-02", "2025-01-03"])
    table = pa.table({"meter_id": pa.array(['="0012"'] * 2).cast(kind), "time": days.cast(kind),
                      "kwh": [9.5, 8.0]})  # fmt: skip
    path = bench.folder / "a.parquet"
    pq.write_table(table, path)
    bench.take(path)
    expected = [("0012", date(2025, 1, 2), 0, 9.5), ("0012", date(2025, 1, 3), 0, 8.0)]
    assert bench.rows("meter_id, day, minutes, kwh") == expected


def test_xlsx(bench: Bench) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["户号", "数据时间", "电量"])
    for i, value in enumerate(DAY):
        sheet.append(["0012", START.replace(hour=i // 2, minute=30 * (i % 2)), value])
    path = bench.folder / "a.xlsx"
    book.save(path)
    assert counts(bench.take(path).files[0]) == (48, 48, 0, 0, 0)
    check_day(bench)


def test_interval_lengths_are_found_per_meter(bench: Bench) -> None:
    lines = long_lines("a", START, [0.1] * 96, 15) + long_lines("b", START, [0.1] * 24, 60)
    bench.take_one("a.csv", long_csv(lines))
    assert bench.rows("meter_id, minutes, slots_read") == [("a", 15, 96), ("b", 60, 24)]


def test_one_reading_each_is_no_guess(bench: Bench) -> None:
    lines = [f"{m},2025-01-02 00:15,0.1" for m in "abc"]
    result = bench.take_one("a.csv", long_csv(lines))
    assert result.error is not None and result.error.code == "ingest.interval-unknown"
    assert bench.lake().day_range() is None
    assert bench.take_one("a.csv", long_csv(lines), minutes=15).rows.kept == 3


def test_one_reading_each_takes_the_length_that_the_lake_knows(bench: Bench) -> None:
    bench.take_one("a.csv", long_csv(long_lines("a", START, [0.1] * 48)))
    result = bench.take_one("b.csv", long_csv(["a,2025-01-03 00:00,0.3"]))
    assert result.rows.kept == 1
    assert bench.row("minutes, slots_read, kwh", "day = '2025-01-03'") == (30, 1, 0.3)
