"""How Spark's tasks read files of the lake and of kept nights, and what they tell of bad ones."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sparks import LOCAL, Sessions

from lamplit.domain.errors import LamplitError
from lamplit.engine.spark import Spark
from lamplit.meters.address import AddressShelf
from lamplit.meters.lake import Lake
from lamplit.meters.manifest import LakeFile, Manifest
from lamplit.meters.shelf import FolderShelf, Shelf
from lamplit.services import lake_on_spark
from lamplit.services.lake_on_spark import ROW, Piece, SparkLake, night_view, rows_of_lake
from stores import Store

FIRST = date(2025, 3, 1)
DAYS, METERS, GROUP = 10, 6, 12
SCHEMA = pa.schema([("meter_id", pa.string()), ("day", pa.date32()), ("quality", pa.int16())])


def days_table() -> pa.Table:
    """Meters day by day: a row group has two days."""
    rows = [(f"M{m}", FIRST + timedelta(d), d) for d in range(DAYS) for m in range(METERS)]
    names, days, numbers = zip(*rows, strict=True)
    quality = pa.array(numbers, pa.uint8())
    return pa.table({"meter_id": names, "day": pa.array(days), "quality": quality, "more": numbers})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> FolderShelf:
    folder = tmp_path_factory.mktemp("shelf")
    pq.write_table(days_table(), folder / "days.parquet", row_group_size=GROUP)
    return FolderShelf(folder)


day = st.none() | st.integers(-2, DAYS + 2).map(lambda n: FIRST + timedelta(n))


@given(first=day, last=day, of=st.integers(1, 8))
def test_the_pieces_of_a_file_have_each_row_of_the_days_once_and_under_its_number(
    shelf: FolderShelf, first: date | None, last: date | None, of: int
):
    found = [
        row
        for at in range(of)
        for batch in Piece(shelf, "days.parquet", SCHEMA, (first, last), 100, at, of).rows()
        for row in batch.to_pylist()
    ]
    wanted = [
        {"meter_id": r["meter_id"], "day": r["day"], "quality": r["quality"], ROW: 100 + number}
        for number, r in enumerate(days_table().to_pylist())
        if (first is None or r["day"] >= first) and (last is None or r["day"] <= last)
    ]
    assert sorted(found, key=lambda r: r[ROW]) == wanted


def test_of_a_file_at_an_address_no_more_is_asked_than_is_wanted(store: Store):
    """A night needs a day of a month, and of it no slots, which are most of its bytes."""
    noise = pa.array([os.urandom(4_000) for _ in range(DAYS * METERS)])
    table = days_table().append_column("intervals", noise)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=GROUP, compression="none")
    store.kept["other/lake/days.parquet"] = sink.getvalue().to_pybytes()
    store.kept["other/lamplit-home-h"] = b""
    address = store.address.replace("/city?", "/other?")
    shelf = AddressShelf(address, "lake", "h", 1 << 30)
    wanted = (FIRST + timedelta(4), FIRST + timedelta(4))
    before = store.sent
    (batch,) = Piece(shelf, "days.parquet", SCHEMA, wanted).rows()
    assert batch.num_rows == METERS
    assert store.sent - before < len(store.kept["other/lake/days.parquet"]) / 2
    assert Counter(batch["day"].to_pylist()) == {wanted[0]: METERS}


@pytest.fixture
def spark(sessions: Sessions) -> Spark:
    sessions.at(LOCAL)
    assert sessions.open is not None
    return sessions.open[1]


@pytest.mark.slow
def test_a_problem_that_a_task_meets_while_sql_reads_is_told_as_what_it_is(
    spark: Spark, shelf: FolderShelf, tmp_path: Path
):
    there = spark.read([Piece(shelf, "days.parquet", SCHEMA)], rows_of_lake, SCHEMA)
    assert spark.arrow(f"SELECT count(*) AS n FROM {there}")["n"].to_pylist() == [DAYS * METERS]
    gone = spark.read([Piece(shelf, "gone.parquet", SCHEMA)], rows_of_lake, SCHEMA)
    with pytest.raises(LamplitError) as told:
        spark.arrow(f"SELECT * FROM {there} UNION ALL SELECT * FROM {gone}")
    assert told.value.code == "lake.file-missing"
    assert told.value.where == shelf.where("gone.parquet")
    whole = (shelf.folder / "days.parquet").read_bytes()
    (tmp_path / "days.parquet").write_bytes(whole[:200] + b"\0" * 60 + whole[260:])
    damaged = FolderShelf(tmp_path)
    bad = spark.read([Piece(damaged, "days.parquet", SCHEMA)], rows_of_lake, SCHEMA)
    with pytest.raises(LamplitError) as told:
        spark.arrow(f"SELECT * FROM {bad}")
    assert told.value.code == "lake.file-damaged"
    assert told.value.where == damaged.where("days.parquet")


@pytest.mark.slow
def test_a_nights_file_that_is_no_table_is_told_before_anything_is_asked_of_it(
    spark: Spark, tmp_path: Path
):
    (tmp_path / "homes.parquet").write_bytes(b"PAR1" + b"\0" * 40)
    shelf: Shelf = FolderShelf(tmp_path)
    for name in ("homes.parquet", "gone.parquet"):
        with pytest.raises(LamplitError) as told:
            night_view(spark, shelf, name, ("state",), 0)
        assert told.value.code == "night.state-damaged"
        assert told.value.where == shelf.where(name)


@pytest.mark.slow
def test_a_nights_file_of_many_groups_is_read_by_several_tasks_with_the_numbers_of_its_rows(
    spark: Spark, shelf: FolderShelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lake_on_spark, "TASK_ROWS", 25)
    view = night_view(spark, shelf, "days.parquet", ("meter_id", "more"), 1_000)
    found = spark.arrow(f"SELECT * FROM {view} ORDER BY row").to_pylist()
    assert [row["row"] for row in found] == list(range(1_000, 1_000 + DAYS * METERS))
    assert [row["meter_id"] for row in found] == days_table()["meter_id"].to_pylist()
    assert spark._session.table(view).rdd.getNumPartitions() == 3


@pytest.mark.slow
def test_the_days_of_a_city_are_never_sent_to_every_executor(
    spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Spark took what our tasks read for as small as what the tasks are told, and sent all of it to
    all: a night of 100,000 homes ran out of memory."""
    lake = SparkLake(tmp_path, spark)
    file = LakeFile("days.parquet", "base", 202503, FIRST, FIRST + timedelta(DAYS - 1), 60, 1)
    late = replace(file, path="late.parquet", kind="delta", rows=1)
    meters = pa.table({"meter_id": ["M1", "M2"], "shard": pa.array([0, 1], pa.int32())})
    plans = {}
    for name, most in (("few", 10 << 20), ("many", 0)):
        monkeypatch.setattr(lake_on_spark, "BROADCAST_BYTES", most)
        monkeypatch.setattr(Lake, "manifest", Manifest(files=(file, late)))
        sql = lake.by_shard(meters, FIRST, FIRST + timedelta(3), ("meter_id", "day"))
        (plans[name],) = spark.arrow(f"EXPLAIN {sql}")["plan"].to_pylist()
    assert "BroadcastHashJoin" not in plans["many"] and "BuildLeft" not in plans["few"]
    assert plans["few"].count("BroadcastHashJoin") == 2
    assert plans["few"].count("BuildRight") == 2
