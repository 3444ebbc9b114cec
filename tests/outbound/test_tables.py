"""Lists as files: `-o doors.csv|xlsx|parquet|json` (issue 2, item 6)."""

from __future__ import annotations

import csv
import json
import os
from datetime import date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.outbound.tables import TableStyle, write_table, write_tables, write_text
from lamplit.outbound.watermark import Watermark

MARK = Watermark("li.wei", datetime(2026, 2, 12, 19, 30), "cold snap & sweep")
TABLE = pa.table(
    {
        "rank": pa.array([1, 2], pa.int32()),
        "household_id": ["00042", "=cmd|' /C calc'!A0"],
        "evidence_zh": ["1月22日起零度", None],
        "since": pa.array([date(2026, 1, 22), None], pa.date32()),
        "probability": [0.97, float("nan")],
        "kwh": [-1.5, 0.0],
    }
)


def test_csv_opens_right_in_excel_and_ids_keep_their_zeros(tmp_path):
    write_table(TABLE, tmp_path / "doors.csv")
    assert (tmp_path / "doors.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "doors.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["household_id"] == "00042"
    assert first["evidence_zh"] == "1月22日起零度"
    assert first["since"] == "2026-01-22"
    assert first["kwh"] == "-1.5"  # a number keeps its sign; only text is neutralised
    assert second["household_id"].startswith("'=")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_cell_of_a_csv_can_be_run(tmp_path, start):
    write_table(pa.table({"name": [f"{start}1+1"]}), tmp_path / "a.csv", TableStyle(bom=False))
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file))[1][0][0] == "'"


def test_excel_has_real_dates_percentages_a_frozen_head_and_no_formula(tmp_path):
    style = TableStyle(
        headings={"since": Text("Since", "起始日")}, both_languages=True, watermark=MARK
    )
    write_table(TABLE, tmp_path / "doors.xlsx", style)
    book = openpyxl.load_workbook(tmp_path / "doors.xlsx")
    sheet = book["doors"]
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == "A2:F4"
    assert [sheet["D1"].value, sheet["D2"].value] == ["Since", "起始日"]
    assert sheet["D3"].value == datetime(2026, 1, 22)
    assert sheet["E3"].number_format == "0%"
    assert sheet["E4"].value is None
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("00042", "s")
    assert (sheet["B4"].value[0], sheet["B4"].data_type) == ("=", "s")
    about = [cell.value for row in book["about"].iter_rows() for cell in row if cell.value]
    assert "li.wei" in about
    assert "2026-02-12 19:30" in about
    assert any("do not pass on" in text for text in about)


def test_excel_speaks_the_readers_language(tmp_path):
    style = TableStyle(language="zh", headings={"since": Text("Since", "起始日")}, watermark=MARK)
    write_table(TABLE, tmp_path / "d.xlsx", style)
    book = openpyxl.load_workbook(tmp_path / "d.xlsx")
    assert book["doors"]["D1"].value == "起始日"
    assert book.sheetnames[1] == "说明"


def test_parquet_comes_back_as_it_was(tmp_path):
    write_table(TABLE, tmp_path / "d.parquet")
    assert pq.read_table(tmp_path / "d.parquet").schema.equals(TABLE.schema)


def test_json_has_iso_dates_and_null_for_nan(tmp_path):
    write_table(TABLE, tmp_path / "d.json")
    first, second = json.loads((tmp_path / "d.json").read_text("utf-8"))
    assert first["since"] == "2026-01-22"
    assert first["evidence_zh"] == "1月22日起零度"
    assert second["probability"] is None


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".json"])
def test_an_empty_list_is_still_a_good_file(tmp_path, suffix):
    write_table(TABLE.slice(0, 0), tmp_path / f"d{suffix}")
    assert (tmp_path / f"d{suffix}").stat().st_size > 0
    if suffix == ".json":
        assert json.loads((tmp_path / "d.json").read_text()) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("doors.docx", "outbound.unknown-suffix"),
        ("doors", "outbound.unknown-suffix"),
        ("gone/doors.csv", "outbound.folder-missing"),
        (".", "outbound.is-folder"),
    ],
)
def test_places_that_cannot_be_written_are_refused_before_anything_is(tmp_path, path, code):
    with pytest.raises(LamplitError) as caught:
        write_table(TABLE, tmp_path / path)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "doors.csv"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lamplit.outbound.tables.pacsv.CSVWriter", full)
    with pytest.raises(LamplitError) as caught:
        write_table(TABLE, path)
    assert caught.value.code == "outbound.not-writable"
    assert "No space left" in str(caught.value)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["doors.csv"]


def test_more_rows_than_excel_holds_are_refused(tmp_path):
    many = pa.table({"a": pa.nulls(1_048_575)})
    with pytest.raises(LamplitError) as caught:
        write_table(many, tmp_path / "a.xlsx")
    assert caught.value.code == "outbound.too-many-rows"


def test_the_finished_file_has_the_users_usual_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.svg", "<svg/>", (".svg",))
    finally:
        os.umask(before)
    assert (tmp_path / "a.svg").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".json"])
def test_a_long_answer_may_come_in_parts(tmp_path, suffix):
    parts = (TABLE.slice(i, 1) for i in range(2))
    assert write_tables(parts, TABLE.schema, tmp_path / f"parts{suffix}") == 2
    write_table(TABLE, tmp_path / f"whole{suffix}")
    if suffix in (".csv", ".json"):
        whole = (tmp_path / f"whole{suffix}").read_bytes()
        assert (tmp_path / f"parts{suffix}").read_bytes() == whole


def test_an_answer_that_fails_half_way_leaves_no_file(tmp_path):
    def parts():
        yield TABLE
        raise RuntimeError("the engine stopped")

    with pytest.raises(RuntimeError):
        write_tables(parts(), TABLE.schema, tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())
