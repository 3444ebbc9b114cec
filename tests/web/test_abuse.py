"""Bad input and abuse: nothing lost, nobody let in, no fault."""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from people_world import World, build
from scene import Scene
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)
from starlette.testclient import TestClient

from lamplit.services.field.access import tokens
from lamplit.store import log
from lamplit.web.app import create_app

API = "/api/v1"
TABLE = "x'); DROP TABLE person; --"


@pytest.fixture
def world(office) -> World:
    return build(office)


def client_of(world: World, who: str = "leader") -> TestClient:
    token = tokens.issue(world.office, world.actor(who), f"P-{who}", "test", "api")
    client = TestClient(create_app(world.office), raise_server_exceptions=True)
    client.headers["Authorization"] = f"Bearer {token.secret}"
    return client


PATHS = [
    "/api/v1/places/..%2F..%2Fetc%2Fpasswd", "/api/v1/../../etc/passwd", "/..%5c..%5cwindows",
    "/api/v1/places/%00", "/api/v1/places/%ff%fe", "/api/v1/people/%0d%0aSet-Cookie:%20a=b",
    "/api/v1//me", "/API/V1/ME", "/api/v1/me/", "/api/v1/places/" + "a" * 5000,
    "/api/v1/quarantine/..%2f..%2fx/body", "/api/v1/programmes/..%2f..%2fpyproject.toml/form",
]  # fmt: skip


def test_odd_paths_lead_nowhere(world):
    client = client_of(world)
    for path in PATHS:
        answer = client.get(path)
        assert answer.status_code in (403, 404, 422), (path, answer.text)
        assert "set-cookie" not in answer.headers
        assert "root:" not in answer.text


NAMES = (TABLE, "' OR '1'='1", '"; --', "%' OR 1=1 --", "{{7*7}}", "灯\u202e火")


def test_sql_in_names_is_a_name(world):
    client, outsider = client_of(world), client_of(world, "owner")
    for text in NAMES:
        asked = {"text": text, "place": world.places["c1"]}
        assert client.get(f"{API}/people", params=asked).json() == {"items": [], "next": None}
        assert client.get(f"{API}/places/{text.replace('/', '')}").status_code == 404
        body = {"username": text, "password": text}
        assert outsider.post(f"{API}/sign-in", json=body).status_code == 401
    with world.office.db.read() as conn:
        assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []


BODIES = [
    (b"", "application/json"), (b"{", "application/json"), (b"[]", "application/json"),
    (b"null", "application/json"), (b"\xff\xfe", "application/json"),
    (b'{"label": "\\u0000"}', "application/json"), (b'{"label": "\\ud800"}', "application/json"),
    (b"[" * 100_000, "application/json"), (b'{"label": 1e999}', "application/json"),
    (b"label=x", "application/x-www-form-urlencoded"), (b"<a/>", "text/xml"),
    (b"x", "multipart/form-data"), (b"x", "multipart/form-data; boundary=x"), (b"x", "\x01"),
]  # fmt: skip


@pytest.mark.parametrize("path", ["assignments", "submissions", "uploads/places", "scans"])
def test_broken_bodies_are_refused_or_set_aside(world, path):
    client = client_of(world)
    wanted = (201, 202) if path == "submissions" else ()
    for body, kind in BODIES:
        answer = client.post(f"{API}/{path}", content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 413, 415, 422, *wanted), (body[:40], answer.text)


def test_a_nul_deep_in_a_free_form_field_is_refused(world):
    body = {"code": "A", "programme": "household_sweep", "place": "C1", "purpose": "x",
            "parameters": {"a": [{"b": "\0"}]}}  # fmt: skip
    assert client_of(world).post(f"{API}/campaigns", json=body).status_code == 422


def test_a_body_that_is_too_large_is_refused_with_its_limit(world):
    client = client_of(world)
    answer = client.post(f"{API}/assignments", content=b"x" * 2_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "web.too-large")
    lying = client.post(f"{API}/assignments", content=b"{}", headers={"Content-Length": "-5"})
    assert lying.status_code == 413


def test_no_header_is_injected_through_what_is_echoed(world):
    client = client_of(world)
    answer = client.get(f"{API}/places/x", headers={"Accept-Language": "en\t, zh;q=x;;;"})
    assert answer.status_code == 404
    answer = client.get(f"{API}/feedback/%0d%0aX-Evil:1")
    assert "x-evil" not in answer.headers


def test_hostile_names_come_back_as_data_and_never_as_a_page(world):
    client = client_of(world)
    note = "<script>alert(1)</script>"
    made = client.post(f"{API}/assignments", json={
        "person": "P-outsider", "place": world.places["b1"], "role": "volunteer", "note": note,
    })  # fmt: skip
    assert made.json()["note"] == note
    assert made.headers["content-type"] == "application/json"
    assert made.headers["x-content-type-options"] == "nosniff"


def test_forty_people_at_once_are_all_answered(world):
    client = client_of(world)
    answers: list[int] = []

    def work() -> None:
        answers.append(client.get(f"{API}/me").status_code)

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40


LEFT_OUT = r"/events$|/sign-out$|/sign-out-everywhere$|/sign-in$|/me/password$"
"""What never ends, or would end the session that asks."""
KEPT = (not_a_server_error, response_schema_conformance, content_type_conformance)
"""What an answer is held to: no fault, and what the description says of it."""


@pytest.mark.slow
def test_schemathesis_finds_no_fault_in_the_whole_api(scene, monkeypatch):
    """Requests made from the API's own description, good and bad, at ids that there are and that
    there are not: none ends in a 500, and every answer is as the description says.
    """
    monkeypatch.setattr("lamplit.services.field.access.throttle.count", lambda *a: None)
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", scene.app)
    all_but_these = schema.exclude(path_regex=LEFT_OUT)
    operations = [result.ok() for result in all_but_these.get_all_operations()]
    assert len(operations) > 100
    for who in ("analyst", "operator") if scene.office.db.is_sqlite else ("leader",):
        assert _unsound(scene, who, operations) == []
    with scene.office.db.read() as conn:
        assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []


def _unsound(scene: Scene, who: str, operations: list[Any]) -> list[str]:
    """What is wrong with answers that a person gets; an operation that could not be tried, too."""
    found = []
    for operation in operations:
        answers: list[int] = []
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                answers += _try(operation, mode, scene, who)
            except (FailureGroup, Failure) as met:
                found.append(f"{operation.label} as {who}, {mode}: {met}")
        found += [] if answers else [f"{operation.label} was never tried"]
    return found


def _try(operation: Any, mode: GenerationMode, scene: Scene, who: str) -> list[int]:
    """The statuses that an operation answered with."""
    answers: list[int] = []
    caller = scene.phone(who) if "/openrosa/" in operation.path else scene.client(who)

    @settings(max_examples=3, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
    def attempt(case: Any, there: bool) -> None:
        route = operation.method.upper(), operation.path
        if there and mode is GenerationMode.POSITIVE and route in scene.calls:
            case.path_parameters = {**case.path_parameters, **scene.path_params(*route)}
        answer = case.call(headers=dict(caller.headers), cookies=dict(caller.cookies))
        case.validate_response(answer, checks=KEPT)
        answers.append(answer.status_code)

    with contextlib.suppress(Unsatisfiable, SkipTest):
        attempt()
    return answers
