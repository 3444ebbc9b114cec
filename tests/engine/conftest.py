"""A real Spark, started once for each kind of master, and the story of the town."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sparks import LOCAL, Sessions
from story import EVENINGS, ZONE, Story, lamplit, play, write_story

from lamplit.domain.errors import LamplitError
from lamplit.engine.spark import check_spark
from lamplit.services.home import Home
from machine import lacking


@pytest.fixture(scope="session")
def sessions() -> Iterator[Sessions]:
    """What gives out sessions; without Java (or pyspark) there are none, and tests say so."""
    try:
        check_spark()
    except LamplitError as error:
        lacking(error.says("en"))
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # Its dozens of threads would leave the browsers of other tests no turn; they have time.
    os.nice(10)
    kept = Sessions()
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return write_story(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def on_duckdb(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The story told on DuckDB."""
    return play(story, tmp_path_factory.mktemp("duckdb") / "home")


@pytest.fixture(scope="session", params=["local", "cluster"])
def on_spark(
    request: pytest.FixtureRequest, sessions: Sessions, story: Story,
    tmp_path_factory: pytest.TempPathFactory,
) -> Home:  # fmt: skip
    """The story told on Spark: in one process of its own, and on a cluster, whose master, two
    workers and their executors are processes, so that all that moves between them is pickled.
    """
    master = LOCAL if request.param == "local" else sessions.cluster
    path = tmp_path_factory.mktemp("spark") / "home"
    told = play(story, path, "--master", sessions.at(master))
    return told.with_engine("spark", master)


@pytest.fixture(scope="session")
def first_evening(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that has taken in the files of the first evening, and has worked no night."""
    path = tmp_path_factory.mktemp("evening") / "home"
    assert lamplit("init", path, "--timezone", ZONE) == 0
    for file in story.evenings[0]:
        assert lamplit("ingest", file, "--home", path) == 0
    return Home.open(path)


@pytest.fixture(scope="session")
def afresh(on_duckdb: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The story's lake and registry as they are at the end, worked on DuckDB in one go."""
    path = tmp_path_factory.mktemp("afresh") / "home"
    shutil.copytree(on_duckdb.path, path)
    assert lamplit("nightly", "--afresh", "--home", path) == 0
    return Home.open(path)


@pytest.fixture
def untold(on_duckdb: Home, tmp_path: Path) -> Home:
    """The story's lake and registry, with no night worked yet."""
    path = tmp_path / "home"
    shutil.copytree(on_duckdb.path, path)
    shutil.rmtree(path / "state")
    return Home.open(path)


@pytest.fixture
def second_evening(story: Story, first_evening: Home, tmp_path: Path) -> Home:
    """A home that has worked the first evening, and has taken in the files of the second."""
    path = tmp_path / "home"
    shutil.copytree(first_evening.path, path)
    for words in (
        ("registry", "import", story.registries[0]),
        ("nightly", "--through", EVENINGS[0]),
        ("registry", "import", story.registries[1]),
        *(("ingest", file) for file in story.evenings[1]),
    ):
        assert lamplit(*words, "--home", path) == 0
    return Home.open(path)
