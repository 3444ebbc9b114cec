"""The replay, small enough for a test; the town is made once for all of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lamplit.replay.run import Replay
from lamplit.replay.stage import Stage
from lamplit.replay.story import Scale
from servers import PostgresServer, postgres_server  # noqa: F401 - a fixture


def quiet(done: float, total: float | None = None) -> None:
    """Nobody watches."""


TINY = replace(
    Scale.of(40, 16, 11), sweepers=3, sites=6, violations=3, served=4, inspectors=2,
    carriers=1, runs=4,
)  # fmt: skip


@pytest.fixture(scope="session")
def tiny_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a replay whose town is made and whose meters are read."""
    folder = tmp_path_factory.mktemp("replay") / "tiny"
    with Replay.open(TINY, folder):
        stage = Stage(folder, TINY)
        stage.make_town(quiet)
        stage.read_meters(quiet)
    return folder


@pytest.fixture
def tiny(tiny_town: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test."""
    return Path(shutil.copytree(tiny_town, tmp_path / "tiny"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database; nothing for SQLite in the folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)
