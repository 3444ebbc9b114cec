"""A real Spark, started once for each kind of master, and the story of the town."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sparks import CLUSTER, Sessions
from story import Story, play, write_story

from lamplit.services.home import Home


@pytest.fixture(scope="session")
def sessions() -> Iterator[Sessions]:
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


@pytest.fixture(scope="session")
def on_spark(sessions: Sessions, story: Story, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The story told on Spark, with two executors, each a process of its own."""
    path = tmp_path_factory.mktemp("spark") / "home"
    return play(story, path, "--master", sessions.at(CLUSTER))
