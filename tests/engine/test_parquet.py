"""Readings in Parquet are read on Spark as DuckDB reads them: every row, every fault."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from parquets import READ, REFUSED
from sparks import LOCAL, Sessions
from story import ZONE, batches, lake_rows, rejected

from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck
from lamplit.meters.lake import Lake
from lamplit.meters.layouts.base import Options
from lamplit.services.compact import verify
from lamplit.services.home import Home
from lamplit.services.ingest import FileResult, ingest
from lamplit.services.ingest import spark as ingest_on_spark

pytestmark = pytest.mark.slow


@dataclass
class Taken:
    """A home that was given all the files, and what became of each."""

    home: Home
    files: dict[str, FileResult]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet") / "in"
    folder.mkdir()
    for name, (make, _) in (READ | REFUSED).items():
        make(folder / f"{name}.parquet")
    return folder


def take(home: Home, *paths: Path | str, **options: Any) -> Taken:
    done = ingest(home, paths, Options(timezone=ZONE, **options))
    assert all(file.rows.adds_up for file in done.files)
    return Taken(home, {Path(file.name).stem: file for file in done.files})


@pytest.fixture(scope="module")
def expected(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = Home.create(tmp_path_factory.mktemp("duckdb") / "home", ZONE)
    # File by file, as they are committed on Spark.
    files = [take(home, file).files for file in sorted(folder.iterdir())]
    return Taken(home, {name: result for file in files for name, result in file.items()})


@pytest.fixture(scope="module")
def found(folder: Path, sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = Home.create(tmp_path_factory.mktemp("spark") / "home", ZONE)
    return take(home.with_engine("spark", sessions.at(LOCAL)), *sorted(folder.iterdir()))


def said(file: FileResult) -> dict[str, Any]:
    """All that a result says of its file, but where the quarantine lies."""
    problem = file.error and (file.error.code, file.error.says("en"))
    return {
        "layout": file.layout, "rows": file.rows, "reasons": file.reasons, "problem": problem,
        "notes": file.notes, "meters": file.meters, "days": (file.day_min, file.day_max),
        "rejects": list(file.rejects), "seen_before": file.seen_before, "batch": file.batch,
    }  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_file_comes_to_the_same_on_both(name: str, expected: Taken, found: Taken) -> None:
    file = expected.files[name]
    assert not file.failed
    assert set(file.reasons) == READ[name][1]
    assert said(found.files[name]) == said(file)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_for_the_same_fault(name: str, expected: Taken, found: Taken) -> None:
    error = expected.files[name].error
    assert error is not None
    assert error.code == REFUSED[name][1]
    assert said(found.files[name]) == said(expected.files[name])


def test_the_lake_the_quarantine_and_the_manifest_are_the_same(
    expected: Taken, found: Taken
) -> None:
    rows = lake_rows(expected.home)
    assert rows.num_rows > 400
    assert lake_rows(found.home).equals(rows)
    assert rejected(found.home) == rejected(expected.home)
    assert batches(found.home) == batches(expected.home)
    assert verify(found.home) == []


def test_what_the_lake_says_of_a_few_rows_is_what_was_written(found: Taken) -> None:
    """That two engines agree is not yet that either is right."""
    with Duck() as duck:
        rows = {
            (meter, str(day)): (slots, read, kwh)
            for meter, day, slots, read, kwh in duck.rows(
                f"SELECT meter_id, day, slots, slots_read, kwh FROM {Lake(found.home).sql()}"
            )
        }
    # Berlin's 30 March has 23 hours; Parquet's instants are not wall clock.
    assert rows["B1", "2025-03-30"][:2] == (23, 23)
    assert rows["B1", "2025-03-29"] == (24, 23, 12.3)
    assert rows["C1", "2025-03-29"][:2] == (24, 24)
    assert rows["101", "2025-03-28"][2] == 0
    assert rows["E1", "2025-03-28"][1:] == (1, 1.5)
    assert {meter for meter, _ in rows} >= {"001", "D2", "F9", "G1", "H1", "I1", "J1"}
    assert rows["J1", "2025-03-24"][2] == 1
    # 10.875 kW in all, an hour each, through 20/5.
    assert rows["H1", "2025-03-28"] == (24, 24, 43.5)
    assert rows["R1", "2025-03-30"][:2] == (23, 23)
    assert rows["S1", "2025-03-28"] == (1, 1, 10.0)


def without_room(deal: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
    """`deal`, in a process that finds room for files of 4 kB and no more."""

    def run(cut: Any) -> Iterator[Any]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
        try:
            yield from deal(cut)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return run


def test_a_worker_that_has_no_room_for_packets_says_so_and_nothing_changes(
    folder: Path, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.create(tmp_path / "home", ZONE).with_engine("spark", sessions.at(LOCAL))
    monkeypatch.setattr(ingest_on_spark, "deal", without_room(ingest_on_spark.deal))
    with pytest.raises(LamplitError) as caught:
        take(home, folder / "10-wide-texts.parquet")
    assert caught.value.code == "home.disk-full"
    assert batches(home) == []
    assert not list(home.tmp_dir.rglob("*.parquet"))


def test_options_are_kept_to(folder: Path, sessions: Sessions, tmp_path: Path) -> None:
    """A column by another name, another zone and unit; and one that is not there."""
    one, other = Home.create(tmp_path / "one", ZONE), Home.create(tmp_path / "other", ZONE)
    other = other.with_engine("spark", sessions.at(LOCAL))
    given = {"layout": "long", "columns": {"kwh": "kwh"}, "unit": "wh", "max_kwh": 2000.0}
    for options in (given, {"layout": "wide"}, {"columns": {"kwh": "nowhere"}}):
        told = [take(home, folder / "03-int96.parquet", **options) for home in (one, other)]
        (file,), (same,) = (list(each.files.values()) for each in told)
        assert said(same) == said(file)
        assert file.failed == ("unit" not in options)
    assert lake_rows(other).equals(lake_rows(one))
