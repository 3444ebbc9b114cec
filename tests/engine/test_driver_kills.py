"""The driver killed at random moments: nothing lost, nothing doubled.

Of a night in one go, of one that works days again (late readings, a changed registry), of an ingest
and of a look back. A moment is told by how many files the run has written, so that it is one of the
run's whatever else the machine does. Each kill starts a driver of its own, so there is one of each
unless LAMPLIT_SPARK_KILLS asks for more; sixteen (ten of nights) are what a change of what is
written should be tried with.
All that is here runs on `local[2]`, and other modules on the cluster: a process has one session.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sparks import LOCAL, Sessions, set_in
from story import (
    BETWEEN,
    LAST,
    Story,
    batches,
    carried_alike,
    carried_by,
    lake_rows,
    lamplit,
    nights_alike,
)

from lamplit.domain.errors import LamplitError
from lamplit.engine.spark import Spark
from lamplit.services.compact import verify
from lamplit.services.home import Home
from lamplit.services.night.snapshots import read_manifest

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("LAMPLIT_SPARK_KILLS", "4"))
OF_EACH = max(1, KILLS // 8)
"""Kills of reworks, of ingests, and of looks back; the others are of a night in one go."""
NIGHT_FILES, REWORK_FILES, INGEST_FILES, LOOK_FILES = 40, 40, 6, 4
"""Files that a run of the story writes at least."""


DISK = "disk"
"""Where Spark has its own files, beside the home's: a look back writes none but these."""


def kill(home: Home, files: int, wait: float, *words: Any) -> None:
    """Run a command on Spark, and kill it `wait` seconds after it has written so many files.

    Fails where it has ended by then.
    """
    command = [sys.executable, "-m", "lamplit", *map(str, words), "--home", str(home.path)]
    before, seen = written(home), set[str]()
    disk = home.path / DISK
    disk.mkdir()
    with set_in(home, {"spark.local.dir": str(disk)}):
        run = subprocess.Popen([*command, "--master", LOCAL], stderr=subprocess.DEVNULL)
        while run.poll() is None and len(seen) < files:
            seen |= written(home) - before
            time.sleep(0.01)
        time.sleep(wait)
        assert run.poll() is None, run.returncode
        run.kill()
        run.wait()


def written(home: Home) -> set[str]:
    """The files that a run may have written; folders that vanish meanwhile are no matter."""
    folders = (home.tmp_dir, home.state_dir, home.lake_dir, home.path / DISK)
    return {f"{at}/{name}" for f in folders for at, _, names in os.walk(f) for name in names}


def a_moment(seed: int, files: int) -> tuple[int, float]:
    """How many files a run shall have written, and the seconds after that, when it is killed."""
    chance = random.Random(seed)
    return chance.randint(1, files), chance.random() / 10


@pytest.mark.parametrize("seed", range(KILLS - 3 * OF_EACH))
def test_a_night_whose_driver_is_killed(
    seed: int, untold: Home, afresh: Home, sessions: Sessions
) -> None:
    moment = a_moment(seed, NIGHT_FILES)
    kill(untold, *moment, "nightly")
    days = read_manifest(untold.state_dir).days()
    # One stretch of nights is one commit: all of it counts, or nothing.
    assert days in ([], read_manifest(afresh.state_dir).days()), moment
    assert lamplit("nightly", "--home", untold.path) == 0
    nights_alike(untold, afresh)


@pytest.mark.parametrize("seed", range(OF_EACH))
def test_a_night_that_works_days_again_whose_driver_is_killed(
    seed: int, second_evening: Home, on_duckdb: Home, sessions: Sessions
) -> None:
    moment, before = a_moment(seed, REWORK_FILES), carried_by(second_evening)
    whole = carried_by(on_duckdb)
    kill(second_evening, *moment, "nightly", "--through", LAST)
    # The nights that are put right and those that follow are two commits, each whole or nothing.
    kept = carried_by(second_evening)
    carried_alike(kept, before if len(kept) == len(before) else whole)
    assert lamplit("nightly", "--through", LAST, "--home", second_evening.path) == 0
    carried_alike(carried_by(second_evening), whole)


@pytest.mark.parametrize("seed", range(OF_EACH))
def test_a_look_back_whose_driver_is_killed(
    seed: int, on_duckdb: Home, tmp_path: Path, sessions: Sessions
) -> None:
    home = Home.open(shutil.copytree(on_duckdb.path, tmp_path / "home"))
    doors, before = home.path / "doors-before.parquet", carried_by(home)
    told = doors.read_bytes()
    doors.unlink()
    kill(home, *a_moment(seed, LOOK_FILES), "sweep", "--as-of", BETWEEN, "-o", doors)
    assert not doors.exists()
    carried_alike(carried_by(home), before)
    assert lamplit("sweep", "--as-of", BETWEEN, "-o", doors, "--home", home.path) == 0
    assert doors.read_bytes() == told


@pytest.mark.parametrize("seed", range(OF_EACH))
def test_an_ingest_whose_driver_is_killed(
    seed: int, story: Story, sessions: Sessions, first_evening: Home, tmp_path: Path
) -> None:
    home = Home.open(shutil.copytree(first_evening.path, tmp_path / "home"))
    whole = Home.open(shutil.copytree(first_evening.path, tmp_path / "whole"))
    file = story.evenings[1][0]
    before = batches(home)
    assert lamplit("ingest", file, "--home", whole.path) == 0
    moment = a_moment(seed, INGEST_FILES)
    kill(home, *moment, "ingest", file)
    assert batches(home) in (before, batches(whole)), moment
    assert verify(home) == []
    assert lamplit("ingest", file, "--home", home.path) == 0
    assert lake_rows(home).equals(lake_rows(whole))
    assert batches(home) == batches(whole)
    assert verify(home) == []


def test_a_driver_killed_midway_leaves_the_home_as_it_was(
    untold: Home, afresh: Home, sessions: Sessions, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [sys.executable, "-m", "lamplit", "nightly", "--master", LOCAL]
    with set_in(untold, {"spark.local.dir": str(disk)}):
        run = subprocess.Popen([*command, "--home", str(untold.path)], stderr=subprocess.DEVNULL)
        # The first states are written by the second job, of what the first has left on the disk.
        while run.poll() is None and not list(untold.state_dir.glob("homes-*")):
            time.sleep(0.01)
        assert run.poll() is None
        assert list(disk.rglob("rdd_*"))
        run.kill()
        run.wait()
    assert not (untold.state_dir / "manifest.json").exists()
    master = sessions.at(LOCAL)
    assert lamplit("nightly", "--home", untold.path, "--master", master) == 0
    nights_alike(untold, afresh)
    assert not list(untold.tmp_dir.iterdir())
    named = read_manifest(untold.state_dir).named()
    assert {file.name for file in untold.state_dir.glob("*.parquet*")} == named


def test_a_second_session_of_the_process_is_refused(sessions: Sessions) -> None:
    sessions.at(LOCAL)
    with pytest.raises(LamplitError, match=r"engine\.no-cluster"):
        Spark.open("spark://elsewhere:7077", {})
