"""What is dealt out to workers of a file: cuts of its text, and a copy of some Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplit.domain.errors import LamplitError
from lamplit.meters.archive import Input, find_inputs
from lamplit.meters.layouts import layouts
from lamplit.meters.layouts.base import Options, SqlLayout
from lamplit.meters.sniff import sample_of
from lamplit.meters.sources import FarFile
from lamplit.services.ingest import lines as dealing
from lamplit.services.ingest.packets import Cut, cuts, deal
from stores import BUCKET, Store, open_store


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with open_store() as store:
        yield store


def far_input(store: Store, key: str, content: bytes) -> Input:
    """A file at an address as workers read it."""
    store.kept[key] = content
    (far,) = find_inputs([f"s3://{BUCKET}/{key}?{store.address.partition('?')[2]}"])
    assert isinstance(far, FarFile)
    return Input(far.name, Path("nothing-here"), "plain", None, far.size, far)


def text_cut(end: int) -> dealing.TextCut:
    return dealing.TextCut(Path("x.csv"), "utf-8", ",", 1, 0, 9, 0, end)


@pytest.mark.parametrize(
    ("size", "tasks", "most"),
    [
        (100, 8, 100),
        (1 << 20, 8, 1 << 17),
        (1 << 30, 8, dealing.CUT_BYTES),
        (1 << 30, 800, 1342178),
    ],
)
def test_a_text_is_cut_so_that_each_core_has_some_and_no_task_has_much(size, tasks, most):
    found = dealing.text_cuts(text_cut(size), tasks)
    assert max(cut.end - cut.first for cut in found) == most
    assert [cut.first for cut in found] == [0, *(cut.end for cut in found[:-1])]
    assert found[-1].end == size


def test_a_line_goes_where_all_lines_of_its_meter_go(tmp_path: Path):
    """However its id is written; so a shard has all that there is of a meter."""
    file = tmp_path / "x.csv"
    file.write_text(
        'time,id,kwh\n1,M1,2\n\n1, M1 ,2\n1,"M1",2\n1,="M1",2\n"a,b",\u3000M1,2\n1\n1,M2'
    )
    cut = dealing.TextCut(file, "utf-8", ",", 1, 1, 1 << 20, 0, file.stat().st_size)
    dealt = pa.Table.from_batches(dealing.deal_lines(cut)).to_pylist()
    assert [row["line"] for row in dealt] == [2, 4, 5, 6, 7, 8, 9]
    assert len({row["shard"] for row in dealt if b"M1" in row["text"]}) == 1
    assert len({row["shard"] for row in dealt}) == 3


def parquet(folder: Path, groups: int) -> Path:
    rows = 6_000
    days = np.arange(groups * rows)
    kwh = np.random.default_rng(1).random(len(days))
    table = pa.table(
        {"meter_id": [f"M{n % 7}" for n in days],
         "time": pa.array(np.datetime64("2025-01-01", "s") + days * 1800, pa.timestamp("s")),
         "kwh": pa.array(kwh)}
    )  # fmt: skip
    pq.write_table(table, folder / "x.parquet", row_group_size=rows)
    return folder / "x.parquet"


def long_cuts(item: Input, tasks: int) -> list[Cut]:
    layout = layouts()["long"]
    assert isinstance(layout, SqlLayout)
    return cuts(item.place, sample_of(item, Options()), layout, Options(), tasks)


def test_packets_of_parquet_at_an_address_are_those_of_a_path_and_the_rest_is_not_fetched(
    tmp_path: Path, store: Store
):
    path = parquet(tmp_path, 12)
    (near,) = find_inputs([path])
    assert isinstance(near, Input)
    far = far_input(store, "x.parquet", path.read_bytes())
    expected, found = long_cuts(near, 6), long_cuts(far, 6)
    assert len(found) == len(expected) == 6
    for one, other in zip(found, expected, strict=True):
        store.sent = 0
        assert list(deal(one)) == list(deal(other))
        assert store.sent < 0.6 * len(path.read_bytes())


def test_what_fails_at_the_address_is_told_by_each_packet(tmp_path: Path, store: Store):
    path = parquet(tmp_path, 4)
    far = far_input(store, "x.parquet", path.read_bytes())
    (cut, *_) = long_cuts(far, 1)
    del store.kept["x.parquet"]
    packets = dict(deal(cut))
    assert set(packets) == set(range(cut.shards))
    assert all(b"ingest.no-such-file" in packet for packet in packets.values())


def test_what_fails_while_it_is_read_is_the_addresss_fault_and_not_the_files(store: Store):
    far = far_input(store, "x.csv", b"meter_id,time,kwh\n" * 9_000).far
    assert far is not None
    with far.opened() as stream:
        assert stream.read(5) == b"meter"
        store.kept.clear()
        stream.seek(100_000)
        with pytest.raises((LamplitError, FileNotFoundError)) as told:
            stream.read(5)
    where = told.value.where if isinstance(told.value, LamplitError) else told.value.filename
    assert where == f"s3://{BUCKET}/x.csv"


def test_a_damaged_file_at_an_address_is_told_as_one_on_this_machine_is(
    tmp_path: Path, store: Store
):
    path = parquet(tmp_path, 4)
    damaged = path.read_bytes()[:-30] + b"x" * 22 + path.read_bytes()[-8:]
    path.write_bytes(damaged)
    (near,) = find_inputs([path])
    said = []
    assert isinstance(near, Input)
    for item in (near, far_input(store, "x.parquet", damaged)):
        with pytest.raises(LamplitError) as told:
            sample_of(item, Options())
        said.append((told.value.code, str(told.value.fields)))
    assert said[0][0] == "ingest.cut-off" and said[1] == said[0]
