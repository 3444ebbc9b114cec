"""The registry: what a file may look like, which rows are refused and why, what changes."""

from __future__ import annotations

import csv
import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import duckdb
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplit.domain.errors import LamplitError
from lamplit.meters.registry import COLUMNS, SCHEMA, column_of, links_sql
from lamplit.meters.registry_rules import overlapping
from lamplit.meters.registry_values import read_day, read_flag, read_floor
from lamplit.services import registry
from lamplit.services.home import Home
from lamplit.services.registry import Registry, apply_import, find, plan_import, stats

PLAIN = "meter_id,household_id,floor,valid_from,valid_to\n"


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home")


@pytest.fixture
def give(home, tmp_path):
    """Import a text (or bytes) as a file; gives the plan, applied unless rows are bad."""

    def run(content: str | bytes, name: str = "r.csv", *, skip_bad=False, mapping=None):
        file = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        file.write_bytes(data)
        plan = plan_import(home, file, mapping)
        if not plan.bad or skip_bad:
            apply_import(home, plan, skip_bad=skip_bad)
        return plan

    return run


def rows(home: Home, *names: str) -> list[tuple]:
    table = Registry.table(home).select(list(names))
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def code_of(raised) -> str:
    return raised.value.code


def faults_of(plan) -> list[tuple[int, str, str]]:
    return [(f.row, f.column, f.problem.code) for f in plan.first_faults()]


# What a file may look like.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_chinese_file_is_read_in_any_encoding_and_with_any_delimiter(home, give, encoding, mark):
    lines = ["表号,户号,楼栋,社区,单元,楼层,房号,采集器,光伏,合表,独居,生效日期,失效日期,社区名称"]
    lines += ["0012,H1,B1,C1,二单元,十二层,1203,K1,是,否,是,2024年1月5日,9999-12-31,常青花园"]
    give("\r\n".join(lines).replace(",", mark).encode(encoding))
    (row,) = Registry.table(home).to_pylist()
    assert row["meter_id"] == "0012"
    assert (row["floor"], row["unit"], row["door"]) == (12, "二单元", "1203")
    assert (row["solar"], row["shared"], row["lives_alone"]) == (True, False, True)
    assert (row["valid_from"], row["valid_to"]) == (date(2024, 1, 5), None)
    assert row["community_name_zh"] == "常青花园"


def test_every_column_is_known_by_its_own_name_and_no_synonym_means_two():
    assert [column_of(name.upper().replace("_", " ")) for name in COLUMNS] == list(COLUMNS)


def test_a_title_above_the_header_and_blank_lines_do_not_shift_row_numbers(give):
    plan = give("居民台账,,\n\n表号,户号,楼层\n1,H1,2\n\n2,H2,x\n\n3,,1\n")
    assert plan.rows == 3
    assert [(row, column) for row, column, _ in faults_of(plan)] == [
        (6, "floor"),
        (8, "household_id"),
    ]


def test_mixed_line_ends_and_a_missing_last_one(home, give):
    give(b"meter_id,household_id\r\n1,H1\r2,H2\n3,H3")
    assert rows(home, "meter_id") == [("1",), ("2",), ("3",)]


def test_a_list_of_meters_without_households_makes_each_a_home(home, give):
    plan = give("meter_id\nA\nB\n")
    assert rows(home, "meter_id", "household_id") == [("A", "A"), ("B", "B")]
    assert "household_id" not in plan.checked.named


def test_xlsx_with_numbers_and_dates_below_a_title_on_the_second_sheet(home, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    sheet = book.create_sheet("台账")
    sheet.append(["2024 台账"])
    sheet.append(["表号", "户号", "楼层", "生效日期", "光伏"])
    sheet.append([3300012345678, 77.0, 3, dt.datetime(2024, 5, 6), True])
    sheet.append([None, None, None, None, None])
    sheet.append([3300012345679, "H2", "B1", "2024/5/7", None])
    file = tmp_path / "r.xlsx"
    book.save(file)
    apply_import(home, plan_import(home, file))
    assert rows(home, "meter_id", "household_id", "floor", "valid_from", "solar") == [
        ("3300012345678", "77", 3, date(2024, 5, 6), True),
        ("3300012345679", "H2", -1, date(2024, 5, 7), False),
    ]


def test_parquet_keeps_its_types(home, tmp_path):
    table = pa.table(
        {
            "meter_id": pa.array([1, 2], pa.int64()),
            "household_id": pa.array(["H1", "H2"]).dictionary_encode(),
            "floor": pa.array([3.0, None]),
            "solar": pa.array([True, None]),
            "valid_from": pa.array([dt.datetime(2024, 1, 1), None], pa.timestamp("ns", "UTC")),
        }
    )
    file = tmp_path / "r.parquet"
    pq.write_table(table, file)
    apply_import(home, plan_import(home, file))
    assert rows(home, "meter_id", "floor", "solar", "valid_from") == [
        ("1", 3, True, date(2024, 1, 1)),
        ("2", None, False, None),
    ]


def test_an_odd_column_is_taken_when_it_is_named(home, give):
    plan = give("计量装置,H,x\nA,H1,1\n", mapping={"计量装置": "meter_id", "H": "household_id"})
    assert rows(home, "meter_id", "household_id") == [("A", "H1")]
    assert plan.checked.ignored == ["x"]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        ("", "r.csv", "registry.empty-file"),
        ("\n \n", "r.csv", "registry.empty-file"),
        ("meter_id,household_id\n", "r.csv", "registry.no-rows"),
        ("a,b\n1,2\n", "r.csv", "registry.no-meter-column"),
        ("表号,电表号\n1,2\n", "r.csv", "registry.same-column-twice"),
        ("x", "r.pdf", "registry.unknown-format"),
        ("not a workbook", "r.xlsx", "registry.unreadable"),
        ("not parquet", "r.parquet", "registry.unreadable"),
    ],
)
def test_a_file_that_will_not_do_is_refused_and_nothing_written(home, give, content, name, code):
    with pytest.raises(LamplitError) as raised:
        give(content, name)
    assert code_of(raised) == code
    assert not home.registry_file.exists()


def test_a_map_that_names_nothing_lists_what_there_is(give):
    with pytest.raises(LamplitError) as raised:
        give("a,b\n1,2\n", mapping={"c": "meter_id"})
    assert code_of(raised) == "registry.bad-map"
    assert "a, b" in raised.value.describe("zh")


def test_a_workbook_that_swells_is_not_opened(home, tmp_path):
    import zipfile

    file = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w") as out:
        for _ in range(150):
            out.write(bytes(1 << 20))
    with pytest.raises(LamplitError) as raised:
        plan_import(home, file)
    assert code_of(raised) == "registry.too-large-inside"


# One cell.


@pytest.mark.parametrize(
    ("text", "floor"),
    [("3", 3), ("12F", 12), ("三层", 3), ("二十一楼", 21), ("B2", -2), ("地下一层", -1),
     ("-1", -1), ("３", 3), ("第5层", 5), ("4.0", 4)],
)  # fmt: skip
def test_a_floor_is_read_as_people_write_it(text, floor):
    assert read_floor(text) == floor


@pytest.mark.parametrize("text", ["abc", "3.5", "201", "十十", "--1"])
def test_what_is_no_floor_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read_floor(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-01-31", date(2024, 1, 31)), ("2024/1/3", date(2024, 1, 3)),
     ("2024.1.3", date(2024, 1, 3)), ("20240131", date(2024, 1, 31)),
     ("2024年1月3日", date(2024, 1, 3)), ("2024-01-31 00:00:00", date(2024, 1, 31)),
     ("45322", date(2024, 1, 31)), ("9999-12-31", None)],
)  # fmt: skip
def test_a_date_is_read_as_people_write_it(text, day):
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text", ["31/01/2024", "2024-13-01", "2024-02-30", "soon", "1", "1066-1-1"]
)
def test_what_is_no_clear_date_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read_day(text)


def test_yes_and_no_in_both_languages():
    assert all(map(read_flag, ["yes", "Y", "是", "1", "TRUE", "√"]))
    assert not any(map(read_flag, ["no", "否", "0", "False", "无"]))


# Rows that are refused.


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (",H1,1,,", "meter_id", "registry.missing-meter"),
        ("A,,1,,", "household_id", "registry.missing-household"),
        ("3.3E+11,H1,1,,", "meter_id", "registry.rounded-id"),
        ("A,H1,attic,,", "floor", "registry.bad-floor"),
        ("A,H1,1,31/01/2024,", "valid_from", "registry.bad-date"),
        ("A,H1,1,2024-02-01,2024-02-01", "valid_to", "registry.ends-before-start"),
        ("A,H1,1", "", "registry.ragged-row"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(home, give, line, column, code):
    plan = give(PLAIN + "OK,H0,1,,\n" + line + "\n")
    assert faults_of(plan) == [(3, column, code)]
    with pytest.raises(LamplitError) as raised:
        apply_import(home, plan)
    assert code_of(raised) == "registry.bad-rows"
    assert not home.registry_file.exists()


def test_skip_bad_imports_the_others_and_lists_every_refused_row(home, give, tmp_path):
    lines = "".join(f"M{i},H{i},{'x' if i % 2 else 1},,\n" for i in range(100))
    plan = give(PLAIN + lines, skip_bad=True)
    assert (plan.rows, plan.bad, len(plan.first_faults())) == (100, 50, 20)
    assert Registry.table(home).num_rows == 50
    (listed,) = home.quarantine_dir.glob("registry-*.csv")
    with listed.open(encoding="utf-8-sig", newline="") as stream:
        refused = list(csv.DictReader(stream))
    assert [int(r["row"]) for r in refused] == list(range(3, 102, 2))
    assert {r["code"] for r in refused} == {"registry.bad-floor"}
    assert all(r["cure_zh"] and r["cure_en"] for r in refused)


def test_no_refused_cell_is_a_live_formula(home, give):
    bad = 'M1,H1,"=HYPERLINK(""http://x"",""y"")",,\n'
    give(PLAIN + bad + "M2,H2,1,,\n", "@sum.csv", skip_bad=True)
    (listed,) = home.quarantine_dir.glob("registry-*.csv")
    with listed.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["file"], row["value"]) == ("'@sum.csv", '\'=HYPERLINK("http://x","y")')


def test_where_every_row_is_bad_skip_bad_does_not_help(home, give):
    with pytest.raises(LamplitError) as raised:
        give(PLAIN + "A,,1,,\n", skip_bad=True)
    assert code_of(raised) == "registry.bad-rows"


def test_the_same_row_twice_counts_once(home, give):
    plan = give(PLAIN + "A,H1,1,,\nA,H1,1,,\n")
    assert (plan.merge.added, plan.checked.duplicates, plan.bad) == (1, 1, 0)


def test_rows_that_contradict_or_overlap_name_each_other(give):
    plan = give(
        PLAIN + "A,H1,1,2024-01-01,\nA,H1,2,2024-01-01,\n"
        "B,H2,1,2023-01-01,2025-01-01\nB,H2,1,2023-02-01,2023-03-01\nB,H2,1,2024-06-01,\n"
    )
    assert faults_of(plan) == [
        (3, "", "registry.conflict"),
        (5, "valid_from", "registry.overlap"),
        (6, "valid_from", "registry.overlap"),
    ]
    assert [f.value for f in plan.first_faults()] == ["2", "4", "4"]


def test_a_household_with_several_meters_in_turn_or_at_once_is_fine(give):
    plan = give(PLAIN + "A,H1,1,,2024-01-01\nB,H1,1,2024-01-01,\nC,H1,1,,\n")
    assert (plan.bad, plan.merge.at_once) == (0, 0)


def test_a_meter_with_several_households_at_once_is_noticed_in_turn_is_not(give):
    plan = give(PLAIN + "A,H1,1,,\nA,H2,1,,\nB,H3,1,,2024-01-01\nB,H4,1,2024-01-01,\n")
    assert (plan.bad, plan.merge.at_once) == (0, 1)


# What changes.


def counts(plan) -> tuple[int, int, int, int]:
    m = plan.merge
    return m.added, m.changed, m.closed, m.unchanged


def test_importing_a_file_twice_changes_nothing(home, give):
    assert counts(give(PLAIN + "A,H1,1,2024-01-01,\nB,H2,2,,\n")) == (2, 0, 0, 0)
    before = home.registry_file.stat().st_mtime_ns
    assert counts(give(PLAIN + "A,H1,1,2024-01-01,\nB,H2,2,,\n")) == (0, 0, 0, 2)
    assert home.registry_file.stat().st_mtime_ns == before


def test_a_plan_writes_nothing(home, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text(PLAIN + "A,H1,1,,\nB,,x,,\n")
    plan_import(home, file)
    assert [p for p in home.path.rglob("*") if p.is_file()] == [home.path / "lamplit.toml"]


def test_the_same_key_with_other_cells_is_a_change(home, give):
    give(PLAIN + "A,H1,1,,\n")
    assert counts(give(PLAIN + "A,H1,7,,\n")) == (0, 1, 0, 0)
    assert rows(home, "floor") == [(7,)]


def test_the_same_key_with_an_end_is_closed(home, give):
    give(PLAIN + "A,H1,1,,\n")
    assert counts(give(PLAIN + "A,H1,1,,2024-05-01\n")) == (0, 0, 1, 0)
    assert rows(home, "valid_to") == [(date(2024, 5, 1),)]


def test_a_later_row_of_the_same_meter_and_household_ends_the_open_one(home, give):
    give(PLAIN + "A,H1,1,,\n")
    assert counts(give(PLAIN + "A,H1,9,2024-05-01,\n")) == (1, 0, 1, 0)
    assert rows(home, "floor", "valid_from", "valid_to") == [
        (9, date(2024, 5, 1), None),
        (1, None, date(2024, 5, 1)),
    ]


def test_a_row_inside_one_that_has_ended_is_refused(give):
    give(PLAIN + "A,H1,1,2023-01-01,2024-01-01\n")
    plan = give(PLAIN + "A,H1,1,2023-06-01,2023-07-01\nB,H2,1,,\n")
    assert faults_of(plan) == [(2, "valid_from", "registry.overlaps-registry")]
    assert "2023-01-01 … 2024-01-01" in plan.first_faults()[0].says("en")
    assert counts(plan) == (1, 0, 0, 0)


def test_an_open_row_before_one_that_is_there_is_refused_and_named(give):
    give(PLAIN + "A,H1,1,2024-01-01,\n")
    assert faults_of(give(PLAIN + "A,H1,1,2023-01-01,\n")) == [
        (2, "valid_from", "registry.overlaps-registry")
    ]


def test_columns_that_the_file_lacks_keep_what_the_registry_says(home, give):
    give("meter_id,household_id,solar,door\nA,H1,yes,301\n")
    assert counts(give("meter_id,household_id,floor\nA,H1,3\n")) == (0, 1, 0, 0)
    assert rows(home, "solar", "door", "floor") == [(True, "301", 3)]


def test_an_import_that_came_between_is_not_overwritten(home, give, tmp_path):
    file = tmp_path / "late.csv"
    file.write_text(PLAIN + "Z,H9,1,,\n")
    plan = plan_import(home, file)
    give(PLAIN + "A,H1,1,,\n")
    with pytest.raises(LamplitError) as raised:
        apply_import(home, plan)
    assert code_of(raised) == "registry.changed-meanwhile"
    assert rows(home, "meter_id") == [("A",)]


def test_of_imports_that_end_at_the_same_moment_one_is_made_and_the_others_told(
    home, tmp_path, monkeypatch
):
    plans = []
    for meter in "ABC":
        file = tmp_path / f"{meter}.csv"
        file.write_text(f"meter_id,household_id\n{meter},H{meter}\n", "utf-8")
        plans.append(plan_import(home, file))
    replace = registry._replace

    def slowly(*asked):
        time.sleep(0.1)  # Between the look at what is there and the new one in its place.
        replace(*asked)

    monkeypatch.setattr(registry, "_replace", slowly)

    def end(plan):
        try:
            apply_import(home, plan)
        except LamplitError as fault:
            return fault.code
        return "made"

    with ThreadPoolExecutor(3) as pool:
        told = sorted(pool.map(end, plans))
    assert told == ["made", *["registry.changed-meanwhile"] * 2]
    assert stats(home)["rows"] == 1


def test_a_damaged_registry_says_so(home):
    home.registry_file.write_bytes(b"PAR1 not really")
    with pytest.raises(LamplitError) as raised:
        Registry.table(home)
    assert code_of(raised) == "registry.damaged"


def test_finding_and_counting(home, give):
    assert stats(home)["rows"] == 0
    assert stats(home)["ended"] == 0
    give("meter_id,household_id,building_id\nM100,H1,B1\nM101,H1,B1\nM200,H2,B2\n")
    assert find(home, "H1")["meter_id"].to_pylist() == ["M100", "M101"]
    assert find(home, "M200").num_rows == 1
    with pytest.raises(LamplitError) as raised:
        find(home, "M10")
    assert "M100, M101" in raised.value.describe("en")
    counted = stats(home)
    assert (counted["homes"], counted["meters"], counted["buildings"]) == (2, 3, 2)


# One row per meter and day.


def links(home: Home, day: date) -> dict[str, dict]:
    registry = Registry.table(home)
    with duckdb.connect() as con:
        con.register("registry", registry)
        found = con.sql(links_sql("registry", day)).to_arrow_table().to_pylist()
    assert len({row["meter_id"] for row in found}) == len(found)
    return {row["meter_id"]: row for row in found}


def test_a_meter_belongs_to_the_household_of_the_day(home, give):
    give(PLAIN + "A,H1,1,,2024-01-10\nA,H2,1,2024-01-10,\n")
    assert links(home, date(2024, 1, 9))["A"]["household_id"] == "H1"
    assert links(home, date(2024, 1, 10))["A"]["household_id"] == "H2"
    assert not links(home, date(2024, 1, 10))["A"]["shared"]


def test_a_meter_of_two_households_is_shared_and_claims_no_door(home, give):
    give(
        "meter_id,household_id,building_id,door,solar\nA,H1,B1,101,\nA,H2,B1,102,yes\nB,H2,B1,102,\n"
    )
    link = links(home, date(2024, 1, 1))
    assert link["A"]["shared"]
    assert link["A"]["n_households"] == 2
    assert (link["A"]["building_id"], link["A"]["door"]) == ("B1", None)
    assert link["A"]["solar"]
    assert not link["B"]["shared"]
    assert (link["B"]["n_meters"], link["A"]["n_meters"]) == (2, 1)


def test_a_flagged_meter_is_shared_though_it_has_one_household(home, give):
    give("meter_id,household_id,shared\nA,H1,合\nB,H2,是\n".replace("合", "1"))
    assert all(row["shared"] for row in links(home, date(2024, 1, 1)).values())


def test_links_of_an_empty_registry_are_none(home):
    assert links(home, date(2024, 1, 1)) == {}
    assert Registry.table(home).schema == SCHEMA


# Against a plain reference.

spans = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 8)), min_size=1, max_size=30
)


@given(spans)
@settings(max_examples=200)
def test_overlaps_are_those_that_a_plain_loop_finds(given_spans):
    ordered = sorted((g, a, a + n) for g, a, n in given_spans)
    groups, starts, ends = (np.array(c, dtype=np.int64) for c in zip(*ordered, strict=True))
    late, holder = overlapping(groups, starts, ends)
    for at, (group, start, _) in enumerate(ordered):
        before = [j for j in range(at) if ordered[j][0] == group and ordered[j][2] > start]
        assert late[at] == bool(before)
        if before:
            assert ordered[holder[at]][0] == group
            assert ordered[holder[at]][2] > start
