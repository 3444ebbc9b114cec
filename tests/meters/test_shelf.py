"""What every shelf holds to: a file is there whole under its name, or not at all."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from lamplit.meters.shelf import FolderShelf, Shelf, written

NAME = "days/202501-base-b000001-cafe.parquet"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return FolderShelf(tmp_path / "there")


def keep(shelf: Shelf, name: str, content: bytes) -> None:
    with written(shelf, name) as draft:
        draft.write_bytes(content)


def test_what_is_put_is_fetched_opened_and_sized(shelf: Shelf):
    keep(shelf, NAME, b"days and days")
    shelf.settle([NAME])
    (path,) = shelf.fetch([NAME])
    assert path.read_bytes() == b"days and days"
    with shelf.open(NAME) as stream:
        stream.seek(-4, 2)
        assert stream.read() == b"days"
    assert shelf.sizes() == {NAME: 13}


def test_a_file_that_is_not_there_is_told_of_by_its_place(shelf: Shelf):
    with pytest.raises(FileNotFoundError) as found:
        shelf.fetch([NAME])
    assert found.value.filename == shelf.where(NAME)
    with pytest.raises(FileNotFoundError):
        shelf.open(NAME).close()
    shelf.remove([NAME])  # removed already, as another sweep may have done


def test_a_file_whose_writing_breaks_off_is_not_there(shelf: Shelf):
    with pytest.raises(ZeroDivisionError), written(shelf, NAME) as draft:
        draft.write_bytes(b"half of it")
        1 / 0  # noqa: B018
    assert shelf.sizes() == {}


def test_a_removed_file_is_gone(shelf: Shelf):
    keep(shelf, NAME, b"old")
    shelf.remove([NAME])
    assert shelf.sizes() == {}
    with pytest.raises(FileNotFoundError):
        shelf.fetch([NAME])


def test_a_worker_has_the_same_files(shelf: Shelf):
    keep(shelf, NAME, b"driver")
    worker: Shelf = pickle.loads(pickle.dumps(shelf.for_workers()))
    keep(worker, "days/other.parquet", b"worker")
    assert [p.read_bytes() for p in shelf.fetch([NAME, "days/other.parquet"])] == [
        b"driver",
        b"worker",
    ]
