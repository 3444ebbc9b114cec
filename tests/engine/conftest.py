"""A real Spark, started once for each kind of master, and the story of the town."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sparks import LOCAL, Sessions, hidden
from story import Story, begin, evening, lamplit, look, write_story

from lamplit.domain.errors import LamplitError
from lamplit.engine.spark import check_spark
from lamplit.services.home import Home
from machine import lacking
from stores import Store, open_store


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
def store() -> Iterator[Store]:
    """An object store."""
    with open_store() as store:
        yield store


@pytest.fixture(scope="session")
def begun(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose first evening was on DuckDB."""
    path = tmp_path_factory.mktemp("begun") / "home"
    begin(path)
    evening(story, path, 0)
    return Home.open(path)


@pytest.fixture(scope="session")
def on_duckdb(story: Story, begun: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The story told on DuckDB."""
    path = shutil.copytree(begun.path, tmp_path_factory.mktemp("duckdb") / "home")
    evening(story, path, 1)
    look(path)
    return Home.open(path)


@pytest.fixture(scope="session", params=["local", "cluster"])
def on_spark(
    request: pytest.FixtureRequest, sessions: Sessions, story: Story, begun: Home,
    store: Store, tmp_path_factory: pytest.TempPathFactory,
) -> Home:  # fmt: skip
    """The story told on Spark: whole on a cluster, whose master, two workers and their executors
    are processes, so that all that moves between them is pickled, and to whom the home's folder is
    no place: they see its readings and nights in an object store, where the files that come in lie
    too, and nothing else; and in one process of its own, with all in a folder, from the second
    evening on, so that there a home goes on that DuckDB began.

    The second evening has each kind of work: files as text and in Parquet, late and corrected days,
    nights worked again. The first has the bulk, and would only be the same code once more.
    """
    path, at = tmp_path_factory.mktemp("spark") / "home", str
    if request.param == "local":
        master = LOCAL
        shutil.copytree(begun.path, path)
    else:
        master = sessions.cluster
        begin(path)
        settings = path / "lamplit.toml"
        settings.write_text(f'lake = "{store.address}"\n{settings.read_text("utf-8")}', "utf-8")
        path, at = hidden(path), partial(sent_to, store)
        evening(story, path, 0, "--master", sessions.at(master), at=at)
    spark = ("--master", sessions.at(master))
    evening(story, path, 1, *spark, at=at)
    look(path, *spark)
    return Home.open(path).with_engine("spark", master)


def sent_to(store: Store, file: Path) -> str:
    """Let a file lie in a store; gives its address."""
    store.kept[f"exports/{file.name}"] = file.read_bytes()
    return store.address.replace("/city?", f"/exports/{file.name}?")


@pytest.fixture(scope="session")
def first_evening(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that has taken in the files of the first evening, and has worked no night."""
    path = tmp_path_factory.mktemp("evening") / "home"
    begin(path)
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
def second_evening(story: Story, begun: Home, tmp_path: Path) -> Home:
    """A home that has worked the first evening, and has taken in the files of the second."""
    path = shutil.copytree(begun.path, tmp_path / "home")
    assert lamplit("registry", "import", story.registries[1], "--home", path) == 0
    for file in story.evenings[1]:
        assert lamplit("ingest", file, "--home", path) == 0
    return Home.open(path)
