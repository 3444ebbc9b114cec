"""The features of a day, against the words of their definition worked out slowly in Python."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_helpers import Bench, wide_csv

from lamplit.engine.duckdb import Duck
from lamplit.meters.features import FEATURES, with_features

NIGHT = (10, 11, 0, 1, 2)
PARTS = {"morning_kwh": (3, 4), "midday_kwh": (5, 6), "afternoon_kwh": (7, 8),
         "evening_kwh": (9, 10), "late_kwh": (11, 0)}  # fmt: skip


def by_hand(values: list[float | None], minutes: int) -> dict[str, float | int | None]:
    slots = len(values)
    blocks: list[float | None] = []
    for k in range(12):
        own = [v for i, v in enumerate(values) if i * 12 // slots == k]
        whole = own and all(v is not None for v in own)
        blocks.append(sum(v for v in own if v is not None) if whole else None)
    known = [b for b in blocks if b is not None]
    if not known:
        return dict.fromkeys(FEATURES)
    night = [blocks[k] for k in NIGHT if blocks[k] is not None]
    small = [blocks[k] for k in (1, 2) if blocks[k] is not None]
    pairs = {n: (blocks[a], blocks[b]) for n, (a, b) in PARTS.items()}
    return {
        "base_kwh": 12 * min(known),
        "top_kwh": max(known),
        "night_base_kwh": 12 * min(night) if night else None,
        "night_top_kwh": max(night) if night else None,
        "night_kwh": sum(night) if night else None,
        "small_hours_kwh": sum(small) if small else None,
        **{n: None if None in p else sum(p) for n, p in pairs.items()},  # type: ignore[arg-type]
        "active_blocks": sum(b > 1.3 * min(known) + 0.05 for b in known),
        "peak_kw": max(v for v in values if v is not None) * 60 / minutes,
    }


def from_array(values: list[float | None], minutes: int) -> dict[str, float | int | None]:
    shown = ", ".join("NULL" if v is None else repr(v) for v in values)
    day = (
        f"SELECT CAST([{shown}] AS FLOAT[]) AS intervals, {len(values)} AS slots, "
        f"{minutes} AS minutes"
    )
    with Duck() as duck:
        row = duck.row(f"SELECT {', '.join(FEATURES)} FROM ({with_features(day)})")
    return dict(zip(FEATURES, row, strict=True))


def same(found: dict[str, float | int | None], expected: dict[str, float | int | None]) -> None:
    for name in FEATURES:
        if expected[name] is None:
            assert found[name] is None, name
        else:
            assert found[name] == pytest.approx(expected[name], rel=1e-5, abs=1e-6), name


values = st.one_of(st.none(), st.integers(0, 4000).map(lambda n: float(np.float32(n / 1000))))


@settings(max_examples=60)
@given(st.sampled_from([(96, 15), (92, 15), (100, 15), (48, 30), (50, 30), (24, 60), (23, 60)]),
       st.data())  # fmt: skip
def test_array_features_follow_their_definition(
    shape: tuple[int, int], data: st.DataObject
) -> None:
    slots, minutes = shape
    day = data.draw(st.lists(values, min_size=slots, max_size=slots))
    same(from_array(day, minutes), by_hand(day, minutes))


def test_long_intervals_have_no_shape() -> None:
    assert set(from_array([1.0] * 6, 240).values()) == {None}


@settings(max_examples=8)
@given(st.data())
def test_wide_and_long_paths_agree_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    points = data.draw(st.sampled_from([24, 48, 96]))
    days = data.draw(st.lists(st.lists(values, min_size=points, max_size=points), min_size=1,
                              max_size=6))  # fmt: skip
    rows = [(f"m{i}", date(2025, 3, 1), day) for i, day in enumerate(days)]
    minutes = 1440 // points
    lines = [
        f"m{i},2025-03-01 {s * minutes // 60:02d}:{s * minutes % 60:02d},{'' if v is None else v}"
        for i, day in enumerate(days)
        for s, v in enumerate(day)
    ]
    folder = tmp_path_factory.mktemp("paths")
    wide, long = Bench.make(folder / "w"), Bench.make(folder / "l")
    wide.take_one("w.csv", wide_csv(rows))
    long.take_one("l.csv", "meter_id,time,kwh\n" + "\n".join(lines) + "\n", minutes=minutes)
    columns = f"meter_id, day, minutes, slots, slots_read, kwh, quality, zero_slots, " \
              f"intervals, slot_quality, {', '.join(FEATURES)}"  # fmt: skip
    assert wide.rows(columns) == long.rows(columns)
    assert len(wide.rows()) == len(days)


def test_each_path_is_as_the_definition_says(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path)
    day = [round(0.05 + 0.4 * (i % 7) / 7, 3) for i in range(96)]
    bench.take_one("w.csv", wide_csv([("a", date(2025, 3, 1), day)]))
    found = dict(zip(FEATURES, bench.row(", ".join(FEATURES)), strict=True))
    same(found, by_hand(list(day), 15))
