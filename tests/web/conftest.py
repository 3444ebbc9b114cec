"""The server over a field office, spoken to as a browser or a phone would."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.store.database import Database
from lamplit.web.app import create_app
from lamplit.web.site import built
from servers import postgres_server  # noqa: F401 - a fixture

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "field"))


def _field_fixtures() -> Any:
    """The fixtures of tests/field, which no import by name reaches."""
    file = Path(__file__).resolve().parents[1] / "field" / "conftest.py"
    spec = importlib.util.spec_from_file_location("field_fixtures", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_field = _field_fixtures()
TestClock = _field.TestClock
sqlite_template = _field.sqlite_template
clock = _field.clock
home = _field.home
database_url = _field.database_url
database = _field.database


@pytest.fixture
def office(home: Home, database: Database, clock: Any) -> Office:
    """On SQLite and on PostgreSQL."""
    return Office(home, database, clock)


@pytest.fixture(scope="session", autouse=True)
def one_loop() -> Iterator[None]:
    """One event loop for all callers, as a server has; a test client would start one a request."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(autouse=True)
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small build of the pages, whatever this checkout has built."""
    folder = tmp_path / "pages"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>lamplit</title>")
    monkeypatch.setattr(built, "FOLDER", folder)
    return folder


@pytest.fixture
def client(office: Office) -> TestClient:
    app = create_app(office)
    return TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000))


from scene import QUICK, Scene, Stage, postgres_stage, sqlite_stage  # noqa: E402

from lamplit.services.field.access import accounts  # noqa: E402


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A world built once on SQLite and once on PostgreSQL; scenes are copies of it."""
    folder, clock = tmp_path_factory.mktemp("stage"), TestClock()
    if request.param == "sqlite":
        return sqlite_stage(folder, clock)
    return postgres_stage(request.getfixturevalue("postgres_server"), folder, clock)


@pytest.fixture(scope="module")
def shared_scene(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One scene for all that is only read or refused."""
    scene, close = stage.scene(tmp_path_factory.mktemp("shared"))
    yield scene
    close()


@pytest.fixture
def scene(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene of one's own, to change."""
    monkeypatch.setattr(accounts, "HASHER", QUICK)
    made, close = stage.scene(tmp_path)
    yield made
    close()
