"""A field office for each test, on SQLite and on a real PostgreSQL, with a clock one can turn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database
from servers import PostgresServer, postgres_server  # noqa: F401 - a fixture


@dataclass
class TestClock:
    """A clock that stands still until it is turned. Starts at 08:00 in Wuhan, 10 February 2020."""

    __test__ = False
    now: datetime = datetime(2020, 2, 10, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> datetime:
        """Go on by some `hours=`, `days=`, `minutes=`."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


def _build(url: str) -> None:
    db = Database(url)
    migrate.upgrade(db)
    db.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "lamplit.db"
    _build(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh store with its tables, on either database."""
    if request.param == "sqlite":
        file = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.lend("field", _build)
    yield url
    server.take_back("field", url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    db = Database(database_url)
    yield db
    db.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home")


@pytest.fixture
def office(home: Home, database: Database, clock: TestClock) -> Office:
    return Office(home, database, clock)
