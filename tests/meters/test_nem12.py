"""NEM12 is read as AEMO's file format specification has it, with nemreader as the oracle."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from pathlib import Path

import nemreader
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nem_oracle import Outcome, run_plan, sample_of, unpack

from lamplit.domain.errors import LamplitError
from lamplit.meters.layouts.nem12 import LAYOUT

KWH = {"WH": 0.001, "KWH": 1.0, "MWH": 1000.0}
LETTERS = {"A": "A", "E": "E", "S": "S", "F": "S", "N": "M"}
WORST = "AESM"


def slots_of(outcome: Outcome) -> dict[tuple[str, str, dt.datetime], tuple[float | None, str]]:
    """Every slot: value and quality letter, by meter, direction and market start."""
    found = {}
    for row in outcome.rows:
        midnight = dt.datetime.combine(row["day"], dt.time())
        letters = row["slot_quality"] or WORST[row["quality"]] * len(row["intervals"])
        for i, (value, letter) in enumerate(zip(row["intervals"], letters, strict=True)):
            start = midnight + dt.timedelta(minutes=i * row["minutes"])
            found[row["meter_id"], row["direction"], start] = (value, letter)
    return found


def slots_of_nemreader(path: Path) -> dict[tuple[str, str, dt.datetime], tuple[float, str]]:
    """The same from nemreader: E and B registers added up, in kWh, each slot as bad as its worst.

    nemreader gives the values in the file's own unit; the specification's Wh and MWh are kWh here.
    """
    logging.disable(logging.CRITICAL)
    data = nemreader.NEMFile(str(path)).nem_data()
    sums: dict[tuple[str, str, dt.datetime], float] = defaultdict(float)
    letters: dict[tuple[str, str, dt.datetime], str] = defaultdict(lambda: "A")
    for nmi, channels in data.readings.items():
        for suffix, readings in channels.items():
            if suffix[0] not in "EB":
                continue
            for r in readings:
                key = (nmi, "import" if suffix[0] == "E" else "export", r.t_start)
                sums[key] += r.read_value * KWH[r.uom.upper()]
                letters[key] = max(letters[key], LETTERS[r.quality_method[0]], key=WORST.index)
    return {k: (v, letters[k]) for k, v in sums.items()}


def nem12(tmp_path: Path, *lines: str, name: str = "a.csv", end: str = "\n") -> Path:
    path = tmp_path / name
    path.write_bytes(end.join(["100,NEM12,202401010000,MDP,RET", *lines, "900", ""]).encode())
    return path


def day(
    date: str = "20240101", value: object = 0.5, flag: str = "A", n: int = 48, **tail: str
) -> str:
    values = [str(v) for v in (value if isinstance(value, list) else [value] * n)]
    reason, update = tail.get("reason", ""), tail.get("update", "20240301000000")
    return ",".join(["300", date, *values, flag, reason, "", update, ""])


HEAD = "200,NMI0000001,E1,E1,E1,N1,METER1,kWh,30,"


@pytest.mark.real_data
def test_every_sample_of_aemo_reads_as_nemreader_reads_it(shared_data, tmp_path):
    archives = sorted((shared_data / "formats/nem12").glob("*.[zZ][iI][pP]"))
    assert len(archives) > 40
    for archive in archives:
        path = unpack(archive, tmp_path)
        ours, theirs = run_plan(LAYOUT, path), slots_of_nemreader(path)
        assert ours.rejects == [], archive.name
        mine = slots_of(ours)
        assert mine.keys() == theirs.keys(), archive.name
        for key, (value, letter) in theirs.items():
            assert mine[key][0] == pytest.approx(value, abs=1e-9), (archive.name, key)
            assert mine[key][1] == letter, (archive.name, key)


INVALID = {
    # 96 intervals were promised and 48 came: nemreader skips the day with a log line.
    "Example_NEM12_15min_200_30min_300.csv": {"nem.field-count", "nem12.event"},
    # Variable quality of 96 intervals, told for 48: nemreader leaves "V" on the rest; we cannot
    # know which of them were measured.
    "Example_NEM12_15min_200_30min_400.csv": {"nem12.uncovered"},
    # 48 promised, 96 came: nemreader raises.
    "Example_NEM12_30min_200_15min_300.csv": {"nem.field-count"},
    "Example_NEM12_30min_200_15min_400.csv": {"nem.field-count"},
    # A day of flags without values; the day after it is sound and is kept.
    "Example_NEM12_incomplete_interval.csv": {"nem.field-count"},
    "Example_NEM12_empty.csv": set(),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", INVALID)
def test_what_is_wrong_in_an_invalid_sample_is_quarantined(shared_data, name):
    outcome = run_plan(LAYOUT, shared_data / "formats/nem12/invalid" / name)
    assert bool(outcome.codes) == bool(INVALID[name])
    assert set(outcome.codes) <= INVALID[name]
    if name == "Example_NEM12_incomplete_interval.csv":
        (row,) = outcome.rows
        assert row["day"] == dt.date(2004, 2, 2)
        assert sum(row["intervals"]) == pytest.approx(48 * 1.111)
    else:
        assert outcome.rows == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        "Example_NEM12_missing_header.csv",
        "Example_NEM12_powercor.csv",
        "Example_NEM12_powercor_missing_fields.csv",
        "Example_empty_file.csv",
    ],
)
def test_a_file_without_a_header_is_refused_with_a_remedy(shared_data, name):
    # nemreader assumes NEM12 and reads both halves of powercor.csv, whose second half contradicts
    # its first for the same meter and day; the specification demands a header.
    with pytest.raises(LamplitError) as refused:
        run_plan(LAYOUT, shared_data / "formats/nem12/invalid" / name)
    assert refused.value.code == "layout.nem.no-header"
    assert "100,NEM12" in refused.value.remedy("en")


def test_registers_of_an_nmi_add_up_and_export_stands_apart(tmp_path):
    head = "200,NMI0000001,E1E2B1,{0},{0},N1,M1,kWh,30,"
    path = nem12(
        tmp_path,
        head.format("E1"),
        day(value=0.5),
        head.format("E2"),
        day(value=0.25, flag="S14", reason="76"),
        head.format("B1"),
        day(value=1.0),
    )
    export, import_ = run_plan(LAYOUT, path).rows
    assert (export["direction"], export["intervals"]) == ("export", [1.0] * 48)
    assert import_["intervals"] == [0.75] * 48
    assert import_["quality"] == 2, "a sum is as bad as its worst part"
    assert (import_["raw_code"], import_["method"]) == ("S14:76", "14")


def test_a_register_named_by_the_configuration_but_absent_makes_the_sum_no_evidence(tmp_path):
    path = nem12(tmp_path, "200,N1,E1E2,E1,E1,N1,M1,kWh,30,", day(value=0.0))
    (row,) = run_plan(LAYOUT, path).rows
    assert (row["quality"], row["method"]) == (1, "partial")


def test_registers_of_different_lengths_meet_on_the_coarser_grid(tmp_path):
    path = nem12(
        tmp_path,
        "200,N1,E1E2,E1,E1,N1,M1,kWh,15,",
        day(value=0.25, n=96),
        "200,N1,E1E2,E2,E2,N2,M2,kWh,30,",
        day(value=1.0),
    )
    (row,) = run_plan(LAYOUT, path).rows
    assert (row["minutes"], row["intervals"]) == (30, [1.5] * 48)


@pytest.mark.parametrize("flag", ["S19", "F19", "E58", "S68", "F68", "A19"])
def test_methods_that_write_zeros_of_their_own_are_substitutes(tmp_path, flag):
    (row,) = run_plan(LAYOUT, nem12(tmp_path, HEAD, day(value=0, flag=flag, reason="68"))).rows
    assert row["quality"] == 2
    assert row["raw_code"] == f"{flag}:68"


def test_null_data_is_missing_and_never_zero(tmp_path):
    events = ["400,1,10,A,,", "400,11,48,N,,"]
    (row,) = run_plan(LAYOUT, nem12(tmp_path, HEAD, day(value=0, flag="V"), *events)).rows
    assert row["intervals"] == [0.0] * 10 + [None] * 38
    assert row["slot_quality"] == "A" * 10 + "M" * 38
    (row,) = run_plan(LAYOUT, nem12(tmp_path, HEAD, day(value="", flag="N"))).rows
    assert row["intervals"] == [None] * 48
    assert row["quality"] == 3


def test_the_update_time_is_the_sequence_and_the_clock_is_the_markets(tmp_path):
    path = nem12(tmp_path, HEAD, day(update="20240301000000"), day(update="20240305120000"))
    rows = run_plan(LAYOUT, path).rows
    assert [r["seq"] for r in rows] == [1709251200, 1709640000], "both go on; the core judges"
    assert {r["utc_offset_minutes"] for r in rows} == {600}
    (perth, _) = run_plan(LAYOUT, path, timezone="Australia/Perth").rows
    assert perth["utc_offset_minutes"] == 480


def test_two_truths_of_one_moment_are_both_refused(tmp_path):
    outcome = run_plan(LAYOUT, nem12(tmp_path, HEAD, day(value=1), day(value=2)))
    assert (outcome.rows, outcome.codes) == ([], ["nem.conflict", "nem.conflict"])
    same = run_plan(LAYOUT, nem12(tmp_path, HEAD, day(value=1), day(value=1)))
    assert (len(same.rows), same.codes) == (2, []), "a plain duplicate is the core's to count"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([day()], "nem.after-end"),
        (["200,,E1,E1,E1,N1,M,kWh,30,", day()], "nem.meter-id"),
        (["200,N1,E1,E1,E1,N1,M,kWh,7,", day()], "nem12.interval-length"),
        (["200,N1,E1,E1,E1,N1,M,kVArh,30,", day()], "nem.unit"),
        (["200,N1,C1,C1,C1,N1,M,kWh,30,", day()], "nem.register"),
        ([HEAD, day(date="20241301")], "nem.date"),
        ([HEAD, day(n=47)], "nem.field-count"),
        ([HEAD, day(flag="X")], "nem.quality"),
        ([HEAD, day(flag="V")], "nem12.uncovered"),
        ([HEAD, day(flag="V"), "400,1,49,A,,"], "nem12.event"),
        ([HEAD, "400,1,48,A,,"], "nem12.event-alone"),
        ([HEAD, day(update="2024030")], "nem.update-time"),
        ([HEAD, day(value=["x"] + [1] * 47)], "nem.value"),
        ([HEAD, day(value=["nan"] + [1] * 47)], "nem.value"),
        ([HEAD, day(value=[""] + [1] * 47)], "nem.value"),
        ([HEAD, day(value=[-1] + [1] * 47)], "nem.negative"),
        (["banana"], "nem.record"),
    ],
)
def test_a_bad_record_goes_to_quarantine_with_its_reason(tmp_path, lines, code):
    outcome = run_plan(LAYOUT, nem12(tmp_path, *lines))
    assert outcome.rows == []
    assert outcome.codes == [code]
    assert code in LAYOUT.reasons
    ((line, _, _, raw),) = outcome.rejects
    assert raw == lines[line - 2][:200], "the line in the file, from 1, after the header"


def test_reactive_energy_and_voltage_are_left_aside_in_peace(tmp_path):
    path = nem12(
        tmp_path, "200,N1,Q1,Q1,Q1,N1,M,kVArh,30,", day(), "200,N1,V1,V1,V1,,M,,10,", day(n=144)
    )
    assert run_plan(LAYOUT, path) == Outcome([], [])


def test_a_cut_file_keeps_whole_days_and_says_that_it_was_cut(tmp_path):
    path = nem12(tmp_path, HEAD, day("20240101"), day("20240102"))
    text = path.read_text()
    path.write_text(text[: text.rindex("20240102") + 60])
    outcome = run_plan(LAYOUT, path)
    assert [r["day"] for r in outcome.rows] == [dt.date(2024, 1, 1)]
    assert outcome.codes == ["nem.field-count", "nem.no-end"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quoted_description_may_hold_commas(tmp_path, end):
    line = day(flag="S14", reason="0").replace(",0,,2024", ',0,"dog, large",2024')
    (row,) = run_plan(LAYOUT, nem12(tmp_path, HEAD, line, end=end)).rows
    assert (row["raw_code"], row["quality"]) == ("S14:0", 2)


def test_the_header_says_which_version(tmp_path):
    path = nem12(tmp_path, HEAD, day())
    match = LAYOUT.sniff(sample_of(path))
    assert match is not None
    assert match.score == 1.0
    path.write_text("meter_id,time,kwh\n")
    assert LAYOUT.sniff(sample_of(path)) is None


VALUE = st.integers(0, 9_999_999).map(lambda thousandths: thousandths / 1000)
SPAN = st.sampled_from(["A", "E52", "S14", "F16", "N"])


@st.composite
def meter_day(draw):
    minutes = draw(st.sampled_from([5, 15, 30]))
    n = 1440 // minutes
    cuts = sorted(draw(st.sets(st.integers(1, n - 1), max_size=3)))
    flags = [draw(SPAN) for _ in range(len(cuts) + 1)]
    return minutes, draw(st.lists(VALUE, min_size=n, max_size=n)), [0, *cuts, n], flags


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(meter_day(), min_size=1, max_size=4),
    unit=st.sampled_from([("kWh", 1.0), ("Wh", 0.001), ("MWh", 1000.0)]),
)
def test_what_is_written_is_read_back(tmp_path, days, unit):
    lines, wanted = [], []
    for m, (minutes, values, bounds, flags) in enumerate(days):
        lines.append(f"200,NMI{m},E1,E1,E1,N1,M{m},{unit[0]},{minutes},")
        spans = list(zip(bounds, bounds[1:], flags, strict=False))
        lines.append(day(value=values, flag="V" if len(spans) > 1 else flags[0]))
        if len(spans) > 1:
            lines += [f"400,{a + 1},{b},{flag},," for a, b, flag in spans]
        letters = "".join(LETTERS[flag[0]] * (b - a) for a, b, flag in spans)
        wanted.append(
            [None if q == "M" else v * unit[1] for v, q in zip(values, letters, strict=True)]
        )
        wanted.append(letters)
    outcome = run_plan(LAYOUT, nem12(tmp_path, *lines))
    assert outcome.rejects == []
    got = []
    for row in outcome.rows:
        got += [
            row["intervals"],
            row["slot_quality"] or WORST[row["quality"]] * len(row["intervals"]),
        ]
    assert got == wanted
