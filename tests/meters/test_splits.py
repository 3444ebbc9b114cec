"""However a set of readings is cut into files, and in whatever order these come: the same lake."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_helpers import SAYS, Bench, long_csv

from lamplit.meters.features import FEATURES
from lamplit.services.compact import compact, verify

START = datetime(2025, 1, 30, 20)
HEADER = "meter_id,time,kwh,kwh_export,quality,seq"

reading = st.tuples(
    st.sampled_from(["a", "b", "0c"]),
    st.integers(0, 40),  # half hours from START: over midnight, and over the end of the month
    st.one_of(st.none(), st.integers(0, 3000)),
    st.one_of(st.none(), st.integers(0, 500)),
    st.sampled_from(["A", "E", "S", ""]),
)


def line(row: tuple[str, int, int | None, int | None, str], seq: int) -> str:
    meter, at, kwh, export, quality = row
    time = START + timedelta(minutes=30 * at)
    shown = "" if kwh is None else f"{kwh / 1000:.3f}"
    out = "" if export is None else f"{export / 1000:.3f}"
    return f"{meter},{time:%Y-%m-%d %H:%M},{shown},{out},{quality},{seq}"


@settings(max_examples=20)
@given(st.data())
def test_any_split_and_order(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Sequences are distinct, so that revisions of one slot are told apart whoever comes first."""
    rows = data.draw(st.lists(reading, min_size=2, max_size=30))
    sequences = data.draw(st.permutations(range(1, len(rows) + 1)))
    lines = [line(row, seq) for row, seq in zip(rows, sequences, strict=True)]
    owner = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    folder = tmp_path_factory.mktemp("splits")
    whole, parts = Bench.make(folder / "whole"), Bench.make(folder / "parts")
    all_at_once = whole.take_one("all.csv", long_csv(lines, HEADER), minutes=30)
    assert all_at_once.rows.read == len(rows)
    order = data.draw(st.permutations(range(4)))
    files = [
        parts.file(f"{k}.csv", long_csv([x for x, o in zip(lines, owner, strict=True) if o == k],
                                        HEADER))
        for k in order if k in owner
    ]  # fmt: skip
    if data.draw(st.booleans()):
        total = parts.take(*files, minutes=30).total
    else:
        totals = [parts.take(file, minutes=30).total for file in files]
        total = sum(totals[1:], totals[0])
        if data.draw(st.booleans()):
            compact(parts.home)
    assert total.read == len(rows) and total.quarantined == 0
    columns = f"{SAYS}, zero_slots, seq, {', '.join(FEATURES)}"
    assert parts.rows(columns) == whole.rows(columns)
    assert verify(parts.home) == [] and verify(whole.home) == []


@settings(max_examples=8)
@given(st.data())
def test_without_sequences_the_later_file_wins(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    bench = Bench.make(tmp_path_factory.mktemp("later"))
    expected: dict[int, int] = {}
    for at in range(data.draw(st.integers(1, 4))):
        slots = data.draw(st.dictionaries(st.integers(0, 7), st.integers(0, 900), min_size=1))
        lines = [f"a,{START.replace(hour=0) + timedelta(minutes=30 * s):%Y-%m-%d %H:%M},{v / 1000}"
                 for s, v in slots.items()]  # fmt: skip
        before = dict(expected)
        expected.update(slots)
        result = bench.take_one(f"{at}.csv", long_csv(lines), minutes=30)
        if not result.seen_before:
            same = sum(before.get(s) == v for s, v in slots.items())
            new = sum(s not in before for s in slots)
            assert (result.rows.kept, result.rows.duplicate) == (new, same)
        else:
            expected = before
    (values,) = bench.row("intervals")
    found = {s: round(v * 1000) for s, v in enumerate(values) if v is not None}
    assert found == expected
