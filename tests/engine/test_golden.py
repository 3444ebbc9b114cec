"""The whole pipeline on both engines, every row compared."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sparks import LOCAL, Sessions
from story import (
    BETWEEN,
    LISTS,
    Story,
    batches,
    carried_by,
    confounders,
    lake_rows,
    nights_alike,
    rejected,
    repeated,
)

from lamplit.domain.words import HomeEvent, HomeState
from lamplit.meters.lake import Lake
from lamplit.services.home import Home
from lamplit.services.night.courses import carried_courses
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.sweep import sweep
from lamplit.town.confounders import CONFOUNDERS
from stores import Store

pytestmark = pytest.mark.slow


def test_every_confounder_of_the_town_is_in_the_story(story: Story) -> None:
    assert {c.code for c in CONFOUNDERS} <= confounders(story)


def test_every_state_and_every_event_is_in_what_is_compared(on_duckdb: Home) -> None:
    """A rule that came up nowhere would be the same on any two engines."""
    states, doors = (
        pa.concat_tables(pq.read_table(on_duckdb.path / f"{name}.parquet") for name in names)
        for names in (("asof", "revised"), LISTS)
    )
    assert set(states["state"].to_pylist()) == {state.word for state in HomeState}
    happened = {event.word for event in HomeEvent if event is not HomeEvent.NONE}
    assert set(doors["event"].to_pylist()) == happened | {None}


def test_the_lake_is_the_same_row_by_row(on_duckdb: Home, on_spark: Home) -> None:
    expected = lake_rows(on_duckdb)
    assert expected.num_rows > 9_000
    assert lake_rows(on_spark).equals(expected)


def test_the_driver_alone_has_seen_the_folder_of_the_cluster_home(
    on_spark: Home, sessions: Sessions, store: Store
) -> None:
    """Without which the rest of these tests would not show that no worker needs it."""
    if on_spark.config.spark_master == LOCAL:
        return
    folder = on_spark.path

    def seen(_: int, rows: pa.Table) -> bool:
        return folder.is_dir()

    sessions.at(on_spark.config.spark_master)
    assert sessions.open is not None
    assert sessions.open[1].each({0: 0, 1: 1}, seen) == {0: False, 1: False}
    assert seen(0, pa.table({}))
    assert {path.name for path in on_spark.tmp_dir.iterdir()} == {"copies"}
    assert store.named("lake") >= {file.path for file in Lake(on_spark).manifest.files}
    assert not list(on_spark.lake_dir.rglob("*.parquet"))


def test_the_same_rows_go_to_quarantine_for_the_same_reasons(
    on_duckdb: Home, on_spark: Home
) -> None:
    assert len(rejected(on_duckdb)) > 10
    assert rejected(on_spark) == rejected(on_duckdb)


def test_the_manifest_says_the_same_of_each_batch(on_duckdb: Home, on_spark: Home) -> None:
    assert batches(on_spark) == batches(on_duckdb)


def test_each_line_that_came_again_is_a_duplicate_on_both(
    story: Story, on_duckdb: Home, on_spark: Home
) -> None:
    """Once DuckDB counted those that are laid out slot by slot as one, and kept the others."""
    first = story.evenings[0][0].read_text().splitlines()
    again = repeated(first[1:])
    assert len(again) > 28
    for home in (on_duckdb, on_spark):
        (rows,) = [b.rows for b in Lake(home).manifest.batches if b.source.endswith("4-wide.csv")]
        assert rows["duplicate"] == len(again)


def test_each_home_carries_the_same_from_every_kept_night(on_duckdb: Home, on_spark: Home) -> None:
    assert len(carried_by(on_duckdb)) > 7
    nights_alike(on_spark, on_duckdb)


def test_the_courses_of_those_who_agreed_are_the_same(on_duckdb: Home, on_spark: Home) -> None:
    stored = [
        carried_courses(h.state_shelf, read_manifest(h.state_dir)) for h in (on_duckdb, on_spark)
    ]
    expected, found = (one for one in stored if one is not None)
    assert expected.index.count > 5
    assert found.index.equals(expected.index) and list(found.days) == list(expected.days)
    every = np.arange(expected.index.count)
    one, other = (c.read(every, list(c.days)) for c in (found, expected))
    for name in ("kwh", "slots", "valid", "away"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("view", ["asof", "revised"])
def test_states_are_the_same_home_by_home_and_day_by_day(
    view: str, on_duckdb: Home, on_spark: Home
) -> None:
    expected = pq.read_table(on_duckdb.path / f"{view}.parquet")
    assert {"dark", "lived_in", "unknown"} <= set(expected["state"].to_pylist())
    assert pq.read_table(on_spark.path / f"{view}.parquet").equals(expected)


@pytest.mark.parametrize("name", LISTS)
def test_the_list_is_the_same_door_by_door(name: str, on_duckdb: Home, on_spark: Home) -> None:
    """Of the last evening, of one between kept nights, which is worked again for it, and of one
    with a broken routine."""
    kept = read_manifest(on_duckdb.state_dir).days()
    assert date.fromisoformat(BETWEEN) not in kept
    assert kept[0] < date.fromisoformat(BETWEEN)
    expected = pq.read_table(on_duckdb.path / f"{name}.parquet")
    assert expected.num_rows > 5
    assert_within(pq.read_table(on_spark.path / f"{name}.parquet"), expected)


def test_areas_come_to_the_same_community_by_community(on_duckdb: Home, on_spark: Home) -> None:
    expected = pq.read_table(on_duckdb.path / "areas.parquet")
    assert expected["community_id"].unique().to_pylist() == ["C1", "C2"]
    for name in ("dark", "lived_in", "went_dark", "returned", "read", "measured", "kwh"):
        assert pc.sum(expected[name]).as_py() > 0, name
    assert_within(pq.read_table(on_spark.path / "areas.parquet"), expected)


def test_the_summary_of_the_list_is_the_same_community_by_community(
    on_duckdb: Home, on_spark: Home, sessions: Sessions
) -> None:
    expected = sweep(on_duckdb)
    assert {"C1", "C2", "C3"} <= {row.community_id for row in expected.communities}
    sessions.at(on_spark.config.spark_master)
    found = sweep(on_spark)
    assert found.communities == expected.communities
    assert (found.found, found.homes, found.unknown) == (
        expected.found, expected.homes, expected.unknown,
    )  # fmt: skip


def assert_within(found: pa.Table, expected: pa.Table) -> None:
    """Everything equal, numbers within 1e-9."""
    assert found.schema.equals(expected.schema)
    for name in expected.column_names:
        if pa.types.is_floating(expected[name].type):
            np.testing.assert_allclose(
                found[name].to_numpy(), expected[name].to_numpy(), rtol=0, atol=1e-9
            )
        else:
            assert found[name].equals(expected[name]), name
