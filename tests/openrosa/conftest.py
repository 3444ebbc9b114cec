"""A neighbourhood with phones, on SQLite and on PostgreSQL, behind a server on loopback."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from clients.collect_phone import CollectPhone
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.web.app import create_app
from openrosa_neighbourhood import Neighbourhood
from openrosa_served import Served
from servers import postgres_server  # noqa: F401 - a fixture


def _field_fixtures() -> Any:
    """The fixtures of tests/field, which no import by name reaches."""
    file = Path(__file__).resolve().parents[1] / "field" / "conftest.py"
    spec = importlib.util.spec_from_file_location("field_fixtures_for_phones", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_field = _field_fixtures()
clock = _field.clock
sqlite_template = _field.sqlite_template
database_url = _field.database_url
database = _field.database
home = _field.home
office = _field.office


@pytest.fixture
def town(office: Office) -> Neighbourhood:
    return Neighbourhood.built(office)


@pytest.fixture
def client(office: Office) -> TestClient:
    app = create_app(office)
    return TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000))


@pytest.fixture
def served(office: Office) -> Iterator[Served]:
    running = Served(office)
    yield running
    running.stop()


@pytest.fixture
def phone_of(office: Office, served: Served) -> Iterator[Callable[..., CollectPhone]]:
    """Sets up a phone for a person by scanning the code that was made for them."""
    http = httpx.Client(timeout=30)

    def set_up(code: str, **more: Any) -> CollectPhone:
        made = phone_services.set_up(office, CLI, code, url=served.url)
        return CollectPhone.from_settings(http, made.code, **more)

    yield set_up
    http.close()
