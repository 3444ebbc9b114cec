"""What shards leave on Spark's disks for a later job, or for the driver."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sparks import Sessions

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems.home import DISK_FULL
from lamplit.engine import spark as engine
from lamplit.engine.spark import Spark
from lamplit.engine.workers import left_whole

SIZES = {0: 40_500, 1: 0, 2: 3_000, 5: 1}
"""Shard → bytes that it leaves: many packets, none, whole packets alone, and less than one."""


@pytest.fixture
def spark(sessions: Sessions) -> Spark:
    sessions.at(sessions.cluster)
    assert sessions.open is not None
    return sessions.open[1]


def left_by(shard: int) -> bytes:
    return random.Random(shard).randbytes(SIZES[shard])


def kept_rdds(spark: Spark) -> int:
    return int(spark._session.sparkContext._jsc.getPersistentRDDs().size())


@pytest.mark.slow
def test_what_shards_leave_comes_whole_and_in_order_however_many_packets_it_takes(
    spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PACKET_BYTES", 1_000)
    spark._session.conf.set("spark.sql.execution.arrow.maxBytesPerBatch", "4000")

    def leave(given: bytes, rows: pa.Table) -> tuple[int, pa.Buffer]:
        for shard in rows["shard"].to_pylist():
            with (tmp_path / str(shard)).open("a") as made:
                made.write("made\n")
        return sum(rows["x"].to_pylist()), pa.py_buffer(given)

    def whole(given: bytes, packets: pa.Table) -> tuple[int, int, bool]:
        same = left_whole(packets) == given
        return packets.num_rows, packets["packet"].num_chunks, same

    given = {shard: left_by(shard) for shard in SIZES}
    rows = spark.view(
        pa.table({"shard": pa.array([0, 0, 1, 2, 5], pa.int32()), "x": [1, 2, 3, 4, 5]})
    )
    kept = spark.kept(f"SELECT shard, x FROM {rows}", given, leave)
    assert kept.answers == {0: 3, 1: 3, 2: 4, 5: 5}
    found = spark.by_shard(kept.sql, given, whole)
    assert {shard: (n, same) for shard, (n, _, same) in found.items()} == {
        0: (41, True), 1: (0, True), 2: (3, True), 5: (1, True),
    }  # fmt: skip
    assert found[0][1] > 8, "no batch holds much more than it may"
    # The driver has them shard by shard, in order, without their being made again.
    assert list(kept.left()) == [(shard, left_by(shard)) for shard in SIZES]
    assert {file.read_text() for file in tmp_path.iterdir() if file.name != "0"} == {"made\n"}
    assert (tmp_path / "0").read_text() == "made\n" * 2, "once, with two rows"
    assert kept_rdds(spark) == 1
    kept.close()
    assert kept_rdds(spark) == 0
    spark._session.conf.set("spark.sql.execution.arrow.maxBytesPerBatch", str(engine.BATCH_BYTES))


@pytest.mark.slow
def test_a_problem_of_a_shard_is_raised_and_nothing_is_kept(spark: Spark) -> None:
    problem = DISK_FULL

    def leave(given: int, rows: pa.Table) -> Any:
        if given:
            raise LamplitError(problem, where="here", reason="full")
        return given, pa.py_buffer(b"left")

    with pytest.raises(LamplitError) as caught:
        spark.kept("SELECT CAST(0 AS INT) AS shard", {0: 0, 1: 1}, leave)
    assert (caught.value.code, caught.value.where) == ("home.disk-full", "here")
    assert kept_rdds(spark) == 0


def packets(*places: int) -> pa.Table:
    return pa.table(
        {"place": pa.array(places, pa.int32()), "packet": [b"%d," % place for place in places]}
    )


def test_packets_in_any_order_are_put_together_in_theirs() -> None:
    assert left_whole(packets(2, 0, 1)) == b"0,1,2,"
    assert left_whole(packets()) == b""


@pytest.mark.parametrize("places", [(0, 2), (1,), (0, 1, 1)])
def test_packets_that_are_not_whole_are_no_answer(places: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not whole"):
        left_whole(packets(*places))
