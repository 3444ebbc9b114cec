"""What becomes of each row: kept, corrected, duplicate or quarantined; what the lake then says."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from ingest_helpers import Bench, counts, long_csv, long_lines, wide_csv

START = datetime(2025, 1, 2)
DAY = [0.1] * 48
HEADER_SEQ = "meter_id,time,kwh,seq"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.make(tmp_path)


def test_the_same_file_twice_changes_nothing(bench: Bench) -> None:
    path = bench.file("a.csv", long_csv(long_lines("a", START, DAY)))
    bench.take(path)
    manifest = (bench.home.lake_dir / "manifest.json").read_bytes()
    again = bench.take(path).files[0]
    assert again.seen_before == 1
    assert counts(again) == (48, 0, 0, 48, 0)
    assert (bench.home.lake_dir / "manifest.json").read_bytes() == manifest


def test_the_same_bytes_under_another_name_or_packed_are_known(bench: Bench) -> None:
    import gzip

    content = long_csv(long_lines("a", START, DAY))
    bench.take_one("a.csv", content)
    assert bench.take_one("b.csv", content).seen_before == 1
    assert bench.take_one("c.csv.gz", gzip.compress(content.encode())).seen_before == 1
    packed = gzip.compress(content.replace("a,", "b,").encode())
    assert bench.take_one("d.csv.gz", packed).rows.kept == 48
    unpacked = bench.take_one("d.csv", content.replace("a,", "b,"))
    assert (unpacked.seen_before, counts(unpacked)) == (2, (48, 0, 0, 48, 0))
    assert len(bench.lake().manifest.batches) == 2


def test_twice_in_one_run(bench: Bench) -> None:
    content = long_csv(long_lines("a", START, DAY))
    done = bench.take(bench.file("a.csv", content), bench.file("b.csv", content))
    assert [counts(f) for f in done.files] == [(48, 48, 0, 0, 0), (48, 0, 0, 48, 0)]


def test_overlapping_files(bench: Bench) -> None:
    bench.take_one("a.csv", long_csv(long_lines("a", START, [0.1] * 96)))
    more = bench.take_one("b.csv", long_csv(long_lines("a", datetime(2025, 1, 3), [0.1] * 96)))
    assert counts(more) == (96, 48, 0, 48, 0)
    assert bench.rows("day, kwh") == [(date(2025, 1, d), 4.8) for d in (2, 3, 4)]


def test_a_later_batch_corrects(bench: Bench) -> None:
    bench.take_one("a.csv", long_csv(long_lines("a", START, DAY)))
    changed = [0.1] * 10 + [0.5] + [0.1] * 37
    assert counts(bench.take_one("b.csv", long_csv(long_lines("a", START, changed)))) == (
        48, 0, 1, 47, 0,
    )  # fmt: skip
    assert bench.row("kwh, batch, slots_read") == (5.2, 2, 48)


def test_half_days_are_put_together(bench: Bench) -> None:
    lines = long_lines("a", START, [0.1] * 24 + [0.2] * 24)
    assert counts(bench.take_one("a.csv", long_csv(lines[24:]))) == (24, 24, 0, 0, 0)
    assert bench.row("kwh, slots_read, slot_quality") == (4.8, 24, "M" * 24 + "A" * 24)
    assert counts(bench.take_one("b.csv", long_csv(lines[:24]))) == (24, 24, 0, 0, 0)
    assert bench.row("kwh, slots_read, slot_quality") == (7.2, 48, None)


@pytest.mark.parametrize("first", ["older", "newer"])
def test_the_higher_sequence_wins_whatever_comes_first(bench: Bench, first: str) -> None:
    older = long_csv([f"{line},5" for line in long_lines("a", START, [0.1] * 48)], HEADER_SEQ)
    newer = long_csv([f"{line},9" for line in long_lines("a", START, [0.3] * 48)], HEADER_SEQ)
    order = [older, newer] if first == "older" else [newer, older]
    bench.take_one("a.csv", order[0])
    second = bench.take_one("b.csv", order[1])
    expected = (48, 0, 48, 0, 0) if first == "older" else (48, 0, 0, 48, 0)
    assert counts(second) == expected
    assert bench.row("kwh, seq") == (14.4, 9)


def test_each_slot_remembers_its_own_sequence(bench: Bench) -> None:
    """A slot of sequence 1 beside one of 9 still gives way to 5."""
    lines = long_lines("a", START, [0.1, 0.1])
    bench.take_one("a.csv", long_csv([f"{lines[0]},1", f"{lines[1]},9"], HEADER_SEQ))
    after = long_lines("a", START, [0.7, 0.7])
    second = bench.take_one("b.csv", long_csv([f"{line},5" for line in after], HEADER_SEQ))
    assert counts(second) == (2, 0, 1, 1, 0)
    assert bench.row("intervals[1:2], seq") == ([pytest.approx(0.7), pytest.approx(0.1)], 9)


def test_the_same_value_at_a_later_sequence_is_a_duplicate_that_counts(bench: Bench) -> None:
    lines = {v: long_lines("a", START, [v] * 48) for v in (0.1, 0.2)}
    for value, seq in ((0.1, 1), (0.1, 5), (0.2, 3)):
        content = long_csv([f"{line},{seq}" for line in lines[value]], HEADER_SEQ)
        result = bench.take_one(f"{seq}.csv", content)
    assert counts(result) == (48, 0, 0, 48, 0)
    assert bench.row("kwh, seq, batch") == (4.8, 5, 1)


def test_repeated_lines_within_a_file(bench: Bench) -> None:
    lines = long_lines("a", START, DAY)
    result = bench.take_one("a.csv", long_csv([*lines, lines[3], "a,2025-01-02 02:00,0.9"]))
    assert counts(result) == (50, 48, 0, 2, 0)
    assert bench.row("intervals[5]") == (pytest.approx(0.9),)


def test_missing_never_overwrites_a_value(bench: Bench) -> None:
    bench.take_one("a.csv", long_csv(long_lines("a", START, DAY)))
    result = bench.take_one("b.csv", long_csv(long_lines("a", START, ["NULL"] * 48)))
    assert counts(result) == (48, 0, 0, 48, 0)
    assert bench.row("kwh, slots_read") == (4.8, 48)


def test_actual_replaces_estimated_of_the_same_value(bench: Bench) -> None:
    header = "meter_id,time,kwh,quality"
    lines = long_lines("a", START, DAY)
    bench.take_one("a.csv", long_csv([f"{line},E" for line in lines], header))
    assert bench.row("quality, slots_read") == (1, 0)
    result = bench.take_one("b.csv", long_csv([f"{line},A" for line in lines], header))
    assert counts(result) == (48, 0, 48, 0, 0)
    assert bench.row("quality, slots_read, slot_quality") == (0, 48, None)


def test_intervals_beat_the_days_total(bench: Bench) -> None:
    total = "meter_id,date,kwh\na,2025-01-02,4.9\n"
    bench.take_one("t.csv", total)
    assert counts(bench.take_one("a.csv", long_csv(long_lines("a", START, DAY)))) == (
        48, 48, 0, 0, 0,
    )  # fmt: skip
    assert bench.row("minutes, kwh") == (30, 4.8)
    assert counts(bench.take_one("u.csv", total.replace("4.9", "5.5"))) == (1, 0, 0, 1, 0)
    assert bench.row("minutes, kwh") == (30, 4.8)


def test_wide_days_again(bench: Bench) -> None:
    days = [(f"m{i}", date(2025, 1, 2), [0.1 * (i + 1)] * 96) for i in range(5)]
    bench.take_one("a.csv", wide_csv(days))
    days[2] = ("m2", date(2025, 1, 2), [0.9] * 96)
    days[3] = ("m3", date(2025, 1, 2), [None] * 48 + [0.4] * 48)
    days.append(("m9", date(2025, 1, 2), [0.1] * 96))
    result = bench.take_one("b.csv", wide_csv(days))
    assert counts(result) == (6, 1, 1, 4, 0)
    assert bench.rows("meter_id, kwh, batch") == [
        ("m0", 9.6, 1), ("m1", 19.2, 1), ("m2", 86.4, 2), ("m3", 38.4, 1), ("m4", 48.0, 1),
        ("m9", 9.6, 2),
    ]  # fmt: skip


def test_wide_rows_twice_in_a_file(bench: Bench) -> None:
    days = [("a", date(2025, 1, 2), [0.1] * 96), ("b", date(2025, 1, 2), [0.1] * 96),
            ("a", date(2025, 1, 2), [0.2] * 96), ("b", date(2025, 1, 2), [0.1] * 96)]  # fmt: skip
    result = bench.take_one("a.csv", wide_csv(days))
    assert counts(result) == (4, 2, 0, 2, 0)
    assert bench.rows("meter_id, kwh") == [("a", 19.2), ("b", 9.6)]


def test_counts_do_not_depend_on_what_is_committed_together(tmp_path: Path) -> None:
    """Readings and their corrections in one run, or in two: the same rows are corrected."""
    first = long_csv(long_lines("a", START, DAY))
    second = long_csv(long_lines("a", START, [0.1] * 40 + [0.2] * 8 + [0.3] * 4))
    apart, together = Bench.make(tmp_path / "apart"), Bench.make(tmp_path / "together")
    one = [apart.take_one("1.csv", first), apart.take_one("2.csv", second)]
    paths = [together.file("1.csv", first), together.file("2.csv", second)]
    both = together.take(*paths).files
    assert [counts(f) for f in both] == [counts(f) for f in one] == [
        (48, 48, 0, 0, 0), (52, 4, 8, 40, 0),
    ]  # fmt: skip
    assert apart.rows() == together.rows()


def test_dry_run_counts_and_writes_nothing(bench: Bench) -> None:
    from lamplit.meters.layouts.base import Options
    from lamplit.services.ingest import ingest

    bad = long_csv([*long_lines("a", START, DAY), "a,never,1"])
    path = bench.file("a.csv", bad)
    done = ingest(bench.home, [path], Options(), dry_run=True)
    assert counts(done.files[0]) == (49, 48, 0, 0, 1)
    assert bench.lake().files() == []
    assert list(bench.home.quarantine_dir.iterdir()) == []
    assert not [p for p in bench.home.lake_dir.rglob("*") if p.is_file()]


def test_meters_unknown_to_the_registry_are_counted(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"meter_id": ["a"]}), bench.home.registry_file)
    lines = long_lines("a", START, DAY) + long_lines("b", START, DAY)
    assert bench.take(bench.file("a.csv", long_csv(lines))).unknown_meters == 1


def test_quarantine_says_file_line_column_and_reason(bench: Bench) -> None:
    import csv

    lines = long_lines("a", START, DAY)
    lines[3] = "a,2025-01-02 01:30,-5"
    lines[7] = "a,2025-01-02 03:30,twelve"
    lines[9] = "a,2025-01-02 04:30"
    lines[12] = "a,someday,0.1"
    lines[20] = ",2025-01-02 10:00,0.1"
    lines[30] = "a,2025-01-02 15:00,5000"
    result = bench.take_one("a.csv", long_csv(lines))
    assert counts(result) == (48, 42, 0, 0, 6)
    assert result.quarantine is not None
    with result.quarantine.open(encoding="utf-8-sig", newline="") as stream:
        told = [
            (int(r["line"]), r["column"], r["reason"], r["raw"]) for r in csv.DictReader(stream)
        ]
    assert [t[:3] for t in told] == [
        (5, "kwh", "negative"),
        (9, "kwh", "not-a-number"),
        (11, "", "columns"),
        (14, "time", "not-a-time"),
        (22, "meter_id", "no-meter"),
        (32, "kwh", "absurd"),
    ]
    assert told[0][3] == "a,2025-01-02 01:30,-5"
    # A cell that is empty keeps its place.
    assert told[4][3] == ",2025-01-02 10:00,0.1"


def both_ways(meters: str, days: list[int], *directions: str) -> str:
    rows = [(m, date(2020, 3, d), [n / 10] * 24, way)
            for way in directions for n, m in enumerate(meters, 1) for d in days]  # fmt: skip
    return wide_csv([row[:3] for row in rows], direction=[row[3] for row in rows])


def test_each_line_that_comes_again_counts_also_where_days_are_laid_out_anew(
    tmp_path: Path,
) -> None:
    """A day of 23 hours, and export: such lines go slot by slot, and used to count as one."""
    bench = Bench.make(tmp_path, "Europe/Berlin")
    bench.take_one("1.csv", both_ways("abcd", [28, 29, 30], "import"))
    again = bench.take_one("2.csv", both_ways("abcd", [28, 29, 30], "import", "export"))
    assert counts(again) == (24, 12, 0, 12, 0)
    told = bench.rows("line")
    assert all(line is None or line > 0 for (line,) in told)
    once_more = bench.take_one("3.csv", both_ways("abcd", [28, 29, 30], "export", "export"))
    assert counts(once_more) == (24, 0, 0, 24, 0)
    assert bench.rows("line") == told


def test_of_two_lines_of_export_in_one_file_the_later_counts(bench: Bench) -> None:
    rows = [("a", date(2025, 1, 2), [value] * 24) for value in (0.5, 0.2, 0.3)]
    result = bench.take_one("a.csv", wide_csv(rows, direction=["export"] * 3))
    assert counts(result) == (3, 1, 0, 2, 0)
    assert bench.rows("kwh_export, line") == [(7.2, 4)]
