"""Spark's faults: a lost executor, a full disk, a damaged file, two runs at once; and a clock that
was set back, to which both engines are the same."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from sparks import LOCAL, Sessions
from story import (
    EVENINGS,
    Story,
    batches,
    carried_alike,
    carried_by,
    lake_rows,
    lamplit,
    nights_alike,
)

from lamplit.meters.lake import Lake
from lamplit.services.compact import verify
from lamplit.services.doctor.examine import examine
from lamplit.services.home import Home
from lamplit.services.ingest import land
from lamplit.services.ingest import spark as ingest_on_spark
from lamplit.services.lock import writing
from lamplit.services.night import gather_on_spark, runs
from lamplit.services.night import spark as night_on_spark
from lamplit.services.night.snapshots import read_manifest

pytestmark = pytest.mark.slow


def losing(marker: Path, work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, but the first worker that comes to it takes its executor down, and goes on alone."""
    executor = asking()

    def run(*given: Any) -> Any:
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return work(*given)
        os.kill(executor(), signal.SIGKILL)
        return work(*given)

    return run


def asking() -> Callable[[], int]:
    """What tells the executor of the worker that asks; pickled whole, unlike what a module has."""

    def executor() -> int:
        daemon = Path(f"/proc/{os.getppid()}/stat").read_text()
        found = int(daemon.rpartition(")")[2].split()[1])
        assert Path(f"/proc/{found}/comm").read_text().startswith("java")
        return found

    return executor


def counting(folder: Path, work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, with a file in `folder` for each time that it runs, which names its executor."""
    folder.mkdir()
    executor = asking()

    def run(*given: Any) -> Any:
        (folder / uuid.uuid4().hex).write_text(str(executor()))
        return work(*given)

    return run


def test_an_executor_lost_between_the_jobs_of_a_night_and_one_midway_change_nothing(
    untold: Home, afresh: Home, sessions: Sessions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What the first job left on the executor's disks is gone, and is made again."""
    gathered, before = tmp_path / "gathered", []
    gather = counting(gathered, gather_on_spark.gather_and_sum)
    monkeypatch.setattr(gather_on_spark, "gather_and_sum", gather)
    groups = gather_on_spark.GatheredOnSpark.groups

    def lose(*given: Any) -> Any:
        # On the driver, when the first job has ended and the second has not begun.
        before.extend(int(file.read_text()) for file in gathered.iterdir())
        os.kill(before[0], signal.SIGKILL)
        return groups(*given)

    monkeypatch.setattr(gather_on_spark.GatheredOnSpark, "groups", lose)
    marker = tmp_path / "lost"
    work = losing(marker, night_on_spark.work_shard)
    monkeypatch.setattr(night_on_spark, "work_shard", work)
    assert lamplit("nightly", "--home", untold.path, "--master", sessions.at(sessions.cluster)) == 0
    assert marker.exists()
    assert len(set(before)) == 2, "both executors had gathered some of the shards"
    assert len(list(gathered.iterdir())) > len(before)
    nights_alike(untold, afresh)
    assert left_in(untold) == set()


def left_in(home: Home) -> set[str]:
    """What lies about in a home that no manifest names."""
    named = read_manifest(home.state_dir).named()
    states = [f for f in home.state_dir.glob("*.parquet*") if f.name not in named]
    return {str(path.relative_to(home.path)) for path in [*home.tmp_dir.rglob("*"), *states]}


def test_an_executor_lost_while_parquet_is_dealt_out_doubles_nothing(
    story: Story, on_duckdb: Home, sessions: Sessions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        assert lamplit("init", path, "--timezone", "Europe/Berlin") == 0
    file = story.evenings[1][-1]
    assert file.suffix == ".parquet"
    assert lamplit("ingest", file, "--home", one) == 0
    marker = tmp_path / "lost"
    monkeypatch.setattr(ingest_on_spark, "deal", losing(marker, ingest_on_spark.deal))
    assert lamplit("ingest", file, "--home", other, "--master", sessions.at(sessions.cluster)) == 0
    assert marker.exists()
    assert lake_rows(Home.open(other)).equals(lake_rows(Home.open(one)))
    assert batches(Home.open(other)) == batches(Home.open(one))
    assert verify(Home.open(other)) == []


def filling(marker: Path, work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, but the first worker that comes to it finds room for half a file and no more."""

    def run(part: Any, rows: Any) -> Any:
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return work(part, rows)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
        try:
            return work(part, rows)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return run


def test_a_night_whose_worker_has_no_room_is_told_so_and_nothing_changes(
    untold: Home, afresh: Home, sessions: Sessions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ("nightly", "--home", untold.path, "--master", sessions.at(sessions.cluster))
    with monkeypatch.context() as patch:
        marker = tmp_path / "full"
        patch.setattr(night_on_spark, "work_shard", filling(marker, night_on_spark.work_shard))
        assert lamplit(*words) == 1
        assert marker.exists()
    assert "[home.disk-full]" in capsys.readouterr().err
    assert not (untold.state_dir / "manifest.json").exists()
    assert lamplit(*words) == 0
    nights_alike(untold, afresh)
    assert left_in(untold) == set()


def test_files_that_a_worker_has_no_room_for_are_told_of_and_leave_nothing(
    story: Story, first_evening: Home, sessions: Sessions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home = Home.open(shutil.copytree(first_evening.path, tmp_path / "home"))
    whole = Home.open(shutil.copytree(first_evening.path, tmp_path / "whole"))
    before, words = batches(home), ("ingest", story.evenings[1][0])
    spark = ("--master", sessions.at(sessions.cluster))
    with monkeypatch.context() as patch:
        marker = tmp_path / "full"
        patch.setattr(ingest_on_spark, "land_shard", filling(marker, ingest_on_spark.land_shard))
        assert lamplit(*words, "--home", home.path, *spark) == 1
        assert marker.exists()
    assert "[home.disk-full]" in capsys.readouterr().err
    assert batches(home) == before
    assert lamplit(*words, "--home", home.path, *spark) == 0
    assert lamplit(*words, "--home", whole.path) == 0
    assert lake_rows(home).equals(lake_rows(whole))
    assert verify(home) == []
    listed = {Lake(home).path(file) for file in Lake(home).files()}
    assert set((home.lake_dir / "days").glob("*.parquet")) == listed


def test_cut_off_before_its_commit_a_night_is_worked_again(
    on_duckdb: Home, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.open(shutil.copytree(on_duckdb.path, tmp_path / "home"))
    before = carried_by(home)
    whole = night_on_spark.SparkNight._shards

    def stop(*given: Any) -> Any:
        whole(*given)
        raise KeyboardInterrupt

    # Three nights that nobody has read yet, and the lake has no file for.
    words = ("nightly", "--through", "2020-04-21", "--home", home.path)
    with monkeypatch.context() as patch:
        patch.setattr(night_on_spark.SparkNight, "_shards", stop)
        assert lamplit(*words, "--master", sessions.at(sessions.cluster)) == 130
    assert carried_by(home).keys() == before.keys()
    other = Home.open(shutil.copytree(on_duckdb.path, tmp_path / "other"))
    assert lamplit(*words) == 0  # on the other engine
    assert lamplit(*words[:-1], other.path) == 0
    nights_alike(home, other)


def damaged(home: Home) -> tuple[Path, bytes]:
    """Spoil the largest file of the lake, not its footer; returns it, and its bytes as they were.

    Spoilt so, it is found out by who reads its rows, which are the executors.
    """
    lake = Lake(home)
    victim = max((lake.path(f) for f in lake.files()), key=lambda path: path.stat().st_size)
    kept = victim.read_bytes()
    tenth = len(kept) // 10
    victim.write_bytes(kept[:tenth] + bytes(6 * tenth) + kept[7 * tenth :])
    return victim, kept


def blames(victim: Path, capsys: pytest.CaptureFixture[str], *words: Any) -> None:
    """Fail unless the command ends with an error that names the damaged file."""
    capsys.readouterr()
    assert lamplit(*words) == 1
    said = capsys.readouterr().err
    assert f"[lake.file-damaged] {victim}: " in said


def test_a_damaged_file_is_named_by_the_night_and_the_states_and_nothing_changes(
    on_duckdb: Home, afresh: Home, sessions: Sessions, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home = Home.open(shutil.copytree(on_duckdb.path, tmp_path / "home"))
    victim, kept = damaged(home)
    span = ("--from", "2020-03-25", "--to", "2020-04-12", "-o", tmp_path / "states.parquet")
    master = ("--master", sessions.at(sessions.cluster))
    blames(victim, capsys, "states", *span, "--home", home.path, *master)
    blames(victim, capsys, "states", *span, "--home", home.path)
    assert not (tmp_path / "states.parquet").exists()
    shutil.rmtree(home.state_dir)
    blames(victim, capsys, "nightly", "--home", home.path, *master)
    assert not (home.state_dir / "manifest.json").exists()
    victim.write_bytes(kept)
    assert lamplit("nightly", "--home", home.path) == 0
    nights_alike(home, afresh)


def test_an_executor_lost_and_a_damaged_file_while_files_come_in(
    story: Story, first_evening: Home, sessions: Sessions, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home = Home.open(shutil.copytree(first_evening.path, tmp_path / "home"))
    whole = Home.open(shutil.copytree(first_evening.path, tmp_path / "whole"))
    victim, kept = damaged(home)
    before = batches(home)
    words = ("ingest", story.evenings[1][0])
    marker = tmp_path / "lost"
    with monkeypatch.context() as patch:
        patch.setattr(ingest_on_spark, "land_shard", losing(marker, ingest_on_spark.land_shard))
        master = sessions.at(sessions.cluster)
        blames(victim, capsys, *words, "--home", home.path, "--master", master)
    assert marker.exists()
    assert batches(home) == before
    victim.write_bytes(kept)
    for one in (home, whole):
        assert lamplit(*words, "--home", one.path) == 0
    assert lake_rows(home).equals(lake_rows(whole))
    assert batches(home) == batches(whole)
    assert verify(home) == []


def test_of_two_runs_at_once_the_second_is_told_whose_turn_it_is(
    untold: Home, story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(untold.path, "nightly"):
        assert lamplit("nightly", "--home", untold.path, "--master", LOCAL, "--json") == 1
        assert "lake.locked" in capsys.readouterr().err
        file = story.evenings[0][0]
        assert lamplit("ingest", file, "--home", untold.path, "--master", LOCAL, "--json") == 1
        assert "lake.locked" in capsys.readouterr().err


def test_a_clock_set_back_between_two_evenings_changes_no_state(
    story: Story, first_evening: Home, on_duckdb: Home, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Nights go by the days of readings, and what comes later by the number of its batch."""
    home = Home.open(shutil.copytree(first_evening.path, tmp_path / "home"))
    words = ("--home", home.path)
    assert lamplit("registry", "import", story.registries[0], *words) == 0
    assert lamplit("nightly", "--through", EVENINGS[0], *words) == 0

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(400)

    # The clocks of all modules that ask one, and of the files: those that are there look newer.
    for module in (land, runs):
        monkeypatch.setattr(module, "datetime", Earlier)
    for file in (path for path in home.path.rglob("*") if path.is_file()):
        later = file.stat().st_mtime + 400 * 86_400
        os.utime(file, (later, later))
    assert lamplit("registry", "import", story.registries[1], *words) == 0
    for file in story.evenings[1]:
        assert lamplit("ingest", file, *words) == 0
    assert lamplit("nightly", "--through", EVENINGS[1], *words) == 0
    assert lake_rows(home).equals(lake_rows(on_duckdb))
    assert batches(home) == batches(on_duckdb)
    carried_alike(carried_by(home), carried_by(on_duckdb))
    made = [batch.at for batch in Lake(home).manifest.batches]
    assert made != sorted(made), "the clock was set back"
    [clock] = [check for check in examine(home, Earlier.now(UTC)) if check.name == "clock"]
    assert {problem.code for problem in clock.problems} == {"doctor.clock-back"}
