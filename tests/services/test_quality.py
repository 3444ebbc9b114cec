"""How good the readings are: four kinds that add up, and zeros told of many meters only."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from lamplit.cli.app import build
from lamplit.domain.errors import LamplitError
from lamplit.meters import manifest as manifests
from lamplit.meters.manifest import LakeFile, Manifest
from lamplit.services.home import Home
from lamplit.services.quality import FEWEST, _silent, quality

FIRST = date(2026, 1, 1)
GOOD, ESTIMATED = (5.0, 0, 96, None), (4.0, 1, 0, None)
ZERO = (0.0, 0, 96, None)
BROKEN, EMPTY = (None, 3, 96, "register-jump"), (None, 3, 0, None)
DAYS = pa.schema(
    [("meter_id", pa.string()), ("day", pa.date32()), ("kwh", pa.float64()),
     ("quality", pa.int8()), ("slots_read", pa.int16()), ("method", pa.string()),
     ("batch", pa.int32())]
)  # fmt: skip
TIES = pa.schema(
    [("meter_id", pa.string()), ("collector_id", pa.string()), ("building_id", pa.string()),
     ("valid_from", pa.date32()), ("valid_to", pa.date32())]
)  # fmt: skip


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def home_with(tmp_path, meters, registry=None) -> Home:
    """{meter: [what came each day, None for nothing]} and rows of the registry."""
    home = Home.create(tmp_path / "home")
    rows = [
        dict(zip(("kwh", "quality", "slots_read", "method"), value, strict=True))
        | {"meter_id": meter, "day": day(at), "batch": 1}
        for meter, values in meters.items()
        for at, value in enumerate(values, 1)
        if value is not None
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=DAYS), home.lake_dir / "days.parquet")
    last = max(row["day"] for row in rows)
    file = LakeFile("days.parquet", "base", 202601, FIRST, last, len(rows), 1)
    manifests.save(home.lake_dir, Manifest(2, (file,)))
    if registry:
        pq.write_table(pa.Table.from_pylist(registry, schema=TIES), home.registry_file)
    return home


def told(row) -> tuple[int, ...]:
    return (row.expected, row.valid, row.estimated, row.unknown, row.missing)


def test_each_expected_meter_day_is_of_one_kind(tmp_path):
    home = home_with(tmp_path, {"a": [GOOD, ESTIMATED, BROKEN], "b": [GOOD, None, EMPTY]})
    found = quality(home)
    assert (found.first, found.last) == (day(1), day(3))
    assert [told(row) for row in found.days] == [
        (2, 2, 0, 0, 0), (2, 0, 1, 0, 1), (2, 0, 0, 1, 1),
    ]  # fmt: skip
    assert told(found.total) == (6, 2, 1, 1, 2)


def test_a_registered_meter_is_expected_on_the_days_of_its_row_also_when_nothing_came(tmp_path):
    home = home_with(
        tmp_path,
        {"a": [GOOD, GOOD, GOOD], "stranger": [GOOD, None, None]},
        [
            {"meter_id": "a", "collector_id": "K1", "valid_to": day(3)},
            {"meter_id": "a", "collector_id": "K2", "valid_from": day(3)},
            {"meter_id": "dead", "building_id": "B7"},
        ],
    )
    by_name = {row.collector: told(row) for row in quality(home).collectors}
    assert by_name == {
        "K1": (2, 2, 0, 0, 0), "K2": (1, 1, 0, 0, 0), "B7": (3, 0, 0, 0, 3), "": (3, 1, 0, 0, 2),
    }  # fmt: skip
    assert quality(home).collectors[0].collector == "B7"
    whole = quality(home)
    grid = {row.collector: line for row, line in zip(whole.collectors, whole.grid, strict=True)}
    assert grid == {
        "K1": [1.0, 1.0, None], "K2": [None, None, 1.0], "B7": [0, 0, 0], "": [1.0, 0, 0],
    }  # fmt: skip
    one = quality(home, collector="K1")
    assert told(one.total) == (2, 2, 0, 0, 0)
    assert [row.day for row in one.days] == [day(1), day(2)]


def test_zeros_are_told_of_fifteen_meters_or_more(tmp_path):
    meters = {f"m{n}": [ZERO if n < 4 else GOOD] for n in range(40)}
    sizes = {"small": range(5), "other": range(5, 8), "large": range(8, 40)}
    registry = [
        {"meter_id": f"m{n}", "collector_id": name} for name, some in sizes.items() for n in some
    ]
    found = quality(home_with(tmp_path, meters, registry))
    assert found.total.zero == 4
    # Eight hidden meters could be worked out from the total, so the next collector hides them.
    assert {row.collector: row.zero for row in found.collectors} == {
        "small": None, "other": None, "large": None,
    }  # fmt: skip


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 40), max_size=12))
def test_what_is_hidden_is_never_a_group_that_is_too_small(meters):
    silent = _silent(meters)
    assert all(count >= FEWEST for name, count in meters.items() if name not in silent)
    hidden = sum(meters[name] for name in silent)
    assert not silent or hidden >= FEWEST or silent == set(meters)


def test_a_span_is_checked(tmp_path):
    with pytest.raises(LamplitError, match=r"lake\.no-days"):
        quality(Home.create(tmp_path / "empty"))
    home = home_with(tmp_path, {"a": [GOOD, GOOD]})
    for first, last in ((day(2), day(1)), (day(1), day(93))):
        with pytest.raises(LamplitError, match=r"lake\.bad-span"):
            quality(home, first, last)
    assert told(quality(home, day(2), day(2)).total) == (1, 1, 0, 0, 0)
    assert told(quality(home, day(40), day(41)).total) == (0, 0, 0, 0, 0)
    with pytest.raises(LamplitError, match=r"lake\.no-such-collector"):
        quality(home, collector="K9")


def test_the_command_prints_what_the_service_says(tmp_path):
    home = home_with(tmp_path, {"a": [GOOD, ESTIMATED]})
    said = CliRunner().invoke(build(), ["lake", "quality", "--home", str(home.path)]).output
    assert "2026-01-01" in said
    assert "50.0%" in said
    plain = CliRunner().invoke(
        build(), ["lake", "quality", "--home", str(home.path), "--json", "--by", "collector"]
    )
    assert '"estimated": 1' in plain.output
