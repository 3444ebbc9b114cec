"""NEM13: the energy between two reads is kept, and no day of it is evidence."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from pathlib import Path

import nemreader
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nem_oracle import run_plan, unpack

from lamplit.domain.errors import LamplitError
from lamplit.meters.layouts.nem13 import LAYOUT


def nem13(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["100,NEM13,202401010000,MDP,RET", *lines, "900", ""]))
    return path


def read(before="000100.0", after="000190.0", quantity="90", **other: str) -> str:
    nmi, suffix, side = other.get("nmi", "N1"), other.get("suffix", "11"), other.get("side", "E")
    first, last = other.get("first", "20240101093000"), other.get("last", "20240131114500")
    flag, reason = other.get("flag", "A"), other.get("reason", "")
    unit, update = other.get("unit", "kWh"), other.get("update", "20240201000000")
    return (
        f"250,{nmi},1141,01,{suffix},{suffix},METER1,{side},{before},{first},A,,,"
        f"{after},{last},{flag},{reason},,{quantity},{unit},20240501,{update},"
    )


@pytest.mark.real_data
def test_every_sample_of_aemo_keeps_the_energy_that_nemreader_reads(shared_data, tmp_path):
    logging.disable(logging.CRITICAL)
    archives = sorted((shared_data / "formats/nem13").glob("*.zip"))
    assert len(archives) > 15
    for archive in archives:
        path = unpack(archive, tmp_path)
        outcome = run_plan(LAYOUT, path)
        if archive.name == "NEM13#000000000000011#CNRGYMDP#NEMMCO.zip":
            # nemreader takes the Quantity of 31 as it is. The dial went from 38841 to 39013, and
            # the specification has Quantity be that difference times a multiplier: refused.
            assert (outcome.rows, outcome.codes) == ([], ["nem13.mismatch"])
            continue
        assert outcome.rejects == [], archive.name
        theirs: dict[str, float] = defaultdict(float)
        for nmi, channels in nemreader.NEMFile(str(path)).nem_data().readings.items():
            for r in (r for readings in channels.values() for r in readings):
                # Import to the grid was written negative in these files of 2005; the size is what
                # counts, and the direction says the rest.
                theirs[nmi] += abs(r.read_value)
        mine: dict[str, float] = defaultdict(float)
        for row in outcome.rows:
            mine[row["meter_id"]] += row["kwh"]
            assert row["minutes"] == 0
            assert row["method"] == "spread"
            assert row["quality"] in (1, 2), "never actual"
        assert mine == pytest.approx(theirs), archive.name


def test_a_month_is_spread_over_its_days_and_the_code_is_kept(tmp_path):
    rows = run_plan(LAYOUT, nem13(tmp_path, read(flag="E64", reason="77"))).rows
    assert [r["day"] for r in rows] == [dt.date(2024, 1, d) for d in range(1, 31)]
    assert {r["kwh"] for r in rows} == {3.0}
    assert {(r["quality"], r["raw_code"], r["line"]) for r in rows} == {(1, "E64:77", 2)}


def test_reads_that_follow_each_other_share_no_day(tmp_path):
    second = read("000190.0", "000200.0", "10", first="20240131114500", last="20240210000001")
    rows = run_plan(LAYOUT, nem13(tmp_path, read(), second)).rows
    assert len(rows) == len({r["day"] for r in rows}) == 40
    assert sum(r["kwh"] for r in rows) == pytest.approx(100)


def test_registers_of_an_nmi_add_up_and_export_stands_apart(tmp_path):
    lines = read(), read(suffix="41", quantity="90"), read(suffix="12", side="I")
    rows = run_plan(LAYOUT, nem13(tmp_path, *lines)).rows
    assert {(r["direction"], r["kwh"]) for r in rows} == {("import", 6.0), ("export", 3.0)}


def test_a_later_update_of_the_same_read_wins(tmp_path):
    lines = read(quantity="180", update="20240301000000"), read(quantity="90")
    rows = run_plan(LAYOUT, nem13(tmp_path, *lines)).rows
    assert {r["kwh"] for r in rows} == {6.0}


@pytest.mark.parametrize(
    ("before", "after", "quantity"),
    [
        ("9999941.00", "0000106.00", "165"),  # the dial turned over
        ("000100.0", "000190.0", "3600"),  # a current transformer: times 40
        ("113680", "114548", "868.294"),  # the dial shows whole kWh, the meter knows more
        ("38721", "38721", "0.000"),
        ("", "", "12.5"),  # no registers to compare with
    ],
)
def test_a_quantity_that_fits_its_registers_is_kept(tmp_path, before, after, quantity):
    rows = run_plan(LAYOUT, nem13(tmp_path, read(before, after, quantity))).rows
    assert sum(r["kwh"] for r in rows) == pytest.approx(float(quantity))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (read(quantity="95"), "nem13.mismatch"),
        (read(after="000100.0", quantity="5"), "nem13.mismatch"),
        (read(quantity="-90"), "nem.negative"),
        (read(quantity="x"), "nem.value"),
        (read(quantity="nan"), "nem.value"),
        (read(side="Q"), "nem13.direction"),
        (read(unit="m3"), "nem.unit"),
        (read(nmi=""), "nem.meter-id"),
        (read(first="2024"), "nem.date"),
        (read(last="20240101235900"), "nem13.period"),
        (read(last="20290101000000"), "nem13.period"),
        (read(flag="N"), "nem.quality"),
        (read(update="2024"), "nem.update-time"),
        (read()[:90], "nem.field-count"),
        ("200,N1", "nem.record"),
    ],
)
def test_a_bad_record_goes_to_quarantine_with_its_reason(tmp_path, line, code):
    outcome = run_plan(LAYOUT, nem13(tmp_path, line))
    assert outcome.rows == []
    ((number, _, got, raw),) = outcome.rejects
    assert (number, got, raw) == (2, code, line[:200])
    assert code in LAYOUT.reasons


def test_demand_and_reactive_registers_are_left_aside_in_peace(tmp_path):
    outcome = run_plan(LAYOUT, nem13(tmp_path, read(unit="kVArh"), read(unit="kW")))
    assert (outcome.rows, outcome.rejects) == ([], [])


def test_a_cut_file_says_so_and_a_headless_one_is_refused(tmp_path):
    path = nem13(tmp_path, read())
    path.write_text(path.read_text().replace("900\n", ""))
    assert run_plan(LAYOUT, path).codes == ["nem.no-end"]
    path.write_text(read())
    with pytest.raises(LamplitError) as refused:
        run_plan(LAYOUT, path)
    assert refused.value.code == "layout.nem.no-header"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.dates(dt.date(2005, 1, 1), dt.date(2030, 1, 1)),
    spans=st.lists(st.tuples(st.integers(1, 120), st.integers(0, 99_999)), min_size=1, max_size=6),
)
def test_what_is_written_is_read_back(tmp_path, start, spans):
    lines, day, register = [], start, 0
    for days, kwh in spans:
        end = day + dt.timedelta(days)
        after = register + kwh
        lines.append(
            read(
                f"{register % 10**6:06d}",
                f"{after % 10**6:06d}",
                str(kwh),
                first=f"{day:%Y%m%d}093000",
                last=f"{end:%Y%m%d}093000",
            )
        )
        day, register = end, after
    outcome = run_plan(LAYOUT, nem13(tmp_path, *lines))
    assert outcome.rejects == []
    kwh_by_line: dict[int, float] = defaultdict(float)
    for row in outcome.rows:
        kwh_by_line[row["line"]] += row["kwh"]
    assert len(outcome.rows) == (day - start).days
    assert kwh_by_line == pytest.approx({i + 2: kwh for i, (_, kwh) in enumerate(spans)})
